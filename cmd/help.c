#include "cmd/help.h"

#include "cmd/man.h"
#include "cmd/opts.h"
#include "cmd/output.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GROUP(heading)	  {.group = (heading)},
#define ALIAS(words, sym) {.alias = (words), .cmd = &cmd_##sym},
#define COMMAND(sym)	  {.cmd = &cmd_##sym},
const struct cmd_entry commands[] = {
#include "cmd/commands.h"
	{0},
};
#undef GROUP
#undef ALIAS
#undef COMMAND

#define G struct global_opts
const struct opt help_global_opts[] = {
	OPTION_STR(0, "cgroup-manager", G, cgroup_manager, "systemd|cgroupfs",
		"who makes the control groups of new containers (default: systemd where it runs)"),
	OPTION_BOOL(0, "debug", G, debug, "show what is done, on standard error"),
	OPTION_STR(0, "events-backend", G, events_backend, "file|none",
		"where this command writes down what happens (default: events_logger of rl.conf)"),
	OPTION_STR(0, "log-level", G, log_level, "debug|info|warn|error",
		"'debug' is the same as --debug"),
	OPTION_BOOL(0, "noout", G, noout, "print nothing on standard output"),
	OPTION_STR(0, "out", G, out, "FILE", "write standard output into FILE"),
	OPTION_STR(0, "root", G, root, "DIR", "where images and containers are kept (RL_ROOT)"),
	OPTION_STR(0, "runroot", G, runroot, "DIR",
		"where the state of running containers is kept (RL_RUNROOT)"),
	OPTION_STR(0, "storage-driver", G, storage_driver,
		"overlay|fuse_overlayfs|fuse-overlayfs|vfs",
		"how layers become a file system, for a new store (RL_STORAGE_DRIVER)"),
	/* podman's, to be told what to use */
	{0, "tmpdir", OPT_STR, OPT_CHECK(G, tmpdir, char *), "DIR", "", NULL, true},
	OPTION_BOOL('v', "version", G, version, "print the version"),
	{0},
};

static const char *entry_name(const struct cmd_entry *e)
{
	return e->alias ? e->alias : e->cmd->name;
}

/* how many words of @argv the name takes, 0 if it is another one */
static int name_matches(const char *name, char *const *argv)
{
	const char *space = strchr(name, ' ');
	size_t len = space ? (size_t)(space - name) : strlen(name);

	if (strlen(argv[0]) != len || strncmp(argv[0], name, len) != 0)
		return 0;
	if (!space)
		return 1;
	return argv[1] && str_eq(argv[1], space + 1) ? 2 : 0;
}

/* the word is the first of two: "image" */
static bool is_group_word(const char *word)
{
	size_t len = strlen(word);

	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (!e->group && strncmp(entry_name(e), word, len) == 0 &&
			entry_name(e)[len] == ' ')
			return true;
	return false;
}

/* Commands of podman's and docker's that are to come; services that quadlets make call them, and fail with this. */
static bool is_to_come(const char *word)
{
	static const char *const words[] = {
		"build", "buildx", "compose", "kube", "network", "play", "pod", "auto-update"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

static int unknown_command(char *const *argv, struct err *err)
{
	bool group = is_group_word(argv[0]);
	_cleanup_free_ char *word =
		group && argv[1] ? xasprintf("%s %s", argv[0], argv[1]) : xstrdup(argv[0]);
	const char *nearest = NULL;
	unsigned best = ~0U;

	if (!group && is_to_come(word)) {
		err_set(err, ERR_USAGE, "rl has no command '%s' yet", word);
		return err_hint(err, "'rl help' lists those that it has");
	}
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (!e->group && !e->cmd->hidden && opts_nearest(word, entry_name(e), &best))
			nearest = entry_name(e);
	if (group && !argv[1])
		err_set(err, ERR_USAGE, "'rl %s' needs a command behind it", word);
	else
		err_set(err, ERR_USAGE, "unknown command '%s'", word);
	if (nearest)
		return err_hint(err, "did you mean 'rl %s'? 'rl help' lists the commands", nearest);
	return err_hint(err, "'rl help' lists the commands");
}

const struct cmd *help_find(char *const *argv, int *ret_words, struct err *err)
{
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++) {
		int words = e->group ? 0 : name_matches(entry_name(e), argv);

		if (words > 0) {
			*ret_words = words;
			return e->cmd;
		}
	}
	unknown_command(argv, err);
	return NULL;
}

struct help_style help_style(int fd)
{
	struct help_style s = {.width = 80};
	const char *term = getenv("TERM");
	struct winsize ws;

	if (!isatty(fd))
		return s;
	if (ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 40)
		s.width = ws.ws_col < 100 ? ws.ws_col : 100;
	s.bold = str_empty(getenv("NO_COLOR")) && !str_empty(term) && !str_eq(term, "dumb");
	return s;
}

static void add_heading(struct buf *out, struct help_style style, const char *text)
{
	buf_addf(out, "%s%s:%s\n", style.bold ? "\033[1m" : "", text, style.bold ? "\033[0m" : "");
}

/* Text filled up to the width, each line after the first indented. */
static void add_wrapped(struct buf *out, struct help_style style, const char *text, size_t indent)
{
	size_t col = indent;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (col > indent && col + 1 + word > (size_t)style.width) {
			buf_addf(out, "\n%*s", (int)indent, "");
			col = indent;
		} else if (col > indent) {
			buf_addc(out, ' ');
			col++;
		}
		buf_add(out, text, word);
		col += word;
		text += word;
		if (*text == '\n') {
			buf_addf(out, "\n%*s", text[1] && text[1] != '\n' ? (int)indent : 0, "");
			col = indent;
		}
		if (*text)
			text++;
	}
	buf_addc(out, '\n');
}

