#include "cmd/linger.h"

#include "userns/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD "linger-told"

bool linger_enabled(const char *name)
{
	_cleanup_free_ char *file = xasprintf("/var/lib/systemd/linger/%s", name);

	return access(file, F_OK) == 0;
}

void linger_notice(const struct ctx *ctx, const struct container *c)
{
	struct account who;

	/* of the user's manager; what is elsewhere does not end with it */
	if (!strstr(json_get_str(c->state, "cgroup", ""), "/user@"))
		return;
	if (faccessat(ctx->rundir, TOLD, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	account_find(getuid(), &who);
	if (who.name && !linger_enabled(who.name) &&
		mknodat(ctx->rundir, TOLD, S_IFREG | 0600, 0) == 0)
		fprintf(stderr, "Note: containers are stopped at your last logout; 'loginctl "
				"enable-linger' "
				"lets them run on\n");
	account_done(&who);
}
