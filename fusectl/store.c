/*
 * store: how the database is, and a person's word that a restored one is right.
 */
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "fusectl/ctl.h"
#include "ipc/terms.h"

struct known_status {
	struct msg_store_status *status;
	bool *known;
};

static void
take_status(void *arg, const void *message)
{
	struct known_status *into = arg;

	memcpy(into->status, message, sizeof *into->status);
	*into->known = true;
}

enum outcome
ctl_store_status(struct ctl *ctl, struct msg_store_status *ret_status, bool *ret_known)
{
	struct known_status into = { .status = ret_status, .known = ret_known };

	*ret_known = false;
	return ctl_recall(ctl, MESSAGE_STORE_STATUS, take_status, &into);
}

json_t *
ctl_store_json(const struct msg_store_status *status)
{
	json_t *json = json_object();

	json_object_set_new(json, "health", json_string(store_health_name(status->health)));
	json_object_set_new(json, "sentence", ctl_json_text(status->sentence));
	json_object_set_new(json, "remedy", ctl_json_text(status->remedy));
	json_object_set_new(json, "holdsPrints", json_boolean(status->holds_prints));
	json_object_set_new(json, "schema", json_integer(status->schema));
	json_object_set_new(json, "records", json_integer((json_int_t)status->records));
	json_object_set_new(json, "sizeBytes", json_integer((json_int_t)status->size_bytes));
	json_object_set_new(json, "snapshotAt", ctl_json_time(status->snapshot_ms));
	json_object_set_new(json, "slowestCommitUs",
			    status->commit_us != 0 ? json_integer(status->commit_us) : json_null());
	return json;
}

#define LABEL "  %-10s"
#define TEXT_INDENT 12

static void
print_figures(const struct ctl *ctl, const struct msg_store_status *status)
{
	char text[128], words[SHOW_WORDS_BYTES];
	const struct show *show = &ctl->show;

	show_size(status->size_bytes, words);
	str_format(text, sizeof text, "%llu, in a file of %s (layout %u)", (unsigned long long)status->records,
		   words, status->schema);
	fprintf(show->out, LABEL, "Records");
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT, text);
	show_duration(ctl->now_ms - status->snapshot_ms, words);
	str_format(text, sizeof text, "%s ago", words);
	fprintf(show->out, LABEL, "Snapshot");
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT, status->snapshot_ms != 0 ? text : "none yet");
	str_format(text, sizeof text, "the slowest of the last 64 took %u.%u ms", status->commit_us / 1000,
		   status->commit_us % 1000 / 100);
	fprintf(show->out, LABEL, "Commits");
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT, status->commit_us != 0 ? text : "none yet");
}

static void
print_status(const struct ctl *ctl, const struct msg_store_status *status)
{
	const struct show *show = &ctl->show;
	const char *health = store_health_name(status->health);

	fputs("The store is ", show->out);
	show_text(show, status->health == STORE_GOOD ? TONE_GOOD : TONE_BAD, health);
	fputs(": ", show->out);
	show_wrapped(show, 0, strlen("The store is : ") + strlen(health), status->sentence);
	if (status->remedy[0] != '\0')
		show_wrapped(show, 0, 0, status->remedy);
	if (status->holds_prints)
		show_wrapped(show, 0, 0,
			     "No print starts until you have looked at the restored state: fusectl store confirm");
	print_figures(ctl, status);
}

static enum outcome
fetch_status(struct ctl *ctl, struct msg_store_status *ret_status)
{
	bool known;
	enum outcome outcome = ctl_store_status(ctl, ret_status, &known);

	if (outcome != OUTCOME_DONE || known)
		return outcome;
	failure_say(&ctl->failure, OUTCOME_UNREACHABLE, "The store has not said yet how it is.");
	failure_remedy(&ctl->failure, "`fusectl ps` shows how its process, stored, is.");
	return OUTCOME_UNREACHABLE;
}

/* Ask on the terminal. */
static bool
person_agrees(void)
{
	char answer[16];

	fputs("Have you looked at what was restored, and may prints start again? [y/N] ", stderr);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

static enum outcome
confirm(struct ctl *ctl)
{
	struct msg_store_status status;
	enum outcome outcome = fetch_status(ctl, &status);
	bool yes = ctl->args.given[OPTION_YES];

	if (outcome != OUTCOME_DONE)
		return outcome;
	/* Whoever confirms what needs none gets stored's own answer: it knows best. */
	if (status.holds_prints && !yes) {
		if (!isatty(STDIN_FILENO)) {
			failure_say(&ctl->failure, OUTCOME_USAGE, "Only a person can confirm this, and nobody is there.");
			failure_remedy(&ctl->failure, "When you have looked: fusectl --yes store confirm");
			return OUTCOME_USAGE;
		}
		struct show on_stderr;
		show_init(&on_stderr, stderr);
		show_wrapped(&on_stderr, 0, 0, status.sentence);
		if (!person_agrees())
			return failure_say(&ctl->failure, OUTCOME_FAILED,
					   "Not confirmed; nothing was changed, and no print starts.");
	}
	return ctl_request(ctl, ROLE_STORED, MESSAGE_STORE_CONFIRM, &(struct msg_store_confirm){},
			   "Confirmed: prints may start again.");
}

enum outcome
command_store(struct ctl *ctl)
{
	struct msg_store_status status;

	if (ctl->args.word_count > 0 && strcmp(ctl->args.words[0], "confirm") == 0)
		return confirm(ctl);
	if (ctl->args.word_count > 0) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "`fusectl store` knows nothing to do with '%s'.",
			    ctl->args.words[0]);
		failure_remedy(&ctl->failure, "It takes nothing, or 'confirm'.");
		return OUTCOME_USAGE;
	}
	enum outcome outcome = fetch_status(ctl, &status);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:o}", "store", ctl_store_json(&status)), false);
	else
		print_status(ctl, &status);
	return OUTCOME_DONE;
}
