#!/usr/bin/env bats
# --volume, --mount, --tmpfs and --volumes-from: every type and option
# lanes: user root
load lib

setup() {
	cd "$T" || return 1
	mkdir -p h/sub
	echo low >h/f
}

teardown() {
	t_clean
	rl volume rm -fa >/dev/null
	remove "$T/h"
}

options() { # CONTAINER-DIR ARG... - as the kernel shows them
	local dir=$1
	shift
	box "$@" box sh -c "grep ' $dir ' /proc/self/mountinfo" | awk '{print $6}'
}

@test "options of bind mounts" {
	like "$(options /h -v ./h:/h)" '^rw,nosuid,nodev'
	like "$(options /h -v ./h:/h:ro,noexec)" '^ro,nosuid,nodev,noexec'
	unlike "$(options /h -v ./h:/h:suid,dev)" 'nosuid|nodev'
	like "$(options /h --mount type=bind,src=h,dst=/h,readonly=true,exec=false)" '^ro.*noexec'
	like "$(options /h --mount type=bind,src=h,dst=/h,ro=false)" '^rw'
	is "$(box -v ./h:/h:z -v ./h:/i:Z -v ./h:/j:cached box cat /h/f /i/f /j/f | wc -l)" 3
	refused 'exclude each other' rl run --rm -v ./h:/h:ro,rw box true
	refused 'exclude each other' rl run --rm -v ./h:/h:z,Z box true
	refused 'exclude each other' rl run --rm -v ./h:/h:O,ro box true
	refused_with_hint 'unknown mount option' rl run --rm -v ./h:/h:colour box true
	refused_with_hint 'idmap' rl run --rm -v ./h:/h:idmap box true
	refused_with_hint 'mount source' rl run --rm -v ./nosuch:/h box true
	refused 'two mounts' rl run --rm -v ./h:/h --tmpfs /h box true
	refused 'two mounts' rl run --rm -v ./h:/h -v ./h:/h:ro box true
	refused 'two mounts' rl run --rm -v one:/h -v two:/h box true
}

@test "the same mount given twice is one" {
	is "$(box -v ./h:/h:ro -v ./h:/h:ro --tmpfs /t:size=1m --tmpfs /t:size=1m -v v:/v -v v:/v box grep -cE ' /(h|t|v) ' /proc/self/mountinfo)" 3
}

@test "O: an overlay over a directory of the host, which is not changed" {
	rl create --name o --network none -v ./h:/h:O box sh -c 'cat /h/*; echo up >>/h/f; echo new >/h/g; rm -rf /h/sub' >/dev/null
	is "$(rl start -a o 2>/dev/null)" low
	is "$(cat h/f; ls h | tr '\n' ' ')" 'low
f sub '
	is "$(rl start -a o 2>/dev/null | tr '\n' ' ')" 'low up new '
	is "$(rl inspect --format '{{(index .Mounts 0).Type}} {{(index .Mounts 0).Source}}' o)" "bind $T/h"
	rl rm o >/dev/null
	chmod 750 h
	is "$(box -v ./h:/h:O box stat -c %a /h)" 750
	mkdir up work
	box -v "./h:/h:O,upperdir=$T/up,workdir=$T/work" box sh -c 'echo kept >/h/k'
	is "$(cat up/k)" kept
	remove up work
	box -v v:/v box touch /v/a
	box -v v:/v:O box sh -c 'rm /v/a; touch /v/b'
	is "$(box -v v:/v box ls /v)" a
	refused_with_hint 'only a directory' rl run --rm -v ./h/f:/f:O box true
	refused_with_hint 'belong to O' rl run --rm -v "./h:/h:O,upperdir=$T/h" box true
}

