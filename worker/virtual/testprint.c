/*
 * testprint: one step after the other.
 */
#include "worker/virtual/testprint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define TESTPRINT_MAGIC 0x74707269
/* It is for trying things out: neither a closed door nor another colour shall stand in its way. */
#define OPTIONS "{\"accept\":[\"all\"]}"

enum stage { IDLE, WANTS_ROOM, WRITES, COMPLETES, SUBMITS };

struct testprint {
	unsigned magic;
	struct child *child;
	struct testprint_setup setup;
	char serial[33], nozzle[8];
	enum stage stage;
	uint32_t request_id, ticket;
	int fd; /* of the room */
	struct testfile *file;
	struct loop_timer *timer; /* while it writes: the next piece; else the deadline */
};

static void
leave(struct testprint *testprint)
{
	testprint->stage = IDLE;
	testprint->request_id = 0;
	loop_timer_cancel(testprint->timer);
	testfile_free(testprint->file);
	testprint->file = NULL;
	if (testprint->fd >= 0)
		close(testprint->fd);
	testprint->fd = -1;
}

static void
fail(struct testprint *testprint, enum refusal reason, const char *sentence, const char *remedy)
{
	struct msg_refused refused = { .reason = reason };

	str_copy(refused.sentence, sizeof refused.sentence, sentence);
	str_copy(refused.remedy, sizeof refused.remedy, remedy);
	leave(testprint);
	log_warn("no test print", log_str("why", refused.sentence));
	testprint->setup.on_end(testprint->setup.arg, &refused, "");
}

static void
ask(struct testprint *testprint, enum stage stage, enum message number, const void *message)
{
	testprint->stage = stage;
	testprint->request_id = child_next_request_id(testprint->child);
	loop_timer_set(testprint->timer, TESTPRINT_STEP_MS);
	/* What is not taken is not answered: the deadline tells. */
	child_send(testprint->child, number, ROLE_STORED, 0, testprint->request_id, 0, message, -1);
}

/* -- steps ------------------------------------------------------------------------------------------------------ */

bool
testprint_begin(struct testprint *testprint)
{
	struct msg_file_new message = { 0 };
	char name[TESTFILE_NAME_BYTES];

	ENSURE_OBJ(testprint, TESTPRINT_MAGIC);
	if (testprint->stage != IDLE)
		return false;
	testfile_name(testprint->setup.model, testprint->nozzle, name);
	str_copy(message.name, sizeof message.name, name);
	ask(testprint, WANTS_ROOM, MESSAGE_FILE_NEW, &message);
	return true;
}

static void
begin_writing(struct testprint *testprint, const struct msg_file_room *room, int fd)
{
	testprint->ticket = room->ticket;
	testprint->fd = fd;
	testprint->file = testfile_new(testprint->setup.model, testprint->nozzle, fd);
	testprint->stage = WRITES;
	testprint->request_id = 0;
	loop_timer_set(testprint->timer, 0);
}

static void
write_on(struct testprint *testprint)
{
	struct msg_file_complete message = { .ticket = testprint->ticket };

	if (!testfile_step(testprint->file)) {
		loop_timer_set(testprint->timer, 0); /* after the others */
		return;
	}
	message.size_bytes = testfile_bytes(testprint->file);
	if (message.size_bytes == 0) {
		enum refusal reason = errno == ENOSPC || errno == EDQUOT ? REFUSAL_NO_SPACE : REFUSAL_FAILED;
		fail(testprint, reason, "The file of the test print could not be written.", "Make room on the disk, and try again.");
		return;
	}
	testfile_free(testprint->file);
	testprint->file = NULL;
	close(testprint->fd); /* before it is complete: nobody may write to it any more */
	testprint->fd = -1;
	ask(testprint, COMPLETES, MESSAGE_FILE_COMPLETE, &message);
}

static void
submit(struct testprint *testprint, const struct msg_file_kept *kept)
{
	struct msg_job_submit message = { .plate = 1, .options = { (const uint8_t *)OPTIONS, sizeof OPTIONS - 1 } };

	str_copy(message.serial, sizeof message.serial, testprint->serial);
	str_copy(message.sha256, sizeof message.sha256, kept->sha256);
	ask(testprint, SUBMITS, MESSAGE_JOB_SUBMIT, &message);
}

static void
finish(struct testprint *testprint, const struct msg_job_submitted *submitted)
{
	char sentence[80];

	leave(testprint);
	str_format(sentence, sizeof sentence, "The test print is job %s.", submitted->id);
	testprint->setup.on_end(testprint->setup.arg, NULL, sentence);
}

static void
on_timer(void *arg)
{
	struct testprint *testprint = arg;

	if (testprint->stage == WRITES)
		write_on(testprint);
	else
		fail(testprint, REFUSAL_FAILED, "The store has not answered in time.", "Try again.");
}

bool
testprint_on_reply(struct testprint *testprint, const struct header *header, const void *message, int fd)
{
	const struct msg_refused *refused = message;

	ENSURE_OBJ(testprint, TESTPRINT_MAGIC);
	if (testprint->request_id == 0 || header->request_id != testprint->request_id)
		return false;
	if (header->number == MESSAGE_REFUSED)
		fail(testprint, (enum refusal)refused->reason, refused->sentence, refused->remedy);
	else if (header->number == MESSAGE_FILE_ROOM && testprint->stage == WANTS_ROOM && fd >= 0)
		begin_writing(testprint, message, fd);
	else if (header->number == MESSAGE_FILE_KEPT && testprint->stage == COMPLETES)
		submit(testprint, message);
	else if (header->number == MESSAGE_JOB_SUBMITTED && testprint->stage == SUBMITS)
		finish(testprint, message);
	else
		fail(testprint, REFUSAL_FAILED, "The store gave an answer to something else.", "Try again.");
	if (fd >= 0 && fd != testprint->fd)
		close(fd);
	return true;
}

/* -- life ------------------------------------------------------------------------------------------------------- */

struct testprint *
testprint_new(struct child *child, const struct testprint_setup *setup)
{
	struct testprint *testprint = calloc(1, sizeof *testprint);

	ENSURE(testprint != NULL);
	testprint->magic = TESTPRINT_MAGIC;
	testprint->child = child;
	testprint->setup = *setup;
	testprint->fd = -1;
	str_copy(testprint->serial, sizeof testprint->serial, setup->serial);
	str_copy(testprint->nozzle, sizeof testprint->nozzle, setup->nozzle);
	testprint->setup.serial = testprint->serial;
	testprint->setup.nozzle = testprint->nozzle;
	testprint->timer = loop_timer_new(child_loop_peek(child), on_timer, testprint);
	return testprint;
}

void
testprint_free(struct testprint *testprint)
{
	if (testprint == NULL)
		return;
	ENSURE_OBJ(testprint, TESTPRINT_MAGIC);
	leave(testprint);
	loop_timer_free(testprint->timer);
	testprint->magic = 0;
	free(testprint);
}
