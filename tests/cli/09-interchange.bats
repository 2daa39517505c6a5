#!/usr/bin/env bats
# images that go to podman and skopeo, and come from them: the same digests
# lanes: user
load lib
load peers

@test "committed and pushed: skopeo and podman take it, podman pushes it, and it comes back the same" {
	local name=$REGISTRY/one/made:1 again=$REGISTRY/two/made:1 digest here
	here=$(rl_has made:1)
	rl push -q made:1 "$name" --digestfile "$T/digest"
	digest=$(<"$T/digest")
	is "$(skopeo inspect --format '{{.Digest}}' "docker://$name")" "$digest"
	skopeo copy -q "docker://$name" "dir:$T/d"
	is "$(sha <"$T/d/manifest.json")" "$digest"
	skopeo copy -q "docker://$name" "oci:$T/o:x"
	is "$(field "m['manifests'][0]['digest']" <"$T/o/index.json")" "$digest"
	skopeo copy -q "docker://$name" "docker-archive:$T/a.tar:x:1"
	is "$(tar xOf "$T/a.tar" manifest.json | field "' '.join('sha256:' + n[:64] for n in m[0]['Layers'])") " "${here#* }"

	is "$(podman pull -q "$name")" "${here%% *}"
	is "$(podman_has "$name")" "$here"
	is "$(podman inspect --format '{{.Digest}}' "$name")" "$digest"
	is "$(podman_run "$name" cat /new/b /home/app/x)" $'one\ntwo'
	podman push -q "$name" "$again"
	rl rmi made:1
	rl pull -q "$again"
	is "$(digests two/made:1)" "$(digests one/made:1)"
	is "$(rl inspect --format '{{.Digest}}' "$again")" "$digest"
	is "$(rl_has "$again")" "$here"
	rl tag "$again" made:1
	podman rmi "$name"
}

@test "what save writes is read by podman and skopeo, in each format" {
	local format from here file
	here=$(rl_has made:1)
	for format in docker-archive oci-archive oci-dir docker-dir; do
		file=$T/out.$format
		rl save -q --format $format -o "$file" made:1
		case $format in
		oci-dir) from=oci:$file ;;
		docker-dir) from=dir:$file ;;
		*) from=$format:$file ;;
		esac
		is "$(skopeo inspect --config --raw "$from" | sha)" "sha256:${here%% *}"
		rm -rf "$T/copy"
		skopeo copy -q "$from" "dir:$T/copy"
		# of a directory it makes a name, which may not have capital letters
		like "$(cd "$T" && podman load -q -i "out.$format")" 'Loaded image: '
		is "$(podman_has "${here%% *}")" "$here"
		case $format in
		*-archive) is "$(podman_has docker.io/library/made:1)" "$here" ;;
		esac
		[ $format = docker-dir ] || podman rmi -f "${here%% *}"
	done
	podman tag "${here%% *}" docker.io/library/made:1
	same_tree docker.io/library/made:1
	podman rmi -f "${here%% *}"
}

@test "what podman and skopeo write is loaded" {
	local format here
	here=$(rl_has made:1)
	rl save -q -o "$T/made.tar" made:1
	podman load -q -i "$T/made.tar"
	for format in docker-archive oci-archive oci-dir; do
		podman save -q --format $format -o "$T/in.$format" docker.io/library/made:1
		rl rmi -f made:1
		is "$(rl load -q -i "$T/in.$format")" 'Loaded image: docker.io/library/made:1'
		# a configuration that is made OCI's is another one
		is "$(rl inspect --format '{{range .RootFS.Layers}}{{.}} {{end}}' made:1)" "${here#* }"
		is "$(box made:1 cat /new/b)" one
	done
	skopeo copy -q "docker-archive:$T/made.tar" "docker-archive:$T/sk.docker:sk.example/docker:1"
	skopeo copy -q "docker-archive:$T/made.tar" "oci-archive:$T/sk.oci:sk.example/oci:1"
	for format in docker oci; do
		is "$(rl load -q -i "$T/sk.$format")" "Loaded image: sk.example/$format:1"
		is "$(rl_has sk.example/$format:1 | cut -d' ' -f2-)" "${here#* }"
	done
	podman rmi -fa
	rl rmi -f made:1 sk.example/docker:1 sk.example/oci:1
	rl load -q -i "$T/made.tar"
}

