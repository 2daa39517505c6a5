#!/usr/bin/env bats
# cp: every direction, what paths mean, what is kept, and what must not happen
# lanes: user root
# drivers: vfs fuse_overlayfs
load lib
load faults

# sleeper NAME [ARG...] - a container that does nothing
sleeper() {
	local name=$1
	shift
	rl run -d --name "$name" --network none "$@" box sleep 1000 >/dev/null
}
# tree DIR - a directory with something in it
tree() {
	mkdir -p "$1/sub"
	echo one >"$1/a"
	echo two >"$1/sub/b"
}
# inside NAME COMMAND... - in a running container
inside() {
	rl exec "$@"
}

@test "files and directories, in and out: what SRC and DST mean" {
	tree "$T/d"
	echo file >"$T/f"
	sleeper c
	inside c mkdir -p /w/dir
	# a file: to a new name, over a file, into a directory, also with a slash
	rl cp "$T/f" c:/w/new
	is "$(inside c cat /w/new)" file
	echo again >"$T/f"
	rl cp "$T/f" c:/w/new
	is "$(inside c cat /w/new)" again
	rl cp "$T/f" c:/w/dir
	rl cp "$T/f" c:/w/dir/
	is "$(inside c cat /w/dir/f)" again
	refused_with_hint 'No such file' rl cp "$T/f" c:/w/none/
	refused_with_hint 'No such file' rl cp "$T/f" c:/w/none/x
	refused 'No such file' rl cp "$T/none" c:/w/
	refused 'Not a directory' rl cp "$T/f/" c:/w/
	refused 'Not a directory' rl cp "$T/f" c:/w/new/
	# a directory: to a new name, into one that is there, its content alone
	rl cp "$T/d" c:/w/copy
	is "$(inside c cat /w/copy/a /w/copy/sub/b)" $'one\ntwo'
	rl cp "$T/d" c:/w/slash/
	is "$(inside c cat /w/slash/a)" one
	rl cp "$T/d" c:/w/dir
	is "$(inside c cat /w/dir/d/sub/b)" two
	rl cp "$T/d/." c:/w/dir
	is "$(inside c cat /w/dir/sub/b)" two
	rl cp "$T/d/." c:/w/fresh
	is "$(inside c cat /w/fresh/a)" one
	refused_with_hint 'Not a directory' rl cp "$T/d" c:/w/new
	refused_with_hint 'Not a directory' rl cp "$T/d/." c:/w/new
	# and out again
	mkdir "$T/out"
	rl cp c:/w/new "$T/out/n"
	is "$(cat "$T/out/n")" again
	rl cp c:/w/copy "$T/out"
	is "$(cat "$T/out/copy/sub/b")" two
	rl cp c:/w/copy/. "$T/out"
	is "$(cat "$T/out/sub/b")" two
	rl cp c:/w/copy "$T/out/c2"
	is "$(cat "$T/out/c2/a")" one
	refused_with_hint 'No such file' rl cp c:/w/new "$T/none/x"
	refused 'No such file' rl cp c:/none "$T/out"
	is "$(stat -c %u "$T/out/n" "$T/out/c2/sub" | sort -u)" "$(id -u)"
	# relative paths: the caller's directory, and the container's
	(cd "$T/d" && rl cp sub/b c:w/rel && rl cp . c:/w/here && rl cp c:w/rel ./back)
	is "$(cat "$T/d/back")" two
	is "$(inside c cat /w/rel /w/here/a)" $'two\none'
}

@test "between containers, within one; what the command line refuses" {
	tree "$T/d2"
	sleeper one
	rl create --name two --network none box true >/dev/null
	rl cp "$T/d2" one:/x
	rl cp one:/x two:/y
	rl cp two:/y/. one:/z
	is "$(inside one cat /z/sub/b)" two
	rl cp one:/z one:/zz
	is "$(inside one cat /zz/a)" one
	refused_with_hint 'is inside of' rl cp one:/z one:/z/sub
	refused_with_hint 'neither path' rl cp "$T/d2" "$T/d3"
	refused_with_hint 'neither path' rl cp - "$T/d3"
	refused_with_hint 'no such container' rl cp nobody:/x "$T/d3"
	refused_with_hint 'names no path' rl cp one: "$T/d3"
	# a name with a colon
	echo colon >"$T/a:b"
	(cd "$T" && rl cp ./a:b one:/colon)
	is "$(inside one cat /colon)" colon
}

