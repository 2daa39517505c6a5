#!/usr/bin/env bats
# run and create: the process and its surroundings
# lanes: user root
# drivers: vfs fuse_overlayfs
load lib

@test "stdout, stderr and stdin are the caller's" {
	exits 0 box box sh -c 'echo out; echo err >&2'
	is "$output" out
	is "$stderr" err
	is "$(echo from outside | rl run -i --rm --network none box cat)" 'from outside'
	is "$(echo from outside | rl run --rm --network none box cat)" ''
}

@test "exit codes" {
	exits 0 box box true
	exits 1 box box false
	exits 42 box box sh -c 'exit 42'
	exits 137 box box sh -c 'sh -c "kill -9 \$\$"; exit $?'
	exits 143 box box sh -c 'sleep 100 & kill -TERM $!; wait $!'
	exits 127 box box /no/such/program
	like "$stderr" '/no/such/program'
	exits 127 box box nosuchprogram
	exits 126 box box /etc/passwd
	like "$stderr" '/etc/passwd'
	exits 126 box box /etc
	exits 125 box --pull never nosuchimage true
}

@test "command, entrypoint and arguments" {
	is "$(box --entrypoint /bin/echo box 'a  b' c)" 'a  b c'
	is "$(box --entrypoint '["echo","x"]' box y)" 'x y'
	exits 0 box box printf '%s|' -x --rm "it's" '$HOME' ''
	is "$output" '-x|--rm|it'\''s|$HOME||'
}

@test "environment" {
	printf 'FILE=from file\n# comment\nBOTH=file\n' >"$T/env"
	PASSED=inherited run -0 --separate-stderr box -e PASSED -e NOTSET -e 'X=a b=c' -e EMPTY= -e BOTH=flag --env-file "$T/env" box env
	like "$output" $'(^|\n)PASSED=inherited'
	like "$output" $'(^|\n)X=a b=c'
	like "$output" $'(^|\n)EMPTY=\n'
	like "$output" $'(^|\n)FILE=from file'
	like "$output" $'(^|\n)BOTH=flag'
	like "$output" $'(^|\n)PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
	like "$output" $'(^|\n)HOME=/root'
	like "$output" $'(^|\n)HOSTNAME='
	like "$output" $'(^|\n)container='
	unlike "$output" 'NOTSET|XDG_RUNTIME_DIR|RL_ROOT|comment'
	refused 'nofile' rl run --env-file "$T/nofile" box true
	refused "$T: Is a directory" rl run --env-file "$T" box true
	is "$(box --env-file <(echo PIPED=yes; cat "$T/env") box sh -c 'echo $PIPED $FILE')" 'yes from file'
	box --env-file /dev/null box true
}

@test "user" {
	is "$(box box id -u)" 0
	is "$(box -u 1000 box id)" 'uid=1000(app) gid=1000(app) groups=50(extra),1000(app)'
	is "$(box -u app box sh -c 'id -u; id -g; echo $HOME')" '1000
1000
/home/app'
	is "$(box -u 7:8 box sh -c 'id -u; id -g')" '7
8'
	is "$(box -u app:extra box id -g)" 50
	is "$(box -u 1000 --group-add 77 box id -G | tr ' ' '\n' | grep -c '^77$')" 1
	exits 126 box -u nobodyhere box true
	like "$stderr" 'nobodyhere.*Hint|nobodyhere'
	exits 125 box -u 99999999999 box true
}

@test "working directory" {
	is "$(box -w /srv box pwd)" /srv
	is "$(box -w /new/made box pwd)" /new/made
	exits 125 box -w relative box pwd
	exits 125 box -w /etc/passwd box pwd || [ "$status" = 126 ] || [ "$status" = 127 ]
}

@test "host name" {
	is "$(box --hostname myhost box hostname)" myhost
	is "$(box -h myhost box cat /etc/hostname)" myhost
	like "$(box box hostname)" '^[0-9a-f]{12}$'
	exits 125 box --hostname 'bad host' box true
	exits 125 box --hostname "$(printf 'a%.0s' {1..100})" box true
}

@test "names: unique, reusable, replaced on request" {
	rl create --name one --network none box true
	refused_with_hint 'one.*in use|in use.*one' rl create --name one box true
	rl create --name one --replace --network none box echo second
	exits 0 rl start -a one
	is "$output" second
	rl rm one
	rl create --name one box true
	rl rm one
	local made
	made=$(rl create box true)
	like "$made" '^[0-9a-f]{64}$'
	like "$(rl inspect --format '{{.Name}}' "$made")" '^/?[a-z]+_[a-z]+'
}

@test "--rm removes the container, whatever its end" {
	box box true
	exits 3 box box sh -c 'exit 3'
	exits 127 box box /none
	rl run -d --rm --name gone --network none box sleep 100 >/dev/null
	rl stop -t 0 gone
	eventually 5 no_container
	is "$(ls "$RL_ROOT/containers")" ''
}

