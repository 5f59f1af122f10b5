/*
 * values: what each setting is now: what the owner has set, else the default.
 */
#ifndef FUSE_STORED_VALUES_H
#define FUSE_STORED_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "ipc/settings.h"
#include "stored/outcome.h"
#include "stored/store.h"

#define VALUES_MOST 128

struct values {
	bool is_set[VALUES_MOST];
	char set[VALUES_MOST][SETTING_VALUE_BYTES];
};

/* Read them all. A kept value that the table does not allow (any more) counts as not set, and is
 * logged; a kept name that the table does not know is left alone. */
enum outcome values_load(struct values *ret_values, struct store *store, struct fault *ret_fault);

/* Note what is on disk now; `value` is canonical, NULL = the default again. */
void values_note(struct values *values, const struct setting_spec *spec, const char *value);

const char *values_peek(const struct values *values, const struct setting_spec *spec);

/* Of a row that has to exist and be a number. */
int64_t values_number(const struct values *values, const char *name);

/* The message that tells everybody. */
void values_describe(const struct values *values, const struct setting_spec *spec,
		     struct msg_setting *ret_message);

#endif
