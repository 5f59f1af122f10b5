/*
 * Any bytes, in pieces of any length, as what a client says to a virtual printer's file server, from before its login to its
 * end: commands within their bounds, replies that are lines with a code, paths that stay on the card.
 * Covers: ftp_inbox_take, ftp_line_read, ftp_session_take, card_path
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/ftp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[32];
static struct card *card;
static bool is_used; /* the card is not as new any more */

static bool
is_code(void *arg, const char *code, size_t len)
{
	(void)arg;
	return len == 1 && *code == '1';
}

static void
remove_card(void)
{
	char command[64];

	card_close(card);
	str_format(command, sizeof command, "rm -rf %s", dir);
	if (system(command) != 0)
		abort();
	card = NULL;
}

static void
prepare(void)
{
	if (card != NULL)
		return;
	ENSURE(str_copy(dir, sizeof dir, "/dev/shm/fuzz-ftp-XXXXXX") && mkdtemp(dir) != NULL);
	card = card_open(dir, model_by_key("X1C"));
	ENSURE(card != NULL);
#ifdef FUSE_FUZZ
	atexit(remove_card);
#endif
}

static void
check_replies(const struct ftp_outbox *outbox)
{
	ENSURE(outbox->len <= sizeof outbox->bytes);
	for (size_t at = 0; at < outbox->len;) {
		const char *reply = outbox->bytes + at, *end = memmem(reply, outbox->len - at, "\r\n", 2);
		ENSURE(end != NULL && end - reply > 4 && isdigit(reply[0]) && isdigit(reply[1]) && isdigit(reply[2]) && reply[3] == ' ');
		ENSURE(memchr(reply, '\n', (size_t)(end - reply)) == NULL);
		at += (size_t)(end - reply) + 2;
	}
}

static void
check_path(const char *path)
{
	ENSURE(path[0] == '/' && strlen(path) < CARD_PATH_BYTES);
	for (const char *part = path; part != NULL; part = strchr(part, '/')) {
		part++;
		size_t len = strcspn(part, "/");
		ENSURE(len <= CARD_NAME_MAX_BYTES && strncmp(part, "../", 3) != 0 && strcmp(part, "..") != 0);
	}
}

static bool
obey(struct ftp_session *session, const struct ftp_line *line)
{
	static struct ftp_outbox outbox;
	char path[CARD_PATH_BYTES];

	memset(&outbox, 0, sizeof outbox);
	if (card_path(session->folder, line->argument, path))
		check_path(path);
	is_used |= session->is_in && line->argument[0] != '\0';
	switch (ftp_session_take(session, line, 1786363200, &outbox)) {
	case FTP_DO_PASSIVE:
		ftp_session_is_passive(session, 127, 4000, &outbox);
		break;
	case FTP_DO_TRANSFER:
		ftp_session_says_begin(session, session->transfer.kind, &outbox);
		if (session->transfer.upload != NULL) {
			card_upload_end(session->transfer.upload, 0);
			session->transfer.upload = NULL;
		}
		ftp_session_says_end(session, session->transfer.kind, FTP_END_GOOD, &outbox);
		ftp_transfer_fini(&session->transfer);
		break;
	case FTP_DO_HANG_UP:
		check_replies(&outbox);
		return false;
	case FTP_DO_REPLY:
	case FTP_DO_ABORT:
		break;
	}
	check_replies(&outbox);
	check_path(session->folder);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ftp_session session;
	static struct ftp_outbox greeting;
	static struct ftp_line line;
	struct ftp_inbox inbox = { 0 };
	char *to;

	prepare();
	const struct ftp_printer printer = { model_by_key(size % 2 ? "X1C" : "A1"), card, is_code, NULL };
	memset(&greeting, 0, sizeof greeting);
	ftp_session_begin(&session, &printer, &greeting);
	for (size_t step = size > 0 ? data[0] + 1u : 1; size > 0;) {
		size_t room = ftp_inbox_room(&inbox, &to), len = step < size ? step : size;
		ENSURE(room > 0);
		len = len < room ? len : room;
		memcpy(to, data, len);
		ftp_inbox_came(&inbox, len);
		data += len;
		size -= len;
		while (ftp_inbox_take(&inbox, &line)) {
			ENSURE(line.command <= FTP_COMMAND_COUNT && strlen(line.argument) < sizeof line.argument);
			ENSURE(str_valid_utf8(line.argument, strlen(line.argument)));
			if (!obey(&session, &line))
				size = 0;
		}
	}
	if (is_used)
		card_clear(card);
	is_used = false;
#ifndef FUSE_FUZZ
	remove_card(); /* replay.c has a process for each file */
#endif
	return 0;
}
