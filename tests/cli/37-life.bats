#!/usr/bin/env bats
# init, clone, runlabel, --sdnotify and --conmon-pidfile, logs --details
# lanes: user root
load lib
load faults

# --- init -----------------------------------------------------------------------------------------------------------------

@test "init: set up, shown so, not running; start executes the command once, with its output from the first byte" {
	rl create --name c --network none -e A=b box sh -c 'echo "run $A"; cat' >/dev/null
	is "$(rl init c)" c
	is_state c initialized
	is "$(rl ps -a --format '{{.Status}}')" Initialized
	is "$(rl ps -a -q --filter status=initialized | wc -l)" 1
	[ "$(rl inspect -f '{{.State.Pid}}' c)" -gt 1 ]
	is "$(rl inspect -f '{{.State.Running}} {{.State.StartedAt}}' c)" 'false 0001-01-01T00:00:00Z'
	is "$(rl logs c)" ''
	refused_with_hint 'initialized already' rl init c
	refused 'not running' rl kill c
	refused . rl exec c true
	refused . rl pause c
	is "$(rl start -a c)" 'run b'
	is_state c exited
	is "$(rl logs c)" 'run b'
	# what has ended can be set up again
	rl init c >/dev/null
	is_state c initialized
	rl start c >/dev/null
	eventually 5 is_state c exited
	is "$(rl logs c)" $'run b\nrun b'
}

@test "init: a stop leaves the container as it was; rm needs no force; restart starts it" {
	rl create --name c --network none box sh -c 'exit 7' >/dev/null
	rl init c >/dev/null
	rl stop c >/dev/null
	is_state c created
	rl start -a c || is $? 7
	rl init c >/dev/null
	rl stop -t 0 c >/dev/null
	is "$(rl inspect -f '{{.State.Status}} {{.State.ExitCode}}' c)" 'exited 7'
	rl init c >/dev/null
	rl restart c >/dev/null
	eventually 5 is_state c exited
	rl init c >/dev/null
	rl rm c >/dev/null
	clean
}

@test "init: a killed monitor, a killed process and a command that is missing leave no limbo" {
	rl create --name c --network none box true >/dev/null
	rl init c >/dev/null
	kill -9 "$(run_state c monitor)"
	eventually 5 is_state c created
	rl init c >/dev/null
	kill -9 "$(rl inspect -f '{{.State.Pid}}' c)"
	eventually 5 is_state c created
	like "$(rl inspect -f '{{.State.Error}}' c)" 'before its command was executed'
	rl start -a c
	rl create --name none --network none box /no/such >/dev/null
	rl init none >/dev/null
	exits 127 rl start none
	like "$stderr" '/no/such'
	is_state none created
	rl rm c none >/dev/null
	clean
}

@test "init: --all, --latest, a policy of restarts, a network" {
	rl create --name a --network none box true >/dev/null
	rl create --name b --restart on-failure:1 box sh -c 'ip addr show tap0 >/dev/null; exit 3' >/dev/null
	is "$(rl init --all | wc -l)" 2
	is "$(rl ps -a --filter status=initialized -q | wc -l)" 2
	rl start b >/dev/null
	eventually 10 is_state b exited
	is "$(rl inspect -f '{{.RestartCount}} {{.State.ExitCode}}' b)" '1 3'
	is "$(rl init -l)" "$(rl inspect -f '{{.Id}}' b)" || is "$(rl ps -aq --filter status=initialized | wc -l)" 2
	rl rm -a -f >/dev/null
	clean
}

# --- clone ----------------------------------------------------------------------------------------------------------------

@test "container clone: the configuration, not what was written; a name of its own" {
	local id
	rl run --name c --network none -e A=b --label l=1 -v "$T:/v:ro" -v data:/data -v /anon -u 0 \
		box sh -c 'echo "$A $HOSTNAME $(hostname) $(ls /written 2>/dev/null) $(cat /data/kept /anon/kept 2>/dev/null)"
			touch /written; echo named >/data/kept; echo anonymous >/anon/kept' >"$T/first"
	id=$(rl container clone c)
	is "${#id}" 64
	is "$(rl inspect -f '{{.Name}} {{.State.Status}} {{.Config.Labels.l}}' "$id")" 'c-clone created 1'
	is "$(rl container clone c)" "$(rl inspect -f '{{.Id}}' c-clone1)"
	is "$(rl start -a c-clone | tr '\n' ' ')" "b ${id:0:12} ${id:0:12}  named anonymous "
	is "$(rl inspect -f '{{range .Mounts}}{{.Destination}}={{.RW}} {{end}}' c-clone)" \
		"$(rl inspect -f '{{range .Mounts}}{{.Destination}}={{.RW}} {{end}}' c)"
	# volumes are shared, and go with the last one
	rl rm -v c >/dev/null
	is "$(rl volume ls -q | wc -l)" 2
	like "$(rl start -a c-clone1 | tr '\n' ' ')" '  named anonymous $'
	rl rm -v c-clone c-clone1 >/dev/null
	is "$(rl volume ls -q)" data
	rl volume rm data >/dev/null
}

