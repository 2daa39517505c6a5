#!/bin/bash
# make demo: on a bare machine, from nothing to a container that an unprivileged user runs
set -eu
cd "$(dirname "$0")/../.."

say() {
	printf '\n\033[1m== %s\033[0m\n' "$*"
}

say 'Packages'
tests/helpers/deps.sh build run
echo 'all there'

say 'Build'
make --no-print-directory -s -j"$(nproc)" all
ls -l build/rl

# Root gives the stage to an ordinary user, made for the purpose and removed in the end.
work=$(mktemp -d /tmp/rl-demo.XXXXXX)
chmod 755 "$work"
install -m 755 build/rl build/rl-* "$work/"
tests/helpers/mkrootfs.sh "$work/busybox.tar"
chmod 644 "$work/busybox.tar"
made=''
finish() {
	as_user "$work/rl" rm -fa -t 0 >/dev/null 2>&1 || :
	as_user "$work/rl" rmi -fa >/dev/null 2>&1 || :
	if [ -n "$made" ]; then
		userdel -r "$made" 2>/dev/null || :
		rm -rf "$work" "/tmp/rl-run-$uid"
	else
		rm -rf "$work"
	fi
}
if [ "$(id -u)" = 0 ]; then
	made=rldemo$$
	useradd -m "$made"
	uid=$(id -u "$made")
	grep -q "^$made:" /etc/subuid ||
		usermod --add-subuids 2000000000-2000065535 --add-subgids 2000000000-2000065535 "$made"
	home=$(getent passwd "$made" | cut -d: -f6)
	# as udev leaves it where there is one
	for node in /dev/net/tun /dev/fuse; do
		[ ! -e $node ] || chmod 666 $node
	done
	as_user() {
		(cd / && exec setpriv --reuid="$made" --regid="$made" --init-groups env -i PATH="$PATH" HOME="$home" \
			USER="$made" LANG=C.UTF-8 RL_ROOT="$home/store" RL_RUNROOT="$home/run" "$@")
	}
else
	uid=$(id -u)
	as_user() {
		env RL_ROOT="$work/store" RL_RUNROOT="$work/run" "$@"
	}
fi
trap finish EXIT

rl() {
	printf '\033[2m$ rl %s\033[0m\n' "$*" >&2
	as_user "$work/rl" "$@"
}

say "An image, as the user $(as_user id -un)"
image=alpine
if ! as_user timeout 20 "$work/rl" pull -q alpine 2>/dev/null; then
	echo 'the registry of Alpine does not answer; an image is made of the static busybox of this machine'
	image=busybox
	rl import "$work/busybox.tar" busybox
fi
rl images

say 'A container'
rl run --rm "$image" sh -c 'echo "hello from $(hostname): I am $(id -un) in here, and process $$"; ip -4 addr show | grep inet'

say 'A service'
port=$((20000 + RANDOM % 10000))
rl run -d --name web -p "127.0.0.1:$port:80" "$image" sh -c \
	'mkdir -p /srv; echo "it works" >/srv/index.html; if which httpd >/dev/null; then exec httpd -f -h /srv; fi
	while :; do printf "HTTP/1.0 200 OK\r\n\r\nit works\n" | nc -l -p 80; done'
rl ps
fetch() {
	exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /index.html HTTP/1.0\r\n\r\n' >&3 && timeout 5 tail -1 <&3
}
answer=''
for _ in 1 2 3 4 5 6 7 8 9 10; do
	answer=$(fetch 2>/dev/null) && [ -n "$answer" ] && break
	sleep 0.2
done
echo "http://127.0.0.1:$port/ answers: ${answer:-nothing}"
rl stop -t 1 web
rl rm web
[ -n "$answer" ]

say 'Yours now: build/rl run -it --rm '"$image"' sh   (after: build/rl pull alpine)'
