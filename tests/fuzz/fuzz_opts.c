/* command lines, one word a line: parsed or refused with a message; whatever was set is freed */
#include "cmd/opts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct t {
	bool tty, interactive;
	char *name, *pull;
	struct strv env, caps;
	int64_t num, time;
	uint64_t count, memory;
};

#define T struct t
static const struct opt table[] = {
	OPTION_BOOL('t', "tty", T, tty, ""),
	OPTION_BOOL('i', "interactive", T, interactive, ""),
	OPTION_STR('n', "name", T, name, "NAME", ""),
	{'N', "nickname", OPT_STR, offsetof(T, name), "NAME", "", NULL, true},
	{0, "pull", OPT_STR, offsetof(T, pull), "always|never", "", "always", false},
	OPTION_STRV('e', "env", T, env, "KEY", ""),
	OPTION_LIST(0, "cap-add", T, caps, "CAP", ""),
	OPTION_INT(0, "num", T, num, "N", ""),
	OPTION_UINT('c', "count", T, count, "N", ""),
	OPTION_SIZE('m', "memory", T, memory, "SIZE", ""),
	OPTION_DURATION(0, "time", T, time, "D", ""),
	{0},
};

static char word[] = "default", *words[] = {word, NULL};
static const struct t defaults = {.name = word, .env = {words, 1}, .num = -1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_strv_ struct strv argv = {0}, args = {0};
	struct err err = {0};
	struct t t = {0};

	strv_split(&argv, text, "\n");
	opts_init(table, &t, sizeof(t), size % 2 ? &defaults : NULL);
	if (opts_parse(table, &t, argv.v, size % 3 == 0, "fuzz", &args, &err) < 0 && !err.msg[0])
		abort();
	opts_done(table, &t);
	return 0;
}
