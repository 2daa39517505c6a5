#!/usr/bin/env bats
# a shared store: one user (RL_T_USER) writes images into it, another one (OTHER) runs them without copying
# lanes: super
load lib

setup_file() {
	T=$(mktemp -d /tmp/rltsh.XXXXXX)
	chmod 755 "$T"
	OTHER=rlo$$
	useradd -m -s /bin/bash "$OTHER"
	grep -q "^$OTHER:" /etc/subuid || usermod --add-subuids 2100000000-2100065535 --add-subgids 2100000000-2100065535 "$OTHER"
	install -d -o "$RL_T_USER" "$T/a" "$T/shared"
	install -d -m 700 -o "$OTHER" "$T/b" "$T/b/xdg"
	SHARED=$T/shared/store
	RL_ROOT=$T/a/s RL_RUNROOT=$T/a/r
	export T OTHER SHARED RL_ROOT RL_RUNROOT
	make_layers
	as_user "$RL" import "$RL_T_BOX" box >/dev/null
	as_user "$RL" load -q -i "$T/odd.tar" >/dev/null
	as_user "$RL" image share -q --store "$SHARED" box localhost/odd >"$T/ids"
}
teardown_file() {
	as_user "$RL" rm -fa -t 0 >/dev/null 2>&1 || :
	as_b "$RL" rm -fa -t 0 >/dev/null 2>&1 || :
	for _ in 1 2 3 4 5; do ! pgrep -u "$OTHER" >/dev/null || sleep 0.2; done
	userdel -r "$OTHER" 2>/dev/null || :
	rm -rf "$T"
}
teardown() {
	as_b "$RL" rm -fa -t 0 >/dev/null
	is "$(ls -A "$T/b/s/containers")" ''
}

# as_b COMMAND… - as the other user, who has the shared store in his configuration
as_b() {
	setpriv --reuid="$OTHER" --regid="$OTHER" --init-groups env -i PATH="$PATH" LANG=C.UTF-8 HOME="/home/$OTHER" \
		XDG_RUNTIME_DIR="$T/b/xdg" RL_ROOT="$T/b/s" RL_RUNROOT="$T/b/r" RL_ADDITIONAL_STORES="$SHARED" "$@"
}
b() {
	as_b "$RL" "$@"
}
share() {
	as_user "$RL" image share -q --store "$SHARED" "$@"
}

# make_layers - $T/odd.tar: an image of two layers in which everything occurs that a layer can have
make_layers() {
	python3 - "$RL_T_BOX" "$T/odd.tar" <<-'END'
		import hashlib, io, json, sys, tarfile
		low = open(sys.argv[1], 'rb').read()
		out = io.BytesIO()
		t = tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT)
		def add(name, data=None, kind=tarfile.REGTYPE, link='', mode=0o644, uid=0, pax={}):
		    i = tarfile.TarInfo(name)
		    i.type, i.linkname, i.mode, i.uid, i.gid, i.mtime, i.pax_headers = kind, link, mode, uid, uid, 1234567890, pax
		    i.size = len(data or b'')
		    t.addfile(i, io.BytesIO(data or b''))
		add('odd', kind=tarfile.DIRTYPE, mode=0o711, uid=7)
		add('odd/secret', b'secret\n', mode=0o600, uid=1000)
		add('odd/setuid', b'setuid\n', mode=0o4755)
		add('odd/empty', b'')
		add('odd/first', b'linked\n')
		add('odd/second', kind=tarfile.LNKTYPE, link='odd/first')
		add('odd/capable', b'capable\n', mode=0o755, pax={'SCHILY.xattr.security.capability':
		    bytes([1, 0, 0, 2, 0, 4, 0, 0] + 12 * [0]).decode('latin-1')})
		add('odd/fifo', kind=tarfile.FIFOTYPE)
		add('odd/\u00e4 b', b'name\n')
		add('odd/copy', b'secret\n', mode=0o640)
		add('odd/link', kind=tarfile.SYMTYPE, link='secret')
		add('etc/.wh.group')
		add('home/.wh..wh..opq')
		add('home/new', b'new\n')
		add('etc/passwd', b'root:x:0:0:changed:/root:/bin/sh\n')
		t.close()
		layers = [low, out.getvalue()]
		config = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Cmd': ['sh']}, 'rootfs': {'type': 'layers',
		    'diff_ids': ['sha256:' + hashlib.sha256(l).hexdigest() for l in layers]}}).encode()
		t = tarfile.open(sys.argv[2], 'w')
		def put(name, data):
		    i = tarfile.TarInfo(name)
		    i.size = len(data)
		    t.addfile(i, io.BytesIO(data))
		for n, l in enumerate(layers):
		    put('%d.tar' % n, l)
		put('c.json', config)
		put('manifest.json', json.dumps([{'Config': 'c.json', 'RepoTags': ['localhost/odd:latest'],
		    'Layers': ['0.tar', '1.tar']}]).encode())
		t.close()
	END
	chmod 644 "$T/odd.tar"
}

