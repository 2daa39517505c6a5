#!/usr/bin/env bats
# flags of run and create that shape what a process finds: variables, files, first process, personality
# lanes: user root
load lib

setup() {
	cd "$T" || return 1
}

# --- environment ----------------------------------------------------------------------------------------------------

@test "--env-merge: from what is there, before -e" {
	rl import --change 'ENV GREETING=hello' - greets <"$RL_T_BOX" >/dev/null
	# shellcheck disable=SC2016
	is "$(box --env-merge 'GREETING=${GREETING}-$GREETING' --env-merge 'A=${NONE:-x}${GREETING:+y}${NONE}\$B' greets \
		sh -c 'echo "$GREETING $A"')" 'hello-hello xy$B'
	# shellcheck disable=SC2016
	is "$(box --env-merge 'PATH=${PATH}:/opt' greets sh -c 'echo $PATH')" "$(box box sh -c 'echo $PATH'):/opt"
	# shellcheck disable=SC2016
	is "$(box -e 'GREETING=mine' --env-merge 'GREETING=${GREETING}!' greets sh -c 'echo $GREETING')" mine
	refused_with_hint 'not NAME=VALUE' box --env-merge GREETING greets true
	refused_with_hint 'not NAME=VALUE' box --env-merge =x greets true
	# shellcheck disable=SC2016
	local bad
	for bad in 'A=$' 'A=${' 'A=${}' 'A=${B' 'A=${B:?x}' 'A=${B-x}' 'A=$-'; do
		refused_with_hint 'no name' box --env-merge "$bad" greets true
	done
	rl rmi greets >/dev/null
}

@test "--http-proxy: the host's proxies are passed on, and no image remembers them" {
	export http_proxy=http://proxy.test:1 NO_PROXY=.test
	is "$(box box sh -c 'echo $http_proxy $NO_PROXY')" 'http://proxy.test:1 .test'
	is "$(box --http-proxy=false box sh -c 'echo $http_proxy $NO_PROXY')" ''
	is "$(box --unsetenv http_proxy -e NO_PROXY=x box sh -c 'echo $http_proxy $NO_PROXY')" x
	rl create --name c --network none -e https_proxy=https://mine.test box true >/dev/null
	rl commit -q c committed >/dev/null
	like "$(rl inspect -f '{{.Config.Env}}' committed)" 'https_proxy=https://mine.test'
	unlike "$(rl inspect -f '{{.Config.Env}}' committed)" 'proxy.test|NO_PROXY'
	rl rm c >/dev/null
	rl rmi committed >/dev/null
}

@test "--env-file and --label-file: their grammar" {
	printf '# comment\n\nA=1\n  B= two words \nC\nD=a=b#c\r\nE="q"\nHOM*\n' >vars
	is "$(C=mine box --env-file vars box sh -c 'echo "$A|$B|$C|$D|$E|$HOME"')" "1| two words |mine|a=b#c|\"q\"|$HOME"
	is "$(box --env-file vars -e A=2 box sh -c 'echo $A')" 2
	is "$(box --env-file <(echo A=pipe) box sh -c 'echo $A')" pipe
	printf 'a b=c\n' >bad
	refused 'bad, line 1: white space' box --env-file bad box true
	refused 'line 1.*no name' box --env-file <(echo '=x') box true
	refused 'not a text file' box --env-file <(printf 'A=\0') box true
	refused 'No such file' box --env-file nosuch box true
	printf '# x\nl1=v\nl2\n' >labels
	rl create --name c --label-file labels -l l1=w box true >/dev/null
	is "$(rl inspect -f '{{.Config.Labels.l1}}|{{.Config.Labels.l2}}' c)" 'w|'
	refused 'no key' rl create --label-file <(echo '=v') box true
	refused 'Is a directory' rl create --label-file / box true
}

# --- files ------------------------------------------------------------------------------------------------------------

