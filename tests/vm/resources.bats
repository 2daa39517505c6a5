# Limits in real groups: what is written, what is read inside and outside, and what happens at them
load lib

u1() {
	login u1 "$@" </dev/null
}

# group NAME - the directory of its container's group, asked for once in each test: a login takes a while
group() {
	local known=$BATS_TEST_TMPDIR/$1
	[ -e "$known" ] || echo "/sys/fs/cgroup/$(u1 rl inspect --format '{{.State.CgroupPath}}' "$1")" >"$known"
	cat "$known"
}

# file NAME FILE - of that group, as the machine sees it
file() {
	cat "$(group "$1")/$2"
}

is() {
	[ "$1" = "$2" ] || { echo "expected: $2"; echo "got:      $1"; return 1; }
}

like() {
	[[ $1 =~ $2 ]] || { echo "expected to match: $2"; echo "got: $1"; return 1; }
}

# fails REGEX COMMAND... - with exit code 125, and says so
fails() {
	local regex=$1
	shift
	run "$@"
	is "$status" 125 && like "$output" "$regex"
}

# begin USER - an image "box" for root or a user
begin() {
	if [ "$1" = root ]; then rl import -q /job/box.tar box; else login "$1" rl import -q /job/box.tar box; fi
}

setup_file() {
	linger u1 on
	begin u1 >/dev/null
}

teardown() {
	u1 rl rm -fa -t 0 >/dev/null
}

teardown_file() {
	no_session u1
}

@test "each limit of a user is in its file, outside and inside" {
	local name value
	u1 rl run -d --name a --network none -m 64m --memory-swap 100m --memory-reservation 32m --cpus 1.5 -c 512 --pids-limit 50 \
		--cgroup-conf memory.high=60000000 box sleep 1000
	while read -r name value; do
		is "$name: $(file a "$name")" "$name: $value"
		is "$name: $(u1 rl exec a cat "/sys/fs/cgroup/$name")" "$name: $value"
	done <<-END
		memory.max 67108864
		memory.low 33554432
		memory.high 59998208
		cpu.max 150000 100000
		cpu.weight 59
		pids.max 50
	END
	[ ! -e "$(group a)/memory.swap.max" ] ||
		is "$(file a memory.swap.max)" 37748736
	u1 rl run -d --name b --network none box sleep 1000
	is "$(file b pids.max) $(file b memory.max)" "2048 max"
	is "$(u1 rl inspect --format '{{.HostConfig.PidsLimit}}' b)" 2048
	u1 rl run -d --name c --network none --pids-limit -1 box sleep 1000
	is "$(file c pids.max) $(file c ../pids.max)" "max max"
	u1 rl run --rm --network none -m 6m box true
}

@test "a controller that is not delegated is named, with the file that delegates it; then it works" {
	local drop=/etc/systemd/system/user@.service.d/delegate.conf
	fails "block devices cannot be limited: the cgroup controller 'io' is not delegated.*Delegate=cpu cpuset io memory pids.*delegate.conf" \
		u1 rl run --rm --network none --device-read-bps /dev/vda:1m box true
	fails "processors cannot be chosen: the cgroup controller 'cpuset'" u1 rl run --rm --network none --cpuset-cpus 0 box true
	[ "$(printf '%s\n' "$output" | wc -l)" = 2 ]
	is "$(u1 rl ps -aq)" ""
	mkdir -p "${drop%/*}"
	printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >$drop
	systemctl daemon-reload
	no_session u1
	linger u1 on
	u1 rl run -d --name a --network none --cpuset-cpus 0 --device-read-bps /dev/vda:1m --device-write-iops /dev/vda:77 box sleep 1000
	is "$(file a cpuset.cpus) $(u1 rl exec a cat /sys/fs/cgroup/cpuset.cpus)" "0 0"
	is "$(file a io.max)" "$(cat /sys/block/vda/dev) rbps=1048576 wbps=max riops=max wiops=77"
	is "$(u1 rl exec a cat /sys/fs/cgroup/io.max)" "$(file a io.max)"
	u1 rl update --device-read-bps /dev/vda:0 --device-write-iops /dev/vda:0 a
	is "$(file a io.max)" ""
	fails 'processor 63 is not there' u1 rl run --rm --network none --cpuset-cpus 0,63 box true
	fails 'processor 63 is not there' u1 rl update --cpuset-cpus 63 a
	is "$(file a cpuset.cpus)" 0
	u1 rl update --cpuset-cpus -1 a
	# a kernel may want a list while something runs
	like "$(file a cpuset.cpus)" "^($(file a ../cpuset.cpus.effective))?$"
	# until the user's manager starts anew
	rm $drop
	systemctl daemon-reload
}

@test "root has all controllers: memory, processors, block devices" {
	local path begun
	begin root
	rl run -d --name r --network none -m 64m --cpus .5 --cpuset-cpus 0 --device-write-bps /dev/vda:2m box sleep 1000
	path=/sys/fs/cgroup/$(rl inspect --format '{{.State.CgroupPath}}' r)
	is "$(cat "$path/memory.max") $(cat "$path/cpu.max") $(cat "$path/cpuset.cpus")" "67108864 50000 100000 0"
	is "$(cat "$path/io.max")" "$(cat /sys/block/vda/dev) rbps=max wbps=2097152 riops=max wiops=max"
	rl rm -f -t 0 r
	# and they hold: the first megabyte of six may be free
	begun=$(uptime_ms)
	rl run --rm --network none --device /dev/vdd --device-write-bps /dev/vdd:1m box dd if=/dev/zero of=/dev/vdd bs=256k count=24 oflag=direct
	[ $(($(uptime_ms) - begun)) -ge 5000 ]
}

