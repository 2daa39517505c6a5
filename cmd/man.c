#include "cmd/man.h"

#include "runtime/base/utf8.h"

static bool has_page(const struct cmd_entry *e)
{
	return e->cmd && !e->alias && !e->cmd->hidden;
}

/* Text in which roff sees no request and no hyphen where a minus is meant. */
static void add_text(struct buf *out, const char *s)
{
	bool line_start = out->len == 0 || out->data[out->len - 1] == '\n';

	for (; *s; s++) {
		uint32_t c = 0;
		size_t n = utf8_decode(s, strlen(s), &c);

		if (line_start && (*s == '.' || *s == '\''))
			buf_adds(out, "\\&");
		line_start = *s == '\n';
		if (*s == '\\')
			buf_adds(out, "\\e");
		else if (*s == '-')
			buf_adds(out, "\\-");
		else if (n > 1) {
			buf_addf(out, "\\[u%04X]", c);
			s += n - 1;
		} else
			buf_addc(out, *s);
	}
}

/* "image ls" → "rl-image-ls" */
static void add_page_name(struct buf *out, const char *name)
{
	buf_adds(out, "rl-");
	for (; *name; name++)
		buf_addc(out, *name == ' ' ? '-' : *name);
}

static void add_header(struct buf *out, const char *page, const char *summary)
{
	buf_adds(out, ".\\\" written by 'rl help --man'\n.TH ");
	for (; *page; page++)
		buf_addc(out, *page >= 'a' && *page <= 'z' ? (char)(*page - 'a' + 'A') : *page);
	buf_adds(out, " 1 \"\" \"rl " RL_VERSION "\" \"rl\"\n.SH NAME\n");
	add_text(out, summary);
	buf_addc(out, '\n');
}

static void add_option(struct buf *out, const struct opt *o)
{
	const char *arg = help_opt_arg(o);

	buf_adds(out, ".TP\n");
	if (o->letter)
		buf_addf(out, "\\fB\\-%c\\fP, ", o->letter);
	buf_adds(out, "\\fB\\-\\-");
	add_text(out, o->name);
	buf_adds(out, "\\fP");
	if (arg) {
		buf_adds(out, o->implied ? "[=\\fI" : " \\fI");
		add_text(out, arg);
		buf_adds(out, o->implied ? "\\fP]" : "\\fP");
	}
	buf_addc(out, '\n');
	add_text(out, o->help);
	buf_addc(out, '\n');
}

static void add_options(struct buf *out, const struct opt *table)
{
	bool first = true;

	for (const struct opt *o = table; o && o->name; o++) {
		if (o->hidden)
			continue;
		if (first)
			buf_adds(out, ".SH OPTIONS\n");
		first = false;
		add_option(out, o);
	}
}

/* an empty line begins a paragraph */
static void add_paragraphs(struct buf *out, const char *s)
{
	while (*s) {
		const char *end = strstr(s, "\n\n");
		_cleanup_free_ char *part = end ? xstrndup(s, (size_t)(end - s)) : xstrdup(s);

		buf_adds(out, ".PP\n");
		add_text(out, part);
		buf_addc(out, '\n');
		s += strlen(part);
		s += strspn(s, "\n");
	}
}

void man_command(const struct cmd *cmd, struct buf *out)
{
	_cleanup_buf_ struct buf page = {0}, name = {0};

	add_page_name(&page, cmd->name);
	buf_addf(&name, "%s - %s", buf_str(&page), cmd->summary);
	add_header(out, buf_str(&page), buf_str(&name));
	buf_addf(out, ".SH SYNOPSIS\n\\fBrl %s\\fP%s", cmd->name,
		cmd->opts ? " [\\fIOPTIONS\\fP]" : "");
	if (cmd->args) {
		buf_adds(out, " \\fI");
		add_text(out, cmd->args);
		buf_adds(out, "\\fP");
	}
	buf_adds(out, "\n.SH DESCRIPTION\n");
	add_text(out, cmd->summary);
	buf_adds(out, ".\n");
	if (cmd->details)
		add_paragraphs(out, cmd->details);
	add_options(out, cmd->opts);
	buf_adds(out, ".SH SEE ALSO\n\\fBrl\\fP(1)\n");
}

void man_overview(struct buf *out)
{
	static const char *const codes[][2] = {{"125", "rl itself failed"},
		{"126", "the command in the container could not be executed"},
		{"127", "the command in the container was not found"},
		{"128+n", "the command in the container died of signal n"},
		{"other", "the exit code of the command in the container"}};

	add_header(out, "rl", "rl - run containers, without a daemon and without privileges");
	buf_adds(out,
		".SH SYNOPSIS\n\\fBrl\\fP [\\fIOPTIONS\\fP] \\fICOMMAND\\fP [\\fIARG...\\fP]\n");
	add_options(out, help_global_opts);
	buf_adds(out, ".SH COMMANDS\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++) {
		if (e->group && e[1].cmd)
			buf_addf(out, ".SS %s\n", e->group);
		if (!has_page(e))
			continue;
		buf_adds(out, ".TP\n\\fB");
		add_page_name(out, e->cmd->name);
		buf_adds(out, "\\fP(1)\n");
		add_text(out, e->cmd->summary);
		buf_addc(out, '\n');
	}
	buf_adds(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		buf_addf(out, ".TP\n\\fB%s\\fP\n%s\n", codes[i][0], codes[i][1]);
}

void man_names(struct buf *out)
{
	buf_adds(out, "rl\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++) {
		if (!has_page(e))
			continue;
		add_page_name(out, e->cmd->name);
		buf_addc(out, '\n');
	}
}
