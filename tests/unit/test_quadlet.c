#include "runtime/quadlet/quadlet.h"

#include "runtime/base/mem.h"
#include "tests/unit/unit.h"

static char complaint[2048];

static void complain(const char *name, const struct err *err)
{
	snprintf(complaint, sizeof(complaint), "%s: %s (%s)", name, err->msg, err->hint);
}

static void add(struct quadlet_set *set, const char *name, const char *text)
{
	struct unitfile u = {.name = xstrdup(name), .path = xasprintf("/etc/q/%s", name)};

	assert_int_equal(unitfile_parse(&u, text, name, NULL), 0);
	quadlet_add(set, quadlet_type_of(name), &u);
}

static const char *exec(const struct quadlet_set *set, const char *name, const char *key)
{
	const char *value = unitfile_last(&quadlet_find(set, name)->unit, "Service", key);

	return value ? value : "";
}

static void has(const struct quadlet_set *set, const char *name, const char *part)
{
	if (!strstr(exec(set, name, "ExecStart"), part))
		fail_msg("%s has no '%s': %s", name, part, exec(set, name, "ExecStart"));
}

/* one file that is wrong */
static void refused(const char *name, const char *text, const char *what)
{
	struct quadlet_set set = {.rl = "/bin/rl"};

	add(&set, name, text);
	complaint[0] = '\0';
	assert_int_equal(quadlet_convert(&set, complain), 1);
	assert_false(set.v[0].done);
	if (!strstr(complaint, what))
		fail_msg("'%s' is not in: %s", what, complaint);
	quadlet_set_done(&set);
}

static void test_types(void **state)
{
	(void)state;
	assert_ptr_equal(quadlet_type_of("a.container"), &quadlet_container);
	assert_ptr_equal(quadlet_type_of("a@b.volume"), &quadlet_volume);
	assert_null(quadlet_type_of(".container"));
	assert_null(quadlet_type_of("a.service"));
	assert_null(quadlet_type_of("container"));
}

static void test_container(void **state)
{
	struct quadlet_set set = {.rl = "/bin/rl", .user = true};
	const struct quadlet *q;

	(void)state;
	add(&set, "web.container",
		"[Unit]\nAfter=data.volume other.service\n[Container]\nImage=app.image\nExec=serve "
		"--name \"a b\"\nVolume=data.volume:/data:ro\n"
		"Volume=./rel:/rel\nVolume=/"
		"only\nNetwork=front.network:ip=10.0.0.2\nEnvironment=A=1 \"B=2 "
		"3\"\nEnvironment=A=4\nReadOnly=no\n"
		"RunInit=yes\nUser=5\nGroup=6\nMount=type=bind,src=./x,dst=/"
		"y\nEnvironmentFile=env\nAddDevice=-/no/such/device\nNoNewPrivileges=true\n"
		"PodmanArgs=--hooks \"x y\"\nGlobalArgs=--log-level "
		"debug\nEntrypoint=\n[Service]\nRestart=always\n[Install]\nWantedBy=default."
		"target\n");
	add(&set, "data.volume",
		"[Volume]\nUser=3\nGroup=4\nOptions=rw\nDevice=tmpfs\nType=tmpfs\nCopy=no\nLabel=a="
		"b\n");
	add(&set, "app.image",
		"[Image]\nImage=docker://example.com/app:1\nImageTag=example.com/"
		"app:1\nTLSVerify=false\n");
	add(&set, "front.network",
		"[Network]\nNetworkName=front\nSubnet=10.0.0.0/"
		"24\nGateway=10.0.0.1\nSubnet=10.1.0.0/24\nInternal=true\n");
	assert_int_equal(quadlet_convert(&set, complain), 0);
	q = quadlet_find(&set, "web.container");
	assert_string_equal(q->service, "web.service");
	assert_string_equal(unitfile_last(&q->unit, "Unit", "SourcePath"), "/etc/q/web.container");
	has(&set, "web.container",
		"/bin/rl --log-level debug run --name systemd-%N --replace --rm --sdnotify=conmon "
		"-d --cgroups=split --entrypoint= ");
	has(&set, "web.container", " example.com/app:1 serve --name \"a b\"");
	has(&set, "web.container", " -v systemd-data:/data:ro ");
	has(&set, "web.container", " -v /etc/q/rel:/rel ");
	has(&set, "web.container", " -v /only ");
	has(&set, "web.container", " --network front:ip=10.0.0.2 ");
	has(&set, "web.container", " --env \"B=2 3\" --env A=4 ");
	has(&set, "web.container", " --read-only=false ");
	has(&set, "web.container", " --user 5:6 ");
	has(&set, "web.container", " --mount type=bind,source=/etc/q/x,dst=/y ");
	has(&set, "web.container", " --env-file /etc/q/env ");
	has(&set, "web.container", " --security-opt no-new-privileges ");
	has(&set, "web.container", " --hooks \"x y\" example.com");
	assert_null(strstr(exec(&set, "web.container", "ExecStart"), "--device"));
	assert_string_equal(exec(&set, "web.container", "Restart"), "always");
	assert_string_equal(exec(&set, "web.container", "Type"), "notify");
	assert_string_equal(exec(&set, "web.container", "ExecStopPost"),
		"-/bin/rl --log-level debug rm -v -f -i systemd-%N");
	assert_string_equal(exec(&set, "data.volume", "ExecStart"),
		"/bin/rl volume create --ignore --opt device=tmpfs --label a=b --opt type=tmpfs "
		"--opt o=uid=3,gid=4,rw --opt nocopy systemd-data");
	assert_string_equal(exec(&set, "app.image", "ExecStart"),
		"/bin/rl image pull --tls-verify=false docker://example.com/app:1");
	assert_string_equal(exec(&set, "front.network", "ExecStart"),
		"/bin/rl network create --ignore --internal --subnet 10.0.0.0/24 --gateway "
		"10.0.0.1 --subnet 10.1.0.0/24 front");
	assert_string_equal(exec(&set, "front.network", "RemainAfterExit"), "yes");
	quadlet_set_done(&set);
}

