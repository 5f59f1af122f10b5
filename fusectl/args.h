/*
 * args: the command line by the tables options.def and commands.def. Pure.
 */
#ifndef FUSE_FUSECTL_ARGS_H
#define FUSE_FUSECTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "fusectl/outcome.h"

#define ARGS_WORDS_MAX 64

enum option {
#define OPTION(NAME, name, letter, value, of, doc) OPTION_##NAME,
#include "fusectl/options.def"
#undef OPTION
	OPTION_COUNT
};

struct option_row {
	const char *name;
	char letter;
	const char *value, *of, *doc;
};

/* What the words of a command can be, for the completion. */
enum completes {
	COMPLETES_NOTHING,
	COMPLETES_PROCESS,
	COMPLETES_WAITING_PROCESS,
	COMPLETES_SETTING,
	COMPLETES_STORE_WORD,
	COMPLETES_SHELL,
	COMPLETES_COMMAND,
};

struct ctl;

struct command_row {
	const char *name, *arguments;
	size_t least, most;
	enum completes completes;
	const char *summary, *explanation, *example;
	enum outcome (*run)(struct ctl *ctl);
};

struct args {
	const struct command_row *command; /* NULL = none was named */
	bool given[OPTION_COUNT];
	const char *values[OPTION_COUNT]; /* NULL when not given or without value */
	int timeout_s;
	unsigned lines;
	const char *words[ARGS_WORDS_MAX]; /* after the command; borrowed from argv */
	size_t word_count;
};

const struct option_row *option_rows(size_t *ret_count);
const struct command_row *command_rows(size_t *ret_count);
const struct command_row *command_peek(const char *name); /* NULL when unknown */

/* The option that "--name" or "-n" is, without its "=value"; NULL when unknown. */
const struct option_row *option_peek(const char *word);

/* `row` may stand with `command` (NULL = with none). */
bool option_fits(const struct option_row *row, const struct command_row *command);

/* Parse argv. OUTCOME_DONE, or OUTCOME_USAGE with the failure. --json is found, and `given`, even when
 * something else is wrong, so that the failure can be told in JSON. */
enum outcome args_parse(int argc, char **argv, struct args *ret_args, struct failure *failure);

#endif