@test "--cidfile and --pidfile" {
	rl run -d --cidfile "$T/cid" --pidfile "$T/pid" --name files --network none box sleep 100 >"$T/out"
	is "$(<"$T/cid")" "$(<"$T/out")"
	is "$(<"$T/pid")" "$(rl inspect --format '{{.State.Pid}}' files)"
	refused 'cid' rl run --rm --cidfile "$T/cid" box true
	rl rm -f -t 0 files
	rm -f "$T/cid" "$T/pid"
}

@test "--pidfile: a run that cannot write it leaves nothing running" {
	refused '/nosuch/pid' rl run -d --cidfile "$T/cid" --pidfile /nosuch/pid --network none box sleep 100
	refused '/nosuch/pid' rl run --pidfile /nosuch/pid --network none box sleep 100
	is "$(rl ps -aq)" ''
	[ ! -e "$T/cid" ]
}

no_container() {
	[ -z "$(rl ps -aq)" ]
}

@test "--pidfile of a container that has ended already" {
	exits 0 rl run -d --rm --pidfile "$T/pid" --network none box true
	# whoever signals the process with number 0 hits his own
	like "$(<"$T/pid")" '^[1-9][0-9]*$'
	rm -f "$T/pid"
	eventually 5 no_container
}

@test "--pidfile of create is written at each start, wherever that is done" {
	local pid
	pid_is_written() { [ "$(<"$T/pid")" = "$(rl inspect --format '{{.State.Pid}}' c)" ]; }
	cd "$T"
	rl create --pidfile pid --restart always --name c --network none box sleep 1000 >/dev/null
	cd /
	[ ! -e "$T/pid" ]
	is "$(rl inspect --format '{{.PidFile}}' c)" "$T/pid"
	rl start c >/dev/null
	pid_is_written
	pid=$(<"$T/pid")
	rl restart -t 0 c >/dev/null
	pid_is_written
	[ "$(<"$T/pid")" != "$pid" ]
	# by the policy
	pid=$(<"$T/pid")
	kill -KILL "$pid"
	another() { [ "$(<"$T/pid")" != "$pid" ] && pid_is_written; }
	eventually 10 another
	rl rm -f -t 0 c >/dev/null
	rl create --pidfile /nosuch/pid --name d --network none box true >/dev/null
	refused '--pidfile: .*/nosuch/pid' rl start d
	rm -f "$T/pid"
}

@test "the writable layer is the container's own and stays until it is removed" {
	rl run --name keeps --network none box sh -c 'echo data >/file; rm /srv/index.html; mkdir -p /etc/new'
	rl start -a keeps >/dev/null
	box box test -e /srv/index.html
	exits 1 box box test -e /file
	rl rm keeps
}

@test "read-only root, with writable tmpfs where containers expect one" {
	exits 1 box --read-only box sh -c 'echo x >/file'
	like "$stderr" 'Read-only'
	box --read-only box sh -c 'echo x >/tmp/file && echo x >/run/file 2>/dev/null || echo x >/dev/shm/file'
	exits 1 box --read-only --tmpfs /data box sh -c 'echo x >/data/f && echo x >/etc/f'
}

@test "bind mounts" {
	mkdir -p "$T/host/sub"
	echo outside >"$T/host/file"
	is "$(box -v "$T/host:/mnt" box cat /mnt/file)" outside
	box -v "$T/host:/mnt" box sh -c 'echo inside >/mnt/new'
	is "$(<"$T/host/new")" inside
	is "$(stat -c %u "$T/host/new")" "$(id -u)"
	exits 1 box -v "$T/host:/mnt:ro" box sh -c 'echo x >/mnt/new2'
	like "$stderr" 'Read-only'
	is "$(box --mount "type=bind,source=$T/host,target=/a/b/c,readonly" box cat /a/b/c/file)" outside
	is "$(box --mount "type=bind,src=$T/host/file,dst=/etc/one" box cat /etc/one)" outside
	is "$(box -v "$T/host/file:/srv/index.html" box cat /srv/index.html)" outside
	# with type=bind only a path can be meant; and the hints that docker takes on other systems
	is "$(cd "$T" && box --mount type=bind,source=host/file,target=/x,consistency=cached box cat /x)" outside
	is "$(box -v "$T/host:/x:ro,delegated" box cat /x/file)" outside
	refused . rl run --rm --mount "type=bind,source=$T/host,target=/x,consistency=frob" box true
	refused "$T/nothere" rl run --rm -v "$T/nothere:/x" box true
	refused . rl run --rm -v "$T/host:relative" box true
	refused . rl run --rm -v "$T/host:/x:frob" box true
	refused . rl run --rm --mount "type=frob,target=/x" box true
	refused . rl run --rm --mount "type=bind,source=$T/host,target=/x,frob=1" box true
}

