#!/usr/bin/env bats
# templates and filters as people write them in scripts for docker and podman
load lib

setup() {
	rl create --name web -l app=x -l tier=front -v /tmp:/data:ro --tmpfs /scratch -e A=b \
		--network slirp4netns -p 127.0.0.1:18080:80 box sleep 1000 >/dev/null
	rl create --name db-1 --network none box sleep 1000 >/dev/null
}

names() { # FILTER...
	local f args=()
	for f; do args+=(--filter "$f"); done
	rl ps -a --sort names --format '{{.Names}}' "${args[@]}" | tr '\n' ' '
}

@test "ps --filter before and since name a container that exists; command" {
	rl create --name first --network none box sleep 1 >/dev/null
	rl create --name second --network none box true >/dev/null
	is "$(names since=db-1)" "first second "
	is "$(names before=db-1)" "web "
	is "$(rl ps -a -f command='^tru.$' --format '{{.Names}}')" second
	for key in since before; do
		refused_with_hint "filter $key: no such container: nope" rl ps -a -f "$key=nope"
		exits 1 rl rm --filter "$key=nope"
	done
	is "$(rl ps -aq | wc -l)" 4
	refused 'regular expression' rl ps -f 'command=('
}

@test "ps --filter name is a regular expression, and docker's slash may stand before it" {
	is "$(names 'name=we')" 'web '
	is "$(names 'name=^web$')" 'web '
	is "$(names 'name=^/web$')" 'web '
	is "$(names 'name=^/?we$')" ''
	is "$(names 'name=web|db')" 'db-1 web '
	is "$(names 'name=b.1$')" 'db-1 '
	refused 'regular expression' rl ps -a --filter 'name=('
}

@test "ps --filter label, label!, volume, until, and several at once" {
	is "$(names label=app)" 'web '
	is "$(names label=app=x label=tier=front)" 'web '
	is "$(names label=app=x label=tier=back)" ''
	is "$(names 'label!=app')" 'db-1 '
	is "$(names 'label!=app=y')" 'db-1 web '
	is "$(names volume=/tmp)" 'web '
	is "$(names volume=/data)" 'web '
	is "$(names volume=/scratch)" 'web '
	is "$(names volume=/dat)" ''
	is "$(names until=2099-01-01)" 'db-1 web '
	is "$(names until=1h)" ''
	refused 'until' rl ps -a --filter until=soon
	is "$(names network=none status=created name=db)" 'db-1 '
}

@test "inspect templates from scripts" {
	show() { rl inspect --format "$1" web; }
	is "$(show '{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}')" '/tmp:/data tmpfs:/scratch '
	is "$(show '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}')" 18080
	is "$(show '{{range $p, $conf := .HostConfig.PortBindings}}{{$p}} -> {{(index $conf 0).HostPort}}{{end}}')" '80/tcp -> 18080'
	is "$(show '{{index .Config.Labels "app"}}{{.Config.Labels.tier}}{{index .Config.Labels "none"}}')" xfront
	is "$(show '{{if .State.Running}}up{{else}}down{{end}}')" down
	is "$(show '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}')" none
	is "$(show '{{join .Args ","}} {{len .Mounts}} {{printf "%s|%d" .Name .State.ExitCode}}')" '1000 2 web|0'
	is "$(show '{{range .Config.Env}}{{println .}}{{end}}' | grep ^A=)" A=b
	is "$(show '{{json .State.Running}}{{json .Config.Labels}}')" 'false{"app":"x","tier":"front"}'
	is "$(show '{{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}} {{.Path}} {{.ImageName}}')" \
		'slirp4netns no sleep docker.io/library/box:latest'
	refused_with_hint "no field 'Foo'" rl inspect --format '{{.Foo}}' web
	refused_with_hint 'unclosed' rl inspect --format '{{.Id' web
}

@test "fields without content are empty, not unknown" {
	rl create --name plain --network none box true
	is "$(rl ps -a -f name=plain --format '{{.IsInfra}}|{{.Pod}}|{{.PodName}}')" 'false||'
	is "$(rl images --format '{{.Labels}}' box)" 'map[]'
}