@test "manifest lists, in both directions" {
	local arch list
	for arch in amd64 arm64 s390x; do
		python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/$arch.tar" x "$RL_T_BOX" --arch $arch --config '{"Cmd":["echo","'$arch'"]}'
		skopeo copy -q "oci-archive:$T/$arch.tar" "docker://$REGISTRY/arch/$arch:1"
	done
	podman manifest create theirs "docker://$REGISTRY/arch/amd64:1" "docker://$REGISTRY/arch/arm64:1"
	podman manifest add theirs "docker://$REGISTRY/arch/s390x:1"
	podman manifest push -q --all theirs "docker://$REGISTRY/list/theirs:1"
	rl manifest create ours "docker://$REGISTRY/arch/amd64:1" "docker://$REGISTRY/arch/arm64:1"
	rl manifest add ours "docker://$REGISTRY/arch/s390x:1"
	rl manifest push -q --digestfile "$T/digest" ours "$REGISTRY/list/ours:1"
	is "$(skopeo inspect --raw "docker://$REGISTRY/list/ours:1" | sha)" "$(<"$T/digest")"

	for list in theirs ours; do
		skopeo inspect --raw "docker://$REGISTRY/list/$list:1" >"$T/$list.json"
		is "$(rl manifest inspect "$REGISTRY/list/$list:1" | field "m['manifests']")" "$(field "m['manifests']" <"$T/$list.json")"
		is "$(field "[(e['platform']['architecture'], e['digest'], e['size']) for e in m['manifests']]" <"$T/$list.json")" \
			"$(field "[(e['platform']['architecture'], e['digest'], e['size']) for e in m['manifests']]" <"$T/theirs.json")"
		skopeo copy -q --all "docker://$REGISTRY/list/$list:1" "dir:$T/all.$list"
		is "$(box "$REGISTRY/list/$list:1")" "$HOST"
		is "$(rl inspect --format '{{.Digest}}' "$REGISTRY/list/$list:1")" \
			"$(field "[e['digest'] for e in m['manifests'] if e['platform']['architecture'] == '$HOST'][0]" <"$T/$list.json")"
		like "$(rl inspect --format '{{.RepoDigests}}' "$REGISTRY/list/$list:1")" "@$(sha <"$T/$list.json")"
		rl pull -q --platform linux/s390x "$REGISTRY/list/$list:1"
		podman pull -q --arch s390x "$REGISTRY/list/$list:1"
		is "$(podman_has "$REGISTRY/list/$list:1")" "$(rl_has "$REGISTRY/list/$list:1")"
		is "$(rl inspect --format '{{.Architecture}}' "$REGISTRY/list/$list:1")" s390x
		forget "$REGISTRY/list/$list:1"
	done
	is "$(podman_run "$REGISTRY/list/ours:1")" "$HOST"
	# a list of theirs is one that can be taken over, changed and pushed
	rl manifest create --all taken "docker://$REGISTRY/list/theirs:1"
	rl manifest annotate --annotation k=v taken "$(field "m['manifests'][1]['digest']" <"$T/theirs.json")"
	rl manifest push -q taken "$REGISTRY/list/taken:1"
	podman manifest inspect "$REGISTRY/list/taken:1" | field "len(m['manifests'])" >"$T/count"
	is "$(<"$T/count")" 3
	is "$(skopeo inspect --raw "docker://$REGISTRY/list/taken:1" | field "m['manifests'][1]['annotations']")" "{'k': 'v'}"
	podman manifest rm theirs
	podman rmi -fa
	rl manifest rm ours taken
}

@test "a login of one is a login of all" {
	local auth=$XDG_RUNTIME_DIR/containers/auth.json
	rl logout "$REGISTRY"
	refused 'user name and a password' rl push -q box "$REGISTRY/login/box:1"
	podman login -u u -p secret "$REGISTRY"
	is "$(rl login --get-login "$REGISTRY")" u
	rl push -q box "$REGISTRY/login/box:1"
	podman logout "$REGISTRY"
	refused 'user name and a password' rl push -q box "$REGISTRY/login/box:2"
	exits 1 skopeo inspect "docker://$REGISTRY/login/box:1"
	# for a part of the registry, written by either
	rl login -u u -p secret "$REGISTRY/login"
	podman pull -q "$REGISTRY/login/box:1"
	skopeo copy -q "docker://$REGISTRY/login/box:1" "docker://$REGISTRY/login/box:3"
	exits 1 skopeo inspect "docker://$REGISTRY/one/made:1"
	rl logout "$REGISTRY/login"
	skopeo login -u u -p secret "$REGISTRY/login" >/dev/null
	rl pull -q "$REGISTRY/login/box:3"
	refused 'user name and a password' rl pull -q "$REGISTRY/one/made:1"
	rl login -u u -p secret "$REGISTRY"
	is "$(podman login --get-login "$REGISTRY")" u
	is "$(field "sorted(m['auths'])" <"$auth")" "['$REGISTRY', '$REGISTRY/login']"
	skopeo logout "$REGISTRY/login"
	rl rmi "$REGISTRY/login/box:3"
	podman rmi -fa
}

