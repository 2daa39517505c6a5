#!/usr/bin/env bats
# units of systemd for containers
load lib

setup_file() {
	t_begin
}

# what systemd would execute: specifiers and "$$" replaced; the group of a service is only there in one
line() { # KEY
	sed -n "s/^$1=//p" <<<"$output" | sed "s,--cgroups=split,--cgroups=disabled,; s,%t,$T,; s,%n,u.service,; s,[\$][\$],\$,g; s,%%,%,g"
}

@test "a container that is there: its name or id, timeouts, other units, JSON, a file" {
	rl create --name web --network none --stop-timeout 7 box sh -c 'exit 3' >/dev/null
	local id
	id=$(rl inspect -f '{{.Id}}' web)
	exits 0 rl generate systemd web
	like "$output" "^# container-$id.service"
	is "$(line Restart)" on-failure
	is "$(line TimeoutStopSec)" 67
	exits 0 rl generate systemd --name --no-header --restart-policy always --restart-sec 4 --start-timeout 5 --stop-timeout 6 \
		--after a.service --requires b.service --wants c.service -e 'A=b c' web
	like "$output" '^\[Unit\]'
	is "$(line Restart)" always
	is "$(line RestartSec)" 4
	is "$(line TimeoutStartSec)" 5
	is "$(line TimeoutStopSec)" 66
	is "$(line After)" $'network-online.target\na.service'
	is "$(line Requires)" b.service
	is "$(line Environment)" '"A=b c"'
	# as systemd would do it
	exits 3 sh -c "$(line ExecStart)"
	exits 0 sh -c "$(line ExecStop)"
	exits 0 sh -c "$(line ExecStopPost)"
	exits 0 rl generate systemd --name --format json web
	python3 -c 'import json, sys; assert "[Service]" in json.loads(sys.argv[1])["container-web.service"]' "$output"
	cd "$T"
	exits 0 rl generate systemd --name --files --container-prefix c --separator _ web
	is "$output" "$T/c_web.service"
	like "$(<"$T/c_web.service")" '^# c_web.service'
	rl rm web >/dev/null
}

written() {
	[ "$(rl exec app wc -l /out)" = '1 /out' ]
}

@test "--new: the same container again at each start, and nothing left of it" {
	rl create --name app --network none -e 'X=a  b 5%' box sh -c 'env | grep ^X= >/out; exec sleep 1000' >/dev/null
	exits 0 rl generate systemd --new --name app
	is "$(line Type)" notify
	local pre start stop post
	pre=$(line ExecStartPre) start=$(line ExecStart) stop=$(line ExecStop) post=$(line ExecStopPost)
	for _ in 1 2; do
		exits 0 sh -c "$pre"
		exits 0 sh -c "$start"
		eventually 5 written
		is "$(rl exec app cat /out)" 'X=a  b 5%'
		is "$(rl inspect -f '{{.HostConfig.AutoRemove}}' app)" true
	done
	exits 0 sh -c "${stop/-t 10/-t 0}"
	exits 0 sh -c "$post"
	no_container app
	rl create --name app --network none box true >/dev/null
	exits 0 rl generate systemd --new --template --name app
	like "$output" '^# container-app@.service'
	rl rm app >/dev/null
}

@test "what cannot be" {
	refused 'no such container' rl generate systemd nosuch
	rl create --name c --network none --cidfile "$T/cid" box true >/dev/null
	refused_with_hint 'made with --cidfile' rl generate systemd --new c
	refused '--template needs --new' rl generate systemd --template c
	refused_with_hint 'never' rl generate systemd --restart-policy never c
	refused 'only json' rl generate systemd --format yaml c
	rl rm c >/dev/null
}
