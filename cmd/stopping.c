#include "cmd/stopping.h"

#include "runtime/base/parse.h"

int stopping_check(struct stopping *s, struct err *err)
{
	if (s->seconds < -1 || s->seconds > INT32_MAX / 2000)
		return err_say(err, ERR_USAGE, "--time: %lld is not a number of seconds",
			(long long)s->seconds);
	if (s->signal && parse_signal(s->signal, &s->how.signal) < 0) {
		err_say(err, ERR_USAGE, "%.32s is not a signal", s->signal);
		return err_hint(err, "use a name such as TERM or SIGHUP, or a number from 1 to 64");
	}
	s->how.timeout = (int)s->seconds;
	return 0;
}
