/*
 * job_record: a job as it stands in the database, under its id: a MessagePack array.
 *
 *	[version, place, serial, sha256, plate, stage_only, key, printer_name, file_name, size_bytes, origin, number,
 *	 created_ms, state, fault, sentence, remedy, evidence, remote_path, before, attempts, cancel_wanted, resolved,
 *	 changed_ms, armed_ms, started_ms, ended_ms, options, [at_ms, state, sentence, evidence, …], …]
 *
 * A later Fuse may add fields at the end; what is not known is passed over. Another version is another layout and is
 * not read. Pure; any bytes give a record or a fault.
 */
#ifndef FUSE_STORED_JOB_RECORD_H
#define FUSE_STORED_JOB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/printer_rules.h"
#include "stored/job_id.h"
#include "stored/job_story.h"

#define JOB_RECORD_VERSION 1
#define JOB_RECORD_MAX_BYTES (24 * 1024)
#define JOB_SHA256_BYTES 65
#define JOB_KEY_BYTES 97
#define JOB_FAULT_BYTES 33
#define JOB_SENTENCE_BYTES 241
#define JOB_OPTIONS_MAX_BYTES 4096
#define JOB_NUMBER_MAX 2147483647
#define JOB_PLATE_MAX 999
#define JOBS_MAX 1024 /* and so many places */

/* What the store has in memory of each job: all but the options and the story. */
struct job {
	char id[JOB_ID_BYTES]; /* the record's key */
	uint32_t place;	       /* retain_key of its JOB: 0 to JOBS_MAX - 1 */
	/* The order. */
	char serial[PRINTER_SERIAL_BYTES], sha256[JOB_SHA256_BYTES];
	uint32_t plate;
	bool stage_only;
	/* Where it comes from. */
	char key[JOB_KEY_BYTES]; /* "" = none */
	char printer_name[PRINTER_NAME_BYTES], file_name[201];
	uint64_t size_bytes; /* of the file */
	uint32_t origin;     /* enum role */
	uint32_t number;     /* that the printer knows it by, 1 to JOB_NUMBER_MAX */
	int64_t created_ms;  /* wall clock, as are the others */
	/* Where it stands. */
	uint32_t state; /* enum job_state */
	char fault[JOB_FAULT_BYTES], sentence[JOB_SENTENCE_BYTES], remedy[401], evidence[JOB_SENTENCE_BYTES];
	char remote_path[131];
	uint32_t before;   /* enum gcode_state when it was armed */
	uint32_t attempts; /* of sending the file */
	bool cancel_wanted;
	uint32_t resolved; /* enum job_resolution */
	int64_t changed_ms;
	int64_t armed_ms, started_ms, ended_ms; /* 0 = not */
};

struct job_record {
	struct job job;
	char options[JOB_OPTIONS_MAX_BYTES + 1]; /* JSON, "" = none */
	struct job_story story;
};

/* Write all but the id; returns the bytes. */
size_t job_record_encode(const struct job_record *record, uint8_t ret_bytes[JOB_RECORD_MAX_BYTES]);

/* Read what stands under `key`. False, with the reason in `ret_fault` (static storage), when it is no such record. */
bool job_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len,
		       struct job_record *ret_record, const char **ret_fault);

/* What a step says. */
struct job_words {
	const char *fault, *sentence, *remedy, *evidence; /* never NULL */
};

/* The job is in the state `to` from now on, or more is told of the one that it is in. The story gets an entry unless
 * state and sentence are as they were. What a person said of it is forgotten when it is UNKNOWN no longer. Whether it may go there is the caller's care (printer/job.h). */
void job_record_step(struct job_record *record, uint32_t to, const struct job_words *words, int64_t now_ms);

#endif
