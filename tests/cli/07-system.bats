#!/usr/bin/env bats
# lanes: user root
# drivers: vfs
# filters of images, prune, system df, prune, check, reset
# shellcheck disable=SC2030,SC2031 # each test has its own
load lib
load faults

teardown() {
	t_clean
	rl images -q --no-trunc | sort -u | grep -v "$(image_id box)" | while read -r id; do rl rmi -f "$id" >/dev/null; done
}

image_id() {
	rl image inspect --format '{{.Id}}' "$1"
}

names() { # FILTER...
	rl images -a --format '{{.Repository}}:{{.Tag}}' "$@" | sed 's,^.*/,,' | sort | paste -sd' '
}

# layered NAME TAR... [-- CONFIG]: an image of these layers, loaded
layered() {
	local name=$1
	shift
	python3 "$RL_T_HELPERS/mkimage.py" oci-archive "$T/$$.tar" "$name" "$@"
	rl load -q -i "$T/$$.tar" >/dev/null
	rm "$T/$$.tar"
}

layer() { # NAME BYTES
	mkdir "$T/layer"
	head -c "$2" /dev/urandom >"$T/layer/$1"
	tar --owner=0 --group=0 -C "$T/layer" -cf "$T/$1.tar" .
	rm -r "$T/layer"
}

on_tty() { # ANSWER COMMAND...: what it prints on a terminal on which somebody types
	local answer=$1
	shift
	python3 - "$answer" "$@" <<-'END'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[2], sys.argv[2:])
		out = b""
		sent = False
		while True:
		    try:
		        got = os.read(fd, 4096)
		    except OSError:
		        break
		    if not got:
		        break
		    out += got
		    if b"[y/N]" in out and not sent:
		        os.write(fd, sys.argv[1].encode() + b"\n")
		        sent = True
		sys.stdout.write(out.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
}

@test "every filter of images, and its opposite" {
	local old new
	old=$(image_id box)
	rl import --change 'LABEL k=v' --change 'LABEL other=x' "$RL_T_BOX" new:1 >/dev/null
	new=$(image_id new:1)
	is "$(names --filter label=k)" new:1
	is "$(names --filter label=k=v --filter label=other)" new:1
	is "$(names --filter label=k --filter label=none)" ''
	is "$(names --filter label!=k)" box:latest
	is "$(names --filter id="${new#sha256:}")" new:1
	is "$(names --filter digest="$(rl image inspect --format '{{.Digest}}' new:1)")" new:1
	is "$(names --filter reference='ne*')" new:1
	is "$(names --filter reference=new --filter reference=box)" 'box:latest new:1'
	is "$(names --filter reference!=new)" box:latest
	is "$(names --filter until=1h)" ''
	is "$(names --filter until!=1h)" 'box:latest new:1'
	is "$(names --filter readonly=true)" ''
	is "$(names --filter manifest=true)" ''
	is "$(names --filter manifest=false --filter readonly=false)" 'box:latest new:1'
	rl create --name c new:1 true >/dev/null
	is "$(names --filter containers=true)" new:1
	is "$(names --filter containers=false)" box:latest
	sleep 1.1
	rl import "$RL_T_BOX" newest >/dev/null
	is "$(names --filter since=new:1)" newest:latest
	is "$(names --filter after="$new" --filter before=newest)" ''
	is "$(names --filter before=newest --filter label=k)" new:1
	refused 'no such image' rl images --filter since=nothere
	refused_with_hint 'nothing' rl images --filter nothing=x
	refused . rl images --filter dangling=perhaps
	refused . rl images --filter label
	rl rm c >/dev/null
	is "$(image_id box)" "$old"
}

@test "what is dangling, intermediate, a parent: history decides" {
	layer a 1000
	layer b 1000
	layered base "$T/a.tar"
	layered child "$T/a.tar" "$T/b.tar"
	local base child
	base=$(image_id base) child=$(image_id child)
	is "$(rl image inspect --format '{{.Parent}}' base)" ''
	rl tag box base >/dev/null # takes the name away
	is "$(names --filter dangling=true)" "$(names --filter id="${base#sha256:}" --filter dangling=true)"
	case $(rl images -a --format json | python3 -c 'import json, sys; print({i["Id"]: i["ParentId"] for i in json.load(sys.stdin)}[sys.argv[1]])' "${child#sha256:}") in
	"${base#sha256:}")
		is "$(names --filter intermediate=true)" '<none>:<none>'
		is "$(names --filter dangling=true)" ''
		unlike "$(rl images)" '<none>'
		like "$(rl images -a)" '<none>'
		# the parent without a name goes with its last child, unless it is kept
		rl rmi --no-prune child >/dev/null
		like "$(rl images)" '<none>'
		layered child "$T/a.tar" "$T/b.tar"
		rl rmi child >/dev/null
		unlike "$(rl images -a)" '<none>'
		;;
	*) fail "no parent" ;;
	esac
	rl rmi base >/dev/null
}

