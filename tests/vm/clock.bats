# The machine's clock is set while containers run: what is measured goes on as if nothing had been
load lib

setup_file() {
	linger u1 on
	login u1 rl import -q /job/box.tar box
}

teardown_file() {
	login u1 rl rm -fa -t 0
	no_session u1
}

u1() {
	login u1 "$@" </dev/null
}

# set_clock SECONDS - by so many
set_clock() {
	date -s "@$(($(date +%s) + $1))" >/dev/null
}

# of NAME FILE - how many lines a container has written there
of() {
	u1 rl exec "$1" sh -c "wc -l <$2"
}

checked_more_than() {
	[ "$(of h /n)" -gt "$1" ]
}

restarted_more_than() {
	[ "$(u1 rl inspect --format '{{.RestartCount}}' r)" -gt "$1" ]
}

@test "forward and back by hours: --timeout, health checks, restarts and stop keep their time, ps tells how long" {
	local by before begun ready checks restarts took
	begun=$(uptime_ms)
	u1 rl run -d --name t --timeout 60 --network none box sleep 1000
	ready=$(uptime_ms)
	{ u1 rl wait t && uptime_ms >"$BATS_TEST_TMPDIR/t"; } >/dev/null 2>&1 3>&- &
	# in one login: a container for each thing that the monitor measures
	u1 sh -ec 'rl run -d --name h --health-cmd "echo >>/n" --health-interval 3s --network none box sleep 1000
		rl run -d --name r --restart always --network none box sleep 1
		rl run -d --name s --network none box sh -c "trap \"\" TERM; while :; do sleep 1; done"'
	for by in 18000 -36000; do
		eventually 60 checked_more_than 0
		set_clock $by
		before=$(uptime_ms) checks=$(of h /n) restarts=$(u1 rl inspect --format '{{.RestartCount}}' r)
		# each goes on
		eventually 60 checked_more_than "$checks"
		eventually 60 restarted_more_than "$restarts"
		u1 rl ps -a --format '{{.Names}} {{.Status}}' >"$BATS_TEST_TMPDIR/ps"
		cat "$BATS_TEST_TMPDIR/ps"
		[[ "$(grep ^h "$BATS_TEST_TMPDIR/ps")" =~ ^h\ Up\ ([0-9]+\ seconds?|About\ a\ minute|[0-9]\ minutes)\ \(healthy\)$ ]]
		# and none makes up for the hours
		checks=$(($(of h /n) - checks))
		restarts=$(($(u1 rl inspect --format '{{.RestartCount}}' r) - restarts))
		took=$((($(uptime_ms) - before) / 1000))
		echo "$checks checks, $restarts restarts in $took s"
		[ "$checks" -le $((took / 3 + 2)) ]
		[ "$restarts" -le $((took + 2)) ]
	done
	before=$(uptime_ms)
	u1 rl stop -t 3 s
	took=$(($(uptime_ms) - before))
	echo "stop: $took ms"
	[ "$took" -ge 3000 ] && [ "$took" -le 20000 ]
	eventually 120 test -s "$BATS_TEST_TMPDIR/t"
	took=$(cat "$BATS_TEST_TMPDIR/t")
	echo "--timeout: $((took - begun)) ms, $((took - ready)) since the container was there"
	[ $((took - begun)) -ge 60000 ]
	[ $((took - ready)) -le 85000 ]
	set_clock 18000
}
