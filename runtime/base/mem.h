/*
 * mem - allocation that cannot fail, and scope-bound ownership
 *
 * Running out of memory aborts the process: there is nothing a short-lived
 * command could do about it.  Whatever outsiders can make grow goes through
 * struct buf (str.h), which has a hard cap.
 */
#ifndef RL_BASE_MEM_H
#define RL_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define _cleanup_(fn)	    __attribute__((cleanup(fn)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_SIZE(a)	    (sizeof(a) / sizeof((a)[0]))

/** xmalloc() - malloc() that aborts instead of returning NULL */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
/** xcalloc() - calloc() that aborts instead of returning NULL */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/** xreallocarray() - reallocarray(), overflow checked, that aborts instead of returning NULL */
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
/** xstrdup() - copy of a string; NULL gives NULL; the caller owns it */
char *xstrdup(const char *s);
/** xstrndup() - copy of at most @n bytes of a string; the caller owns it */
char *xstrndup(const char *s, size_t n);
/** xmemdup() - copy of @n bytes; the caller owns it */
void *xmemdup(const void *p, size_t n);
/** xasprintf() - formatted string; the caller owns it */
char *xasprintf(const char *fmt, ...) _printf_(1, 2) __attribute__((returns_nonnull));
/** xvasprintf() - xasprintf() with a va_list */
char *xvasprintf(const char *fmt, va_list ap) _printf_(1, 0) __attribute__((returns_nonnull));

static inline void mem_freep(void *p)
{
	free(*(void **)p);
}

/** _cleanup_free_ - free the pointer when it leaves scope; initialise it at the declaration */
#define _cleanup_free_ _cleanup_(mem_freep)

/** take_ptr() - hand a pointer over: its value, and the variable becomes NULL */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *pp_ = &(p);                                                         \
		__typeof__(p) p_ = *pp_;                                                           \
		*pp_ = NULL;                                                                       \
		p_;                                                                                \
	})

#endif
