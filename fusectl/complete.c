/*
 * complete: walk over what stands on the line already, then offer what the tables hold.
 */
#include "fusectl/complete.h"

#include <string.h>

#include "common/str.h"
#include "fusectl/args.h"
#include "fusectl/sendwords.h"
#include "fusectl/virtualwords.h"
#include "ipc/settings.h"

/* The line with its "name", "=", "value" put together again. */
struct joined {
	char words[COMPLETE_WORDS_MAX][COMPLETE_WORD_BYTES];
	size_t count;
};

/* What stands before the word being typed. */
struct context {
	const struct command_row *command;
	const struct option_row *awaits_value; /* the word being typed is its value */
	const char *socket, *group;
	const char *first, *second; /* words behind the command */
	size_t words;
	bool to_default, options_ended;
};

static bool
harmless(const char *word)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/=";

	return word[0] != '\0' && strspn(word, letters) == strlen(word);
}

void
complete_offer(const struct complete_request *request, const char *candidate)
{
	size_t len = strlen(request->typed);

	/* What is typed is at least what is skipped. */
	if (harmless(candidate) && strncmp(candidate, request->typed, len) == 0)
		request->sink.put(request->sink.arg, candidate + request->skip);
}

/* False when the line is longer than anybody types. */
static bool
join(size_t count, char *const *words, struct joined *joined)
{
	bool glue = false;

	joined->count = 0;
	for (size_t i = 0; i < count; i++) {
		bool equals = strcmp(words[i], "=") == 0 && joined->count > 0;
		if (!equals && !glue)
			joined->count++;
		if (joined->count > COMPLETE_WORDS_MAX)
			return false;
		char *word = joined->words[joined->count - 1];
		size_t used = equals || glue ? strlen(word) : 0;
		if (!str_format(word + used, COMPLETE_WORD_BYTES - used, "%s", words[i]))
			return false;
		glue = equals;
	}
	return joined->count > 0;
}

static void
step(struct context *context, const char *word)
{
	if (context->awaits_value != NULL) {
		if (strcmp(context->awaits_value->name, "socket") == 0)
			context->socket = word;
		context->awaits_value = NULL;
	} else if (!context->options_ended && word[0] == '-' && word[1] != '\0') {
		const struct option_row *row = option_peek(word);
		const char *value = strchr(word, '=');
		context->options_ended = strcmp(word, "--") == 0;
		if (row != NULL && row->value != NULL && value == NULL)
			context->awaits_value = row;
		if (row != NULL && strcmp(row->name, "socket") == 0 && value != NULL)
			context->socket = value + 1;
		context->to_default |= row != NULL && strcmp(row->name, "default") == 0;
	} else if (context->command == NULL && context->group != NULL) {
		context->command = command_peek_in(context->group, word);
	} else if (context->command == NULL) {
		context->command = command_peek(word);
		context->group = context->command == NULL ? command_group(word) : NULL;
	} else {
		context->first = context->words == 0 ? word : context->first;
		context->second = context->words == 1 ? word : context->second;
		context->words++;
	}
}

static void
offer_options(const struct complete_request *request, const struct command_row *command)
{
	char text[64];
	size_t count;
	const struct option_row *rows = option_rows(&count);

	for (size_t i = 0; i < count; i++) {
		str_format(text, sizeof text, "--%s", rows[i].name);
		if (option_fits(&rows[i], command))
			complete_offer(request, text);
	}
}

/* First words, each once, or the second ones of a group. */
static void
offer_commands(const struct complete_request *request, const char *group)
{
	char word[64] = "", last[64] = "";
	size_t count;
	const struct command_row *rows = command_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (group != NULL && !command_begins_group(&rows[i], group))
			continue;
		const char *name = group != NULL ? rows[i].name + strlen(group) + 1 : rows[i].name;
		str_format(word, sizeof word, "%.*s", (int)strcspn(name, " "), name);
		if (strcmp(word, last) != 0)
			complete_offer(request, word);
		str_copy(last, sizeof last, word);
	}
}

/* "name=value" for each of the values in "a|b|c". */
static void
offer_values(const struct complete_request *request, const char *name, const char *values)
{
	char text[COMPLETE_WORD_BYTES];

	for (const char *at = values; *at != '\0';) {
		size_t len = strcspn(at, "|");
		str_format(text, sizeof text, "%s=%.*s", name, (int)len, at);
		complete_offer(request, text);
		at += len + (at[len] == '|');
	}
}

