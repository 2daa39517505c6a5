#include "cmd/search_filter.h"

#include "runtime/base/parse.h"

int search_filter_parse(const struct strv *given, struct search_filter *ret, struct err *err)
{
	*ret = (struct search_filter){-1, -1, -1};
	strv_foreach (i, one, given) {
		const char *value = strchr(one, '=');
		_cleanup_free_ char *key =
			xstrndup(one, value ? (size_t)(value - one) : strlen(one));
		int *flag = str_eq(key, "is-official")	  ? &ret->official
			    : str_eq(key, "is-automated") ? &ret->automated
							  : NULL;
		bool on = true;

		if (str_eq(key, "stars") && value && parse_i64(value + 1, &ret->stars) == 0 &&
			ret->stars >= 0)
			continue;
		if (!flag || (value && parse_bool(value + 1, &on) < 0)) {
			err_say(err, ERR_USAGE, "--filter \"%s\" is not understood", one);
			return err_hint(err, "use stars=N, is-official or is-automated");
		}
		*flag = on;
	}
	return 0;
}

bool search_filter_match(const struct search_filter *f, const json_t *image)
{
	return json_get_int(image, "stars", 0) >= f->stars &&
	       (f->official < 0 || json_get_bool(image, "official", false) == f->official) &&
	       (f->automated < 0 || json_get_bool(image, "automated", false) == f->automated);
}
