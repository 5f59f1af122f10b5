/*
 * job_wish: what people and programs want of a job that is there.
 */
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "stored/job_desk_inner.h"

static struct job_record record; /* large; one request at a time */

/* Its printer is not kept: no worker will ever move it. */
static bool
has_no_printer(struct desk *desk, const struct job *job)
{
	const struct printer_place *place = printers_find(&desk->printers, job->serial);

	return place == NULL || !place->is_planned;
}

/* -- cancelling ------------------------------------------------------------------------------------ */

static bool
answer_if_ended(struct desk *desk, const struct header *request, const struct job *job)
{
	if (!job_state_has_ended(job->state))
		return false;
	if (job->state == JOB_CANCELLED)
		child_reply_done(desk->child, request, "The job was cancelled already.");
	else
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "The job has ended: it is %s.",
				 job_state_name(job->state));
	return true;
}

void
job_wish_cancel(struct desk *desk, const struct header *request, const struct msg_job_cancel *message)
{
	struct job_place *place = job_desk_find(desk, request, message->id);
	char sentence[80];

	if (place == NULL || answer_if_ended(desk, request, place->kept))
		return;
	if (place->kept->cancel_wanted && !has_no_printer(desk, place->kept)) {
		child_reply_done(desk->child, request, "The job is being cancelled already.");
		return;
	}
	if (!job_desk_read(desk, request, place, &record))
		return;
	record.job.cancel_wanted = true;
	str_format(sentence, sizeof sentence, "It is to be cancelled, %s says.",
		   role_name((enum role)request->from_role));
	job_story_add(&record.story, clock_wall_ms(), record.job.state, sentence, "");
	if (has_no_printer(desk, place->kept))
		job_desk_end_without_printer(&record, JOB_RESOLUTION_NONE, clock_wall_ms());
	struct batch_item *item = job_desk_change(desk, request, place, &record);
	str_copy(item->sentence, sizeof item->sentence,
		 job_state_has_ended(record.job.state) ? "The job is cancelled."
						       : "The job is being cancelled.");
}

/* -- resolving ------------------------------------------------------------------------------------- */

void
job_wish_resolve(struct desk *desk, const struct header *request, const struct msg_job_resolve *message)
{
	struct job_place *place = job_desk_find(desk, request, message->id);
	char sentence[80];

	if (place == NULL)
		return;
	if (message->resolution == JOB_RESOLUTION_NONE || message->resolution >= JOB_RESOLUTION_COUNT) {
		desk_refuse_with(desk, request, REFUSAL_INVALID, "Say not-started, started, done or failed.",
				 "This is nothing that can be known of a job.");
		return;
	}
	if (place->kept->state != JOB_UNKNOWN) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "",
				 "Nobody need decide on this job: it is %s.",
				 job_state_name(place->kept->state));
		return;
	}
	if (!job_desk_read(desk, request, place, &record))
		return;
	record.job.resolved = message->resolution;
	str_format(sentence, sizeof sentence, "A person says: %s.", job_resolution_name(message->resolution));
	job_story_add(&record.story, clock_wall_ms(), JOB_UNKNOWN, sentence, "");
	if (has_no_printer(desk, place->kept))
		job_desk_end_without_printer(&record, (enum job_resolution)message->resolution,
					     clock_wall_ms());
	struct batch_item *item = job_desk_change(desk, request, place, &record);
	str_copy(item->sentence, sizeof item->sentence, "It is noted what became of the job.");
}

/* -- the story ------------------------------------------------------------------------------------- */

void
job_wish_story(struct desk *desk, const struct header *request, const struct msg_job_story_want *message)
{
	static char json[JOB_STORY_JSON_MAX_BYTES + 1]; /* large */
	const struct job_place *place = job_desk_find(desk, request, message->id);

	if (place == NULL || !job_desk_read(desk, request, place, &record))
		return;
	struct msg_job_story story = { .json = { (const uint8_t *)json,
						 job_story_json(&record.story, json) } };
	child_reply(desk->child, request, MESSAGE_JOB_STORY, &story, -1);
}
