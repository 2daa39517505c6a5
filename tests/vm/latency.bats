# What a scope costs at a start, next to none and to podman, in one run; and how it looks.  A measurement: not in the selection
load lib

setup_file() {
	no_session u1
	login u1 sh -c 'rl import -q /job/box.tar box; podman import -q /job/box.tar box'
}

teardown_file() {
	login u1 rl rm -fa -t 0
	no_session u1
}

@test "run --rm --network none box true, by turns" {
	login u1 bash -c '
		measure() {
			local begun=$(date +%s%N)
			"${@:2}" run --rm --network none ${flags:-} box true 2>/tmp/latency.err || echo "#> failed: $* $(tail -n 1 /tmp/latency.err)"
			echo "$(($(date +%s%N) - begun))" >>"/tmp/latency.$1"
		}
		for i in $(seq 11); do
			measure scope rl
			flags=--cgroups=disabled measure none rl
			[ $i -gt 5 ] || measure podman podman
		done
		for what in scope none podman; do
			sort -n /tmp/latency.$what | awk -v w=$what "{ v[NR] = \$1 / 1e6 } END { printf \"#> %s: median %d ms of %d, least %d, most %d\n\", w, v[int((NR + 1) / 2)], NR, v[1], v[NR] }"
		done' >&3
}

@test "three containers of a user in systemd-cgls" {
	login u1 sh -c 'for i in 1 2 3; do rl run -d --name "c$i" box sleep 1000 >/dev/null 2>&1; done'
	systemd-cgls --xattr=no --cgroup-id=no "/user.slice/user-$(id -u u1).slice" | sed 's/^/#> /' >&3
}
