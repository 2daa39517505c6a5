/* image references: the canonical text of what is accepted parses to itself */
#include "storage/ref.h"

#include "runtime/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size), *canonical = NULL,
			    *again = NULL;
	struct ref ref = {0}, second = {0};

	if (ref_parse(text, &ref, NULL) < 0)
		return 0;
	canonical = ref_format(&ref);
	if (strstr(canonical, "..") || strchr(canonical, '\n') ||
		ref_parse(canonical, &second, NULL) < 0)
		abort();
	again = ref_format(&second);
	if (!str_eq(canonical, again))
		abort();
	ref_done(&ref);
	ref_done(&second);
	return 0;
}
