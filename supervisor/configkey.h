/*
 * configkey: the keys of config.def as a table with a check each. Only config.c and configfile.c look at it.
 */
#ifndef FUSE_SUPERVISOR_CONFIGKEY_H
#define FUSE_SUPERVISOR_CONFIGKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "supervisor/config.h"

#define CONFIGKEY_SHOWN_BYTES 64 /* of foreign text within a sentence */
#define CONFIGKEY_REASON_BYTES 240

enum configkey {
#define KEY(ID, ...) CONFIGKEY_##ID,
#include "supervisor/config.def"
#undef KEY
	CONFIGKEY_COUNT
};

enum configkey_where { NOT_IN_FILE, IN_FILE };

struct configkey_spec {
	const char *name;
	enum configkey_where where;
	const char *option, *variable; /* "" = none */
	const char *word, *default_text, *doc;
	/* Take the value over; false with the reason. */
	bool (*check)(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES]);
};

extern const struct configkey_spec configkeys[CONFIGKEY_COUNT];

/* A trimmed value from anywhere, into `config`. False with the reason, which begins in lower case and
 * follows "WHERE: ". */
bool configkey_take(const struct configkey_spec *key, struct config *config, const char *value,
		    char ret_reason[CONFIGKEY_REASON_BYTES]);

/* "; did you mean 'http'?" when a key's name or (`options`) option is near `word`, else `otherwise`. */
void configkey_hint(const char *word, bool options, const char *otherwise, char *ret_hint, size_t cap);

/* Foreign text as it may stand in a sentence. */
const char *configkey_shown(const char *text, char ret_text[CONFIGKEY_SHOWN_BYTES]);

/* Writes "WHERE: REASON"; returns false, so that a caller can fail in one line. */
bool configkey_fail(struct config_fault *fault, const char *where, const char *reason);

/* Read the file `path` over `config`. *ret_missing: it does not exist (a fault is written all the same). */
bool configfile_load(const char *path, struct config *config, bool *ret_missing, struct config_fault *ret_fault);

#endif
