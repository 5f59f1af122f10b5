/*
 * setup_code: eight characters that show that whoever sets the first password sits at this machine: XXXX-XXXX of an
 * alphabet in which none can be taken for another. In memory only; after SETUP_CODE_TRIES wrong ones there is another.
 */
#ifndef FUSE_STORED_SETUP_CODE_H
#define FUSE_STORED_SETUP_CODE_H

#include <stdbool.h>

#include "common/secret.h"

#define SETUP_CODE_TRIES 10
#define SETUP_CODE_ALPHABET "23456789ABCDEFGHJKMNPQRSTVWXYZ" /* no 0 O 1 I L U */

struct setup_code {
	struct secret code; /* empty = there is none */
	unsigned wrong;
};

void setup_code_make(struct setup_code *code);
void setup_code_forget(struct setup_code *code);

/* Is this it? Blanks, dashes and case do not matter. Equal time for whatever is wrong. `*ret_renewed`: it was wrong
 * once too often, and there is another one now. */
bool setup_code_try(struct setup_code *code, const struct secret *typed, bool *ret_renewed);

#endif