# what a user of the image sees of it
look='cd /; for f in odd odd/* etc home/* etc/passwd; do stat -c "%n %a %u %g %s %h %Y %F" "$f"; done |
	sed "/directory\$/s/ [0-9]* \([0-9]* directory\)/ \1/"
	cat odd/secret odd/first odd/second odd/capable odd/copy "odd/ä b" etc/passwd home/new; ls -A etc home odd; readlink odd/link
	head -c 6 odd/empty | wc -c; md5sum bin/busybox'

@test "another user runs the image: the same as its owner, without network" {
	local theirs ours
	theirs=$(as_user "$RL" run --rm --network none localhost/odd sh -c "$look")
	ours=$(b run --rm --network none localhost/odd sh -c "$look")
	diff <(echo "$theirs") <(echo "$ours")
	like "$ours" 'odd/secret 600 1000 1000 7'
	like "$ours" 'odd/setuid 4755'
	like "$ours" 'odd/first 644 0 0 7 2 1234567890'
	unlike "$ours" '^group$'
	like "$ours" 'root:x:0:0:changed'
	# what the next container sees is not what one has written
	is "$(b run --rm --network none localhost/odd sh -c 'echo more >>/odd/secret; cat /odd/secret')" $'secret\nmore'
	is "$(b run --rm --network none localhost/odd cat /odd/secret)" secret
}

@test "file capabilities and set-uid bits are those of the image" {
	local tree
	b create --name c --network none localhost/odd true >/dev/null
	tree=$(find "$T/b/s/meta" -path '*/odd/capable')
	[ -n "$(getcap "$tree")" ]
	# and none of it lies on a file of the shared store
	[ -z "$(find "$SHARED" -perm /6000)" ]
	python3 -c 'import os, sys
for d, dirs, files in os.walk(sys.argv[1]):
    for f in dirs + files:
        assert not os.listxattr(os.path.join(d, f), follow_symlinks=False), f' "$SHARED"
}

@test "permissions inside hold: who is not root cannot read a 0600 file" {
	run b run --rm --network none -u 1234 localhost/odd cat /odd/secret
	is "$status" 1
	is "$(b run --rm --network none -u 1000 localhost/odd cat /odd/secret)" secret
}

@test "contents are there once, and the other user's store holds names only" {
	# the set-uid file and the copy of a file are the same object for all layers and images
	is "$(find "$SHARED/objects" -type f | wc -l)" "$(find "$SHARED/objects" -type f -exec md5sum {} + | cut -d' ' -f1 | sort -u | wc -l)"
	if [ "$(as_b cat "$T/b/s/data-only")" = yes ]; then
		b create --name c --network none box true >/dev/null
		[ "$(du -sk "$T/b/s/meta" | cut -f1)" -lt 400 ]
		[ "$(du -sk "$SHARED/objects" | cut -f1)" -gt 1000 ]
		is "$(find "$T/b/s/meta" -name busybox -size +100k -printf '%b ' | cut -d' ' -f1)" 0
	else
		skip 'machine: this kernel has no data-only layers'
	fi
	is "$(ls -A "$T/b/s/layers")" ''
}

