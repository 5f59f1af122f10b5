/*
 * test_print: one step after the other; the writing in pieces, so that the printer lives on meanwhile.
 */
#include "worker/virtual/test_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/testfile.h"

#define PRINT_MAGIC 0x76747072
#define PLATE 1
#define OPTIONS "{\"accept\":[\"all\"]}" /* whatever its trays hold: nothing is wasted */

struct test_print {
	unsigned magic;
	struct child *child;
	char serial[33], nozzle[8];
	const struct model *model;
	struct header asker;
	uint32_t request; /* that waits for its answer; 0 = none */
	bool is_under_way;
	uint32_t ticket;
	int fd; /* of the room, while it is written; else -1 */
	struct testfile *file;
	struct loop_timer *next_piece;
};

static void
ask(struct test_print *print, enum message number, const void *message)
{
	print->request = child_next_request_id(print->child);
	child_send(print->child, number, ROLE_STORED, 0, print->request, 0, message, -1);
}

static void
end(struct test_print *print)
{
	testfile_free(print->file);
	print->file = NULL;
	if (print->fd >= 0)
		close(print->fd);
	print->fd = -1;
	print->request = 0;
	print->is_under_way = false;
}

static void
fail(struct test_print *print, enum refusal reason, const char *sentence, const char *remedy)
{
	child_reply_refused(print->child, &print->asker, reason, sentence, remedy);
	end(print);
}

/* -- the file ------------------------------------------------------------------------------------------------------ */

static void
complete(struct test_print *print)
{
	struct msg_file_complete message = { .ticket = print->ticket, .size_bytes = testfile_bytes(print->file) };

	if (message.size_bytes == 0) {
		log_warn("cannot write the file of the test print", log_str("error", strerror(errno)));
		fail(print, REFUSAL_NO_SPACE, "The file of the test print could not be written.", "Is the disk full?");
		return;
	}
	testfile_free(print->file);
	print->file = NULL;
	close(print->fd);
	print->fd = -1;
	ask(print, MESSAGE_FILE_COMPLETE, &message);
}

static void
on_next_piece(void *arg)
{
	struct test_print *print = arg;

	if (print->file == NULL)
		return;
	if (testfile_step(print->file))
		complete(print);
	else
		loop_timer_set(print->next_piece, 0);
}

static void
on_room(struct test_print *print, const struct msg_file_room *room, int fd)
{
	print->ticket = room->ticket;
	print->fd = fd;
	print->file = testfile_new(print->model, print->nozzle, fd);
	loop_timer_set(print->next_piece, 0);
}

/* -- the job --------------------------------------------------------------------------------------------------------- */

static void
submit(struct test_print *print, const char *sha256)
{
	struct msg_job_submit job = { .plate = PLATE, .options = { (const uint8_t *)OPTIONS, sizeof OPTIONS - 1 } };

	str_copy(job.serial, sizeof job.serial, print->serial);
	str_copy(job.sha256, sizeof job.sha256, sha256);
	ask(print, MESSAGE_JOB_SUBMIT, &job);
}

static void
done(struct test_print *print, const struct msg_job_submitted *submitted)
{
	char sentence[120];

	str_format(sentence, sizeof sentence, "The test print is job %s.", submitted->id);
	child_reply_done(print->child, &print->asker, sentence);
	end(print);
}

bool
test_print_on_reply(struct test_print *print, const struct header *header, const void *message, int fd)
{
	const struct msg_refused *refused = message;

	ENSURE_OBJ(print, PRINT_MAGIC);
	if (header->request_id == 0 || header->request_id != print->request)
		return false;
	print->request = 0;
	if (header->number == MESSAGE_FILE_ROOM && fd >= 0) {
		on_room(print, message, fd);
		return true;
	}
	if (fd >= 0)
		close(fd);
	if (header->number == MESSAGE_FILE_KEPT)
		submit(print, ((const struct msg_file_kept *)message)->sha256);
	else if (header->number == MESSAGE_JOB_SUBMITTED)
		done(print, message);
	else if (header->number == MESSAGE_REFUSED)
		fail(print, (enum refusal)refused->reason, refused->sentence, refused->remedy);
	else
		fail(print, REFUSAL_FAILED, "The store gave no room for the file of the test print.", "Try again.");
	return true;
}

/* -- life ------------------------------------------------------------------------------------------------------------- */

void
test_print_begin(struct test_print *print, const struct header *asker)
{
	struct msg_file_new message = { 0 };

	ENSURE_OBJ(print, PRINT_MAGIC);
	if (print->is_under_way) {
		child_reply_refused(print->child, asker, REFUSAL_BUSY, "A test print is being made already.", "Wait for it.");
		return;
	}
	print->is_under_way = true;
	print->asker = *asker;
	testfile_name(print->model, print->nozzle, message.name);
	ask(print, MESSAGE_FILE_NEW, &message);
}

struct test_print *
test_print_new(struct child *child, const char *serial, const struct model *model, const char *nozzle)
{
	struct test_print *print = calloc(1, sizeof *print);

	ENSURE(print != NULL);
	*print = (struct test_print){ .magic = PRINT_MAGIC, .child = child, .model = model, .fd = -1 };
	str_copy(print->serial, sizeof print->serial, serial);
	str_copy(print->nozzle, sizeof print->nozzle, nozzle);
	print->next_piece = loop_timer_new(child_loop_peek(child), on_next_piece, print);
	return print;
}

void
test_print_free(struct test_print *print)
{
	if (print == NULL)
		return;
	ENSURE_OBJ(print, PRINT_MAGIC);
	end(print);
	loop_timer_free(print->next_piece);
	print->magic = 0;
	free(print);
}
