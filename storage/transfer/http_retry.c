#include "storage/transfer/http_retry.h"

#include "runtime/base/log.h"
#include "runtime/base/parse.h"

#include <curl/curl.h>
#include <sys/random.h>
#include <time.h>

#define PROGRESS_BYTES	((uint64_t)256 << 10) /* so much more forgives earlier failures */
#define RETRY_DELAY_MAX 30000

int64_t http_retry_after(const char *value, int64_t now)
{
	uint64_t seconds;
	time_t when;

	if (parse_u64(value, &seconds) == 0)
		return seconds > INT32_MAX ? INT64_C(1000) * INT32_MAX : (int64_t)seconds * 1000;
	when = curl_getdate(value, NULL);
	if (when < 0)
		return -1;
	return when <= now ? 0 : (int64_t)(when - now) * 1000;
}

int64_t http_retry_wait(const struct http_retry *r, int64_t after_ms)
{
	int64_t ms = (int64_t)r->delay_ms << (r->tries > 6 ? 6 : r->tries);

	if (ms > RETRY_DELAY_MAX && ms > r->delay_ms)
		ms = r->delay_ms > RETRY_DELAY_MAX ? r->delay_ms : RETRY_DELAY_MAX;
	return after_ms > ms ? after_ms : ms;
}

bool http_retry(struct http_retry *r, long status, enum http_failure failure, int64_t after_ms,
	uint64_t bytes)
{
	struct timespec ts;
	uint32_t jitter = 0;
	int64_t ms;

	if (status ? status != 429 && status != 408 && status < 500
		   : failure != HTTP_FAIL_BROKEN && failure != HTTP_FAIL_STALL)
		return false;
	if (status == 501 || status == 505)
		return false;
	if (bytes >= r->mark + PROGRESS_BYTES) {
		r->mark = bytes;
		r->tries = 0;
	}
	/* a stall has already cost its time out */
	if (r->tries >= r->max || (failure == HTTP_FAIL_STALL && r->tries >= 1))
		return false;
	if (after_ms > HTTP_RETRY_AFTER_MAX)
		return false;
	ms = http_retry_wait(r, after_ms);
	r->tries++;
	/* many clients that failed together should not come back together */
	if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) == sizeof(jitter))
		ms += (int64_t)(jitter % (uint32_t)(ms / 4 + 1));
	log_debug("trying again in %lld ms", (long long)ms);
	ts = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
	return true;
}