@test "--tz: a file of the host's time zones on /etc/localtime" {
	mkdir -p zones/Area
	printf 'TZif2-made-up' >zones/Area/Town
	echo text >zones/README
	ln -s /etc/hostname zones/link
	export TZDIR=$T/zones
	rl run -d --name c --network none --tz Area/Town box sleep 1000 >/dev/null
	is "$(rl exec c cat /etc/localtime)" TZif2-made-up
	exits 1 rl exec c sh -c 'echo x >/etc/localtime'
	is "$(rl inspect -f '{{.Config.Timezone}}' c)" Area/Town
	is "$(rl diff c)" ''
	rl rm -ft 0 c >/dev/null
	if [ -e /etc/localtime ]; then is "$(box --tz local box sha256sum </dev/null /etc/localtime | cut -c1-64)" "$(sha256sum /etc/localtime | cut -c1-64)"; fi
	local bad
	for bad in Area README nosuch ../zones/Area/Town/x link /etc/passwd; do
		refused_with_hint 'no such time zone' box --tz "$bad" box true
	done
	refused 'mounted on /etc/localtime' box --tz Area/Town -v "$T/zones/README:/etc/localtime" box true
}

@test "--hosts-file, --no-hostname, --domainname" {
	printf '192.0.2.1\tfrom-base' >base
	like "$(box --hosts-file "$T/base" --add-host added:192.0.2.2 box cat /etc/hosts)" $'^192.0.2.1\tfrom-base\n127.*\n192.0.2.2\tadded'
	unlike "$(box --hosts-file none box cat /etc/hosts)" from-base
	like "$(box --hosts-file none box cat /etc/hosts)" localhost
	refused 'No such file' box --hosts-file /nosuch box true
	printf 'a\0' >binary
	refused 'text file' box --hosts-file "$T/binary" box true
	refused_with_hint 'absolute' box --hosts-file base box true
	refused_with_hint 'absolute' box --hosts-file image box true
	refused 'exclude' box --hosts-file none --no-hosts box true
	like "$(box -h hostly box cat /etc/hostname)" '^hostly$'
	unlike "$(box -h hostly --no-hostname box cat /etc/hostname 2>&1)" '^hostly$'
	rl run -d --name c --network none --domainname inner.test box sleep 1000 >/dev/null
	is "$(rl exec c cat /proc/sys/kernel/domainname)" inner.test
	is "$(rl inspect -f '{{.Config.Domainname}}' c)" inner.test
	rl rm -ft 0 c >/dev/null
	refused_with_hint 'not a domain name' box --domainname 'a b' box true
	refused 'domainname needs' box --uts host --domainname x box true
}

@test "--chrootdirs: the same files in another root" {
	is "$(box --chrootdirs /jail,/a/b --add-host x:192.0.2.9 box sh -c 'cmp /etc/hosts /jail/etc/hosts &&
		cmp /etc/resolv.conf /a/b/etc/resolv.conf && cmp /etc/hostname /jail/etc/hostname && echo same')" same
	refused_with_hint 'not a directory below' box --chrootdirs jail box true
	refused_with_hint 'not a directory below' box --chrootdirs / box true
	refused_with_hint 'not a directory below' box --chrootdirs /a/.. box true
	refused_with_hint 'not a directory below' box --chrootdirs '' box true
	# a link out of the container leads nowhere
	is "$(box --chrootdirs /jail box sh -c 'ls /jail/etc' | tr '\n' ' ')" 'hostname hosts resolv.conf '
}

# --- the first process ------------------------------------------------------------------------------------------------

