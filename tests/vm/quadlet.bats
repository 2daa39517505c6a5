# Containers as services of the user's manager: unit files through the generator, and `generate systemd`
load lib

setup_file() {
	linger u1 on
	login u1 rl import /job/box.tar box
}

teardown_file() {
	login u1 rl rm -fa -t 0
	no_session u1
}

@test "a .container with a .volume: started and stopped by systemctl, restarted when it fails, its group that of the service" {
	run login u1 bash -ec '
		units=~/.config/rl/systemd
		mkdir -p $units
		printf "[Volume]\n" >$units/data.volume
		printf "%s\n" "[Container]" "Image=box" "Network=none" "Volume=data.volume:/data" "Exec=sh -c \"[ ! -e /data/second ] || exec sleep 1000; touch /data/second; sleep 3; exit 3\"" \
			"StopTimeout=1" "[Service]" "Restart=on-failure" "RestartSec=0" >$units/web.container
		printf "[Container]\nImage=box\nVolme=/a:/b\n" >$units/bad.container
		systemctl --user daemon-reload
		systemctl --user start web
		systemctl --user is-active web web data-volume || :
		rl inspect --format "{{.State.Status}} {{.HostConfig.AutoRemove}}" systemd-web
		pid=$(rl inspect --format "{{.State.Pid}}" systemd-web)
		grep -o "/web.service/.*" /proc/$pid/cgroup
		# the main process is the monitor, so systemd sees the container end
		[ "$(systemctl --user show -P MainPID web)" = "$(rl inspect --format "{{.State.ConmonPid}}" systemd-web)" ]
		for _ in $(seq 60); do [ "$(systemctl --user show -P NRestarts web)" != 1 ] || break; sleep 1; done
		for _ in $(seq 30); do rl exec systemd-web ls /data 2>/tmp/exec.err && break; sleep 1; done; cat /tmp/exec.err
		systemctl --user is-active web
		systemctl --user stop web
		systemctl --user is-failed web || :
		rl ps -aq
		rl volume ls -q
		systemctl --user start bad 2>&1 | grep -c "not found"'
	echo "$output"
	journalctl -b --no-pager -q _SYSTEMD_USER_UNIT=web.service + USER_UNIT=web.service | tail -n 20
	[ "$status" = 0 ]
	[[ "$output" == $'active\nactive\nactive\nrunning true\n/web.service/'*$'\nsecond\nactive\ninactive\nsystemd-data\n1' ]]
	journalctl -b --no-pager -q | grep -q 'bad.container: unknown key Volme= .*did you mean Volume='
}

@test "generate systemd: with a new container at each start, and with the one that is there" {
	run login u1 bash -ec '
		mkdir -p ~/.config/systemd/user
		cd ~/.config/systemd/user
		rl create --name gen --network none --stop-timeout 1 box sleep 1000 >/dev/null
		rl generate systemd --new --files --name gen >/dev/null
		rl rm gen >/dev/null
		systemctl --user daemon-reload
		systemctl --user start container-gen
		rl inspect --format "{{.State.Status}}" gen
		systemctl --user stop container-gen
		rl ps -aq
		rl create --name old --network none --stop-timeout 1 box sh -c "exit 3" >/dev/null
		rl generate systemd --files --name --restart-policy no old >/dev/null
		systemctl --user daemon-reload
		systemctl --user start container-old
		for _ in $(seq 60); do [ "$(systemctl --user show -P ActiveState container-old)" != failed ] || break; sleep 1; done
		systemctl --user show -P ExecMainStatus container-old'
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = $'running\n3' ]
}
