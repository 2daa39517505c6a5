/* headers of a registry: WWW-Authenticate, Link, Retry-After, Location, Range */
#include "storage/transfer/http_retry.h"
#include "storage/transfer/http_url.h"
#include "storage/transfer/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size), *next = NULL, *url = NULL;
	struct challenges c = {0};
	struct err err;
	bool same;

	auth_parse(text, &c);
	for (size_t i = 0; i < c.n; i++)
		if (!*c.v[i].scheme)
			abort();
	challenges_done(&c);
	next = http_link_next(text);
	http_retry_after(text, 0);
	if (upload_range(text) && !strstr(text, "0-"))
		abort();
	if (http_redirect("https://a.example/b", text, &url, &same, &err) == 0 &&
		strncmp(url, "https://", 8) != 0)
		abort();
	return 0;
}
