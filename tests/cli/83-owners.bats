#!/usr/bin/env bats
# images whose files have other owners (storage/owners.h), through the helper "shift"
# lanes: super
load lib

setup_file() {
	T=$(mktemp -d /tmp/rltow.XXXXXX)
	chmod 755 "$T"
	OTHER=rlw$$
	useradd -m -s /bin/bash "$OTHER"
	grep -q "^$OTHER:" /etc/subuid || usermod --add-subuids 2100000000-2100065535 --add-subgids 2100000000-2100065535 "$OTHER"
	install -d -o "$RL_T_USER" "$T/a" "$T/shared"
	install -d -m 700 -o "$OTHER" "$T/b" "$T/b/xdg"
	SHARED=$T/shared/store
	RL_ROOT=$T/a/s RL_RUNROOT=$T/a/r
	# workers are looked for beside the program
	mkdir "$T/bin"
	install -m 755 "$RL_T_BIN"/rl-* "$RL_T_HELPERS/shift" "$T/bin"
	export T OTHER SHARED RL_ROOT RL_RUNROOT
	make_image
	as_user "$RL" load -q -i "$T/odd.tar" >/dev/null
	ID=$(as_user "$RL" images -q --no-trunc localhost/odd | sed 's/^sha256://')
	export ID
	# the driver and what the kernel can are known from here on
	as_user "$T/bin/shift" "$ID" "$MAP" true
	[ "$(as_user cat "$T/a/s/data-only")" = yes ] || touch "$T/none"
}
teardown_file() {
	rm -rf "$T/a/tmpfs"
	! mountpoint -q "$T/small" || umount "$T/small"
	userdel -r "$OTHER" 2>/dev/null || :
	rm -rf "$T"
}
setup() {
	[ ! -e "$T/none" ] || skip 'machine: this kernel has no data-only layers'
}

MAP=0:500:1,1:2001:999,1000:0:1,1001:3001:60000

# make_image - $T/odd.tar: an image of three layers in which everything occurs that a layer can have
make_image() {
	python3 - "$T/odd.tar" <<-'END'
		import hashlib, io, json, struct, sys, tarfile
		layers = []
		def layer():
		    layers.append(io.BytesIO())
		    return tarfile.open(fileobj=layers[-1], mode='w', format=tarfile.PAX_FORMAT)
		def add(name, data=None, kind=tarfile.REGTYPE, link='', mode=0o644, uid=0, gid=None, pax={}):
		    i = tarfile.TarInfo(name)
		    i.type, i.linkname, i.mode, i.uid, i.gid = kind, link, mode, uid, uid if gid is None else gid
		    i.mtime, i.pax_headers = 1234567890, dict(pax, mtime='1234567890.123456789')
		    i.size = len(data or b'')
		    t.addfile(i, io.BytesIO(data or b''))
		def cap(rev, *root):
		    value = struct.pack('<5I', rev << 24 | 1, 1 << 10, 0, 0, 0) + b''.join(struct.pack('<I', r) for r in root)
		    return {'SCHILY.xattr.security.capability': value.decode('latin-1')}
		t = layer()
		add('d', kind=tarfile.DIRTYPE, mode=0o1771, uid=7, gid=8)
		add('d/low', b'low')
		add('d/hidden', b'x')
		add('gone', kind=tarfile.DIRTYPE)
		add('gone/f', b'x')
		t.close()
		t = layer()
		add('d', kind=tarfile.DIRTYPE, mode=0o1771, uid=7, gid=8)
		add('d/setuid', b'setuid', mode=0o6755, uid=3, gid=4)
		add('d/.wh.hidden')
		add('gone', kind=tarfile.DIRTYPE)
		add('gone/.wh..wh..opq')
		add('gone/new', b'new')
		add('d/user', b'user', uid=1000)
		add('d/first', b'linked')
		add('d/second', kind=tarfile.LNKTYPE, link='d/first')
		add('d/empty', b'')
		add('d/fifo', kind=tarfile.FIFOTYPE, uid=2)
		add('d/link', kind=tarfile.SYMTYPE, link='user', uid=1000)
		add('d/\u00e4 b\n\\x', b'odd')
		add('d/xattr', b'x', pax={'SCHILY.xattr.user.note': 'kept'})
		add('d/cap2', b'c', pax=cap(2))
		add('d/cap3', b'c', pax=cap(3, 0))
		add('d/cap-user', b'c', pax=cap(3, 5))
		add('d/cap-foreign', b'c', pax=cap(3, 0x7f7f7f7f))
		add('etc', kind=tarfile.DIRTYPE)
		add('etc/conf', b'conf')
		add('big', b'12345678' * 100000)
		t.close()
		t = layer()
		add('d', kind=tarfile.DIRTYPE, mode=0o1771, uid=7, gid=8)
		add('d/low', b'high')
		t.close()
		blobs = [l.getvalue() for l in layers]
		config = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Cmd': ['sh']}, 'rootfs': {'type': 'layers',
		    'diff_ids': ['sha256:' + hashlib.sha256(l).hexdigest() for l in blobs]}}).encode()
		t = tarfile.open(sys.argv[1], 'w')
		def put(name, data):
		    i = tarfile.TarInfo(name)
		    i.size = len(data)
		    t.addfile(i, io.BytesIO(data))
		for n, l in enumerate(blobs):
		    put('%d.tar' % n, l)
		put('c.json', config)
		put('manifest.json', json.dumps([{'Config': 'c.json', 'RepoTags': ['localhost/odd:latest'],
		    'Layers': ['%d.tar' % n for n in range(len(blobs))]}]).encode())
		t.close()
	END
	chmod 644 "$T/odd.tar"
}

