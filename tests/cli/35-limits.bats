#!/usr/bin/env bats
# Limits as they are written down: flags, records, inspect, update and clone of containers that do not run.
# What they do is shown where there are cgroups to do it: tests/vm/resources.bats
load lib

# host NAME FIELD - of its HostConfig
host() {
	rl inspect --format "{{.HostConfig.$2}}" "$1"
}

# resources NAME - linux.resources of its config.json
resources() {
	python3 <"$(rl inspect --format '{{.OCIConfigPath}}' "$1")" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["linux"]["resources"], sort_keys=True))'
}

@test "every flag is in config.json and in inspect" {
	rl create --name a -m 64m --memory-swap 100m --memory-reservation 32m --cpus 1.5 -c 512 --cpuset-cpus 0 --cpuset-mems 0 \
		--pids-limit 50 --blkio-weight 300 --cgroup-conf memory.high=60000000 box true
	is "$(resources a)" '{"blockIO": {"weight": 300}, "cpu": {"cpus": "0", "mems": "0", "period": 100000, "quota": 150000, "shares": 512}, "memory": {"limit": 67108864, "reservation": 33554432, "swap": 104857600}, "pids": {"limit": 50}, "unified": {"memory.high": "60000000"}}'
	is "$(host a Memory) $(host a MemorySwap) $(host a MemoryReservation)" "67108864 104857600 33554432"
	is "$(host a NanoCpus) $(host a CpuQuota) $(host a CpuPeriod) $(host a CpuShares)" "1500000000 150000 100000 512"
	is "$(host a CpusetCpus) $(host a CpusetMems) $(host a PidsLimit) $(host a BlkioWeight)" "0 0 50 300"
	is "$(host a 'CgroupConf')" 'map[memory.high:60000000]'
}

@test "without a flag: 2048 processes, and nothing else" {
	rl create --name a box true
	is "$(resources a)" '{"pids": {"implied": true, "limit": 2048}}'
	is "$(host a PidsLimit) $(host a Memory) $(host a MemorySwap) $(host a NanoCpus)" "2048 0 0 0"
	rl create --name b --pids-limit 0 -m 64m box true
	is "$(host b PidsLimit) $(host b Memory) $(host b MemorySwap)" "-1 67108864 134217728"
	# what scripts write with an empty variable
	rl create --name c --memory '' --cpus '' --pids-limit '' box true
	is "$(resources c)" "$(resources a)"
}

@test "defaults of rl.conf, and flags instead of them" {
	mkdir -p "$T/conf/rl"
	export XDG_CONFIG_HOME=$T/conf
	cat >"$T/conf/rl/rl.conf" <<-END
		[containers]
		pids_limit = 77
		cgroups = "no-conmon"
		cgroupns = "host"
		cgroup_conf = ["memory.high=60000000", "cpu.idle=1"]
	END
	rl create --name a box true
	is "$(resources a)" '{"pids": {"implied": true, "limit": 77}, "unified": {"cpu.idle": "1", "memory.high": "60000000"}}'
	is "$(host a Cgroups) $(host a CgroupMode) $(host a PidsLimit)" "no-conmon host 77"
	rl create --name b --pids-limit 5 --cgroups enabled --cgroupns private --cgroup-conf memory.high=70000000 box true
	is "$(resources b)" '{"pids": {"limit": 5}, "unified": {"cpu.idle": "1", "memory.high": "70000000"}}'
	is "$(host b Cgroups) $(host b CgroupMode)" "default private"
	rl create --name p --cgroup-parent /x box true
	is "$(host p Cgroups)" default
	echo 'containers.pids_limit = 0' >"$T/conf/rl/rl.conf"
	rl create --name c box true
	is "$(host c PidsLimit)" -1
	echo 'containers.pids_limit = "9"' >"$T/conf/rl/rl.conf"
	refused 'pids_limit is not a number' rl create box true
	echo 'containers.cgroups = "none"' >"$T/conf/rl/rl.conf"
	refused_with_hint "'none' is not known" rl create box true
}

@test "what makes no sense is refused with one line and a remedy, and nothing is made" {
	refused_with_hint 'not enough' rl create -m 4m box true
	refused_with_hint 'not a size' rl create -m 64q box true
	refused_with_hint 'less than' rl create -m 64m --memory-swap 32m box true
	refused_with_hint 'without --memory' rl create --memory-swap 32m box true
	refused_with_hint '--memory-reservation' rl create -m 64m --memory-reservation 65m box true
	refused_with_hint 'exclude each other' rl create --cpus 1 --cpu-quota 10000 box true
	refused_with_hint 'out of range' rl create --cpu-period 5 box true
	refused_with_hint 'out of range' rl create --cpu-shares 1 box true
	refused_with_hint 'not a list' rl create --cpuset-cpus 1- box true
	refused_with_hint 'not a whole number' rl create --pids-limit many box true
	refused_with_hint 'not a weight' rl create --blkio-weight 5 box true
	refused_with_hint 'not a block device' rl create --device-read-bps /dev/null:1m box true
	refused_with_hint 'FILE=VALUE' rl create --cgroup-conf memory.high box true
	refused_with_hint 'not a file that limits' rl create --cgroup-conf cgroup.kill=1 box true
	refused_with_hint 'not a file that limits' rl create --cgroup-conf ../memory.max=1 box true
	refused_with_hint 'not enough' rl sandbox -m 4m "$T" -- true
	refused 'memory-swappiness' rl create --memory-swappiness 5 box true
	is "$(rl ps -aq)" ""
}