@test "links: copied as they are, followed with -L, at DST always; never out of the container" {
	mkdir "$T/l"
	echo target >"$T/l/t"
	ln -s t "$T/l/link"
	ln -s "$T/l" "$T/ldir"
	sleeper c
	inside c mkdir -p /w/dir
	inside c ln -s /w/dir /w/to-dir
	inside c ln -s /w/made /w/dangling
	inside c ln -s /../../../../../../etc/outside /w/up
	rl cp "$T/l/link" c:/w/
	is "$(inside c readlink /w/link)" t
	rl cp -L "$T/l/link" c:/w/followed
	is "$(inside c cat /w/followed)" target
	rl cp "$T/ldir/" c:/w/whole
	is "$(inside c cat /w/whole/t)" target
	rl cp "$T/l/t" c:/w/to-dir
	is "$(inside c cat /w/dir/t)" target
	rl cp "$T/l/t" c:/w/dangling
	is "$(inside c cat /w/made)" target
	is "$(inside c readlink /w/dangling)" /w/made
	rl cp "$T/l/t" c:/w/up
	is "$(inside c cat /etc/outside)" target
	# what a link in the container points to is the container's
	inside c ln -s /etc/passwd /w/pw
	rl cp -L c:/w/pw "$T/pw"
	is "$(cat "$T/pw")" "$(inside c cat /etc/passwd)"
	rl cp c:/w/to-dir "$T/lnk"
	is "$(readlink "$T/lnk")" /w/dir
}

@test "archives on standard input and output" {
	tree "$T/ar"
	sleeper c
	inside c mkdir /w
	tar -C "$T/ar" -cf - . | rl cp - c:/w
	is "$(inside c cat /w/sub/b)" two
	tar -C "$T/ar" -czf - a | rl cp - c:/w/sub
	is "$(inside c cat /w/sub/a)" one
	is "$(rl cp c:/w - | tar -t | sort | paste -sd' ')" 'w/ w/a w/sub/ w/sub/a w/sub/b'
	is "$(rl cp c:/w/a - | tar -xO)" one
	is "$(rl cp c:/w/sub/. - | tar -t | sort | paste -sd' ')" './ a b'
	refused_with_hint 'No such file' rl cp - c:/none <"$T/ar/a"
	refused 'Not a directory' rl cp - c:/w/a <"$T/ar/a"
	refused 'archive' rl cp - c:/w <"$T/ar/a"
	refused 'archive is empty' rl cp - c:/w </dev/null
}

@test "not running: created, exited, paused; the record of its end stays" {
	echo in >"$T/in"
	rl create --name made --network none box cat /w >/dev/null
	rl cp "$T/in" made:/w
	is_state made created
	is "$(rl start -a made)" in
	is_state made exited
	is "$(rl inspect --format '{{.State.ExitCode}}' made)" 0
	rl cp made:/w "$T/back"
	is "$(cat "$T/back")" in
	is_state made exited
	echo second >"$T/in"
	rl cp "$T/in" made:/w
	is "$(rl start -a made)" second
	is "$(rl diff made | grep -v '/run\|/etc\|/dev')" 'A /w'
	# image files that were never touched
	rl cp made:/etc/passwd "$T/passwd"
	is "$(cat "$T/passwd")" "$(box box cat /etc/passwd)"
	sleeper still
	rl pause still
	rl cp "$T/in" still:/paused
	is "$(rl cp still:/paused - | tar -xO)" second
	is_state still paused
	rl unpause still
	is "$(inside still cat /paused)" second
	rl rm -fa -t 0
	clean
}

