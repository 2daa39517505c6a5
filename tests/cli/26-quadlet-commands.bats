#!/usr/bin/env bats
# quadlet install, list, print and rm; systemctl is a script that writes down what it was told
# lanes: user
load lib

setup() {
	export XDG_CONFIG_HOME=$T/config PATH=$T/bin:$PATH
	unset QUADLET_UNIT_DIRS
	SHELF=$T/config/rl/systemd
	remove "$T/config" "$T/bin" "$T/src"
	mkdir -p "$T/bin" "$T/src" "$T/config"
	cat >"$T/bin/systemctl" <<-'END'
		#!/bin/sh
		echo "$*" >>"$T/bin/log"
		case $2 in
		show)
			while [ "$1" != -- ]; do shift; done
			shift
			for unit; do
				case $unit in
				up.service) printf 'LoadState=loaded\nActiveState=active\nSubState=running\n\n' ;;
				down.service) printf 'LoadState=loaded\nActiveState=inactive\nSubState=dead\n\n' ;;
				*) printf 'LoadState=not-found\nActiveState=inactive\nSubState=dead\n\n' ;;
				esac
			done
			;;
		daemon-reload) [ ! -e "$T/bin/broken" ] || { echo 'no bus' >&2; exit 1; } ;;
		esac
	END
	chmod +x "$T/bin/systemctl"
}

src() { # NAME, content on standard input
	mkdir -p "$(dirname "$T/src/$1")"
	cat >"$T/src/$1"
}

container() { # NAME...
	local name
	for name; do src "$name.container" <<<$'# a comment\n[Container]\nImage=box'; done
}

@test "one file: installed, listed, printed, removed; systemd is told" {
	container up down
	is "$(rl quadlet install "$T/src/up.container")" "$SHELF/up.container"
	is "$(cat "$T/bin/log")" '--user daemon-reload'
	is "$(cat "$SHELF/up.container")" "$(cat "$T/src/up.container")"
	is "$(rl quadlet print up.container)" "$(cat "$T/src/up.container")"
	is "$(rl quadlet cat up.container)" "$(cat "$T/src/up.container")"
	rl quadlet install --reload-systemd=false "$T/src/down.container"
	is "$(wc -l <"$T/bin/log")" 1
	is "$(rl quadlet list --format '{{.Name}} {{.UnitName}} {{.Path}} {{.Status}}.{{.App}}{{.Pod}}')" \
		"down.container down.service $SHELF/down.container inactive/dead.
up.container up.service $SHELF/up.container active/running."
	like "$(rl quadlet ls | head -1)" '^NAME +UNIT NAME +PATH ON DISK +STATUS +APPLICATION +POD$'
	is "$(rl quadlet list -n | wc -l)" 2
	# what runs stays, unless it is stopped
	refused_with_hint 'up.service is running' rl quadlet rm up.container
	is "$(rl quadlet rm down.container)" down.container
	is "$(rl quadlet rm -f up.container)" up.container
	is "$(tail -2 "$T/bin/log")" $'--user stop -- up.service\n--user daemon-reload'
	is "$(ls -A "$SHELF")" ''
	refused 'no quadlet or application up.container' rl quadlet rm up.container
	exits 0 rl quadlet rm -i up.container
	refused_with_hint 'no quadlet up.container' rl quadlet print up.container
	refused_with_hint 'no quadlet is named' rl quadlet rm
}

@test "nothing is replaced by accident, and nothing wrong is installed" {
	container a
	rl quadlet install "$T/src/a.container" >/dev/null
	src a.container <<<$'[Container]\nImage=other'
	refused_with_hint 'there is a quadlet a.container' rl quadlet install "$T/src/a.container"
	like "$(cat "$SHELF/a.container")" 'Image=box'
	rl quadlet install -r "$T/src/a.container" >/dev/null
	like "$(cat "$SHELF/a.container")" 'Image=other'
	# one that is elsewhere would hide it, or be hidden
	mkdir -p "$SHELF/sub"
	cp "$T/src/a.container" "$SHELF/sub/b.container"
	container b
	refused_with_hint 'somewhere else' rl quadlet install -r "$T/src/b.container"
	src wrong.container <<<$'[Container]\nImage=box\nImag=x'
	refused 'wrong.container: unknown key Imag=' rl quadlet install "$T/src/wrong.container"
	src text.txt <<<x
	refused 'is no quadlet' rl quadlet install "$T/src/text.txt"
	refused_with_hint 'download it' rl quadlet install https://localhost/a.container
	refused 'No such file' rl quadlet install "$T/src/none.container"
	is "$(cd "$SHELF" && find . -type f | sort | xargs)" './a.container ./sub/b.container'
	# what cannot be told is said
	touch "$T/bin/broken"
	container c
	exits 125 rl quadlet install "$T/src/c.container"
	like "$stderr" 'systemd has not read them: systemctl daemon-reload: no bus'
	[ -e "$SHELF/c.container" ]
}

@test "an application: a directory, a file with what it needs, a file of several" {
	src app/web.container <<<$'[Container]\nImage=box\nVolume=data.volume:/d\nEnvironmentFile=web.env'
	src app/data.volume <<<'[Volume]'
	src app/web.env <<<'A=1'
	is "$(rl quadlet install "$T/src/app/")" "$SHELF/app/data.volume
$SHELF/app/web.container"
	[ -e "$SHELF/app/web.env" ]
	container solo
	src solo.conf <<<'x'
	rl quadlet install "$T/src/solo.container" "$T/src/solo.conf" >/dev/null
	cat >"$T/src/many.quadlets" <<-END
		# FileName=one
		[Container]
		Image=box
		---
		# FileName=two
		[Volume]
		---
	END
	is "$(rl quadlet install "$T/src/many.quadlets")" "$SHELF/many/one.container
$SHELF/many/two.volume"
	is "$(rl quadlet list -n --format '{{.Name}}={{.App}}' | sort | xargs)" \
		'data.volume=app one.container=many solo.container=solo two.volume=many web.container=app'
	is "$(rl quadlet list -n --format '{{.Name}}' --filter 'name=*.volume' | sort | xargs)" 'data.volume two.volume'
	is "$(rl quadlet list -n --format '{{.Name}}' --filter status=active/running)" ''
	refused_with_hint 'not known' rl quadlet list --filter frob=1
	# replaced as a whole
	rm "$T/src/app/web.env"
	src app/web.container <<<$'[Container]\nImage=box'
	refused_with_hint 'there is an application app' rl quadlet install "$T/src/app"
	rl quadlet install -r "$T/src/app" >/dev/null
	[ ! -e "$SHELF/app/web.env" ]
	# one of it is all of it, but not what somebody else put there
	touch "$SHELF/many/mine"
	is "$(rl quadlet rm one.container | xargs)" 'one.container two.volume'
	is "$(ls -A "$SHELF/many")" mine
	refused 'is no application' rl quadlet install -r "$T/src/many.quadlets"
	is "$(rl quadlet rm .solo.app)" solo.container
	is "$(rl quadlet rm --all | sort | xargs)" 'data.volume web.container'
	is "$(ls -A "$SHELF")" many
	# names that lead elsewhere
	printf '# FileName=../x\n[Container]\nImage=box\n' >"$T/src/bad.quadlets"
	refused 'is not a name' rl quadlet install "$T/src/bad.quadlets"
	refused 'no quadlet or application' rl quadlet rm ../../src
	printf '[Container]\nImage=box\n' >"$T/src/bad.quadlets"
	refused_with_hint 'has no name' rl quadlet install "$T/src/bad.quadlets"
	is "$(find "$T/config" -name 'x.*')" ''
}
