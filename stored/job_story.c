/*
 * job_story: add and write.
 */
#include "stored/job_story.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "printer/jsonout.h"

/* Whatever stands in a text (of control characters each byte takes six), all entries fit. */
#define TEXT_JSON_MAX_BYTES 960
_Static_assert(JOB_STORY_MOST *(2 * TEXT_JSON_MAX_BYTES + 100) < JOB_STORY_JSON_MAX_BYTES,
	       "a full story fits");

void
job_story_add(struct job_story *story, int64_t at_ms, uint32_t state, const char *sentence,
	      const char *evidence)
{
	struct job_story_entry *entries = story->entries;

	if (story->count == JOB_STORY_MOST) {
		memmove(entries + JOB_STORY_FIRST, entries + JOB_STORY_FIRST + 1,
			(JOB_STORY_MOST - JOB_STORY_FIRST - 1) * sizeof *entries);
		story->count--;
	}
	struct job_story_entry *entry = &entries[story->count++];
	*entry = (struct job_story_entry){ .at_ms = at_ms, .state = state };
	str_copy(entry->sentence, sizeof entry->sentence, sentence);
	str_copy(entry->evidence, sizeof entry->evidence, evidence);
}

size_t
job_story_json(const struct job_story *story, char ret_json[JOB_STORY_JSON_MAX_BYTES + 1])
{
	struct jsonout out;

	jsonout_init(&out, ret_json, JOB_STORY_JSON_MAX_BYTES + 1);
	jsonout_open(&out, '[');
	for (uint32_t i = 0; i < story->count; i++) {
		const struct job_story_entry *entry = &story->entries[i];
		jsonout_open(&out, '{');
		jsonout_key(&out, "at");
		jsonout_time(&out, entry->at_ms);
		jsonout_key(&out, "state");
		jsonout_word(&out, job_state_name(entry->state));
		jsonout_key(&out, "sentence");
		jsonout_text(&out, entry->sentence, TEXT_JSON_MAX_BYTES);
		jsonout_key(&out, "evidence");
		jsonout_text(&out, entry->evidence, TEXT_JSON_MAX_BYTES);
		jsonout_close(&out, '}');
	}
	jsonout_close(&out, ']');
	size_t len = jsonout_finish(&out);
	ENSURE(len > 0);
	return len;
}