static void
offer_settings(const struct complete_request *request, bool to_default)
{
	char text[SETTING_NAME_BYTES + 1];
	const char *equals = strchr(request->typed, '=');
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	for (size_t i = 0; i < count && equals == NULL; i++) {
		str_format(text, sizeof text, "%s%s", specs[i].name, to_default ? "" : "=");
		complete_offer(request, text);
	}
	if (equals == NULL || to_default)
		return;
	str_format(text, sizeof text, "%.*s", (int)(equals - request->typed), request->typed);
	const struct setting_spec *spec = setting_peek(text);
	if (spec == NULL)
		return;
	if (spec->type == SETTING_TYPE_BOOL)
		offer_values(request, spec->name, "true|false");
	else if (spec->type == SETTING_TYPE_CHOICE)
		offer_values(request, spec->name, spec->choices);
	else
		offer_values(request, spec->name, spec->default_value);
}

/* A printer, a command, then its fields. */
static void
offer_send(const struct complete_request *request, const struct context *context)
{
	char text[COMPLETE_WORD_BYTES];
	size_t count;
	const struct command_spec *specs = command_specs(&count);

	if (context->words == 0)
		request->printers(request, context->socket);
	for (size_t i = 0; i < count && context->words == 1; i++)
		complete_offer(request, specs[i].name);
	const struct command_spec *spec = context->words > 1 ? sendwords_peek(context->second) : NULL;
	for (const struct command_field *field = spec != NULL ? spec->fields : NULL; field != NULL && field->name != NULL;
	     field++) {
		str_format(text, sizeof text, "%s=", field->name);
		complete_offer(request, text);
		str_format(text, sizeof text, "%s", field->name);
		if (field->type == COMMAND_TRUTH)
			offer_values(request, text, "true|false");
	}
}

/* A printer, then its controls, or an error. */
static void
offer_virtual(const struct complete_request *request, const struct context *context)
{
	char text[COMPLETE_WORD_BYTES];
	size_t key_count, error_count;
	const struct virtual_key *keys = virtualwords_keys(&key_count);
	const struct virtual_error *errors = virtualwords_errors(&error_count);
	bool sets = strcmp(context->command->name, "virtual set") == 0;

	if (context->words == 0)
		request->printers(request, context->socket);
	for (size_t i = 0; i < key_count && sets && context->words > 0; i++) {
		str_format(text, sizeof text, "%s=", keys[i].name);
		complete_offer(request, text);
		if (keys[i].value == VIRTUAL_TRUTH)
			offer_values(request, keys[i].name, "true|false");
	}
	for (size_t i = 0; i < error_count && !sets && context->words == 1; i++)
		complete_offer(request, errors[i].name);
}

static void
offer_words(const struct complete_request *request, const struct context *context)
{
	switch (context->command->completes) {
	case COMPLETES_NOTHING:
		break;
	case COMPLETES_PROCESS:
	case COMPLETES_WAITING_PROCESS:
		request->processes(request, context->socket,
				   context->command->completes == COMPLETES_WAITING_PROCESS);
		break;
	case COMPLETES_SETTING:
		offer_settings(request, context->to_default);
		break;
	case COMPLETES_STORE_WORD:
		complete_offer(request, "confirm");
		break;
	case COMPLETES_SHELL:
		complete_offer(request, "bash");
		break;
	case COMPLETES_COMMAND:
		if (context->words == 0)
			offer_commands(request, NULL);
		else if (context->words == 1 && command_group(context->first) != NULL)
			offer_commands(request, context->first);
		break;
	case COMPLETES_PRINTER:
		if (context->words < context->command->most)
			request->printers(request, context->socket);
		break;
	case COMPLETES_SEND:
		offer_send(request, context);
		break;
	case COMPLETES_VIRTUAL:
		offer_virtual(request, context);
		break;
	case COMPLETES_FILE:
		break;
	}
}

void
complete_words(struct complete_request *request, size_t count, char *const *words)
{
	static struct joined joined;
	struct context context = { .command = NULL };

	if (count == 0 || !join(count, words, &joined))
		return;
	request->typed = joined.words[joined.count - 1];
	/* The shell holds "logLevel" and "=" for words of their own: it wants what comes after them. */
	const char *last = strcmp(words[count - 1], "=") == 0 ? "" : words[count - 1];
	request->skip = strlen(request->typed) - strlen(last);
	for (size_t i = 0; i + 1 < joined.count; i++)
		step(&context, joined.words[i]);
	if (context.awaits_value != NULL && strcmp(context.awaits_value->name, "to") == 0)
		request->printers(request, context.socket);
	if (context.awaits_value != NULL)
		return; /* a path (the shell's own business) or a number */
	if (!context.options_ended && request->typed[0] == '-')
		offer_options(request, context.command);
	else if (context.command == NULL)
		offer_commands(request, context.group);
	else
		offer_words(request, &context);
}
