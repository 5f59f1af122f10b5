/*
 * exits: what exit codes say. The table is exits.def.
 */
#ifndef FUSE_COMMON_EXITS_H
#define FUSE_COMMON_EXITS_H

enum exit_policy { EXIT_POLICY_RESTART, EXIT_POLICY_HOLD, EXIT_POLICY_FATAL };

enum fuse_exit {
#define EXIT(name, number, policy, sentence, advice) EXIT_##name = (number),
#include "common/exits.def"
#undef EXIT
};

struct exit_meaning {
	int code;
	enum exit_policy policy;
	const char *name;     /* "STORE_TOO_NEW" */
	const char *sentence; /* "found a database …": follows the program's name */
	const char *advice;   /* "" when there is nothing to do */
};

/* The meaning of `code`, or NULL when the table does not know it. Static storage. */
const struct exit_meaning *exit_meaning_peek(int code);

#endif
