#!/usr/bin/env bats
# coming and going: attach, detach, closed pipes
load lib

teardown() {
	term_end
	t_clean
}

@test "attach makes the program draw its screen again, though the size is the same" {
	rl run -dit --name d --network none box sh -c 'trap "echo drawn; stty size" WINCH; while :; do read x; done' >/dev/null
	term_start "'$RL' attach d; sleep 100" 71 22
	term_shows '22 71'
	term_end
	term_start "'$RL' attach d; sleep 100" 71 22
	term_shows '22 71'
}

@test "after detaching the prompt begins a line" {
	term_start "'$RL' run -it --name d --network none box sh -c 'printf unfinished; sleep 100'; echo back \$?; sleep 100"
	term_shows 'unfinished'
	term_keys C-p
	term_keys C-q
	term_shows '^back 0'
}

@test "the first of the detach keys alone is input, at the latest with the next key" {
	term_start "'$RL' run -it --name d --network none box sh -c 'stty raw -echo; dd bs=1 count=3 2>/dev/null | od -An -tx1; stty sane'; echo end; sleep 100"
	sleep 0.5
	term_keys C-p
	term_keys x
	term_keys y
	term_shows '10 78 79'
}

@test "exec: what was typed before the detach keys arrives" {
	rl run -d --name e --network none box sleep 1000 >/dev/null
	term_start "'$RL' exec -it e sh; echo back \$?; sleep 100"
	term_shows '# *$'
	term_keys 'echo x >/mark' Enter C-p C-q
	term_shows '^back 0'
	eventually 5 rl exec e test -s /mark
}

@test "exec: the window size follows" {
	rl run -d --name e --network none box sleep 1000 >/dev/null
	term_start "'$RL' exec -it e sh; sleep 100" 80 24
	term_shows '# *$'
	tmux -S "$TMUX_SOCK" resize-window -x 63 -y 19
	sleep 0.2
	term_keys 'probe winsize' Enter
	term_shows '19 63'
}

@test "run --rm ends when nobody reads its output any more, quietly" {
	run bash -c 'set -o pipefail; "$RL" run --rm --name y --network none box sh -c "while :; do echo y; done" 2>"$1" | head -1' _ "$T/stderr"
	is "$output" y
	is "$status" 141
	is "$(cat "$T/stderr")" ''
	is "$(rl ps -aq)" ''
}

@test "a container that is not to be removed goes on without a reader, and that is said" {
	run bash -c 'set -o pipefail; "$RL" run --name y --network none box sh -c "while :; do echo y; sleep 0.01; done" 2>"$1" | head -1' _ "$T/stderr"
	is "$status" 125
	like "$(cat "$T/stderr")" 'the container goes on'
	is "$(state y)" running
	rl rm -f y >/dev/null
}

@test "two attached terminals see and type into the same" {
	rl run -dit --name d --network none box sh >/dev/null
	term_start "'$RL' attach d; sleep 100"
	tmux -S "$TMUX_SOCK" split-window "'$RL' attach d; sleep 100"
	sleep 0.3
	term_keys 'echo both $((40 + 2))' Enter
	term_shows 'both 42'
	tmux -S "$TMUX_SOCK" select-pane -U
	term_shows 'both 42'
}
