/*
 * virtualwords: the words behind `fusectl virtual` to the changes that VIRTUAL_CONTROL takes (worker/virtual/controls.h), by
 * the table of controls (printer/virtual_controls.def). Pure.
 */
#ifndef FUSE_FUSECTL_VIRTUALWORDS_H
#define FUSE_FUSECTL_VIRTUALWORDS_H

#include <jansson.h>
#include <stddef.h>

#include "fusectl/outcome.h"

enum virtual_value { VIRTUAL_TRUTH, VIRTUAL_NUMBER };

/* What `virtual set` can set. */
struct virtual_key {
	const char *name;
	enum virtual_value value;
	int64_t min, max; /* of a number */
	const char *doc;
};

/* An error that can be triggered. */
struct virtual_error {
	const char *name, *doc;
};

const struct virtual_key *virtualwords_keys(size_t *ret_count);
const struct virtual_error *virtualwords_errors(size_t *ret_count);

/* {"online":false,"faults":{"wrongCode":true}} from KEY=VALUE words. New reference; NULL with a USAGE failure. */
json_t *virtualwords_set(const char *const *words, size_t count, struct failure *failure);

/* {"do":"trigger-error","error":…,"message":…}; `message` may be NULL. New reference; NULL with a USAGE failure. */
json_t *virtualwords_trigger(const char *error, const char *message, struct failure *failure);

#endif
