# shellcheck shell=bash
# What the tests of the machine load: they run as its root, and this is how they log in as one of its users.

# login USER COMMAND [ARG...] - a real login, with a session of logind and what PAM sets: RL_VM_LOGIN says which
#
# kept (a session by ssh that stays open until no_session: a login takes two seconds), ssh, su (a session by pam_systemd, as from a
# console), machinectl; linger, which is no session but the user's manager, as units of the user's have it; sudo, which is neither.
login() {
	local user=$1 line kept=/run/vm-ssh-$1
	shift
	line=$(printf ' %q' "$@")
	case ${RL_VM_LOGIN:-kept} in
	kept)
		# what stays open must hold none of the caller's descriptors
		[ -S "$kept" ] || ssh -o BatchMode=yes -o ConnectTimeout=60 -MNf -S "$kept" "$user@localhost" </dev/null >/dev/null 2>&1 3>&-
		ssh -o BatchMode=yes -S "$kept" "$user@localhost" "$line"
		;;
	ssh) ssh -o BatchMode=yes -o ConnectTimeout=60 "$user@localhost" "$line" ;;
	sudo) sudo -n -H -u "$user" -- "$@" ;;
	su) su -l "$user" -c "$line" ;;
	machinectl) machinectl --quiet shell --uid="$user" .host /bin/bash -lc "$line" ;;
	linger)
		linger "$user" on
		systemd-run --quiet --user --machine="$user@.host" --wait --pipe --collect --working-directory="/home/$user" \
			/bin/bash -lc "$line"
		;;
	*) echo "login: what is $RL_VM_LOGIN?" >&2; return 2 ;;
	esac
}

# linger USER on|off - and wait until the user's manager is there, or, without a session, gone
linger() {
	local verb=enable-linger
	[ "$2" = on ] || verb=disable-linger
	loginctl "$verb" "$1" || return 1
	if [ "$2" = on ]; then
		eventually 60 test -S "/run/user/$(id -u "$1")/bus"
	fi
}

# no_session USER - end what the user's sessions and manager still run, and wait until logind has forgotten the user
no_session() {
	loginctl disable-linger "$1" 2>/dev/null || :
	loginctl terminate-user "$1" 2>/dev/null || :
	eventually 60 not loginctl show-user "$1" && eventually 20 not test -S "/run/vm-ssh-$1"
}

not() {
	! "$@"
}

# uptime_ms - the time since the machine's start, whatever its clock is set to; SECONDS goes by the clock
uptime_ms() {
	local up
	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}

# eventually SECONDS COMMAND... - until it succeeds
eventually() {
	local end=$(($(uptime_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(uptime_ms)" -lt "$end" ] || { echo "did not happen in time: $*" >&2; return 1; }
		sleep 0.1
	done
}
