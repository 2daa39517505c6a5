#!/usr/bin/env bats
# volumes: the commands, who uses them, what they begin with
# lanes: user root
load lib
load faults
load attacks

setup() {
	cd "$T" || return 1
}

teardown() {
	t_clean
	rl volume rm -fa >/dev/null
	is "$(find "$RL_ROOT"/volumes -mindepth 1 2>/dev/null)" ''
}

volumes() {
	rl volume ls -q "$@" | tr '\n' ' '
}

no_volumes() {
	[ -z "$(volumes)" ]
}

@test "create, ls, inspect, exists, rm" {
	is "$(rl volume create -l a=b --label c one)" one
	is "$(rl volume create --ignore one)" one
	refused_with_hint 'one exists already' rl volume create one
	like "$(rl volume create)" '^[0-9a-f]{64}$'
	is "$(rl volume ls -q | wc -l)" 2
	is "$(rl volume ls --filter label=a=b --format '{{.Name}} {{.Driver}} {{.Labels}} {{.Scope}}')" 'one local a=b,c= local'
	is "$(rl volume ls -f name=one | head -1)" 'DRIVER      VOLUME NAME'
	is "$(rl volume ls -n -f name=one)" 'local       one'
	is "$(rl volume inspect -f '{{.Name}} {{.Mountpoint}} {{.Labels.a}} {{.Anonymous}}' one)" "one $RL_ROOT/volumes/one/_data b false"
	is "$(rl inspect --format '{{.Name}}' --type volume one)" one
	is "$(rl inspect --format '{{.Name}}' one)" one
	rl volume exists one
	exits 1 rl volume exists two
	exits 1 rl volume rm two
	exits 0 rl volume rm -f two
	exits 125 rl volume inspect two
	is "$(rl volume inspect -a --format '{{.Name}}' | wc -l)" 2
	is "$(rl volume rm on)" one
	refused 'named, or --all' rl volume rm
	rl volume rm -a >/dev/null
	is "$(volumes)" ''
}

@test "names are no paths" {
	local name
	for name in ../x . .. -x $'a\nb' "$(printf 'a%.0s' {1..300})" a/b '' /x; do
		[ -z "$name" ] || exits 125 rl volume create -- "$name"
		exits 125 rl run --rm --network none --mount "type=volume,source=../$name,target=/x" box true
		rl volume rm -- "$name" 2>/dev/null && fail "removed '$name'"
		rl volume inspect -- "$name" >/dev/null 2>&1 && fail "shown: '$name'"
	done
	is "$(volumes)" ''
}

@test "filters" {
	rl volume create -l k=1 -l m one >/dev/null
	rl volume create -l k=2 -o type=tmpfs -o o=size=1m two >/dev/null
	rl create --network none -v one:/x box true >/dev/null
	is "$(volumes -f label=k)" 'one two '
	is "$(volumes -f label=k=1 -f label=m)" 'one '
	is "$(volumes -f label=k=1 -f label=k=2)" ''
	is "$(volumes -f 'label!=k=1')" 'two '
	is "$(volumes -f dangling=true)" 'two '
	is "$(volumes -f dangling=false)" 'one '
	is "$(volumes -f name=tw -f name=^one)" 'one two '
	is "$(volumes -f name=^w)" ''
	is "$(volumes -f opt=type=tmpfs)" 'two '
	is "$(volumes -f driver=local -f scope=local)" 'one two '
	is "$(volumes -f driver=image)" ''
	is "$(volumes -f since=one)" 'two '
	is "$(volumes -f until=1h)" ''
	is "$(volumes -f anonymous=false)" 'one two '
	is "$(rl ps -a --filter volume=one -q | wc -l)" 1
	is "$(rl ps -a --filter volume=two -q | wc -l)" 0
	refused_with_hint 'not a filter' rl volume ls -f colour=red
	refused 'neither true nor false' rl volume ls -f dangling=maybe
}

@test "a volume is shared, and outlives containers" {
	box -v data:/a box sh -c 'echo one >/a/f'
	is "$(box -v data:/b:ro box cat /b/f)" one
	exits 1 box -v data:/b:ro box touch /b/g
	is "$(volumes)" 'data '
	is "$(stat -c %u "$RL_ROOT/volumes/data/_data/f")" "$(id -u)"
}

