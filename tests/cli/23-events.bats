#!/usr/bin/env bats
# events: what is written down, how it is chosen and shown, and that nothing is lost or doubled
# lanes: user root
load lib

# each test with a log of its own
setup() {
	rm -f "$(log)" "$(log).1"
}
# told [FILTER...] - what has happened so far: TYPE ACTION NAME, a line each
told() {
	local f=() one
	for one; do f+=(--filter "$one"); done
	rl events --stream=false "${f[@]}" --format '{{.Type}} {{.Status}} {{.Name}}'
}
log() {
	echo "$RL_ROOT/events"
}

@test "the life of a container, in its order, and with its exit code" {
	rl run --name c --network none box sh -c 'sleep 0.3; exit 3' >/dev/null || true
	rl rm c >/dev/null
	is "$(told container=c)" "container create c
container init c
container start c
container attach c
container died c
container remove c"
	is "$(rl events --stream=false --filter event=died --format '{{.ContainerExitCode}} {{.Image}}')" '3 docker.io/library/box:latest'
	like "$(rl events --stream=false --filter event=died)" \
		'container died [0-9a-f]{64} \(image=docker.io/library/box:latest, name=c, exit_code=3\)$'
}

@test "exec, kill, pause, stop, commit, export; --rm" {
	rl run -d --rm --name c --network none box sleep 100 >/dev/null
	rl exec c sh -c 'exit 4' || true
	rl kill --signal CONT c >/dev/null
	rl pause c >/dev/null
	rl unpause c >/dev/null
	rl commit -q c made >/dev/null
	rl export -o "$T/out.tar" c
	rl stop -t 0 c >/dev/null
	eventually 5 told_of container=c event=remove
	is "$(told container=c | cut -d ' ' -f 2 | tr '\n' ' ')" \
		'create init start exec exec_died kill pause unpause commit export died stop remove '
	is "$(rl events --stream=false -f event=exec_died --format '{{.ContainerExitCode}}')" 4
	is "$(rl events --stream=false -f event=kill --format '{{.Attributes.signal}}')" 18
}
told_of() {
	[ -n "$(told "$@")" ]
}

