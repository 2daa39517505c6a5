#!/usr/bin/env bats
# user namespaces: modes, id maps, who owns what inside and outside
# lanes: user
# drivers: vfs fuse_overlayfs
load lib

setup_file() {
	t_begin
	ME=$(id -u) MYGROUP=$(id -g)
	export ME MYGROUP
	# an image with files of several owners
	rl run --name src --network none box sh -c 'mkdir -p /own && cd /own && touch root five last && chown 5:6 five && chown 60000:60001 last && chmod 600 root five' >/dev/null
	rl commit -q src owners >/dev/null
	rl rm src >/dev/null
}

# inside MODE COMMAND - what a shell in the image prints
inside() {
	local mode=$1
	shift
	rl run --rm --network none --userns "$mode" owners sh -c "$*"
}

# map KIND... - the map of the container that is run with these flags, its blanks joined
map() {
	rl run --rm --network none "$@" box sh -c 'cat /proc/self/uid_map' | awk '{ print $1 ":" $2 ":" $3 }' | paste -sd' '
}

# last - the number of subordinate ids that R has
last() {
	rl unshare sh -c 'cat /proc/self/uid_map' | awk '{ n += $3 } END { print n - 1 }'
}

@test "each mode: who the process is, and who owns what" {
	local mode dir=$T/bind n
	mkdir -p "$dir"
	n=$(last)
	for mode in private nomap auto:size=65000; do
		is "$(inside "$mode" 'id -u; id -g')" $'0\n0'
		is "$(inside "$mode" 'stat -c %u:%g /etc/passwd /own/root /own/five /own/last / /etc/hosts')" \
			$'0:0\n0:0\n5:6\n60000:60001\n0:0\n0:0'
	done
	is "$(inside keep-id 'id -u; id -g')" "$ME"$'\n'"$MYGROUP"
	is "$(inside keep-id 'stat -c %u:%g /etc/passwd /own/root /own/five /own/last / /etc/hosts')" \
		$'0:0\n0:0\n5:6\n60000:60001\n0:0\n0:0'
	is "$(inside host 'id -u; stat -c %u:%g /own/five')" $'0\n5:6'
	# what is written to a bind mount, seen from outside
	rl run --rm --network none --userns keep-id -v "$dir:/m" box touch /m/kept
	is "$(stat -c %u:%g "$dir/kept")" "$ME:$MYGROUP"
	rl run --rm --network none -v "$dir:/m" box touch /m/root
	is "$(stat -c %u:%g "$dir/root")" "$ME:$MYGROUP"
	# nobody inside is the host's user
	is "$(rl run --rm --network none --userns nomap -v "$dir:/m" box stat -c %u /m/root)" 65534
	exits 1 rl run --rm --network none --userns nomap -v "$dir:/m" box touch /m/x
	is "$(map --userns nomap)" "0:1:$n"
	is "$(map --userns keep-id)" "0:1:$ME $ME:0:1 $((ME + 1)):$((ME + 1)):$((n - ME))"
	is "$(map --userns keep-id:uid=11,gid=12)" "0:1:11 11:0:1 12:12:$((n - 11))"
	is "$(map --userns keep-id:uid=3,size=10)" '0:1:3 3:0:1 4:4:6'
	is "$(RL_USERNS=nomap map)" "0:1:$n"
	is "$(RL_USERNS=nomap map --userns private | head -c 4)" 0:0:
}

@test "files of others are as closed as they were" {
	# root of the container can read them in each mode, another user cannot
	local mode
	for mode in keep-id nomap auto:size=65000; do
		is "$(rl run --rm --network none --userns "$mode" -u 0 owners sh -c 'cat /own/root /own/five && echo ok')" ok
		exits 1 rl run --rm --network none --userns "$mode" -u 7 owners cat /own/root
		is "$(rl run --rm --network none --userns "$mode" -u 5 owners sh -c 'echo x >/own/five && cat /own/five')" x
	done
}

