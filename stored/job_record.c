/*
 * job_record: write and read, field by field.
 */
#include "stored/job_record.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/mpack.h"
#include "ipc/role.h"
#include "ipc/terms.h"
#include "stored/file_record.h"

#define FIELDS 29
#define STORY_FIELDS 4

/* -- writing --------------------------------------------------------------------------------------- */

static void
put_text(struct mpack_writer *writer, const char *text)
{
	mpack_put_str(writer, text, (uint32_t)strlen(text));
}

static void
put_order(struct mpack_writer *writer, const struct job *job)
{
	put_text(writer, job->serial);
	put_text(writer, job->sha256);
	mpack_put_u64(writer, job->plate);
	mpack_put_bool(writer, job->stage_only);
	put_text(writer, job->key);
	put_text(writer, job->printer_name);
	put_text(writer, job->file_name);
	mpack_put_u64(writer, job->size_bytes);
	mpack_put_u64(writer, job->origin);
	mpack_put_u64(writer, job->number);
	mpack_put_i64(writer, job->created_ms);
}

static void
put_standing(struct mpack_writer *writer, const struct job *job)
{
	mpack_put_u64(writer, job->state);
	put_text(writer, job->fault);
	put_text(writer, job->sentence);
	put_text(writer, job->remedy);
	put_text(writer, job->evidence);
	put_text(writer, job->remote_path);
	mpack_put_u64(writer, job->before);
	mpack_put_u64(writer, job->attempts);
	mpack_put_bool(writer, job->cancel_wanted);
	mpack_put_u64(writer, job->resolved);
	mpack_put_i64(writer, job->changed_ms);
	mpack_put_i64(writer, job->armed_ms);
	mpack_put_i64(writer, job->started_ms);
	mpack_put_i64(writer, job->ended_ms);
}

static void
put_story(struct mpack_writer *writer, const struct job_story *story)
{
	mpack_put_array(writer, story->count * STORY_FIELDS);
	for (uint32_t i = 0; i < story->count; i++) {
		const struct job_story_entry *entry = &story->entries[i];
		mpack_put_i64(writer, entry->at_ms);
		mpack_put_u64(writer, entry->state);
		put_text(writer, entry->sentence);
		put_text(writer, entry->evidence);
	}
}

size_t
job_record_encode(const struct job_record *record, uint8_t ret_bytes[JOB_RECORD_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, JOB_RECORD_MAX_BYTES);
	mpack_put_array(&writer, FIELDS);
	mpack_put_u64(&writer, JOB_RECORD_VERSION);
	mpack_put_u64(&writer, record->job.place);
	put_order(&writer, &record->job);
	put_standing(&writer, &record->job);
	put_text(&writer, record->options);
	put_story(&writer, &record->story);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

/* -- reading --------------------------------------------------------------------------------------- */

static void
get_text(struct mpack_reader *reader, char *ret_text, size_t cap)
{
	uint32_t len;
	const uint8_t *bytes = mpack_get_str(reader, (uint32_t)(cap - 1), &len);

	memcpy(ret_text, bytes, len);
	ret_text[len] = '\0';
}

static uint32_t
get_u32(struct mpack_reader *reader, uint32_t max)
{
	return (uint32_t)mpack_get_u64(reader, max);
}

static bool
is_serial(const char *text)
{
	char serial[PRINTER_SERIAL_BYTES];
	struct complaint complaint;

	return printer_rules_serial(text, serial, &complaint) && strcmp(text, serial) == 0;
}

static void
get_order(struct mpack_reader *reader, struct job *job)
{
	get_text(reader, job->serial, sizeof job->serial);
	get_text(reader, job->sha256, sizeof job->sha256);
	job->plate = get_u32(reader, JOB_PLATE_MAX);
	job->stage_only = mpack_get_bool(reader);
	get_text(reader, job->key, sizeof job->key);
	get_text(reader, job->printer_name, sizeof job->printer_name);
	get_text(reader, job->file_name, sizeof job->file_name);
	job->size_bytes = mpack_get_u64(reader, UINT64_MAX);
	job->origin = get_u32(reader, ROLE_LIMIT - 1);
	job->number = get_u32(reader, JOB_NUMBER_MAX);
	job->created_ms = mpack_get_i64(reader);
	if (reader->fault == NULL &&
	    (!is_serial(job->serial) || !file_record_is_sha256(job->sha256) || job->plate == 0))
		mpack_fault(reader, "names no printer, no file or no plate");
	if (job->number == 0)
		mpack_fault(reader, "has no number");
}

static void
get_standing(struct mpack_reader *reader, struct job *job)
{
	job->state = get_u32(reader, JOB_STATE_COUNT - 1);
	get_text(reader, job->fault, sizeof job->fault);
	get_text(reader, job->sentence, sizeof job->sentence);
	get_text(reader, job->remedy, sizeof job->remedy);
	get_text(reader, job->evidence, sizeof job->evidence);
	get_text(reader, job->remote_path, sizeof job->remote_path);
	job->before = get_u32(reader, 15);
	job->attempts = get_u32(reader, 255);
	job->cancel_wanted = mpack_get_bool(reader);
	job->resolved = get_u32(reader, JOB_RESOLUTION_COUNT - 1);
	job->changed_ms = mpack_get_i64(reader);
	job->armed_ms = mpack_get_i64(reader);
	job->started_ms = mpack_get_i64(reader);
	job->ended_ms = mpack_get_i64(reader);
}

static void
get_story(struct mpack_reader *reader, struct job_story *story)
{
	uint32_t fields = mpack_get_array(reader);

	if (fields % STORY_FIELDS != 0 || fields / STORY_FIELDS > JOB_STORY_MOST)
		mpack_fault(reader, "has a story that is none");
	for (uint32_t i = 0; i < fields / STORY_FIELDS && reader->fault == NULL; i++) {
		struct job_story_entry *entry = &story->entries[story->count++];
		entry->at_ms = mpack_get_i64(reader);
		entry->state = get_u32(reader, JOB_STATE_COUNT - 1);
		get_text(reader, entry->sentence, sizeof entry->sentence);
		get_text(reader, entry->evidence, sizeof entry->evidence);
	}
}

static bool
take_id(const void *key, size_t key_len, char ret_id[JOB_ID_BYTES])
{
	if (key_len != JOB_ID_BYTES - 1 || memchr(key, '\0', key_len) != NULL)
		return false;
	memcpy(ret_id, key, key_len);
	ret_id[key_len] = '\0';
	return job_id_note(NULL, ret_id);
}

bool
job_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len,
		  struct job_record *ret_record, const char **ret_fault)
{
	struct mpack_reader reader;