@test "images: tag, untag, save, load, import, remove" {
	local id
	id=$(rl image inspect --format '{{.Id}}' box)
	id=${id#sha256:}
	rl tag box two three
	rl untag box three
	rl save -q -o "$T/two.tar" two
	rl rmi two >/dev/null
	rl load -q -i "$T/two.tar" >/dev/null
	rl import -q "$T/two.tar" four >/dev/null
	is "$(told type=image | sed "s,$T,T,")" "image tag two
image tag three
image untag docker.io/library/three:latest
image save T/two.tar
image untag docker.io/library/two:latest
image loadfromarchive T/two.tar
image import four"
	is "$(rl events --stream=false --filter image="${id:0:12}" --filter event=save --format '{{.ID}}')" "$id"
	rl rmi four >/dev/null
	told_of type=image event=remove
	rl pull -q "docker-archive:$T/two.tar" >/dev/null
	is "$(rl events --stream=false --filter event=pull --format '{{.ID}} {{.Name}}')" "$id docker-archive:$T/two.tar"
	rl rmi two >/dev/null
}

@test "rename, update, mount and unmount; an init that is not started" {
	rl create --name c --network none box true >/dev/null
	rl rename c d
	rl update --restart on-failure:2 d >/dev/null
	export RL
	if [ "$(id -u)" = 0 ]; then
		unshare -m sh -euc '"$RL" mount d; "$RL" unmount d' >/dev/null
	else
		rl unshare sh -euc '"$RL" mount d; "$RL" unmount d' >/dev/null
	fi
	rl init d >/dev/null
	rl rm d >/dev/null
	is "$(told type=container)" "container create c
container rename d
container update d
container mount d
container unmount d
container init d
container remove d"
	is "$(rl events --stream=false -f event=rename --format '{{.Attributes.oldName}}')" c
	# a running one tells its end by its new name
	rl run -d --name e --network none box sleep 1000 >/dev/null
	rl rename e f
	rl stop -t 0 f >/dev/null
	is "$(told event=died)" 'container died f'
}

@test "volumes: made and removed by hand, with a container, and pruned; secrets; system prune" {
	rl volume create one >/dev/null
	rl run --rm --name c --network none -v two:/two -v /three box true
	is "$(told type=volume | sed 's/[0-9a-f]\{64\}/ID/')" 'volume create one
volume create two
volume create ID
volume remove ID'
	rl volume rm one >/dev/null
	rl volume prune -f >/dev/null
	is "$(told type=volume | tail -n 3)" 'volume remove one
volume remove two
volume prune two'
	like "$(rl events --stream=false -f event=prune -f volume=two)" 'volume prune two$'
	is "$(rl events --stream=false -f event=prune -f type=volume --format '{{.Actor.ID}}')" two
	# what fails tells nothing
	rl volume create one >/dev/null
	refused_with_hint 'exists already' rl volume create one
	is "$(told type=volume event=create volume=one | wc -l)" 2
	is "$(told type=volume event=create volume=on | wc -l)" 2
	is "$(told type=volume event=create volume=ne | wc -l)" 0
	rl volume rm one >/dev/null
	echo value | rl secret create s - >/dev/null
	rl secret rm s >/dev/null
	is "$(told type=secret)" 'secret create s
secret remove s'
	run grep -c value "$(log)"
	is "$output" 0
	rl system prune -f >/dev/null
	like "$(rl events --stream=false -f type=system)" 'system prune \(reclaimed=[0-9]+\)$'
}

@test "a pull that fails" {
	registry_start
	exits 125 rl pull -q --tls-verify=false --retry 0 "$REGISTRY/none:1"
	registry_stop
	is "$(told event=pull-error)" "image pull-error $REGISTRY/none:1"
	like "$(rl events --stream=false -f event=pull-error --format '{{.Error}}')" .
}

@test "filters: alternatives of one key, all of different ones, docker's words; wrong ones are refused" {
	rl create --name a --label x=1 --label y=2 --network none box true >/dev/null
	rl create --name b --label x=2 --network none box true >/dev/null
	rl rm a b >/dev/null
	is "$(told container=a container=b event=create | wc -l)" 2
	is "$(told label=x=1 event=create)" 'container create a'
	is "$(told label=x event=create | wc -l)" 2
	is "$(told label=x label=y event=create)" 'container create a'
	is "$(told label=x=1 label=x=2)" ''
	is "$(told event=destroy name=b)" 'container remove b'
	is "$(told image=box event=create | wc -l)" 2
	is "$(told type=volume)" ''
	refused_with_hint 'no such filter' rl events --stream=false --filter foo=1
	refused_with_hint 'not KEY=VALUE' rl events --stream=false --filter foo
	refused_with_hint 'not a time' rl events --since yesterday
}

@test "--format json: a line for each, podman's names and docker's" {
	rl run --rm --name c --label k=v --network none box true
	rl events --stream=false --format json >"$T/json"
	python3 - "$T/json" <<-'END'
		import json, sys
		es = [json.loads(line) for line in open(sys.argv[1])]
		died = [e for e in es if e["Status"] == "died"][0]
		assert died["Name"] == "c" and died["Type"] == "container" and died["ContainerExitCode"] == 0
		assert died["timeNano"] // 10**9 == died["time"]
		assert died["Attributes"] == {"k": "v"}, died
		assert died["Action"] == "died" and died["Actor"]["ID"] == died["ID"] and died["scope"] == "local"
		assert died["Actor"]["Attributes"] == {"k": "v", "image": "docker.io/library/box:latest", "name": "c", "exitCode": "0"}
		times = [e["timeNano"] for e in es]
		assert times == sorted(times)
	END
	is "$(rl events --stream=false -f event=died --format '{{.Action}} {{.Actor.Attributes.name}} {{.Scope}}')" 'died c local'
	like "$(rl events --stream=false --no-trunc=false -f event=died)" 'died [0-9a-f]{12} '
}

@test "--since and --until" {
	local t
	rl create --name a --network none box true >/dev/null
	sleep 0.1
	t=$(date +%s.%N)
	rl create --name b --network none box true >/dev/null
	is "$(rl events --stream=false --since "$t" --format '{{.Name}}')" b
	is "$(rl events --until "$t" --filter event=create --format '{{.Name}}')" a
	is "$(rl events --stream=false --since 10m --filter event=create --format '{{.Name}}' | wc -l)" 2
	# a duration of --until is waited for
	t=$(now_ms)
	is "$(rl events --since 10m --until 1s --filter name=b --format '{{.Name}}')" b
	[ $(($(now_ms) - t)) -ge 900 ]
}

@test "a stream shows what comes, and nothing that was" {
	local pid
	rl create --name old --network none box true >/dev/null
	"$RL" events --format '{{.Status}} {{.Name}}' >"$T/out" 3>&- &
	pid=$!
	eventually 5 watched "$pid"
	rl create --name new --network none box true >/dev/null
	eventually 5 grep -q new "$T/out"
	kill "$pid"
	wait "$pid" || true
	is "$(cat "$T/out")" 'create new'
}
# its descriptor that waits is there
watched() {
	ls -l "/proc/$1/fd" | grep -q inotify
}

@test "rotated while it is written and read: nothing is lost or doubled" {
	local pid i n
	n=$(number 40 12)
	rl create --name first --network none box true >/dev/null
	"$RL" events --since 10m --filter event=tag --format '{{.Name}}' >"$T/out" 3>&- &
	pid=$!
	for i in 1 2 3 4; do
		(for k in $(seq "$n"); do
			rl tag box "t$i-$k"
			# the log is made as long as it may be at some point of each writer
			[ $((k % 6)) != "$i" ] || python3 -c 'print("x" * (2 << 20))' >>"$(log)"
		done) &
		pids[i]=$!
	done
	wait "${pids[@]}"
	told_all() { [ "$(wc -l <"$T/out")" -ge $((4 * n)) ]; }
	eventually 20 told_all
	kill "$pid"
	is "$(sort "$T/out" | uniq | wc -l)" $((4 * n))
	is "$(wc -l <"$T/out")" $((4 * n))
	[ -e "$(log).1" ]
}

@test "the log is the user's alone, bounded, and no place for environments; names are shown harmless" {
	rl run --rm --name c --network none --env KEY=the-secret --label "l=$(printf '\033[31m')" box true
	is "$(stat -c %a "$(log)")" 600
	run grep -c the-secret "$(log)"
	is "$output" 0
	like "$(rl events --stream=false -f event=died)" 'l=\\x1b\[31m'
	python3 -c 'print("x" * (5 << 20))' >>"$(log)"
	rl tag box one
	rl tag box two
	[ "$(stat -c %s "$(log)")" -lt 65536 ]
}

@test "half a line that a full disk left takes no other with it" {
	rl tag box one
	printf '{"v":1,"time":17,"type":"container","action":"st' >>"$(log)"
	rl tag box two
	rl tag box three
	is "$(told event=tag | tr '\n' ';')" 'image tag one;image tag two;image tag three;'
}

@test "a writer that was stopped with the log's lock in its hands stops nobody for long" {
	local pid
	rl tag box one
	python3 - "$(log)" 3>&- <<-'END' &
		import fcntl, struct, sys, time
		f = open(sys.argv[1], "r+")
		fcntl.lockf(f, fcntl.LOCK_EX)
		open(sys.argv[1] + "-locked", "w")
		time.sleep(60)
	END
	pid=$!
	eventually 5 test -e "$(log)-locked"
	timeout 5 "$RL" tag box two
	kill "$pid"
	rm "$(log)-locked"
	told_of name=two
}

@test "switched off in rl.conf" {
	mkdir -p "$T/conf/rl"
	printf '[engine]\nevents_logger = "none"\n' >"$T/conf/rl/rl.conf"
	chmod -R go+rX "$T/conf"
	rl tag box before
	XDG_CONFIG_HOME=$T/conf rl run --rm --name c --network none box true
	is "$(told name=c)" ''
	XDG_CONFIG_HOME=$T/conf refused_with_hint 'switched off' rl events --stream=false
	# for one command, and its container
	rl --events-backend none run --rm --name d --network none box true
	is "$(told name=d)" ''
	XDG_CONFIG_HOME=$T/conf rl --events-backend=file run --rm --name e --network none box true
	like "$(told name=e)" 'died'
	refused_with_hint 'switched off' rl --events-backend none events --stream=false
	refused_with_hint 'not known' rl --events-backend journald ps
	refused_with_hint "no option '--tmpdir'" rl --tmpdir "$T" ps
	like "$stderr" 'runroot'
}