@test "names that an image had are remembered" {
	rl tag box was:1 now:2
	rl rmi was:1 >/dev/null
	like "$(rl images --history box)" 'HISTORY'
	like "$(rl images --history --format '{{.History}}' box)" 'now:2, .*was:1, .*box:latest'
	like "$(rl image inspect --format '{{.NamesHistory}}' box)" 'was:1'
	rl rmi now:2 >/dev/null
}

@test "rmi: a name of several, an id of several, all, ignore" {
	rl tag box two:1
	local id
	id=$(rl images -q box)
	exits 2 rl rmi "$id"
	like "$stderr" 'more than one name'
	rl rmi two:1 >/dev/null
	exits 1 rl rmi nothere
	exits 0 rl rmi -i nothere
	exits 125 rl rmi -a nothere
}

@test "prune and reset ask, and refuse where nobody answers" {
	local command
	rl create --name stays box true >/dev/null
	for command in 'image prune' 'container prune' 'system prune' 'system reset'; do
		# shellcheck disable=SC2086 # words are wanted
		refused_with_hint 'nobody answered' rl $command </dev/null
		# shellcheck disable=SC2086
		like "$(on_tty n "$RL" $command)" 'WARNING.*\[y/N\]'
	done
	is "$(rl ps -aq | wc -l)" 1
	like "$(on_tty n "$RL" system reset)" '1 containers'
	like "$(on_tty y "$RL" container prune)" '[0-9a-f]{64}'
	is "$(rl ps -aq | wc -l)" 0
	for command in 'image prune' 'container prune' 'system prune'; do
		# shellcheck disable=SC2086
		refused_with_hint 'filter' rl $command -f --filter dangling=true
	done
}

@test "prune takes what is not used, and nothing else" {
	rl import "$RL_T_BOX" lost >/dev/null
	local lost
	lost=$(image_id lost)
	rl tag box lost
	rl import --change 'LABEL keep=1' "$RL_T_BOX" used >/dev/null
	rl run -d --name runs --network none used sleep 1000 >/dev/null
	rl create --name over --label l=1 box true >/dev/null
	is "$(rl image prune -f --filter until=1h)" ''
	is "$(rl image prune -f)" "${lost#sha256:}"
	is "$(rl container prune -f --filter label!=l)" ''
	is "$(rl container prune -f --filter label=l=1 | wc -l)" 1
	is "$(rl ps -a --format '{{.Names}}')" runs
	rl rmi lost >/dev/null
	rl tag box unused:1
	is "$(rl image prune -af --filter label=keep)" ''
	rl rm -f -t 0 runs >/dev/null
	is "$(rl image prune -af --filter label=keep | wc -l)" 1
	is "$(names)" 'box:latest unused:1'
	rl rmi unused:1 >/dev/null
	is "$(leftovers)" ''
}

df_raw() { # TYPE FIELD
	rl system df --format json | python3 -c 'import json, sys
print([r for r in json.load(sys.stdin) if r["Type"] == sys.argv[1]][0][sys.argv[2]])' "$@"
}

@test "df counts a shared layer once, and what containers have written" {
	local before
	before=$(df_raw Images RawSize)
	layer a 1000000
	layer b 200000
	layered one "$T/a.tar"
	layered two "$T/a.tar" "$T/b.tar"
	# what is kept beside the files of a layer may be more
	[ "$(df_raw Images RawSize)" -ge $((before + 1200000)) ]
	[ "$(df_raw Images RawSize)" -lt $((before + 3000000)) ]
	is "$(df_raw Images Total)" 3
	is "$(df_raw Images Active)" 0
	is "$(df_raw Images RawReclaimable)" "$(df_raw Images RawSize)"
	like "$(rl system df -v)" 'box +latest .* 0B +[0-9.]*MB +0'
	like "$(rl system df -v)" 'one +latest .* [0-9.]*MB +0B +0'
	like "$(rl system df -v)" 'two +latest .* [0-9.]*MB +[0-9.]*kB +0'
	rl run --name w --network none box sh -c 'head -c 300000 /dev/zero >/big; mkdir /secret; chmod 0 /secret; chown 5:5 /big' >/dev/null
	if [ "$(cat "$RL_ROOT/driver")" != vfs ]; then
		is "$(df_raw Containers RawSize)" 300000
		is "$(df_raw Containers RawReclaimable)" 300000
	fi
	is "$(df_raw Images Active)" 1
	is "$(df_raw Images RawReclaimable)" "$(($(df_raw Images RawSize) - before))"
	like "$(rl system df)" 'TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE'
	like "$(rl system df --format '{{.Type}}={{.Total}}/{{.Active}} {{.Size}} {{.Reclaimable}}')" 'Containers=1/0 .*\(100%\)'
	refused . rl system df -v --format json
	rl rm w >/dev/null
}

