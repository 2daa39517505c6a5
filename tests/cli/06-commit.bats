#!/usr/bin/env bats
# commit, export, diff, history, tree, exists, untag
# lanes: user root
# drivers: fuse_overlayfs vfs
load lib

# fuse-overlayfs in the distribution's version writes late what the kernel holds back, which moves the time of the file
TIME=%y
[ "${RL_STORAGE_DRIVER:-}" != fuse_overlayfs ] || TIME=

# what a tree looks like: type, mode, owner, time with nanoseconds, links, target and content of everything that is the
# container's own
LISTING="cd / && find . \\( -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/resolv.conf -o -path ./proc -o -path ./dev -o -path ./sys -o -path ./run/.containerenv \\) -prune -o -print0 |
	sort -z | xargs -0 sh -c 'for f; do
		case \$f in .|./etc|./run) stat -c \"%n %f %u %g\" \"\$f\";; *) stat -c \"%f %u %g $TIME %N\" \"\$f\"; [ -d \"\$f\" ] || stat -c %h \"\$f\";; esac
		if [ -f \"\$f\" ] && [ ! -L \"\$f\" ]; then stat -c %s \"\$f\"; sha256sum <\"\$f\"; fi
	done' sh"

# CHANGES - a shell script that changes about everything that can be
CHANGES='mkdir -p /new/deep/er; echo one >/new/deep/er/file; chmod 4755 /new/deep/er/file
	ln /new/deep/er/file /new/hard; ln -s ../srv/index.html /new/soft; ln -s /nowhere /new/dangling
	mkfifo /new/pipe; echo changed >/srv/index.html; rm /etc/group
	rm -r /home; mkdir /home; echo x >/home/x
	ln /etc/passwd /etc/passwd.2
	echo owned >/new/owned; chown 12:34 /new/owned; chmod 1777 /new; touch -d "2001-02-03 04:05:06" /new/old
	echo "a b" >"/new/a b"; echo nl >"/new/$(printf "n\nl")"; echo hi >"/new/$(printf "\377\376")"; : >"/new/-dash"
	dd if=/dev/zero of=/new/sparse bs=1 count=1 seek=1048575 2>/dev/null
	n=$(printf "%0120d" 7); echo long >"/new/$n"; mkdir -p "/new/$n.d/$n"; echo l >"/new/$n.d/$n/$n"; ln "/new/$n" "/new/$n.2"
	x=$(printf "%0120d\377" 8); echo x >"/new/$x"'

# changed NAME - a running container that has made them
changed() {
	rl run -d --name "$1" --network none box sh -c "$CHANGES; : >/done; sleep 1000" >/dev/null
	eventually 10 rl exec "$1" test -e /done
}

# shows IMAGE LISTING - a container of the image has the tree
shows() {
	diff <(printf '%s\n' "$2") <(box "$1" sh -c "$LISTING") || fail "$1 shows another tree"
}

@test "commit, then run: the very same listing, times to the nanosecond" {
	changed c1
	before=$(rl exec c1 sh -c "$LISTING")
	exits 0 rl commit -q c1 committed:1
	like "$output" '^[0-9a-f]{64}$'
	shows committed:1 "$before"
	is "$(box committed:1 cat /srv/index.html /new/hard /new/soft "/new/a b" /home/x)" "$(printf 'changed\none\nchanged\na b\nx')"
	box committed:1 sh -c '[ /new/hard -ef /new/deep/er/file ] && [ /etc/passwd -ef /etc/passwd.2 ]'
	is "$(box committed:1 stat -c '%a %u:%g' /new/deep/er/file /new/owned)" "$(printf '4755 0:0\n644 12:34')"
	exits 1 box committed:1 ls /etc/group
	exits 1 box committed:1 ls /home/app
	# the image that it was made of is as it was
	is "$(box box cat /srv/index.html)" 'hello from rl'
	rl rm -f -t 0 c1
	# what is committed without a change changes nothing, and a stopped container can be committed as well
	rl run --name c2 --network none committed:1 true
	rl commit -q c2 committed:2
	shows committed:2 "$before"
	rl rm c2
	rl rmi committed:2 committed:1
}

@test "commit --squash: one layer with the same listing" {
	changed c1
	before=$(rl exec c1 sh -c "$LISTING")
	rl commit -q -s c1 squashed
	shows squashed "$before"
	is "$(rl image inspect --format '{{len .RootFS.Layers}} {{len .History}}' squashed)" '1 1'
	rl rm -f -t 0 c1
	rl rmi squashed
}

@test "commit: the same container gives the same layer again" {
	changed c1
	rl commit -q c1 once
	rl commit -q c1 twice
	is "$(rl image inspect --format '{{.RootFS.Layers}}' once)" "$(rl image inspect --format '{{.RootFS.Layers}}' twice)"
	rl rm -f -t 0 c1
	rl rmi once twice
}

@test "commit: what rl made for mounts is not in the layer, what the user put there is" {
	mkdir -p "$T/host"
	touch "$T/host/secret"
	rl run --name c1 --network none -v "$T/host:/mnt/deep/host" -v "$T/host/secret:/mnt/file" --tmpfs /scratch box \
		sh -c 'echo data >/scratch/gone; echo mine >/run/mine; touch /mnt/deep/host/x'
	rl commit -q c1 places
	is "$(box places cat /run/mine)" mine
	is "$(rl run --rm --network none places sh -c 'ls -d /mnt /scratch 2>/dev/null; echo end')" end
	is "$(ls "$T/host")" "$(printf 'secret\nx')"
	rl rm c1
	rl rmi places
}

@test "links of the image without a target: what rl makes behind them for mounts is no change" {
	local id
	mkdir -p "$T/links/etc" "$T/links/run"
	ln -s ../run/systemd/resolve/stub-resolv.conf "$T/links/etc/resolv.conf"
	ln -s /away/hosts "$T/links/etc/hosts"
	ln -s second "$T/links/etc/hostname"
	ln -s ../var/names/host "$T/links/etc/second"
	cp "$RL_T_BOX" "$T/links.tar"
	tar --owner=0 --group=0 -C "$T/links" -rf "$T/links.tar" .
	rl import "$T/links.tar" links >/dev/null
	rl run --name l1 links sh -c 'grep -q nameserver /run/systemd/resolve/stub-resolv.conf && grep -q localhost /away/hosts && cat /var/names/host && echo new >/own'
	is "$(rl diff l1)" 'A /own'
	rl commit -q l1 links:2
	is "$(rl image diff links:2 links)" 'A /own'
	# what the user puts there is his
	rl run --name l2 links sh -c 'echo mine >/run/systemd/resolve/mine'
	like "$(rl diff l2)" 'A /run/systemd/resolve/mine'
	unlike "$(rl diff l2)" 'stub-resolv|away|names'
	rl rm l1 l2
	rl rmi links:2 links
}

@test "commit: what the container was started with, --change, --config, author, message" {
	rl run --name c1 --network none -e MADE=by -w /srv -u app -l one=1 -h somehost box sh -c 'echo $MADE $HOSTNAME'
	rl commit -q c1 conf
	is "$(rl run --rm --network none -h other conf)" 'by other'
	exits 0 rl image inspect --format '{{.Config.WorkingDir}} {{.Config.User}} {{.Config.Labels.one}} {{.Config.Env}}' conf
	like "$output" '^/srv app 1 \[.*MADE=by'
	unlike "$output" 'somehost|container='
	echo '{"Env": ["FILE=env"], "Labels": {"two": "2"}, "WorkingDir": "/tmp"}' >"$T/config.json"
	rl commit -q -a 'An Author' -m 'why' --iidfile "$T/iid" --config "$T/config.json" -c 'CMD ["id","-u"]' -c 'ENTRYPOINT []' -c 'USER daemon' \
		-c 'EXPOSE 80 53/udp' -c 'STOPSIGNAL SIGINT' -c 'VOLUME /vol' -c 'ENV A="b c" D=e' -c 'LABEL three=3' \
		-c 'ONBUILD RUN true' -c 'HEALTHCHECK --interval=1m30s --retries=3 CMD test -e /x' -f docker c1 conf2
	is "$(cat "$T/iid")" "$(rl image inspect --format '{{.Id}}' conf2)"
	is "$(box conf2)" 1
	python3 - "$RL_ROOT/images/$(cat "$T/iid")" <<-'END'
		import json, sys
		c = json.load(open(sys.argv[1] + "/config.json"))
		m = json.load(open(sys.argv[1] + "/manifest.json"))
		assert m["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json", m
		assert m["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json", m
		g = c["config"]
		assert g["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}, g
		assert g["OnBuild"] == ["RUN true"], g
		assert g["Healthcheck"] == {"Interval": 90000000000, "Retries": 3, "Test": ["CMD-SHELL", "test -e /x"]}, g
		assert g["Labels"] == {"one": "1", "two": "2", "three": "3"}, g
		assert g["StopSignal"] == "SIGINT" and g["WorkingDir"] == "/tmp" and g["Volumes"] == {"/vol": {}}, g
		assert {"FILE=env", "A=b c", "D=e", "MADE=by"} <= set(g["Env"]), g
		assert c["author"] == "An Author" and c["comment"] == "why", c
		h = c["history"]
		assert len(h) == 2 and h[1]["comment"] == "why" and h[1]["author"] == "An Author", h
		assert h[1]["created_by"].startswith("sh -c"), h
		assert len(c["rootfs"]["diff_ids"]) == 2, c
	END
	before=$(rl images -q)
	refused 'trigger' rl commit -c 'ONBUILD FROM x' c1
	refused 'HEALTHCHECK' rl commit -c 'HEALTHCHECK true' c1
	refused 'not one of' rl commit -c 'RUN true' c1
	refused 'nothere' rl commit nothere
	is "$(rl images -q)" "$before"
	rl rm c1
	rl rmi conf conf2
}

@test "commit: a file that a layer cannot hold is refused, nothing is left" {
	if [ "${RL_STORAGE_DRIVER:-}" = fuse_overlayfs ]; then
		# it refuses the name itself
		exits 1 rl run --rm --network none box sh -c 'echo x >/srv/.wh.index.html'
		return
	fi
	rl run --name c1 --network none box sh -c 'echo x >/srv/.wh.index.html'
	before=$(ls "$RL_ROOT/layers")
	refused_with_hint '\.wh\.index\.html' rl commit c1 bad
	is "$(ls "$RL_ROOT/layers")" "$before"
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "diff: what was added, changed and deleted, of containers and images" {
	rl run --name c1 --network none -v "$T:/mnt/host" box sh -c 'mkdir /new; echo 1 >/new/a; rm /etc/group; echo 2 >/srv/index.html
		rm -r /home; mkdir /home; echo >/home/x; chmod 700 /root; touch "/new/$(printf "n\nl")"; ln -s x /new/l'
	expected='C /etc
D /etc/group
C /home
D /home/app
A /home/x
A /new
A /new/a
A /new/l
A /new/n\nl
C /root
C /srv
C /srv/index.html'
	is "$(rl diff c1)" "$expected"
	is "$(rl container diff -l)" "$expected"
	rl commit -q c1 changed
	is "$(rl diff changed)" "$expected"
	is "$(rl image diff changed)" "$expected"
	is "$(rl image diff changed box)" "$expected"
	is "$(rl diff box changed | sed -n 's/^A //p')" "$(printf '/etc/group\n/home/app')"
	is "$(rl diff c1 changed)" ''
	rl diff --format json c1 | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["added"] == ["/home/x", "/new", "/new/a", "/new/l", "/new/n\nl"], d
assert d["changed"] == ["/etc", "/home", "/root", "/srv", "/srv/index.html"], d
assert d["deleted"] == ["/etc/group", "/home/app"], d'
	# all that an image without a parent has is new
	like "$(rl diff box)" 'A /srv/index.html'
	# bytes count, not times
	rl run --name c2 --network none box sh -c 't=$(stat -c %y /srv/index.html); echo "HELLO from rl" >/srv/index.html; touch -d @1700000000 /srv/index.html /srv'
	is "$(rl diff c2)" "$(printf 'C /srv\nC /srv/index.html')"
	refused 'nothere' rl diff nothere
	refused 'named' rl diff
	refused 'use json' rl diff --format table c1
	rl create --name c3 box true
	is "$(rl diff c3)" ''
	rl rm c1 c2 c3
	rl rmi changed
}

@test "export: the whole tree, and import gives it back" {
	changed c1
	before=$(rl exec c1 sh -c "$LISTING")
	rl export c1 >"$T/out.tar"
	rl export -o "$T/out2.tar" c1
	cmp "$T/out.tar" "$T/out2.tar"
	rl import -q "$T/out.tar" again
	shows again "$before"
	is "$(tar -tf "$T/out.tar" | grep -c -e '\.wh\.' -e '^/')" 0
	rl stop -t 0 c1
	rl export c1 | cmp - "$T/out.tar"
	rl create --name c2 box true
	rl export c2 | tar -xOf - srv/index.html | grep -q 'hello from rl'
	exits 125 script -qec "$RL export c2" /dev/null
	like "$output" 'terminal'
	refused 'create /nowhere/x' rl export -o /nowhere/x c2
	refused 'nothere' rl export -o "$T/none.tar" nothere
	[ ! -e "$T/none.tar" ]
	rl rm c1 c2
	rl rmi again
}

@test "export and commit while the container swaps links, follow none and leave out mounts" {
	mkdir -p "$T/canary" "$T/bound"
	echo secret >"$T/canary/secret"
	echo bound >"$T/bound/inside"
	before=$(stat -c '%n %i %Y %Z %h %a' "$T/canary" "$T/canary/secret"; cat "$T/canary/secret")
	rl run -d --name swapper --network none -v "$T/bound:/mnt/bound" box sh -c "mkdir /s /s/dir; echo inside >/s/dir/secret; ln -s $T/canary /s/link
		ln -s $T/canary/secret /s/flink; echo inside >/s/file
		for i in 1 2 3 4 5 6 7 8 9; do mkdir -p /s/deep/\$i/dir; echo inside >/s/deep/\$i/dir/secret; ln -s $T/canary /s/deep/\$i/link; probe swap /s/deep/\$i/dir /s/deep/\$i/link & done
		probe swap /s/file /s/flink & : >/ready; probe swap /s/dir /s/link"
	eventually 10 rl exec swapper test -e /ready
	for i in $(seq "$(number 200 10)"); do
		rl export swapper >"$T/out.tar"
		unlike "$(tar -xOf "$T/out.tar" | tr -d '\0' | grep -a -o -e '^secret' -e '^bound' || :)" 'secret|bound'
		rl commit -q swapper swapped >/dev/null
		is "$(box swapped sh -c 'grep -rlx -e secret -e bound /s /mnt 2>/dev/null | head -1')" ''
	done
	is "$(stat -c '%n %i %Y %Z %h %a' "$T/canary" "$T/canary/secret"; cat "$T/canary/secret")" "$before"
	rl rm -f -t 0 swapper
	rl rmi -f swapped
	rl rmi -af >/dev/null 2>&1 || :
	rl import -q "$RL_T_BOX" box >/dev/null
}

@test "history: steps, sizes, ids" {
	rl run --name c1 --network none box sh -c 'dd if=/dev/zero of=/big bs=1000 count=5 2>/dev/null'
	rl commit -q -m 'a comment' -c 'CMD ["/a/rather/long/command/line/that/is/cut/in/tables"]' c1 hist
	exits 0 rl history hist
	is "${#lines[@]}" 3
	like "${lines[0]}" '^ID +CREATED +CREATED BY +SIZE +COMMENT$'
	like "${lines[1]}" '^[0-9a-f]{12} +.* ago +sh -c dd if=/dev/zero of=/big bs=1000 coun\.\.\. +5 kB +a comment$'
	like "${lines[2]}" '^<missing> +.* ago +/bin/sh -c #\(nop\) ADD file:'
	is "$(rl image history --no-trunc --format '{{.ID}}' hist | head -1)" "$(rl image inspect --format '{{.Id}}' hist)"
	is "$(rl history -q hist)" "$(printf '%.12s\n<missing>' "$(rl image inspect --format '{{.Id}}' hist)")"
	like "$(rl history --human=false --format '{{.Created}} {{.Size}}' hist | head -1)" '^20[0-9-]+T[0-9:.]+Z 5000$'
	rl history --format json hist | python3 -c '
import json, sys
a, b = json.load(sys.stdin)
assert a["size"] == 5000 and a["Comment"] == "a comment" and a["tags"] == ["localhost/hist:latest"] or "hist:latest" in a["tags"][0], a
assert b["id"] == "<missing>", b'
	refused 'nothere' rl history nothere
	rl rm c1
	rl rmi hist
}

@test "image tree: layers, and what is built on an image" {
	rl run --name c1 --network none box touch /one
	rl commit -q c1 t1
	rl run --name c2 --network none t1 touch /two
	rl commit -q c2 t2
	exits 0 rl image tree t2
	is "${#lines[@]}" 7
	like "${lines[4]}" '^├── +ID: [0-9a-f]{12} Size: .* Top Layer of: \[[a-z/.]*box:latest\]'
	like "${lines[5]}" '^├── .* Top Layer of: \[[a-z/.]*t1:latest\]'
	like "${lines[6]}" '^└── .* Top Layer of: \[[a-z/.]*t2:latest\]'
	exits 0 rl image tree --whatrequires box
	like "${lines[4]}" '^└── .*t1:latest\]'
	like "${lines[5]}" '^    └── .*t2:latest\]'
	rl rm c1 c2
	rl rmi t2 t1
}

@test "exists and untag" {
	exits 0 rl image exists box
	is "$output$stderr" ''
	exits 1 rl image exists nothere
	is "$output$stderr" ''
	rl create --name c1 box true
	exits 0 rl container exists c1
	exits 1 rl container exists other
	is "$output$stderr" ''
	rl rm c1
	rl tag box one two other/three:4
	refused 'not called' rl untag box one nothere
	exits 0 rl image exists one
	rl untag box one other/three:4
	exits 1 rl image exists one
	exits 1 rl image exists other/three:4
	exits 0 rl image exists two
	id=$(rl images -q --no-trunc two)
	rl untag two
	exits 1 rl image exists two
	exits 1 rl image exists box
	exits 0 rl image exists "${id#sha256:}"
	rl tag "${id#sha256:}" box
}

@test "unshare: a command as root of the user's namespace; image mount and unmount in it" {
	if [ "$(id -u)" = 0 ]; then
		# root has no namespace to enter
		refused 'for users' rl unshare true
		return
	fi
	is "$(rl unshare id -u)" 0
	exits 7 rl unshare sh -c 'exit 7'
	exits 127 rl unshare /nowhere/x
	refused_with_hint 'root' rl image mount box
	rl run --name c1 --network none box sh -c 'chown 12:34 /srv/index.html; rm -r /home; mkdir /home'
	rl commit -q c1 two
	# one layer, two layers; owners as they are in the image, nothing can be written
	rl unshare sh -ec '
		rl=$0
		m=$("$rl" image mount box)
		cat "$m/srv/index.html"
		n=$("$rl" image mount two)
		[ "$n" = "$("$rl" image mount two)" ]
		stat -c %u:%g "$n/srv/index.html"
		ls "$n/home"
		! touch "$m/x" 2>/dev/null
		! touch "$n/x" 2>/dev/null
		"$rl" image mount | sed "s, .*/, ,"
		(cd "$n" && ! "$rl" image unmount two 2>/dev/null && "$rl" image unmount --force two >/dev/null)
		"$rl" image mount two >/dev/null
		"$rl" image unmount two >/dev/null
		! "$rl" image unmount two 2>/dev/null
		"$rl" image mount --format "{{.ID}}"
		[ ! -e "$n" ]
		"$rl" image unmount -a
		"$rl" image mount' "$RL" >"$T/mounts"
	box=$(rl image inspect --format '{{.Id}}' box) two=$(rl image inspect --format '{{.Id}}' two)
	is "$(cat "$T/mounts")" "$(printf 'hello from rl\n12:34\n%s %s\n%s %s\n%s\n%s' \
		"$(rl image inspect --format '{{index .RepoTags 0}}' box)" "$box" "$(rl image inspect --format '{{index .RepoTags 0}}' two)" "$two" "$box" "$box")"
	# nothing of it is seen outside, and a namespace that ends takes its mounts along
	rl unshare "$RL" image mount two
	is "$(rl image mount)" ''
	# containers started there are seen outside
	rl unshare "$RL" run --name c2 --network none box true
	is "$(state c2)" exited
	rl rm c1 c2
	rl rmi two
	eventually 5 sh -c "! pgrep -f '[f]use-overlayfs.*$RL_RUNROOT/mounts'"
}
