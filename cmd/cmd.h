/*
 * cmd - what a command is: a table entry with options, arguments and a function
 *
 * Options are tables with typed targets inside a struct of the command's own; main allocates it zeroed,
 * copies @defaults into it, parses, calls run() and frees what the parser allocated.  --help, completions and man
 * synopses are made from the same tables.
 */
#ifndef RL_CMD_CMD_H
#define RL_CMD_CMD_H

#include "runtime/container.h"
#include "storage/store.h"

enum opt_type {
	OPT_BOOL,     /* bool: --x, --x=false */
	OPT_STR,      /* char *: owned; NULL if not given */
	OPT_STRV,     /* struct strv: one member each time it is given */
	OPT_LIST,     /* struct strv: like OPT_STRV, each split at commas */
	OPT_INT,      /* int64_t */
	OPT_UINT,     /* uint64_t */
	OPT_SIZE,     /* uint64_t: bytes, with units */
	OPT_DURATION, /* int64_t: nanoseconds */
};

/**
 * struct opt - one option; a table ends with {0}
 * @implied: value when given without one ("--pull" means "--pull=always"); then a value needs '='
 * @arg:     name of the argument in help; for completion one of the known kinds: CONTAINER, IMAGE, FILE, DIR, SIGNAL,
 *           or "a|b|c" for fixed choices
 * @hidden:  works, but is not shown (aliases such as --net)
 */
struct opt {
	char letter;
	const char *name;
	enum opt_type type;
	size_t offset;
	const char *arg, *help, *implied;
	bool hidden;
};

#define OPT_CHECK(s, m, T) (offsetof(s, m) + 0 * sizeof((T *)0 == &((s *)0)->m))
/* clang-format off */
#define OPTION_BOOL(l, n, s, m, h)        {l, n, OPT_BOOL, OPT_CHECK(s, m, bool), NULL, h, NULL, false}
#define OPTION_STR(l, n, s, m, a, h)      {l, n, OPT_STR, OPT_CHECK(s, m, char *), a, h, NULL, false}
#define OPTION_STRV(l, n, s, m, a, h)     {l, n, OPT_STRV, OPT_CHECK(s, m, struct strv), a, h, NULL, false}
#define OPTION_LIST(l, n, s, m, a, h)     {l, n, OPT_LIST, OPT_CHECK(s, m, struct strv), a, h, NULL, false}
#define OPTION_INT(l, n, s, m, a, h)      {l, n, OPT_INT, OPT_CHECK(s, m, int64_t), a, h, NULL, false}
#define OPTION_UINT(l, n, s, m, a, h)     {l, n, OPT_UINT, OPT_CHECK(s, m, uint64_t), a, h, NULL, false}
#define OPTION_SIZE(l, n, s, m, a, h)     {l, n, OPT_SIZE, OPT_CHECK(s, m, uint64_t), a, h, NULL, false}
#define OPTION_DURATION(l, n, s, m, a, h) {l, n, OPT_DURATION, OPT_CHECK(s, m, int64_t), a, h, NULL, false}
/* clang-format on */

/**
 * struct ctx - the invocation: global options and what is opened on demand
 */
struct ctx {
	char *root, *runroot, *storage_driver, *cgroup_manager;
	enum { EVENTS_AS_CONFIGURED, EVENTS_FILE, EVENTS_NONE } events;
	struct store store;
	char *runpath;
	int rundir;
	struct containers containers;
	json_t *defaults; /* [containers] of rl.conf, with the store; may be NULL */
	bool store_open, run_open;
	int argc;
	char **argv; /* the whole command line, for "createCommand" */
};

/** ctx_store() - the store, opened the first time; Return: 0 or a negative errno */
int ctx_store(struct ctx *ctx, struct err *err);
/** ctx_run() - the runtime directory (ctx->rundir, ctx->runpath), opened the first time */
int ctx_run(struct ctx *ctx, struct err *err);
/** ctx_containers() - store and runtime directory, opened the first time */
int ctx_containers(struct ctx *ctx, struct err *err);
void ctx_done(struct ctx *ctx);

/**
 * struct cmd - one command
 * @name:     as typed; two words for a command of a group ("image ls")
 * @args:     arguments as in the synopsis: "IMAGE [COMMAND [ARG...]]"; its words drive completion
 * @min, @max: how many; @max -1 for any number
 * @summary:  one line
 * @details:  more for --help and the man page; may be NULL
 * @stop_at_arg: options end at the first argument (run, exec)
 * @missing_code: exit code for ERR_NO_OBJECT (rm, rmi: 1); 0 means 125, as for inspect
 * @hidden:   works, but is not shown
 * @run:      Return: exit code ≥ 0, or a negative errno with @err filled
 */
struct cmd {
	const char *name, *args;
	int min, max;
	const char *summary, *details;
	const struct opt *opts;
	size_t opts_size;
	const void *defaults;
	bool stop_at_arg, hidden;
	int missing_code;
	int (*run)(struct ctx *ctx, void *opts, const struct strv *args, struct err *err);
};

/* each command's file cmd/SYM.c defines a `const struct cmd cmd_SYM`; commands.h lists them all */
#define GROUP(heading)
#define ALIAS(words, sym)
#define COMMAND(sym) extern const struct cmd cmd_##sym;
#include "cmd/commands.h"
#undef GROUP
#undef ALIAS
#undef COMMAND

#endif
