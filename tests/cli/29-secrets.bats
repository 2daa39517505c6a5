#!/usr/bin/env bats
# secrets: keeping them, and giving them to containers
# lanes: user root
load lib

setup() {
	cd "$T" || return 1
}

teardown() {
	rl secret rm -a >/dev/null
	t_clean
}

secret() {
	printf %s "$2" | rl secret create "${@:3}" "$1" -
}

@test "create, ls, inspect, exists and rm" {
	local id
	id=$(secret one geheim -l color=red)
	like "$id" '^[0-9a-f]{25}$'
	X=zwei rl secret create --env two X >/dev/null
	printf drei >file
	rl secret create three file >/dev/null
	is "$(rl secret ls --format '{{.Name}} {{.Driver}}')" $'one file\nthree file\ntwo file'
	like "$(rl secret ls | head -1)" '^ID +NAME +DRIVER +CREATED +UPDATED$'
	like "$(rl secret ls -n | head -1)" "^$id +one +file +.* ago +.* ago$"
	is "$(rl secret ls -q --filter name='^o')" "$id"
	is "$(rl secret ls -q --filter id="${id:0:8}")" "$id"
	is "$(rl secret list --noheading --filter name=nosuch)" ''
	is "$(rl secret inspect -f '{{.Spec.Name}} {{.Spec.Driver.Name}} {{.Spec.Labels.color}}' "${id:0:10}")" 'one file red'
	is "$(rl secret inspect one two three | jq -r '.[] | .Spec.Name, .SecretData')" $'one\nnull\ntwo\nnull\nthree\nnull'
	is "$(rl secret inspect --showsecret one two three | jq -r '.[].SecretData')" $'geheim\nzwei\ndrei'
	like "$(rl secret inspect --pretty one)" $'Name: +one\nLabels:\n - color=red\nDriver: +file\nCreated at: '
	unlike "$(rl secret inspect one; rl secret ls)" geheim
	rl secret exists one
	exits 1 rl secret exists nosuch
	is "$(rl secret rm one)" "$id"
	exits 1 rl secret exists one
	rl secret rm -a >/dev/null
	is "$(rl secret ls -q)" ''
}

@test "--replace keeps the id, --ignore keeps the value" {
	local id
	id=$(secret one first)
	is "$(secret one second --ignore)" "$id"
	is "$(rl secret inspect --showsecret -f '{{.SecretData}}' one)" first
	is "$(secret one second --replace)" "$id"
	is "$(rl secret inspect --showsecret -f '{{.SecretData}}' one)" second
	like "$(secret new x --replace)" '^[0-9a-f]{25}$'
}

@test "what cannot be a secret" {
	secret one x >/dev/null
	local name
	for name in ../x . .. -- a/b $'a\nb' '' "$(printf 'a%.0s' {1..300})" a=b a,b; do
		refused_with_hint 'not a name|usage|unknown|argument' rl secret create -- "$name" /etc/hostname
	done
	refused_with_hint 'in use' rl secret create one /etc/hostname
	refused_with_hint 'empty' rl secret create e /dev/null
	refused_with_hint 'larger than 512000' rl secret create big <(head -c 512001 /dev/zero)
	refused 'nosuch' rl secret create f nosuch
	refused_with_hint 'no environment variable NOSUCH' rl secret create --env f NOSUCH
	refused_with_hint "driver 'pass' is not known" rl secret create -d pass f /etc/hostname
	refused 'exclude' rl secret create --ignore --replace f /etc/hostname
	refused_with_hint 'no key' rl secret create -l =x f /etc/hostname
	refused_with_hint 'no such secret' rl secret rm nosuch
	refused_with_hint 'no secret is named' rl secret rm
	refused 'exclude' rl secret rm -a one
	refused_with_hint 'filter' rl secret ls --filter color=red
	refused 'exclude' rl secret inspect --pretty --format x one
	rl secret rm -i nosuch
	head -c 512000 /dev/zero | rl secret create big - >/dev/null
	is "$(find "$RL_ROOT/secrets" -type f ! -perm 600)" ''
	is "$(find "$RL_ROOT/secrets" -type f | wc -l)" 2
}

