#!/usr/bin/env bats
# pull from a real registry on loopback
# lanes: user
# drivers: vfs
load lib

setup_file() {
	t_begin
	registry_start
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/team/app:1" "$RL_T_BOX" \
		--config '{"Cmd":["echo","pulled"]}' >"$T/digest"
}
teardown_file() {
	registry_stop
	t_end
}

@test "pull, run, and again without a download" {
	exits 0 rl pull "$REGISTRY/team/app:1"
	like "$output" '[0-9a-f]{64}$'
	is "$(box "$REGISTRY/team/app:1")" pulled
	exits 0 rl pull -q "$REGISTRY/team/app:1"
	is "$(printf '%s\n' "$output" | wc -l)" 1
	rl rmi "$REGISTRY/team/app:1"
}

@test "run pulls what is missing; --pull never does not; by digest" {
	exits 125 rl run --rm --pull never "$REGISTRY/team/app:1"
	is "$(rl run -q --rm --network none "$REGISTRY/team/app:1" 2>/dev/null)" pulled
	rl rmi "$REGISTRY/team/app:1"
	rl pull -q "$REGISTRY/team/app@$(<"$T/digest")"
	is "$(box "$REGISTRY/team/app@$(<"$T/digest")")" pulled
	rl rmi -a
	rl import "$RL_T_BOX" box >/dev/null
}

@test "an image, a tag, a digest or a registry that is not there" {
	refused_with_hint 'team/none' rl pull -q "$REGISTRY/team/none"
	refused 'team/app' rl pull -q "$REGISTRY/team/app:9"
	refused . rl pull -q "$REGISTRY/team/app@sha256:$(printf '0%.0s' {1..64})"
	refused '127.0.0.1:1' rl pull -q 127.0.0.1:1/x
	exits 0 rl images
	unlike "$output" 'team'
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "wrong bytes behind a digest are refused and leave nothing" {
	local blob
	# a layer that is not there yet
	cp "$RL_T_BOX" "$T/evil.tar"
	tar -rf "$T/evil.tar" -C "$T" digest
	python3 "$RL_T_HELPERS/mkimage.py" push "http://$REGISTRY/v2/evil/app:1" "$T/evil.tar" --compress none >/dev/null
	blob=$(find "$REGISTRY_DATA" -path '*/blobs/sha256/*' -name data -size +2500k -print -quit)
	printf 'X' | dd of="$blob" bs=1 seek=600000 conv=notrunc status=none
	refused . rl pull -q "$REGISTRY/evil/app:1"
	exits 125 rl run --rm --pull never "$REGISTRY/evil/app:1" true
	is "$(ls -A "$RL_ROOT/tmp")" ''
}

@test "a pull mends layers that have lost their record" {
	local hex dir
	rl pull -q "$REGISTRY/team/app:1"
	hex=$(rl inspect --format '{{index .RootFS.Layers 0}}' "$REGISTRY/team/app:1")
	dir=$RL_ROOT/layers/${hex#sha256:}
	rm "$dir/layer.json"
	rl pull -q "$REGISTRY/team/app:1"
	is "$(box "$REGISTRY/team/app:1")" pulled
	rm "$dir/record" "$dir/blob"
	refused 'older version' rl save -o "$T/save.tar" "$REGISTRY/team/app:1"
	rl pull -q "$REGISTRY/team/app:1"
	rl save -q -o "$T/save.tar" "$REGISTRY/team/app:1"
	exits 0 rl system check
	# many at once
	rm "$dir/layer.json"
	local i pids=()
	for i in 1 2 3 4 5 6; do
		rl pull -q "$REGISTRY/team/app:1" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(box "$REGISTRY/team/app:1")" pulled
	nothing_left
	rl rmi "$REGISTRY/team/app:1"
}

@test "parallel pulls of one image" {
	local i pids=()
	for i in $(seq "$(number 50 6)"); do
		rl pull -q "$REGISTRY/team/app:1" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	is "$(box "$REGISTRY/team/app:1")" pulled
	is "$(ls -A "$RL_ROOT/tmp")" ''
	rl rmi "$REGISTRY/team/app:1"
}

@test "TLS is verified: a self-signed registry needs its CA or --tls-verify=false" {
	local plain=$REGISTRY_PID
	registry_start tls
	python3 "$RL_T_HELPERS/mkimage.py" push "https://$REGISTRY/v2/safe/app:1" "$RL_T_BOX" --config '{"Cmd":["echo","tls"]}'
	refused_with_hint 'certificate|TLS|verif' rl pull -q "$REGISTRY/safe/app:1"
	exits 125 rl run --rm --pull never "$REGISTRY/safe/app:1"
	rl pull -q --tls-verify=false "$REGISTRY/safe/app:1"
	is "$(box "$REGISTRY/safe/app:1")" tls
	rl rmi "$REGISTRY/safe/app:1"
	mkdir -p "$T/certs/$REGISTRY"
	cp "$REGISTRY_CA" "$T/certs/$REGISTRY/ca.crt"
	rl pull -q --cert-dir "$T/certs/$REGISTRY" "$REGISTRY/safe/app:1"
	rl rmi "$REGISTRY/safe/app:1"
	registry_stop
	REGISTRY_PID=$plain
}

@test "a pull that is interrupted leaves nothing" {
	rl pull -q "$REGISTRY/team/app:1" >/dev/null &
	local pid=$!
	sleep 0.02
	kill -INT $pid 2>/dev/null || :
	wait $pid || :
	rl pull -q "$REGISTRY/team/app:1" >/dev/null
	is "$(box "$REGISTRY/team/app:1")" pulled
	is "$(ls -A "$RL_ROOT/tmp")" ''
	rl rmi "$REGISTRY/team/app:1"
}
