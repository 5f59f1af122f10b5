/*
 * joblist: fetch, find, show, follow.
 */
#include "fusectl/joblist.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"

#define ID_LEAST_LETTERS 4
#define LOOK_MS 300
#define BAR_COLUMNS 24

static void
take_job(void *arg, const void *message)
{
	struct joblist *list = arg;

	if (list->count == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->rows = reallocarray(list->rows, list->cap, sizeof *list->rows);
		ENSURE(list->rows != NULL);
	}
	memcpy(&list->rows[list->count++], message, sizeof *list->rows);
}

static void
take_progress(void *arg, const void *message)
{
	struct joblist *list = arg;

	if (((const struct msg_job_progress *)message)->id[0] == '\0')
		return;
	if (list->progress_count == list->progress_cap) {
		list->progress_cap = list->progress_cap ? 2 * list->progress_cap : 16;
		list->progress = reallocarray(list->progress, list->progress_cap, sizeof *list->progress);
		ENSURE(list->progress != NULL);
	}
	memcpy(&list->progress[list->progress_count++], message, sizeof *list->progress);
}

/* Ids are in the order of their coming. */
static int
newest_first(const void *left, const void *right)
{
	return -strcmp(((const struct msg_job *)left)->id, ((const struct msg_job *)right)->id);
}

enum outcome
joblist_fetch(struct ctl *ctl, struct joblist *ret_list)
{
	*ret_list = (struct joblist){ 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_JOB, take_job, ret_list);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_recall(ctl, MESSAGE_JOB_PROGRESS, take_progress, ret_list);
	if (outcome == OUTCOME_DONE && ret_list->count > 1)
		qsort(ret_list->rows, ret_list->count, sizeof *ret_list->rows, newest_first);
	if (outcome != OUTCOME_DONE)
		joblist_free(ret_list);
	return outcome;
}

void
joblist_free(struct joblist *list)
{
	free(list->rows);
	free(list->progress);
	*list = (struct joblist){ 0 };
}

const struct msg_job_progress *
joblist_progress(const struct joblist *list, const struct msg_job *job)
{
	for (size_t i = 0; i < list->progress_count; i++)
		if (job->state == JOB_UPLOADING && strcmp(list->progress[i].id, job->id) == 0)
			return &list->progress[i];
	return NULL;
}

static bool
is_meant(const struct msg_job *job, const char *word)
{
	size_t id_len = strlen(job->id), len = strlen(word);

	return strcmp(job->id, word) == 0 ||
	       (len >= ID_LEAST_LETTERS && len < id_len && strcmp(job->id + id_len - len, word) == 0);
}

enum outcome
joblist_find(const struct joblist *list, const char *word, const struct msg_job **ret_job, struct failure *failure)
{
	size_t found = 0;

	for (size_t i = 0; i < list->count; i++)
		if (is_meant(&list->rows[i], word) && found++ == 0)
			*ret_job = &list->rows[i];
	if (found == 1)
		return OUTCOME_DONE;
	failure_say(failure, found == 0 ? OUTCOME_NOT_FOUND : OUTCOME_USAGE,
		    found == 0 ? "There is no job %s." : "Several jobs are meant by %s.", word);
	failure_remedy(failure, found == 0 ? "`fusectl jobs --all` lists them." : "Write more of its id.");
	return found == 0 ? OUTCOME_NOT_FOUND : OUTCOME_USAGE;
}

json_t *
joblist_json(const struct msg_job *job, const struct msg_job_progress *progress)
{
	json_t *json = json_pack("{s:s, s:s, s:o, s:s, s:o, s:I, s:i, s:b, s:s, s:s, s:b, s:s}", "id", job->id, "printer",
				 job->serial, "printerName", ctl_json_text(job->printer_name), "file", job->sha256,
				 "fileName", ctl_json_text(job->file_name), "sizeBytes", (json_int_t)job->size_bytes, "plate",
				 (int)job->plate, "stageOnly", job->stage_only, "origin", role_name((enum role)job->origin),
				 "state", job_state_name(job->state), "ended", job_state_has_ended(job->state), "fault",
				 job->fault);

	ENSURE(json != NULL);
	json_object_set_new(json, "sentence", ctl_json_text(job->sentence));
	json_object_set_new(json, "remedy", ctl_json_text(job->remedy));
	json_object_set_new(json, "number", json_integer(job->number));
	json_object_set_new(json, "remotePath", ctl_json_text(job->remote_path));
	json_object_set_new(json, "attempts", json_integer(job->attempts));
	json_object_set_new(json, "cancelWanted", json_boolean(job->cancel_wanted));
	json_object_set_new(json, "createdAt", ctl_json_time(job->created_ms));
	json_object_set_new(json, "changedAt", ctl_json_time(job->changed_ms));
	json_object_set_new(json, "startedAt", ctl_json_time(job->started_ms));
	json_object_set_new(json, "endedAt", ctl_json_time(job->ended_ms));
	json_object_set_new(json, "progress",
			    progress == NULL ? json_null()
					     : json_pack("{s:s, s:I, s:I, s:I}", "phase", progress->phase, "sentBytes",
							 (json_int_t)progress->sent_bytes, "totalBytes",
							 (json_int_t)progress->total_bytes, "bytesPerSecond",
							 (json_int_t)progress->rate_bytes_per_s));
	return json;
}