@test "update changes what is written down of several containers, and says so in an event" {
	rl create --name a -m 64m box true
	rl create --name b --pids-limit 5 box true
	is "$(rl update -m 128m --cpus .5 a b | wc -l)" 2
	is "$(host a Memory) $(host a MemorySwap) $(host a NanoCpus)" "134217728 268435456 500000000"
	is "$(host b Memory) $(host b PidsLimit)" "134217728 5"
	is "$(rl events --filter event=update --format '{{.Name}}' --stream=false | sort | xargs)" "a b"
	rl update -m 0 --cpus 0 a
	is "$(host a Memory) $(host a CpuQuota)" "0 -1"
	rl update --cpuset-cpus 0 --cpuset-mems 0 a
	# nothing said is nothing changed
	rl update --cpuset-cpus '' --cpus 1 a
	is "$(host a CpusetCpus) $(host a CpusetMems)" "0 0"
	rl update --cpuset-cpus -1 a
	is "$(host a CpusetCpus) $(host a CpusetMems)" " 0"
	refused_with_hint 'less than' rl update --memory-swap 64m b
	is "$(host b MemorySwap)" 268435456
	refused_with_hint 'not enough' rl update -m 1m a
}

@test "update changes variables and resource limits of the next start" {
	rl create --name a --network none -e OLD=1 -e GONE=2 --ulimit nofile=100:200 box sh -c 'echo $OLD $GONE $NEW; ulimit -n; ulimit -c'
	rl update -e OLD=3 -e NEW=4 --unsetenv GONE --ulimit nofile=50:60 --ulimit core=0 a
	is "$(rl start -a a | xargs)" "3 4 50 0"
	refused_with_hint 'unknown limit' rl update --ulimit frob=1 a
}

@test "an update that fails changes nothing of what it was to change" {
	rl create --name a --restart on-failure:3 --health-cmd true --health-interval 30s -m 64m -e A=1 box true
	refused 'interval' rl update --restart always --health-interval 1q -m 128m -e A=2 a
	refused 'less than' rl update --restart always --health-interval 5s --memory-swap 1m -e A=2 a
	is "$(host a RestartPolicy.Name) $(host a RestartPolicy.MaximumRetryCount) $(host a Memory)" "on-failure 3 67108864"
	is "$(rl inspect --format '{{.Config.Healthcheck.Interval}}' a)" 30s
	like "$(rl inspect --format '{{.Config.Env}}' a)" 'A=1'
	# a monitor that cannot be told, when all is written down
	rl run -d --name b --network none box sleep 1000 >/dev/null
	local sock deaf
	sock=$RL_RUNROOT/containers/$(rl inspect --format '{{.Id}}' b)/ctl.sock
	mv "$sock" "$sock.away"
	(cd "${sock%/*}" && exec python3 -c 'import socket
s = socket.socket(socket.AF_UNIX)
s.bind("ctl.sock")
s.listen()
while True:
    s.accept()[0].close()') 3>&- &
	deaf=$!
	eventually 10 test -S "$sock"
	refused 'does not answer' rl update --restart always --ulimit core=7 -e A=9 b
	kill "$deaf"
	mv "$sock.away" "$sock"
	is "$(host b RestartPolicy.Name)" no
	unlike "$(rl inspect --format '{{.Config.Env}} {{.HostConfig.Ulimits}}' b)" 'A=9|CORE'
	rl update --restart on-failure b
	is "$(host b RestartPolicy.Name)" on-failure
	is "$(rl events --filter event=update --filter "container=$(rl inspect --format '{{.Id}}' a)" --stream=false)" ""
}

@test "a clone has the limits of the other one, but for those that are given" {
	rl create --name a -m 64m --cpus 1 box true
	rl container clone -m 32m a b >/dev/null
	is "$(host b Memory) $(host b MemorySwap) $(host b NanoCpus)" "33554432 67108864 1000000000"
	is "$(host a Memory)" 67108864
	refused_with_hint 'not enough' rl container clone -m 32k a c
	no_container c
}

@test "where there is no cgroup a limit is refused with the reason, and the default is not missed" {
	[ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ] || skip "machine: containers have cgroups here"
	rl run -d --name a --network none box sleep 1000 >/dev/null
	is "$(host a PidsLimit)" 0
	refused_with_hint "memory cannot be limited: " rl run --rm --network none -m 64m box true
	refused_with_hint "number of processes cannot be limited: " rl run --rm --network none --pids-limit 100 box true
	refused_with_hint "processor time cannot be limited: " rl run --rm --network none --cpus 1 box true
	is "$(rl run --rm --network none --pids-limit -1 -m 0 --cpus 0 box echo free)" free
	# what runs cannot be limited either, and is not written down
	refused_with_hint "memory cannot be limited: " rl update -m 64m a
	is "$(host a Memory)" 0
	refused_with_hint "memory cannot be limited: " rl update --restart always -e A=1 -m 64m a
	is "$(host a RestartPolicy.Name)" no
	rl update -m 0 a
}
