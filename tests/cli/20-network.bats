#!/usr/bin/env bats
# slirp4netns, host, none, container:NAME; ports; hosts and resolv.conf
# lanes: user root
load lib

host_echo() { # a service on the host's loopback; sets HOST_PORT
	HOST_PORT=$(free_port)
	"$RL_T_HELPERS/probe" echo tcp 127.0.0.1 "$HOST_PORT" 3>&- &
	HOST_PID=$!
	eventually 5 "$RL_T_HELPERS/probe" ask tcp 127.0.0.1 "$HOST_PORT" x
}

ask() { # PROTO PORT TEXT
	"$RL_T_HELPERS/probe" ask "$1" 127.0.0.1 "$2" "$3"
}

@test "none: only loopback" {
	is "$(box box sh -c 'ls /sys/class/net | tr "\n" " "')" 'lo '
	exits 0 box box ping -c 1 -W 1 127.0.0.1 || exits 0 box box sh -c 'ip addr show lo | grep -q 127.0.0.1'
}

@test "slirp4netns is the default: an address, a route, a resolver" {
	exits 0 rl run --rm box sh -c 'ip -4 addr show; ip route; cat /etc/resolv.conf'
	like "$output" 'inet 10\.0\.2\.'
	like "$output" 'default via 10\.0\.2\.2'
	like "$output" 'nameserver '
}

@test "published TCP and UDP ports" {
	local tcp udp
	tcp=$(free_port)
	udp=$(free_port)
	rl run -d --name web -p "$tcp:80" -p "127.0.0.1:$udp:5353/udp" box \
		sh -c 'probe echo udp 0.0.0.0 5353 & exec probe echo tcp 0.0.0.0 80' >/dev/null
	eventually 5 ask tcp "$tcp" hello
	is "$(ask tcp "$tcp" hello)" 'echo:hello'
	is "$(ask udp "$udp" there)" 'echo:there'
	like "$(rl ps --format '{{.Ports}}')" "$tcp->80/tcp"
	like "$(rl ps --format '{{.Ports}}')" "127.0.0.1:$udp->5353/udp"
	refused "$tcp" rl run --rm -p "$tcp:80" box true
	rl stop -t 0 web >/dev/null
	run ! ask tcp "$tcp" hello
	rl start web >/dev/null
	eventually 5 ask tcp "$tcp" again
	rl rm -f -t 0 web
}

@test "a published port is free again at once, and a random one is chosen" {
	local port
	port=$(free_port)
	for _ in 1 2 3; do
		rl run --rm -p "$port:80" box true
	done
	rl run -d --name random -p 80 box probe echo tcp 0.0.0.0 80 >/dev/null
	port=$(rl ps --format '{{.Ports}}' | sed -n 's/.*:\([0-9]*\)->80.*/\1/p')
	eventually 5 ask tcp "$port" x
}

@test "one port of a range" {
	local first
	first=$(free_port)
	rl run -d --name a -p "$first-$((first + 1)):80" box probe echo tcp 0.0.0.0 80 >/dev/null
	rl run -d --name b -p "$first-$((first + 1)):80" box probe echo tcp 0.0.0.0 80 >/dev/null
	is "$(rl inspect --format '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' a)" "$first"
	is "$(rl inspect --format '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' b)" $((first + 1))
	is "$(rl inspect --format '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}' b)" "$first-$((first + 1))"
	eventually 5 ask tcp $((first + 1)) x
	refused_with_hint "one of the ports $first-$((first + 1))" rl run --rm -p "$first-$((first + 1)):80" box true
	# two of one range in one container
	rl rm -f -t 0 a b >/dev/null
	rl run -d --name c -p "$first-$((first + 1)):80" -p "$first-$((first + 1)):81" box sleep 100 >/dev/null
	like "$(rl ps --format '{{.Ports}}')" "$first.*$((first + 1))"
}

