/*
 * trim - giving back memory that an idle process does not need
 */
#ifndef RL_BASE_TRIM_H
#define RL_BASE_TRIM_H

/**
 * trim_text() - unmap code and constants of the program and its libraries
 * They come back from the page cache, without any reading, as far as they are used.  Nothing that was ever written to
 * is touched.  Async-signal-unsafe.
 */
void trim_text(void);

#endif