static void test_dependencies(void **state)
{
	struct quadlet_set set = {.rl = "/bin/rl"};
	_cleanup_strv_ struct strv after = {0}, wants = {0};

	(void)state;
	add(&set, "a.container",
		"[Unit]\nAfter=b.container "
		"x.service\n[Container]\nImage=i\nPod=p.pod\nNetwork=b.container\n");
	add(&set, "b.container",
		"[Container]\nImage=i\nServiceName=other\n[Quadlet]\nDefaultDependencies=no\n");
	add(&set, "p.pod", "[Pod]\n");
	add(&set, "t@.container", "[Container]\nImage=i\nVolume=v@.volume:/v\nPod=p.pod\n");
	add(&set, "v@.volume", "[Volume]\n");
	assert_int_equal(quadlet_convert(&set, complain), 0);
	unitfile_all(&quadlet_find(&set, "a.container")->unit, "Unit", "After", &after);
	assert_int_equal(after.n, 4);
	assert_string_equal(after.v[0], "network-online.target");
	assert_string_equal(after.v[1], "other.service x.service");
	assert_string_equal(after.v[2], "p-pod.service");
	assert_string_equal(after.v[3], "other.service");
	has(&set, "a.container", " --network container:systemd-other ");
	assert_null(unitfile_last(&quadlet_find(&set, "b.container")->unit, "Unit", "Wants"));
	/* the pod starts its members, of which a template is none */
	unitfile_all(&quadlet_find(&set, "p.pod")->unit, "Unit", "Wants", &wants);
	assert_int_equal(wants.n, 2);
	assert_string_equal(wants.v[1], "a.service");
	has(&set, "t@.container", " --name systemd-%p_%i ");
	has(&set, "t@.container", " -v systemd-v-%i:/v ");
	assert_string_equal(
		unitfile_last(&quadlet_find(&set, "t@.container")->unit, "Unit", "BindsTo"),
		"p-pod.service");
	assert_non_null(
		strstr(unitfile_last(&quadlet_find(&set, "t@.container")->unit, "Unit", "Requires"),
			"v-volume@%i.service"));
	assert_string_equal(quadlet_find(&set, "v@.volume")->service, "v-volume@.service");
	quadlet_set_done(&set);
}

