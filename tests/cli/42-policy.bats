#!/usr/bin/env bats
# signature policy: policy.json of containers-policy(5), signatures of cosign
# lanes: user
load lib

setup_file() {
	t_begin
	registry_start
	export XDG_CONFIG_HOME=$T/config
	mkdir -p "$XDG_CONFIG_HOME/containers"
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/team/app:1" "$RL_T_BOX" >"$T/digest"
	for key in good other; do
		openssl ecparam -genkey -name prime256v1 -noout -out "$T/$key.pem" 2>/dev/null
		openssl ec -in "$T/$key.pem" -pubout -out "$T/$key.pub" 2>/dev/null
	done
}
teardown_file() {
	registry_stop
	t_end
}
setup() {
	rl rmi -fa >/dev/null 2>&1 || :
}

policy() { # JSON
	printf '%s' "$1" >"$XDG_CONFIG_HOME/containers/policy.json"
}
demand() { # KEY [IDENTITY]
	policy '{"default":[{"type":"reject"}],"transports":{"docker":{"'"$REGISTRY"'":[{"type":"sigstoreSigned","keyPath":"'"$T/$1.pub"'"'"${2:+,\"signedIdentity\":$2}"'}]}}}'
}

blob() { # FILE - upload it; prints the digest
	local digest where
	digest=sha256:$(sha256sum <"$1" | cut -d' ' -f1)
	where=$(curl -sf -X POST -D - -o /dev/null "http://$REGISTRY/v2/team/app/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
	curl -sf -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$where&digest=$digest" >/dev/null
	echo "$digest"
}

# sign KEY NAME DIGEST - what `cosign sign --key` leaves in the repository
sign() {
	local signature layer config
	printf '{"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}' \
		"$2" "$3" >"$T/payload"
	signature=$(openssl dgst -sha256 -sign "$T/$1.pem" "$T/payload" | base64 -w0)
	printf '{}' >"$T/empty"
	layer=$(blob "$T/payload")
	config=$(blob "$T/empty")
	cat >"$T/signatures" <<-END
		{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
		"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"$config","size":2},
		"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"$layer","size":$(stat -c %s "$T/payload"),
		"annotations":{"dev.cosignproject.cosign/signature":"$signature"}}]}
	END
	curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary "@$T/signatures" \
		"http://$REGISTRY/v2/team/app/manifests/sha256-${digest#sha256:}.sig" >/dev/null
}

@test "reject and accept, by the most specific scope" {
	policy '{"default":[{"type":"reject"}]}'
	refused_with_hint 'rejected by the signature policy' rl pull -q "$REGISTRY/team/app:1"
	refused 'rejected by the signature policy' rl run -q --rm "$REGISTRY/team/app:1" true
	policy '{"default":[{"type":"reject"}],"transports":{"docker":{"'"$REGISTRY/team"'":[{"type":"insecureAcceptAnything"}]}}}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	policy '{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"'"$REGISTRY/team/app"'":[{"type":"reject"}]}}}'
	refused rejected rl pull -q "$REGISTRY/team/app:1"
	policy '{"default":[{"type":"reject"}],"transports":{"docker":{"":[{"type":"insecureAcceptAnything"}]}}}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "a malformed policy closes, it does not open" {
	local text
	for text in '{' '{}' '{"default":[]}' '{"default":[{"type":"acceptAll"}]}' '{"default":"insecureAcceptAnything"}' \
		'{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"x":[{}]}}}'; do
		policy "$text"
		refused 'policy.json' rl pull -q "$REGISTRY/team/app:1"
	done
	is "$(rl images -q)" ''
}

@test "a signature by the key is asked for" {
	local digest
	digest=$(<"$T/digest")
	demand good
	refused 'no signature' rl pull -q "$REGISTRY/team/app:1"
	sign other "$REGISTRY/team/app:1" "$digest"
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	# without a tag it is not for the tag
	sign good "$REGISTRY/team/app" "$digest"
	refused_with_hint 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	sign good "$REGISTRY/team/app:1" "$digest"
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	rl rmi -fa >/dev/null
	exits 0 rl pull -q "$REGISTRY/team/app@$digest"
	rl rmi -fa >/dev/null
	# both requirements must be met
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/good.pub"'"},{"type":"sigstoreSigned","keyPath":"'"$T/other.pub"'"}]}'
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	policy '{"default":[{"type":"sigstoreSigned","keyPaths":["'"$T/other.pub"'","'"$T/good.pub"'"]}]}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	rl rmi -fa >/dev/null
	policy '{"default":[{"type":"sigstoreSigned","keyData":"'"$(base64 -w0 "$T/good.pub")"'"}]}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/none.pub"'"}]}'
	refused 'none.pub' rl pull -q "$REGISTRY/team/app:1"
}

