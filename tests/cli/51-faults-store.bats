#!/usr/bin/env bats
# lanes: user root
# a store whose writers are killed, and a disk that is full
load lib
load faults

setup_file() {
	t_begin
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/image.tar" torn:latest "$RL_T_BOX"
	# killat is preloaded, which a statically linked program takes no notice of
	mkdir "$T/bin"
	install -m 755 "$RL_T_HELPERS/rl-dynamic" "$T/bin/rl"
	ln -s "$RL_T_BIN"/rl-* "$T/bin/"
	export RL_DYNAMIC=$T/bin/rl
}

# images besides "box"
other_images() {
	rl images -q --no-trunc | sort -u | grep -v "$(rl inspect --type image --format '{{.Id}}' box | sed 's/^sha256://')" || :
}

# killed_at_each STEP COMMAND...: at each STEP-th call that changes something, alone and with all its helpers
killed_at_each() {
	local step=$1 i group total kills=0 image
	shift
	head -c 8192 /dev/zero >"$T/counter"
	setsid -w env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT=0 KILLAT_FILE="$T/counter" "$RL_DYNAMIC" "$@" >/dev/null
	total=$(od -An -tu4 -N4 "$T/counter")
	[ "$total" -gt 50 ] || fail "the library counted only $total calls" || return 1
	for group in '' KILLAT_GROUP=1; do
		for i in $(seq 1 "$step" "$total"); do
			head -c 8192 /dev/zero >"$T/counter"
			# shellcheck disable=SC2086 # may be empty
			setsid -w env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT="$i" KILLAT_FILE="$T/counter" $group \
				"$RL_DYNAMIC" "$@" >/dev/null 2>&1 || :
			kills=$((kills + 1))
			rl images >/dev/null
			rl "$@" >/dev/null || fail "the next one, after $i $group" || return 1
			is "$(box "${REF:-torn}" cat /srv/index.html)" 'hello from rl'
			for image in $(other_images); do rl rmi "$image" >/dev/null; done
			is "$(leftovers)" '' || fail "after $i $group" || return 1
			is "$(find "$RL_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)" 1
		done
	done
	echo "# $kills kills at $total calls" >&3
}

@test "load killed at every n-th call" {
	killed_at_each "$(number 1 17)" load -i "$T/image.tar"
}

@test "pull killed at every n-th call" {
	[ "$RL_T_LANE" = user ] || skip "machine: once is enough"
	registry_start
	REF=$REGISTRY/torn:latest
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/torn:latest" "$RL_T_BOX" >/dev/null
	killed_at_each "$(number 1 29)" pull -q --tls-verify=false "$REF"
	registry_stop
}

@test "import killed at every n-th call" {
	killed_at_each "$(number 7 331)" import "$RL_T_BOX" torn
}

# what each kill of a change leaves: a store that check can mend by itself, and prune cleans; AFTER, if it is set, is a
# command that must succeed next
killed_change() { # STEP PREPARE COMMAND...
	local step=$1 prepare=$2 i group total=0 kills=0
	shift 2
	for group in '' KILLAT_GROUP=1; do
		for ((i = 0; i <= total; i += step)); do
			$prepare
			head -c 8192 /dev/zero >"$T/counter"
			# shellcheck disable=SC2086 # may be empty
			setsid -w env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT="$i" KILLAT_FILE="$T/counter" $group \
				"$RL_DYNAMIC" "$@" >/dev/null 2>&1 || :
			if [ "$i" = 0 ]; then
				total=$(od -An -tu4 -N4 "$T/counter")
				[ "$total" -gt 5 ] || fail "the library counted only $total calls" || return 1
				continue
			fi
			kills=$((kills + 1))
			rl images >/dev/null || fail "images after $i $group" || return 1
			${AFTER:-true} || fail "$AFTER after $i $group" || return 1
			rl system check -q >"$T/found" || ! grep -vE 'tmp/|trash/|/containers/|^name ' "$T/found" || fail "damage after $i $group" || return 1
			rl system check -qr >"$T/found" || fail "not mended after $i $group: $(<"$T/found")" || return 1
			rl system prune -f >/dev/null || fail "prune after $i $group" || return 1
			is "$(leftovers)" '' || fail "after $i $group" || return 1
			is "$(box box cat /srv/index.html)" 'hello from rl' || return 1
			for image in $(other_images); do rl rmi -f "$image" >/dev/null; done
			is "$(find "$RL_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)" 1 || return 1
			is "$(find "$RL_ROOT/refs" -type f ! -name '.tmp-*' | wc -l)" 1 || return 1
		done
	done
	echo "# $kills kills at $total calls" >&3
}

