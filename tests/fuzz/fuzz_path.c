/* lexical paths: the clean form is stable and has no way out */
#include "runtime/base/path.h"

#include "runtime/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_free_ char *clean = path_clean(text), *again = path_clean(clean);

	if (!str_eq(clean, again) || strstr(clean, "//") || str_after(clean, "/.."))
		if (!str_after(clean, "/...") &&
			!(str_after(clean, "/..") && clean[3] && clean[3] != '/'))
			abort();
	return 0;
}
