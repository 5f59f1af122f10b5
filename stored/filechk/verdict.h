/*
 * verdict: what is said of a file in the end, in a sentence for a person. Pure.
 */
#ifndef FUSE_STORED_FILECHK_VERDICT_H
#define FUSE_STORED_FILECHK_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/terms.h"
#include "stored/filechk/archive.h"
#include "stored/filechk/contents.h"

#define VERDICT_TEXT_BYTES 241

enum unprintable {
#define UNPRINTABLE(NAME, ...) UNPRINTABLE_##NAME,
#include "stored/filechk/unprintable.def"
	UNPRINTABLE_COUNT
};

struct verdict {
	bool is_unreadable; /* the disk failed: nothing is said of the file */
	bool printable;
	char sentence[VERDICT_TEXT_BYTES], remedy[VERDICT_TEXT_BYTES];
};

void verdict_refuse(struct verdict *ret_verdict, enum unprintable why);

/* The same for what is wrong with an archive. */
void verdict_refuse_archive(struct verdict *ret_verdict, enum archive_fault fault);

/* It can be printed: "One plate for the X1 Carbon: 1 h 24 min, 32 g PLA." `left_out` plates beside it cannot. What is
 * doubtful is noted in `contents`, which is settled. */
void verdict_praise(struct verdict *ret_verdict, struct contents *contents, uint32_t left_out);

#endif
