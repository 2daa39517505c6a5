# shellcheck shell=bash
# podman, skopeo and umoci of the distribution: other programs that read and write the same images.

# peers_begin - a home for them below $T, so that they find no configuration but the test's; rl has the same one
peers_begin() {
	export HOME=$T/home XDG_RUNTIME_DIR=$T/run
	mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR"
	mkdir -p "$HOME/.config/containers"
	PEER_POLICY=$HOME/.config/containers/policy.json
	export PEER_POLICY
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$PEER_POLICY"
}

# need PROGRAM... - or skip the test
need() {
	local program missing=()
	for program; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	[ ${#missing[@]} = 0 ] || skip "${missing[*]} not installed"
}

# trust_registry - its authority, where podman, skopeo and rl look for it
trust_registry() {
	mkdir -p "$HOME/.config/containers/certs.d/$REGISTRY"
	cp "$REGISTRY_CA" "$HOME/.config/containers/certs.d/$REGISTRY/ca.crt"
}

# in_peer_ns COMMAND... - as root of a user namespace made by hand.  Podman's own has a process that stays; and its runtime
# refuses the cgroups of a hybrid layout even if it is to make none, so it sees a plain tree.
in_peer_ns() {
	_CONTAINERS_USERNS_CONFIGURED='done' _CONTAINERS_ROOTLESS_UID=$(id -u) _CONTAINERS_ROOTLESS_GID=$(id -g) \
		unshare --map-auto --map-root-user --mount --cgroup sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"
}

# podman_sh SCRIPT ARG... - in one namespace, because mounts end with it; in it, podman is called as "podman"
podman_sh() {
	local script=$1
	shift
	in_peer_ns bash -ec 'podman() { command podman --root "$T/podman" --runroot "$XDG_RUNTIME_DIR/podman" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --log-level error "$@"; }; '"$script" bash "$@"
}
podman() {
	podman_sh 'podman "$@"' "$@"
}

# what it unpacks has owners
skopeo() {
	in_peer_ns skopeo "$@"
}

# podman_run ARG... - `podman run` of the cheapest kind
podman_run() {
	podman run --rm --network none --cgroups=disabled "$@"
}

# what the files of these tests begin with: a registry that asks for a login, and the image "made" of a container
setup_file() {
	t_begin
	peers_begin
	registry_start tls basic
	trust_registry
	rl login -u u -p secret "$REGISTRY" >/dev/null
	HOST=$(uname -m)
	case $HOST in x86_64) HOST=amd64 ;; aarch64) HOST=arm64 ;; esac
	export HOST
	rl run --name made --network none box sh -c 'mkdir /new; echo one >/new/a; ln /new/a /new/b; chmod 4750 /new/b
		chown 5:6 /new/b; ln -s ../srv /new/link; mkfifo /new/fifo; touch -d @1000000000 /new/a; rm /srv/index.html
		rm -r /home/app; mkdir /home/app; echo two >/home/app/x'
	rl commit -q made made:1 >/dev/null
	rl rm made >/dev/null
}
teardown_file() {
	registry_stop
	t_end
}
setup() {
	need podman skopeo
}

# field EXPRESSION - of the JSON on stdin
field() {
	python3 -c "import json, sys; m = json.load(sys.stdin); print($1)"
}
sha() {
	printf 'sha256:%s' "$(sha256sum | cut -d' ' -f1)"
}

# digests REPOSITORY:TAG - of the manifest that the registry has, its configuration and its layers
digests() {
	skopeo inspect --raw "docker://$REGISTRY/$1" >"$T/raw"
	echo "$(sha <"$T/raw") $(field "m['config']['digest'], *[l['digest'] for l in m['layers']]" <"$T/raw")"
}

# what is the same wherever an image is: "id diff-id..."
rl_has() {
	rl inspect --format '{{.Id}} {{range .RootFS.Layers}}{{.}} {{end}}' "$1"
}
podman_has() {
	podman inspect --format '{{.Id}} {{range .RootFS.Layers}}{{.}} {{end}}' "$1"
}

# the files of an image, as the tools themselves show them
rl_tree() {
	rl unshare sh -c 'python3 "$0" "$("$RL" image mount "$1")"' "$RL_T_HELPERS/tree.py" "$1"
}
podman_tree() {
	podman_sh 'python3 "$1" "$(podman image mount "$2")"' "$RL_T_HELPERS/tree.py" "$1"
}
umoci_tree() { # LAYOUT:TAG
	rm -rf "$T/bundle"
	in_peer_ns umoci unpack --image "$1" "$T/bundle"
	in_peer_ns python3 "$RL_T_HELPERS/tree.py" "$T/bundle/rootfs"
	remove "$T/bundle"
}

# same_tree NAME - in podman and here
same_tree() {
	rl_tree "$1" >"$T/tree.rl"
	podman_tree "$1" >"$T/tree.podman"
	[ -s "$T/tree.rl" ] || fail "no file in $1" || return 1
	diff "$T/tree.podman" "$T/tree.rl"
}

# forget NAME... - in both
forget() {
	rl rmi "$@" >/dev/null
	podman rmi "$@" >/dev/null
}
