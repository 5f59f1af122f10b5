/*
 * args: options anywhere, then a command and its words; "--" ends the options.
 */
#include "fusectl/args.h"

#include <string.h>
#include <strings.h>

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
#define COMMAND(id, name, arguments, least, most, completes, summary, explanation, example) \
	{ name, arguments, least, most, COMPLETES_##completes, summary, explanation, example, command_##id },
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

bool
command_begins_group(const struct command_row *row, const char *word)
{
	size_t len = strlen(word);

	return strncmp(row->name, word, len) == 0 && row->name[len] == ' ';
}

const char *
command_group(const char *word)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(commands); i++)
		if (command_begins_group(&commands[i], word))
			return word;
	return NULL;
}

const struct command_row *
command_peek_in(const char *group, const char *word)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(commands); i++)
		if (command_begins_group(&commands[i], group) &&
		    strcmp(commands[i].name + strlen(group) + 1, word) == 0)
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
	if (row->of == NULL)
		return true;
	if (command == NULL)
		return false;
	size_t len = strlen(command->name);
	for (const char *at = row->of; *at != '\0';) {
		size_t word = strcspn(at, ",");
		if (word == len && strncmp(at, command->name, len) == 0)
			return true;
		at += word + (at[word] == ',');
	}
	return false;
}

/* Somebody gives an access code as an argument, and must know why that is no good idea. */
static enum outcome
say_no_code_here(struct failure *failure)
{
	failure_say(failure, OUTCOME_USAGE,
		    "An access code is never given as an argument: everybody on this machine can read the arguments of "
		    "a program while it runs, and your shell keeps them.");
	failure_remedy(failure, "Leave it out and type it when you are asked, or name a file that holds it: "
				"--code-file FILE (- is standard input).");
	return OUTCOME_USAGE;
}

/* "--code", "--access-code=…", "--accessCode" and the like. */
static bool
names_a_code(const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i + 4 <= len; i++)
		if (strncasecmp(word + i, "code", 4) == 0 || strncasecmp(word + i, "pass", 4) == 0)
			return true;
	return false;
}

/* As the printers show them: eight letters and digits, a digit among them. */
static bool
looks_like_a_code(const char *word)
{
	return strlen(word) == 8 && strspn(word, "0123456789abcdefABCDEF") == 8 && strpbrk(word, "0123456789") != NULL;
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
	if (names_a_code(word) && (nearest == NULL || nearest != &options[OPTION_CODE_FILE]))
		return say_no_code_here(failure);
	failure_say(failure, OUTCOME_USAGE, "fusectl knows no option '%s'.", name);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean '--%s'?", nearest->name);
	else
		failure_remedy(failure, "`fusectl help` lists what it knows.");
	return OUTCOME_USAGE;
}

/* `group` may be NULL: then `word` is the first of a command. */
static enum outcome
say_unknown_command(const char *group, const char *word, struct failure *failure)
{
	const struct command_row *nearest = NULL;
	size_t least = 3;
	char name[64];

	str_format(name, sizeof name, "%s%s%s", group != NULL ? group : "", group != NULL ? " " : "", word);
	for (size_t i = 0; i < STR_ARRAY_LEN(commands); i++) {
		size_t distance = str_distance(commands[i].name, name);
		if (distance < least) {
			least = distance;
			nearest = &commands[i];
		}
	}
	failure_say(failure, OUTCOME_USAGE, "fusectl knows no command '%s'.", name);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean 'fusectl %s'?", nearest->name);
	else if (group != NULL)
		failure_remedy(failure, "`fusectl help %s` lists what it knows.", group);
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

/* `fusectl job j01h8zq3k5v9x2ab` asks for what `fusectl job show` shows: no command has a digit in its name. */
static bool
take_thing(const char *word, struct args *args)
{
	if (word[strcspn(word, "0123456789")] != '\0')
		args->command = command_peek_in(args->group, "show");
	if (args->command != NULL)
		args->words[args->word_count++] = word;
	return args->command != NULL;
}

static enum outcome
take_word(const char *word, struct args *args, struct failure *failure)
{
	if (args->command == NULL && args->group != NULL) {
		args->command = command_peek_in(args->group, word);
		return args->command != NULL || take_thing(word, args) ? OUTCOME_DONE
								       : say_unknown_command(args->group, word, failure);
	}
	if (args->command == NULL) {
		args->command = command_peek(word);
		args->group = args->command == NULL ? command_group(word) : NULL;
		return args->command != NULL || args->group != NULL ? OUTCOME_DONE
								    : say_unknown_command(NULL, word, failure);
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
	bool of_printer = args->command != NULL && strcmp(args->command->name, "messages") == 0;
	const struct message_spec *spec = message_spec_peek(of_printer ? MESSAGE_MESSAGES_WANT : MESSAGE_LOGS);
	int64_t most_lines = spec->fields[of_printer ? 1 : 0].max;
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

/* "--lines goes with `fusectl logs` and `fusectl messages` only." */
static enum outcome
say_misfit(const struct option_row *row, struct failure *failure)
{
	failure_say(failure, OUTCOME_USAGE, "--%s goes with", row->name);
	for (const char *at = row->of; *at != '\0';) {
		size_t len = strcspn(at, ",");
		const char *before = at == row->of ? "" : at[len] == '\0' ? " and" : ",";
		failure_add(failure, "%s `fusectl %.*s`", before, (int)len, at);
		at += len + (at[len] == ',');
	}
	failure_add(failure, " only.");
	return OUTCOME_USAGE;
}

/* Options and words that do not go with the command. */
static enum outcome
check_fit(const struct args *args, struct failure *failure)
{
	const struct command_row *command = args->command;

	for (size_t i = 0; i < STR_ARRAY_LEN(options); i++)
		if (args->given[i] && !option_fits(&options[i], command))
			return say_misfit(&options[i], failure);
	if (args->given[OPTION_HELP] || (command == NULL && args->group == NULL))
		return OUTCOME_DONE;
	if (command == NULL) {
		failure_say(failure, OUTCOME_USAGE, "`fusectl %s` needs a second word.", args->group);
		failure_remedy(failure, "`fusectl help %s` lists them.", args->group);
		return OUTCOME_USAGE;
	}
	if (args->word_count >= command->least && args->word_count <= command->most)
		return OUTCOME_DONE;
	if (args->word_count > command->most && looks_like_a_code(args->words[command->most]))
		return say_no_code_here(failure);
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
	/* `fusectl virtual` alone asks for `fusectl virtual list`. */
	if (outcome == OUTCOME_DONE && ret_args->command == NULL && ret_args->group != NULL && !ret_args->given[OPTION_HELP])
		ret_args->command = command_peek_in(ret_args->group, "list");
	if (outcome == OUTCOME_DONE)
		outcome = take_numbers(ret_args, failure);
	return outcome == OUTCOME_DONE ? check_fit(ret_args, failure) : outcome;
}
