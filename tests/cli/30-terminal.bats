#!/usr/bin/env bats
# a real terminal: tmux
load lib

teardown() {
	term_end
	t_clean
}

@test "an interactive shell: prompt, job control, exit code" {
	term_start "'$RL' run -it --rm --network none box sh; echo code \$?; sleep 100"
	term_shows '^/ # *$'
	term_keys 'tty; test -t 0 && echo is-a-tty' Enter
	term_shows '/dev/pts/0'
	term_shows 'is-a-tty'
	unlike "$(term_text)" 'job control'
	term_keys 'sleep 100' Enter
	sleep 0.3
	term_keys C-z
	term_shows 'Stopped'
	term_keys 'kill -KILL %1; sleep 0.3; jobs' Enter
	term_shows 'Killed'
	term_keys 'exit 3' Enter
	term_shows 'code 3'
}

@test "Ctrl-C ends the program in the container, not the shell" {
	term_start "'$RL' run -it --rm --network none box sh; echo code \$?; sleep 100"
	term_shows '^/ # *$'
	term_keys 'sleep 1000' Enter
	sleep 0.3
	term_keys C-c
	term_keys 'echo still $((40 + 2))' Enter
	term_shows 'still 42'
	term_keys C-d
	term_shows 'code'
}

@test "the window size is right at the start and follows" {
	term_start "'$RL' run -it --rm --network none box sh; sleep 100" 97 31
	term_shows '^/ # *$'
	term_keys 'probe winsize' Enter
	term_shows '31 97'
	tmux -S "$TMUX_SOCK" resize-window -x 66 -y 20
	sleep 0.2
	term_keys 'probe winsize' Enter
	term_shows '20 66'
}

@test "detach with the keys, attach again, and the shell is as it was" {
	term_start "'$RL' run -it --name d --network none box sh; echo back \$?; sleep 100"
	term_shows '^/ # *$'
	term_keys 'V=kept' Enter
	term_keys C-p
	term_keys C-q
	term_shows 'back 0'
	is "$(state d)" running
	term_end
	term_start "'$RL' attach d; echo left \$?; sleep 100"
	sleep 0.3
	term_keys 'echo value $V' Enter
	term_shows 'value kept'
	term_keys 'exit 5' Enter
	term_shows 'left 5'
}

@test "--detach-keys: others, and none" {
	term_start "'$RL' run -it --name d --detach-keys ctrl-x,x --network none box sh; echo back \$?; sleep 100"
	term_shows '^/ # *$'
	term_keys C-x
	term_keys x
	term_shows 'back 0'
	is "$(state d)" running
	refused 'frob' rl attach --detach-keys frob-x d
}

@test "exec -it" {
	rl run -d --name e --network none box sleep 1000 >/dev/null
	term_start "'$RL' exec -it e sh; echo code \$?; sleep 100" 90 25
	term_shows '^/ # *$'
	term_keys 'tty; probe winsize' Enter
	term_shows '25 90'
	term_shows '/dev/pts/'
	term_keys 'exit 6' Enter
	term_shows 'code 6'
	is "$(state e)" running
}

@test "the terminal is restored, also when rl is killed by a signal" {
	term_start "sh"
	term_keys "'$RL' run -it --name r --network none box sh" Enter
	term_shows '^/ # *$'
	pkill -TERM -f "$RL run -it --name r" || :
	sleep 0.5
	term_keys Enter
	term_keys 'stty -a | grep -o "[-]*echo " | head -1' Enter
	term_shows '^echo'
	rl rm -f -t 0 r >/dev/null
}

@test "the terminal goes away: the container stays" {
	term_start "'$RL' run -it --name h --network none box sh"
	term_shows '^/ # *$'
	term_end
	sleep 0.3
	is "$(state h)" running
}

@test "a container without -i has no input, and -t without a terminal says so" {
	is "$(echo x | rl run --rm --network none box sh -c 'cat | wc -c')" 0
	run rl run -t --rm --network none box sh -c 'test -t 1 && echo tty' </dev/null
	like "$output" 'tty|terminal'
}

@test "TIOCSTI and TIOCLINUX reach no terminal of the host" {
	term_start "'$RL' run -it --rm --network none box sh -c 'probe tiocsti; probe fds | head -3'; sleep 0.5; read -t 1 -n 1 x; echo queue=\"[\$x]\"; sleep 100"
	term_shows 'queue='
	term_shows 'queue=\[\]'
	unlike "$(term_text)" 'tioclinux ok|tioclinux_high ok'
	like "$(term_text)" '/dev/pts/0'
}

@test "a large paste into a cooked terminal program arrives exactly" {
	local n
	n=$(number 1000000 100000)
	head -c "$n" /dev/zero | tr '\0' 'a' | fold -w 100 >"$T/paste"
	rl run -d -it --name p --network none box sh -c 'stty -echo; cat >/tmp/got; exec sleep 1000' >/dev/null
	eventually 5 rl exec p test -e /tmp/got
	python3 - "$RL" "$T/paste" <<-'END'
		import os, pty, sys, time
		rl, paste = sys.argv[1:]
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(rl, [rl, "attach", "--detach-keys", "ctrl-x", "p"])
		os.set_blocking(fd, False)
		time.sleep(0.3)
		data = open(paste, "rb").read() + b"\n\x04"
		while data:
		    try:
		        data = data[os.write(fd, data[:512]):]
		    except BlockingIOError:
		        time.sleep(0.001)
		    try:
		        os.read(fd, 65536)
		    except BlockingIOError:
		        pass
		time.sleep(0.2)
		os.write(fd, b"\x18")
		os.waitpid(pid, 0)
	END
	eventually 20 bash -c '"$RL" exec p pidof sleep'
	is "$(rl exec p sha256sum /tmp/got | cut -c1-64)" "$( (cat "$T/paste"; echo) | sha256sum | cut -c1-64)"
}

@test "without -t, the host's terminal is no descriptor of the container" {
	rl run -d --name e --network none box sleep 1000 >/dev/null
	term_start "'$RL' run -i --rm --network none box probe fds </dev/tty; '$RL' exec -i e probe fds; '$RL' exec e probe fds; echo end; sleep 100"
	term_shows '^end'
	unlike "$(term_text)" '/dev/(pts|tty)'
}

@test "the terminal has its size before the first program asks" {
	local i
	for i in 1 2 3 4 5; do
		is "$(python3 - "$RL" <<-'END'
			import fcntl, pty, struct, subprocess, sys, termios
			master, slave = pty.openpty()
			fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 49, 72, 0, 0))
			sys.stdout.write(subprocess.run([sys.argv[1], "run", "--rm", "-it", "--network", "none", "box", "stty", "size"],
				stdin=slave, stdout=subprocess.PIPE, text=True).stdout)
		END
		)" '49 72'
	done
}
