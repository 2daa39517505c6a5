#include "cmd/absent.h"
#include "cmd/info.h"
#include "cmd/version.h"

void info_absent(json_t *tree)
{
	static const struct absent podman[] = {
		{"Host.BuildahVersion", "\"\""},
		{"Host.DatabaseBackend", "\"\""},
		{"Host.FreeLocks", "null"},
		{"Host.NetworkBackend", "\"\""},
		{"Host.NetworkBackendInfo.Backend", "\"\""},
		{"Host.NetworkBackendInfo.Version", "\"\""},
		{"Host.NetworkBackendInfo.Package", "\"\""},
		{"Host.NetworkBackendInfo.Path", "\"\""},
		{"Host.NetworkBackendInfo.DefaultNetwork", "\"\""},
		{"Host.NetworkBackendInfo.DNS.Version", "\"\""},
		{"Host.NetworkBackendInfo.DNS.Package", "\"\""},
		{"Host.NetworkBackendInfo.DNS.Path", "\"\""},
		{"Host.Conmon.Package", "\"\""},
		{"Host.OCIRuntime.Package", "\"\""},
		{"Host.Slirp4NetNS.Package", "\"\""},
		{"Host.Pasta.Executable", "\"\""},
		{"Host.Pasta.Package", "\"\""},
		{"Host.Pasta.Version", "\"\""},
		{"Host.RuntimeInfo", "{}"},
		{"Host.Security.SECCOMPProfilePath", "\"\""},
		{"Host.Variant", "\"\""},
		{"Host.EmulatedArchitectures", "[]"},
		{"Store.TransientStore", "false"},
		{"Plugins.Authorization", "null"},
		{0},
	};
	static const struct absent docker[] = {
		{"Architecture", "=Host.Arch"},
		{"CgroupDriver", "=Host.CgroupManager"},
		{"CgroupVersion", "=Host.CgroupsVersion"},
		{"Containers", "=Store.ContainerStore.Number"},
		{"ContainersPaused", "=Store.ContainerStore.Paused"},
		{"ContainersRunning", "=Store.ContainerStore.Running"},
		{"ContainersStopped", "=Store.ContainerStore.Stopped"},
		{"DefaultRuntime", "=Host.OCIRuntime.Name"},
		{"DockerRootDir", "=Store.GraphRoot"},
		{"Driver", "=Store.GraphDriverName"},
		{"Images", "=Store.ImageStore.Number"},
		{"KernelVersion", "=Host.Kernel"},
		{"LoggingDriver", "=Host.LogDriver"},
		{"MemTotal", "=Host.MemTotal"},
		{"NCPU", "=Host.CPUs"},
		{"Name", "=Host.Hostname"},
		{"OSType", "=Host.OS"},
		{"OperatingSystem", "=Host.Distribution.Distribution"},
		{"OSVersion", "=Host.Distribution.Version"},
		{"ServerVersion", "=Version.Version"},
		{0},
	};

	absent_add(tree, podman);
	absent_add(tree, docker);
	version_absent(json_object_get(tree, "Version"));
}
