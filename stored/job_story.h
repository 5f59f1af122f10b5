/*
 * job_story: the steps that a job took, each with its time, its sentence and what was seen. Bounded: the first ones and
 * the newest are kept, so that what happens again and again does not push out how it began. Pure.
 *
 * As JSON (JOB_STORY), an array, oldest first:
 *
 *	[{"at":"2026-11-22T18:30:00.000Z","state":"received","sentence":"…","evidence":"…"},…]
 */
#ifndef FUSE_STORED_JOB_STORY_H
#define FUSE_STORED_JOB_STORY_H

#include <stddef.h>
#include <stdint.h>

#define JOB_STORY_MOST 32
#define JOB_STORY_FIRST 8 /* of them are the first ones */
#define JOB_STORY_TEXT_BYTES 241
#define JOB_STORY_JSON_MAX_BYTES 65536

struct job_story_entry {
	int64_t at_ms; /* wall clock */
	uint32_t state;
	char sentence[JOB_STORY_TEXT_BYTES], evidence[JOB_STORY_TEXT_BYTES];
};

struct job_story {
	uint32_t count;
	struct job_story_entry entries[JOB_STORY_MOST];
};

/* One more step. When the story is full the oldest after the first ones goes. */
void job_story_add(struct job_story *story, int64_t at_ms, uint32_t state, const char *sentence,
		   const char *evidence);

/* Write the JSON form; returns its length, at most JOB_STORY_JSON_MAX_BYTES. */
size_t job_story_json(const struct job_story *story, char ret_json[JOB_STORY_JSON_MAX_BYTES + 1]);

#endif
