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
	COMPLETES_PRINTER,
	COMPLETES_SEND, /* a printer, a command, its fields */
	COMPLETES_VIRTUAL, /* a printer, then what `virtual set` or `virtual error` takes */
	COMPLETES_FILE, /* the shell's own business */
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
	const char *group;                 /* first word of a command of two; NULL = none */
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

/* Commands of two words: the row is "<word> …"; `word` when there are such, else NULL; the row "<group> <word>". */
bool command_begins_group(const struct command_row *row, const char *word);
const char *command_group(const char *word);
const struct command_row *command_peek_in(const char *group, const char *word); /* NULL when unknown */

/* The option that "--name" or "-n" is, without its "=value"; NULL when unknown. */
const struct option_row *option_peek(const char *word);

/* `row` may stand with `command` (NULL = with none). */
bool option_fits(const struct option_row *row, const struct command_row *command);

/* Parse argv. OUTCOME_DONE, or OUTCOME_USAGE with the failure. --json is found, and `given`, even when
 * something else is wrong, so that the failure can be told in JSON. */
enum outcome args_parse(int argc, char **argv, struct args *ret_args, struct failure *failure);

#endif
