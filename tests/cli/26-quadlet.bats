#!/usr/bin/env bats
# the generator: where files are found, what overrides them, what is written for systemd
load lib

setup_file() {
	t_begin
	mkdir -p "$T/q" "$T/more"
}

setup() {
	remove "$T/q" "$T/more" "$T/out"
	mkdir -p "$T/q" "$T/more"
	export QUADLET_UNIT_DIRS=$T/q:$T/more
}

generate() {
	"$RL_T_BIN/rl-quadlet" "$T/out" "$T/early" "$T/late"
}

file() { # NAME, content on standard input
	mkdir -p "$(dirname "$T/q/$1")"
	cat >"$T/q/$1"
}

line() { # FILE KEY - its values
	sed -n "s/^$2=//p" "$T/out/$1"
}

@test "a container, run as its service does it" {
	file web.container <<-EOF
		[Container]
		Image=box
		Exec=sh -c "echo 'a  b' \$\$HOME; cat /data/f"
		Volume=./data:/data:ro
		Network=none
		CgroupsMode=disabled
		[Service]
		Type=oneshot
	EOF
	mkdir "$T/q/data"
	echo content >"$T/q/data/f"
	RL=$RL exits 0 generate
	is "$stderr" ''
	is "$(line web.service SourcePath)" "$T/q/web.container"
	# systemd replaces its specifiers and "$$"; the quoting is that of a shell here
	local command
	command=$(line web.service ExecStart | sed "s/%N/web/; s/[$][$]HOME/dollars/")
	exits 0 sh -c "$command"
	is "$output" $'a  b dollars\ncontent'
}

@test "links of [Install], instances of templates, and services that are written again" {
	file a.container <<-EOF
		[Container]
		Image=box
		[Install]
		Alias=b.service sub/c.service
		WantedBy=default.target
		RequiredBy=x.service
		UpheldBy=y.service
	EOF
	file t@.container <<-EOF
		[Container]
		Image=box
		[Install]
		WantedBy=default.target
		DefaultInstance=one
	EOF
	file u@.container <<-EOF
		[Container]
		Image=box
		[Install]
		WantedBy=default.target
	EOF
	exits 0 generate
	exits 0 generate
	is "$(readlink "$T/out/b.service")" a.service
	is "$(readlink "$T/out/sub/c.service")" ../a.service
	is "$(readlink "$T/out/default.target.wants/a.service")" ../a.service
	is "$(readlink "$T/out/x.service.requires/a.service")" ../a.service
	is "$(readlink "$T/out/y.service.upholds/a.service")" ../a.service
	is "$(readlink "$T/out/default.target.wants/t@one.service")" ../t@.service
	is "$(find "$T/out" -name 'u@*')" "$T/out/u@.service"
	file bad.container <<-EOF
		[Container]
		Image=box
		[Install]
		Alias=../../outside.service
	EOF
	exits 1 generate
	like "$stderr" 'bad.container: .*not a name below'
	[ ! -e "$T/outside.service" ]
}

@test "drop-ins: all directories of a name, the most special one wins" {
	file a-b@.container <<<$'[Container]\nImage=box'
	ln -s a-b@.container "$T/q/a-b@i.container"
	file container.d/10.conf <<<$'[Container]\nEnvironment=FROM=all\nEnvironment=ALL=1'
	file a-.container.d/10.conf <<<$'[Container]\nEnvironment=FROM=cut'
	file a-b@.container.d/20.conf <<<$'[Container]\nEnvironment=TEMPLATE=1'
	file a-b@i.container.d/10.conf <<<$'[Container]\nEnvironment=FROM=instance'
	file a-b@i.container.d/ignored.txt <<<$'rubbish'
	mkdir -p "$T/more/a-b@i.container.d"
	printf '[Container]\nHostName=more\n' >"$T/more/a-b@i.container.d/30.conf"
	exits 0 generate
	like "$(line a-b@i.service ExecStart)" ' --env FROM=instance --env TEMPLATE=1 --hostname more box$'
	like "$(line a-b@.service ExecStart)" ' --env FROM=cut --env TEMPLATE=1 box$'
}

@test "directories: below each other, the first one of a name wins, links in a circle" {
	file deep/er/x.container <<<$'[Container]\nImage=first'
	printf '[Container]\nImage=second\n' >"$T/more/x.container"
	printf '[Container]\nImage=third\n' >"$T/more/y.container"
	ln -s .. "$T/q/deep/circle"
	exits 0 generate
	is "$(ls "$T/out")" $'x.service\ny.service'
	like "$(line x.service ExecStart)" ' first$'
	# without the variable: those of the user
	unset QUADLET_UNIT_DIRS
	mkdir -p "$T/config/rl/systemd" "$T/run/rl/systemd"
	printf '[Container]\nImage=config\n' >"$T/config/rl/systemd/z.container"
	printf '[Container]\nImage=run\n' >"$T/run/rl/systemd/z.container"
	ln -sf "$RL_T_BIN/rl-quadlet" "$T/rl-user-generator"
	XDG_CONFIG_HOME=$T/config XDG_RUNTIME_DIR=$T/run exits 0 "$T/rl-user-generator" "$T/out"
	like "$(line z.service ExecStart)" ' run$'
	is "$(line z.service Wants)" rl-wait-network-online.service
	XDG_CONFIG_HOME=$T/config XDG_RUNTIME_DIR=$T exits 0 "$RL_T_BIN/rl-quadlet" --dryrun --user
	like "$output" '^---z.service---'
	like "$output" ' config$'
}

@test "what is wrong costs itself only, and is said with file, line and a hint" {
	file good.container <<<$'[Container]\nImage=box'
	file unknown.container <<<$'[Container]\nImage=box\nVolme=/a:/b'
	file syntax.container <<<$'[Container]\nImage=box\nrubbish'
	file missing.container <<<$'[Container]\nImage=box\nVolume=gone.volume:/a'
	head -c 3000000 /dev/zero >"$T/q/big.container"
	mkdir "$T/q/dir.container"
	exits 1 generate
	is "$(ls "$T/out")" good.service
	like "$stderr" 'unknown.container: unknown key Volme= in \[Container\] \(did you mean Volume=\?\)'
	like "$stderr" 'syntax.container:3: .rubbish. is not KEY=VALUE'
	like "$stderr" 'missing.container: there is no file gone.volume'
	like "$stderr" 'big.container: '
	is "$(printf '%s\n' "$stderr" | wc -l)" 5
	exits 2 "$RL_T_BIN/rl-quadlet"
	exits 2 "$RL_T_BIN/rl-quadlet" --nonsense
	# nothing to do, nothing made
	remove "$T/q" "$T/out"
	exits 0 generate
	[ ! -e "$T/out" ]
}
