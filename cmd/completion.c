/*
 * What is completed follows from the tables: an option's or argument's name says its kind (CONTAINER, IMAGE, FILE,
 * DIR, SIGNAL, "a|b|c"); anything else is left to the user.  The scripts are static: they start rl
 * only for the names of containers and images.
 */
#include "cmd/help.h"
#include "cmd/opts.h"

#include <ctype.h>
#include <stdio.h>

static const char *const signals = "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH";

/* the commands that are shown, one word each */
static const struct cmd *shown(const struct cmd_entry *e)
{
	if (!e->cmd || e->alias || e->cmd->hidden || strchr(e->cmd->name, ' '))
		return NULL;
	return e->cmd;
}

static bool takes_word(const struct opt *o)
{
	return o->type != OPT_BOOL && !o->implied;
}

/* in single quotes for a shell; @fish: where a backslash inside them has a meaning */
static void add_quoted(struct buf *out, const char *s, bool fish)
{
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(out, fish ? "\\'" : "'\\''");
		else if (*s == '\\' && fish)
			buf_adds(out, "\\\\");
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* one of the kinds, the choices themselves, or "-" */
static const char *kind(const char *arg)
{
	static const char *const kinds[] = {
		"CONTAINER", "IMAGE", "FILE", "DIR", "SIGNAL", "COMMAND"};

	if (arg && str_after(arg, "CONTAINER|"))
		return "OBJECT";
	if (arg && strchr(arg, '|') && !strchr(arg, ' '))
		return arg;
	for (size_t i = 0; arg && i < ARRAY_SIZE(kinds); i++)
		if (str_eq(arg, kinds[i]))
			return kinds[i];
	return "-";
}

/* the words of a synopsis without brackets and dots; *@ret_more: the last one may be repeated */
static void arg_words(const struct cmd *cmd, struct strv *words, bool *ret_more)
{
	const char *s = cmd->args ? cmd->args : "";

	*ret_more = cmd->max < 0;
	while (*s) {
		size_t skip = strspn(s, " []."), n;

		s += skip;
		n = strcspn(s, " [].");
		/* what runs inside a container is no command of ours */
		if (n > 0 && cmd->stop_at_arg && strncmp(s, "COMMAND", n) == 0)
			strv_add(words, "-");
		else if (n > 0)
			strv_take(words, xstrndup(s, n));
		s += n;
	}
}

static void bash_command(struct buf *out, const struct cmd *cmd)
{
	_cleanup_strv_ struct strv words = {0};
	bool more;

	buf_addf(out, "\t%s)\n\t\topts='", cmd->name);
	for (const struct opt *o = cmd->opts; o && o->name; o++)
		if (!o->hidden)
			buf_addf(out, "--%s%s ", o->name,
				o->type != OPT_BOOL && o->implied ? "=" : "");
	buf_adds(out, "--help'\n\t\tvalues='");
	for (const struct opt *o = cmd->opts; o && o->name; o++) {
		if (!takes_word(o))
			continue;
		buf_addf(out, " --%s:%s", o->name, kind(o->arg));
		if (o->letter)
			buf_addf(out, " -%c:%s", o->letter, kind(o->arg));
	}
	buf_adds(out, " '\n\t\tjoined='");
	for (const struct opt *o = cmd->opts; o && o->name; o++)
		if (o->type != OPT_BOOL && o->implied)
			buf_addf(out, " --%s:%s", o->name, kind(o->arg));
	arg_words(cmd, &words, &more);
	buf_adds(out, " '\n\t\targs='");
	strv_foreach (i, w, &words)
		buf_addf(out, "%s%s", i ? " " : "", kind(w));
	buf_addf(out, "'\n\t\tmore=%d stop=%d\n\t\t;;\n", more, cmd->stop_at_arg);
}

static void bash_script(struct buf *out)
{
	buf_adds(out,
		"# bash completion of rl; written by 'rl completion bash'\n\n"
		"_rl_table() {\n\topts='' values=' ' joined=' ' args='' more=0 stop=0\n\tcase $1 "
		"in\n\t'')\n\t\topts='");
	for (const struct opt *o = help_global_opts; o->name; o++)
		buf_addf(out, "--%s ", o->name);
	buf_adds(out, "--help'\n\t\tvalues='");
	for (const struct opt *o = help_global_opts; o->name; o++)
		if (takes_word(o))
			buf_addf(out, " --%s:%s", o->name, kind(o->arg));
	buf_adds(out, " '\n\t\targs=COMMAND\n\t\tstop=1\n\t\t;;\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (shown(e))
			bash_command(out, e->cmd);
	buf_adds(out, "\tesac\n}\n\n_rl_commands='");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (shown(e))
			buf_addf(out, "%s ", e->cmd->name);
	buf_addf(out, "'\n_rl_signals='%s'\n\n", signals);
	buf_adds(out,
		"# words of a kind into COMPREPLY\n"
		"_rl_kind() {\n"
		"\tlocal IFS=$' \\t\\n'\n"
		"\tcase $1 in\n"
		"\tCONTAINER) mapfile -t COMPREPLY < <(compgen -W \"$(rl ps -a --format "
		"'{{.Names}}' "
		"2>/dev/null)\" -- \"$cur\") ;;\n"
		"\tIMAGE)\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(rl images --format "
		"'{{.Repository}}:{{.Tag}}' "
		"2>/dev/null | grep -v '<none>')\" -- \"$cur\")\n"
		"\t\t# readline breaks words at colons\n"
		"\t\tif [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
		"\t\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"${cur##*:}\"}\"}\")\n"
		"\t\tfi\n"
		"\t\t;;\n"
		"\tFILE) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "
		"\"$cur\") "
		";;\n"
		"\tDIR) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "
		"\"$cur\") "
		";;\n"
		"\tSIGNAL) mapfile -t COMPREPLY < <(compgen -W \"$_rl_signals\" -- \"$cur\") ;;\n"
		"\tCOMMAND) mapfile -t COMPREPLY < <(compgen -W \"$_rl_commands\" -- \"$cur\") ;;\n"
		"\tOBJECT)\n"
		"\t\t_rl_kind CONTAINER\n"
		"\t\t((${#COMPREPLY[@]})) || _rl_kind IMAGE\n"
		"\t\t;;\n"
		"\t*'|'*) mapfile -t COMPREPLY < <(compgen -W \"${1//|/ }\" -- \"$cur\") ;;\n"
		"\tesac\n"
		"}\n\n"
		"_rl() {\n"
		"\tlocal cur word i kind='' cmd='' opts values joined args more stop n=0 ended=0\n"
		"\tlocal -a words\n"
		"\tCOMPREPLY=()\n"
		"\t# words as the shell will see them: '=' and ':' are no breaks\n"
		"\tread -ra words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
		"\t[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=('')\n"
		"\tcur=${words[${#words[@]} - 1]}\n"
		"\t_rl_table ''\n"
		"\tfor ((i = 1; i < ${#words[@]} - 1; i++)); do\n"
		"\t\tword=${words[i]} kind=''\n"
		"\t\tif ((ended)) || [[ $word != -?* ]]; then\n"
		"\t\t\tif [[ -z $cmd ]]; then\n"
		"\t\t\t\tcmd=$word\n"
		"\t\t\t\t_rl_table \"$cmd\"\n"
		"\t\t\telse\n"
		"\t\t\t\tn=$((n + 1)) ended=$((ended || stop))\n"
		"\t\t\tfi\n"
		"\t\telif [[ $word == -- ]]; then\n"
		"\t\t\tended=1\n"
		"\t\telif [[ $values == *\" $word:\"* ]]; then\n"
		"\t\t\tkind=${values#*\" $word:\"} kind=${kind%% *} i=$((i + 1))\n"
		"\t\tfi\n"
		"\tdone\n"
		"\tif ((i == ${#words[@]})); then\n"
		"\t\t_rl_kind \"$kind\"\n"
		"\telif ((!ended)) && [[ $cur == --*=* && $values$joined == *\" ${cur%%=*}:\"* ]]; "
		"then\n"
		"\t\tkind=$values$joined kind=${kind#*\" ${cur%%=*}:\"} cur=${cur#*=}\n"
		"\t\t_rl_kind \"${kind%% *}\"\n"
		"\telif ((!ended)) && [[ $cur == -* ]]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W \"$opts\" -- \"$cur\")\n"
		"\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
		"\telse\n"
		"\t\tread -ra words <<<\"$args\"\n"
		"\t\t((n >= ${#words[@]} && more)) && n=$((${#words[@]} - 1))\n"
		"\t\t((n < ${#words[@]} && n >= 0)) && _rl_kind \"${words[n]}\"\n"
		"\tfi\n"
		"\treturn 0\n"
		"}\n\n"
		"complete -o default -F _rl rl\n");
}

/* what zsh's _arguments completes a value with */
static void zsh_action(struct buf *out, const char *arg)
{
	const char *k = kind(arg);

	if (str_eq(k, "CONTAINER"))
		buf_adds(out, "_rl_containers");
	else if (str_eq(k, "IMAGE"))
		buf_adds(out, "_rl_images");
	else if (str_eq(k, "OBJECT"))
		buf_adds(out, "_rl_objects");
	else if (str_eq(k, "COMMAND"))
		buf_adds(out, "_rl_commands");
	else if (str_eq(k, "FILE"))
		buf_adds(out, "_files");
	else if (str_eq(k, "DIR"))
		buf_adds(out, "_files -/");
	else if (str_eq(k, "SIGNAL"))
		buf_addf(out, "(%s)", signals);
	else if (strchr(k, '|')) {
		buf_addc(out, '(');
		for (; *k; k++)
			buf_addc(out, *k == '|' ? ' ' : *k);
		buf_addc(out, ')');
	} else {
		buf_addc(out, ' ');
	}
}

/* a description inside [ ] and a message between colons */
static void zsh_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("[]:\\", *s))
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
}

static void zsh_option(struct buf *out, const struct opt *o, bool letter)
{
	_cleanup_buf_ struct buf spec = {0};
	bool list = o->type == OPT_STRV || o->type == OPT_LIST;

	if (list)
		buf_addc(&spec, '*');
	else if (o->letter)
		buf_addf(&spec, "(-%c --%s)", o->letter, o->name);
	if (letter)
		buf_addf(&spec, "-%c%s", o->letter, takes_word(o) ? "+" : "");
	else
		buf_addf(&spec, "--%s%s", o->name, takes_word(o) ? "=" : o->implied ? "=-" : "");
	buf_addc(&spec, '[');
	zsh_text(&spec, o->help);
	buf_addc(&spec, ']');
	if (takes_word(o) || (o->implied && o->type != OPT_BOOL && !letter)) {
		buf_adds(&spec, o->implied ? "::" : ":");
		zsh_text(&spec, o->arg ? o->arg : "value");
		buf_addc(&spec, ':');
		zsh_action(&spec, o->arg);
	}
	buf_adds(out, " \\\n\t\t\t");
	add_quoted(out, buf_str(&spec), false);
}

static void zsh_options(struct buf *out, const struct opt *table)
{
	for (const struct opt *o = table; o && o->name; o++) {
		if (o->hidden)
			continue;
		if (o->letter)
			zsh_option(out, o, true);
		zsh_option(out, o, false);
	}
	buf_adds(out, " \\\n\t\t\t'(- *)--help[explain the command]'");
}

static void zsh_command(struct buf *out, const struct cmd *cmd)
{
	_cleanup_strv_ struct strv words = {0};
	bool more;

	arg_words(cmd, &words, &more);
	buf_addf(out, "\t%s)\n\t\t_arguments -s -S%s", cmd->name,
		cmd->stop_at_arg ? " -A '-*'" : "");
	zsh_options(out, cmd->opts);
	strv_foreach (i, w, &words) {
		_cleanup_buf_ struct buf spec = {0};
		bool rest = more && i + 1 == words.n;

		if (rest && cmd->stop_at_arg)
			buf_adds(&spec, "*::argument:_normal");
		else {
			buf_addf(&spec, "%s:%s:", rest ? "*" : i < (size_t)cmd->min ? "" : ":", w);
			zsh_action(&spec, w);
		}
		buf_adds(out, " \\\n\t\t\t");
		add_quoted(out, buf_str(&spec), false);
	}
	buf_adds(out, " && ret=0\n\t\t;;\n");
}

static void zsh_script(struct buf *out)
{
	buf_adds(out, "#compdef rl\n# zsh completion of rl; written by 'rl completion zsh'\n\n"
		      "_rl_containers() {\n"
		      "\tlocal -a names=(${(f)\"$(rl ps -a --format '{{.Names}}' 2>/dev/null)\"})\n"
		      "\tcompadd -a names\n}\n\n"
		      "_rl_images() {\n"
		      "\tlocal -a names=(${${(f)\"$(rl images --format '{{.Repository}}:{{.Tag}}' "
		      "2>/dev/null)\"}:#*<none>*})\n"
		      "\tcompadd -a names\n}\n\n"
		      "_rl_objects() {\n\t_rl_containers\n\t_rl_images\n}\n\n"
		      "_rl_commands() {\n\tlocal -a list=(\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (shown(e)) {
			_cleanup_free_ char *item =
				xasprintf("%s:%s", e->cmd->name, e->cmd->summary);

			buf_adds(out, "\t\t");
			add_quoted(out, item, false);
			buf_addc(out, '\n');
		}
	buf_adds(out,
		"\t)\n\t_describe command list\n}\n\n"
		"_rl() {\n\tlocal curcontext=$curcontext state line ret=1\n\ttypeset -A opt_args\n"
		"\t_arguments -C -S -A '-*'");
	zsh_options(out, help_global_opts);
	buf_adds(out, " \\\n\t\t\t':command:_rl_commands' \\\n\t\t\t'*::argument:->args' && ret=0\n"
		      "\t[[ $state == args ]] || return ret\n"
		      "\tcurcontext=${curcontext%:*:*}:rl-$words[1]:\n"
		      "\tcase $words[1] in\n");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (shown(e))
			zsh_command(out, e->cmd);
	buf_adds(out, "\tesac\n\treturn ret\n}\n\n_rl \"$@\"\n");
}

/* fish: -xa for a value or argument of a kind */
static void fish_action(struct buf *out, const char *arg)
{
	const char *k = kind(arg);

	if (str_eq(k, "CONTAINER"))
		buf_adds(out, " -xa '(__rl_containers)'");
	else if (str_eq(k, "IMAGE"))
		buf_adds(out, " -xa '(__rl_images)'");
	else if (str_eq(k, "OBJECT"))
		buf_adds(out, " -xa '(__rl_containers; __rl_images)'");
	else if (str_eq(k, "DIR"))
		buf_adds(out, " -xa '(__fish_complete_directories)'");
	else if (str_eq(k, "SIGNAL"))
		buf_addf(out, " -xa '%s'", signals);
	else if (str_eq(k, "COMMAND"))
		buf_adds(out, " -xa '$__rl_commands'");
	else if (strchr(k, '|')) {
		buf_adds(out, " -xa '");
		for (; *k; k++)
			buf_addc(out, *k == '|' ? ' ' : *k);
		buf_addc(out, '\'');
	}
}

static void fish_options(struct buf *out, const struct opt *table, const char *condition)
{
	for (const struct opt *o = table; o && o->name; o++) {
		if (o->hidden)
			continue;
		buf_addf(out, "complete -c rl -n '%s'", condition);
		if (o->letter)
			buf_addf(out, " -s %c", o->letter);
		buf_addf(out, " -l %s -d ", o->name);
		add_quoted(out, o->help, true);
		if (takes_word(o)) {
			buf_adds(out, " -r");
			fish_action(out, o->arg);
		}
		buf_addc(out, '\n');
	}
}

static void fish_script(struct buf *out)
{
	buf_adds(out,
		"# fish completion of rl; written by 'rl completion fish'\n\n"
		"function __rl_containers\n\trl ps -a --format '{{.Names}}' 2>/dev/null\nend\n\n"
		"function __rl_images\n"
		"\trl images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null | string match -v "
		"'*<none>*'\nend\n\n"
		"set -g __rl_commands");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++)
		if (shown(e))
			buf_addf(out, " %s", e->cmd->name);
	buf_adds(out, "\n\ncomplete -c rl -f\n");
	fish_options(out, help_global_opts, "not __fish_seen_subcommand_from $__rl_commands");
	for (const struct cmd_entry *e = commands; !cmd_entry_end(e); e++) {
		_cleanup_free_ char *condition = NULL;
		_cleanup_strv_ struct strv words = {0};
		bool more;

		if (!shown(e))
			continue;
		condition = xasprintf("__fish_seen_subcommand_from %s", e->cmd->name);
		arg_words(e->cmd, &words, &more);
		buf_addf(out,
			"\ncomplete -c rl -n 'not __fish_seen_subcommand_from $__rl_commands' -a "
			"%s -d ",
			e->cmd->name);
		add_quoted(out, e->cmd->summary, true);
		buf_addc(out, '\n');
		fish_options(out, e->cmd->opts, condition);
		if (words.n > 0 &&
			(str_eq(kind(words.v[0]), "FILE") || str_eq(kind(words.v[0]), "-")))
			buf_addf(out, "complete -c rl -n '%s' -F\n", condition);
		else if (words.n > 0) {
			buf_addf(out, "complete -c rl -n '%s'", condition);
			fish_action(out, words.v[0]);
			buf_addc(out, '\n');
		}
	}
}

static int run_completion(struct ctx *ctx, void *opts, const struct strv *args, struct err *err)
{
	_cleanup_buf_ struct buf out = {0};

	(void)ctx;
	(void)opts;
	if (str_eq(args->v[0], "bash")) {
		bash_script(&out);
	} else if (str_eq(args->v[0], "zsh")) {
		zsh_script(&out);
	} else if (str_eq(args->v[0], "fish")) {
		fish_script(&out);
	} else {
		err_set(err, ERR_USAGE, "no completion for the shell '%s'", args->v[0]);
		return err_hint(err, "use one of bash, zsh, fish");
	}
	fwrite(buf_str(&out), 1, out.len, stdout);
	return 0;
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.min = 1,
	.max = 1,
	.summary = "Print a completion script for a shell",
	.details = "For the running shell: 'source <(rl completion bash)', or 'rl completion fish "
		   "| source'.",
	.run = run_completion,
};
