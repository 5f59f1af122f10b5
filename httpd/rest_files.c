/*
 * rest_files: the files of the cache: the list, what is in one, its content, and that it goes. Bringing one in:
 * intake.c.
 */
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/assets.h"
#include "httpd/file_headers.h"
#include "httpd/known.h"
#include "httpd/print_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"

#define PICTURE_DEADLINE_MS 30000 /* it may have to be taken out of a large file on a slow disk */
#define TAG_BYTES 72

static const char *
sha256_of(const struct request *request)
{
	return request_names_peek(request)->sha256;
}

void
rest_files(struct request *request)
{
	if (rest_store_has_told(request))
		answer_json(request, 200, print_json_files(request_httpd(request)->known));
}

/* -- that they go ------------------------------------------------------------------------------------------ */

void
rest_file_remove(struct request *request)
{
	struct msg_file_remove message = { 0 };

	str_copy(message.sha256, sizeof message.sha256, sha256_of(request));
	request_ask(request, MESSAGE_FILE_REMOVE, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, rest_answer_gone);
}

void
rest_files_clear(struct request *request)
{
	static const struct msg_files_clear message;

	request_ask(request, MESSAGE_FILES_CLEAR, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}

/* -- what is in one ------------------------------------------------------------------------------------------ */

static void
on_plates(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct msg_file_plates *plates = request_expect(owner, reply, MESSAGE_FILE_PLATES);

	(void)cookie;
	if (plates != NULL)
		answer_text(owner, "application/json", plates->json.bytes, plates->json.len, true);
}

void
rest_file_plates(struct request *request)
{
	struct msg_file_plates_want message = { 0 };

	str_copy(message.sha256, sizeof message.sha256, sha256_of(request));
	request_ask(request, MESSAGE_FILE_PLATES_WANT, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_plates);
}

/* -- bytes that come behind a descriptor ------------------------------------------------------------------------ */

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	ENSURE(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* NULL: there is none, and the answer says so. */
static struct MHD_Response *
response_of_file(struct request *request, const struct reply *reply, uint64_t from, uint64_t len)
{
	int fd = reply_take_fd(reply);

	if (fd < 0) {
		answer_problem(request, PROBLEM_FAILED, "The store has not given the file.", "Look at the log.");
		return NULL;
	}
	struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(len, fd, from); /* closes it with itself */
	ENSURE(response != NULL);
	return response;
}

static struct MHD_Response *
response_of_nothing(void)
{
	return MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
}

/* The client has it already. stored is not asked: what is behind the name of a hash never changes. */
static bool
answer_not_modified(struct request *request, const char *tag)
{
	if (known_file_peek(request_httpd(request)->known, sha256_of(request)) == NULL ||
	    !assets_match(request_header_peek(request, MHD_HTTP_HEADER_IF_NONE_MATCH), tag))
		return false;
	struct MHD_Response *response = response_of_nothing();
	add_header(response, MHD_HTTP_HEADER_ETAG, tag);
	answer_unchanging(request, MHD_HTTP_NOT_MODIFIED, NULL, response);
	return true;
}

static void
on_picture(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	const struct route_names *names = request_names_peek(request);
	const struct msg_file_picture *picture = request_expect(request, reply, MESSAGE_FILE_PICTURE);
	char tag[TAG_BYTES];

	(void)cookie;
	struct MHD_Response *response = picture != NULL ? response_of_file(request, reply, 0, picture->size_bytes) : NULL;
	if (response == NULL)
		return;
	str_format(tag, sizeof tag, "\"%s-%u\"", names->sha256, names->number);
	add_header(response, MHD_HTTP_HEADER_ETAG, tag);
	answer_unchanging(request, MHD_HTTP_OK, "image/png", response);
}

void
rest_file_picture(struct request *request)
{
	const struct route_names *names = request_names_peek(request);
	struct msg_file_picture_want message = { .plate = names->number };
	char tag[TAG_BYTES];

	str_format(tag, sizeof tag, "\"%s-%u\"", names->sha256, names->number);
	if (answer_not_modified(request, tag))
		return;
	str_copy(message.sha256, sizeof message.sha256, names->sha256);
	request_ask(request, MESSAGE_FILE_PICTURE_WANT, ROLE_STORED, 0, &message, PICTURE_DEADLINE_MS, on_picture);
}

/* -- content -------------------------------------------------------------------------------------------------- */

/* A client that goes on with what it has, if that is still the same: it is, if it is what was hashed. */
static const char *
range_of(const struct request *request, const char *tag)
{
	const char *condition = request_header_peek(request, MHD_HTTP_HEADER_IF_RANGE);

	return condition == NULL || strcmp(condition, tag) == 0 ? request_header_peek(request, MHD_HTTP_HEADER_RANGE) : NULL;
}

static void
answer_no_such_part(struct request *request, uint64_t size)
{
	char range[48], detail[80];

	str_format(range, sizeof range, "bytes */%llu", (unsigned long long)size);
	str_format(detail, sizeof detail, "The file has %llu bytes: nothing of it is in this range.", (unsigned long long)size);
	answer_problem_with(request, PROBLEM_NO_SUCH_PART, detail, "", MHD_HTTP_HEADER_CONTENT_RANGE, range);
}

static void
on_content(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	const struct msg_file_given *given = request_expect(request, reply, MESSAGE_FILE_GIVEN);
	char tag[TAG_BYTES], disposition[FILE_DISPOSITION_BYTES], range[80];
	uint64_t from, len;

	(void)cookie;
	if (given == NULL)
		return;
	str_format(tag, sizeof tag, "\"%s\"", sha256_of(request));
	enum file_range kind = file_range_read(range_of(request, tag), given->size_bytes, &from, &len);
	if (kind == FILE_RANGE_NONE) {
		answer_no_such_part(request, given->size_bytes);
		return;
	}
	struct MHD_Response *response = response_of_file(request, reply, from, len);
	if (response == NULL)
		return;
	file_disposition(given->name, disposition);
	add_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
	add_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	add_header(response, MHD_HTTP_HEADER_ETAG, tag);
	str_format(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)(from + len - 1),
		   (unsigned long long)given->size_bytes);
	if (kind == FILE_RANGE_PART)
		add_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, range);
	answer_response(request, kind == FILE_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, "application/octet-stream",
			response);
}

void
rest_file_content(struct request *request)
{
	struct msg_file_want message = { 0 };
	char tag[TAG_BYTES];

	str_format(tag, sizeof tag, "\"%s\"", sha256_of(request));
	if (answer_not_modified(request, tag))
		return;
	str_copy(message.sha256, sizeof message.sha256, sha256_of(request));
	request_ask(request, MESSAGE_FILE_WANT, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_content);
}
