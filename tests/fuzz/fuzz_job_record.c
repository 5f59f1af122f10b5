/*
 * Any bytes as the record of a job. What is read keeps its bounds, is written as a record that reads the same, and its
 * story can be told and go on.
 * Covers: job_record_decode, job_record_encode, job_story_json
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "printer/job.h"
#include "stored/job_record.h"

#define ID "j01h455vb4pex5vs"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct job_record record, again;
static uint8_t bytes[JOB_RECORD_MAX_BYTES], bytes_again[JOB_RECORD_MAX_BYTES];

static void
check_text(const char *text, size_t cap)
{
	ENSURE(strnlen(text, cap) < cap && str_valid_utf8(text, strlen(text)));
}

#define CHECK(text) check_text((text), sizeof(text))

static void
check_bounds(void)
{
	const struct job *job = &record.job;

	CHECK(job->serial);
	CHECK(job->sha256);
	CHECK(job->key);
	CHECK(job->printer_name);
	CHECK(job->file_name);
	CHECK(job->fault);
	CHECK(job->sentence);
	CHECK(job->remedy);
	CHECK(job->evidence);
	CHECK(job->remote_path);
	CHECK(record.options);
	ENSURE(job->place < JOBS_MAX && job->state < JOB_STATE_COUNT && job->resolved < JOB_RESOLUTION_COUNT);
	ENSURE(job->number >= 1 && job->number <= JOB_NUMBER_MAX && job->plate >= 1);
	ENSURE(record.story.count <= JOB_STORY_MOST);
}

static void
check_round_trip(void)
{
	const char *fault;
	size_t len = job_record_encode(&record, bytes);

	ENSURE(job_record_decode(ID, strlen(ID), bytes, len, &again, &fault));
	ENSURE(job_record_encode(&again, bytes_again) == len && memcmp(bytes, bytes_again, len) == 0);
}

static void
check_story(void)
{
	static char json[JOB_STORY_JSON_MAX_BYTES + 1];
	static const struct job_words words = { "fault", "sentence", "remedy", "evidence" };

	size_t len = job_story_json(&record.story, json);
	ENSURE(len >= 2 && json[0] == '[' && json[len - 1] == ']' && str_valid_utf8(json, len));
	for (unsigned to = 0; to < JOB_STATE_COUNT; to++)
		if (job_may_step(record.job.state, to))
			job_record_step(&record, to, &words, 1795305600000);
	check_bounds();
	check_round_trip();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fault = NULL;
	bool fine = job_record_decode(ID, strlen(ID), data, size, &record, &fault);

	ENSURE(fine == (fault == NULL));
	ENSURE(!job_record_decode(data, size < 15 ? size : 15, data, size, &again, &fault) && fault != NULL);
	if (!fine)
		return 0;
	check_bounds();
	check_round_trip();
	check_story();
	return 0;
}