@test "a fresh volume has what the image has there, once" {
	image filled 'mkdir -m 2750 d; chmod 2750 d; echo x >d/f; ln d/f d/g; ln -s /etc/passwd d/l; mkdir -m 700 d/sub; chmod 2750 d'
	is "$(box -v v:/d filled sh -c 'stat -c %a /d /d/sub; cat /d/g; stat -c %h /d/f; readlink /d/l' | tr '\n' ' ')" '2750 2700 x 2 /etc/passwd '
	box -v v:/d filled rm /d/f /d/g
	is "$(box -v v:/d filled sh -c 'ls -A /d | wc -l')" 2
	# what is in use already is not filled
	box -v w:/d:nocopy filled touch /d/mine
	is "$(box -v w:/d filled ls -A /d)" mine
	is "$(box -v n:/d:nocopy filled ls -A /d)" ''
	is "$(box -v e:/d/sub/new filled sh -c 'ls -A /d/sub/new; stat -c %a:%u /d/sub/new')" 755:0
	is "$(box -u 7 -v u:/nowhere filled stat -c %u /nowhere)" 7
	rl rmi -f filled >/dev/null
}

@test "the image's volumes" {
	image vols 'mkdir d; echo x >d/f' --config '{"Volumes":{"/d":{},"/e/":{}}}'
	rl create --name c --network none vols sh -c 'cat /d/f; rm /d/f; grep -c " /[de] " /proc/self/mounts' >/dev/null
	is "$(rl volume ls -q -f anonymous=true | wc -l)" 2
	is "$(rl start -a c | tr '\n' ' ')" 'x 2 '
	is "$(rl inspect --format '{{range .Mounts}}{{.Type}} {{.Destination}} {{len .Name}} {{.Driver}} {{.RW}} {{end}}' c)" \
		'volume /d 64 local true volume /e 64 local true '
	rl rm c >/dev/null
	is "$(rl volume ls -q | wc -l)" 2
	rl volume rm -a >/dev/null
	rl create --name c --network none vols true >/dev/null
	rl rm -v c >/dev/null
	is "$(volumes)" ''
	box vols true
	eventually 5 no_volumes
	exits 127 rl run --rm --network none vols nosuch
	eventually 5 no_volumes
	is "$(box --image-volume tmpfs vols sh -c 'cat /d/f; grep -c "^tmpfs /[de] " /proc/self/mounts' | tr '\n' ' ')" 'x 2 '
	is "$(box --image-volume ignore vols sh -c 'cat /d/f; grep -c " /[de] " /proc/self/mounts' | tr '\n' ' ')" 'x 0 '
	is "$(box -v "$T:/d" --tmpfs /e vols sh -c 'grep -c " /[de] " /proc/self/mounts')" 2
	no_volumes
	refused_with_hint "image-volume 'x'" rl run --rm --image-volume x vols true
	rl rmi -f vols >/dev/null
}

@test "a volume in use is not removed; --force takes the containers along" {
	rl run -d --name c --network none -v v:/v -v /anon box sleep 1000 >/dev/null
	exits 2 rl volume rm v
	like "$stderr" 'in use by container'
	exits 1 rl volume rm nosuch
	is "$(volumes -f dangling=true)" ''
	rl volume prune -f
	is "$(rl volume ls -q | wc -l)" 2
	is "$(rl volume rm -f v)" v
	no_container c
	is "$(rl volume prune -f | wc -l)" 1
}

@test "anonymous volumes of two containers go with the last" {
	rl create --name a --network none -v /anon box true >/dev/null
	rl create --name b --network none --volumes-from a box touch /anon/f >/dev/null
	rl rm -v a >/dev/null
	is "$(rl volume ls -q | wc -l)" 1
	rl start -a b
	rl rm -v b >/dev/null
	is "$(volumes)" ''
}