@test "what is mounted: bind mounts also of stopped ones, tmpfs, /proc and /dev of running ones" {
	mkdir "$T/vol"
	echo host >"$T/vol/h"
	echo new >"$T/n"
	sleeper c -v "$T/vol:/v" --tmpfs /t
	rl create --name s --network none -v "$T/vol:/v" -v "$T/vol:/ro:ro" box true >/dev/null
	rl cp "$T/n" c:/v/from-running
	rl cp "$T/n" s:/v/from-created
	is "$(cat "$T/vol/from-running" "$T/vol/from-created")" $'new\nnew'
	refused 'Read-only file system' rl cp "$T/n" s:/ro/x
	is "$(rl cp s:/ro/h - | tar -xO)" host
	rl cp "$T/n" c:/t/in-tmpfs
	is "$(inside c cat /t/in-tmpfs)" new
	rl cp c:/t/in-tmpfs "$T/out-tmpfs"
	is "$(cat "$T/out-tmpfs")" new
	rl cp c:/proc/1/cmdline "$T/cmdline"
	like "$(tr '\0' ' ' <"$T/cmdline")" 'sleep 1000'
	rl cp c:/proc/sys/kernel/ostype "$T/ostype"
	is "$(cat "$T/ostype")" Linux
	rl cp c:/dev "$T/dev" 2>"$T/notes"
	like "$(cat "$T/notes")" 'devices were left out'
	[ ! -e "$T/dev/null" ]
	rl cp -q c:/dev "$T/dev2" 2>"$T/notes"
	is "$(cat "$T/notes")" ''
	# a file that is a mount itself is written to, as it cannot be replaced
	rl cp "$T/n" c:/etc/hosts
	is "$(inside c cat /etc/hosts)" new
	# the kernel's file systems are left out of what lies above them
	mkdir "$T/all"
	rl cp -q c:/ "$T/all"
	is "$(find "$T/all/proc" "$T/all/sys" | wc -l)" 2
	is "$(cat "$T/all/v/h" "$T/all/t/in-tmpfs")" $'host\nnew'
	remove "$T/all"
	# a root that is read-only
	rl create --name r --network none --read-only box true >/dev/null
	refused 'Read-only file system' rl cp "$T/n" r:/x
}

@test "owners: the container's user, or the caller; kept with -a" {
	echo f >"$T/o"
	sleeper c
	sleeper u --user 1000:1001
	rl cp "$T/o" c:/o
	is "$(inside c stat -c %u:%g /o)" 0:0
	rl cp "$T/o" u:/o
	is "$(inside u stat -c %u:%g /o)" 1000:1001
	inside c sh -c 'mkdir /own && echo x >/own/f && chown -R 12:34 /own && chown -h 12:34 /own'
	rl cp c:/own "$T/mine"
	is "$(stat -c %u "$T/mine" "$T/mine/f" | sort -u)" "$(id -u)"
	rl cp c:/own c:/own2
	is "$(inside c stat -c %u:%g /own2/f)" 0:0
	rl cp -a c:/own u:/own
	is "$(inside u stat -c %u:%g /own/f)" 12:34
	is "$(rl cp c:/own - | tar --numeric-owner -tv | awk '{print $2}' | sort -u)" 12/34
	rl cp c:/own - | rl cp -a - u:/tmp
	is "$(inside u stat -c %u:%g /tmp/own/f)" 12:34
	rl cp c:/own - | rl cp - u:/var
	is "$(inside u stat -c %u:%g /var/own/f)" 1000:1001
}

