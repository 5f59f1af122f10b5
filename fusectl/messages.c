/*
 * messages and report: what comes from a worker through a pipe of ours.
 *
 * The worker gets the writing end with the request. What it writes there is a printer's words: bounded, parsed, and
 * shown only as harmless text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/farm.h"

#define LINE_MAX_BYTES (4 * 1024 * 1024) /* a message of 256 KiB, all of it escaped, fits */
#define READ_BYTES 65536

/* Bytes that have come and are not yet used. */
struct intake {
	char *bytes;
	size_t len, cap;
	bool (*take)(void *arg, char *bytes, size_t len); /* a line, or all at the end; false = too large */
	bool by_line;
	void *arg;
};

static bool
make_room(struct intake *intake)
{
	if (intake->cap - intake->len >= READ_BYTES)
		return true;
	if (intake->cap >= LINE_MAX_BYTES)
		return false;
	intake->cap = intake->cap ? 2 * intake->cap : 4 * READ_BYTES;
	intake->bytes = realloc(intake->bytes, intake->cap + 1);
	ENSURE(intake->bytes != NULL);
	return true;
}

/* Give the whole lines on, keep what is left. */
static void
take_lines(struct intake *intake)
{
	char *at = intake->bytes, *end = intake->bytes + intake->len, *newline;

	while (intake->by_line && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		*newline = '\0';
		intake->take(intake->arg, at, (size_t)(newline - at));
		at = newline + 1;
	}
	intake->len = (size_t)(end - at);
	memmove(intake->bytes, at, intake->len);
}

/* What is there now. False at the end, or with a failure. */
static bool
read_some(struct intake *intake, int fd, enum outcome *ret_outcome, struct failure *failure)
{
	if (!make_room(intake)) {
		*ret_outcome = failure_say(failure, OUTCOME_FAILED, "The printer's process sent more than it should.");
		return false;
	}
	ssize_t got = read(fd, intake->bytes + intake->len, READ_BYTES);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got < 0)
		*ret_outcome = failure_say(failure, OUTCOME_FAILED, "Could not read: %s.", strerror(errno));
	if (got <= 0)
		return false;
	intake->len += (size_t)got;
	take_lines(intake);
	return true;
}

/* Read until both are at their end: the pipe and the answer. The answer's time is renewed by each piece that comes. */
static enum outcome
pump(struct ctl *ctl, struct client_call *call, int fd, bool follow, struct intake *intake)
{
	struct pollfd also[] = { { .fd = fd, .events = POLLIN }, { .fd = follow ? STDOUT_FILENO : -1 } };
	enum outcome outcome = OUTCOME_DONE;

	while (outcome == OUTCOME_DONE && (call->open || (also[0].fd >= 0 && call->outcome == OUTCOME_DONE))) {
		if (call->open)
			client_turn(&ctl->client, call, 1, also, STR_ARRAY_LEN(also));
		else if (poll(also, STR_ARRAY_LEN(also), ctl->client.timeout_ms) == 0)
			break; /* it said DONE and keeps the pipe open: a copy of it is with somebody else */
		if (also[1].revents != 0) {
			client_give_up(&ctl->client, call);
			break;
		}
		if (also[0].revents == 0)
			continue;
		if (call->open && call->deadline_ms >= 0)
			call->deadline_ms = clock_monotonic_ms() + ctl->client.timeout_ms;
		if (!read_some(intake, fd, &outcome, &ctl->failure))
			also[0].fd = -1;
		if (follow)
			fflush(stdout);
	}
	if (outcome == OUTCOME_DONE && call->outcome != OUTCOME_DONE)
		ctl->failure = call->failure;
	return outcome == OUTCOME_DONE ? call->outcome : outcome;
}

/* Ask with the writing end of a pipe, and read what comes out of it. */
static enum outcome
ask_through_pipe(struct ctl *ctl, struct client_question *question, struct intake *intake)
{
	static struct client_call call;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return failure_say(&ctl->failure, OUTCOME_FAILED, "Could not make a pipe: %s.", strerror(errno));
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	question->fd = ends[1];
	client_begin(&ctl->client, question, &call);
	close(ends[1]);
	enum outcome outcome = pump(ctl, &call, ends[0], question->follow, intake);
	close(ends[0]);
	if (outcome == OUTCOME_DONE && !intake->by_line && intake->len > 0)
		intake->take(intake->arg, intake->bytes, intake->len);
	free(intake->bytes);
	return outcome;
}

/* -- report ------------------------------------------------------------------------------------------------ */

static bool
take_report(void *arg, char *bytes, size_t len)
{
	json_t **report = arg;

	*report = json_loadb(bytes, len, 0, NULL);
	return true;
}

