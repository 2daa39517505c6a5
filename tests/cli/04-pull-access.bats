#!/usr/bin/env bats
# pull from a registry that wants to know who comes, or that shows a certificate of an authority of its own: what the
# user's files say about that
# lanes: user
load lib

setup_file() {
	t_begin
	registry_start "data=$T/data"
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/team/app:1" "$RL_T_BOX" --config '{"Cmd":["echo","let in"]}'
	registry_stop
	mkdir "$T/bin"
	cat >"$T/bin/docker-credential-fake" <<-'END'
		#!/bin/sh
		read -r host
		echo "$1 $host $(id -u)" >>"$HOME/asked"
		case $(cat "$HOME/answer") in
		right) echo "{\"ServerURL\":\"$host\",\"Username\":\"u\",\"Secret\":\"secret\"}" ;;
		wrong) echo "{\"ServerURL\":\"$host\",\"Username\":\"u\",\"Secret\":\"x\"}" ;;
		none) echo 'credentials not found in native keychain'; exit 1 ;;
		*) echo 'the keyring is locked' >&2; exit 3 ;;
		esac
	END
	chmod 755 "$T/bin/docker-credential-fake"
}

# a home with nothing in it
setup() {
	HOME=$(mktemp -d "$T/home.XXXXXX")
	export HOME PATH=$T/bin:$PATH XDG_RUNTIME_DIR=$HOME/run
	unset XDG_CONFIG_HOME REGISTRY_AUTH_FILE DOCKER_CONFIG
	mkdir -m 700 "$HOME/run"
	mkdir -p "$HOME/.docker" "$HOME/.config/containers" "$HOME/run/containers"
}
teardown() {
	registry_stop
	t_clean
}

let_in() {
	exits 0 rl pull -q "$REGISTRY/team/app:1" || return 1
	is "$(box "$REGISTRY/team/app:1")" 'let in' || return 1
	rl rmi "$REGISTRY/team/app:1"
}
kept_out() { # REGEX
	refused_with_hint "$1" rl pull -q "$REGISTRY/team/app:1" || return 1
	exits 125 box --pull never "$REGISTRY/team/app:1"
}
helper() { # ANSWER - what the credential helper says from now on
	echo "$1" >"$HOME/answer"
	rm -f "$HOME/asked"
}

@test "a password in each of the user's files" {
	local file
	registry_start basic "data=$T/data"
	kept_out 'user name and a password'
	for file in run/containers/auth.json .config/containers/auth.json .docker/config.json; do
		echo '{"auths": {"'"$REGISTRY"'": {"auth": "'"$(printf u:secret | base64)"'"}}}' >"$HOME/$file"
		let_in
		echo '{"auths": {"'"$REGISTRY"'": {"auth": "'"$(printf u:x | base64)"'"}}}' >"$HOME/$file"
		kept_out 'does not accept'
		rm "$HOME/$file"
	done
	kept_out 'user name and a password'
}

@test "a credential helper for the registry" {
	local file
	registry_start basic "data=$T/data"
	for file in run/containers/auth.json .config/containers/auth.json .docker/config.json; do
		echo '{"credHelpers": {"'"$REGISTRY"'": "fake", "localhost:1": "other"}}' >"$HOME/$file"
		helper right
		let_in
		# as the user, outside of any namespace: a keyring knows the user by that id
		is "$(sort -u "$HOME/asked")" "get $REGISTRY $(id -u)"
		helper wrong
		kept_out 'does not accept'
		helper none
		kept_out 'user name and a password'
		helper locked
		refused 'docker-credential-fake failed with exit code 3' rl pull -q "$REGISTRY/team/app:1"
		rm "$HOME/$file"
	done
	# another registry's helper is not asked
	echo '{"credHelpers": {"localhost:1": "fake"}}' >"$HOME/.docker/config.json"
	helper right
	kept_out 'user name and a password'
	[ ! -e "$HOME/asked" ] || fail "asked: $(cat "$HOME/asked")"
}

@test "a credential store for all registries; a helper of the registry's own goes before it" {
	registry_start basic "data=$T/data"
	echo '{"credsStore": "fake", "auths": {"'"$REGISTRY"'": {}}}' >"$HOME/.docker/config.json"
	helper right
	let_in
	is "$(sort -u "$HOME/asked")" "get $REGISTRY $(id -u)"
	helper wrong
	kept_out 'does not accept'
	printf '#!/bin/sh\necho %s\n' "'{\"Username\":\"u\",\"Secret\":\"secret\"}'" >"$T/bin/docker-credential-own"
	chmod 755 "$T/bin/docker-credential-own"
	echo '{"credsStore": "fake", "credHelpers": {"'"$REGISTRY"'": "own"}}' >"$HOME/.docker/config.json"
	helper wrong
	let_in
	[ ! -e "$HOME/asked" ] || fail "asked: $(cat "$HOME/asked")"
	echo '{"credsStore": "missing"}' >"$HOME/.docker/config.json"
	kept_out 'docker-credential-missing'
}

@test "certs.d: an authority of the registry's own" {
	local certs
	registry_start tls "data=$T/data"
	certs=$HOME/.config/containers/certs.d
	kept_out 'certificate|TLS|verif'
	# what another registry is trusted with counts for nothing here
	mkdir -p "$certs/127.0.0.1" "$certs/$REGISTRY"
	cp "$REGISTRY_CA" "$certs/127.0.0.1/ca.crt"
	make_cert "$certs/$REGISTRY/ca"
	kept_out 'certificate|TLS|verif'
	# names do not matter, authorities add up
	cp "$REGISTRY_CA" "$certs/$REGISTRY/registry.crt"
	let_in
	# where XDG_CONFIG_HOME says
	mkdir "$HOME/elsewhere"
	mv "$HOME/.config/containers" "$HOME/elsewhere"
	kept_out 'certificate|TLS|verif'
	XDG_CONFIG_HOME=$HOME/elsewhere let_in
}

@test "certs.d: a client certificate" {
	local certs
	registry_start mtls "data=$T/data"
	certs=$HOME/.config/containers/certs.d/$REGISTRY
	mkdir -p "$certs"
	cp "$REGISTRY_CA" "$certs/ca.crt"
	refused "$REGISTRY" rl pull -q "$REGISTRY/team/app:1"
	make_cert "$HOME/client" "${REGISTRY_CA%.crt}"
	cp "$HOME/client.crt" "$certs/client.cert"
	kept_out 'client certificate .*client.cert has no key'
	cp "$HOME/client.key" "$certs/client.key"
	let_in
	# one of somebody else's
	make_cert "$HOME/stranger"
	cp "$HOME/stranger.crt" "$certs/client.cert"
	cp "$HOME/stranger.key" "$certs/client.key"
	refused "$REGISTRY" rl pull -q "$REGISTRY/team/app:1"
}
