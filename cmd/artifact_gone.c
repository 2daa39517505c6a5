#include "cmd/artifact_gone.h"

#include "cmd/output.h"
#include "runtime/event.h"
#include "storage/image.h"
#include "storage/reclaim.h"

void artifact_gone(struct ctx *ctx, bool was)
{
	if (!was)
		return;
	image_collect(&ctx->store, NULL, NULL);
	reclaim_trash(&ctx->store, ctx->rundir);
}

void artifact_event(struct ctx *ctx, const char *action, const char *digest, const char *name)
{
	event_object(&ctx->store, "artifact", action, artifact_digits(digest), name);
}

void artifact_told(struct ctx *ctx, const char *action, const json_t *result)
{
	const char *digest = json_get_str(result, "digest", "");

	artifact_event(ctx, action, digest, json_get_str(result, "name", NULL));
	artifact_gone(ctx, json_get_bool(result, "replaced", false));
	output_printf("%s\n", artifact_digits(digest));
}

const char *artifact_digits(const char *digest)
{
	const char *digits = str_after(digest, "sha256:");

	return digits ? digits : digest;
}
