/*
 * Any bytes as what an FTP server says: replies, the port of 227, the number of 213, lines of LIST; and as the orders that
 * a worker gives. However they are cut into pieces they mean the same, and what is taken from them keeps its bounds and is
 * harmless.
 * Covers: ftp_reply_parse, ftp_parse_pasv, ftp_parse_size, ftp_parse_entry, line_parse_address
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "tests/fuzz/fuzz_rig.h"
#include "worker/upload/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- replies ------------------------------------------------------------------------------------------- */

#define REPLIES_MAX 32

struct heard {
	size_t count;
	bool broken;
	struct ftp_reply replies[REPLIES_MAX];
};

static void
check_reply(const struct ftp_reply *reply)
{
	uint16_t port = 0;
	int64_t bytes = -1;

	ENSURE(reply->code >= 100 && reply->code <= 599);
	must_be_harmless(reply->text, sizeof reply->text);
	ENSURE(!ftp_parse_pasv(reply->text, &port) || port > 0);
	ENSURE(!ftp_parse_size(reply->text, &bytes) || bytes >= 0);
	/* Each fault has words for each reply. */
	struct upload_facts facts = { .model = model_other(), .code = reply->code };
	memcpy(facts.reply, reply->text, sizeof facts.reply);
	char sentence[UPLOAD_SENTENCE_BYTES];
	upload_fault_sentence(upload_fault_of_reply((enum upload_phase)(reply->code % UPLOAD_PHASE_COUNT), reply->code), &facts,
			      sentence);
	must_be_harmless(sentence, sizeof sentence);
}

static void
hear(const uint8_t *data, size_t size, size_t piece, struct heard *ret_heard)
{
	struct ftp_reader reader = { 0 };
	size_t at = 0, used;

	memset(ret_heard, 0, sizeof *ret_heard);
	while (at < size && ret_heard->count < REPLIES_MAX) {
		size_t n = size - at < piece ? size - at : piece;
		enum ftp_step step = ftp_reply_parse(&reader, data + at, n, &used);
		ENSURE(used <= n && used > 0 && (step != FTP_MORE || used == n));
		at += used;
		if (step == FTP_WHOLE)
			ret_heard->replies[ret_heard->count++] = reader.reply;
		ret_heard->broken = step == FTP_BROKEN;
		if (ret_heard->broken)
			return;
	}
}

static void
check_replies(const uint8_t *data, size_t size)
{
	static struct heard at_once, in_pieces;

	hear(data, size, SIZE_MAX, &at_once);
	for (size_t piece = 1; piece <= 3; piece++) {
		hear(data, size, piece, &in_pieces);
		ENSURE(memcmp(&at_once, &in_pieces, sizeof at_once) == 0);
	}
	for (size_t i = 0; i < at_once.count; i++)
		check_reply(&at_once.replies[i]);
}

/* -- lists ----------------------------------------------------------------------------------------------- */

static void
check_lines(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		struct ftp_entry entry;
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline != NULL ? newline : end) - at);
		char *line = malloc(len + 1); /* of its own, so that a read beyond it is seen */
		ENSURE(line != NULL);
		memcpy(line, at, len);
		line = realloc(line, len > 0 ? len : 1);
		enum ftp_entry_kind kind = ftp_parse_entry(line, len, &entry);
		if (kind == FTP_FILE || kind == FTP_FOLDER) {
			must_be_harmless(entry.name, sizeof entry.name);
			ENSURE(entry.name[0] != '\0' && strchr(entry.name, '/') == NULL && entry.size_bytes >= 0);
		}
		free(line);
		at += len + 1;
	}
}

/* -- orders ------------------------------------------------------------------------------------------------ */

static void
check_order(const uint8_t *data, size_t size)
{
	struct msg_ftp_remove message = { .serial = "01P00A123456789", .address = "192.0.2.7", .model = "P1S",
					  .paths = { data, size } };
	struct sockaddr_storage address;
	struct order order;
	const char *fault;
	char text[64] = "";

	memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
	if (line_parse_address(text, 990, &address))
		ENSURE(address.ss_family == AF_INET || address.ss_family == AF_INET6);
	secret_set(&message.access_code, "12345678", 8);
	if (!order_of_remove(&message, &order, &fault)) {
		ENSURE(fault[0] != '\0' && order.paths == NULL && order.code.len_bytes == 0);
		return;
	}
	const char *path = order.paths;
	for (size_t i = 0; i < order.path_count; i++, path += strlen(path) + 1)
		ENSURE(order_path_is_fine(path) && strpbrk(path, "\r\n ") == NULL);
	ENSURE(order.path_count <= EXCHANGE_PATHS_MAX);
	order_fini(&order);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_replies(data, size);
	check_lines(data, size);
	check_order(data, size);
	return 0;
}