@test "a good signature of another image or name is none" {
	local digest
	digest=$(<"$T/digest")
	demand good
	sign good "$REGISTRY/team/app" "sha256:$(printf '0%.0s' {1..64})"
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	sign good "$REGISTRY/team/another" "$digest"
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	sign good "$REGISTRY/team/app:2" "$digest"
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
	demand good '{"type":"matchRepository"}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	rl rmi -fa >/dev/null
	sign good example.org/app:1 "$digest"
	demand good '{"type":"remapIdentity","prefix":"'"$REGISTRY/team"'","signedPrefix":"example.org"}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	rl rmi -fa >/dev/null
	demand good '{"type":"exactReference","dockerReference":"example.org/app:1"}'
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	rl rmi -fa >/dev/null
	demand good '{"type":"matchEverything"}'
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:1"
}

@test "what cannot be verified is refused" {
	policy '{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/x"}]}'
	refused_with_hint 'GPG' rl pull -q "$REGISTRY/team/app:1"
	policy '{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"/x"},"rekorPublicKeyPath":"/y"}]}'
	refused 'transparency log' rl pull -q "$REGISTRY/team/app:1"
}

@test "a manifest list takes from a registry only what the policy lets in" {
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/other.pub"'"}]}'
	refused 'signature' rl manifest create list "docker://$REGISTRY/team/app:1"
	exits 1 rl manifest exists list
	policy '{"default":[{"type":"insecureAcceptAnything"}]}'
	exits 0 rl manifest create list "docker://$REGISTRY/team/app:1"
	rl manifest rm list
}

signatures() { # DIGEST - how many the registry has
	curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
		"http://$REGISTRY/v2/team/app/manifests/sha256-${1#sha256:}.sig" | grep -o '"dev.cosignproject.cosign/signature"' | wc -l
}

@test "push signs, and the policy lets in what was signed" {
	local by=--sign-by-sigstore-private-key
	rm -f "$XDG_CONFIG_HOME/containers/policy.json"
	rl import "$RL_T_BOX" box >/dev/null
	rl push -q --digestfile "$T/pushed" box "$REGISTRY/team/app:signed"
	demand good
	refused 'no signature' rl pull -q "$REGISTRY/team/app:signed"
	rl push -q box "$REGISTRY/team/app:signed" $by "$T/other.pem"
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:signed"
	rl push -q box "$REGISTRY/team/app:signed" $by "$T/good.pem"
	exits 0 rl pull -q "$REGISTRY/team/app:signed"
	# both are kept; the same again is none more, another name is
	is "$(signatures "$(<"$T/pushed")")" 2
	rl push -q box "$REGISTRY/team/app:signed" $by "$T/good.pem"
	is "$(signatures "$(<"$T/pushed")")" 2
	rl push -q box "$REGISTRY/team/app:signed2" $by "$T/good.pem"
	is "$(signatures "$(<"$T/pushed")")" 3
	demand other
	exits 0 rl pull -q "$REGISTRY/team/app:signed"
	rl push -q box "$REGISTRY/team/app:signed" $by "$T/good.pem" --remove-signatures
	is "$(signatures "$(<"$T/pushed")")" 1
	refused 'none of its signatures' rl pull -q "$REGISTRY/team/app:signed"
	# other kinds of keys
	local kind
	for kind in RSA ED25519; do
		openssl genpkey -algorithm $kind -out "$T/$kind.pem" 2>/dev/null
		openssl pkey -in "$T/$kind.pem" -pubout -out "$T/$kind.pub"
		rl push -q box "$REGISTRY/team/app:$kind" $by "$T/$kind.pem"
		demand $kind
		exits 0 rl pull -q "$REGISTRY/team/app:$kind"
	done
}

