#!/usr/bin/env bats
# lanes: user root
# a disk that is full
load lib

# on_small_disk OPTIONS SCRIPT - the store on a file system of this size, in a mount namespace of its own
on_small_disk() {
	mkdir -p "$T/disk"
	printf '%s\n' 'set -eu
		rl() { "$RL" "$@"; }
		fail() { echo "$*" >&2; exit 1; }
		# fills DIR: until neither bytes nor inodes are left
		fill() { head -c 1G /dev/zero >"$1/fill" 2>/dev/null || :; mkdir $(seq -f "$1/full%g" 3000) 2>/dev/null || :; }
		export RL_ROOT=$D/s' "$2" >"$T/script"
	# shellcheck disable=SC2086 # options, or none
	D=$T/disk OPTIONS=$1 unshare ${UNSHARE:-} -m sh -c \
		'mount -t tmpfs -o "$OPTIONS" tmpfs "$D" && exec bash "$0"' "$T/script"
}

@test "a full disk: what cannot be done says so; rm and rmi work" {
	local UNSHARE='' options script
	if [ "$RL_T_LANE" = user ]; then UNSHARE='-U --map-auto --map-root-user'; fi
	script='
		! rl import "$RL_T_BOX" big 2>"$D/err" || fail "an import without room"
		grep -q "^Error: .*\(No space\|room\|full\)" "$D/err" || fail "unclear: $(cat "$D/err")"
		[ -z "$(ls -A "$D/s/tmp" "$D/s/trash" "$D/s/layers" "$D/s/images" | grep -v ":$")" ] || fail "left: $(find "$D/s" | head)"'
	on_small_disk size=1m "$script" || return 1
	on_small_disk size=64m,nr_inodes=60 "$script" || return 1
	for options in size=24m size=64m,nr_inodes=900; do
		on_small_disk "$options" '
			rl import "$RL_T_BOX" box >/dev/null
			rl create --name c1 --network none box true >/dev/null
			rl run -d --name run --network none box sh -c "trap \"exit 3\" TERM; sleep 1000 & wait" >/dev/null
			fill "$D"
			! rl run --name c2 --network none box true 2>"/dev/shm/err.$$" || fail "a run without room"
			grep -q "^Error: " "/dev/shm/err.$$" || fail "unclear"
			rm -f "/dev/shm/err.$$"
			rl ps -a >/dev/null
			rl stop -t 5 run >/dev/null
			[ "$(rl inspect --format "{{.State.Status}} {{.State.ExitCode}}" run)" = "exited 3" ] ||
				fail "$(rl inspect --format "{{.State.Status}} {{.State.ExitCode}}" run)"
			rl rm run >/dev/null
			rl create --name c3 --network none box true >/dev/null 2>&1 || :
			rl container prune -f >/dev/null
			rl image prune -f >/dev/null
			rl system df >/dev/null
			rl system check >/dev/null || fail "$(rl system check)"
			rl rm -fa >/dev/null
			rl system prune -af >/dev/null
			[ -z "$(ls -A "$D/s/containers" "$D/s/names" "$D/s/tmp" "$D/s/trash" "$D/s/layers" | grep -v ":$")" ] || fail "left: $(find "$D/s" | head)"
			rm -rf "$D"/fill "$D"/full*
			rl import "$RL_T_BOX" box >/dev/null
			rl run --rm --network none box true
			rl rmi box >/dev/null' || return 1
	done
}