@test "the store is the owner's alone to write, and needs nobody's umask" {
	is "$(find "$SHARED" ! -user "$RL_T_USER" | wc -l)" 0
	is "$(find "$SHARED" -perm /022 ! -type l | wc -l)" 0
	run ! as_b touch "$SHARED/objects/x"
	run ! as_b rm -f "$SHARED/version"
	run --separate-stderr b image share --store "$SHARED" box
	is "$status" 125
	like "$stderr" 'belongs to another user'
	as_user sh -c "umask 077; $RL image share -q --store $T/shared/closed box" >/dev/null
	is "$(find "$T/shared/closed" -type d ! -perm 755 ! -name tmp | wc -l)" 0
	is "$(find "$T/shared/closed/objects" "$T/shared/closed/layers" "$T/shared/closed/images" "$T/shared/closed/refs" -type f ! -perm -444 | wc -l)" 0
	rm -rf "$T/shared/closed"
}

@test "--group: only its members can read" {
	groupadd "rlg$$"
	usermod -aG "rlg$$" "$RL_T_USER"
	as_user "$RL" image share -q --store "$T/shared/team" --group "rlg$$" box >/dev/null
	is "$(stat -c '%a %G' "$T/shared/team")" "750 rlg$$"
	run --separate-stderr as_b RL_ADDITIONAL_STORES="$T/shared/team" "$RL" run --rm --network none box echo works
	is "$status" 125
	like "$stderr" 'Permission denied'
	usermod -aG "rlg$$" "$OTHER"
	is "$(as_b RL_ADDITIONAL_STORES="$T/shared/team" "$RL" run --rm --network none box echo works)" works
	rm -rf "$T/shared/team"
	groupdel "rlg$$"
	run --separate-stderr as_user "$RL" image share --store "$T/shared/team" --group nosuchgroup box
	is "$status" 125
	like "$stderr" 'no group nosuchgroup'
}

@test "images and inspect show it as read-only; rmi and tag refuse it" {
	like "$(b images)" 'R/O'
	is "$(b images --format '{{.Repository}} {{.ReadOnly}}' localhost/odd)" 'localhost/odd true'
	is "$(b images -q --filter readonly=true | wc -l)" 2
	is "$(b images -q --filter readonly=false)" ''
	is "$(b images --format json | python3 -c 'import json,sys; print([i["ReadOnly"] for i in json.load(sys.stdin)])')" '[True, True]'
	is "$(b image inspect --format '{{.Id}}' box)" "$(head -1 "$T/ids")"
	is "$(b run --rm --network none "$(head -c 12 "$T/ids")" echo id)" id
	run --separate-stderr b rmi box
	is "$status" 125
	like "$stderr" "is in the shared store $SHARED"
	run --separate-stderr b tag box mine
	is "$status" 125
	like "$stderr" "is in the shared store $SHARED"
	b rmi -a
	is "$(b images -q | wc -l)" 2
}

@test "a name in the user's own store wins" {
	mkdir "$T/own"
	echo own >"$T/own/whose"
	tar -C "$T/own" -cf "$T/own.tar" whose
	b import "$T/own.tar" box >/dev/null
	is "$(b images --format '{{.Repository}} {{.ReadOnly}}' | sort | tr '\n' ' ')" 'docker.io/library/box false localhost/odd true '
	run ! b run --rm --network none box true
	b rmi box >/dev/null
	is "$(b run --rm --network none box echo works)" works
	rm -rf "$T/own" "$T/own.tar"
}

@test "the owner does not remove what is running unawares" {
	b run -d --name c --network none box sh -c 'sleep 1000' >/dev/null
	run --separate-stderr share --rm box
	is "$status" 125
	like "$stderr" 'in use'
	share --rm --force box >/dev/null
	# what is open stays so
	is "$(b inspect --format '{{.State.Status}}' c)" running
	b stop -t 0 c >/dev/null
	run --separate-stderr b start c
	is "$status" 125
	like "$stderr" 'no longer in the shared store'
	is "$(wc -l <<<"$stderr")" 2
	share box >/dev/null
	b start c
	is "$(b exec c echo again)" again
}

