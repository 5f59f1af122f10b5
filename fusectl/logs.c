/*
 * logs: the newest lines of Fuse's log, and those to come.
 */
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "fusectl/ctl.h"
#include "fusectl/logfmt.h"

_Static_assert(LOGFMT_TEXT_BYTES > sizeof((struct msg_log_line *)0)->line, "no field is longer");

struct listing {
	struct ctl *ctl;
	json_t *lines; /* collected, unless they are followed */
};

/* The fields with a place of their own in the JSON of a line. */
static const struct { const char *field, *key; } stamps[] = {
	{ "ts", "time" }, { "role", "role" }, { "entry", "entry" }, { "lvl", "level" }, { "msg", "message" },
};

static const char *
stamp_key(const char *field)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(stamps); i++)
		if (strcmp(stamps[i].field, field) == 0)
			return stamps[i].key;
	return NULL;
}

static json_t *
json_of_line(const char *line)
{
	struct logfmt_field field;
	json_t *json = json_object(), *others = json_object();
	int64_t pid;

	for (size_t i = 0; i < STR_ARRAY_LEN(stamps); i++)
		json_object_set_new(json, stamps[i].key, json_null());
	json_object_set_new(json, "pid", json_null());
	for (const char *at = line; logfmt_next(&at, &field);) {
		const char *key = stamp_key(field.name);
		bool is_first = key != NULL && json_is_null(json_object_get(json, key));
		if (is_first)
			json_object_set_new(json, key, ctl_json_text(field.value));
		else if (strcmp(field.name, "pid") == 0 && str_parse_int(field.value, 1, INT32_MAX, &pid) &&
			 json_is_null(json_object_get(json, "pid")))
			json_object_set_new(json, "pid", json_integer(pid));
		else if (field.name[0] != '\0')
			json_object_set_new(others, field.name, ctl_json_text(field.value));
	}
	json_object_set_new(json, "fields", others);
	json_object_set_new(json, "line", ctl_json_text(line));
	return json;
}

static enum show_tone
tone_of(const char *line)
{
	struct logfmt_field field;

	for (const char *at = line; logfmt_next(&at, &field);) {
		if (strcmp(field.name, "lvl") != 0)
			continue;
		if (strcmp(field.value, "error") == 0)
			return TONE_BAD;
		if (strcmp(field.value, "warn") == 0)
			return TONE_WARN;
		return strcmp(field.value, "debug") == 0 ? TONE_FAINT : TONE_PLAIN;
	}
	return TONE_PLAIN;
}

static void
take_line(void *arg, const void *message)
{
	const struct msg_log_line *part = message;
	struct listing *listing = arg;
	const struct show *show = &listing->ctl->show;

	if (listing->lines != NULL) {
		json_array_append_new(listing->lines, json_of_line(part->line));
		return;
	}
	if (ctl_wants_json(listing->ctl)) {
		ctl_print_json(stdout, json_of_line(part->line), true);
	} else {
		show_text(show, show->colour ? tone_of(part->line) : TONE_PLAIN, part->line);
		fputc('\n', show->out);
	}
	if (listing->ctl->args.given[OPTION_FOLLOW])
		fflush(stdout);
}

static void
ignore(void *arg, const void *message)
{
	(void)arg;
	(void)message;
}

enum outcome
command_logs(struct ctl *ctl)
{
	bool follow = ctl->args.given[OPTION_FOLLOW];
	struct msg_logs logs = { .lines = ctl->args.lines, .follow = follow };
	struct listing listing = { .ctl = ctl };
	struct client_question question = {
		.to = ROLE_SUPERVISOR,
		.number = MESSAGE_LOGS,
		.message = &logs,
		.part_number = MESSAGE_LOG_LINE,
		.on_part = take_line,
		.arg = &listing,
		.follow = follow,
		.watch_fd = STDOUT_FILENO,
	};

	/* Following has no deadline, so whether anybody answers at all is found out first. */
	enum outcome outcome = ctl_recall(ctl, MESSAGE_FUSE_STATUS, ignore, NULL);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl) && !follow)
		listing.lines = json_array();
	outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (listing.lines != NULL && outcome == OUTCOME_DONE)
		ctl_print_json(stdout, json_pack("{s:O}", "lines", listing.lines), false);
	json_decref(listing.lines);
	return outcome;
}
