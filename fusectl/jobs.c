/*
 * jobs: the commands about jobs, and the one that says that a plate is clear.
 */
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/farm.h"
#include "fusectl/joblist.h"
#include "ipc/terms.h"

/* -- jobs ---------------------------------------------------------------------------------------------- */

static enum show_tone
tone_of(const struct msg_job *job)
{
	switch ((enum job_state)job->state) {
	case JOB_DONE:
	case JOB_STAGED:
	case JOB_STARTED:
	case JOB_RUNNING:
		return TONE_GOOD;
	case JOB_UNKNOWN:
	case JOB_FAILED:
	case JOB_NOT_STARTED:
		return TONE_BAD;
	case JOB_WAITING:
		return TONE_WARN;
	case JOB_RECEIVED:
	case JOB_CHECKED:
	case JOB_UPLOADING:
	case JOB_UPLOADED:
	case JOB_ARMED:
	case JOB_SENT:
	case JOB_CANCELLED:
	case JOB_STATE_COUNT:
		break;
	}
	return TONE_PLAIN;
}

static void
print_job(const struct ctl *ctl, struct show_table *table, const struct joblist *list, const struct msg_job *job)
{
	char text[120], words[SHOW_WORDS_BYTES], note[660];

	show_table_cell(table, TONE_FAINT, job->id);
	show_table_cell(table, TONE_STRONG, job->printer_name);
	joblist_words(job, joblist_progress(list, job), text);
	show_table_cell(table, tone_of(job), text);
	show_duration(ctl->now_ms - job->created_ms, words);
	str_format(text, sizeof text, "%s ago", words);
	show_table_cell(table, TONE_PLAIN, text);
	show_table_number(table, job->plate);
	show_table_cell(table, TONE_PLAIN, job->file_name);
	str_format(note, sizeof note, "%s%s%s", job->sentence, job->remedy[0] != '\0' ? " " : "", job->remedy);
	if (note[0] != '\0')
		show_table_note(table, note);
}

static enum outcome find_job(struct ctl *ctl, const char *word, struct msg_job *ret_job);

/* Whoever names no printer may have named a job. */
static enum outcome
show_named(struct ctl *ctl, enum outcome outcome)
{
	const struct failure of_printer = ctl->failure;
	static struct msg_job job; /* large */

	if (outcome == OUTCOME_NOT_FOUND && find_job(ctl, ctl->args.words[0], &job) == OUTCOME_DONE)
		return command_job_show(ctl);
	ctl->failure = of_printer;
	return outcome;
}

enum outcome
command_jobs(struct ctl *ctl)
{
	static const char *const heads[] = { "JOB", "PRINTER", "STATE", "ORDERED", "PLATE", "FILE" };
	static const size_t spare[] = { 4, 3 };
	struct farm_printer *printer = NULL;
	struct farm farm = { 0 };
	struct joblist list;
	enum outcome outcome = OUTCOME_DONE;
	size_t shown = 0;

	if (ctl->args.word_count > 0)
		outcome = farm_fetch_one(ctl, ctl->args.words[0], 0, &farm, &printer);
	if (outcome != OUTCOME_DONE)
		return show_named(ctl, outcome);
	outcome = joblist_fetch(ctl, &list);
	if (outcome != OUTCOME_DONE)
		return outcome;
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	json_t *rows = json_array();
	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < list.count; i++) {
		const struct msg_job *job = &list.rows[i];
		if ((printer != NULL && strcmp(job->serial, printer->record.serial) != 0) ||
		    (!ctl->args.given[OPTION_ALL] && job_state_has_ended(job->state)))
			continue;
		shown++;
		if (ctl_wants_json(ctl))
			json_array_append_new(rows, joblist_json(job, joblist_progress(&list, job)));
		else
			print_job(ctl, table, &list, job);
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "jobs", rows), false);
	else if (shown > 0)
		show_table_print(table);
	else
		show_wrapped(&ctl->show, 0, 0, ctl->args.given[OPTION_ALL] ? "There are no jobs. To print: fusectl print FILE --to PRINTER"
								     : "No job is open. `fusectl jobs --all` shows those that have ended, too.");
	json_decref(rows);
	show_table_free(table);
	joblist_free(&list);
	farm_free(&farm);
	return OUTCOME_DONE;
}

/* -- one job ------------------------------------------------------------------------------------------------ */

