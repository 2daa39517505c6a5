/*
 * err - why a call failed, and what the user can do about it
 *
 * A struct err is plain bytes without pointers, so that a child can write it
 * into its sync pipe and the parent can print it unchanged.  A function that
 * can fail for reasons worth telling takes a `struct err *` last, returns 0 or
 * a negative errno, and has filled the error exactly when it fails.  NULL is a
 * valid error object for callers who do not care.
 */
#ifndef RL_BASE_ERR_H
#define RL_BASE_ERR_H

#include "runtime/base/mem.h"

#include <errno.h>
#include <stdbool.h>

/**
 * struct err - a failure
 * @code: a positive errno, or one of enum err_code
 * @msg:  one line without a full stop: what was tried and why it failed
 * @hint: one line: what the user can do; empty if there is nothing to say
 */
struct err {
	int code;
	char msg[512];
	char hint[256];
};

/* Codes beside errno.  They travel as negative return values as well. */
enum err_code {
	ERR_USAGE = 4096,  /* the command line is wrong; exit code 125 */
	ERR_EXEC_FAILED,   /* the container's command cannot be executed; exit code 126 */
	ERR_EXEC_NOTFOUND, /* the container's command was not found; exit code 127 */
	ERR_NO_OBJECT, /* no such container, image, …; exit code 125 (inspect, rm and rmi: 1) */
	ERR_CANCELLED, /* interrupted by the user; exit code 130 */
	ERR_REGISTRY, /* a registry or the way to it failed, or sent what cannot be taken; exit code 125 */
	ERR_CODE_LAST = ERR_REGISTRY,
};

/**
 * err_set() - fill an error
 * @err:  the error, or NULL
 * @code: positive errno or enum err_code; for an errno its text is appended to the message
 *
 * Return: -@code
 */
int err_set(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/**
 * err_say() - err_set() without the errno's text, where the sentence says it all
 * Return: -@code
 */
int err_say(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/**
 * err_wrap() - put a sentence before the message: "FMT: MESSAGE"
 * Return: -err->code; if @err is NULL, minus the code of the last err_set() or err_say()
 */
int err_wrap(struct err *err, const char *fmt, ...) _printf_(2, 3);

/**
 * err_hint() - say what the user can do; replaces an earlier hint
 * Return: -err->code; if @err is NULL, minus the code of the last err_set() or err_say()
 */
int err_hint(struct err *err, const char *fmt, ...) _printf_(2, 3);

/** err_is_lack() - whether -@r means that descriptors or memory are short: it says nothing about what was to be read */
bool err_is_lack(int r);

/**
 * err_send() - write an error into a pipe or socket, in one write
 * Return: 0, or a negative errno
 */
int err_send(int fd, const struct err *err);

/**
 * err_recv() - read an error that err_send() wrote
 * @fd:  pipe or socket; borrowed
 * @err: filled with the sender's error, unless the writer closed without sending one
 * Return: 0 at end of file (no error was sent), 1 if an error was read, or a
 * negative errno if what came was not an error (then @err says so)
 */
int err_recv(int fd, struct err *err);

#ifdef __clang_analyzer__
/* It looks at one file at a time.  Everywhere else stands what it cannot see: that r < 0 tells failure from success. */
static inline int err_negative(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}
#define err_set(...)  err_negative(err_set(__VA_ARGS__))
#define err_say(...)  err_negative(err_say(__VA_ARGS__))
#define err_wrap(...) err_negative(err_wrap(__VA_ARGS__))
#define err_hint(...) err_negative(err_hint(__VA_ARGS__))
#endif

#endif