@test "--systemd: what systemd expects" {
	local id
	rl create --name c --network none --systemd always box sh -c 'echo $container_uuid
		for d in /run /run/lock /tmp /var/log/journal; do awk -v d=$d "\$5 == d { print d, \$(NF - 2) }" /proc/self/mountinfo; done
		stat -c %a /run /run/lock /tmp /var/log/journal' >/dev/null
	id=$(rl inspect -f '{{.Id}}' c)
	is "$(rl start -a c)" "${id:0:32}
/run tmpfs
/run/lock tmpfs
/tmp tmpfs
/var/log/journal tmpfs
755
1777
1777
755"
	is "$(rl inspect -f '{{.Config.SystemdMode}} {{.Config.StopSignal}}' c)" 'true SIGRTMIN+3'
	is "$(box --systemd always --shm-size-systemd 3m box df -k /tmp | awk 'NR == 2 { print $2 }')" 3072
	is "$(box --systemd always --read-only box sh -c 'echo x >/tmp/x; test -e /run/.containerenv && cat /tmp/x')" x
}

@test "--systemd=true looks at the command" {
	mode() {
		rl create --name c "$@" >/dev/null
		rl inspect -f '{{.Config.SystemdMode}} {{.Config.StopSignal}}' c
		rl rm c >/dev/null
	}
	is "$(mode box /sbin/init)" 'true SIGRTMIN+3'
	is "$(mode box /usr/lib/systemd/systemd --user)" 'true SIGRTMIN+3'
	is "$(mode --entrypoint /usr/sbin/init box)" 'true SIGRTMIN+3'
	is "$(mode --stop-signal INT box systemd)" 'true SIGINT'
	is "$(mode --systemd false box /sbin/init)" 'false SIGTERM'
	is "$(mode --init box /sbin/init)" 'false SIGTERM'
	is "$(mode --pid host box /sbin/init)" 'false SIGTERM'
	is "$(mode box sh -c /sbin/init)" 'false SIGTERM'
	refused_with_hint 'not known' rl create --systemd never box true
	refused 'exclude' rl create --systemd always --init box true
	refused 'pid private' rl create --systemd always --pid host box true
	refused_with_hint 'not a size' rl create --shm-size-systemd lots box true
}

@test "--init-path: an init of the user's" {
	local init
	init=$(dirname "$(readlink -f "$RL")")/rl-init
	cp "$init" myinit
	chmod 755 . myinit
	is "$(box --init --init-path "$T/myinit" box sh -c 'cmp /run/rl-init /proc/1/exe && echo same')" same
	refused_with_hint 'needs --init' box --init-path "$T/myinit" box true
	refused_with_hint 'not a program' box --init --init-path myinit box true
	chmod 644 myinit
	refused_with_hint 'not a program' box --init --init-path "$T/myinit" box true
	refused_with_hint 'not a program' box --init --init-path /etc box true
}

@test "--personality" {
	if [ "$(uname -m)" = x86_64 ]; then
		is "$(box --personality LINUX32 box uname -m)" i686
		rl run -d --name c --network none --personality linux32 box sleep 1000 >/dev/null
		is "$(rl exec c uname -m)" i686
		rl rm -ft 0 c >/dev/null
	fi
	is "$(box --personality LINUX box uname -m)" "$(uname -m)"
	refused_with_hint 'not known' box --personality BSD box true
}

@test "--seccomp-policy: the profile of a label" {
	local label='{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}'
	rl create --name c -l io.containers.seccomp.profile="$label" box true >/dev/null
	rl commit -q c labelled >/dev/null
	rl rm c >/dev/null
	exits 0 box labelled mkdir /x
	exits 0 box --seccomp-policy default labelled mkdir /x
	exits 1 box --seccomp-policy image labelled mkdir /x
	exits 0 box --seccomp-policy image --security-opt seccomp=unconfined labelled mkdir /x
	is "$(box --seccomp-policy image box grep Seccomp: /proc/self/status | tr -d '[:blank:]')" Seccomp:2
	refused_with_hint 'not known' box --seccomp-policy none labelled true
	rl rmi labelled >/dev/null
	rl create --name c -l io.containers.seccomp.profile='{"defaultAction":"FROB"}' box true >/dev/null
	rl commit -q c labelled >/dev/null
	rl rm c >/dev/null
	refused 'io.containers.seccomp.profile' box --seccomp-policy image labelled true
	rl rmi labelled >/dev/null
}

