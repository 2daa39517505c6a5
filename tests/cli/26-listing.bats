#!/usr/bin/env bats
# ps: filters, fields and sizes of podman and docker
load lib

names() { # FILTER...
	local f args=()
	for f; do args+=(--filter "$f"); done
	rl ps -a --sort names --format '{{.Names}}' "${args[@]}" | tr '\n' ' '
}

@test "ps --filter ancestor: reference, id, digest, and what is built on it" {
	rl create --name on-box --network none box true >/dev/null
	rl commit -q -c LABEL=a=b on-box child >/dev/null
	rl create --name on-child --network none child true >/dev/null
	id=$(rl inspect -f '{{.Id}}' child)
	is "$(names ancestor=child)" 'on-child '
	is "$(names ancestor=library/child:latest)" 'on-child '
	is "$(names "ancestor=$id")" 'on-child '
	is "$(names "ancestor=sha256:${id:0:12}")" 'on-child '
	is "$(names "ancestor=$(rl inspect -f '{{.Digest}}' child)")" 'on-child '
	is "$(names ancestor=box)" 'on-box on-child '
	is "$(names ancestor=box:other)" ''
	is "$(names ancestor=nosuch)" ''
	rl rm -fa >/dev/null
	rl rmi child >/dev/null
}

@test "ps --filter publish and expose" {
	rl create --name web -p 127.0.0.1:18080:80 -p 18053:53/udp --expose 9000-9002 box true >/dev/null
	rl create --name none --network none box true >/dev/null
	is "$(names publish=80)" 'web '
	is "$(names publish=80/tcp)" 'web '
	is "$(names publish=70-90)" 'web '
	is "$(names publish=53/udp)" 'web '
	is "$(names publish=53)" ''
	is "$(names publish=9001)" ''
	is "$(names expose=9001)" 'web '
	is "$(names expose=9000-9100/tcp)" 'web '
	is "$(names expose=80)" 'web '
	is "$(names expose=9001/udp)" ''
	for bad in x 0 90-80 80/sctp 70000; do
		refused_with_hint 'is not a port' rl ps -f "publish=$bad"
		refused_with_hint 'is not a port' rl ps -f "expose=$bad"
	done
	is "$(rl ps -a -f name=web --format '{{.ExposedPorts}}')" '9000-9002/tcp'
	like "$(rl ps -a -f name=web --format '{{.Ports}}')" '0.0.0.0:18053->53/udp, 9000-9002/tcp'
	is "$(rl ps -a -f name=web --format json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["ExposedPorts"])')" \
		"{'9000': ['tcp'], '9001': ['tcp'], '9002': ['tcp']}"
	rl create --name half -p 18081:81 --expose 80-82 --expose 7/udp box true >/dev/null
	is "$(rl ps -a -f name=half --format '{{.Ports}}')" '0.0.0.0:18081->81/tcp, 80/tcp, 82/tcp, 7/udp'
}

@test "ps --filter id: the beginning, or a regular expression" {
	local id
	id=$(rl create --name c --network none box true)
	is "$(names "id=${id:0:12}")" 'c '
	is "$(names "id=${id:1:12}")" ''
	is "$(names "id=^${id:0:3}")" 'c '
	is "$(names "id=${id:60}\$")" 'c '
	is "$(names "id=^x")" ''
	refused 'not a regular expression' rl ps -f 'id=('
}

@test "ps --filter: keys that have one answer here" {
	rl create --name c --network none box true >/dev/null
	is "$(names is-task=false)" 'c '
	is "$(names is-task=true)" ''
	is "$(names isolation=default)" 'c '
	is "$(names isolation=process)" ''
	is "$(names pod=x)" ''
	refused_with_hint 'nokey=1 is not a filter' rl ps -f nokey=1
}

@test "ps: fields, --sync, namespaces in a template" {
	rl run -d --name c --cidfile "$T/cid" --network none box sleep 1000 >/dev/null
	is "$(rl ps --sync --format '{{.CIDFile}}')" "$T/cid"
	pid=$(rl inspect -f '{{.State.Pid}}' c)
	is "net:[$(rl ps --format '{{.NET}}')]" "$(readlink "/proc/$pid/ns/net")"
	is "user:[$(rl ps --format '{{.User}}')]" "$(readlink "/proc/$pid/ns/user")"
	is "cgroup:[$(rl ps --format '{{.Cgroup}}')]" "$(readlink "/proc/$pid/ns/cgroup")"
	rm -f "$T/cid"
}

@test "ps --size: what is its own, and with the image" {
	rl run --name c --network none box sh -c 'head -c 2000000 /dev/zero >/f'
	[[ $(rl ps -a --format '{{.Size}}') =~ ^(2\.?[0-9]*\ ?MB)\ \(virtual\ ([0-9.]+\ ?MB)\)$ ]]
	[ "${BASH_REMATCH[1]}" != "${BASH_REMATCH[2]}" ]
	exits 0 rl ps -a --size --format json
	is "$(jq '.[0].Size | .rootFsSize - .rwSize' <<<"$output")" "$(rl inspect -f '{{.Size}}' box)"
}

@test "ps: an id in capitals, and no containers of other tools" {
	local id
	rl create --name c --network none box true >/dev/null
	id=$(rl ps -aq --no-trunc)
	is "$(rl ps -a --filter "id=${id^^}" --format '{{.Names}}')" c
	is "$(rl ps -a --external --format '{{.Names}}')" c
}