@test "exact: times, modes, hard links, attributes, capabilities, holes, odd names" {
	local d=$T/exact
	mkdir -p "$d/sub"
	echo x >"$d/f"
	ln "$d/f" "$d/sub/hard"
	touch -d '2001-02-03 04:05:06.123456789' "$d/f"
	chmod 4751 "$d/f"
	chmod 1777 "$d/sub"
	mkfifo "$d/fifo"
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.test", b"value")' "$d/f"
	echo n >"$d/"$'new\nline\xff'
	echo w >"$d/.wh.gone"
	local size=100G middle=50G
	# fuse-overlayfs does not tell where the holes are: they are read
	[ "${RL_STORAGE_DRIVER:-}" != fuse_overlayfs ] || { size=100M middle=50M; }
	truncate -s "$size" "$d/big"
	printf data | dd of="$d/big" bs=1 seek="$middle" conv=notrunc status=none
	sleeper c
	rl cp "$d" c:/e
	is "$(inside c stat -c '%a %h %Y' /e/f)" "4751 2 $(date -d '2001-02-03 04:05:06' +%s)"
	is "$(inside c stat -c %i /e/f)" "$(inside c stat -c %i /e/sub/hard)"
	is "$(inside c stat -c %a /e/sub)" 1777
	mkdir "$T/exact-back"
	rl cp c:/e "$T/exact-back"
	is "$(stat -c '%y' "$T/exact-back/e/f")" "$(stat -c '%y' "$d/f")"
	is "$(stat -c '%a %h' "$T/exact-back/e/f")" '4751 2'
	is "$(python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "user.test").decode())' "$T/exact-back/e/f")" value
	[ -p "$T/exact-back/e/fifo" ]
	is "$(cat "$T/exact-back/e/"$'new\nline\xff')" n
	is "$(cat "$T/exact-back/e/.wh.gone")" w
	is "$(stat -c %s "$T/exact-back/e/big")" "$(stat -c %s "$d/big")"
	[ "$(stat -c %b "$T/exact-back/e/big")" -lt 1000 ]
	is "$(dd if="$T/exact-back/e/big" bs=1 skip="$middle" count=4 status=none)" data
	rm -rf "$T/exact-back" "$d"
}

@test "a directory that is there keeps what it is; --overwrite lets kinds change" {
	tree "$T/k"
	chmod 700 "$T/k" "$T/k/sub"
	sleeper c
	inside c sh -c 'mkdir -p /w/sub /w/a && chmod 751 /w /w/sub && echo old >/w/old && chown 5:6 /w/sub'
	refused_with_hint 'a is not a directory, and what' rl cp "$T/k/." c:/w
	rl cp --overwrite "$T/k/." c:/w
	is "$(inside c cat /w/a /w/old)" $'one\nold'
	is "$(inside c stat -c '%a %u:%g' /w /w/sub)" $'751 0:0\n751 5:6'
	rl cp --overwrite "$T/k" c:/w/old
	is "$(inside c cat /w/old/sub/b)" two
}

@test "a path that leads to a descriptor is not followed, and the message says what to write" {
	sleeper c
	inside c ln -s loop /loop
	refused_with_hint 'leads in a circle, or to a descriptor' rl cp c:/etc/passwd /dev/stdout
	like "$stderr" "'-' stands for standard input and output"
	refused_with_hint 'leads in a circle' rl cp c:/loop/x "$T/x"
}

@test "ids of their own: copies belong to the container's user, running or not" {
	echo f >"$T/m"
	sleeper k --userns keep-id
	rl create --name s --network none --userns keep-id box sleep 1000 >/dev/null
	rl cp "$T/m" k:/tmp/m
	rl cp "$T/m" s:/tmp/m
	rl cp k:/tmp/m s:/tmp/n
	rl start s >/dev/null
	is "$(inside k stat -c %u /tmp/m)" "$(inside k id -u)"
	is "$(inside s stat -c %u /tmp/m /tmp/n)" "$(inside s id -u)"$'\n'"$(inside s id -u)"
	is "$(rl cp k:/tmp/m - | tar --numeric-owner -tv | awk '{print $2}' | cut -d/ -f1)" "$(inside k id -u)"
	rl cp s:/tmp/m "$T/mapped"
	is "$(stat -c %u "$T/mapped")" "$(id -u)"
}