@test "--disable-content-trust changes nothing" {
	is "$(box --disable-content-trust box echo x) $(box --disable-content-trust=false box echo x)" 'x x'
}

# --- grammar ------------------------------------------------------------------------------------------------------------

@test "--dns none, --ipc none" {
	printf 'nameserver 192.0.2.5\n' >resolv
	unlike "$(rl run --rm --dns none box cat /etc/resolv.conf 2>&1)" '10.0.2.3'
	is "$(box --dns none -v "$T/resolv:/etc/resolv.conf" box cat /etc/resolv.conf)" 'nameserver 192.0.2.5'
	refused 'exclude' box --dns none --dns 192.0.2.1 box true
	refused 'exclude' box --dns none --dns-search x box true
	is "$(box --ipc none box sh -c 'awk "\$5 == \"/dev/shm\"" /proc/self/mountinfo')" ''
	is "$(box --ipc shareable box sh -c 'awk "\$5 == \"/dev/shm\" { print \$8 }" /proc/self/mountinfo')" tmpfs
}

@test "an option with an empty value is not given" {
	local id
	id=$(rl create --name '' --hostname '' --domainname '' --workdir '' --cidfile '' --pidfile '' --tz '' \
		--personality '' --init-path '' --stop-signal '' --shm-size '' --shm-size-systemd '' --hosts-file '' \
		--pid '' --ipc '' --uts '' --cgroupns '' --userns '' --user '' box true)
	is "$(rl inspect -f '{{.Config.Hostname}} {{.Config.StopSignal}} {{.HostConfig.ShmSize}}' "$id")" "${id:0:12} SIGTERM 67108864"
	rl start -a "$id"
}

@test "bad values, and nothing is made" {
	local flag
	for flag in annotation= annotation=a annotation==x label= label==x env= env==x env-merge=A attach=foo cap-add=FROB cap-drop= \
		cidfile=/nosuch/x cidfile=/tmp device=/nosuch device=null device=/dev/null:/x:q dns= dns=x dns-search= env-file= expose=99999 \
		expose=80/frob group-add= group-add=-1 group-add=4294967295 group-add=99999999999999999999 'group-add=a b' 'hostname=a b' \
		hostname=-x ipc=frob label-file=/nosuch log-driver=frob log-opt=max-size log-opt=max-size=0 log-opt=frob=1 mount= mount=type=x \
		name=../x name=-x 'name=a b' network= network=frob network=container:nosuch oom-score-adj= oom-score-adj=1001 oom-score-adj=1e2 \
		pid=frob publish= publish=0 publish=99999:80 publish=a:b:c:d pull=frob retry=101 retry-delay=frob retry-delay=-1s \
		security-opt= security-opt=frob security-opt=seccomp=/nosuch security-opt=mask=x shm-size=0 shm-size=-1 shm-size=9e99 \
		stop-signal=FROB stop-signal=0 stop-signal=65 stop-timeout=-2 stop-timeout=99999999999 stop-timeout=1.5 sysctl= sysctl=a \
		sysctl=kernel.core_pattern=x sysctl=../../x=1 time=frob time-offset-boottime=frob tmpfs= tmpfs=x tmpfs=/ tmpfs=/x:frob ulimit= \
		ulimit=nofile ulimit=nofile=2:1 ulimit=frob=1 ulimit=nofile=-2 umask= umask=9 umask=1000 unsetenv= unsetenv=a=b user=a:b:c \
		user=99999999999 'user=a b' userns=frob uts=frob volume= volume=/nosuch:/x volume=/tmp:x volume=/tmp:/x:ro,rw volume=/tmp:/ \
		workdir=x platform=a/b/c/d tls-verify=maybe read-only=maybe replace; do
		refused '^Error: ' rl create "--$flag" box true || fail "--$flag" || return 1
	done
	is "$(rl ps -aq)" ''
}

