/*
 * jobs: 1024 places.
 */
#include "stored/jobs.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "printer/job.h"

/* -- loading --------------------------------------------------------------------------------------- */

static struct job *
job_new(const struct job *job)
{
	struct job *copy = malloc(sizeof *copy);

	ENSURE(copy != NULL);
	*copy = *job;
	return copy;
}

static struct job_place *
lowest_free(struct jobs *jobs)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (jobs->places[i].kept == NULL && jobs->places[i].planned == NULL)
			return &jobs->places[i];
	return NULL;
}

static void
load_one(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	static struct job_record record; /* large */
	struct jobs *jobs = arg;
	const char *fault;

	if (!job_record_decode(key, key_len, payload, len, &record, &fault)) {
		log_error("a kept job cannot be read; it is left alone", log_bytes("id", key, key_len),
			  log_str("why", fault));
		return;
	}
	struct job_place *place = &jobs->places[record.job.place];
	if (place->kept != NULL) /* no Fuse writes that, but nothing depends on it either */
		place = lowest_free(jobs);
	if (place == NULL) {
		log_error("there are more jobs than places; this one is left alone",
			  log_str("id", record.job.id));
		return;
	}
	record.job.place = (uint32_t)(place - jobs->places);
	job_id_note(&jobs->ids, record.job.id);
	place->kept = job_new(&record.job);
}

enum outcome
jobs_load(struct jobs *ret_jobs, struct store *store, struct fault *ret_fault)
{
	memset(ret_jobs, 0, sizeof *ret_jobs);
	return store_each(store, TABLE_JOBS, load_one, ret_jobs, ret_fault);
}

void
jobs_free(struct jobs *jobs)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		free(jobs->places[i].kept);
		free(jobs->places[i].planned);
	}
	memset(jobs, 0, sizeof *jobs);
}

/* -- looking --------------------------------------------------------------------------------------- */

/* What counts for whoever comes next. */
static const struct job *
peek(const struct job_place *place)
{
	return place->planned != NULL ? place->planned : place->kept;
}

size_t
jobs_count(const struct jobs *jobs)
{
	size_t count = 0;

	for (size_t i = 0; i < JOBS_MAX; i++)
		count += jobs->places[i].kept != NULL;
	return count;
}

struct job_place *
jobs_find(struct jobs *jobs, const char *id)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job *job = peek(&jobs->places[i]);
		if (job != NULL && strcmp(job->id, id) == 0)
			return &jobs->places[i];
	}
	return NULL;
}

struct job_place *
jobs_find_key(struct jobs *jobs, uint32_t origin, const char *key)
{
	for (size_t i = 0; i < JOBS_MAX && key[0] != '\0'; i++) {
		const struct job *job = peek(&jobs->places[i]);
		if (job != NULL && job->origin == origin && strcmp(job->key, key) == 0)
			return &jobs->places[i];
	}
	return NULL;
}

bool
jobs_has_number(const struct jobs *jobs, uint32_t number)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job_place *place = &jobs->places[i];
		if ((place->kept != NULL && place->kept->number == number) ||
		    (place->planned != NULL && place->planned->number == number))
			return true;
	}
	return false;
}

static bool
is_open(const struct job *job, const char *serial, const char *sha256)
{
	return job != NULL && !job_state_has_ended(job->state) &&
	       (serial == NULL || strcmp(job->serial, serial) == 0) &&
	       (sha256 == NULL || strcmp(job->sha256, sha256) == 0);
}

size_t
jobs_count_open(const struct jobs *jobs, const char *serial, const char *sha256)
{
	size_t count = 0;

	for (size_t i = 0; i < JOBS_MAX; i++)
		count += is_open(jobs->places[i].kept, serial, sha256) ||
			 is_open(jobs->places[i].planned, serial, sha256);
	return count;
}

static int
compare_ids(const void *a, const void *b)
{
	struct job_place *const *left = a, *const *right = b;

	return strcmp((*left)->kept->id, (*right)->kept->id);
}