@test "system prune tells what it gave back, and leaves what is used" {
	layer a 500000
	layered dangling "$T/a.tar"
	rl tag box dangling
	rl run --name over --network none box sh -c 'head -c 700000 /dev/zero >/big' >/dev/null
	rl run -d --name runs --network none box sleep 1000 >/dev/null
	mkdir "$RL_ROOT/tmp/left" "$RL_ROOT/trash/left"
	head -c 100000 /dev/zero >"$RL_ROOT/tmp/left/x"
	: >"$RL_ROOT/refs/.tmp-0123"
	: >"$RL_ROOT/seccomp/stale"
	touch -d '2 days ago' "$RL_ROOT/refs/.tmp-0123" "$RL_ROOT/seccomp/stale"
	# what the container wrote, the left-over, and the image's file with its compressed form
	exits 0 rl system prune -f
	like "$output" 'Deleted Containers'
	like "$output" 'Deleted Images'
	[ "$(cat "$RL_ROOT/driver")" = vfs ] || like "$output" 'Total reclaimed space: 1\.8[0-9]*MB'
	[ ! -e "$RL_ROOT/refs/.tmp-0123" ]
	[ ! -e "$RL_ROOT/seccomp/stale" ]
	[ ! -e "$RL_ROOT/tmp/left" ] && [ ! -e "$RL_ROOT/trash/left" ]
	is "$(rl ps --format '{{.Names}}')" runs
	is "$(find "$RL_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l)" 1
	rl rm -f -t 0 runs >/dev/null
	rl rmi dangling >/dev/null
	rl tag box again:1
	rl create --name c box true >/dev/null
	rl system prune -af --filter until=1h >/dev/null
	is "$(rl ps -aq | wc -l)" 1
	is "$(names)" 'again:1 box:latest'
	rl rmi again:1 >/dev/null
	rl rm c >/dev/null
}

# found REGEX [OPTION...]: check finds exactly one thing and says what it is
found() {
	local regex=$1
	shift
	exits 1 rl system check "$@" || return 1
	is "$(wc -l <<<"$output")" 1 || return 1
	like "$output" "$regex"
}
mended() { # [OPTION...]
	exits 0 rl system check -r "$@" || return 1
	like "$output" 'repaired' || return 1
	exits 0 rl system check || return 1
	is "$output" ''
}

