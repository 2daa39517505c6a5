# Profiles of AppArmor: the default one, one by name, and none
load lib

u1() {
	login u1 "$@" </dev/null
}

is() {
	[ "$1" = "$2" ] || { echo "expected: $2"; echo "got:      $1"; return 1; }
}

like() {
	[[ $1 =~ $2 ]] || { echo "expected to match: $2"; echo "got: $1"; return 1; }
}

setup_file() {
	linger u1 on
	sh tests/helpers/mkrootfs.sh /tmp/box.tar build/helpers/probe
	chmod 644 /tmp/box.tar
	u1 rl import -q /tmp/box.tar box >/dev/null
	ls /etc/apparmor.d/rl-default
}

teardown() {
	u1 rl rm -fa -t 0 >/dev/null
}

teardown_file() {
	no_session u1
	apparmor_parser -R /etc/apparmor.d/rl-default 2>/dev/null || :
}

@test "no profile is loaded: containers run without, one by name is an error, doctor says what to do" {
	run u1 bash -c 'rl run --rm --network none box cat /proc/self/attr/current
		rl run --rm --network none --security-opt apparmor=rl-default box true; echo $?
		rl run --rm --network none --security-opt apparmor=unconfined box true; echo $?
		rl doctor | grep -A1 AppArmor; rl info -f "{{.Host.Security.AppArmorEnabled}} {{.Host.Security.AppArmorProfile}}."'
	echo "$output"
	like "$output" '^unconfined'
	like "$output" 'AppArmor profile rl-default is not loaded.*apparmor_parser -r.*125.0.warn *AppArmor .*have no profile'
	like "$output" 'apparmor_parser -r /etc/apparmor.d/rl-default'
	like "$output" 'true .$'
}

@test "the default profile: on run, exec, health check and sandbox, with no-new-privileges and the host's processes; not with --privileged" {
	apparmor_parser -r /etc/apparmor.d/rl-default
	run u1 bash -c 'box() { rl run --rm --network none "$@"; }
		label() { cat /proc/$1/attr/apparmor/current; }
		a="cat /proc/self/attr/current"
		rl run -d --name c --network none --health-cmd "cat /proc/self/attr/current" --health-interval 1s box sleep 1000 >/dev/null 2>&1
		echo 1 $(label $(rl inspect -f "{{.State.Pid}}" c)) $(label $(rl inspect -f "{{.State.ConmonPid}}" c)) $(rl inspect -f "{{.AppArmorProfile}}" c)
		echo 2 $(rl exec c $a) $(rl exec --privileged -u 1 c $a)
		echo 3 $(box --security-opt no-new-privileges -u 1 box $a) $(box --pid host box $a)
		echo 4 $(box --privileged box $a) $(box --security-opt apparmor=unconfined box $a) $(box --cap-add SYS_ADMIN box $a)
		mkdir -p d; echo 5 $(rl sandbox d -- $a </dev/null)
		for p in rl-default unconfined; do
			echo 6 $(box --cap-add SYS_ADMIN --security-opt apparmor=$p box sh -c "mkdir /m; mount -t tmpfs none /m 2>/dev/null || echo refused; cat /proc/self/attr/current")
		done
		box box /nosuch; echo 7 $?
		rl healthcheck run c; rl inspect -f "8 {{range .State.Health.Log}}{{.Output}}{{end}}" c | head -1
		rl kill c >/dev/null; rl wait c
		rl info -f "9 {{.Host.Security.AppArmorProfile}}"'
	echo "$output"
	like "$output" '1 rl-default \(enforce\) unconfined rl-default'
	like "$output" '2 rl-default \(enforce\) rl-default \(enforce\)'
	like "$output" '3 rl-default \(enforce\) rl-default \(enforce\)'
	like "$output" '4 unconfined unconfined unconfined'
	like "$output" '5 rl-default \(enforce\)'
	like "$output" '6 refused rl-default .enforce..6 unconfined'
	like "$output" '7 127'
	like "$output" '8 rl-default \(enforce\)'
	like "$output" '137.*9 rl-default'
}

@test "a profile by name is enforced; one that is unloaded later is an error at the next start" {
	printf '%s\n' 'profile narrow flags=(attach_disconnected,mediate_deleted) {' '  file,' '  unix,' '  signal,' \
		'  deny /secret rw,' '}' >/etc/apparmor.d/narrow
	apparmor_parser -r /etc/apparmor.d/narrow
	run u1 bash -c 'rl create --name n --network none --security-opt apparmor=narrow box sh -c "echo x >/open && cat /open; echo x >/secret; cat /proc/self/attr/current" >/dev/null
		rl start -a n; rl inspect -f "{{.AppArmorProfile}}" n'
	echo "$output"
	# two streams, in no order
	like "$output" '(^|
)x
'
	like "$output" '/secret: Permission denied'
	like "$output" 'narrow .enforce.'
	like "$output" 'narrow$'
	apparmor_parser -R /etc/apparmor.d/narrow
	rm /etc/apparmor.d/narrow
	run u1 bash -c 'rl start -a n; echo $?; rl run --rm --network none --security-opt apparmor=narrow box true; echo $?'
	echo "$output"
	like "$output" 'profile narrow is not loaded.*125.*profile narrow is not loaded.*125'
}
