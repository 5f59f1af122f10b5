/*
 * send: one command to a printer, and what became of it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/farm.h"
#include "fusectl/sendwords.h"

#define SEND_S 20

/* -- --list ----------------------------------------------------------------------------------------------- */

static const char *const type_words[] = { "number", "text", "true or false" };

static json_t *
json_of_spec(const struct command_spec *spec)
{
	json_t *fields = json_array();

	for (const struct command_field *field = spec->fields; field->name != NULL; field++)
		json_array_append_new(fields, json_pack("{s:s,s:s,s:b,s:s}", "name", field->name, "type",
							type_words[field->type], "required", field->is_required,
							"description", field->doc));
	return json_pack("{s:s,s:s,s:o}", "name", spec->name, "description", spec->doc, "fields", fields);
}

static void
print_spec(const struct show *show, const struct command_spec *spec)
{
	char text[400];

	show_text(show, TONE_STRONG, spec->name);
	fputs(": ", show->out);
	show_wrapped(show, 2, strlen(spec->name) + 2, spec->doc);
	for (const struct command_field *field = spec->fields; field->name != NULL; field++) {
		size_t used = (size_t)fprintf(show->out, "    %-20s ", field->name);
		str_format(text, sizeof text, "%s (%s%s)", field->doc, type_words[field->type],
			   field->is_required ? "" : ", may be left out");
		show_wrapped(show, 25, used, text);
	}
}

static enum outcome
list_commands(const struct ctl *ctl)
{
	size_t count;
	const struct command_spec *specs = command_specs(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if (ctl_wants_json(ctl))
			json_array_append_new(list, json_of_spec(&specs[i]));
		else
			print_spec(&ctl->show, &specs[i]);
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "commands", list), false);
	json_decref(list);
	return OUTCOME_DONE;
}

/* -- what is sent ------------------------------------------------------------------------------------------- */

static json_t *
read_raw(struct ctl *ctl, const char *path)
{
	char *bytes;
	size_t len;
	json_error_t error;

	if (ctl->args.word_count > 1) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "--raw-json is the whole command: '%s' is too much.",
			    ctl->args.words[1]);
		return NULL;
	}
	if (ask_file(path, COMMAND_JSON_MAX_BYTES, &bytes, &len, &ctl->failure) != OUTCOME_DONE)
		return NULL;
	json_t *object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	ask_free(bytes, len);
	if (json_is_object(object) && json_is_string(json_object_get(object, "command")))
		return object;
	if (object == NULL)
		failure_say(&ctl->failure, OUTCOME_USAGE, "This is no JSON: %s (line %d).", error.text, error.line);
	else
		failure_say(&ctl->failure, OUTCOME_USAGE, "This is no command: an object with a \"command\" is wanted.");
	failure_remedy(&ctl->failure, "For example: {\"command\":\"set-fan\",\"type\":\"part\",\"speed\":50}");
	json_decref(object);
	return NULL;
}

static void
take_result(void *arg, const void *message)
{
	memcpy(arg, message, sizeof(struct msg_command_result));
}

/* "switches the light on" is what the printer does; a whole sentence stands by itself. */
static bool
is_whole(const char *sentence)
{
	return sentence[0] < 'a' || sentence[0] > 'z';
}

static void
print_sentence(const struct show *show, const char *printer, const char *sentence)
{
	char text[400];
	size_t len = strlen(sentence);

	if (!is_whole(sentence))
		str_format(text, sizeof text, "%s %s%s", printer, sentence, sentence[len - 1] == '.' ? "" : ".");
	else
		str_copy(text, sizeof text, sentence);
	show_wrapped(show, 0, 0, text);
}

/* What became of it. What the printer has not answered may be done or not. */
static enum outcome
print_result(const struct ctl *ctl, const char *printer, const struct msg_command_result *result)
{
	enum outcome outcome = result->confirmed ? OUTCOME_DONE : OUTCOME_TIMED_OUT;
	char text[100];

	if (ctl_wants_json(ctl)) {
		ctl_print_json(stdout,
			       json_pack("{s:b,s:b,s:o,s:I}", "done", result->confirmed, "confirmed", result->confirmed,
					 "sentence", ctl_json_text(result->sentence), "tookMs",
					 (json_int_t)result->took_ms),
			       false);
		return outcome;
	}
	print_sentence(&ctl->show, printer, result->sentence);
	if (result->confirmed && result->took_ms == 0 && is_whole(result->sentence))
		return outcome; /* nothing that a printer confirms: it is asked to report */
	if (result->confirmed)
		str_format(text, sizeof text, "The printer has confirmed it after %u ms.", result->took_ms);
	else
		str_copy(text, sizeof text, "It is sent; the printer has not answered.");
	show_wrapped(&ctl->show, 0, 0, text);
	return outcome;
}

static enum outcome
ask_printer(struct ctl *ctl, const struct farm_printer *printer, const char *json)
{
	struct msg_command command = { .json = { (const uint8_t *)json, strlen(json) } };
	struct client_question question;
	struct msg_command_result result;
	enum outcome outcome = farm_question(printer, MESSAGE_COMMAND, &question, &ctl->failure);

	str_copy(command.serial, sizeof command.serial, printer->record.serial);
	question.message = &command;
	question.reply_number = MESSAGE_COMMAND_RESULT;
	question.on_reply = take_result;
	question.arg = &result;
	question.timeout_ms = ctl_patience_ms(ctl, SEND_S);
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		outcome = print_result(ctl, printer->record.name, &result);
	return outcome;
}

static enum outcome
agree(struct ctl *ctl, const struct farm_printer *printer, const char *command)
{
	char question[240], nobody[240];

	if (!sendwords_is_destructive(command))
		return OUTCOME_DONE;
	str_format(question, sizeof question, "This ends the print of %s for good. Do it?", printer->record.name);
	str_format(nobody, sizeof nobody, "'%s' ends the print of %s for good, and nobody is there to say yes.", command,
		   printer->record.name);
	return ask_yes(ctl, question, "Nothing was sent.", nobody);
}

static enum outcome
send_object(struct ctl *ctl, const json_t *object)
{
	struct farm farm;
	struct farm_printer *printer;
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_WORKERS, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = agree(ctl, printer, json_string_value(json_object_get(object, "command")));
	char *json = json_dumps(object, JSON_COMPACT);
	ENSURE(json != NULL);
	if (outcome == OUTCOME_DONE)
		outcome = ask_printer(ctl, printer, json);
	free(json);
	farm_free(&farm);
	return outcome;
}

enum outcome
command_send(struct ctl *ctl)
{
	const struct args *args = &ctl->args;
	const char *raw = args->values[OPTION_RAW_JSON];

	if (args->given[OPTION_LIST])
		return list_commands(ctl);
	if (args->word_count == 0) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "`fusectl send` needs more: fusectl send %s.",
			    args->command->arguments);
		failure_remedy(&ctl->failure, "For example: %s", args->command->example);
		return OUTCOME_USAGE;
	}
	json_t *object = raw != NULL ? read_raw(ctl, raw)
				     : sendwords_build(args->words + 1, args->word_count - 1, &ctl->failure);
	if (object == NULL)
		return OUTCOME_USAGE;
	enum outcome outcome = send_object(ctl, object);
	json_decref(object);
	return outcome;
}