@test "push: an encrypted key of cosign, and a file that says how to sign" {
	local by=--sign-by-sigstore-private-key
	rm -f "$XDG_CONFIG_HOME/containers/policy.json"
	cp "$BATS_TEST_DIRNAME/cosign.key" "$T/cosign.key"
	cp "$BATS_TEST_DIRNAME/cosign.pub" "$T/cosign.pub"
	echo 'top secret' >"$T/pass"
	echo 'no secret' >"$T/wrong"
	rl import "$RL_T_BOX" box >/dev/null
	refused 'passphrase is wrong' rl push -q box "$REGISTRY/team/app:enc" $by "$T/cosign.key" --sign-passphrase-file "$T/wrong"
	refused_with_hint 'is encrypted' rl push -q box "$REGISTRY/team/app:enc" $by "$T/cosign.key"
	refused_with_hint 'cannot be read' rl push -q box "$REGISTRY/team/app:enc" $by "$T/cosign.pub"
	# nothing went out
	refused . rl pull -q "$REGISTRY/team/app:enc"
	demand cosign
	rl push -q box "$REGISTRY/team/app:enc" $by "$T/cosign.key" --sign-passphrase-file "$T/pass"
	exits 0 rl pull -q "$REGISTRY/team/app:enc"
	printf '# how\n---\nprivateKeyFile: "%s"  # the key\nprivateKeyPassphraseFile: %s\n' "$T/cosign.key" "$T/pass" >"$T/how.yaml"
	rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml"
	exits 0 rl pull -q "$REGISTRY/team/app:yaml"
	refused 'exclude each other' rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml" $by "$T/cosign.key"
	echo 'rekorURL: https://example.com' >>"$T/how.yaml"
	refused_with_hint 'transparency log' rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml"
	printf 'fulcio:\n  fulcioURL: x\n' >"$T/how.yaml"
	refused_with_hint 'Fulcio' rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml"
	printf 'privateKeyFile: [a]\n' >"$T/how.yaml"
	refused 'not a simple text' rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml"
	printf 'keyFile: a\n' >"$T/how.yaml"
	refused 'not known' rl push -q box "$REGISTRY/team/app:yaml" --sign-by-sigstore "$T/how.yaml"
}

@test "manifest push: asks the policy again, and signs list and images" {
	local digest
	digest=$(<"$T/digest")
	rm -f "$XDG_CONFIG_HOME/containers/policy.json"
	rl manifest create again "docker://$REGISTRY/team/app:1"
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/other.pub"'"}]}'
	refused 'signature' rl manifest push -q again "$REGISTRY/team/list:1"
	policy '{"default":[{"type":"reject"}]}'
	refused 'rejected' rl manifest push -q again "$REGISTRY/team/list:1"
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/good.pub"'"}]}'
	sign good "$REGISTRY/team/app:1" "$digest"
	exits 0 rl manifest push -q again "$REGISTRY/team/list:1" --sign-by-sigstore-private-key "$T/other.pem"
	demand other
	exits 0 rl pull -q "$REGISTRY/team/list:1"
	policy '{"default":[{"type":"insecureAcceptAnything"}]}'
	rl manifest rm again
}

@test "archives: load asks the policy too" {
	python3 "$RL_T_HELPERS/mkimage.py" docker-archive "$T/image.tar" loaded:1 "$RL_T_BOX" >/dev/null
	policy '{"default":[{"type":"reject"}]}'
	refused 'rejected by the signature policy' rl load -q -i "$T/image.tar"
	refused 'rejected by the signature policy' rl load -q <"$T/image.tar"
	policy '{"default":[{"type":"sigstoreSigned","keyPath":"'"$T/good.pub"'"}]}'
	refused 'has no signature' rl load -q -i "$T/image.tar"
	policy '{"default":[{"type":"reject"}],"transports":{"docker-archive":{"'"$T"'":[{"type":"insecureAcceptAnything"}]}}}'
	refused 'rejected' rl load -q <"$T/image.tar"
	exits 0 rl load -q -i "$T/image.tar"
	rm -f "$XDG_CONFIG_HOME/containers/policy.json"
}
