/*
 * settings: what an owner may set, as one table (settings.def): name, type, range, default, unit,
 * description. stored keeps the values; everybody learns them by the message SETTING. The table gives
 * the parser, fusectl's help and completion, docs/settings.md and the REST form.
 */
#ifndef FUSE_IPC_SETTINGS_H
#define FUSE_IPC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTING_NAME_BYTES 49   /* with NUL; SETTING.name in messages.def */
#define SETTING_VALUE_BYTES 256 /* with NUL; SETTING.value in messages.def */

enum setting_type { SETTING_TYPE_BOOL, SETTING_TYPE_INT, SETTING_TYPE_CHOICE, SETTING_TYPE_TEXT };

struct setting_spec {
	const char *name; /* camelCase, unit in the name */
	enum setting_type type;
	int64_t min, max;          /* INT: value; TEXT: bytes */
	const char *choices;       /* CHOICE: "error|warn|info|debug" */
	const char *default_value; /* as text */
	const char *unit;          /* "minutes", "KiB"; "" */
	const char *doc;           /* one sentence for a person */
};

/* All rows; the index of a row is the retain_key of its SETTING message. */
const struct setting_spec *settings_all(size_t *ret_count);
const struct setting_spec *setting_peek(const char *name); /* NULL when unknown */
size_t setting_index(const struct setting_spec *spec);

/*
 * Check `text` as a value of `spec` and write its canonical form ("on" → "true", " 007" is refused, …).
 * False, with a sentence that says what is allowed in `ret_fault`, when it is not a value.
 */
bool setting_parse(const struct setting_spec *spec, const char *text, char ret_value[SETTING_VALUE_BYTES],
		   char *ret_fault, size_t fault_cap);

/* Of a canonical value. */
bool setting_truth(const char *value);
int64_t setting_number(const char *value);

/* "true or false", "5 to 1440 minutes", "one of error, warn, info, debug", "text of at most 60 bytes". */
void setting_describe_range(const struct setting_spec *spec, char *ret_text, size_t cap);

/* The setting whose name is nearest to `name`, for "did you mean"; NULL when none is near. */
const struct setting_spec *setting_nearest(const char *name);

#endif