@test "container clone: --name, --run, --destroy, --force, another image, a host name that was chosen, secrets" {
	printf value | rl secret create s - >/dev/null
	rl run -d --name c --network none --hostname chosen --secret s,type=env,target=S --secret s \
		box sh -c 'echo "$S $(cat /run/secrets/s) $(hostname)"; sleep 1000' >/dev/null
	rl secret rm s >/dev/null
	refused 'two names' rl container clone --name d c e
	refused_with_hint 'is running' rl container clone --destroy c d
	refused_with_hint 'destroy' rl container clone --force c d
	rl container clone --run --destroy --force --name d c >/dev/null
	eventually 5 logged d 'value value chosen'
	no_container c
	rl rm -f -t 0 d >/dev/null
	# the command of the one, the files of the other
	rl run --name w --network none box sh -c 'echo made >/made' >/dev/null
	rl commit -q w other >/dev/null
	rl create --name x --network none box cat /made >/dev/null
	rl container clone x y other >/dev/null
	is "$(rl start -a y)" made
	is "$(rl inspect -f '{{.ImageName}}' y)" docker.io/library/other:latest
	refused 'no such container' rl container clone nobody
	refused_with_hint 'in use' rl container clone x y
	rl rm -a >/dev/null
	rl rmi other >/dev/null
}
logged() { # NAME LINE
	[ "$(rl logs "$1")" = "$2" ]
}

# --- runlabel -------------------------------------------------------------------------------------------------------------

# labelled LABEL=TEXT... - the image "labelled"
labelled() {
	local change=() one
	for one; do change+=(--change "LABEL $one"); done
	rl create --name l --network none box true >/dev/null
	rl commit -q "${change[@]}" l labelled >/dev/null
	rl rm l >/dev/null
}

@test "container runlabel: executes the label's command line with names replaced, and nothing else" {
	labelled 'run="podman run --rm --network none --name NAME -e I=${IMAGE} -e O=$OPT1 IMAGE sh -c '\''echo \"$I $O\"; exit 4'\''"' \
		'other="/usr/bin/docker ps -a"' 'evil="touch '"$T/evil"'"' 'shell="rl ps; touch '"$T/evil"'"' \
		'again="rl container runlabel again labelled"'
	is "$(rl container runlabel --display run labelled)" \
		"command: rl run --rm --network none --name labelled -e I=labelled -e O= labelled sh -c echo \"\$I \$O\"; exit 4"
	OPT1=opt exits 4 rl container runlabel run labelled
	is "$output" 'labelled opt'
	rl container runlabel other labelled -q >"$T/out"
	is "$(cat "$T/out")" ''
	refused_with_hint 'would execute touch' rl container runlabel evil labelled
	exits 125 rl container runlabel shell labelled
	[ ! -e "$T/evil" ]
	exits 125 rl container runlabel again labelled
	like "$stderr" 'cannot be another'
	refused_with_hint 'no label' rl container runlabel none labelled
	exits 125 rl container runlabel -q --tls-verify=false run localhost:1/none
	rl rmi labelled >/dev/null
}

@test "container runlabel: --name and --replace" {
	local id
	labelled 'run="rl run -d --network none --name NAME IMAGE sleep 1000"'
	id=$(rl container runlabel --name n run labelled)
	exits 125 rl container runlabel --name n run labelled
	like "$(rl container runlabel --name n --replace run labelled)" '^[0-9a-f]{64}$'
	exits 125 rl inspect "$id"
	is_state n running
	rl rm -f -t 0 n >/dev/null
	rl rmi labelled >/dev/null
}

# --- sdnotify -------------------------------------------------------------------------------------------------------------

# listen SECONDS - a service manager's socket; what comes is in $T/notified, one line each
listen() {
	rm -f "$T/notify" "$T/notified"
	python3 - "$T/notify" "$T/notified" <<-'END' 3>&- &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		os.chmod(sys.argv[1], 0o777)
		s.settimeout(30)
		out = open(sys.argv[2], "w")
		while True:
		    print(s.recv(8192).decode().rstrip("\n"), file=out, flush=True)
	END
	LISTENER=$!
	eventually 5 test -S "$T/notify"
}
notified() { # LINE
	grep -qx "$1" "$T/notified"
}

