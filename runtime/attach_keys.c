#include "runtime/attach.h"

#include "runtime/base/str.h"

#include <ctype.h>
#include <string.h>

static int parse_key(const char *text, unsigned char *ret)
{
	const char *ctrl = str_after(text, "ctrl-");
	unsigned char c;

	if (strlen(text) == 1 && *text >= ' ' && *text < 0x7f) {
		*ret = (unsigned char)*text;
		return 0;
	}
	if (!ctrl || strlen(ctrl) != 1)
		return -EINVAL;
	c = (unsigned char)toupper((unsigned char)*ctrl);
	/* @ A … Z [ \ ] ^ _ are what a terminal can send with the control key */
	if (c < '@' || c > '_')
		return -EINVAL;
	*ret = c & 0x1f;
	return 0;
}

int attach_keys_parse(const char *text, unsigned char keys[16], size_t *ret_n, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};
	unsigned char parsed[16];

	if (*text)
		strv_split(&parts, text, ",");
	if (parts.n > sizeof(parsed))
		return err_set(err, ERR_USAGE, "detach keys: more than %zu keys", sizeof(parsed));
	strv_foreach (i, part, &parts)
		if (parse_key(part, &parsed[i]) < 0) {
			err_set(err, ERR_USAGE, "detach keys: %.32s is not a key", part);
			return err_hint(err, "a key is one character or ctrl- and a letter or one "
					     "of @[\\]^_: ctrl-p,ctrl-q");
		}
	memcpy(keys, parsed, parts.n);
	*ret_n = parts.n;
	return 0;
}

ssize_t attach_keys_feed(struct attach_keys *k, unsigned char byte, unsigned char out[16])
{
	unsigned char seen[17];
	size_t n = k->matched, keep;

	if (k->n == 0) {
		out[0] = byte;
		return 1;
	}
	/* what was held back is the beginning of the keys; how much of it may still become the sequence? */
	memcpy(seen, k->keys, n);
	seen[n++] = byte;
	for (keep = n; keep > 0; keep--)
		if (memcmp(seen + n - keep, k->keys, keep) == 0)
			break;
	if (keep == k->n) {
		k->matched = 0;
		return -ECANCELED;
	}
	memcpy(out, seen, n - keep);
	k->matched = keep;
	return (ssize_t)(n - keep);
}