	memset(ret_record, 0, sizeof *ret_record);
	mpack_reader_init(&reader, bytes, len);
	uint32_t fields = mpack_get_array(&reader);
	if (!take_id(key, key_len, ret_record->job.id))
		mpack_fault(&reader, "does not stand under a job's id");
	if (fields < FIELDS)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != JOB_RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	ret_record->job.place = get_u32(&reader, JOBS_MAX - 1);
	get_order(&reader, &ret_record->job);
	get_standing(&reader, &ret_record->job);
	get_text(&reader, ret_record->options, sizeof ret_record->options);
	get_story(&reader, &ret_record->story);
	*ret_fault = reader.fault;
	return reader.fault == NULL;
}

/* -- stepping -------------------------------------------------------------------------------------- */

/* Words of others (a printer's own are among them) are one line on a screen. */
static void
take_words(char *ret_text, size_t cap, const char *words)
{
	str_copy(ret_text, cap, words);
	for (char *at = ret_text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
}

static void
note_times(struct job *job, uint32_t to, int64_t now_ms)
{
	job->changed_ms = now_ms;
	if (to == JOB_ARMED && job->armed_ms == 0)
		job->armed_ms = now_ms;
	if ((to == JOB_STARTED || to == JOB_RUNNING) && job->started_ms == 0)
		job->started_ms = now_ms;
	if (job_state_has_ended(to))
		job->ended_ms = now_ms;
}

void
job_record_step(struct job_record *record, uint32_t to, const struct job_words *words, int64_t now_ms)
{
	struct job *job = &record->job;
	char before[JOB_SENTENCE_BYTES];
	bool is_elsewhere = to != job->state;

	str_copy(before, sizeof before, job->sentence);
	take_words(job->fault, sizeof job->fault, words->fault);
	take_words(job->sentence, sizeof job->sentence, words->sentence);
	take_words(job->remedy, sizeof job->remedy, words->remedy);
	take_words(job->evidence, sizeof job->evidence, words->evidence);
	if (job->state == JOB_UNKNOWN && is_elsewhere) /* what a person said was of this once */
		job->resolved = JOB_RESOLUTION_NONE;
	job->state = to;
	note_times(job, to, now_ms);
	if (is_elsewhere || strcmp(before, job->sentence) != 0)
		job_story_add(&record->story, now_ms, to, job->sentence, job->evidence);
}