# a key for tests, in the form that cosign keeps: encrypted with the password "secret"
signing_key() {
	cat >"$T/key" <<-'END'
		-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----
		eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjozMjc2OCwiciI6
		OCwicCI6MX0sInNhbHQiOiJOL2ZFc3N1Yy8vOTNjbDBZQnAzaGpMQzNjVS8xT0tW
		ZklhNGs5d0pMY3B3PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
		Iiwibm9uY2UiOiJYdjJ3RFdQU2lSMXExNWR6MTFmNUtXZEc1cHIvRHkxQyJ9LCJj
		aXBoZXJ0ZXh0IjoiVzhlMmd1eUJjWUJEeWF3SzVMMzI4Q2F3c0VzOVBtVGdZZWFW
		dFlMZ3BHQ1NtKzNwQ2dOdmRTa3FkSEVMUEg3UDhRS01aVEorTlEyV09PYXdSa0VI
		YW1SR002ZkVjRENFR1pIOEZUYStLYVRQSW9Odk5FS0FvN1Y3eDRqUStIOEpTWDR3
		NHdFQlFyTWdRcDZMV3l5a0hkd083bC9DNXBZeUJCZ3cwZjNwcERyb0x3TWdtRWlN
		MDFNL095V0d3NkNVRU1MUXc3MEM0UlY1V2c9PSJ9
		-----END ENCRYPTED COSIGN PRIVATE KEY-----
	END
	cat >"$T/key.pub" <<-'END'
		-----BEGIN PUBLIC KEY-----
		MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+/P/8Uq6PeQqISxXLRXx2BlVQJEn
		DwcTLSIqSlZMX1mc+0YQybX5fFMkxWUmLIIHaWEdMP0RjK802+DpP2TlOQ==
		-----END PUBLIC KEY-----
	END
	echo secret >"$T/passphrase"
}

@test "signed by skopeo: accepted by the policy that asks for the key, and nothing else is" {
	signing_key
	mkdir -p "$HOME/.config/containers/registries.d"
	echo "docker: {'$REGISTRY': {use-sigstore-attachments: true}}" >"$HOME/.config/containers/registries.d/test.yaml"
	rl push -q box "$REGISTRY/sign/from:1"
	run skopeo copy -q --sign-by-sigstore-private-key "$T/key" --sign-passphrase-file "$T/passphrase" \
		"docker://$REGISTRY/sign/from:1" "docker://$REGISTRY/sign/to:1"
	# older ones have no such option, and Debian's is built without
	if [[ $output =~ 'unknown flag'|'sigstore disabled' ]]; then skip "machine: this skopeo cannot sign with keys"; fi
	is "$status" 0 || fail "$output"
	rl push -q made:1 "$REGISTRY/sign/to:unsigned"
	echo '{"default":[{"type":"reject"}],"transports":{"docker":{"'"$REGISTRY"'":[{"type":"sigstoreSigned","keyPath":"'"$T/key.pub"'"}]}}}' \
		>"$PEER_POLICY"
	rl pull -q "$REGISTRY/sign/to:1"
	is "$(rl_has "$REGISTRY/sign/to:1")" "$(rl_has box)"
	podman pull -q "$REGISTRY/sign/to:1"
	refused 'no signature' rl pull -q "$REGISTRY/sign/from:1"
	refused 'no signature' rl pull -q "$REGISTRY/sign/to:unsigned"
	# a good signature, of what another tag names
	skopeo copy -q --insecure-policy "docker://$REGISTRY/sign/from:1" "docker://$REGISTRY/sign/to:2"
	refused 'none of its signatures' rl pull -q "$REGISTRY/sign/to:2"
	exits 1 skopeo copy "docker://$REGISTRY/sign/to:2" "dir:$T/refused"
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$PEER_POLICY"
	rl rmi "$REGISTRY/sign/to:1"
	podman rmi -fa
}
