/*
 * help: the tables as text for people and as JSON for programs.
 */
#include "fusectl/help.h"

#include <string.h>

#include "common/str.h"

#define INDENT 2
#define NAME_COLUMNS 26 /* "settings [KEY[=VALUE]...]" and most of its like */

static void
print_pair(const struct show *show, const char *name, const char *text)
{
	size_t used = INDENT + NAME_COLUMNS + 1;

	/* What is longer than its column has a line to itself. */
	if (strlen(name) > NAME_COLUMNS)
		fprintf(show->out, "%*s%s\n%*s", INDENT, "", name, (int)used, "");
	else
		fprintf(show->out, "%*s%-*s ", INDENT, "", NAME_COLUMNS, name);
	show_wrapped(show, INDENT + NAME_COLUMNS + 1, used, text);
}

static void
print_option(const struct show *show, const struct option_row *row)
{
	char name[64], letter[8] = "";

	if (row->letter != 0)
		str_format(letter, sizeof letter, "-%c, ", row->letter);
	str_format(name, sizeof name, "%s--%s%s%s", letter, row->name, row->value != NULL ? " " : "",
		   row->value != NULL ? row->value : "");
	print_pair(show, name, row->doc);
}

/* The options of `command`, or with NULL those that every command knows. */
static void
print_options(const struct show *show, const struct command_row *command)
{
	size_t count;
	const struct option_row *rows = option_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (command == NULL ? rows[i].of == NULL : rows[i].of != NULL && option_fits(&rows[i], command))
			print_option(show, &rows[i]);
}

static bool
has_options(const struct command_row *command)
{
	size_t count;
	const struct option_row *rows = option_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].of != NULL && option_fits(&rows[i], command))
			return true;
	return false;
}

static void
heading(const struct show *show, const char *text)
{
	fputc('\n', show->out);
	show_text(show, TONE_STRONG, text);
	fputc('\n', show->out);
}

/* All commands, or with `group` those that begin with this word. */
static void
print_commands(const struct show *show, const char *group)
{
	size_t count;
	char name[64];
	const struct command_row *commands = command_rows(&count);

	heading(show, "Commands");
	for (size_t i = 0; i < count; i++) {
		if (group != NULL && !command_begins_group(&commands[i], group))
			continue;
		str_format(name, sizeof name, "%s %s", commands[i].name, commands[i].arguments);
		print_pair(show, name, commands[i].summary);
	}
}

static void
print_group(const struct show *show, const char *group)
{
	char text[128];

	str_format(text, sizeof text, "fusectl %s COMMAND", group);
	show_wrapped(show, 0, 0, text);
	print_commands(show, group);
	fprintf(show->out, "\n`fusectl help %s COMMAND` explains one.\n", group);
}

static void
print_all(const struct show *show)
{
	size_t count;
	char name[64];

	show_wrapped(show, 0, 0, "fusectl [OPTIONS] COMMAND: look into a running Fuse and tell it what to do.");
	print_commands(show, NULL);
	heading(show, "Options of every command");
	print_options(show, NULL);
	heading(show, "Exit codes");
	const struct outcome_row *outcomes = outcome_rows(&count);
	for (size_t i = 0; i < count; i++) {
		str_format(name, sizeof name, "%d", outcomes[i].outcome);
		fprintf(show->out, "%*s%-3s", INDENT, "", name);
		show_wrapped(show, INDENT + 3, INDENT + 3, outcomes[i].doc);
	}
	fputs("\n`fusectl help COMMAND` explains one.\n", show->out);
}

static void
print_command(const struct show *show, const struct command_row *command)
{
	char text[128];

	str_format(text, sizeof text, "fusectl %s%s%s%s: ", command->name, has_options(command) ? " [OPTIONS]" : "",
		   command->arguments[0] != '\0' ? " " : "", command->arguments);
	show_text(show, TONE_STRONG, text);
	show_wrapped(show, 2, strlen(text), command->summary);
	fputc('\n', show->out);
	show_wrapped(show, 0, 0, command->explanation);
	if (has_options(command)) {
		heading(show, "Options");
		print_options(show, command);
	}
	heading(show, "Options of every command");
	print_options(show, NULL);
	heading(show, "Example");
	show_wrapped(show, INDENT, 0, command->example);
}

static json_t *
json_of_options(const struct command_row *command)
{
	size_t count;
	const struct option_row *rows = option_rows(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (option_fits(&rows[i], command))
			json_array_append_new(list, json_pack("{s:s,s:s?,s:s}", "name", rows[i].name, "value",
							      rows[i].value, "summary", rows[i].doc));
	return list;
}

/* {"commands":[...]} of all commands, of `only` one, or of a group. New reference. */
static json_t *
json_of_commands(const struct command_row *only, const char *group)
{
	size_t count;
	const struct command_row *rows = command_rows(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct command_row *row = &rows[i];
		if ((only != NULL && only != row) || (group != NULL && !command_begins_group(row, group)))
			continue;
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "name", row->name, "arguments",
						      row->arguments, "summary", row->summary, "explanation",
						      row->explanation, "example", row->example, "options",
						      json_of_options(row)));
	}
	return json_pack("{s:o}", "commands", list);
}

enum outcome
help_print(const struct ctl *ctl, const struct command_row *command, const char *group)
{
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_of_commands(command, group), false);
	else if (command != NULL)
		print_command(&ctl->show, command);
	else if (group != NULL)
		print_group(&ctl->show, group);
	else
		print_all(&ctl->show);
	return OUTCOME_DONE;
}

enum outcome
command_help(struct ctl *ctl)
{
	const char *const *words = ctl->args.words;
	size_t count = ctl->args.word_count;
	const char *group = count > 0 ? command_group(words[0]) : NULL;
	const struct command_row *command = NULL;

	if (count == 1)
		command = command_peek(words[0]);
	else if (count == 2 && group != NULL)
		command = command_peek_in(group, words[1]);
	if (count == 0 || command != NULL || (count == 1 && group != NULL))
		return help_print(ctl, command, command == NULL ? group : NULL);
	failure_say(&ctl->failure, OUTCOME_NOT_FOUND, "fusectl knows no command '%s%s%s'.", words[0],
		    count > 1 ? " " : "", count > 1 ? words[1] : "");
	failure_remedy(&ctl->failure, "`fusectl help` lists them.");
	return OUTCOME_NOT_FOUND;
}
