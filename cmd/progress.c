#include "cmd/progress.h"

#include "cmd/human.h"
#include "cmd/output.h"
#include "runtime/base/clock.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_MS 80
#define BAR_WIDTH 24

static const char *const state_names[] = {
	[PROGRESS_WAITING] = "waiting",
	[PROGRESS_MOVING] = "downloading",
	[PROGRESS_UNPACKING] = "unpacking",
	[PROGRESS_COMPRESSING] = "compressing",
	[PROGRESS_UPLOADING] = "uploading",
	[PROGRESS_EXISTS] = "exists",
	[PROGRESS_MOUNTED] = "mounted",
	[PROGRESS_DONE] = "done",
};

void progress_init(struct progress *p, bool quiet)
{
	const char *term = getenv("TERM");

	*p = (struct progress){.quiet = quiet,
		.tty = isatty(STDERR_FILENO) && !str_empty(term) && !str_eq(term, "dumb")};
}

static struct winsize window(void)
{
	struct winsize w = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
		w = (struct winsize){.ws_row = 24, .ws_col = 80};
	return w;
}

static bool is_final(const struct progress_item *i)
{
	return i->state >= PROGRESS_EXISTS;
}

static void add_bar(struct buf *b, const struct progress_item *i, unsigned columns)
{
	unsigned filled = i->total ? (unsigned)(i->done * BAR_WIDTH / i->total) : 0;
	char done[HUMAN_MAX], total[HUMAN_MAX], speed[HUMAN_MAX];
	_cleanup_buf_ struct buf line = {0};
	int64_t ms = clock_ms() - i->since;

	buf_addf(&line, "Copying blob %s [", i->id);
	for (unsigned k = 0; k < BAR_WIDTH; k++)
		buf_addc(&line, k < filled ? '=' : k == filled ? '>' : ' ');
	buf_addf(&line, "] %s", human_size_iec(i->done, done));
	if (i->total)
		buf_addf(&line, " / %s", human_size_iec(i->total, total));
	if (i->state != PROGRESS_MOVING && i->state != PROGRESS_UPLOADING)
		buf_addf(&line, " | %s", state_names[i->state]);
	else if (ms > 0 && i->done)
		buf_addf(&line, " | %s/s", human_size_iec(i->done * 1000 / (uint64_t)ms, speed));
	buf_addf(b, "%.*s\033[K\n", (int)columns - 1, buf_str(&line));
}

static void add_final(struct buf *b, const struct progress_item *i)
{
	buf_addf(b, "Copying blob %s %s", i->id,
		i->state == PROGRESS_EXISTS    ? "skipped: already exists"
		: i->state == PROGRESS_MOUNTED ? "skipped: mounted from another repository"
					       : "done");
}

/* Final lines scroll up and stay, the bars of what is under way stand below them and are drawn anew. */
static void draw(struct progress *p)
{
	struct winsize w = window();
	_cleanup_buf_ struct buf b = {0};
	unsigned bars = 0;

	if (p->lines)
		buf_addf(&b, "\033[%uA\r", p->lines);
	for (size_t i = 0; i < p->n; i++) {
		if (!is_final(&p->v[i]) || p->v[i].printed)
			continue;
		p->v[i].printed = true;
		add_final(&b, &p->v[i]);
		buf_adds(&b, "\033[K\n");
	}
	for (size_t i = 0; i < p->n && bars + 2 < w.ws_row; i++) {
		if (is_final(&p->v[i]))
			continue;
		add_bar(&b, &p->v[i], w.ws_col);
		bars++;
	}
	buf_adds(&b, "\033[J");
	p->lines = bars;
	(void)!write(STDERR_FILENO, b.data, b.len);
	p->drawn = clock_ms();
}

static struct progress_item *find(struct progress *p, const char *id)
{
	_cleanup_buf_ struct buf name = {0};
	const char *digits = str_after(id, "sha256:");
	_cleanup_free_ char *cut = xstrndup(digits ? digits : id, digits ? 12 : 60);

	output_escape(&name, cut);
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].id, buf_str(&name)))
			return &p->v[i];
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n] = (struct progress_item){.id = xstrdup(buf_str(&name))};
	return &p->v[p->n++];
}

void progress_event(void *arg, const json_t *event)
{
	struct progress *p = arg;
	const char *state = json_get_str(event, "state", "");
	int64_t done = json_get_int(event, "done", 0), total = json_get_int(event, "total", 0);
	struct progress_item *i;
	bool was_final;

	if (p->quiet)
		return;
	i = find(p, json_get_str(event, "id", ""));
	was_final = is_final(i);
	if (i->state == PROGRESS_WAITING)
		i->since = clock_ms();
	for (unsigned k = 0; k < ARRAY_SIZE(state_names); k++)
		if (str_eq(state, state_names[k]))
			i->state = k;
	i->total = total > 0 ? (uint64_t)total : 0;
	i->done = done > 0 ? (uint64_t)done : 0;
	if (i->total && i->done > i->total)
		i->done = i->total;
	if (p->tty && (is_final(i) || clock_ms() - p->drawn >= REDRAW_MS)) {
		draw(p);
	} else if (!p->tty && is_final(i) && !was_final) {
		_cleanup_buf_ struct buf b = {0};

		add_final(&b, i);
		buf_addc(&b, '\n');
		(void)!write(STDERR_FILENO, b.data, b.len);
	}
}

void progress_note(void *arg, const char *text)
{
	struct progress *p = arg;
	_cleanup_buf_ struct buf b = {0};

	if (p->quiet)
		return;
	if (p->tty && p->lines)
		buf_addf(&b, "\033[%uA\r\033[J", p->lines);
	p->lines = 0;
	output_escape(&b, text);
	buf_addc(&b, '\n');
	(void)!write(STDERR_FILENO, b.data, b.len);
	if (p->tty && p->n)
		draw(p);
}

void progress_finish(struct progress *p)
{
	if (p->tty && p->n && !p->quiet)
		draw(p);
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].id);
	free(p->v);
	p->v = NULL;
	p->n = 0;
	p->lines = 0;
}
