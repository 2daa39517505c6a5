/*
 * replay - feeds the files of a corpus to a fuzz target, so that `make check` runs it without a fuzzer
 */
#include "runtime/base/fs.h"

#include <fcntl.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	_cleanup_strv_ struct strv names = {0};
	struct err err = {0};

	if (argc != 2 || fs_list_at(AT_FDCWD, argv[1], &names, &err) < 0) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n%s\n", argv[0], err.msg);
		return 2;
	}
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", argv[1], names.v[i]);
		_cleanup_buf_ struct buf b = {0};
		uint8_t *copy;

		if (fs_read_at(AT_FDCWD, path, &b, &err) < 0) {
			fprintf(stderr, "%s\n", err.msg);
			return 2;
		}
		/* exactly as long as the input, so that a read beyond it is seen */
		copy = xmemdup(buf_str(&b), b.len);
		LLVMFuzzerTestOneInput(copy, b.len);
		free(copy);
	}
	printf("%zu inputs\n", names.n);
	return 0;
}
