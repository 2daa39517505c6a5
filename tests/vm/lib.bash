# shellcheck shell=bash
# What the tests of the machine load: they run as its root, and this is how they log in as one of its users.

# login USER COMMAND [ARG...] - a real login, with a session of logind and what PAM sets: RL_VM_LOGIN says which
#
# ssh, su (a session by pam_systemd, as from a console), machinectl; or linger, which is no session but the user's manager,
# as units of the user's have it.
login() {
	local user=$1 line
	shift
	line=$(printf ' %q' "$@")
	case ${RL_VM_LOGIN:-ssh} in
	ssh) ssh -o BatchMode=yes -o ConnectTimeout=60 "$user@localhost" "$line" ;;
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
	eventually 60 not loginctl show-user "$1"
}

not() {
	! "$@"
}

# eventually SECONDS COMMAND... - until it succeeds
eventually() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "did not happen in time: $*" >&2; return 1; }
		sleep 0.1
	done
}