@test "keep-id: name, home, groups and capabilities" {
	local me
	me=$(id -un)
	is "$(inside keep-id 'id -un; id -gn; echo $HOME; pwd')" "$me"$'\n'"$(id -gn)"$'\n/\n/'
	is "$(rl run --rm --network none --userns keep-id -v "$HOME:$HOME" -w "$HOME" box sh -c 'echo $HOME; pwd')" "$HOME"$'\n'"$HOME"
	is "$(rl run --rm --network none --userns keep-id -u 0 box id -u)" 0
	# the lines are added once, whatever the starts
	rl run --name k --network none --userns keep-id box grep -c "^$me:" /etc/passwd
	is "$(rl start -a k)" 1
	is "$(rl run --rm --network none --userns keep-id box awk '/^Cap(Inh|Eff|Prm|Amb)/ { print $2 }' /proc/self/status | sort -u)" 0000000000000000
	is "$(rl run --rm --network none --userns keep-id --privileged box awk '/^CapEff/ { print $2 }' /proc/self/status)" 0000000000000000
	like "$(rl run --rm --network none --userns keep-id --privileged -u 0 box awk '/^CapEff/ { print $2 }' /proc/self/status)" '^00000[0-9a-f]*f$'
	is "$(rl run --rm --network none box sh -c 'awk "/^CapBnd/" /proc/self/status')" "$(inside keep-id 'awk "/^CapBnd/" /proc/self/status')"
	is "$(rl run --rm --network none --userns keep-id --group-add keep-groups box sh -c 'awk "/^Groups/ { print NF }" /proc/self/status')" \
		"$(awk '/^Groups/ { print NF }' /proc/self/status)"
}

@test "exec, pipes and terminals in each mode" {
	local mode
	for mode in keep-id nomap auto; do
		rl run -d --name m --network none --userns "$mode" box sleep 100 >/dev/null
		is "$(rl exec m readlink /proc/self/ns/user)" "$(rl exec m readlink /proc/1/ns/user)"
		is "$(rl exec m id -u)" "$(rl exec m stat -L -c %u /proc/self)"
		is "$(rl exec -u 0 m sh -c 'echo a >/dev/stdout; echo b >/w && cat /w')" $'a\nb'
		is "$(rl exec m sh -c 'echo a >/dev/stdout')" a
		is "$(echo in | rl exec -i m cat)" in
		rl rm -f -t 0 m >/dev/null
		is "$(echo in | rl run --rm -i --network none --userns "$mode" box sh -c 'cat /dev/stdin >/dev/stderr' 2>&1)" in
		is "$(rl run --rm -t --network none --userns "$mode" box sh -c 'echo x >/dev/tty; stat -c %u $(tty)' | tr -d '\r' | paste -sd' ')" \
			"x $(rl run --rm --network none --userns "$mode" box id -u)"
	done
}

@test "auto: ids of containers do not overlap, a gap is used again" {
	rl create --name a1 --network none --userns auto box id -u >/dev/null
	rl create --name a2 --network none --userns auto:size=2000 box true >/dev/null
	rl create --name a3 --network none --userns auto:uidmapping=5:@"$ME":1,gidmapping=7:0:1 box stat -c %u:%g /proc/self >/dev/null
	is "$(rl inspect --format '{{json .HostConfig.IDMappings.UidMap}}' a1)" '["0:1:1024"]'
	is "$(rl inspect --format '{{json .HostConfig.IDMappings.UidMap}}' a2)" '["0:1025:2000"]'
	is "$(rl inspect --format '{{json .HostConfig.IDMappings.UidMap}}' a3)" '["0:3025:5","5:0:1","6:3030:1018"]'
	is "$(rl start -a a1)" 0
	rl rm a1 >/dev/null
	rl create --name a4 --network none --userns auto box true >/dev/null
	is "$(rl inspect --format '{{json .HostConfig.IDMappings.UidMap}}' a4)" '["0:1:1024"]'
	# an image with a larger id in /etc/passwd gets as many as it takes
	rl run --name p --network none box sh -c 'echo big:x:3000:3001::/:/bin/sh >>/etc/passwd'
	rl commit -q p big >/dev/null
	like "$(rl run --rm --network none --userns auto big cat /proc/self/uid_map)" ' 3002$'
	is "$(rl run --rm --network none --userns auto -u big big id -u)" 3000
	refused_with_hint 'auto.*ids are free' rl create --userns auto:size=65000 box true
	refused_with_hint 'last belongs to 60000:60001' rl run --rm --userns auto --network none owners true
	is "$(rl ps -aq --filter ancestor=owners)" ''
}