# shifted MAP COMMAND… - in R, with the tree's path in ROOT; what it makes is kept
shifted() {
	as_user RL_ROOT="${STORE:-$RL_ROOT}" "$T/bin/shift" "$ID" "$@"
}

# everything of the tree: names, owners, modes, times, sizes, links, attributes, contents
look='cd "$ROOT" && find d gone etc/conf big -print0 | LC_ALL=C sort -z | LC_ALL=C xargs -0 stat -c "%N %u %g %a %s %h %.9Y %F"
	find d gone etc/conf big -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum
	find d gone etc/conf big -print0 | LC_ALL=C sort -z | xargs -0 python3 -c "
import os, sys
for f in sys.argv[1:]:
    for x in os.listxattr(f, follow_symlinks=False):
        print(f, x, os.getxattr(f, x, follow_symlinks=False))"
	getcap -n -r . | LC_ALL=C sort'

@test "everything is as in the image, but for the owners" {
	run --separate-stderr shifted "$MAP" sh -c "$look"
	[ "$status" = 0 ] || fail "$stderr"
	like "$output" "'d' 2007 2008 1771 .* 1234567890.123456789 directory"
	like "$output" "'d/setuid' 2003 2004 6755 6 1 1234567890.123456789 regular file"
	like "$output" "'d/user' 0 0 644 4 1 "
	like "$output" "'d/first' 500 500 644 6 2 "
	like "$output" "'d/second' 500 500 644 6 2 "
	like "$output" "'d/empty' 500 500 644 0 1 "
	like "$output" "'d/fifo' 2002 2002 644 0 1 1234567890.123456789 fifo"
	like "$output" "'d/link' -> 'user' 0 0 777 4 1 1234567890.123456789 symbolic link"
	like "$output" "d/xattr user.note b'kept'"
	like "$output" "$(printf odd | md5sum | cut -d' ' -f1)"
	like "$output" "$(printf high | md5sum | cut -d' ' -f1)  d/low"
	like "$output" 'gone/new'
	unlike "$output" 'hidden|gone/f|overlay'
	# a copy of everything shows the very same
	diff <(echo "$output") <(STORE=$(plain_store) shifted "$MAP" sh -c "$look")
}

# plain_store - a store of the same image, where the kernel is taken for one without data-only layers
plain_store() {
	local store=$T/a/plain
	if [ ! -d "$store" ]; then
		as_user RL_ROOT="$store" "$RL" load -q -i "$T/odd.tar" >/dev/null
		echo no >"$store/data-only"
		chown "$RL_T_USER" "$store/data-only"
	fi
	echo "$store"
}

@test "capabilities count below the map's root, whichever form the image has them in" {
	run --separate-stderr shifted "$MAP" sh -c 'cd "$ROOT/d" && getcap -n cap2 cap3 cap-user cap-foreign setuid'
	[ "$status" = 0 ] || fail "$stderr"
	is "$(wc -l <<<"$output")" 3
	like "$output" 'cap2 .*cap_net_bind_service.*rootid=500\]'
	like "$output" 'cap3 .*cap_net_bind_service.*rootid=500\]'
	# those for a namespace whose root is the image's user 5
	like "$output" 'cap-user .*cap_net_bind_service.*rootid=2005\]'
	# in the layer itself: what no id stands for is not there, and counts nowhere
	run getcap -n -r "$T/a/s/layers"
	is "$(grep -c cap-foreign <<<"$output")" 0
	is "$(grep -c cap-user <<<"$output")" 1
}

@test "a file takes no block, and the layers' own files of configuration get no second name" {
	local tree
	[ "$(stat -f -c %T "$T/a/s")" = ext2/ext3 ] || skip 'machine: the temporary directory is not on ext4'
	shifted "$MAP" true
	tree=$(find "$T/a/s/meta" -name names | head -1)
	is "$(find "$tree/big" "$tree/d" -type f -size +0 ! -name 'cap*' ! -name xattr -printf '%b\n' | sort -u)" 0
	is "$(find "$T/a/s/layers" -name conf -printf %n)" 1
	is "$(find "$T/a/s/layers" -name big -printf %n)" 2
	# a second map makes no second set of names
	shifted 0:700:1,1:2001:65000 true
	is "$(find "$T/a/s/layers" -name big -printf %n)" 2
}

@test "an owner that the map has no place for: one line, and nothing is left" {
	local before
	before=$(ls "$T/a/s/meta")
	run --separate-stderr shifted 0:500:900
	is "$status" 125
	like "$stderr" 'd/user belongs to 1000:1000, which the map has no place for'
	is "$(ls "$T/a/s/meta")" "$before"
	is "$(ls -A "$T/a/s/tmp")" ''
}

