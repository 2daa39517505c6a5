#!/usr/bin/env bats
# user namespaces on machines of other kinds: one id, several ranges, ids of the host by name, real root
# lanes: super
load lib

setup_file() {
	T=$(mktemp -d /tmp/rltu.XXXXXX)
	chmod 755 "$T"
	export T
	install -d -o "$RL_T_USER" "$T/u"
}
teardown_file() {
	remove "$T"
}
# each test begins with the machine's own files
setup() {
	install -m 644 /etc/subuid /etc/subgid "$T/"
}
teardown() { :; }

# there COMMAND… - where $T/subuid and $T/subgid are the machine's, for this command alone: other tests need the real ones
there() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount --bind "$T/subuid" /etc/subuid && mount --bind "$T/subgid" /etc/subgid && exec "$@"' sh "$@"
}

# user NAME COMMAND… - as the user, with a store of this name
user() {
	local name=$1
	shift
	there setpriv --reuid="$RL_T_USER" --regid="$RL_T_USER" --init-groups env -i PATH="$PATH" LANG=C.UTF-8 HOME="$RL_T_HOME" \
		USER="$RL_T_USER" XDG_RUNTIME_DIR="$RL_T_XDG" RL_ROOT="$T/u/$name-s" RL_RUNROOT="$T/u/$name-r" "$RL" "$@"
}

# root COMMAND…
root() {
	there env RL_ROOT="$T/root-s" RL_RUNROOT="$T/root-r" "$RL" "$@"
}

@test "one id: keep-id and a map of it work, auto and nomap say what is missing" {
	local me mine
	me=$(id -u "$RL_T_USER") mine=$(id -g "$RL_T_USER")
	sed -i "/^$RL_T_USER:/d" "$T/subuid" "$T/subgid"
	user one import "$RL_T_BOX" box >/dev/null 2>&1
	is "$(user one run --rm --network none --userns keep-id box sh -c 'id -u; id -g; stat -c %u /bin; touch /tmp/x; stat -c %u /tmp/x; cat /proc/self/uid_map' | tr -s ' ' | paste -sd,)" \
		"$me,$mine,$me,$me, $me 0 1"
	is "$(user one run --rm --network none --uidmap 7:0:1 --user 7:7 box sh -c 'id -u; stat -c %u /bin' | paste -sd,)" 7,7
	user one run --name c --network none --userns keep-id box sh -c 'echo x >/made'
	user one commit -q c made >/dev/null
	is "$(user one run --rm --network none made stat -c %u /made)" 0
	user one rm c >/dev/null
	for mode in auto nomap; do
		refused_with_hint "$mode needs subordinate ids" user one run --rm --userns "$mode" box true
		like "$stderr" 'add-subuids'
	done
	user one rmi -fa >/dev/null
}

@test "several ranges: maps are cut where they meet, @ names ids of the host" {
	sed -i "/^$RL_T_USER:/d" "$T/subuid" "$T/subgid"
	for file in "$T/subuid" "$T/subgid"; do
		printf '%s:%s\n' "$RL_T_USER" 2110000000:500 "$RL_T_USER" 2110010000:1000 "$RL_T_USER" 2110020000:7 >>"$file"
	done
	user several import "$RL_T_BOX" box >/dev/null
	is "$(user several run --rm --network none --userns nomap box cat /proc/self/uid_map | tr -s ' ' | paste -sd,)" ' 0 1 500, 500 501 1000, 1500 1501 7'
	is "$(user several run --rm --network none --userns auto:size=1200 box cat /proc/self/gid_map | tr -s ' ' | paste -sd,)" ' 0 1 500, 500 501 700'
	is "$(user several run --rm --network none --uidmap 0:@2110010000:3 --uidmap 3:@2110000499 box cat /proc/self/uid_map | tr -s ' ' | paste -sd,)" ' 0 501 3, 3 500 1'
	is "$(user several run --rm --network none --subuidname "$RL_T_USER" box cat /proc/self/uid_map | tr -s ' ' | paste -sd,)" ' 0 1 500, 500 501 1000, 1500 1501 7'
	is "$(user several run --rm --network none --gidmap +g100000:@2110020003 box sh -c 'tail -n 1 /proc/self/gid_map; cat /proc/self/uid_map' | tr -s ' ' | paste -sd,)" \
		' 100000 1504 1, 0 0 1, 1 1 500, 501 501 1000, 1501 1501 7'
	refused_with_hint 'ids are free' user several run --rm --userns auto:size=1508 box true
	refused_with_hint 'not yours' user several run --rm --uidmap 0:@2110010000:1001 box true
	user several rmi -fa >/dev/null
}

@test "real root: auto takes what is set aside for containers, keep-id has root's ids" {
	root import "$RL_T_BOX" box >/dev/null
	sed -i '/^containers:/d' "$T/subuid" "$T/subgid"
	refused_with_hint 'no ids are set aside' root run --rm --network none --userns auto box true
	echo containers:2120000000:5000 | tee -a "$T/subgid" >>"$T/subuid"
	is "$(root run --rm --network none --userns auto box sh -c 'cat /proc/self/uid_map; stat -c %u:%g /etc/passwd; echo x >/dev/stdout' | tr -s ' ' | paste -sd,)" ' 0 2120000000 1024,0:0,x'
	root run -d --name a --network none --userns auto:size=4000 box sleep 100 >/dev/null
	refused_with_hint 'ids are free' root run --rm --network none --userns auto box true
	is "$(root run --rm --network none --userns auto:size=1000 box awk '{ print $2 }' /proc/self/uid_map)" 2120004000
	is "$(root exec a id -u)" 0
	root rm -f -t 0 a >/dev/null
	is "$(root run --rm --network none --userns keep-id box id -u)" 0
	is "$(root run --rm --network none --uidmap 0:2120000000:100 --user 5 box sh -c 'id -u; stat -c %u /' | paste -sd,)" 5,0
	refused 'not for root' root run --rm --userns nomap box true
	refused 'size' root run --rm --userns keep-id:size=5 box true
	# /dev/null of the host is nobody else's now
	is "$(stat -c %u:%a /dev/null)" 0:666
	root rmi -fa >/dev/null
}