/* "name   what it is", the second column beginning at @col */
static void add_item(
	struct buf *out, struct help_style style, const char *name, const char *text, size_t col)
{
	size_t len = strlen(name);

	buf_adds(out, name);
	if (len + 2 > col) {
		buf_addf(out, "\n%*s", (int)col, "");
		len = col;
	} else {
		buf_addf(out, "%*s", (int)(col - len), "");
	}
	add_wrapped(out, style, text, col);
}

const char *help_opt_arg(const struct opt *o)
{
	static const char *const names[] = {
		[OPT_BOOL] = NULL,
		[OPT_STR] = "TEXT",
		[OPT_STRV] = "TEXT",
		[OPT_LIST] = "LIST",
		[OPT_INT] = "NUMBER",
		[OPT_UINT] = "NUMBER",
		[OPT_SIZE] = "SIZE",
		[OPT_DURATION] = "DURATION",
	};

	return o->arg ? o->arg : names[o->type];
}

static char *opt_title(const struct opt *o)
{
	struct buf b = {0};
	const char *arg = help_opt_arg(o);

	if (o->letter)
		buf_addf(&b, "  -%c, --%s", o->letter, o->name);
	else
		buf_addf(&b, "      --%s", o->name);
	if (o->implied && arg)
		buf_addf(&b, "[=%s]", arg);
	else if (arg)
		buf_addf(&b, " %s", arg);
	return buf_take(&b);
}

static void add_options(struct buf *out, struct help_style style, const struct opt *table)
{
	size_t col = 12;

	for (const struct opt *o = table; o->name; o++) {
		_cleanup_free_ char *title = opt_title(o);
		size_t len = strlen(title) + 2;

		if (!o->hidden && len > col && len <= 36)
			col = len;
	}
	for (const struct opt *o = table; o->name; o++) {
		_cleanup_free_ char *title = opt_title(o);

		if (!o->hidden)
			add_item(out, style, title, o->help, col);
	}
}

void help_overview(struct buf *out, struct help_style style)
{
	size_t col = 0;

	buf_adds(out, "rl runs containers, without a daemon and without privileges\n\n");
	add_heading(out, style, "Usage");
	buf_adds(out, "  rl [OPTIONS] COMMAND [ARG...]\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (!e->group && !e->alias && !e->cmd->hidden && strlen(e->cmd->name) > col)
			col = strlen(e->cmd->name);
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++) {
		_cleanup_free_ char *name = NULL;

		if (e->group) {
			/* a heading without commands is left out */
			if (cmd_entry_end(e + 1) || e[1].group)
				continue;
			buf_addc(out, '\n');
			add_heading(out, style, e->group);
		} else if (!e->alias && !e->cmd->hidden) {
			name = xasprintf("  %s", e->cmd->name);
			add_item(out, style, name, e->cmd->summary, col + 5);
		}
	}
	buf_addc(out, '\n');
	add_heading(out, style, "Options");
	add_options(out, style, help_global_opts);
	buf_adds(out, "\n'rl COMMAND --help' explains a command.\n");
}

void help_command(const struct cmd *cmd, struct buf *out, struct help_style style)
{
	bool shown = false;

	add_wrapped(out, style, cmd->summary, 0);
	buf_addc(out, '\n');
	add_heading(out, style, "Usage");
	for (const struct opt *o = cmd->opts; o && o->name; o++)
		shown |= !o->hidden;
	buf_addf(out, "  rl %s%s%s%s\n", cmd->name, shown ? " [OPTIONS]" : "", cmd->args ? " " : "",
		cmd->args ? cmd->args : "");
	if (cmd->details) {
		buf_addc(out, '\n');
		add_wrapped(out, style, cmd->details, 0);
	}
	if (shown) {
		buf_addc(out, '\n');
		add_heading(out, style, "Options");
		add_options(out, style, cmd->opts);
	}
}

struct help_opts {
	bool man, man_list;
};

static int run_help(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	const struct help_opts *o = opts;
	_cleanup_buf_ struct buf text = {0};
	const struct cmd *cmd = NULL;
	int words = 0;

	(void)ctx;
	if (args->n > 0) {
		cmd = help_find(args->v, &words, err);
		if (!cmd)
			return -ERR_USAGE;
	}
	if (o->man_list)
		man_names(&text);
	else if (o->man && cmd)
		man_command(cmd, &text);
	else if (o->man)
		man_overview(&text);
	else if (cmd)
		help_command(cmd, &text, help_style(STDOUT_FILENO));
	else
		help_overview(&text, help_style(STDOUT_FILENO));
	fwrite(buf_str(&text), 1, text.len, stdout);
	return 0;
}

/* for those who build rl: the manual pages in docs/man are made with these */
static const struct opt help_opts[] = {
	{0, "man", OPT_BOOL, offsetof(struct help_opts, man), NULL, "as a manual page", NULL, true},
	{0, "man-list", OPT_BOOL, offsetof(struct help_opts, man_list), NULL, "names of the pages",
		NULL, true},
	{0},
};

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.max = 2,
	.summary = "Explain rl or one of its commands",
	.opts = help_opts,
	.opts_size = sizeof(struct help_opts),
	.run = run_help,
};