static void test_refused(void **state)
{
	(void)state;
	refused("a.container", "[Container]\n", "neither Image= nor Rootfs=");
	refused("a.container", "[Container]\nImage=x\nRootfs=/y\n", "exclude each other");
	refused("a.container", "[Container]\nImage=x\nVolme=/a:/b\n", "did you mean Volume=?");
	refused("a.container", "[Service]\nType=notify\n", "no section [Container]");
	refused("a.container", "[Container]\nImage=x\nGroup=1\n", "Group= without User=");
	refused("a.container", "[Container]\nImage=x.image\n", "there is no file x.image");
	refused("a.container", "[Container]\nImage=x\nVolume=x.volume:/x\n",
		"there is no file x.volume");
	refused("a.container", "[Container]\nImage=x\nPod=mine\n", "not the name of a .pod file");
	refused("a.container", "[Container]\nImage=x\nReadOnly=perhaps\n", "write yes or no");
	refused("a.container", "[Container]\nImage=x\nReloadCmd=a\nReloadSignal=HUP\n",
		"exclude each other");
	refused("a.container", "[Container]\nImage=x\nMount=type=bind,dst=/a\n", "no source");
	refused("a.container", "[Container]\nImage=x\nExec=\"a\n", "a quote is not closed");
	refused("a.container", "[Container]\nImage=x\n[Service]\nKillMode=none\n", "KillMode=none");
	refused("a.container", "[Container]\nImage=x\n[Service]\nType=simple\n", "Type=simple");
	refused("a.container", "[Container]\nImage=x\n[Unit]\nAfter=gone.volume\n", "gone.volume");
	refused("a.container", "[Container]\nImage=x\n[Quadlet]\nX=1\n", "unknown key X=");
	refused("a.volume", "[Volume]\nType=ext4\n", "Type= without Device=");
	refused("a.volume", "[Volume]\nDriver=image\n", "Driver=image without Image=");
	refused("a.volume", "[Volume]\nDriver=image\nImage=x\nCopy=no\n",
		"Copy= and Driver=image exclude each other");
	refused("a.volume", "[Volume]\nDriver=image\nImage=x\nUser=3\n",
		"User= and Driver=image exclude each other");
	refused("a.network", "[Network]\nGateway=10.0.0.1\n", "more Gateway= than Subnet=");
	refused("a.image", "[Image]\n", "no Image=");
	refused("a.artifact", "[Artifact]\n", "no Artifact=");
	refused("a.kube", "[Kube]\n", "no Yaml=");
	refused("a.kube", "[Kube]\nYaml=a b\nSetWorkingDirectory=yaml\n",
		"SetWorkingDirectory=yaml");
	refused("a.build", "[Build]\n", "no ImageTag=");
	refused("a.build", "[Build]\nImageTag=x\n", "neither File= nor SetWorkingDirectory=");
	refused("a.build", "[Build]\nImageTag=x\nFile=Containerfile\n",
		"needs SetWorkingDirectory=");
}

static void test_others(void **state)
{
	struct quadlet_set set = {.rl = "/bin/rl"};

	(void)state;
	add(&set, "k.kube",
		"[Kube]\nYaml=k.yaml\nAutoUpdate=registry "
		"web/local\nSetWorkingDirectory=yaml\nKubeDownForce=yes\n");
	add(&set, "b.build",
		"[Build]\nImageTag=x:1\nFile=Containerfile\nSetWorkingDirectory=unit\nPull="
		"never\n");
	add(&set, "c.container", "[Container]\nImage=b.build\nReloadCmd=/bin/re load\n");
	add(&set, "p.pod", "[Pod]\nPodName=mine\nStopTimeout=3\n");
	add(&set, "r.artifact", "[Artifact]\nArtifact=example.com/a:1\nQuiet=yes\n");
	assert_int_equal(quadlet_convert(&set, complain), 0);
	assert_string_equal(exec(&set, "k.kube", "ExecStart"),
		"/bin/rl kube play --replace --service-container=true "
		"--annotation=io.containers.autoupdate=registry "
		"--annotation=io.containers.autoupdate/web=local /etc/q/k.yaml");
	assert_string_equal(
		exec(&set, "k.kube", "ExecStopPost"), "/bin/rl kube down --force /etc/q/k.yaml");
	assert_string_equal(exec(&set, "k.kube", "WorkingDirectory"), "/etc/q");
	assert_string_equal(exec(&set, "b.build", "ExecStart"),
		"/bin/rl build --pull=never --file Containerfile --tag x:1 /etc/q");
	has(&set, "c.container", " x:1");
	assert_string_equal(
		exec(&set, "c.container", "ExecReload"), "/bin/rl exec systemd-%N /bin/re load");
	assert_string_equal(
		exec(&set, "p.pod", "ExecStop"), "/bin/rl pod stop --ignore --time=3 mine");
	assert_string_equal(exec(&set, "r.artifact", "ExecStart"),
		"/bin/rl artifact pull --quiet example.com/a:1");
	quadlet_set_done(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("quadlet", tests, NULL, NULL);
}