@test "U: files are given to the container's user, links are not followed" {
	local before
	before=$(stat -c '%u:%g %Z' /etc/passwd)
	ln -s /etc/passwd h/sub/l
	is "$(box -u 33:34 -v ./h:/h:U box stat -c %u:%g /h /h/f /h/sub /h/sub/l | sort -u)" 33:34
	is "$(stat -c '%u:%g %Z' /etc/passwd)" "$before"
	is "$(box -v ./h:/h:U box stat -c %u:%g /h/f)" 0:0
	is "$(stat -c %u h/f)" "$(id -u)"
	is "$(box -u 33 -v new:/etc:U box stat -c %u /etc/group)" 33
	is "$(box -u 33 --mount type=tmpfs,dst=/t,U box stat -c %u /t)" 33
	is "$(box -u app --mount type=bind,src=h,dst=/h,chown=true box sh -c '[ -O /h/f ] && echo mine')" mine
	box -v ./h:/h:U box true
	# a directory that is theirs already is not walked through again
	local mine=(rl unshare)
	[ "$(id -u)" != 0 ] || mine=()
	"${mine[@]}" chown 7:8 h/f
	is "$(box -v ./h:/h:U box stat -c %u:%g /h/f)" 7:8
	"${mine[@]}" chown 7:8 h
	is "$(box -v ./h:/h:U box stat -c %u:%g /h/f)" 0:0
}

@test "type=volume: subpath, nocopy" {
	box -v v:/v box sh -c 'mkdir -p /v/d/e; echo x >/v/d/e/f; ln -s /etc /v/out; ln -s ../../../../../.. /v/up'
	is "$(box --mount type=volume,src=v,dst=/s,volume-subpath=d/e box cat /s/f)" x
	is "$(box --mount type=volume,src=v,dst=/s,subpath=d/e/f box cat /s)" x
	refused_with_hint 'subpath' rl run --rm --mount type=volume,src=v,dst=/s,subpath=nosuch box true
	refused 'subpath' rl run --rm --mount type=volume,src=v,dst=/s,subpath=out box true
	is "$(box --mount type=volume,src=v,dst=/s,subpath=up box ls /s | tr '\n' ' ')" 'd out up '
	exits 1 box --mount type=volume,dst=/etc,volume-nocopy box test -e /etc/passwd
	eventually 5 bash -c '[ "$("$RL" volume ls -q)" = v ]'
}

@test "type=image" {
	local id
	is "$(box --mount type=image,src=box,dst=/i box sh -c 'ls -d /i/etc; touch /i/x || echo no' 2>/dev/null | tr '\n' ' ')" '/i/etc no '
	is "$(box --mount type=image,src=box,dst=/i,rw=true box sh -c 'touch /i/x; ls /i/x; rm -r /i/etc; ls -d /i/etc' 2>/dev/null)" /i/x
	is "$(box --mount type=image,src=box,dst=/i,subpath=etc box ls -d /i/passwd)" /i/passwd
	rl tag box other
	rl create --name c --network none --mount type=image,src=other,dst=/i box true >/dev/null
	is "$(rl inspect --format '{{range .Mounts}}{{.Type}} {{.Source}} {{.RW}}{{end}}' c)" 'image other false'
	rl rmi other >/dev/null
	refused_with_hint 'no such image|nosuch' rl run --rm --mount type=image,src=nosuch,dst=/i box true
}

@test "an image that is mounted stays" {
	mkdir -p img
	echo only >img/file
	tar -C img -c . | rl import - mounted >/dev/null
	rl create --name c --network none --mount type=image,src=mounted,dst=/i box cat /i/file >/dev/null
	exits 2 rl rmi mounted
	like "$stderr" 'in use by container'
	rl image prune -af >/dev/null
	is "$(rl start -a c)" only
	rl rm c >/dev/null
	rl rmi mounted >/dev/null
}