@test "prune asks, and takes what is not used" {
	rl volume create one >/dev/null
	rl volume create --label keep two >/dev/null
	refused_with_hint 'asks before' rl volume prune
	is "$(rl volume prune -f --filter 'label!=keep')" one
	is "$(rl volume prune -f --filter anonymous=true)" ''
	rl create --name c --network none -v three:/x box true >/dev/null
	is "$(rl system prune -f | grep -c two)" 0
	is "$(volumes)" 'three two '
	is "$(rl system prune -f --volumes | grep -x -A2 'Deleted Volumes' | tr '\n' ' ')" 'Deleted Volumes three two '
}

@test "system df" {
	box -v v:/v box sh -c 'head -c 1000000 /dev/zero >/v/f'
	like "$(rl system df)" 'Local Volumes +1 +0 +1MB +1MB \(100%\)'
	rl create --name c --network none -v v:/v box true >/dev/null
	like "$(rl system df)" 'Local Volumes +1 +1 +1MB +0B'
	like "$(rl system df -v)" 'v +1 +1MB'
}

@test "options of the driver local, and the driver image" {
	mkdir -p host
	echo h >host/f
	rl volume create --uid 33 --gid 34 owned >/dev/null
	rl volume create -o o=uid=5 owned2 >/dev/null
	rl volume create -o type=tmpfs -o o=size=1m,mode=700 t >/dev/null
	rl volume create -o type=none -o o=bind,ro -o "device=$T/host" b >/dev/null
	rl volume create -d image -o image=box i >/dev/null
	is "$(box -v owned:/etc -v owned2:/o box stat -c %u:%g /etc /o | tr '\n' ' ')" '33:34 5:0 '
	like "$(box -v t:/t box sh -c 'stat -c %a /t; df /t')" '^700.*tmpfs +1024'
	is "$(box -v b:/b box sh -c 'cat /b/f; touch /b/g || echo no' 2>&1 | tail -1)" no
	is "$(box -v i:/i box sh -c 'ls -d /i/etc; touch /i/x || echo no' 2>&1 | sed -n '1p;$p' | tr '\n' ' ')" '/i/etc no '
	is "$(box --mount type=volume,source=n,target=/n,volume-opt=type=tmpfs,volume-opt=o=size=2m,volume-label=x=y box df /n | awk 'NR==2{print $2}')" 2048
	is "$(rl volume inspect --format '{{.Options.type}} {{.Labels.x}}' n)" 'tmpfs y'
	refused_with_hint "'ext4' cannot be had" rl volume create -o type=ext4 -o device=/dev/sda x
	refused_with_hint 'without quotas' rl volume create -o o=size=1m x
	refused 'needs device=' rl volume create -o type=none -o o=bind x
	refused_with_hint 'is not known' rl volume create -o colour=red x
	refused_with_hint 'takes one option' rl volume create -d image x
	refused 'no plugins' rl volume create -d nfs x
	refused 'no plugins' rl run --rm --volume-driver nfs -v new:/x box true
	rl volume exists new && return 1
	exits 125 rl volume export t
}

@test "export and import" {
	box -v v:/v box sh -c 'mkdir /v/d; echo 1 >/v/d/f; ln -s /x /v/l; chown 5:6 /v/d/f; echo w >/v/.wh.d'
	rl volume export v -o v.tar
	like "$(tar tvf v.tar ./d/f 2>/dev/null || tar tvf v.tar d/f)" '5/6'
	rl volume export v | cmp - v.tar
	refused_with_hint 'make it first|no such volume' rl volume import w v.tar
	rl volume create w >/dev/null
	gzip -k v.tar
	rl volume import w <v.tar.gz
	is "$(box -v w:/v box sh -c 'cat /v/d/f /v/.wh.d; readlink /v/l; stat -c %u:%g /v/d/f' | tr '\n' ' ')" '1 w /x 5:6 '
	# files of the same name are replaced, others stay, and directories that the archive only passes through
	box -v w:/v box sh -c 'echo mine >/v/d/g; chmod 711 /v/d; rm /v/l; mkdir /v/l; touch /v/l/x'
	mkdir -p a/d
	echo 2 >a/d/f
	tar -C a -cf a.tar d/f
	rl volume import w a.tar
	is "$(box -v w:/v box sh -c 'cat /v/d/f /v/d/g; stat -c %a /v/d' | tr '\n' ' ')" '2 mine 711 '
	rl volume import w v.tar
	is "$(box -v w:/v box sh -c 'readlink /v/l; cat /v/d/f /v/d/g' | tr '\n' ' ')" '/x 1 mine '
	# imported before the first use: that is not filled any more
	rl volume create x >/dev/null
	rl volume import x a.tar
	exits 1 box -v x:/etc box test -e /etc/passwd
	is "$(box -v x:/x box ls -d /x/d)" /x/d
}

