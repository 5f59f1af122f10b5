/*
 * obituary: a death in one or two sentences that a person understands: who, after what life, of
 * what, and the last words.
 */
#ifndef FUSE_SUPERVISOR_OBITUARY_H
#define FUSE_SUPERVISOR_OBITUARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBITUARY_BYTES 401 /* PROC_STATUS.obituary in messages.def, with NUL */

struct death {
	bool was_ready;
	bool by_signal;
	int number;             /* exit code or signal */
	int64_t lived_ms;
	const char *sentence_of_ours; /* why the supervisor ended it ("did not answer for 10 s"); NULL = it did not */
	bool was_stopped;       /* it stood still (SIGSTOP) when it was ended: no last words */
	const char *last_words; /* "" = none */
};

/* "killed by signal 11 (Segmentation fault) after 3 min 12 s; last words: …" */
void obituary_write(const struct death *death, char ret_text[OBITUARY_BYTES]);

/* "850 ms", "12 s", "3 min 12 s", "5 h 20 min", "3 d 4 h". */
void obituary_write_age(int64_t age_ms, char *ret_text, size_t cap);

#endif
