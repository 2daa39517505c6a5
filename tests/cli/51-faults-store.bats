#!/usr/bin/env bats
# a store whose writers are killed
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
	killed_at_each "$(number 1 37)" load -i "$T/image.tar"
}

@test "pull killed at every n-th call" {
	registry_start
	REF=$REGISTRY/torn:latest
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/torn:latest" "$RL_T_BOX" >/dev/null
	killed_at_each "$(number 1 61)" pull -q --tls-verify=false "$REF"
	registry_stop
}

@test "import killed at every n-th call" {
	killed_at_each "$(number 7 661)" import "$RL_T_BOX" torn
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
	killed_change "$(number 1 5)" small_image rmi small:latest
}

@test "tag killed at every n-th call" {
	killed_change "$(number 1 3)" small_image tag small:latest other/small:1
}

@test "untag killed at every n-th call" {
	killed_change "$(number 1 7)" small_image untag small:latest
}

small_list() {
	small_image
	rl manifest exists small-list || rl manifest create small-list small:latest >/dev/null
}

@test "manifest rm killed at every n-th call" {
	killed_change "$(number 1 41)" small_list manifest rm small-list
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
	killed_change "$(number 1 89)" small_written commit -q over over:1
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
	killed_change "$(number 1 127)" nothing_out save -q -o "$T/out/file" box || return 1
	killed_change "$(number 1 149)" nothing_out save -q --format oci-dir -o "$T/out/dir" box
}

@test "image prune killed at every n-th call" {
	killed_change "$(number 1 9)" small_dangling image prune -f
}

@test "system prune killed at every n-th call" {
	killed_change "$(number 1 19)" small_and_container system prune -f
}

volume_filled() {
	rl volume rm -f v >/dev/null
	[ -e "$T/v.tar" ] || tar --owner=0 --group=0 -C "${RL_T_BOX%/*}" -cf "$T/v.tar" box.tar
	rl volume create v >/dev/null
}

# there or not, and never in between: it can be used, or made
volume_usable() {
	case $(rl volume ls -q) in
	v | '') ;;
	*) fail "$(rl volume ls)" || return 1 ;;
	esac
	box -v v:/v box sh -c 'echo x >/v/file' && rl volume rm -f v >/dev/null && is "$(ls "$RL_ROOT/volumes" | grep -v '^\.' || :)" ''
}

@test "volume create, import and rm killed at every n-th call" {
	AFTER=volume_usable
	killed_change "$(number 1 5)" 'rl volume rm -f v' volume create v || return 1
	killed_change "$(number 1 53)" volume_filled volume import v "$T/v.tar" || return 1
	killed_change "$(number 1 7)" volume_filled volume rm v
}

@test "run killed at every n-th call" {
	local i total
	head -c 8192 /dev/zero >"$T/counter"
	env LD_PRELOAD="$RL_T_HELPERS/killat.so" KILLAT=0 KILLAT_FILE="$T/counter" "$RL_DYNAMIC" run --rm --network none box true
	total=$(od -An -tu4 -N4 "$T/counter")
	[ "$total" -gt 20 ] || fail "the library counted only $total calls" || return 1
	for i in $(seq 1 "$(number 1 37)" "$total"); do
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
