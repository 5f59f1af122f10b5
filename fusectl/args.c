/*
 * args: options anywhere, then a command and its words; "--" ends the options.
 */
#include "fusectl/args.h"

#include <string.h>

#include "common/str.h"
#include "fusectl/ctl.h"
#include "ipc/message.h"

#define TIMEOUT_S 10
#define TIMEOUT_MAX_S 86400
#define LINES 100

static const struct option_row options[] = {
#define OPTION(NAME, name, letter, value, of, doc) { name, letter, value, of, doc },
#include "fusectl/options.def"
#undef OPTION
};

static const struct command_row commands[] = {
#define COMMAND(name, arguments, least, most, completes, summary, explanation, example) \
	{ #name, arguments, least, most, COMPLETES_##completes, summary, explanation, example, command_##name },
#include "fusectl/commands.def"
#undef COMMAND
};

const struct option_row *
option_rows(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(options);
	return options;
}

const struct command_row *
command_rows(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(commands);
	return commands;
}

const struct command_row *
command_peek(const char *name)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const struct option_row *
option_peek(const char *word)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(options); i++) {
		const struct option_row *row = &options[i];
		size_t len = strlen(row->name);
		bool is_long = strncmp(word, "--", 2) == 0 && strncmp(word + 2, row->name, len) == 0 &&
			       (word[2 + len] == '\0' || word[2 + len] == '=');
		bool is_letter = row->letter != 0 && word[0] == '-' && word[1] == row->letter && word[2] == '\0';
		if (is_long || is_letter)
			return row;
	}
	return NULL;
}

bool
option_fits(const struct option_row *row, const struct command_row *command)
{
	return row->of == NULL || (command != NULL && strcmp(row->of, command->name) == 0);
}

static enum outcome
say_unknown_option(const char *word, struct failure *failure)
{
	const struct option_row *nearest = NULL;
	size_t least = 3;
	char name[64];

	str_format(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
	for (size_t i = 0; i < STR_ARRAY_LEN(options) && strncmp(name, "--", 2) == 0; i++) {
		size_t distance = str_distance(options[i].name, name + 2);
		if (distance < least) {
			least = distance;
			nearest = &options[i];
		}
	}
	failure_say(failure, OUTCOME_USAGE, "fusectl knows no option '%s'.", name);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean '--%s'?", nearest->name);
	else
		failure_remedy(failure, "`fusectl help` lists what it knows.");
	return OUTCOME_USAGE;
}

static enum outcome
say_unknown_command(const char *word, struct failure *failure)
{
	const struct command_row *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < STR_ARRAY_LEN(commands); i++) {
		size_t distance = str_distance(commands[i].name, word);
		if (distance < least) {
			least = distance;
			nearest = &commands[i];
		}
	}
	failure_say(failure, OUTCOME_USAGE, "fusectl knows no command '%s'.", word);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean 'fusectl %s'?", nearest->name);
	else
		failure_remedy(failure, "`fusectl help` lists what it knows.");
	return OUTCOME_USAGE;
}

/* argv[*at] is an option: note it and step over its value. */
static enum outcome
take_option(int argc, char **argv, int *at, struct args *args, struct failure *failure)
{
	const char *word = argv[*at];
	const struct option_row *row = option_peek(word);

	if (row == NULL)
		return say_unknown_option(word, failure);
	const char *value = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
	if (value != NULL && row->value == NULL)
		return failure_say(failure, OUTCOME_USAGE, "--%s takes no value.", row->name);
	if (row->value != NULL && value == NULL && *at + 1 >= argc)
		return failure_say(failure, OUTCOME_USAGE, "--%s needs a value: --%s %s.", row->name, row->name,
				   row->value);
	args->given[row - options] = true;
	if (row->value != NULL)
		args->values[row - options] = value != NULL ? value + 1 : argv[++*at];
	return OUTCOME_DONE;
}

static enum outcome
take_word(const char *word, struct args *args, struct failure *failure)
{
	if (args->command == NULL) {
		args->command = command_peek(word);
		return args->command != NULL ? OUTCOME_DONE : say_unknown_command(word, failure);
	}
	if (args->word_count == ARGS_WORDS_MAX)
		return failure_say(failure, OUTCOME_USAGE, "These are more than %d words.", ARGS_WORDS_MAX);
	args->words[args->word_count++] = word;
	return OUTCOME_DONE;
}

static enum outcome
take_numbers(struct args *args, struct failure *failure)
{
	const char *timeout = args->values[OPTION_TIMEOUT], *lines = args->values[OPTION_LINES];
	int64_t most_lines = message_spec_peek(MESSAGE_LOGS)->fields[0].max;
	int64_t number;

	args->timeout_s = TIMEOUT_S;
	args->lines = LINES;
	if (timeout != NULL) {
		if (!str_parse_int(timeout, 1, TIMEOUT_MAX_S, &number))
			return failure_say(failure, OUTCOME_USAGE, "--timeout takes 1 to %d seconds, not '%s'.",
					   TIMEOUT_MAX_S, timeout);
		args->timeout_s = (int)number;
	}
	if (lines != NULL) {
		if (!str_parse_int(lines, 0, most_lines, &number))
			return failure_say(failure, OUTCOME_USAGE, "--lines takes 0 to %d, not '%s'.",
					   (int)most_lines, lines);
		args->lines = (unsigned)number;
	}
	return OUTCOME_DONE;
}

/* Options and words that do not go with the command. */
static enum outcome
check_fit(const struct args *args, struct failure *failure)
{
	const struct command_row *command = args->command;

	for (size_t i = 0; i < STR_ARRAY_LEN(options); i++)
		if (args->given[i] && !option_fits(&options[i], command))
			return failure_say(failure, OUTCOME_USAGE, "--%s goes with `fusectl %s` only.",
					   options[i].name, options[i].of);
	if (command == NULL || args->given[OPTION_HELP])
		return OUTCOME_DONE;
	if (args->word_count >= command->least && args->word_count <= command->most)
		return OUTCOME_DONE;
	if (args->word_count > command->most)
		failure_say(failure, OUTCOME_USAGE, "`fusectl %s` knows nothing to do with '%s'.", command->name,
			    args->words[command->most]);
	else
		failure_say(failure, OUTCOME_USAGE, "`fusectl %s` needs more: fusectl %s %s.", command->name,
			    command->name, command->arguments);
	failure_remedy(failure, "For example: %s", command->example);
	return OUTCOME_USAGE;
}

enum outcome
args_parse(int argc, char **argv, struct args *ret_args, struct failure *failure)
{
	enum outcome outcome = OUTCOME_DONE;
	bool options_ended = false;

	*ret_args = (struct args){ .command = NULL };
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			ret_args->given[OPTION_JSON] = true;
	for (int i = 1; i < argc && outcome == OUTCOME_DONE; i++) {
		if (!options_ended && strcmp(argv[i], "--") == 0)
			options_ended = true;
		else if (!options_ended && argv[i][0] == '-' && argv[i][1] != '\0')
			outcome = take_option(argc, argv, &i, ret_args, failure);
		else
			outcome = take_word(argv[i], ret_args, failure);
	}
	if (outcome == OUTCOME_DONE)
		outcome = take_numbers(ret_args, failure);
	return outcome == OUTCOME_DONE ? check_fit(ret_args, failure) : outcome;
}