@test "what a container or image does not have is nothing, not an unknown field" {
	local field
	is "$(rl inspect -f '{{if .Config.Healthcheck}}x{{end}}{{if .Config.StartupHealthCheck}}x{{end}}{{.HostConfig.CpusetCpus}}{{len .HostConfig.Links}}' db-1)" 0
	is "$(rl image inspect -f '{{if .Config.Healthcheck}}x{{end}}{{if .Healthcheck}}x{{end}}{{.Os}}' box)" linux
	exits 0 rl image inspect -f '{{.Variant}}{{.Config.OnBuild}}' box
	for field in BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteIOps CgroupConf ConsoleSize CpuPercent DiskQuota Isolation KernelMemory OomKillDisable VolumeDriver; do
		exits 0 rl inspect -f "{{.HostConfig.$field}}" db-1
	done
	exits 125 rl inspect -f '{{.HostConfig.NoSuch}}' db-1
}

@test "ps prints labels as one text, and templates look into them all the same" {
	show() { rl ps -a -f name=^web --format "$1"; }
	is "$(show '{{.Labels}} {{printf "%.5s|%q" .Labels .Labels}}')" 'app=x,tier=front app=x|"app=x,tier=front"'
	is "$(show '{{json .Labels}}')" '"app=x,tier=front"'
	is "$(show '{{index .Labels "tier"}} {{.Labels.app}} {{.Label "app"}} {{range $k, $v := .Labels}}{{$k}}:{{$v}};{{end}}')" \
		'front x x app:x;tier:front;'
	is "$(rl ps -a -f name=^web --format json | tr -d ' \n' | grep -o '"Labels":{[^}]*}')" '"Labels":{"app":"x","tier":"front"}'
	is "$(rl ps -a -f name=^db --format '[{{.Labels}}]{{if .Labels}}some{{end}}')" '[]'
}

@test "ps and images as tables with headings of their own, and as JSON" {
	is "$(rl ps -a --sort names --format 'table {{.Names}}\t{{.Status}}' | tr -s ' ')" $'NAMES STATUS\ndb-1 Created\nweb Created'
	is "$(rl ps -a --filter name=web --format '{{.Label "app"}}')" x
	is "$(rl ps -a --format json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" 2
	# a template: a line for each, of the same values
	is "$(rl ps -a --sort names --format '{{json .}}' | python3 -c 'import json, sys; print(*[json.loads(line)["Names"] for line in sys.stdin])')" "['db-1'] ['web']"
	is "$(rl system df --format '{{json .}}' | python3 -c 'import json, sys; print(*[json.loads(line)["Type"] for line in sys.stdin], sep=",")')" 'Images,Containers,Local Volumes'
	is "$(rl images --format '{{.Repository}}:{{.Tag}}')" docker.io/library/box:latest
	like "$(rl images --format 'table {{.ID}}\t{{.Size}}')" '^IMAGE ID +SIZE'
	is "$(rl version --format '{{.Server.Version}}')" "$(rl version --format '{{.Client.Version}}')"
}

@test "wrong archives and references are told with a remedy" {
	refused_with_hint 'malformed|not an archive' rl import /etc/passwd x
	refused_with_hint 'malformed|manifest' rl load -i /etc/passwd
	refused_with_hint 'invalid image reference' rl run Bad:ref:x true
	refused_with_hint 'invalid image reference' rl tag box 'a b'
}

@test "--env-host, --unsetenv and --unsetenv-all" {
	is "$(FROM_HOST=1 rl run --rm --network none --env-host box sh -c 'echo $FROM_HOST')" 1
	is "$(FROM_HOST=1 rl run --rm --network none box sh -c 'echo $FROM_HOST')" ''
	is "$(rl run --rm --network none --unsetenv container -e A=b box sh -c 'echo "$A,${container-none}"')" b,none
	is "$(rl run --rm --network none --unsetenv-all -e A=b box /bin/sh -c 'echo "$A,${container-none}"')" b,none
	is "$(rl run --rm --network none --unsetenv A -e A=b box sh -c 'echo $A')" b
}

@test "inspect shows no effective capabilities for another user than root" {
	caps() {
		rl rm -f caps >/dev/null
		rl create --name caps --network none "$@" box true >/dev/null
		rl inspect --format '{{len .EffectiveCaps}}' caps
	}
	is "$(caps -u 1000)" 0
	is "$(caps -u app:0)" 0
	like "$(caps)" '^1[0-9]$'
	like "$(caps -u root:5)" '^1[0-9]$'
	like "$(caps -u 0)" '^1[0-9]$'
	like "$(rl inspect --format '{{len .BoundingCaps}}' caps)" '^1[0-9]$'
}