@test "two at once, and one that is killed: a whole tree each time" {
	local i pid
	for i in 1 2 3 4 5 6; do
		shifted "0:$((600 + i)):60000" true &
		pid=$!
		shifted "0:$((600 + i)):60000" sh -c 'cat "$ROOT/d/low"' >"$T/low.$i"
		wait "$pid"
		is "$(cat "$T/low.$i")" high
	done
	for i in 1 2 3 4 5 6 7 8; do
		shifted "0:$((900 + i)):60000" true &
		pid=$!
		sleep "0.0$i"
		pkill -KILL -P "$pid" || :
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" || :
		is "$(shifted "0:$((900 + i)):60000" sh -c 'cat "$ROOT/d/low" "$ROOT/etc/conf"')" highconf
	done 2>/dev/null
	as_user "$RL" system check --repair >/dev/null
	is "$(ls -A "$T/a/s/tmp")" ''
	is "$(as_user "$RL" system check)" ''
}

@test "no space: one line, nothing left, and it works when there is some" {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=8m,nr_inodes=220,mode=755,uid="$(id -u "$RL_T_USER")" tmpfs "$T/small"
	as_user RL_ROOT="$T/small/s" "$RL" load -q -i "$T/odd.tar" >/dev/null
	as_user sh -c "i=0; while : >$T/small/f\$i; do i=\$((i + 1)); done" 2>/dev/null || :
	as_user rm -f "$T"/small/f0 "$T"/small/f1 "$T"/small/f2 "$T"/small/f3 "$T"/small/f4 "$T"/small/f5
	run --separate-stderr as_user RL_ROOT="$T/small/s" "$T/bin/shift" "$ID" "$MAP" true
	is "$status" 125
	like "$stderr" 'No space left'
	is "$(find "$T/small/s/meta" -mindepth 1 2>/dev/null | grep -v -- '-data')" ''
	as_user sh -c "rm -f $T/small/f*"
	is "$(as_user RL_ROOT="$T/small/s" "$T/bin/shift" "$ID" "$MAP" sh -c 'cat "$ROOT/d/low"')" high
	umount "$T/small"
}

@test "an image of a shared store: names of names, and the contents stay there" {
	as_user "$RL" image share -q --store "$SHARED" localhost/odd >/dev/null
	as_b() {
		setpriv --reuid="$OTHER" --regid="$OTHER" --init-groups env -i PATH="$PATH" HOME="/home/$OTHER" \
			XDG_RUNTIME_DIR="$T/b/xdg" RL_ROOT="$T/b/s" RL_RUNROOT="$T/b/r" RL_ADDITIONAL_STORES="$SHARED" "$@"
	}
	as_b "$RL" create --name c --network none localhost/odd x >/dev/null
	diff <(shifted "$MAP" sh -c "$look") <(as_b "$T/bin/shift" "$ID" "$MAP" sh -c "$look")
	is "$(find "$T/b/s/meta" -name big -printf '%b\n' | sort -u)" 0
	is "$(find "$T/b/s/meta" -name '*-data' | wc -l)" 0
	as_b "$RL" rm c >/dev/null
}

@test "system df counts the trees, system check knows them, and they go with the image" {
	local before data
	before=$(df_size)
	shifted 0:1500:60000 true
	[ "$(df_size)" -gt "$before" ]
	# what trying the driver has left is not what is looked for
	as_user "$RL" system check --repair >/dev/null
	is "$(as_user "$RL" system check)" ''
	data=$(find "$T/a/s/meta" -name '*-data')
	if [ -n "$data" ]; then
		rm "$data/$(stat -c %i "$(find "$T/a/s/layers" -name big)")"
		run as_user "$RL" system check
		like "$output" 'tree .*the contents of a file are missing'
		as_user "$RL" system check --repair --force >/dev/null || :
		is "$(as_user "$RL" system check)" ''
		is "$(shifted 0:1500:60000 sh -c 'md5sum <"$ROOT/big"')" "$(md5sum <"$(find "$T/a/s/layers" -name big)")"
	fi
	# while a container is made of the image they stay
	as_user "$RL" create --name c --network none localhost/odd x >/dev/null
	before=$(ls "$T/a/s/meta")
	as_user "$RL" image prune -af >/dev/null
	is "$(ls "$T/a/s/meta")" "$before"
	as_user "$RL" rm c >/dev/null
	as_user "$RL" image prune -af >/dev/null
	is "$(ls -A "$T/a/s/meta")" ''
	as_user "$RL" load -q -i "$T/odd.tar" >/dev/null
	shifted "$MAP" true
	as_user "$RL" rmi localhost/odd >/dev/null
	is "$(ls -A "$T/a/s/meta")" ''
	is "$(ls -A "$T/a/s/layers")" ''
}

# bytes of all images and trees
df_size() {
	as_user "$RL" system df --format json | python3 -c 'import json, sys
rows = json.load(sys.stdin)
print([int(r.get("RawSize", 0)) for r in rows if r["Type"] == "Images"][0])'
}