@test "--sdnotify conmon and ignore; --conmon-pidfile" {
	listen
	NOTIFY_SOCKET=$T/notify rl run -d --name c --network none --sdnotify conmon --conmon-pidfile "$T/pid" box \
		sh -c 'echo "${NOTIFY_SOCKET:-none}"; ls /run/notify 2>/dev/null; sleep 1000' >/dev/null
	eventually 5 notified READY=1
	is "$(cat "$T/notified")" "MAINPID=$(run_state c monitor)
READY=1"
	is "$(cat "$T/pid")" "$(run_state c monitor)"
	is "$(rl inspect -f '{{.ConmonPidFile}}' c)" "$T/pid"
	eventually 5 logged c none
	rl rm -f -t 0 c >/dev/null
	kill "$LISTENER"
	listen
	NOTIFY_SOCKET=$T/notify rl run --rm --network none --sdnotify ignore box sh -c '[ -z "$NOTIFY_SOCKET" ]'
	kill "$LISTENER"
	is "$(cat "$T/notified")" ''
	refused_with_hint 'not known' rl create --sdnotify sometimes box
	exits 125 rl run --rm --network none --conmon-pidfile "$T/no/dir" box true
	clean
}

@test "--sdnotify healthy: the monitor says it when the health check has succeeded, once" {
	is_well() { [ "$(rl inspect -f '{{.State.Health.Status}}' c)" = "$1" ]; }
	listen
	NOTIFY_SOCKET=$T/notify rl run -d --name c --network none --sdnotify healthy --health-cmd 'test -e /ok' \
		--health-interval 50ms --health-retries 1 box sh -c '[ -z "$NOTIFY_SOCKET" ] && exec sleep 1000' >/dev/null
	eventually 10 is_well unhealthy
	is "$(cat "$T/notified")" "MAINPID=$(run_state c monitor)"
	rl exec c touch /ok
	eventually 10 notified READY=1
	rl exec c rm /ok
	eventually 10 is_well unhealthy
	rl exec c touch /ok
	eventually 10 is_well healthy
	is "$(grep -c READY "$T/notified")" 1
	rl rm -f -t 0 c >/dev/null
	kill "$LISTENER"
	refused_with_hint 'needs a health check' rl create --sdnotify healthy box true
	clean
}

@test "--sdnotify container: the container says when it is ready, and cannot say who it is" {
	listen
	NOTIFY_SOCKET=$T/notify rl run -d --name c --network none --user 65534 --read-only -i box sh -c 'sleep 1000' >/dev/null
	eventually 5 notified "MAINPID=$(run_state c monitor)"
	is "$(rl exec c sh -c 'ls -ld /run/notify/notify.sock | cut -c 1; touch /run/notify/x 2>/dev/null || echo closed')" $'s\nclosed'
	# sent by a process with the container's socket in the container's place
	send_as_container "$(printf 'MAINPID=1\nREADY=1\nSTATUS=fine')"
	eventually 5 notified STATUS=fine
	is "$(grep -v ^MAINPID "$T/notified")" $'READY=1\nSTATUS=fine'
	is "$(grep -c MAINPID "$T/notified")" 1
	rl restart -t 0 c >/dev/null
	send_as_container READY=1
	ready_twice() { [ "$(grep -c READY=1 "$T/notified")" = 2 ]; }
	eventually 5 ready_twice
	kill "$LISTENER"
	# nobody listens any more: that is no failure
	send_as_container READY=1
	rl restart -t 0 c >/dev/null
	is_state c running
	rl rm -f -t 0 c >/dev/null
	clean
}
# the socket is the same file as in the container; the test's own images have no program that could send to it
send_as_container() {
	python3 -c 'import os, socket, sys
os.chdir(sys.argv[1])
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(sys.argv[2].encode(), "notify.sock")' \
		"$RL_RUNROOT/containers/$(rl inspect -f '{{.Id}}' c)/notify" "$1"
}

# --- logs --details -------------------------------------------------------------------------------------------------------

@test "logs --details: labels and variables that --log-opt names" {
	local driver
	for driver in k8s-file json-file; do
		rl run --name c --network none --log-driver $driver --label b=2 --label 'a=x y' --label no=1 -e E=e -e F=f \
			--log-opt labels=a,b,missing --log-opt env=E box echo out >/dev/null
		is "$(rl logs --details c)" 'E=e,a=x+y,b=2 out'
		like "$(rl logs -t --details c)" '^[0-9T:.+-]* E=e,a=x\+y,b=2 out$'
		is "$(rl logs c)" out
		rl rm c >/dev/null
	done
	rl run --name c --network none box echo out >/dev/null
	is "$(rl logs --details c)" out
	refused_with_hint 'not valid' rl create --log-opt labels= box
	refused_with_hint 'is not for' rl create --log-driver none --log-opt labels=a box
}