@test "an image that is taken out goes with what nothing else needs" {
	local before
	before=$(ls "$SHARED/objects" | wc -l)
	mkdir "$T/extra"
	head -c 100000 /dev/urandom >"$T/extra/blob"
	tar -C "$T/extra" -cf "$T/extra.tar" blob
	as_user "$RL" import "$T/extra.tar" localhost/extra >/dev/null
	share localhost/extra >/dev/null
	is "$(ls "$SHARED/objects" | wc -l)" $((before + 1))
	share --rm localhost/extra >/dev/null
	is "$(ls "$SHARED/objects" | wc -l)" "$before"
	is "$(find "$SHARED/images" "$SHARED/layers" -mindepth 1 -maxdepth 1 | wc -l)" 4
	is "$(ls -A "$SHARED/tmp")" ''
	is "$(b run --rm --network none localhost/odd cat /odd/secret)" secret
	rm -rf "$T/extra" "$T/extra.tar"
}

@test "sharing again writes nothing new" {
	local before
	before=$(find "$SHARED/objects" "$SHARED/layers" "$SHARED/images" -printf '%p %i %C@\n' | grep -v '/images/\|/layers ' | sort | md5sum)
	share box localhost/odd >/dev/null
	is "$(find "$SHARED/objects" "$SHARED/layers" "$SHARED/images" -printf '%p %i %C@\n' | grep -v '/images/\|/layers ' | sort | md5sum)" "$before"
}

@test "a store that is away: one line with the cause" {
	b create --name c --network none box true >/dev/null
	mv "$SHARED" "$SHARED.away"
	run --separate-stderr b start c
	local started=$status said=$stderr
	run --separate-stderr b run --rm --network none box true
	mv "$SHARED.away" "$SHARED"
	is "$started" 125
	like "$said" "shared store $SHARED.*No such file"
	is "$(wc -l <<<"$said")" 2
	is "$status" 125
	like "$stderr" "shared store is away.*$SHARED"
	is "$(b start -a c)" ''
}

@test "where the kernel has no data-only layers everything is copied, and info tells" {
	b run --rm --network none box true
	like "$(b info)" 'sharedImages: (data-only layers|copied)'
	copied() {
		as_b RL_ROOT="$T/b/s2" "$RL" "$@"
	}
	# it is tried once, when the first tree is made
	"$RL_T_HELPERS/nosyscall" fsopen setpriv --reuid="$OTHER" --regid="$OTHER" --init-groups env -i PATH="$PATH" \
		HOME="/home/$OTHER" XDG_RUNTIME_DIR="$T/b/xdg" RL_ROOT="$T/b/s2" RL_RUNROOT="$T/b/r" RL_ADDITIONAL_STORES="$SHARED" \
		"$RL" create --name c0 --network none localhost/odd >/dev/null
	diff <(copied run --rm --network none localhost/odd sh -c "$look") \
		<(as_user "$RL" run --rm --network none localhost/odd sh -c "$look")
	is "$(as_b cat "$T/b/s2/data-only")" no
	like "$(copied info)" 'sharedImages: copied'
	[ -z "$(find "$T/b/s2/meta" -name names)" ]
	# and needs the store no more
	copied create --name c2 --network none box echo kept >/dev/null
	mv "$SHARED" "$SHARED.away"
	run copied start -a c2
	mv "$SHARED.away" "$SHARED"
	is "$output" kept
	copied rm -fa >/dev/null
}

@test "the drivers vfs and fuse_overlayfs get copies" {
	local driver
	for driver in vfs fuse_overlayfs; do
		is "$(as_b RL_ROOT="$T/b/$driver" RL_STORAGE_DRIVER=$driver "$RL" run --rm --network none localhost/odd cat /odd/secret /home/new)" $'secret\nnew'
		as_b RL_ROOT="$T/b/$driver" "$RL" rmi -a
	done
}

