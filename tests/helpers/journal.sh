#!/bin/sh
# journal.sh real|deaf COMMAND... - run a command, as root, in a mount namespace with a journal of its own: systemd's, or a socket
# that nobody reads
set -eu
if [ -z "${RL_T_JOURNAL:-}" ]; then
	RL_T_JOURNAL=1 exec unshare --mount --propagation private "$0" "$@"
fi
kind=$1
shift
mkdir -p /run/systemd
mount -t tmpfs -o mode=755 none /run/systemd
mkdir -p /run/systemd/journal
case $kind in
real)
	mount -t tmpfs -o mode=755 none /run/log 2>/dev/null || { mkdir -p /run/log && mount -t tmpfs -o mode=755 none /run/log; }
	mount -t tmpfs -o mode=755 none /var/log
	if [ ! -s /etc/machine-id ]; then
		echo 0123456789abcdef0123456789abcdef >/run/systemd/id
		mount --bind /run/systemd/id /etc/machine-id
	fi
	/lib/systemd/systemd-journald >/dev/null 2>&1 3>&- &
	;;
deaf)
	python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
time.sleep(600)' 3>&- &
	;;
esac
server=$!
trap 'kill $server' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ ! -S /run/systemd/journal/socket ] || break
	sleep 0.1
done
"$@"