@test "tmpfs mounts and their options" {
	like "$(box --tmpfs /data:size=1m,mode=1770 box sh -c 'grep " /data " /proc/mounts; stat -c %a /data')" 'tmpfs.*size=1024k.*1770'
	exits 1 box --tmpfs /data:size=64k box dd if=/dev/zero of=/data/x bs=1k count=200
	like "$(box --mount type=tmpfs,target=/data,tmpfs-size=2m box grep ' /data ' /proc/mounts)" 'size=2048k'
	like "$(box --tmpfs /data:ro box grep ' /data ' /proc/mounts)" 'ro,'
}

@test "--shm-size, /dev, /dev/shm, /dev/mqueue" {
	like "$(box --shm-size 4m box df -k /dev/shm)" '4096'
	exits 0 box box sh -c 'for d in null zero full random urandom tty; do [ -c /dev/$d ] || exit 1; done
		echo x >/dev/null && head -c 3 /dev/zero | wc -c && ls -d /dev/shm /dev/mqueue /dev/pts /dev/fd /dev/stdin'
	exits 1 box box sh -c 'ls /dev/kmsg /dev/sda /dev/mem 2>/dev/null || exit 1'
	exits 1 box box sh -c 'echo x >/dev/full'
}

@test "--init reaps and forwards" {
	is "$(box --init box sh -c 'ps -o pid,args | awk "\$1==1{print \$2}"' | grep -c sh)" 0
	exits 7 box --init box sh -c 'exit 7'
	exits 137 box --init box sh -c 'kill -9 $$'
	rl run -d --name init --init --network none box sh -c 'trap "echo got term; exit 5" TERM; echo ready; while :; do sleep 0.05; done'
	eventually 5 bash -c '"$RL" logs init | grep -q ready'
	rl stop -t 5 init
	is "$(rl wait init)" 5
	like "$(rl logs init)" 'got term'
}

@test "--ulimit" {
	is "$(box --ulimit nofile=64:128 box sh -c 'ulimit -Sn; ulimit -Hn')" '64
128'
	is "$(box --ulimit core=0 box sh -c 'ulimit -c')" 0
	[ "$(id -u)" = 0 ] || is "$(bash -c "ulimit -n 500; '$RL' run --rm --network none --ulimit nofile=-1 box sh -c 'ulimit -Sn; ulimit -Hn'")" '500
500'
	refused 'frob' rl run --rm --ulimit frob=1 box true
	refused . rl run --rm --ulimit nofile=2:1 box true
}

@test "the directory /dev of the host" {
	exits 0 box -v /dev:/dev box sh -c 'test -c /dev/null && echo x >/dev/null'
	is "$stderr" ''
}

@test "mounts on the standard devices" {
	echo text >"$T/plain"
	is "$(box -v "$T/plain:/dev/null:ro" box sh -c 'cat /dev/null; head -c 10 /proc/kcore | wc -c')" $'text\n0'
	is "$(box -v "$T/plain:/dev/stdin" box cat /dev/stdin </dev/null)" text
	is "$(box -v /dev/zero:/dev/null box sh -c 'head -c 3 /dev/null | wc -c; head -c 10 /proc/kcore | wc -c')" $'3\n0'
	is "$(box --device /dev/zero:/dev/null box sh -c 'stat -c %t:%T /dev/null /dev/zero; head -c 10 /proc/kcore | wc -c')" $'1:5\n1:5\n0'
	refused '/dev/null' rl run --rm -v "$T/plain:/dev/null" --device /dev/zero:/dev/null box true
	# the device of a container whose /dev is the user's
	mkdir -p "$T/nodes"
	: >"$T/nodes/nought"
	is "$(box -v "$T/nodes:/dev" --device /dev/zero:/dev/nought box stat -c %t:%T /dev/nought)" 1:5
}

@test "a directory of the user's on /dev stays as it is" {
	mkdir -p "$T/devices"
	echo mine >"$T/devices/zero"
	is "$(box -v "$T/devices:/dev" box sh -c 'ls -A /dev; head -c 5 /dev/zero; head -c 10 /proc/kcore | wc -c')" $'zero\nmine\n0'
	is "$(ls -A "$T/devices")" zero
	exits 125 rl run --rm -t --network none -v "$T/devices:/dev" box true
	is "$(ls -A "$T/devices")" zero
	# a file system of the container's own is filled as usual
	is "$(box --tmpfs /dev:dev box sh -c 'echo x >/dev/null && ls -d /dev/stdin')" /dev/stdin
}

