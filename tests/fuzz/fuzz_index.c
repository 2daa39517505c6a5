/* indexes: whatever goes from a registry's index into a list of ours comes out as one that is accepted again */
#include "storage/transfer/index.h"
#include "storage/transfer/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const json_t *list, bool docker)
{
	_cleanup_buf_ struct buf b = {0};
	struct manifest m = {0};
	struct err err;

	if (index_bytes(list, docker, &b, &err) < 0)
		return;
	if (manifest_read(buf_str(&b), b.len, manifest_type(docker, true), "made", &m, &err) < 0 ||
		!m.is_index || m.n != json_array_size(json_object_get(list, "manifests")))
		abort();
	manifest_done(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *raw = NULL, *list = index_new();
	struct manifest m = {0};
	struct err err;
	const json_t *entry;
	size_t i;

	if (manifest_read((const char *)data, size, "", "fuzz", &m, &err) < 0)
		return 0;
	if (m.is_index && json_parse((const char *)data, size, "fuzz", &raw, &err) == 0)
		json_array_foreach (json_object_get(raw, "manifests"), i, entry) {
			json_t *e = index_copy_entry(entry);

			/* the document itself serves as a change as well */
			index_change(e, raw, &err);
			index_add(list, e, &err);
			json_decref(e);
		}
	check(list, false);
	check(list, true);
	manifest_done(&m);
	return 0;
}