@test "rl.conf names the stores; a wrong key is refused with its line" {
	local conf=/home/$OTHER/.config/rl
	without_env() {
		setpriv --reuid="$OTHER" --regid="$OTHER" --init-groups env -i PATH="$PATH" HOME="/home/$OTHER" \
			XDG_RUNTIME_DIR="$T/b/xdg" RL_ROOT="$T/b/s" RL_RUNROOT="$T/b/r" "$RL" "$@"
	}
	mkdir -p "$conf"
	is "$(without_env images -q)" ''
	printf '[storage]\nadditionalimagestores = ["%s"]\n' "$SHARED" >"$conf/rl.conf"
	is "$(without_env run --rm --network none box echo works)" works
	printf '[storage]\nadditionalimagestore = []\n' >"$conf/rl.conf"
	run --separate-stderr without_env images
	is "$status" 125
	like "$stderr" 'rl.conf line 2: unknown key'
	rm "$conf/rl.conf"
}

@test "an image of a shared store goes into no list" {
	run --separate-stderr b manifest create list box
	is "$status" 125
	like "$stderr" 'is in the shared store .*: it can only be put into a list by its owner'
	run b manifest exists list
	is "$status" 1
}

# gzip_image - localhost/zip in the shared store: a layer that came compressed, and one that replaces a file of its own
gzip_image() {
	[ ! -e "$T/zip" ] || return 0
	mkdir "$T/zip"
	python3 - "$T/zip.tar.gz" "$T/zip.tar" <<-'END'
		import io, sys, tarfile
		for path in sys.argv[1:]:
		    t = tarfile.open(path, 'w:gz' if path.endswith('gz') else 'w')
		    for name, data in (('f', b'first\n'), ('g', b'kept\n'), ('f', b'second\n'), (path[-2:], b'')):
		        i = tarfile.TarInfo(name)
		        i.size = len(data)
		        t.addfile(i, io.BytesIO(data))
		    i = tarfile.TarInfo('h')
		    i.type, i.linkname = tarfile.LNKTYPE, 'g'
		    t.addfile(i)
		    t.close()
	END
	chmod 644 "$T/zip.tar.gz" "$T/zip.tar"
	as_user "$RL" import -q "$T/zip.tar.gz" localhost/zip >/dev/null
	as_user "$RL" import -q "$T/zip.tar" localhost/unzipped >/dev/null
	share localhost/zip localhost/unzipped >/dev/null
}

@test "save and push give a shared image out with the digests that it came with" {
	local format name
	gzip_image
	for name in box localhost/odd localhost/zip localhost/unzipped; do
		for format in docker-archive oci-archive; do
			as_user "$RL" save -q --format $format -o "$T/a/out" $name
			b save -q --format $format -o "$T/b/out" $name
			cmp "$T/a/out" "$T/b/out"
			rm -f "$T/a/out" "$T/b/out"
		done
	done
	# nothing of it has become one's own
	is "$(ls -A "$T/b/s/layers" "$T/b/s/images" | grep -c '^[0-9a-f]')" 0
	registry_start
	as_user "$RL" push -q --tls-verify=false --digestfile "$T/a/digest" localhost/zip "$REGISTRY/zip:a"
	b push -q --tls-verify=false --digestfile "$T/b/digest" localhost/zip "$REGISTRY/zip:b"
	registry_stop
	is "$(cat "$T/b/digest")" "$(cat "$T/a/digest")"
}

