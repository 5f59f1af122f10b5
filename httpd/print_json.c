/*
 * print_json: files and jobs, member by member.
 */
#include "httpd/print_json.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "httpd/known_json.h"
#include "ipc/role.h"

static json_t *
packed(json_t *json)
{
	ENSURE(json != NULL);
	return json;
}

/* -- files --------------------------------------------------------------------------------------------- */

static json_t *
open_jobs_json(const struct known *known, const struct msg_file *file)
{
	json_t *list = json_array();

	for (size_t i = 0; file->open_jobs > 0 && i < KNOWN_JOBS_MAX; i++) {
		const struct msg_job *job = known_job_at(known, i);
		if (job != NULL && !job_state_has_ended(job->state) && strcmp(job->sha256, file->sha256) == 0)
			json_array_append_new(list, json_string(job->id));
	}
	return list;
}

json_t *
print_json_file(const struct known *known, const struct msg_file *file)
{
	return packed(json_pack("{s:s, s:s, s:I, s:o, s:o, s:s, s:s, s:s, s:I, s:o, s:s, s:s}", "sha256", file->sha256, "name",
				file->name, "sizeBytes", (json_int_t)file->size_bytes, "createdAt",
				known_json_time(file->created_ms), "usedAt", known_json_time(file->used_ms), "check",
				file_check_name(file->check), "kind", file_kind_name(file->kind), "model", file->model,
				"plates", (json_int_t)file->plates, "openJobs", open_jobs_json(known, file), "sentence",
				file->sentence, "remedy", file->remedy));
}

json_t *
print_json_cache(const struct known *known)
{
	const struct msg_cache_status *cache = known_cache_peek(known);

	if (cache == NULL)
		return json_null();
	return packed(json_pack("{s:I, s:I, s:I, s:I, s:s}", "files", (json_int_t)cache->files, "usedBytes",
				(json_int_t)cache->used_bytes, "limitBytes", (json_int_t)cache->limit_bytes, "diskFreeBytes",
				(json_int_t)cache->disk_free_bytes, "sentence", cache->sentence));
}

static int
newest_file_first(const void *a, const void *b)
{
	const struct msg_file *const *one = a, *const *other = b;

	if ((*one)->created_ms != (*other)->created_ms)
		return (*one)->created_ms > (*other)->created_ms ? -1 : 1;
	return strcmp((*one)->sha256, (*other)->sha256);
}

json_t *
print_json_files(const struct known *known)
{
	static const struct msg_file *files[KNOWN_FILES_MAX];
	json_t *list = json_array();
	size_t count = 0;

	for (size_t i = 0; i < KNOWN_FILES_MAX; i++)
		if (known_file_at(known, i) != NULL)
			files[count++] = known_file_at(known, i);
	qsort(files, count, sizeof files[0], newest_file_first);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, print_json_file(known, files[i]));
	return packed(json_pack("{s:o, s:o}", "files", list, "usage", print_json_cache(known)));
}

/* -- jobs ------------------------------------------------------------------------------------------------ */

static json_t *
progress_json(const struct msg_job_progress *progress)
{
	if (progress == NULL)
		return json_null();
	return packed(json_pack("{s:s, s:I, s:I, s:I}", "phase", progress->phase, "sentBytes",
				(json_int_t)progress->sent_bytes, "totalBytes", (json_int_t)progress->total_bytes,
				"bytesPerSecond", (json_int_t)progress->rate_bytes_per_s));
}

json_t *
print_json_job(const struct known *known, const struct msg_job *job)
{
	bool ended = job_state_has_ended(job->state);
	json_t *json = packed(json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:s}", "id", job->id, "printer", job->serial,
					"printerName", job->printer_name, "file", job->sha256, "fileName", job->file_name,
					"sizeBytes", (json_int_t)job->size_bytes, "plate", (json_int_t)job->plate,
					"stageOnly", job->stage_only, "origin", role_name(job->origin)));
	json_t *more = packed(json_pack("{s:s, s:b, s:s, s:s, s:s, s:I, s:s, s:I, s:b}", "state",
					job_state_name(job->state), "ended", ended, "fault", job->fault, "sentence", job->sentence, "remedy", job->remedy,
					"number", (json_int_t)job->number, "remotePath", job->remote_path, "attempts",
					(json_int_t)job->attempts, "cancelWanted", job->cancel_wanted));
	json_t *times = packed(json_pack("{s:o, s:o, s:o, s:o, s:o}", "createdAt", known_json_time(job->created_ms), "changedAt",
					 known_json_time(job->changed_ms), "startedAt", known_json_time(job->started_ms),
					 "endedAt", known_json_time(job->ended_ms), "progress",
					 progress_json(ended ? NULL : known_progress_peek(known, job))));

	json_object_update(json, more);
	json_object_update(json, times);
	json_decref(more);
	json_decref(times);
	return json;
}

bool
job_filter_read_state(struct job_filter *filter, const char *text)
{
	filter->open = strcmp(text, "open") == 0;
	filter->ended = strcmp(text, "ended") == 0;
	filter->state = filter->open || filter->ended ? JOB_STATE_COUNT : job_state_by_name(text);
	return filter->open || filter->ended || filter->state != JOB_STATE_COUNT;
}

static bool
fits(const struct job_filter *filter, const struct msg_job *job)
{
	bool ended = job_state_has_ended(job->state);

	if (filter->serial != NULL && strcmp(filter->serial, job->serial) != 0)
		return false;
	if (filter->open || filter->ended)
		return ended == filter->ended;
	return filter->state == JOB_STATE_COUNT || filter->state == job->state;
}

/* Their ids are in the order of their coming. */
static int
newest_job_first(const void *a, const void *b)
{
	const struct msg_job *const *one = a, *const *other = b;

	return strcmp((*other)->id, (*one)->id);
}

json_t *
print_json_jobs(const struct known *known, const struct job_filter *filter)
{
	static const struct msg_job *jobs[KNOWN_JOBS_MAX];
	json_t *list = json_array();
	size_t count = 0;

	for (size_t i = 0; i < KNOWN_JOBS_MAX; i++)
		if (known_job_at(known, i) != NULL && fits(filter, known_job_at(known, i)))
			jobs[count++] = known_job_at(known, i);
	qsort(jobs, count, sizeof jobs[0], newest_job_first);
	for (size_t i = 0; i < count && i < filter->most; i++)
		json_array_append_new(list, print_json_job(known, jobs[i]));
	return packed(json_pack("{s:o}", "jobs", list));
}
