#include "cmd/artifact_gone.h"

#include "storage/image.h"
#include "storage/reclaim.h"

void artifact_gone(struct ctx *ctx, bool was)
{
	if (!was)
		return;
	image_collect(&ctx->store, NULL, NULL);
	reclaim_trash(&ctx->store, ctx->rundir);
}

const char *artifact_digits(const char *digest)
{
	const char *digits = str_after(digest, "sha256:");

	return digits ? digits : digest;
}