@test "bad port arguments" {
	local bad
	for bad in 0:0 99999:80 80:99999 a:b 80:80/icmp 1-3:1-2 '300.1.1.1:80:80' ''; do
		refused . rl create -p "$bad" box true
	done
	[ "$(</proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] && [ "$(id -u)" != 0 ] || return 0
	refused_with_hint . rl run --rm -p 80:80 box true
}

@test "the host's loopback cannot be reached through the gateway" {
	host_echo
	run -1 rl run --rm box probe ask tcp 10.0.2.2 "$HOST_PORT" x
	run -1 rl run --rm box probe ask tcp 127.0.0.1 "$HOST_PORT" x
	kill "$HOST_PID"
}

@test "host network reaches it" {
	host_echo
	is "$(rl run --rm --network host box probe ask tcp 127.0.0.1 "$HOST_PORT" x)" 'echo:x'
	kill "$HOST_PID"
}

@test "container:NAME shares addresses and ports" {
	rl run -d --name server --network none box probe echo tcp 127.0.0.1 7777 >/dev/null
	eventually 5 rl run --rm --network container:server box probe ask tcp 127.0.0.1 7777 x
	is "$(rl run --rm --network container:server box probe ask tcp 127.0.0.1 7777 x)" 'echo:x'
}

@test "/etc/hosts, /etc/resolv.conf and /etc/hostname" {
	exits 0 rl run --rm --name named --hostname hosty --add-host extra:10.1.2.3 --dns 192.0.2.53 --dns-search example.org \
		--dns-option ndots:3 box cat /etc/hosts /etc/resolv.conf /etc/hostname
	like "$output" '127\.0\.0\.1[[:space:]]+localhost'
	like "$output" '10\.1\.2\.3[[:space:]]+extra'
	like "$output" 'hosty'
	like "$output" 'nameserver 192\.0\.2\.53'
	like "$output" 'search example\.org'
	like "$output" 'options ndots:3'
	is "$(rl run --rm --network none --hostname alone box sh -c 'ping -c 1 -W 1 alone >/dev/null; grep -c alone /etc/hosts')" 1
	refused . rl run --rm --add-host nocolon box true
	refused . rl run --rm --dns not-an-address box true
	is "$(rl run --rm --network host box cat /etc/resolv.conf | grep nameserver)" "$(grep nameserver /etc/resolv.conf)"
}

@test "unknown networks are refused with the known ones" {
	refused 'frob' rl run --rm --network frob box true
	like "$stderr" 'slirp4netns'
}

@test "slirp4netns options" {
	like "$(rl run --rm --network slirp4netns:mtu=1400 box ip link show)" 'mtu 1400'
	like "$(rl run --rm --network slirp4netns:cidr=10.9.8.0/24 box ip -4 addr)" 'inet 10\.9\.8\.'
	refused 'frob' rl run --rm --network slirp4netns:frob=1 box true
	host_echo
	is "$(rl run --rm --network slirp4netns:allow_host_loopback=true box probe ask tcp 10.0.2.2 "$HOST_PORT" x)" 'echo:x'
	kill "$HOST_PID"
}

@test "the helper ends with its container" {
	local pid
	rl run -d --name h box sleep 100 >/dev/null
	pid=$(pgrep -n -u "$(id -u)" slirp4netns)
	rl rm -f -t 0 h
	eventually 3 ended "$pid"
}

# KiB that only this process holds
private() {
	awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

idles_below() { # KIB PID
	[ "$(private "$2")" -lt "$1" ]
}

@test "an idle slirp4netns gives memory back" {
	local monitor slirp
	rl run -d --name idle box sleep 1000 >/dev/null
	monitor=$(sed -n 's/.*"monitor": *\([0-9]*\).*/\1/p' "$RL_RUNROOT"/containers/*/state.json)
	slirp=$(pgrep -P "$monitor" slirp4netns)
	eventually 15 idles_below 800 "$slirp"
	# and works on
	exits 0 rl exec idle ping -c 1 -W 2 10.0.2.2 || exits 0 rl exec idle sh -c 'ip route | grep -q 10.0.2.2'
	rl rm -f -t 0 idle >/dev/null
}

@test "as root on shared mounts: what slirp4netns unmounts in its sandbox stays for the others" {
	[ "$(id -u)" = 0 ] || return 0
	# shellcheck disable=SC2016
	exits 0 unshare --mount bash -ec '
		mount --make-rprivate /
		mount --make-rshared /
		mounts() { cut -d" " -f5 /proc/self/mountinfo | sort; }
		before=$(mounts)
		grep -qx /sys/fs/cgroup <<<"$before"
		"$RL" run -d --name c --network slirp4netns box sleep 1000 >/dev/null
		"$RL" exec c true
		during=$(mounts)
		"$RL" rm -f -t 0 c >/dev/null
		diff <(echo "$before") <(echo "$during")
		diff <(echo "$before") <(mounts)'
	is "$output" ''
}
