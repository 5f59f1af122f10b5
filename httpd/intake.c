/*
 * intake: from a socket into a file.
 */
#include "httpd/intake.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/file_headers.h"
#include "httpd/known.h"
#include "httpd/print_json.h"
#include "httpd/request.h"
#include "httpd/routes.h"

#define INTAKE_MAGIC 0x494e544b
#define NO_ROOM_LEFT "The disk is full: only a part of the file could be written, and that was thrown away."
#define MAKE_ROOM "Delete files on the page Files, or make room on the disk, then send the file again."

struct intake {
	unsigned magic;
	struct httpd *httpd;
	char name[FILE_NAME_BYTES], sha256[65]; /* as the client says; "" = it does not say the latter */
	uint64_t size;				/* BODY_SIZE_UNKNOWN */
	uint64_t written;
	bool has_room; /* stored keeps it for us: it must be told what becomes of it */
	uint32_t ticket;
	int fd;
};

static size_t intakes;

size_t
intake_count(void)
{
	return intakes;
}

static void
abandon(struct httpd *httpd, uint32_t ticket)
{
	const struct msg_file_abandon message = { .ticket = ticket };

	child_send(httpd->child, MESSAGE_FILE_ABANDON, ROLE_STORED, 0, 0, 0, &message, -1);
}

static void
give_room_back(struct intake *intake)
{
	if (intake->fd >= 0)
		close(intake->fd);
	intake->fd = -1;
	if (intake->has_room)
		abandon(intake->httpd, intake->ticket);
	intake->has_room = false;
}

void
intake_on_unclaimed(struct httpd *httpd, const struct header *header, const void *message)
{
	if (header->number == MESSAGE_FILE_ROOM)
		abandon(httpd, ((const struct msg_file_room *)message)->ticket);
}

static void
intake_free(void *arg)
{
	struct intake *intake = arg;

	ENSURE_OBJ(intake, INTAKE_MAGIC);
	give_room_back(intake);
	intakes--;
	intake->magic = 0;
	free(intake);
}

/* -- it is in ------------------------------------------------------------------------------------------- */

/* stored tells of a file before it says FILE_KEPT; if it is gone again already, what came is told. */
static json_t *
kept_json(const struct intake *intake, const char *sha256)
{
	const struct msg_file *known = known_file_peek(intake->httpd->known, sha256);
	struct msg_file file = { .size_bytes = intake->written, .created_ms = clock_wall_ms(), .used_ms = clock_wall_ms() };

	str_copy(file.sha256, sizeof file.sha256, sha256);
	str_copy(file.name, sizeof file.name, intake->name);
	return print_json_file(intake->httpd->known, known != NULL ? known : &file);
}

static void
on_kept(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	char location[100];

	(void)cookie;
	const struct msg_file_kept *kept = request_expect(request, reply, MESSAGE_FILE_KEPT);
	if (kept == NULL)
		return;
	json_t *json = kept_json(request_work(request), kept->sha256);
	str_format(location, sizeof location, "/api/v1/files/%s", kept->sha256);
	if (kept->was_there)
		answer_json(request, MHD_HTTP_OK, json);
	else
		answer_created(request, location, json);
}

/* Hashing takes as long as it takes; if stored dies over it, the supervisor says so. */
static void
on_end(struct request *request)
{
	struct intake *intake = request_work(request);
	struct msg_file_complete complete = { .ticket = intake->ticket, .size_bytes = intake->written };

	if (intake->written == 0) {
		give_room_back(intake);
		answer_problem(request, PROBLEM_INVALID, "The file is empty.", "");
		return;
	}
	str_copy(complete.sha256, sizeof complete.sha256, intake->sha256);
	close(intake->fd);
	intake->fd = -1;
	intake->has_room = false; /* from now on it is stored's business */
	request_ask(request, MESSAGE_FILE_COMPLETE, ROLE_STORED, 0, &complete, NO_DEADLINE, on_kept);
}

/* -- it comes ---------------------------------------------------------------------------------------------- */