@test "type=tmpfs, ramfs, devpts, glob" {
	is "$(box --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700 box sh -c 'stat -c %a /t; df /t | tail -1' | awk '{print $1, $2}' | tr '\n' ' ')" '700  tmpfs 1024 '
	is "$(box --mount type=ramfs,dst=/t,mode=711 box sh -c 'stat -c %a /t; grep -c "^ramfs /t ramfs" /proc/self/mounts' | tr '\n' ' ')" '711 1 '
	is "$(box --mount type=devpts,dst=/d,max=3 box sh -c 'ls /d; grep -c " /d devpts" /proc/self/mounts' | tr '\n' ' ')" 'ptmx 1 '
	touch h/a1 h/a2 h/b1
	is "$(box --mount "type=glob,src=$T/h/a*,dst=/g" box ls /g | tr '\n' ' ')" 'a1 a2 '
	is "$(box --mount "type=glob,src=$T/h/a*" box sh -c "ls $T/h" | tr '\n' ' ')" 'a1 a2 '
	like "$(options /g/a1 --mount "type=glob,src=$T/h/a1,dst=/g,ro")" '^ro'
	refused_with_hint 'nothing fits' rl run --rm --mount "type=glob,src=$T/h/x*,dst=/g" box true
	refused_with_hint "type 'thing'" rl run --rm --mount type=thing,src=x,dst=/g box true
	refused_with_hint 'no such artifact' rl run --rm --mount type=artifact,src=x,dst=/g box true
	refused 'has no source' rl run --rm --mount type=tmpfs,src=x,dst=/g box true
}

@test "no-dereference: a link stays one" {
	ln -s /nowhere/at/all h/l
	is "$(box --mount type=bind,src=h/l,dst=/x/l,no-dereference box readlink /x/l)" /nowhere/at/all
	is "$(box -v ./h/f:/x/f:no-dereference box cat /x/f)" low
	rl create --name c --network none -v "$T/h/l:/x/l:no-dereference" box readlink /x/l >/dev/null
	is "$(rl start -a c; rl start -a c)" '/nowhere/at/all
/nowhere/at/all'
	refused 'mount source' rl run --rm --mount type=bind,src=h/l,dst=/x/l box true
}

@test "--volumes-from" {
	rl create --name a --network none -v v:/v -v ./h:/h -v ./h:/o:O --tmpfs /t -v /anon box true >/dev/null
	is "$(box --volumes-from a box sh -c 'cat /h/f /o/f; touch /v/x /anon/y; ls -d /t' 2>/dev/null | tr '\n' ' ')" 'low low '
	is "$(box --volumes-from a:ro box sh -c 'ls /v; touch /v/z || echo no' 2>/dev/null | tr '\n' ' ')" 'x no '
	is "$(box --volumes-from a -v other:/v box sh -c 'ls /v; ls /anon')" y
	# each has an overlay of its own
	box --volumes-from a box touch /o/mine
	is "$(box --volumes-from a box ls /o | tr '\n' ' ')" 'f sub '
	refused 'no such container' rl run --rm --volumes-from nosuch box true
	refused_with_hint 'unknown option' rl run --rm --volumes-from a:x box true
	refused 'exclude each other' rl run --rm --volumes-from a:ro,rw box true
	is "$(rl volume ls -q | wc -l)" 3
}

@test "propagation, and mounts below mounts" {
	is "$(box -v v:/a -v w:/a/b --tmpfs /a/b/c box sh -c 'touch /a/x /a/b/y /a/b/c/z; ls /a /a/b /a/b/c' | grep -c .)" 8
	like "$(rl create --name c --network none -v ./h:/h:rslave box true >/dev/null; rl inspect --format '{{(index .Mounts 0).Propagation}}' c)" rslave
}

@test "a tmpfs has the propagation that is asked for; only the real root keeps one from being swapped out" {
	is "$(box --tmpfs /t:rshared --mount type=tmpfs,dest=/v box sh -c "awk '\$5 == \"/t\" || \$5 == \"/v\" { print \$5, \$7 ~ /shared/ }' /proc/self/mountinfo" | tr '\n' ' ')" '/t 1 /v 0 '
	if [ "$(id -u)" = 0 ]; then
		[ "$(printf '6.4\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.4 ] || skip 'machine: noswap came with Linux 6.4'
		is "$(box --userns host --tmpfs /t:noswap box sh -c "awk '\$5 == \"/t\" { print \$NF }' /proc/self/mountinfo" | tr ',' '\n' | grep noswap)" noswap
		refused 'noswap' box --tmpfs /t:noswap box true
	else
		refused_with_hint 'only the real root' box --tmpfs /t:noswap box true
	fi
}
