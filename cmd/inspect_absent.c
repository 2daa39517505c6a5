#include "cmd/absent.h"
#include "cmd/inspect.h"

#define NEVER "\"0001-01-01T00:00:00Z\""

void inspect_absent_container(json_t *obj)
{
	static const struct absent table[] = {
		{"State.CheckpointedAt", NEVER},
		{"State.RestoredAt", NEVER},
		{"State.CheckpointLog", "\"\""},
		{"State.CheckpointPath", "\"\""},
		{"State.RestoreLog", "\"\""},
		{"SizeRw", "null"},
		{"SizeRootFs", "0"},
		{"KubeExitCodePropagation", "\"invalid\""},
		{"LockNumber", "0"},
		{"NetworkSettings.SecondaryIPAddresses", "[]"},
		{"NetworkSettings.SecondaryIPv6Addresses", "[]"},
		{"NetworkSettings.AdditionalMacAddresses", "[]"},
		{"Config.Healthcheck.StartPeriod", "0"},
		{"Config.Healthcheck.StartInterval", "0"},
		{"Config.Healthcheck.Retries", "0"},
		{"Config.StartupHealthCheck.StartPeriod", "0"},
		{"Config.StartupHealthCheck.StartInterval", "0"},
		{"Config.StartupHealthCheck.Retries", "0"},
		{"Config.StartupHealthCheck.Successes", "0"},
		{"Config.HealthcheckOnFailureAction", "\"none\""},
		{"Config.HealthLogDestination", "\"local\""},
		{"Config.HealthcheckMaxLogCount", "5"},
		{"Config.HealthcheckMaxLogSize", "500"},
		/* Go's names of the two */
		{"Config.HealthMaxLogCount", "=Config.HealthcheckMaxLogCount"},
		{"Config.HealthMaxLogSize", "=Config.HealthcheckMaxLogSize"},
		{"Config.Passwd", "null"},
		{"Config.ChrootDirs", "[]"},
		{"Config.SdNotifySocket", "\"\""},
		{"HostConfig.CgroupManager", "\"\""},
		{"HostConfig.HostsFile", "\"\""},
		{"HostConfig.IntelRdtClosID", "\"\""},
		{0},
	};

	absent_add(obj, table);
}

void inspect_absent_image(json_t *obj)
{
	static const struct absent table[] = {
		{"Config.ArgsEscaped", "false"},
		{"Healthcheck.StartPeriod", "0"},
		{"Healthcheck.StartInterval", "0"},
		{"Healthcheck.Interval", "0"},
		{"Healthcheck.Timeout", "0"},
		{"Healthcheck.Retries", "0"},
		{0},
	};

	absent_add(obj, table);
}