@test "a secret as a file: on a tmpfs, with owner and mode, and in nothing that is kept" {
	secret one geheim-im-container >/dev/null
	is "$(box --secret one box sh -c 'cat /run/secrets/one; stat -c " %u:%g %a" /run/secrets/one')" 'geheim-im-container 0:0 444'
	is "$(box --secret one,target=x,uid=7,gid=8,mode=0400 box stat -c '%u:%g %a' /run/secrets/x)" '7:8 400'
	is "$(box --secret source=one,type=mount,target=/etc/deep/key box cat /etc/deep/key)" geheim-im-container
	is "$(box --read-only --secret one --secret one,target=two box sh -c 'cat /run/secrets/two; ls /run/secrets')" $'geheim-im-containerone\ntwo'
	is "$(box --tmpfs /run --secret one box cat /run/secrets/one)" geheim-im-container
	exits 1 box --secret one box sh -c 'echo x >/run/secrets/one'
	rl create --name c --network none --secret one --secret one,target=/key --secret one,type=env,target=KEY box \
		sh -c 'cat /run/secrets/one; echo " $KEY"; awk "\$5 == \"/run/secrets/one\" || \$5 == \"/key\" { print \$8 }" /proc/self/mountinfo' >/dev/null
	is "$(rl start -a c)" $'geheim-im-container geheim-im-container\ntmpfs\ntmpfs'
	# what is gone from the list, or has another value there, is in the container as it was
	secret one other --replace >/dev/null
	rl secret rm one >/dev/null
	like "$(rl start -a c)" '^geheim-im-container geheim-im-container'
	is "$(rl diff c)" ''
	is "$(rl export c | grep -ac geheim-im-container)" 0
	is "$(rl commit -q c img >/dev/null; rl save img | grep -ac geheim-im-container; rl rmi -f img >/dev/null)" 0
	is "$(rl inspect c | grep -c geheim-im-container)" 0
	is "$(rl inspect -f '{{range .Config.Secrets}}{{.Name}} {{.Mode}} {{end}}' c)" 'one 292 one 292 one 292 '
	rl rm c >/dev/null
	is "$(grep -rl geheim-im-container "$RL_ROOT" "$RL_RUNROOT")" ''
}

@test "a secret as a variable: in the container and in exec, and in no record" {
	secret one geheime-variable >/dev/null
	rl run -d --name c --network none -e one=plain --secret one,type=env box sleep 1000 >/dev/null
	is "$(rl exec c sh -c 'echo $one')" geheime-variable
	is "$(rl exec -e one=mine c sh -c 'echo $one')" mine
	is "$(rl exec c sh -c 'tr "\0" "\n" </proc/1/environ | grep one')" one=geheime-variable
	is "$(grep -l geheime-variable "$RL_ROOT"/containers/*/*.json "$RL_RUNROOT"/containers/*/*)" ''
	unlike "$(rl inspect c; rl ps -a --no-trunc --format json; ps ax)" geheime-variable
	rl rm -ft 0 c >/dev/null
	printf 'a\0b' | rl secret create bin - >/dev/null
	refused_with_hint 'not text' box --secret bin,type=env box true
	is "$(box --secret bin box od -c /run/secrets/bin | head -1 | tr -s ' ')" '0000000 a \0 b'
}

@test "--secret that cannot be" {
	secret one x >/dev/null
	refused_with_hint 'no such secret' box --secret nosuch box true
	refused_with_hint 'no such secret' box --secret ../../etc/passwd box true
	refused_with_hint 'no secret is named' box --secret type=env box true
	refused_with_hint 'neither mount nor env' box --secret one,type=file box true
	refused_with_hint 'not known' box --secret one,frob=1 box true
	refused_with_hint 'not known' box --secret one,two box true
	refused_with_hint 'twice' box --secret one,uid=1,uid=2 box true
	refused_with_hint 'no value' box --secret one,target= box true
	refused_with_hint 'octal' box --secret one,mode=0999 box true
	refused_with_hint 'octal' box --secret one,mode=4755 box true
	refused_with_hint 'number of a user' box --secret one,uid=99999999999 box true
	refused_with_hint 'no owner' box --secret one,type=env,uid=1 box true
	refused_with_hint 'directory' box --secret one,target=/ box true
	refused_with_hint "file's name" box --secret one,target=../x box true
	refused 'target /run/secrets/one, too' box --secret one --secret one box true
	refused 'target /etc/hosts, too' box --secret one,target=/etc/hosts box true
	refused '' box --secret one,target=/proc/self/x box true
	is "$(find "$RL_ROOT/containers" -mindepth 1)" ''
}

@test "secrets in user namespaces of every kind" {
	local mode
	secret one geheim >/dev/null
	for mode in private host keep-id auto nomap; do
		# root has no ids of its own to leave out, and none that are set aside for auto
		case $(id -u):$mode in 0:nomap | 0:auto) continue ;; esac
		# shellcheck disable=SC2016
		is "$(box --userns "$mode" --user 0 --secret one,target=/etc/key,mode=0400 --secret one,type=env,target=V box sh -c \
			'echo "$(cat /etc/key) $V $(stat -c %u:%g:%a /etc/key)"')" 'geheim geheim 0:0:400' || fail "$mode" || return 1
	done
}
