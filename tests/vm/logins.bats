# Every way into the machine: what a user of it meets first, and that containers start there with at most one message
load lib

setup_file() {
	# what a user does in each of them; the container stays
	cat >/tmp/way <<-'END'
		#!/bin/bash
		exec >"/tmp/way.$1" 2>&1
		name=w-$1
		rl image exists box || rl import -q /job/box.tar box >/dev/null
		echo "$(id -un) runtime=${XDG_RUNTIME_DIR:-} $(sed -n 's/^0:://p' /proc/self/cgroup)"
		rl run -d --name "$name" --network none box sleep 1000 2>&1 >/dev/null | wc -l
		rl inspect --format '{{.State.Status}} group={{.State.CgroupPath}}' "$name"
		rl exec "$name" echo inside
		echo end
	END
	chmod 755 /tmp/way
	no_session u1
}

teardown_file() {
	crontab -u u1 -r 2>/dev/null || :
	no_session u1
}

# came WAY CGROUP GROUP - wait for what the script says; the messages are counted, and the container runs
came() {
	eventually 60 grep -qx end "/tmp/way.$1"
	cat "/tmp/way.$1"
	mapfile -t said <"/tmp/way.$1"
	[[ "${said[0]}" =~ ^u1\ runtime=.*\ $2 ]]
	[ "${said[1]}" -le 1 ]
	[[ "${said[2]}" =~ ^running\ group=$3$ ]]
	[ "${said[3]}" = inside ]
}

scope="/user.slice/user-[0-9]+.slice/user@[0-9]+.service/user.slice/rl-[0-9a-f]{64}.scope/container"

@test "cron: no session, no manager; the container outlives the job, and who logs in later has it" {
	# such jobs are begun when the daemon starts
	printf 'PATH=/usr/local/bin:/usr/bin:/bin\n@reboot /tmp/way cron\n' | crontab -u u1 -
	rm -f /run/crond.reboot
	systemctl restart cron
	came cron /system.slice/cron.service ''
	[[ "${said[0]}" == *'runtime= '* ]]
	not loginctl show-user u1
	run login u1 sh -c 'rl ps --format "{{.Names}} {{.State}}"; rl start w-cron; rl exec w-cron echo again; rl stop -t 0 w-cron >/dev/null; rl rm w-cron'
	echo "$output"
	[ "$output" = $'w-cron running\nw-cron\nagain\nw-cron' ]
	no_session u1
}

@test "an older kernel than most: it mounts the layers itself, for a user, too" {
	[ "$(login u1 rl info --format '{{.Store.GraphDriverName}}')" = overlay ]
	login u1 sh -c "rl image exists box || rl import -q /job/box.tar box"
	[ "$(login u1 rl run --rm --network none box grep -c ' / / [^-]* - overlay ' /proc/self/mountinfo)" = 1 ]
}

@test "sudo -u: no session, no manager" {
	no_session u1
	RL_VM_LOGIN=sudo login u1 /tmp/way sudo
	came sudo /system.slice/ ''
	RL_VM_LOGIN=sudo login u1 rl rm -f -t 0 w-sudo
	not loginctl show-user u1
}

@test "ssh, su -, machinectl shell, lingering: a runtime directory, a bus, a place below the user's slice, a scope" {
	local way
	for way in ssh su machinectl linger; do
		RL_VM_LOGIN=$way login u1 /tmp/way $way
		came $way "/user.slice/user-$(id -u u1).slice/" "$scope"
		[[ "${said[0]}" == *"runtime=/run/user/$(id -u u1) "* ]]
	done
	RL_VM_LOGIN=linger login u1 sh -c 'test -S "${DBUS_SESSION_BUS_ADDRESS#unix:path=}" && rl rm -fa -t 0'
	# no session: the manager is found by the user's id
	RL_VM_LOGIN=sudo login u1 /tmp/way late
	came late /system.slice/ "$scope"
	RL_VM_LOGIN=sudo login u1 rl rm -fa -t 0
}