@test "--cidfile: of several at once one wins; a failure leaves none behind" {
	local i pids=()
	for i in 1 2 3 4 5 6; do
		rl create --cidfile cid box true >"out$i" 2>/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	is "$(cat out? | wc -l)" 1
	is "$(cat out?)" "$(cat cid)"
	is "$(rl ps -aq --no-trunc)" "$(cat cid)"
	refused_with_hint 'cid: File exists' rl create --cidfile cid box true
	refused 'not a signal' rl create --cidfile other --stop-signal FROB box true
	exits 127 rl run --cidfile other --network none box nosuch
	[ ! -e other ]
}

@test "--replace: running, with the same name at once, and nobody else" {
	local first i pids=()
	first=$(rl run -d --name r --network none box sleep 1000)
	rl run -d --name r --replace --network none box sleep 1001 >/dev/null
	is "$(rl ps -aq | wc -l)" 1
	unlike "$(rl ps -q --no-trunc)" "$first"
	for i in 1 2 3 4; do
		rl create --name r --replace box true >/dev/null 2>"err$i" &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	is "$(cat err?)" ''
	is "$(rl ps -aq | wc -l)" 1
	# a failing command leaves the old one as it was
	first=$(rl ps -aq --no-trunc)
	refused 'not a signal' rl create --name r --replace --stop-signal FROB box true
	is "$(rl ps -aq --no-trunc)" "$first"
	# an id that begins so is not meant
	rl create --name "${first:0:6}" --replace box true >/dev/null
	is "$(rl ps -aq | wc -l)" 2
}

@test "rl.conf: defaults of run and create" {
	mkdir -p conf/rl
	export XDG_CONFIG_HOME=$T/conf
	cat >conf/rl/rl.conf <<-END
		[containers]
		env = ["A=conf"]
		default_ulimits = ["nofile=100:200", "core=0"]
		log_driver = "none"
		network = "none"
		umask = "0077"
	END
	# shellcheck disable=SC2016
	is "$(rl run --rm -e B=flag box sh -c 'echo $A $B; umask; ulimit -n; ulimit -c; ls /sys/class/net | tr "\n" " "')" 'conf flag
0077
100
0
lo '
	is "$(rl run --rm -e A=flag --umask 022 --ulimit nofile=50 box sh -c 'echo $A; umask; ulimit -n; ulimit -c')" 'flag
0022
50
0'
	rl create --name c box true >/dev/null
	is "$(rl inspect -f '{{.HostConfig.LogConfig.Type}} {{.HostConfig.NetworkMode}}' c)" 'none none'
	rl rm c >/dev/null
	rl create --name c --log-driver json-file --network host box true >/dev/null
	is "$(rl inspect -f '{{.HostConfig.LogConfig.Type}} {{.HostConfig.NetworkMode}}' c)" 'json-file host'
	echo 'containers.frob = 1' >conf/rl/rl.conf
	refused 'unknown key "containers.frob"' rl create box true
	echo 'containers.log_driver = "frob"' >conf/rl/rl.conf
	refused "log-driver 'frob'" rl create box true
}

@test "a name with docker's slash, a group's line for a named user, a log's limit in words" {
	rl create --name /slashed --network none --log-opt max-size=2000000 box true >/dev/null
	is "$(rl inspect -f '{{.Name}} {{.HostConfig.LogConfig.Size}}' /slashed)" 'slashed 2MB'
	refused 'not a name' rl create --name //slashed box true
	is "$(rl run --rm --network none --passwd-entry 'me:x:77:78::/:/bin/sh' --user 77:78 --group-entry 'us:x:78:' box sh -c 'id -gn')" us
	is "$(rl run --rm --network none --user daemon:78 --group-entry 'us:x:78:' box sh -c 'id -un; id -gn')" $'daemon\nus'
}

@test "ports with a network that publishes none: a note" {
	local mode
	for mode in none host; do
		exits 0 rl run --rm --network "$mode" -p 8080 box echo runs
		is "$output" runs
		is "$stderr" 'Note: no ports are published with this --network'
	done
}
