/* numbers, sizes, times and signals: whatever is accepted must survive being read again */
#include "runtime/base/parse.h"

#include "runtime/base/clock.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	struct timespec now = {.tv_sec = 1700000000}, ts;
	char out[CLOCK_TEXT_MAX];
	const char *name;
	unsigned mode;
	uint64_t u;
	int64_t i;
	bool b;
	int sig;

	parse_u64(text, &u);
	parse_i64(text, &i);
	parse_octal(text, &mode);
	parse_bool(text, &b);
	parse_size(text, &u);
	parse_duration(text, &i);
	if (parse_time(text, &now, &ts) == 0)
		clock_text(&ts, out);
	if (parse_signal(text, &sig) == 0) {
		int again = 0;

		name = parse_signal_name(sig);
		if (name && (parse_signal(name, &again) < 0 || again != sig))
			abort();
	}
	return 0;
}