@test "check finds and mends each kind of damage" {
	local id hex layer
	exits 0 rl system check
	is "$output" ''
	id=$(image_id box) hex=${id#sha256:}
	layer=$(ls "$RL_ROOT/layers")

	echo '{' >"$RL_ROOT/images/$hex/image.json"
	found 'image .*image.json.*--repair' -q
	mended
	# the digests of indexes that led to the image are known nowhere else
	sed -i "s/\"size\":[0-9]*/\"size\":7,\"indexes\":[\"sha256:$hex\"]/" "$RL_ROOT/images/$hex/image.json"
	found 'size of 7 instead' -q
	mended
	is "$(rl image inspect --format '{{.Id}}' "box@sha256:$hex")" "$id"
	printf ' ' >>"$RL_ROOT/images/$hex/manifest.json"
	found 'digest .*forget its indexes'
	mended
	exits 125 rl image inspect "box@sha256:$hex"
	echo '{}' >"$RL_ROOT/images/$hex/manifest.json"
	found 'image .*manifest.json'
	mended
	is "$(image_id box)" "$id"
	printf ' ' >>"$RL_ROOT/images/$hex/manifest.json"
	found 'digest'
	mended
	: >"$RL_ROOT/layers/$layer/layer.json"
	found 'layer .*layer.json'
	mended
	sed -i 's/"size":[0-9]*/"size":7/' "$RL_ROOT/layers/$layer/layer.json"
	exits 1 rl system check
	mended
	is "$(box box cat /srv/index.html)" 'hello from rl'

	sed "s/$hex/$(printf '%064d' 0)/" "$RL_ROOT/refs/docker.io%2Flibrary%2Fbox:latest" |
		sed 's/box:latest/gone:1/' >"$RL_ROOT/refs/docker.io%2Flibrary%2Fgone:1"
	found 'name docker.io/library/gone:1'
	mended
	echo x >"$RL_ROOT/refs/rubbish"
	found 'refs/rubbish'
	mended
	ln -s "$hex" "$RL_ROOT/names/nobody"
	found 'name nobody'
	mended
	mkdir "$RL_ROOT/tmp/left"
	found 'tmp/left'
	mended
	mkdir "$RL_ROOT/trash/left"
	sleep 3
	found 'trash/left'
	mended
	mkdir "$RL_RUNROOT/containers/$hex"
	found "$RL_RUNROOT/containers/$hex"
	mended
	chmod 755 "$RL_ROOT/refs"
	found 'refs: .*0755'
	mended
	rmdir "$RL_ROOT/tmp"
	found 'tmp: is missing'
	mended
	echo overley >"$RL_ROOT/driver.bad"
	mv "$RL_ROOT/driver" "$T/driver"
	mv "$RL_ROOT/driver.bad" "$RL_ROOT/driver"
	found 'driver'
	mended
	mv "$T/driver" "$RL_ROOT/driver"
	echo 1x >"$RL_ROOT/version"
	exits 125 rl ps
	exits 1 rl system check
	mended
	rl create --name c box true >/dev/null
	rm "$RL_ROOT/names/c"
	found 'container .*name'
	mended
	rl rm c >/dev/null
	# a layer that nothing needs may be on its way, unless it is old
	mkdir -p "$RL_ROOT/layers/$(printf '%064d' 1)/diff"
	echo '{"version":1,"size":0}' >"$RL_ROOT/layers/$(printf '%064d' 1)/layer.json"
	exits 0 rl system check
	found 'nothing needs it' -m 0s
	exits 0 rl system check -r -m 0s
	exits 0 rl system check -m 0s
	# what a killed removal left is never made whole again
	mkdir -p "$RL_ROOT/layers/$(printf '%064d' 2)/diff"
	found 'nothing needs it.*remove'
	mended
	[ ! -e "$RL_ROOT/layers/$(printf '%064d' 2)" ]
}

@test "check: what works, and what has a container, is taken by force only" {
	local hex layer
	layer a 1000
	layered victim "$T/a.tar"
	hex=$(image_id victim) hex=${hex#sha256:}
	refused . rl system check --force
	sed -i 's/}$/ }/' "$RL_ROOT/images/$hex/config.json"
	found 'image .*config.json.*--repair --force'
	exits 1 rl system check -r
	rl image inspect victim >/dev/null
	mended -f
	exits 125 rl image inspect victim

	layered victim "$T/a.tar"
	rl create --name c victim true >/dev/null
	: >"$RL_ROOT/containers/$(rl inspect --format '{{.Id}}' c)/container.json"
	found 'container .*records.*--repair --force'
	exits 1 rl system check -r
	is "$(rl ps -aq | wc -l)" 1
	mended -f
	is "$(rl ps -aq | wc -l)" 0

	rl create --name c victim true >/dev/null
	for layer in "$RL_ROOT"/layers/*; do [ -e "$layer/diff/a" ] && break; done
	mv "$layer" "$T/stolen"
	exits 1 rl system check -r
	like "$output" 'container .* c: .*--repair --force'
	rl image inspect victim >/dev/null
	mended -f
	exits 125 rl image inspect victim
	is "$(rl ps -aq | wc -l)" 0

	# without a container nothing works that could be lost
	remove "$T/stolen"
	layered victim "$T/a.tar"
	mv "$layer" "$T/stolen"
	mended
	exits 125 rl image inspect victim
	remove "$T/stolen"
	is "$(box box echo still)" still
}

@test "reset leaves nothing behind" {
	local RL_ROOT=$T/reset/s RL_RUNROOT=$T/reset/r pid
	export RL_ROOT RL_RUNROOT
	mkdir "$T/reset"
	rl import "$RL_T_BOX" box >/dev/null
	rl run -d --name runs box sleep 1000 >/dev/null
	rl create --name made box true >/dev/null
	rl run --name own --network none box sh -c 'mkdir -m 0 /d; chown 5:5 /d' >/dev/null
	pid=$(run_state runs pid)
	exits 0 rl system reset -f
	is "$output$stderr" ''
	is "$(ls -A "$T/reset")" ''
	eventually 2 gone "$pid"
	exits 0 rl system reset -f
	# a directory of somebody's own is not taken for a store, and what is not ours stays
	mkdir -p "$RL_ROOT/tmp" && echo mine >"$RL_ROOT/tmp/x"
	refused 'not a store' rl system reset -f
	is "$(cat "$RL_ROOT/tmp/x")" mine
	remove "$RL_ROOT"
	rl ps >/dev/null
	echo mine >"$RL_ROOT/mine"
	echo bad >"$RL_ROOT/version"
	rl system reset -f
	is "$(ls -A "$RL_ROOT")" mine
	remove "$T/reset"
}