size_t
jobs_open_of(struct jobs *jobs, const char *serial, struct job_place *ret_places[], size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < JOBS_MAX && count < most; i++)
		if (is_open(jobs->places[i].kept, serial, NULL))
			ret_places[count++] = &jobs->places[i];
	qsort(ret_places, count, sizeof *ret_places, compare_ids);
	return count;
}

size_t
jobs_with_file_left(struct jobs *jobs, const char *serial, struct job_place *ret_places[], size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < JOBS_MAX && count < most; i++) {
		const struct job *job = jobs->places[i].kept;
		if (job != NULL && job_state_leaves_file(job->state) && job->remote_path[0] != '\0' &&
		    strcmp(job->serial, serial) == 0)
			ret_places[count++] = &jobs->places[i];
	}
	qsort(ret_places, count, sizeof *ret_places, compare_ids);
	return count;
}

void
jobs_describe(const struct job *job, struct msg_job *ret_message)
{
	*ret_message = (struct msg_job){ .plate = job->plate,
					 .stage_only = job->stage_only,
					 .size_bytes = job->size_bytes,
					 .origin = job->origin,
					 .state = job->state,
					 .number = job->armed_ms != 0 ? job->number : 0,
					 .attempts = job->attempts,
					 .cancel_wanted = job->cancel_wanted,
					 .created_ms = job->created_ms,
					 .changed_ms = job->changed_ms,
					 .started_ms = job->started_ms,
					 .ended_ms = job->ended_ms };
	str_copy(ret_message->id, sizeof ret_message->id, job->id);
	str_copy(ret_message->serial, sizeof ret_message->serial, job->serial);
	str_copy(ret_message->sha256, sizeof ret_message->sha256, job->sha256);
	str_copy(ret_message->printer_name, sizeof ret_message->printer_name, job->printer_name);
	str_copy(ret_message->file_name, sizeof ret_message->file_name, job->file_name);
	str_copy(ret_message->fault, sizeof ret_message->fault, job->fault);
	str_copy(ret_message->sentence, sizeof ret_message->sentence, job->sentence);
	str_copy(ret_message->remedy, sizeof ret_message->remedy, job->remedy);
	str_copy(ret_message->remote_path, sizeof ret_message->remote_path, job->remote_path);
}

/* -- planning -------------------------------------------------------------------------------------- */

/* One whose file may still lie on its printer goes after all others: nothing else knows of that file. */
static bool
goes_before(const struct job *one, const struct job *other)
{
	bool has_left = one->remote_path[0] != '\0' && one->state != JOB_STAGED;
	bool other_has_left = other->remote_path[0] != '\0' && other->state != JOB_STAGED;

	if (has_left != other_has_left)
		return other_has_left;
	if (one->ended_ms != other->ended_ms)
		return one->ended_ms < other->ended_ms;
	return strcmp(one->id, other->id) < 0;
}

static struct job_place *
longest_ended(struct jobs *jobs)
{
	struct job_place *found = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job_place *place = &jobs->places[i];
		if (place->kept == NULL || place->planned != NULL || !job_state_has_ended(place->kept->state))
			continue;
		if (found == NULL || goes_before(place->kept, found->kept))
			found = place;
	}
	return found;
}

struct job_place *
jobs_plan_new(struct jobs *jobs, int64_t wall_ms)
{
	struct job_place *place = lowest_free(jobs);
	struct job job = { 0 };

	if (place == NULL)
		place = longest_ended(jobs);
	if (place == NULL)
		return NULL;
	job.place = (uint32_t)(place - jobs->places);
	job_id_next(&jobs->ids, wall_ms, randombytes_random(), job.id);
	place->planned = job_new(&job);
	return place;
}

struct job *
jobs_plan_change(struct job_place *place)
{
	ENSURE(place->kept != NULL && place->planned == NULL);
	place->planned = job_new(place->kept);
	return place->planned;
}

void
jobs_settle(struct job_place *place, bool done)
{
	ENSURE(place->planned != NULL);
	free(done ? place->kept : place->planned);
	if (done)
		place->kept = place->planned;
	place->planned = NULL;
}
