/* templates: no text makes the parser or the evaluator misbehave, and what parses executes within its bounds */
#include "cmd/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rows[] =
	"{\"ID\":\"0123456789ab\",\"N\":42,\"F\":1.5,\"Yes\":true,\"Nil\":null,\"List\":[\"a\","
	"\"b\",1],"
	"\"Labels\":{\"k\":\"v\"},\"State\":{\"Pid\":1,\"Health\":{}},\"M\":[{\"A\":\"x\"}]}";

static void heading(void *arg, const char *name, struct buf *out)
{
	(void)arg;
	buf_adds(out, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *row;
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_template_ struct template *t = NULL;
	_cleanup_buf_ struct buf out = {.cap = 1 << 20}, head = {.cap = 1 << 20};
	struct err err = {0};

	if (!row && json_parse(rows, sizeof(rows) - 1, "row", &row, NULL) < 0)
		abort();
	if (template_parse(text, "fuzz", &t, &err) < 0) {
		if (!err.msg[0])
			abort();
		return 0;
	}
	template_headings(t, heading, NULL, &head);
	template_ranges(t);
	if (template_exec(t, row, &out, &err) < 0 && !err.msg[0])
		abort();
	return 0;
}