@test "more memory than its limit: 137, OOMKilled, an event, and why, every time" {
	local n=3 good
	[ -z "${RL_STRESS:-}" ] || n=50
	# in one login: each takes a while
	good=$(u1 sh -c 'for i in $(seq "$0"); do
		rl run --name "o$i" --network none -m 64m --memory-swap 64m box dd if=/dev/zero of=/dev/null bs=200M 2>/dev/null
		echo "$? $(rl inspect --format "{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}" "o$i")"
	done' "$n" | grep -c '^137 true 137 exited$')
	is "$good" "$n"
	is "$(u1 rl events --stream=false --filter event=oom | grep -c oom)" "$n"
	like "$(u1 rl why o1)" "more memory than its limit.*--memory"
}

@test "something is killed for its memory and the container goes on: the event comes at once" {
	local n=0
	# shellcheck disable=SC2016
	u1 rl run -d --name o --network none -m 64m --memory-swap 64m box \
		sh -c 'while [ ! -e /go ]; do sleep 0.2; done; dd if=/dev/zero of=/dev/null bs=200M; echo "ended with $?"; exec sleep 1000'
	is "$(u1 rl events --stream=false --filter event=oom --filter container=o)" ""
	u1 rl exec o touch /go
	eventually 60 went_on
	like "$(u1 rl events --stream=false --filter event=oom --filter container=o)" 'container oom .*name=o'
	is "$(u1 rl inspect --format '{{.State.Status}}' o)" running
	# told once: the end does not tell it again
	u1 rl stop -t 0 o
	n=$(u1 rl events --stream=false --filter event=oom --filter container=o | wc -l)
	is "$n" 1
}

went_on() {
	u1 rl logs o | grep -q 'ended with 137'
}

@test "a fork bomb meets its limit: the machine still forks, and rm -f takes no time" {
	local begun
	u1 rl run -d --name f --network none --pids-limit 100 box sh -c 'b() { b | b & }; b; exec sleep 1000'
	eventually 60 more_than_none
	[ "$(file f pids.current)" -le 100 ]
	begun=$(uptime_ms)
	RL_VM_LOGIN=ssh u1 true
	echo "#> log in meanwhile: $(($(uptime_ms) - begun)) ms" >&3
	like "$(u1 rl why f)" "refused.*process.*--pids-limit"
	u1 sh -c 'begun=$(date +%s%N); rl rm -f -t 0 f >/dev/null; echo $((($(date +%s%N) - begun) / 1000000))' >/tmp/took
	echo "#> rm -f: $(cat /tmp/took) ms" >&3
	[ "$(cat /tmp/took)" -le 5000 ]
}

more_than_none() {
	[ "$(file f pids.events | cut -d' ' -f2)" -gt 0 ]
}

@test "update of what runs: at once, and at the next start; what is in use is not taken away" {
	u1 rl run -d --name a --network none -m 64m box sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=20; sleep 1000'
	u1 rl update -m 128m --cpus .25 --pids-limit 33 -c 2048 a
	is "$(file a memory.max) $(file a cpu.max) $(file a pids.max) $(file a cpu.weight)" "134217728 25000 100000 33 174"
	is "$(u1 rl exec a cat /sys/fs/cgroup/memory.max)" 134217728
	eventually 20 holds_20m
	fails 'uses [0-9]* bytes of memory, more than the new limit' u1 rl update -m 16m --pids-limit 44 a
	is "$(file a memory.max) $(file a memory.high) $(file a pids.max)" "134217728 max 33"
	is "$(u1 rl inspect --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.State.Status}}' a)" "134217728 33 running"
	fails 'this kernel has no pids.none' u1 rl update -c 512 --cgroup-conf memory.high=100000000 --cgroup-conf pids.none=1 a
	is "$(file a memory.high) $(file a cpu.weight)" "max 174"
	u1 rl restart -t 0 a
	is "$(file a memory.max) $(file a cpu.max) $(file a pids.max)" "134217728 25000 100000 33"
	u1 rl update -m 0 --cpus 0 --pids-limit 0 a
	is "$(file a memory.max) $(file a cpu.max) $(file a pids.max)" "max max 100000 max"
}

holds_20m() {
	[ "$(file a memory.current)" -gt 20000000 ]
}

@test "stats are the group's numbers" {
	local used cpu limit pids
	u1 rl run -d --name a --network none -m 64m box sh -c 'sleep 1000 & sleep 1000 & i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; wait'
	eventually 60 idle
	read -r limit pids cpu < <(u1 rl stats --no-stream --format '{{.MemLimit}} {{.PIDs}} {{.CPUNano}}' a)
	is "$limit $pids" "67108864 $(file a pids.current)"
	used=$(file a cpu.stat | sed -n 's/usage_usec //p')
	[ $((cpu / 1000)) -le "$used" ] && [ $((cpu / 1000)) -ge $((used / 2)) ] || { echo "$cpu, $used"; return 1; }
	like "$(u1 rl stats --no-stream --format '{{.MemPressure}} {{.CPUPressure}} {{.Pressure.IO.Some.Total}}' a)" '^[0-9.]+% [0-9.]+% [0-9]+$'
	like "$(u1 rl stats --no-stream a)" '/ 67.11MB'
}

idle() {
	local a b
	a=$(file a cpu.stat | sed -n 's/usage_usec //p')
	sleep 0.5
	b=$(file a cpu.stat | sed -n 's/usage_usec //p')
	[ "$b" -gt 0 ] && [ $((b - a)) -lt 10000 ]
}
