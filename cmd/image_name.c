#include "cmd/image_name.h"

#include "storage/ref.h"

const char *image_name(const struct image *img, const char *arg)
{
	_cleanup_(ref_done) struct ref ref = {0};
	_cleanup_free_ char *canonical = NULL, *local = NULL;
	const char *path;

	if (ref_parse(arg, &ref, NULL) < 0)
		return NULL;
	canonical = ref_format(&ref);
	path = str_after(ref.path, "library/");
	local = xasprintf("localhost/%s:%s", path ? path : ref.path, ref.tag ? ref.tag : "");
	strv_foreach (i, name, &img->names)
		if (str_eq(name, canonical))
			return name;
	strv_foreach (i, name, &img->names)
		if (ref.short_name && str_eq(name, local))
			return name;
	return NULL;
}
