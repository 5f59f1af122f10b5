/*
 * ctl: what several commands share.
 */
#include "fusectl/ctl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"

#define INSTALLED_SOCKET "/var/lib/fuse/fused.sock"

enum outcome
ctl_connect(struct ctl *ctl)
{
	struct place_hints hints;

	if (ctl->client.fd >= 0)
		return OUTCOME_DONE;
	place_hints_from_environment(ctl->args.values[OPTION_SOCKET], &hints);
	if (!place_find(&hints, ctl->path)) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "Where Fuse's socket is cannot be told.");
		failure_remedy(&ctl->failure, "Name it with --socket.");
		return OUTCOME_USAGE;
	}
	/* A person without a Fuse of their own most likely means the installed one. */
	if (place_is_own_default(&hints) && access(ctl->path, F_OK) != 0 && access(INSTALLED_SOCKET, F_OK) == 0)
		str_copy(ctl->path, sizeof ctl->path, INSTALLED_SOCKET);
	return client_open(&ctl->client, ctl->path, ctl->args.timeout_s * 1000, &ctl->failure);
}

enum outcome
ctl_recall(struct ctl *ctl, enum message number, client_part_fn *on_part, void *arg)
{
	enum outcome outcome = ctl_connect(ctl);

	return outcome == OUTCOME_DONE ? client_recall(&ctl->client, number, on_part, arg, &ctl->failure) : outcome;
}

enum outcome
ctl_request(struct ctl *ctl, enum role to, enum message number, const void *message, const char *fallback)
{
	struct client_question question = { .to = to, .number = number, .message = message, .watch_fd = -1 };
	struct msg_done done;
	enum outcome outcome = ctl_connect(ctl);

	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, &done, &ctl->failure);
	if (outcome != OUTCOME_DONE)
		return outcome;
	ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : fallback);
	return OUTCOME_DONE;
}

void
ctl_say_done(const struct ctl *ctl, const char *sentence)
{
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:b,s:o}", "done", true, "sentence", ctl_json_text(sentence)),
			       false);
	else
		show_wrapped(&ctl->show, 0, 0, sentence);
}

int
ctl_patience_ms(const struct ctl *ctl, int usual_s)
{
	return 1000 * (ctl->args.given[OPTION_TIMEOUT] ? ctl->args.timeout_s : usual_s);
}

static int
write_json(const char *bytes, size_t len, void *arg)
{
	/* jansson escapes all but DEL. */
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == 0x7f ? fputs("\\u007f", arg) < 0 : fputc(bytes[i], arg) == EOF)
			return -1;
	return 0;
}

void
ctl_print_json(FILE *out, json_t *document, bool compact)
{
	ENSURE(document != NULL);
	/* A failed write is seen by ferror() at the end. */
	json_dump_callback(document, write_json, out, JSON_ENSURE_ASCII | (compact ? JSON_COMPACT : JSON_INDENT(2)));
	fputc('\n', out);
	json_decref(document);
}

json_t *
ctl_json_time(int64_t wall_ms)
{
	char text[CLOCK_UTC_BYTES];

	if (wall_ms == 0)
		return json_null();
	clock_format_utc(wall_ms, text);
	return json_string(text);
}

json_t *
ctl_json_text(const char *text)
{
	json_t *json = json_string(text);

	if (json != NULL)
		return json;
	/* What comes from the command line or the file system need not be UTF-8. */
	char *safe = show_safe(&(struct show){ .ascii = true }, text, strlen(text));
	json = json_string(safe);
	free(safe);
	ENSURE(json != NULL);
	return json;
}

void
ctl_process_name(const struct msg_proc_status *proc, char ret_name[PROCESS_NAME_BYTES])
{
	const char *slash = proc->entry[0] != '\0' ? "/" : "";

	str_format(ret_name, PROCESS_NAME_BYTES, "%s%s%s", role_name((enum role)proc->role), slash, proc->entry);
}

static void
take_process(void *arg, const void *message)
{
	struct process_list *list = arg;

	if (list->count == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->rows = reallocarray(list->rows, list->cap, sizeof *list->rows);
		ENSURE(list->rows != NULL);
	}
	memcpy(&list->rows[list->count++], message, sizeof *list->rows);
}

static int
by_role_and_slot(const void *left, const void *right)
{
	const struct msg_proc_status *a = left, *b = right;

	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

enum outcome
ctl_processes(struct ctl *ctl, struct process_list *ret_list)
{
	*ret_list = (struct process_list){ 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_PROC_STATUS, take_process, ret_list);
	if (outcome == OUTCOME_DONE && ret_list->count > 1)
		qsort(ret_list->rows, ret_list->count, sizeof *ret_list->rows, by_role_and_slot);
	if (outcome != OUTCOME_DONE) {
		free(ret_list->rows);
		*ret_list = (struct process_list){ 0 };
	}
	return outcome;
}
