#include "cmd/table.h"

#include "runtime/base/utf8.h"

#define CELL_MIN     12
#define CELL_PADDING 2

struct cell {
	const char *text;
	size_t len, width;
};

/* @first: index of the line's first cell; @n: how many, at least one */
struct line {
	size_t first, n;
};

struct table {
	struct cell *cells;
	size_t ncells, cells_size;
	struct line *lines;
	size_t nlines, lines_size;
};

static void table_done(struct table *t)
{
	free(t->cells);
	free(t->lines);
}

size_t table_width(const char *s, size_t len)
{
	size_t width = 0;

	while (len > 0) {
		uint32_t c = 0;
		size_t n = (unsigned char)*s < 0x80 ? 1 : utf8_decode(s, len, &c);

		width += c ? utf8_width(c) : 1;
		if (n == 0)
			n = 1;
		s += n;
		len -= n;
	}
	return width;
}

static void add_cell(struct table *t, const char *text, size_t len)
{
	if (t->ncells == t->cells_size) {
		t->cells_size = t->cells_size ? t->cells_size * 2 : 64;
		t->cells = xreallocarray(t->cells, t->cells_size, sizeof(*t->cells));
	}
	t->cells[t->ncells++] =
		(struct cell){.text = text, .len = len, .width = table_width(text, len)};
}

static void add_line(struct table *t, const char *text, size_t len)
{
	struct line line = {.first = t->ncells};

	for (;;) {
		const char *tab = memchr(text, '\t', len);
		size_t n = tab ? (size_t)(tab - text) : len;

		add_cell(t, text, n);
		if (!tab)
			break;
		text += n + 1;
		len -= n + 1;
	}
	line.n = t->ncells - line.first;
	if (t->nlines == t->lines_size) {
		t->lines_size = t->lines_size ? t->lines_size * 2 : 32;
		t->lines = xreallocarray(t->lines, t->lines_size, sizeof(*t->lines));
	}
	t->lines[t->nlines++] = line;
}

/*
 * A column is a run of lines that all have a cell there with another behind it; each run has a
 * width of its own. Return: false if no line has such a cell.
 */
static bool set_widths(struct table *t, size_t column)
{
	bool found = false;

	for (size_t i = 0; i < t->nlines;) {
		size_t end = i, width = CELL_MIN;

		for (; end < t->nlines && t->lines[end].n > column + 1; end++) {
			size_t w = t->cells[t->lines[end].first + column].width + CELL_PADDING;

			if (w > width)
				width = w;
		}
		found |= end > i;
		for (; i < end; i++)
			t->cells[t->lines[i].first + column].width =
				width - t->cells[t->lines[i].first + column].width;
		if (i < t->nlines)
			i++;
	}
	return found;
}

static void add_blanks(struct buf *out, size_t n)
{
	static const char blanks[] =
		"                                                                ";

	for (; n >= sizeof(blanks); n -= sizeof(blanks) - 1)
		buf_add(out, blanks, sizeof(blanks) - 1);
	buf_add(out, blanks, n);
}

void table_align(const char *text, struct buf *out)
{
	_cleanup_(table_done) struct table t = {0};
	const char *end = text + strlen(text);
	bool newline = end > text && end[-1] == '\n';

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t len = nl ? (size_t)(nl - text) : (size_t)(end - text);

		add_line(&t, text, len);
		text += len + (nl ? 1 : 0);
	}
	/* afterwards a cell's width is the number of blanks behind it */
	for (size_t column = 0; set_widths(&t, column); column++)
		;
	for (size_t i = 0; i < t.nlines; i++) {
		const struct cell *c = t.cells + t.lines[i].first;

		for (size_t j = 0; j < t.lines[i].n; j++) {
			buf_add(out, c[j].text, c[j].len);
			if (j + 1 < t.lines[i].n)
				add_blanks(out, c[j].width);
		}
		if (i + 1 < t.nlines || newline)
			buf_addc(out, '\n');
	}
}