@test "a shared store that says something else than it should gives nothing out" {
	local store=$T/shared/wrong object
	gzip_image
	as_user "$RL" image share -q --store "$store" localhost/unzipped >/dev/null
	object=$(grep -l kept "$store"/objects/*)
	as_user sh -c "chmod u+w $object && echo evil >$object"
	run --separate-stderr as_b RL_ADDITIONAL_STORES="$store" "$RL" save -q -o "$T/b/out" localhost/unzipped
	is "$status" 125
	like "$stderr" 'layer .* has changed'
	[ ! -e "$T/b/out" ]
	# one of a version that kept nothing to give it out from
	as_user sh -c "rm -f $store/layers/*/record $store/layers/*/blob"
	run --separate-stderr as_b RL_ADDITIONAL_STORES="$store" "$RL" save -q -o "$T/b/out" localhost/unzipped
	is "$status" 125
	like "$stderr" "has layer .* to run, but nothing to give it out from"
	rm -rf "$store"
}

@test "diff, export and commit of a container of a shared image" {
	b create --name c --network none localhost/odd sh -c 'echo more >>/odd/secret; rm /odd/copy; echo new >/new' >/dev/null
	b start -a c
	is "$(b diff c | sort)" $'A /new\nC /odd\nC /odd/secret\nD /odd/copy'
	b export -o "$T/b/export.tar" c
	is "$(tar -xOf "$T/b/export.tar" odd/first odd/secret)" $'linked\nsecret\nmore'
	is "$(tar -xOf "$T/b/export.tar" bin/busybox | md5sum | cut -c 1-32)" "$(as_user "$RL" run --rm --network none box md5sum bin/busybox | cut -c 1-32)"
	b commit -q c localhost/new >/dev/null
	b commit -q --squash c localhost/flat >/dev/null
	b rm c >/dev/null
	for name in new flat; do
		is "$(b run --rm --network none localhost/$name sh -c 'cat /odd/secret /odd/first /new; stat -c "%a %h" /odd/setuid /odd/second; ls /odd/copy 2>&1')" \
			$'secret\nmore\nlinked\nnew\n4755 1\n644 2\nls: /odd/copy: No such file or directory'
	done
	# what lies below is the image's: the same layers
	is "$(b image inspect --format '{{index .RootFS.Layers 0}} {{index .RootFS.Layers 1}}' localhost/new)" \
		"$(b image inspect --format '{{index .RootFS.Layers 0}} {{index .RootFS.Layers 1}}' localhost/odd)"
	is "$(b system check)" ''
	b rmi localhost/new localhost/flat >/dev/null
	is "$(ls -A "$T/b/s/layers")" ''
}

@test "diff with an own image: the places for mounts that a shared image's tree has are nothing" {
	b save -q -o "$T/b/own.tar" localhost/odd
	b load -q -i "$T/b/own.tar" >/dev/null
	local own
	own=$(b images --filter readonly=false --no-trunc -q localhost/odd | sort -u)
	mkdir -p "$T/b/lone"
	b create --name mine --network none "$own" true >/dev/null
	b create --name theirs --network none box true >/dev/null
	# the other way round what the images differ in is added, and nothing of rl's
	b diff "$own" box >"$T/b/there"
	b diff box "$own" >"$T/b/back"
	b diff mine box >"$T/b/container"
	local file
	for file in there back container; do
		is "$(grep -E '^[AD] /(dev|proc|sys|run|run/.containerenv|etc|etc/(hostname|hosts|resolv.conf))$' "$T/b/$file")" ''
		grep -qE '^[AD] /odd$' "$T/b/$file"
	done
	b rm mine theirs >/dev/null
	b rmi "$own" >/dev/null
}

@test "a shared image is mounted, and its layers have their sizes" {
	is "$(b unshare sh -c "p=\$('$RL' image mount localhost/odd) && cat \$p/odd/first && stat -c %a \$p/odd/setuid && '$RL' image unmount localhost/odd >/dev/null")" $'linked\n4755'
	is "$(b history --format '{{.Size}}' box)" "$(as_user "$RL" history --format '{{.Size}}' box)"
	is "$(b image tree box | grep Size)" "$(as_user "$RL" image tree box | grep Size)"
}

@test "what cannot be done with a shared image says how it can" {
	local args
	for args in 'tag box mine' 'rmi box' 'manifest create list box' 'image diff box'; do
		# shellcheck disable=SC2086
		run --separate-stderr b $args
		is "$status" 125
		like "$stderr" "is in the shared store $SHARED"
		like "$stderr" 'rl save IMAGE \| rl load'
		is "$(wc -l <<<"$stderr")" 2
	done
	# and that works
	b save -q box 2>/dev/null | b load -q >/dev/null
	b tag box mine
	is "$(b image inspect --format '{{.Id}}' mine)" "$(head -1 "$T/ids")"
	b rmi mine box >/dev/null
}

@test "trees are collected with the images that they were made of" {
	local n
	b run --rm --network none localhost/odd true
	b run --rm --network none box true
	n=$(ls "$T/b/s/meta" | wc -l)
	share --rm localhost/odd >/dev/null
	b import "$RL_T_BOX" gone >/dev/null
	b rmi gone >/dev/null
	is "$(ls "$T/b/s/meta" | wc -l)" $((n - 1))
	share localhost/odd >/dev/null
}

@test "a hostile store: nothing outside is read or written, and one line tells" {
	local evil=$T/shared/evil layer
	as_user "$RL" image share -q --store "$evil" box >/dev/null
	layer=$(find "$evil/layers" -name tree)
	evil() {
		as_b RL_ADDITIONAL_STORES="$evil" "$RL" run --rm --network none box "$@"
	}
	echo private >"$T/b/private"
	chown "$OTHER" "$T/b/private"
	chmod 600 "$T/b/private"
	# an object that is a link to a file of the user's
	as_b RL_ADDITIONAL_STORES="$evil" "$RL" create --name c --network none box cat /etc/passwd >/dev/null
	local object
	while read -r object; do ln -sfn "$T/b/private" "$object"; done < <(grep -l '^root:x:0:0' "$evil"/objects/*)
	run as_b RL_ADDITIONAL_STORES="$evil" "$RL" start -a c
	[ "$status" != 0 ]
	unlike "$output" private
	as_b "$RL" rm -f c >/dev/null
	# layers that are no files, links out, broken archives, names that lead out
	rm -rf "$T"/b/s/meta/*
	as_user sh -c "rm -f $layer && mkfifo $layer"
	run --separate-stderr evil true
	is "$status" 125
	as_user sh -c "rm -f $layer && ln -s $T/b/private $layer"
	run --separate-stderr evil true
	is "$status" 125
	as_user sh -c "rm -f $layer && head -c 3000 /dev/urandom >$layer"
	run --separate-stderr evil true
	is "$status" 125
	is "$(ls -A "$T/b/s/meta")" ''
	is "$(cat "$T/b/private")" private
	as_user chmod o+w "$evil"
	run --separate-stderr evil true
	is "$status" 125
	like "$stderr" 'every user can write'
	rm -rf "$evil" "$T/b/private"
}

@test "an image with other owners shares its contents, through all its layers" {
	local id
	[ "$(as_b cat "$T/b/s/data-only")" = yes ] || skip 'machine: this kernel has no data-only layers'
	id=$(as_user "$RL" images -q --no-trunc localhost/odd | sed 's/^sha256://')
	# workers are looked for beside the program
	mkdir "$T/bin"
	install -m 755 "$RL_T_BIN"/rl-* "$RL_T_HELPERS/shift" "$T/bin"
	run --separate-stderr as_user "$T/bin/shift" "$id" 0:500:1,1:2001:999,1000:0:1,1001:3001:60000 sh -c 'cd "$ROOT"
		stat -c "%n %u %g %a %s" odd/secret odd/setuid odd/first etc/passwd bin/busybox odd
		cat odd/secret odd/second etc/passwd home/new; ls etc home; md5sum bin/busybox; stat -c %h odd/first'
	[ "$status" = 0 ] || fail "$stderr"
	like "$output" 'odd/secret 0 0 600 7'
	like "$output" 'odd/setuid 500 500 4755 7'
	like "$output" 'etc/passwd 500 500 644 33'
	like "$output" 'odd 2007 2007 711'
	like "$output" $'secret\nlinked\nroot:x:0:0:changed:/root:/bin/sh\nnew'
	unlike "$output" 'group'
	like "$output" "$(as_user "$RL" run --rm --network none localhost/odd md5sum bin/busybox)"
	is "$(tail -1 <<<"$output")" 2
	# only names were written
	is "$(find "$T/a/s/meta" -name busybox -size +100k -printf '%b ')" '0 '
	run --separate-stderr as_user "$T/bin/shift" "$id" 0:500:1
	is "$status" 125
	like "$stderr" 'the map has no place for'
}