enum outcome
command_report(struct ctl *ctl)
{
	json_t *report = NULL;
	struct intake intake = { .take = take_report, .arg = &report };
	struct msg_report_want want;
	struct client_question question;
	struct farm farm;
	struct farm_printer *printer;
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_WORKERS, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = farm_question(printer, MESSAGE_REPORT_WANT, &question, &ctl->failure);
	str_copy(want.serial, sizeof want.serial, printer->record.serial);
	question.message = &want;
	if (outcome == OUTCOME_DONE)
		outcome = ask_through_pipe(ctl, &question, &intake);
	if (outcome == OUTCOME_DONE && report == NULL) {
		outcome = failure_say(&ctl->failure, OUTCOME_FAILED, "%s has told nothing yet.", printer->record.name);
		failure_remedy(&ctl->failure, "`fusectl printer show %s` says how its link is.", printer->record.serial);
	}
	if (outcome == OUTCOME_DONE)
		ctl_print_json(stdout, json_incref(report), false);
	json_decref(report);
	farm_free(&farm);
	return outcome;
}

/* -- messages ----------------------------------------------------------------------------------------------- */

struct listing {
	const struct ctl *ctl;
};

static void
print_payload(const struct show *show, const json_t *message)
{
	const json_t *payload = json_object_get(message, "payload");
	const char *text = json_string_value(json_object_get(message, "text"));
	char *dumped = NULL;

	if (payload != NULL)
		text = dumped = json_dumps(payload, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text != NULL) {
		fputs("    ", show->out);
		show_text(show, TONE_FAINT, text);
		fputc('\n', show->out);
	}
	free(dumped);
}

static void
print_message(const struct ctl *ctl, const json_t *message)
{
	const struct show *show = &ctl->show;
	double missed = stat_number(message, "missed"), bytes = stat_number(message, "bytes");
	bool sent = strcmp(stat_text(message, "direction"), "sent") == 0;
	char size[SHOW_WORDS_BYTES], text[300];

	if (missed > 0) {
		str_format(text, sizeof text, "(%.0f messages were missed here: they came faster than they could be shown)",
			   missed);
		show_text(show, TONE_WARN, text);
		fputc('\n', show->out);
		return;
	}
	show_size(bytes >= 0 ? (uint64_t)bytes : 0, size);
	str_format(text, sizeof text, "%-24.24s  %-8s  %-7.16s  %11s  ", stat_text(message, "at"),
		   sent ? "sent" : "received", stat_text(message, "kind"), size);
	show_text(show, sent ? TONE_STRONG : TONE_PLAIN, text);
	show_text(show, sent ? TONE_STRONG : TONE_PLAIN, stat_text(message, "name"));
	fputc('\n', show->out);
	if (ctl->args.given[OPTION_RAW])
		print_payload(show, message);
}

static bool
take_message(void *arg, char *bytes, size_t len)
{
	const struct listing *listing = arg;
	json_t *message = json_loadb(bytes, len, 0, NULL);

	if (!json_is_object(message)) {
		json_decref(message);
		message = json_pack("{s:o}", "unreadable", ctl_json_text(bytes));
	}
	if (ctl_wants_json(listing->ctl))
		ctl_print_json(stdout, json_incref(message), true);
	else
		print_message(listing->ctl, message);
	json_decref(message);
	return true;
}

static enum outcome
clear_messages(struct ctl *ctl, const struct farm_printer *printer)
{
	struct msg_messages_clear clear;
	struct client_question question;
	struct msg_done done;
	char fallback[200];
	enum outcome outcome = farm_question(printer, MESSAGE_MESSAGES_CLEAR, &question, &ctl->failure);

	str_copy(clear.serial, sizeof clear.serial, printer->record.serial);
	question.message = &clear;
	str_format(fallback, sizeof fallback, "The kept messages of %s are forgotten.", printer->record.name);
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, &done, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : fallback);
	return outcome;
}

static enum outcome
list_messages(struct ctl *ctl, const struct farm_printer *printer)
{
	struct listing listing = { .ctl = ctl };
	struct intake intake = { .take = take_message, .arg = &listing, .by_line = true };
	bool follow = ctl->args.given[OPTION_FOLLOW];
	struct msg_messages_want want = { .most = ctl->args.lines, .follow = follow };
	struct client_question question;
	enum outcome outcome = farm_question(printer, MESSAGE_MESSAGES_WANT, &question, &ctl->failure);

	str_copy(want.serial, sizeof want.serial, printer->record.serial);
	question.message = &want;
	question.follow = follow;
	return outcome == OUTCOME_DONE ? ask_through_pipe(ctl, &question, &intake) : outcome;
}

enum outcome
command_messages(struct ctl *ctl)
{
	struct farm farm;
	struct farm_printer *printer;
	bool clear = ctl->args.given[OPTION_CLEAR];

	if (clear && (ctl->args.given[OPTION_FOLLOW] || ctl->args.given[OPTION_LINES] || ctl->args.given[OPTION_RAW]))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "--clear only forgets: it goes with nothing else.");
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_WORKERS, &farm, &printer);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = clear ? clear_messages(ctl, printer) : list_messages(ctl, printer);
	farm_free(&farm);
	return outcome;
}