small_image() { # NAME
	[ -e "$T/small.tar" ] || {
		echo small >"$T/small"
		tar --owner=0 --group=0 -C "$T" -cf "$T/small-layer.tar" small
		python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/small.tar" small:latest "$T/small-layer.tar"
	}
	rl load -q -i "$T/small.tar" >/dev/null
}

small_dangling() {
	small_image
	rl tag box small:latest
	rl rmi -f small:latest >/dev/null
}

small_and_container() {
	small_dangling
	rl create --name over --network none box true >/dev/null
}

@test "rmi killed at every n-th call" {
	killed_change "$(number 1 3)" small_image rmi small:latest
}

@test "tag killed at every n-th call" {
	killed_change 1 small_image tag small:latest other/small:1
}

@test "untag killed at every n-th call" {
	killed_change "$(number 1 4)" small_image untag small:latest
}

small_list() {
	small_image
	rl manifest exists small-list || rl manifest create small-list small:latest >/dev/null
}

@test "manifest rm killed at every n-th call" {
	killed_change "$(number 1 17)" small_list manifest rm small-list
}

small_written() {
	rl rm -fa >/dev/null
	rl run --name over --network none box sh -c 'mkdir /d; echo x >/d/f; ln /d/f /d/g' >/dev/null
}

commit_again() {
	rl commit -q over over:2 >/dev/null && is "$(box over:2 cat /d/g)" x
}

@test "commit killed at every n-th call" {
	AFTER='commit_again'
	killed_change "$(number 1 41)" small_written commit -q over over:1
}

# nothing of what is in $T/out, and what was there before
nothing_out() {
	rm -rf "$T/out"
	mkdir "$T/out"
	echo before >"$T/out/file"
}

saved_again() {
	case $(ls "$T/out") in
	file | $'dir\nfile') ;;
	*) fail "$(ls -A "$T/out")" || return 1 ;;
	esac
	# complete, or as it was
	[ "$(head -c 6 "$T/out/file")" = before ] || tar tf "$T/out/file" manifest.json >/dev/null || return 1
	[ ! -e "$T/out/dir" ] || [ -e "$T/out/dir/index.json" ] || return 1
	rm -rf "$T/out/dir"
	rl save -q -o "$T/out/file" box && rl save -q --format oci-dir -o "$T/out/dir" box &&
		is "$(ls -A "$T/out")" $'dir\nfile' && tar tf "$T/out/file" manifest.json >/dev/null
}

@test "save killed at every n-th call" {
	AFTER=saved_again
	killed_change "$(number 1 53)" nothing_out save -q -o "$T/out/file" box || return 1
	killed_change "$(number 1 61)" nothing_out save -q --format oci-dir -o "$T/out/dir" box
}

@test "image prune killed at every n-th call" {
	killed_change "$(number 1 5)" small_dangling image prune -f
}

@test "system prune killed at every n-th call" {
	killed_change "$(number 1 9)" small_and_container system prune -f
}

@test "run killed at every n-th call" {
	local i total
	head -c 8192 /dev/zero >"$T/counter"
	env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT=0 KILLAT_FILE="$T/counter" "$RL_DYNAMIC" run --rm --network none box true
	total=$(od -An -tu4 -N4 "$T/counter")
	[ "$total" -gt 20 ] || fail "the library counted only $total calls" || return 1
	for i in $(seq 1 "$(number 1 23)" "$total"); do
		head -c 8192 /dev/zero >"$T/counter"
		timeout 20 env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT="$i" KILLAT_FILE="$T/counter" \
			"$RL_DYNAMIC" run --name v --network none box true >/dev/null 2>&1 || [ $? != 124 ] || fail "hangs at $i" || return 1
		rl rm -fa -t 0 >/dev/null || fail "rm after $i" || return 1
		rl create --name v box true >/dev/null || fail "the name after $i" || return 1
		rl rm v >/dev/null
		clean || fail "after $i" || return 1
	done
	echo "# $total calls" >&3
}

# on_small_disk OPTIONS SCRIPT - the store on a file system of this size, in a mount namespace of its own
on_small_disk() {
	mkdir -p "$T/disk"
	printf '%s\n' 'set -eu
		rl() { "$RL" "$@"; }
		fail() { echo "$*" >&2; exit 1; }
		# fills DIR: until neither bytes nor inodes are left
		fill() { head -c 1G /dev/zero >"$1/fill" 2>/dev/null || :; i=0; while mkdir "$1/full$i" 2>/dev/null; do i=$((i + 1)); [ $i -lt 3000 ] || break; done; }
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
	small_image
	rl rmi small:latest >/dev/null
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