@test "--oom-score-adj" {
	is "$(box --oom-score-adj 500 box cat /proc/self/oom_score_adj)" 500
	rl create --name scored --oom-score-adj 7 --network none box true
	is "$(rl inspect --format '{{.HostConfig.OomScoreAdj}}' scored)" 7
	refused 'from -1000 to 1000' rl create --oom-score-adj 1001 box true
	refused 'from -1000 to 1000' rl create --oom-score-adj x box true
}

@test "--oom-score-adj below our own" {
	local own
	own=$(cat /proc/self/oom_score_adj)
	exits 0 rl run --rm --network none --oom-score-adj -1000 box cat /proc/self/oom_score_adj
	is "$output" "$own"
	is "$stderr" "Note: --oom-score-adj is $own: it cannot be lowered in a user namespace"
}

@test "--authfile that is not there is told even if the image is" {
	refused 'No such file' rl run --rm --network none --authfile "$T/nosuch" box true
	refused 'No such file' rl create --authfile "$T/nosuch" box true
}

@test "--attach stdin alone prints the id" {
	exits 0 rl run --name in --network none --attach stdin box echo unseen
	is "$output" "$(rl inspect --format '{{.Id}}' in)"
	exits 0 rl run --rm --network none --attach stdout box echo seen
	is "$output" seen
}

@test "--expose" {
	rl create --name exposes --expose 81 --expose 90-91/udp box true
	is "$(rl inspect --format '{{json .Config.ExposedPorts}}' exposes)" '{"81/tcp":{},"90/udp":{},"91/udp":{}}'
	refused '80:81' rl create --expose 80:81 box true
	refused "'x'" rl create --expose x box true
	rl run -d --name publishes -P --expose 8080 box httpd -f -p 8080 -h /srv >/dev/null
	eventually 5 curl -sf "127.0.0.1:$(rl inspect --format '{{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}' publishes)"
}

@test "--device" {
	exits 1 box box test -e /dev/fuse
	[ -r /dev/fuse ] || skip "machine: no readable /dev/fuse"
	box --device /dev/fuse box test -c /dev/fuse
	box --device /dev/fuse:/dev/other box test -c /dev/other
	box --device /dev/fuse:/dev/other:rw box test -c /dev/other
	refused . rl run --rm --device /dev/nosuchdevice box true
	refused . rl run --rm --device /etc/passwd box true
}

@test "labels and inspect show what was asked for" {
	printf '# comment\na=overridden\n\nc=from file\n' >"$T/labels"
	rl create --name shown -l a=b --label-file "$T/labels" -e X=y --hostname h -w /srv --network none box sleep 5
	refused 'nosuch' rl create --label-file "$T/nosuch" box true
	printf '=x\n' >"$T/bad"
	refused 'line 1.*no key' rl create --label-file "$T/bad" box true
	is "$(rl inspect --format '{{index .Config.Labels "a"}} {{.Config.Labels.c}}' shown)" 'b from file'
	is "$(rl inspect --format '{{.Config.Hostname}} {{.Config.WorkingDir}} {{.State.Status}}' shown)" 'h /srv created'
	is "$(rl inspect --format '{{json .Config.Cmd}}' shown)" '["sleep","5"]'
	is "$(rl inspect --format '{{range .Config.Env}}{{println .}}{{end}}' shown | grep ^X=)" 'X=y'
}

@test "what is given but empty is not given" {
	is "$(box -u :50 box sh -c 'id -u; id -g')" $'0\n50'
	is "$(box -u 1000: box id -u)" 1000
	is "$(box -u : box id -u)" 0
	is "$(box -w '' --name= --hostname= box pwd)" /
	refused 'needs --name' rl create --replace --name= box true
	rl run -d --name half --network none box sleep 100 >/dev/null
	is "$(rl exec -w '' half pwd)" /
	is "$(rl exec -u :50 half sh -c 'id -u; id -g')" $'0\n50'
}

@test "umask" {
	is "$(box box sh -c umask)" 0022
	is "$(box --umask 0077 box sh -c umask)" 0077
}

@test "no descriptor of the caller gets in" {
	exec 9</
	exits 0 box box probe fds
	exec 9<&-
	is "$(cut -d' ' -f1 <<<"$output" | tr '\n' ' ')" '0 1 2 '
}

@test "large output arrives whole and in order" {
	is "$(box box sh -c 'seq 200000' | sha256sum)" "$(seq 200000 | sha256sum)"
	is "$(head -c 20000000 /dev/zero | rl run -i --rm --network none box sha256sum)" "$(head -c 20000000 /dev/zero | sha256sum)"
}

@test "a reader that goes away ends the output, not rl in a hang" {
	run timeout 20 bash -c '"$RL" run --name long --rm --network none box sh -c "yes | head -n 3000000; exec sleep 1000" | head -1'
	[ "$status" != 124 ]
	like "$output" '^y'
	rl rm -f -t 0 long
}
