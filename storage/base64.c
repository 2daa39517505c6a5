#include "storage/base64.h"

#include "runtime/base/str.h"

#define DECODE_CAP ((size_t)1 << 20)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const char *data, size_t len)
{
	_cleanup_buf_ struct buf b = {0};

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned v = (unsigned)(unsigned char)data[i] << 16;

		if (left > 1)
			v |= (unsigned)(unsigned char)data[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)data[i + 2];
		buf_addc(&b, digits[v >> 18 & 63]);
		buf_addc(&b, digits[v >> 12 & 63]);
		buf_addc(&b, left > 1 ? digits[v >> 6 & 63] : '=');
		buf_addc(&b, left > 2 ? digits[v & 63] : '=');
	}
	return b.len ? buf_take(&b) : xstrdup("");
}

char *base64_decode(const char *s)
{
	_cleanup_buf_ struct buf b = {.cap = DECODE_CAP};
	unsigned bits = 0, n = 0;

	for (; *s && *s != '='; s++) {
		const char *at = strchr(digits, *s);

		if (!at)
			return NULL;
		bits = bits << 6 | (unsigned)(at - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			if ((bits >> n & 0xff) == 0)
				return NULL;
			buf_addc(&b, (char)(bits >> n & 0xff));
		}
	}
	if (strspn(s, "=") != strlen(s))
		return NULL;
	return b.len ? buf_take(&b) : NULL;
}
