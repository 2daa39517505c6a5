/*
 * ctrlog - a container's log: what its monitor writes, and what `logs` reads
 *
 * k8s-file:   "2026-01-02T15:04:05.000000000+00:00 stdout F line", P instead of F for a piece without its newline
 * json-file:  {"log":"line\n","stream":"stdout","time":"2026-01-02T15:04:05.000000000Z"}, without \n for a piece
 * journald:   to the journal of systemd (journal.h)
 * none:       nothing
 * passthrough, passthrough-tty: nothing; the container writes where its command line was told to
 *
 * ctr.log (or the file of --log-opt path) grows to half of max-size, then becomes the same with .1 (replacing an older one): both together stay within
 * max-size and the last half of it is always kept.  Pieces put together again give the output byte for byte,
 * in json-file as far as it is UTF-8.
 */
#ifndef RL_RUNTIME_CTRLOG_H
#define RL_RUNTIME_CTRLOG_H

#include "runtime/base/json.h"
#include "runtime/rotated.h"

#include <time.h>

#define CTRLOG_FILE	"ctr.log"
#define CTRLOG_FILE_OLD "ctr.log.1"

enum ctrlog_format { CTRLOG_NONE, CTRLOG_K8S, CTRLOG_JSON, CTRLOG_JOURNAL, CTRLOG_PASSTHROUGH };

/** ctrlog_format_parse() - the format of a log driver; -EINVAL if there is no such driver */
int ctrlog_format_parse(const char *name, enum ctrlog_format *ret);

/**
 * struct ctrlog - a log being written
 * @dirfd: the container's directory, or that of --log-opt path
 * @name, @old: the files in it
 * @fields: of each message in the journal
 * @max:   bytes that both files may have together; 0 for no limit
 */
struct ctrlog {
	enum ctrlog_format format;
	int dirfd, fd;
	char *name, *old;
	struct buf fields;
	uint64_t max, size;
	/* json-file: the beginning of a character whose rest has not come yet, for stdout and stderr */
	struct {
		unsigned char bytes[4];
		size_t n;
	} half[2];
};

#define CTRLOG_INIT                                                                                \
	{                                                                                          \
		.dirfd = -EBADF, .fd = -EBADF                                                      \
	}

/** ctrlog_open() - open for appending; @dirfd is borrowed */
int ctrlog_open(
	struct ctrlog *l, int dirfd, enum ctrlog_format format, uint64_t max, struct err *err);

/** ctrlog_path_open() - the directory of an absolute path; Return: descriptor or a negative errno */
int ctrlog_path_open(const char *path, struct err *err);

/** ctrlog_open_of() - the same, as container.json (@record) says; @dirfd: the container's directory */
int ctrlog_open_of(struct ctrlog *l, int dirfd, const json_t *record, struct err *err);

/**
 * ctrlog_write() - log one piece of output
 * A full disk loses log lines, not the container: what cannot be written is dropped.
 * @stream: 1 for stdout, 2 for stderr
 */
void ctrlog_write(struct ctrlog *l, int stream, const void *data, size_t len);
void ctrlog_done(struct ctrlog *l);

/* one line or piece of a line, as read; @text borrowed until the next read */
struct ctrlog_entry {
	struct timespec time;
	int stream;
	bool partial;
	const char *text; /* without the newline */
	size_t len;
};

/** ctrlog_parse() - take one line of the file (without its newline) apart; -EBADMSG if it is none
 * @line: changed in place for json-file */
int ctrlog_parse(enum ctrlog_format format, char *line, size_t len, struct ctrlog_entry *ret);

/**
 * struct ctrlog_query - what to read
 * @tail: lines from the end, -1 for all
 * @since, @until: zero for no limit
 * @follow: lines that come later are read too, across rotations
 */
struct ctrlog_query {
	int64_t tail;
	bool follow;
	struct timespec since, until;
};

/**
 * struct ctrlog_reader - a log being read, across rotations
 */
struct ctrlog_reader {
	enum ctrlog_format format;
	struct rotated files;
	char *name, *old;  /* those of --log-opt path */
	int dirfd;	   /* and where they are */
	int input, worker; /* of the journal's worker: what ends it, and its pid */
	struct ctrlog_query q;
	uint64_t skip; /* whole lines to leave out */
	bool ended;    /* a line behind @until has come: there is nothing more */
};

/** ctrlog_reader_open() - begin; a missing log is an empty one; @dirfd is borrowed */
int ctrlog_reader_open(struct ctrlog_reader *r, int dirfd, enum ctrlog_format format,
	const struct ctrlog_query *q, struct err *err);

/** ctrlog_reader_open_of() - the same, as container.json (@record) says */
int ctrlog_reader_open_of(struct ctrlog_reader *r, int dirfd, const json_t *record,
	const struct ctrlog_query *q, struct err *err);

/** ctrlog_reader_end() - nothing is written any more: what is still on its way is read, and then there is an end */
void ctrlog_reader_end(struct ctrlog_reader *r);

/** ctrlog_reader_pipe() - what to poll for more, of a log that is not a file; else -EBADF */
int ctrlog_reader_pipe(const struct ctrlog_reader *r);

/** ctrlog_read() - the next entry; Return: 1, 0 if there is none (yet), or a negative errno
 * Lines that are no log lines are skipped. */
int ctrlog_read(struct ctrlog_reader *r, struct ctrlog_entry *ret, struct err *err);
void ctrlog_reader_done(struct ctrlog_reader *r);

#define CTRLOG_READER_INIT                                                                         \
	{                                                                                          \
		.files = ROTATED_INIT, .dirfd = -EBADF, .input = -EBADF                            \
	}

#endif