@test "auto: twenty at once, and the end of the ids" {
	local i pids=()
	for i in $(seq 20); do
		rl run -d --name "c$i" --network none --userns auto box sleep 100 >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(rl ps -q | wc -l)" 20
	is "$(for i in $(seq 20); do rl inspect --format '{{json .HostConfig.IDMappings.UidMap}}' "c$i"; done | sort -u | wc -l)" 20
	is "$(for i in $(seq 20); do rl exec "c$i" cat /proc/self/uid_map; done | awk '{ print $2 }' | sort -un | wc -l)" 20
	rl rm -fa -t 0 >/dev/null
	for i in $(seq 63); do
		rl create --name "d$i" --network none --userns auto:size=$(($(last) / 63)) box true >/dev/null || fail "the ${i}th"
		# a few are enough to see it
		[ "$i" -lt 3 ] || break
	done
	rl create --name rest --userns auto:size=$(($(last) - 3 * ($(last) / 63))) --network none box true >/dev/null
	refused_with_hint '0 ids are free, the container needs 1' rl create --userns auto:size=1 box true
	rl rm d1 >/dev/null
	rl create --network none --userns auto:size=1 box true >/dev/null
}

@test "container:NAME sees the files as NAME does" {
	rl run -d --name first --network none --userns auto:size=61000 owners sleep 100 >/dev/null
	is "$(rl run --rm --network container:first --userns container:first owners sh -c 'stat -c %u:%g /own/root /own/five; cat /proc/self/uid_map' | tr -s ' ' | paste -sd,)" \
		'0:0,5:6, 0 1 61000'
	is "$(rl run --rm --network container:first --userns container:first owners readlink /proc/self/ns/user)" "$(rl exec first readlink /proc/self/ns/user)"
}

@test "explicit maps" {
	local n
	n=$(last)
	is "$(map --uidmap 0:1:1000 --uidmap 1000:0:1)" '0:1:1000 1000:0:1'
	is "$(map --uidmap 0:1:1000,1000:0)" '0:1:1000 1000:0:1'
	is "$(map --gidmap 0:5:100)" 0:5:100
	is "$(map --uidmap "u7:@$ME" --uidmap u0:1:5)" '0:1:5 7:0:1'
	is "$(map --uidmap +u100000:1:1)" "0:0:1 1:2:$((n - 1)) 100000:1:1"
	is "$(map --subuidname "$(id -un)")" "0:1:$n"
	is "$(rl run --rm --network none --uidmap 0:1:1000 --uidmap 1000:0:1 -u 1000 box sh -c 'id -u; stat -c %u /etc/passwd')" $'1000\n0'
	is "$(rl run --rm --network none --uidmap u0:9:100 --gidmap g0:3:100 box sh -c 'cat /proc/self/uid_map /proc/self/gid_map' | awk '{ print $2 }' | paste -sd' ')" '9 3'
	refused_with_hint 'mapping takes user ids' rl run --rm --uidmap 0:0:100000000 box true
	refused_with_hint 'user id 1 of the host' rl run --rm --uidmap 0:@1 box true
	refused_with_hint "'frob' is not a mapping" rl run --rm --uidmap frob box true
	refused 'overlaps' rl run --rm --uidmap 0:0:10 --uidmap 5:20:1 box true
	refused 'excludes' rl run --rm --userns keep-id --uidmap 0:0:10 box true
	refused 'exclude' rl run --rm --subuidname root --uidmap 0:0:10 box true
	refused 'no subordinate ids' rl run --rm --subuidname nobody box true
	refused 'no value' rl run --rm --userns keep-id:uid box true
	refused "unknown option 'x'" rl run --rm --userns auto:x=1 box true
	refused 'not a valid id' rl run --rm --userns keep-id:uid=-1 box true
	refused 'no options' rl run --rm --userns nomap:size=1 box true
	refused_with_hint 'only a container' rl run --rm --userns ns:/proc/1/ns/user box true
	refused_with_hint 'frob' rl run --rm --userns frob box true
	refused 'no such container' rl run --rm --userns container:nobody box true
	is "$(rl ps -aq)" ''
}