static void
fail(struct request *request, struct intake *intake, int error)
{
	bool full = error == ENOSPC || error == EDQUOT;

	log_warn("a file that comes in cannot be written", log_str("error", strerror(error)));
	give_room_back(intake);
	answer_problem(request, full ? PROBLEM_NO_SPACE : PROBLEM_FAILED,
		       full ? NO_ROOM_LEFT : "The file cannot be written: the disk has failed, or takes no file that large.",
		       full ? MAKE_ROOM : "Look at the log, and at the disk.");
}

/* One that comes in chunks has promised no size. */
static bool
is_too_large(const struct intake *intake, size_t more)
{
	const struct msg_cache_status *cache = known_cache_peek(intake->httpd->known);

	return intake->size == BODY_SIZE_UNKNOWN && cache != NULL && intake->written + more > cache->limit_bytes;
}

static void
on_piece(struct request *request, const void *bytes, size_t len)
{
	struct intake *intake = request_work(request);
	const char *at = bytes;

	if (is_too_large(intake, len)) {
		give_room_back(intake);
		answer_problem(request, PROBLEM_TOO_LARGE, "The file is larger than the whole cache may be.",
			       "Raise the setting cacheMaxMib.");
		return;
	}
	while (len > 0) {
		ssize_t n = write(intake->fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(request, intake, n < 0 ? errno : ENOSPC);
			return;
		}
		at += n;
		len -= (size_t)n;
		intake->written += (uint64_t)n;
	}
}

/* -- room for it ------------------------------------------------------------------------------------------- */

static void
on_room(void *owner, unsigned cookie, const struct reply *reply)
{
	static const struct body_sink sink = { .on_piece = on_piece, .on_end = on_end };
	struct request *request = owner;
	struct intake *intake = request_work(request);

	(void)cookie;
	const struct msg_file_room *room = request_expect(request, reply, MESSAGE_FILE_ROOM);
	if (room == NULL)
		return;
	intake->ticket = room->ticket;
	intake->has_room = true;
	intake->fd = reply_take_fd(reply);
	if (intake->fd < 0) {
		give_room_back(intake);
		answer_problem(request, PROBLEM_FAILED, "The store gave no room for the file.", "Try again in a moment.");
		return;
	}
	request_read_into(request, &sink);
}

/* By header or by query; not both. */
static bool
read_name(struct request *request, struct intake *intake)
{
	const char *header = request_header_peek(request, "X-File-Name"), *query = request_text(request, "name"), *fault;

	if (header == NULL && query == NULL)
		fault = "The file has no name: the header X-File-Name or the parameter \"name\" must give one.";
	else if (header != NULL && query != NULL)
		fault = "The file's name is given twice: by the header X-File-Name and by the parameter \"name\".";
	else
		file_name_read(header != NULL ? header : query, header != NULL, intake->name, &fault);
	if (fault != NULL)
		answer_problem(request, PROBLEM_INVALID, fault, "Send for example: X-File-Name: bracket.gcode.3mf");
	return fault == NULL;
}

static bool
read_promises(struct request *request, struct intake *intake)
{
	const char *sha256 = request_header_peek(request, "X-Content-SHA256");

	intake->size = request_body_size(request);
	if (intake->size == 0) {
		answer_problem(request, PROBLEM_INVALID, "The file is empty.", "");
	} else if (sha256 != NULL &&
		   (!str_copy(intake->sha256, sizeof intake->sha256, sha256) || !body_fold_sha256(intake->sha256))) {
		answer_problem(request, PROBLEM_INVALID,
			       "X-Content-SHA256 must be the SHA-256 of the file, 64 hex digits.", "");
	} else {
		return true;
	}
	return false;
}

void
rest_file_take(struct request *request)
{
	struct intake *intake = calloc(1, sizeof *intake);

	ENSURE(intake != NULL);
	intake->magic = INTAKE_MAGIC;
	intake->httpd = request_httpd(request);
	intake->fd = -1;
	intakes++;
	request_set_work(request, intake, intake_free);
	if (!read_name(request, intake) || !read_promises(request, intake))
		return;
	struct msg_file_new message = { .size_bytes = intake->size == BODY_SIZE_UNKNOWN ? 0 : intake->size };
	str_copy(message.name, sizeof message.name, intake->name);
	request_ask(request, MESSAGE_FILE_NEW, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_room);
}