@test "a health check's times print as durations in templates, and are nanoseconds in JSON" {
	rl create --name hc --network none --health-cmd true --health-interval 90s --health-timeout 1500ms --health-retries 2 box true >/dev/null
	show() { rl inspect --format "$1" hc; }
	is "$(show '{{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Timeout}} {{.Config.Healthcheck.StartPeriod}} {{.Config.Healthcheck.Retries}}')" '1m30s 1.5s 0s 2'
	is "$(show '{{.Config.Healthcheck.Test}} {{json .Config.Healthcheck.Interval}}')" '[CMD-SHELL true] 90000000000'
	is "$(rl inspect hc | grep -c '"Interval": 90000000000')" 1
	# not a time of the check
	is "$(show '{{.Config.Timeout}} {{.Config.StopTimeout}}')" '0 10'
	is "$(rl commit --change 'HEALTHCHECK --interval=5s CMD x' hc with-check >/dev/null 2>&1 && rl image inspect --format '{{.HealthCheck.Interval}} {{.Config.Healthcheck.Interval}}' with-check)" '5s 5s'
}

@test "templates may name what podman and docker have, where rl has nothing to tell as well" {
	local f
	for f in .State.CheckpointedAt .SizeRw .Config.DomainName .Config.HealthMaxLogCount .HostConfig.IDMappings.UIDMap .Config.SdNotifyMode .UseImageHosts; do
		exits 0 rl inspect --format "{{$f}}" web
	done
	is "$(rl inspect --format '{{.Config.SdNotifyMode}} {{.Config.HealthMaxLogCount}} {{.UseImageHosts}} {{.UseImageHostname}}' web)" 'container 5 false false'
	rl create --name own --network none --no-hosts --no-hostname --sdnotify ignore box true >/dev/null
	is "$(rl inspect --format '{{.Config.SdNotifyMode}} {{.UseImageHosts}} {{.UseImageHostname}}' own)" 'ignore true true'
	# the JSON does not have what is absent
	is "$(rl inspect web | grep -c -E 'CheckpointLog|ChrootDirs')" 0
	for f in .Host.NetworkBackend .Host.NetworkBackendInfo.DNS.Path .Host.Slirp4NetNS.Package .Plugins.Volume .Registries .Version.GoVersion .ServerVersion .NCPU .Driver .Host.DatabaseBackend; do
		exits 0 rl info --format "{{$f}}"
	done
	is "$(rl info --format '{{.Host.Conmon.Path}}')" "$RL"
	is "$(rl info --format '{{.Driver}} {{.Containers}}')" "$(rl info --format '{{.Store.GraphDriverName}} {{.Store.ContainerStore.Number}}')"
	is "$(rl info --format '{{json .}}' | python3 -c 'import json, sys; i = json.load(sys.stdin); print(sum(i["host"]["cpuUtilization"].values()) > 99, "databaseBackend" in i["host"])')" 'True False'
	for f in .Client.GoVersion .Server.GitCommit .Client.BuiltTime .Server.Platform.Name .Server.KernelVersion .Client.ApiVersion .Client.APIVersion .OsArch; do
		exits 0 rl version --format "{{$f}}"
	done
	is "$(rl version --format '{{.Version}} {{.Client.Arch}} {{.Server.Os}}')" "$(rl version --format '{{.Client.Version}} {{(index (split .Client.OsArch "/") 1)}} linux')"
	refused 'no field' rl version --format '{{.Client.Nope}}'
}

@test "ps shows namespaces where podman's templates look for them" {
	rl run -d --name up --network none box sleep 1000 >/dev/null
	local net pid
	pid=$(rl inspect --format '{{.State.Pid}}' up)
	net=$(stat -Lc %i "/proc/$pid/ns/net")
	is "$(rl ps --format '{{.Namespaces.NET}} {{.NET}} {{.Namespaces.Net}}')" "$net $net $net"
	is "$(rl ps --ns --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Namespaces"]["Net"])')" "$net"
	is "$(rl ps --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Namespaces"])')" '{}'
	like "$(rl ps --ns)" "$net"
}