@test "a full disk: commit, save, import, load, manifest add and image share fail closed, and the retry succeeds" {
	local UNSHARE='' options
	if [ "$RL_T_LANE" = user ]; then UNSHARE='-U --map-auto --map-root-user'; fi
	echo small >"$T/small"
	tar --owner=0 --group=0 -C "$T" -cf "$T/small-layer.tar" small
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/small.tar" small:latest "$T/small-layer.tar"
	export SMALL=$T/small.tar
	for options in size=24m size=64m,nr_inodes=900; do
		on_small_disk "$options" '
			export LC_ALL=C
			n=0
			# again, after something was removed
			fill_up() {
				n=$((n + 1))
				head -c 1G /dev/zero >"$D/fill$n" 2>/dev/null || :
				mkdir $(seq -f "$D/full$n.%g" 1000) 2>/dev/null || :
				! (: >"$D/probe" && echo x >"$D/probe") 2>/dev/null || fail "there is room"
			}
			refused() {
				status=0
				rl "$@" >"$ASIDE/out" 2>"$ASIDE/err" || status=$?
				[ $status = 125 ] || fail "$*: $status"
				grep -q "^Error: .*\(No space\|room\|full\)" "$ASIDE/err" && [ "$(wc -l <"$ASIDE/err")" -le 2 ] ||
					fail "$*: unclear: $(cat "$ASIDE/err")"
				[ -z "$(ls -A "$D/s/tmp" "$D/s/trash" | grep -v ":$")" ] || fail "$*: left: $(find "$D/s/tmp" "$D/s/trash")"
				rl images -a --format "{{.ID}} {{.Repository}}:{{.Tag}}" >"$ASIDE/after"
				cmp "$ASIDE/images" "$ASIDE/after" || fail "$*"
				[ "$(ls "$D/s/layers")" = "$LAYERS" ] || fail "$*: layers: $(ls "$D/s/layers")"
				[ -z "$(ls -A "$D/out")" ] || fail "$*: $(ls -A "$D/out")"
			}
			works() { fill_up; rl "$@" >/dev/null 2>"$ASIDE/err" || fail "$*: $(cat "$ASIDE/err")"; }
			ASIDE=$(mktemp -d /dev/shm/rlt.XXXXXX)
			trap "rm -rf $ASIDE" EXIT
			mkdir "$D/out"
			rl import "$RL_T_BOX" box >/dev/null
			rl run --name c --network none box sh -c "head -c 300000 /dev/urandom >/f"
			rl run --name c2 --network none box sh -c "head -c 300000 /dev/urandom >/f"
			rl create --name c3 --network none box true >/dev/null
			rl import --change "LABEL a=b" "$RL_T_BOX" other >/dev/null
			rl tag other more
			rl import --change "LABEL a=c" "$RL_T_BOX" dangling >/dev/null
			rl tag box dangling
			rl manifest create list box >/dev/null
			rl images -a --format "{{.ID}} {{.Repository}}:{{.Tag}}" >"$ASIDE/images"
			LAYERS=$(ls "$D/s/layers")
			fill_up
			refused commit -q c new
			refused save -q -o "$D/out/file" box
			refused save -q --format oci-dir -o "$D/out/dir" box
			refused import "$SMALL" new
			refused load -q -i "$SMALL"
			refused manifest add list other
			refused image share -q --store "$D/shared" box
			rl system check >/dev/null || fail "$(rl system check)"
			works rm c2
			works container prune -f --filter label=none
			works image prune -f
			works untag other more
			works rmi other
			works manifest rm list
			works rm -f c3
			works system prune -f --filter label=none
			[ -z "$(ls -A "$D/s/tmp" "$D/s/trash" | grep -v ":$")" ] || fail "left: $(find "$D/s/tmp" "$D/s/trash")"
			rm -rf "$D"/fill* "$D"/full*
			rl manifest create list >/dev/null
			for command in "commit -q c new" "save -q -o $D/out/file box" "save -q --format oci-dir -o $D/out/dir box" "import $SMALL newer" \
				"load -q -i $SMALL" "manifest add list box" "image share -q --store $D/shared box"; do
				rl $command >/dev/null 2>"$ASIDE/err" || fail "$command: $(cat "$ASIDE/err")"
			done
			rl run --rm --network none new test -s /f
			rl system check >/dev/null || fail "$(rl system check)"
			rl rm -fa >/dev/null' || return 1
	done
}

@test "a log that meets a full disk does not stop its container" {
	local UNSHARE=''
	if [ "$RL_T_LANE" = user ]; then UNSHARE='-U --map-auto --map-root-user'; fi
	on_small_disk size=24m '
		rl import "$RL_T_BOX" box >/dev/null
		[ "$(timeout 60 "$RL" run --name l --network none box sh -c "seq 4000000 | tail -c 30000000" | tail -1)" = 4000000 ] || fail "output lost"
		[ "$(rl inspect --format "{{.State.Status}} {{.State.ExitCode}}" l)" = "exited 0" ] || fail "not exited"
		rl logs --tail 1 l >/dev/null
		rl rm l >/dev/null
		rl run --rm --network none box true'
}
