#include "cmd/report.h"

#include "cmd/output.h"

#include <unistd.h>

void report(const struct err *err)
{
	_cleanup_buf_ struct buf b = {0};

	buf_adds(&b, "Error: ");
	output_escape(&b, err->msg[0] ? err->msg : "unknown failure");
	if (err->hint[0]) {
		buf_adds(&b, "\nHint: ");
		output_escape(&b, err->hint);
	}
	buf_addc(&b, '\n');
	/* one write, so that lines of parallel invocations do not mix */
	(void)!write(STDERR_FILENO, b.data, b.len);
}