@test "commit, diff and export give the image's ids" {
	local mode id
	for mode in keep-id auto:size=62000; do
		rl run --name c --network none --userns "$mode" -u 0 owners sh -c 'echo 1 >>/own/five; mkdir /new; echo 2 >/new/seven; chown 7:8 /new/seven; rm /own/root; chown 60000:0 /new' >/dev/null
		is "$(rl diff c | paste -sd,)" 'A /new,A /new/seven,C /own,C /own/five,D /own/root'
		is "$(rl export c | tar tvf - --numeric-owner | awk '$NF ~ /^(new|own|etc\/passwd)/ { print $2, $NF }' | paste -sd,)" \
			'0/0 etc/passwd,60000/0 new/,7/8 new/seven,0/0 own/,5/6 own/five,60000/60001 own/last'
		rl commit -q c after >/dev/null
		rl commit -q -s c squashed >/dev/null
		for id in after squashed; do
			is "$(rl run --rm --network none "$id" sh -c 'cd / && stat -c "%u:%g %n" new new/* own/* && cat /new/seven /own/five' | paste -sd,)" \
				'60000:0 new,7:8 new/seven,5:6 own/five,60000:60001 own/last,2,1'
		done
		is "$(rl run --rm --network none --userns keep-id after stat -c %u:%g /new/seven)" 7:8
		rl rm c >/dev/null
		rl rmi -f after squashed >/dev/null
	done
}

@test "lines for /etc/passwd and /etc/group" {
	local -a r=(rl run --rm --network none)
	is "$("${r[@]}" -u 1234 box sh -c 'id -un; grep ^1234: /etc/passwd')" $'1234\n1234:*:1234:0:container user:/:/bin/sh'
	is "$("${r[@]}" -u 1234:99 -w /tmp box sh -c 'echo $HOME; id -g; grep ^99: /etc/group')" $'/tmp\n99\n99:x:99:1234'
	is "$("${r[@]}" --passwd=false -u 1234:99 box sh -c 'grep -c 1234 /etc/passwd /etc/group; :')" $'/etc/passwd:0\n/etc/group:0'
	is "$("${r[@]}" -u 1234:99 --passwd-entry 'n$UID:x:$UID:$GID:$NAME ($USERNAME):$HOME:/bin/ash' --group-entry 'g:x:$GID:$USERLIST,$GROUPNAME' box sh -c 'tail -n 1 /etc/passwd; tail -n 1 /etc/group')" \
		$'n1234:x:1234:99:container user (1234):/:/bin/ash\ng:x:99:1234,99'
	is "$("${r[@]}" --hostuser "$(id -un)" box sh -c 'tail -n 1 /etc/passwd' | cut -d: -f1,3)" "$(id -un):$ME"
	refused 'no user' rl run --rm --hostuser nosuchuser box true
	refused 'one line' rl run --rm --passwd-entry $'a\nb' box true
	refused 'keep-groups' rl run --rm --group-add keep-groups --group-add 5 box true
	# what the image calls these files is not followed to somewhere else, nor what the user mounts written to
	mkdir -p "$T/etc"
	echo 'root:x:0:0::/:' >"$T/etc/passwd"
	"${r[@]}" -u 1234 -v "$T/etc:/etc" box true
	is "$(cat "$T/etc/passwd")" 'root:x:0:0::/:'
	"${r[@]}" -u 1234 -v "$T/etc/passwd:/etc/passwd" box true
	is "$(cat "$T/etc/passwd")" 'root:x:0:0::/:'
	# read-only
	is "$("${r[@]}" --read-only -u 1234 box id -un)" 1234
}

@test "passwd as a link, a FIFO or a giant: an error, and nothing is written elsewhere" {
	local kind
	echo canary >"$T/canary"
	rl run --name l --network none box sh -c "cd /etc && rm passwd && ln -s $T/canary passwd"
	rl commit -q l linked >/dev/null
	rl run --name f --network none box sh -c 'cd /etc && rm passwd && mkfifo passwd'
	rl commit -q f fifo >/dev/null
	rl run --name g --network none box sh -c 'dd if=/dev/zero of=/etc/passwd bs=1M count=11 2>/dev/null'
	rl commit -q g giant >/dev/null
	for kind in fifo giant; do
		exits 125 timeout 5 "$RL" run --rm --network none --userns keep-id "$kind" true
		like "$stderr" 'passwd'
	done
	exits 0 timeout 5 "$RL" run --rm --network none --userns keep-id linked true || like "$stderr" passwd
	is "$(cat "$T/canary")" canary
}