@test "an archive that is cut, or no archive, changes nothing" {
	local before
	mkdir -p b
	head -c 200000 /dev/urandom >b/big
	echo new >b/f
	tar -C b -cf b.tar f big
	box -v v:/v box sh -c 'echo old >/v/f'
	before=$(find "$RL_ROOT/volumes/v" -printf '%p %s %i\n' | sort)
	head -c 100000 b.tar >cut.tar
	refused 'archive' rl volume import v cut.tar
	refused 'archive' rl volume import v <"$RL_T_HELPERS/probe"
	is "$(find "$RL_ROOT/volumes/v" -printf '%p %s %i\n' | sort)" "$before"
	clean
}

@test "system check mends the record of a volume" {
	box -v v:/v box sh -c 'echo x >/v/f'
	echo '{' >"$RL_ROOT/volumes/v/volume.json"
	like "$(rl volume ls 2>&1)" 'v is damaged'
	refused_with_hint 'cannot be read' rl run --rm -v v:/v box true
	mkdir "$RL_ROOT/volumes/junk"
	exits 1 rl system check
	like "$output" 'volume junk: is not a volume'
	like "$output" 'volume v: its record cannot be read'
	exits 0 rl system check --repair
	is "$(box -v v:/v box cat /v/f)" x
	is "$(volumes)" 'v '
}

@test "volume mount tells where the files are, to root of the namespace" {
	rl volume create v >/dev/null
	if [ "$(id -u)" = 0 ]; then
		is "$(rl volume mount v)" "$RL_ROOT/volumes/v/_data"
		return
	fi
	is "$(rl unshare "$RL" volume mount v)" "$RL_ROOT/volumes/v/_data"
	refused_with_hint 'takes a namespace' rl volume mount v
}

@test "a container that cannot be made leaves no volumes" {
	rl create --name taken --network none box true >/dev/null
	exits 125 rl create --name taken --network none -v /anon box true
	is "$(volumes)" ''
	exits 125 rl create --network none -v /anon --mount type=image,source=nosuch,target=/i box true
	is "$(volumes)" ''
}

@test "twenty containers at once make and fill one volume" {
	local i pids=()
	for i in $(seq "$(number 20 8)"); do
		box -v many:/etc box sh -c 'ls /etc | wc -l' >"n$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "$(cat n* | sort -u | wc -l)" 1
	is "$(ls "$RL_ROOT/volumes/many" | tr '\n' ' ')" '_data volume.json '
}

@test "a fresh volume in other user namespaces" {
	local mode modes=(--userns=nomap --userns=auto)
	# root has all ids, and none set aside for this
	[ "$RL_T_LANE" = user ] || modes=('--uidmap=0:100000:1000')
	for mode in "${modes[@]}"; do
		is "$(box "$mode" -v "v${mode//[^a-z0-9]/}:/etc" box sh -c 'stat -c %u /etc /etc/passwd; touch /etc/x && echo wrote' | tr '\n' ' ')" '0 0 wrote ' || return 1
	done
}

@test "18: a link in a volume leads nowhere at the second start" {
	mkdir canary
	echo untouched >canary/file
	box -v v:/d box sh -c "rmdir /d/x 2>/dev/null; ln -s '$T/canary' /d/passwd; ln -s '$T/canary' /d/sub"
	box -v v:/etc box true
	box -v v:/d -v w:/d/sub/m:U box true || :
	is "$(ls canary)" file
	is "$(cat canary/file)" untouched
}