static enum outcome
find_job(struct ctl *ctl, const char *word, struct msg_job *ret_job)
{
	const struct msg_job *job = NULL;
	struct joblist list;
	enum outcome outcome = joblist_fetch(ctl, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = joblist_find(&list, word, &job, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		*ret_job = *job;
	joblist_free(&list);
	return outcome;
}

static void
take_story(void *arg, const void *message)
{
	const struct msg_job_story *story = message;

	*(json_t **)arg = json_loadb((const char *)story->json.bytes, story->json.len, 0, NULL);
}

static void
print_story(const struct ctl *ctl, const json_t *story)
{
	const struct show *show = &ctl->show;
	const json_t *step;
	size_t i;

	json_array_foreach(story, i, step) {
		char head[120];
		str_format(head, sizeof head, "%-24.24s  %-12.16s ", stat_text(step, "at"), stat_text(step, "state"));
		show_text(show, TONE_STRONG, head);
		show_wrapped(show, 40, 40, stat_text(step, "sentence"));
		if (stat_text(step, "evidence")[0] != '\0') {
			fprintf(show->out, "%40s", "");
			show_wrapped(show, 40, 40, stat_text(step, "evidence"));
		}
	}
}

static void
print_head(const struct ctl *ctl, const struct msg_job *job)
{
	char text[600];

	str_format(text, sizeof text, "%s: %s, plate %u, on %s", job->id, job->file_name, job->plate, job->printer_name);
	show_text(&ctl->show, TONE_STRONG, text);
	fputc('\n', ctl->show.out);
	show_text(&ctl->show, tone_of(job), job_state_name(job->state));
	fputc('\n', ctl->show.out);
	show_wrapped(&ctl->show, 0, 0, job->sentence);
	if (job->remedy[0] != '\0')
		show_wrapped(&ctl->show, 0, 0, job->remedy);
	fputc('\n', ctl->show.out);
}

enum outcome
command_job_show(struct ctl *ctl)
{
	struct msg_job_story_want want;
	struct msg_job job;
	json_t *story = NULL;
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_JOB_STORY_WANT, .message = &want,
						  .fd = -1, .reply_number = MESSAGE_JOB_STORY, .on_reply = take_story,
						  .arg = &story, .watch_fd = -1 };
	enum outcome outcome = find_job(ctl, ctl->args.words[0], &job);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl->args.given[OPTION_FOLLOW])
		return joblist_follow(ctl, job.id);
	str_copy(want.id, sizeof want.id, job.id);
	outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl)) {
		json_t *json = joblist_json(&job, NULL);
		json_object_set_new(json, "story", story != NULL ? story : json_array());
		ctl_print_json(stdout, json, false);
		return OUTCOME_DONE;
	}
	print_head(ctl, &job);
	print_story(ctl, story);
	json_decref(story);
	return OUTCOME_DONE;
}

enum outcome
command_job_cancel(struct ctl *ctl)
{
	struct msg_job_cancel cancel;
	struct msg_job job;
	char question[400];
	enum outcome outcome = find_job(ctl, ctl->args.words[0], &job);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (job.state == JOB_STARTED || job.state == JOB_RUNNING) {
		str_format(question, sizeof question, "%s prints it. This ends the print for good. Do it?", job.printer_name);
		outcome = ask_yes(ctl, question, "Nothing was cancelled.",
				  "This ends a print for good, and nobody is there to say yes.");
		if (outcome != OUTCOME_DONE)
			return outcome;
	}
	str_copy(cancel.id, sizeof cancel.id, job.id);
	return ctl_request(ctl, ROLE_STORED, MESSAGE_JOB_CANCEL, &cancel, "The job is being cancelled.");
}

enum outcome
command_job_resolve(struct ctl *ctl)
{
	struct msg_job_resolve resolve = { .resolution = job_resolution_by_name(ctl->args.words[1]) };
	struct msg_job job;

	if (resolve.resolution == JOB_RESOLUTION_NONE || resolve.resolution == JOB_RESOLUTION_COUNT) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "A job can be resolved as not-started, started, done or failed.");
		return OUTCOME_USAGE;
	}
	enum outcome outcome = find_job(ctl, ctl->args.words[0], &job);
	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(resolve.id, sizeof resolve.id, job.id);
	return ctl_request(ctl, ROLE_STORED, MESSAGE_JOB_RESOLVE, &resolve, "Noted.");
}

enum outcome
command_job_again(struct ctl *ctl)
{
	struct msg_job_submitted submitted = { 0 };
	struct msg_job_again again = { 0 };
	struct msg_job job;
	char text[80];
	enum outcome outcome = find_job(ctl, ctl->args.words[0], &job);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(again.id, sizeof again.id, job.id);
	outcome = joblist_submit(ctl, MESSAGE_JOB_AGAIN, &again, &submitted);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl->args.given[OPTION_FOLLOW])
		return joblist_follow(ctl, submitted.id);
	if (ctl_wants_json(ctl)) {
		ctl_print_json(stdout, json_pack("{s:s}", "id", submitted.id), false);
		return OUTCOME_DONE;
	}
	str_format(text, sizeof text, "%s is the new job.", submitted.id);
	show_wrapped(&ctl->show, 0, 0, text);
	return OUTCOME_DONE;
}

/* -- the plate ------------------------------------------------------------------------------------------------ */

enum outcome
command_plate_clear(struct ctl *ctl)
{
	struct msg_plate_clear clear;
	struct farm_printer *printer;
	struct farm farm;
	char sentence[160];
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], 0, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(clear.serial, sizeof clear.serial, printer->record.serial);
	str_format(sentence, sizeof sentence, "The plate of %s is clear: its next job may start.", printer->record.name);
	farm_free(&farm);
	return ctl_request(ctl, ROLE_STORED, MESSAGE_PLATE_CLEAR, &clear, sentence);
}
