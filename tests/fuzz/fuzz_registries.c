/* registries.conf: what it leads to has a host and a path */
#include "storage/registries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a", "h.example/a:1", "x.h.example:5/a/b"};
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	struct registries r = {0};
	struct err err;

	if (registries_add(&r, text, "fuzz", &err) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			struct candidates c = {0};

			if (registries_resolve(&r, names[i], &c, &err) < 0)
				continue;
			for (size_t k = 0; k < c.n; k++)
				for (size_t e = 0; e < c.v[k].n; e++)
					if (!*c.v[k].endpoints[e].host ||
						!*c.v[k].endpoints[e].path)
						abort();
			candidates_done(&c);
		}
	registries_done(&r);
	return 0;
}