static unsigned
percent_of(const struct msg_job_progress *progress)
{
	return progress->total_bytes > 0 ? (unsigned)(progress->sent_bytes * 100 / progress->total_bytes) : 0;
}

void
joblist_words(const struct msg_job *job, const struct msg_job_progress *progress, char ret_text[120])
{
	char rate[SHOW_WORDS_BYTES];

	str_copy(ret_text, 120, job_state_name(job->state));
	if (progress == NULL)
		return;
	show_size(progress->rate_bytes_per_s, rate);
	str_format(ret_text, 120, "uploading %u %%%s%s%s", percent_of(progress), progress->rate_bytes_per_s > 0 ? ", " : "",
		   progress->rate_bytes_per_s > 0 ? rate : "", progress->rate_bytes_per_s > 0 ? "/s" : "");
}

static void
take_submitted(void *arg, const void *message)
{
	memcpy(arg, message, sizeof(struct msg_job_submitted));
}

enum outcome
joblist_submit(struct ctl *ctl, enum message number, const void *message, struct msg_job_submitted *ret_submitted)
{
	const struct client_question question = { .to = ROLE_STORED, .number = number, .message = message, .fd = -1,
						  .reply_number = MESSAGE_JOB_SUBMITTED, .on_reply = take_submitted,
						  .arg = ret_submitted, .watch_fd = -1 };
	enum outcome outcome = ctl_connect(ctl);

	return outcome == OUTCOME_DONE ? client_ask(&ctl->client, &question, NULL, &ctl->failure) : outcome;
}

/* -- follow ------------------------------------------------------------------------------------------------ */

struct following {
	struct ctl *ctl;
	char last[400]; /* the line that was shown last */
	bool bar_shown;
};

static void
wipe_bar(struct following *following)
{
	if (following->bar_shown)
		fputs("\r\033[K", stderr);
	following->bar_shown = false;
}

static void
show_bar(struct following *following, const struct msg_job_progress *progress, const char *words)
{
	unsigned filled = percent_of(progress) * BAR_COLUMNS / 100;

	if (!isatty(STDERR_FILENO))
		return;
	wipe_bar(following);
	fputc('[', stderr);
	for (unsigned i = 0; i < BAR_COLUMNS; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %s", words);
	fflush(stderr);
	following->bar_shown = true;
}

/* A line for each state, and for each new sentence. */
static void
tell(struct following *following, const struct msg_job *job, const struct msg_job_progress *progress)
{
	struct ctl *ctl = following->ctl;
	char words[120], line[400];

	joblist_words(job, progress, words);
	str_format(line, sizeof line, "%s%s%s", job_state_name(job->state), job->sentence[0] != '\0' ? ": " : "", job->sentence);
	if (strcmp(line, following->last) != 0) {
		wipe_bar(following);
		str_copy(following->last, sizeof following->last, line);
		if (ctl_wants_json(ctl))
			ctl_print_json(stdout, joblist_json(job, progress), true);
		else
			show_wrapped(&ctl->show, 2, 0, line);
		fflush(stdout);
	}
	if (progress != NULL && !ctl_wants_json(ctl))
		show_bar(following, progress, words);
}

static enum outcome
end_of(struct ctl *ctl, const struct msg_job *job)
{
	if (job->state == JOB_DONE || job->state == JOB_STAGED)
		return OUTCOME_DONE;
	failure_say(&ctl->failure, job->state == JOB_CANCELLED ? OUTCOME_REFUSED : OUTCOME_FAILED, "%s",
		    job->sentence[0] != '\0' ? job->sentence : "The job did not come to its end.");
	if (job->remedy[0] != '\0')
		failure_remedy(&ctl->failure, "%s", job->remedy);
	return job->state == JOB_CANCELLED ? OUTCOME_REFUSED : OUTCOME_FAILED;
}

enum outcome
joblist_follow(struct ctl *ctl, const char *id)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	struct following following = { .ctl = ctl };

	for (;;) {
		struct joblist list;
		const struct msg_job *job = NULL;
		enum outcome outcome = joblist_fetch(ctl, &list);
		if (outcome != OUTCOME_DONE)
			return outcome;
		outcome = joblist_find(&list, id, &job, &ctl->failure);
		bool over = outcome != OUTCOME_DONE || job_state_has_ended(job->state) || job->state == JOB_UNKNOWN;
		if (outcome == OUTCOME_DONE) {
			tell(&following, job, joblist_progress(&list, job));
			if (over)
				outcome = end_of(ctl, job);
		}
		joblist_free(&list);
		if (over) {
			wipe_bar(&following);
			return outcome;
		}
		nanosleep(&pause, NULL);
	}
}
