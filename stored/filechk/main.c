/*
 * fuse-filechk: looks into one file for stored or a virtual printer, and ends. Started by fused when one of them asks for
 * it; a file that kills whoever looks at it, kills this process and no other. What it was asked it answers once: EXAMINE
 * with EXAMINED, PICTURE with PICTURE_MADE or NOT_FOUND.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/child.h"
#include "stored/filechk/examine.h"
#include "stored/filechk/picture.h"

/* Enough for 4 GiB of G-code on a small machine. */
#define BUDGET_MS 60000

static struct child *child;
static struct header request;
static bool is_asked;
static int file = -1;
static struct examine *examination;
static struct loop_timer *again;
static int64_t deadline_ms;

static void
finish(void)
{
	examine_free(examination);
	examination = NULL;
	loop_timer_free(again);
	again = NULL;
	if (file >= 0)
		close(file);
	file = -1;
	child_exit(child, EXIT_DONE);
}

static void
answer_refused(enum refusal reason, const char *sentence, const char *remedy)
{
	child_reply_refused(child, &request, reason, sentence, remedy);
	finish();
}

static void
answer_unreadable(void)
{
	answer_refused(REFUSAL_FAILED, "The file could not be read from the disk.",
		       "Check the disk: is it full or failing?");
}

/* -- EXAMINE ---------------------------------------------------------------------------------------------------- */

static void
answer_examined(void)
{
	static char json[PLATES_JSON_MAX_BYTES + 1];
	const struct verdict *verdict = examine_verdict_peek(examination);
	struct contents *contents = examine_contents_peek(examination);
	static struct msg_examined examined;

	if (verdict->is_unreadable) {
		answer_unreadable();
		return;
	}
	size_t len = contents_json(contents, json, sizeof json);
	ENSURE(len > 0);
	examined.printable = verdict->printable;
	examined.kind = contents->plates.kind;
	examined.plates = contents->plates.plate_count;
	str_copy(examined.model, sizeof examined.model, contents->plates.model);
	str_copy(examined.sentence, sizeof examined.sentence, verdict->sentence);
	str_copy(examined.remedy, sizeof examined.remedy, verdict->remedy);
	examined.json = (struct ipc_bytes){ (const uint8_t *)json, len };
	child_reply(child, &request, MESSAGE_EXAMINED, &examined, -1);
	finish();
}

/* Pings are answered between the pieces. */
static void
go_on(void *arg)
{
	(void)arg;
	if (examine_step(examination))
		answer_examined();
	else if (clock_monotonic_ms() > deadline_ms)
		answer_refused(REFUSAL_FAILED, "Looking into the file took longer than a minute, and was given up.",
			       "Try again when this machine has less to do.");
	else
		loop_timer_set(again, 0);
}

static void
begin_examination(const struct msg_examine *message, uint64_t bytes)
{
	child_doing("looking into a file");
	deadline_ms = clock_monotonic_ms() + BUDGET_MS;
	examination = examine_new(file, bytes, message->name);
	again = loop_timer_new(child_loop_peek(child), go_on, NULL);
	go_on(NULL);
}

/* -- PICTURE ---------------------------------------------------------------------------------------------------- */

/* In memory, so that it can be handed on, and never changed again. -1 when memory is short. */
static int
keep_in_memory(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	for (size_t done = 0; done < len;) {
		ssize_t written = write(fd, bytes + done, len - done);
		if (written <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)written;
	}
	if (lseek(fd, 0, SEEK_SET) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
make_picture(const struct msg_picture *message, uint64_t bytes)
{
	struct msg_picture_made made = { 0 };
	size_t len;

	child_doing("taking a picture out of a file");
	uint8_t *picture = examine_picture(file, bytes, message->plate, &len);
	if (picture == NULL) {
		answer_refused(REFUSAL_NOT_FOUND, "The file has no picture of this plate.", "");
		return;
	}
	int fd = keep_in_memory(picture, len);
	free(picture);
	if (fd < 0) {
		answer_refused(REFUSAL_FAILED, "There is no memory for the picture.", "");
		return;
	}
	made.size_bytes = (uint32_t)len;
	child_reply(child, &request, MESSAGE_PICTURE_MADE, &made, fd);
	close(fd);
	finish();
}

/* -- life ------------------------------------------------------------------------------------------------------- */

static void
on_synced(void *arg)
{
	(void)arg;
	child_ready(child, "looks into a file");
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	struct stat stat;

	(void)arg;
	if ((header->from_role != ROLE_STORED && header->from_role != ROLE_VIRTUAL) ||
	    (header->number != MESSAGE_EXAMINE && header->number != MESSAGE_PICTURE) || is_asked) {
		if (fd >= 0)
			close(fd);
		return;
	}
	is_asked = true;
	request = *header;
	file = fd;
	if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		answer_unreadable();
	else if (header->number == MESSAGE_EXAMINE)
		begin_examination(message, (uint64_t)stat.st_size);
	else
		make_picture(message, (uint64_t)stat.st_size);
}

static void
on_stop(void *arg, uint32_t stop_deadline_ms)
{
	(void)arg, (void)stop_deadline_ms;
	finish();
}

int
main(void)
{
	static const struct child_duties duties = { on_synced, on_message, on_stop, NULL };

	examine_init();
	child = child_new(ROLE_FILECHK, SANDBOX_FILECHK, NULL, 0, &duties);
	return child_run(child);
}
