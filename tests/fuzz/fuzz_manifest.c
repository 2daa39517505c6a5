/* manifests: what is accepted has checked digests only; the first byte chooses the content type */
#include "storage/transfer/manifest.h"

#include "storage/ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"", "application/vnd.oci.image.manifest.v1+json",
		"application/vnd.oci.image.index.v1+json"};
	struct platform host;
	const struct descriptor *d;
	struct manifest m = {0};
	struct err err;

	if (!size || manifest_parse((const char *)data + 1, size - 1, types[data[0] % 3], "fuzz",
			     &m, &err) < 0)
		return 0;
	for (size_t i = 0; i < m.n; i++)
		if (!ref_digest_ok(m.entries[i].digest))
			abort();
	if (m.is_index) {
		platform_host(&host);
		manifest_choose(&m, &host, "fuzz", &d, &err);
		platform_done(&host);
	} else if (!ref_digest_ok(m.config.digest)) {
		abort();
	}
	manifest_done(&m);
	return 0;
}
