/*
 * put: a file goes up. The order of steps is the one that printers take (docs/protocol.md, "Files on the printer"); what
 * decides in the end is the size that the printer tells, never its word that all is well.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/log.h"
#include "common/str.h"
#include "worker/upload/exchange.h"
#include "worker/upload/times.h"

#define PIECE_BYTES (64 * 1024)
#define VERIFY_TRIES 3

/* A TLS record carries so much of the file, and is so long in all. */
#define RECORD_BYTES 16384
#define RECORD_WHOLE_BYTES (RECORD_BYTES + 29)

/* How the bytes go. */
struct flow {
	struct line data;
	int64_t written_bytes; /* of the file */
	uint64_t acked_before; /* by the handshake */
	uint64_t acked_bytes;
	int64_t moved_ms, looked_ms;
	bool all_acked, is_over;
};

/* -- before --------------------------------------------------------------------------------------------- */

static enum upload_fault
check_file(struct exchange *exchange)
{
	struct stat file;

	if (fstat(exchange->order.fd, &file) != 0) {
		str_copy(exchange->facts.reason, sizeof exchange->facts.reason, strerror(errno));
		return UPLOAD_FILE_BROKEN;
	}
	if (file.st_size >= exchange->order.size_bytes)
		return UPLOAD_NONE;
	exchange->facts.sent_bytes = file.st_size; /* as much as could be sent: for the sentence */
	return UPLOAD_FILE_SHORT;
}

/* Its folder, when it is not the root: made when it is not there. */
static enum upload_fault
make_folder(struct exchange *exchange)
{
	char folder[SESSION_PATH_MAX_BYTES + 1];

	str_copy(folder, sizeof folder, exchange->order.path);
	*strrchr(folder, '/') = '\0';
	if (folder[0] == '\0')
		return UPLOAD_NONE;
	session_enter(&exchange->session, UPLOAD_PHASE_FOLDER);
	enum upload_fault fault = session_ask(&exchange->session, "CWD", folder);
	if (fault != UPLOAD_NONE || exchange->session.reply.code / 100 == 2)
		return fault;
	return session_do(&exchange->session, "MKD", folder, 2);
}

/* What lay there under this name is an earlier attempt of ours. When it cannot be deleted, STOR will tell. */
static enum upload_fault
clear_way(struct exchange *exchange)
{
	enum upload_fault fault = folder_delete_ordered(exchange);

	if (fault == UPLOAD_NONE)
		fault = session_ask(&exchange->session, "DELE", exchange->order.path);
	return fault == UPLOAD_NONE ? make_folder(exchange) : fault;
}

/* -- the bytes ---------------------------------------------------------------------------------------------- */

/* How much of the file the other side has. */
static int64_t
there_bytes(const struct flow *flow)
{
	int64_t there = (int64_t)(flow->acked_bytes - flow->acked_before) * RECORD_BYTES / RECORD_WHOLE_BYTES;

	return flow->all_acked || there > flow->written_bytes ? flow->written_bytes : there;
}

static void
look(struct exchange *exchange, struct flow *flow, int64_t now_ms)
{
	struct line_flow is = line_flow(&flow->data);

	flow->looked_ms = now_ms;
	flow->all_acked = is.all_acked;
	flow->is_over = is.is_over;
	if (is.acked_bytes <= flow->acked_bytes)
		return;
	flow->acked_bytes = is.acked_bytes;
	flow->moved_ms = now_ms;
	exchange_moved(exchange, there_bytes(flow));
}

static void
look_now_and_then(struct exchange *exchange, struct flow *flow, int64_t now_ms)
{
	if (now_ms - flow->looked_ms >= LOOK_MS)
		look(exchange, flow, now_ms);
}

/* The control connection says something in the middle of it: "no space", say. When it ends, with a 421 or without a word, the
 * file may go on all the same, and another session will ask for its size. */
static enum upload_fault
hear(struct exchange *exchange)
{
	struct session *session = &exchange->session;

	if (!session_peek_reply(session) || session->reply.code < 400)
		return UPLOAD_NONE;
	if (session->reply.code != 421)
		return session_fault_of_reply(session);
	log_info("the printer's storage ends the session, not the file", log_str("reply", exchange->facts.reply));
	session->stands = false;
	return UPLOAD_NONE;
}

/* The socket takes nothing just now. */
static enum upload_fault
wait_for_room(struct exchange *exchange, struct flow *flow)
{
	const struct line *control = exchange->session.stands ? &exchange->session.control : NULL;
	int64_t now_ms = clock_monotonic_ms();

	enum line_end end = line_wait(&flow->data, POLLOUT, control, &exchange->breaker, now_ms + LOOK_MS);
	if (end == LINE_CANCELLED)
		return UPLOAD_CANCELLED;
	now_ms = clock_monotonic_ms();
	look(exchange, flow, now_ms);
	if (now_ms - flow->moved_ms > STALL_MS)
		return UPLOAD_STALLED;
	return hear(exchange);
}

static enum upload_fault
write_piece(struct exchange *exchange, struct flow *flow, const char *piece, size_t len)
{
	enum upload_fault fault = UPLOAD_NONE;
	size_t written;

	while (len > 0 && fault == UPLOAD_NONE) {
		enum line_end end = line_try_write(&flow->data, piece, len, &written);
		if (end == LINE_TIMED_OUT) {
			fault = wait_for_room(exchange, flow);
		} else if (end != LINE_FINE) {
			fault = session_fault_of_data(&exchange->session, &flow->data, end);
		} else {
			if (exchange->first_byte_ms == 0)
				exchange->first_byte_ms = clock_monotonic_ms();
			piece += written;
			len -= written;
			flow->written_bytes += (int64_t)written;
		}
	}
	return fault;
}

/* Slow printers have the buffers full at the end, too. */
static enum upload_fault
end_writing(struct exchange *exchange, struct flow *flow)
{
	enum upload_fault fault = UPLOAD_NONE;
	enum line_end end;

	while (fault == UPLOAD_NONE && (end = line_try_end(&flow->data)) != LINE_FINE)
		fault = end == LINE_TIMED_OUT ? wait_for_room(exchange, flow)
					      : session_fault_of_data(&exchange->session, &flow->data, end);
	return fault;
}

static enum upload_fault
read_piece(struct exchange *exchange, int64_t at, char *piece, size_t *ret_len)
{
	int64_t left = exchange->order.size_bytes - at;
	ssize_t n = pread(exchange->order.fd, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES, at);

	*ret_len = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return UPLOAD_NONE;
	str_copy(exchange->facts.reason, sizeof exchange->facts.reason, strerror(errno));
	return n == 0 ? UPLOAD_FILE_SHORT : UPLOAD_FILE_BROKEN;
}

static enum upload_fault
send_all(struct exchange *exchange, struct flow *flow)
{
	static char piece[PIECE_BYTES];
	int64_t half = exchange->order.size_bytes / 2;
	enum upload_fault fault = UPLOAD_NONE;
	size_t len;

	session_enter(&exchange->session, UPLOAD_PHASE_SEND);
	flow->acked_before = flow->acked_bytes = line_flow(&flow->data).acked_bytes;
	flow->moved_ms = flow->looked_ms = clock_monotonic_ms();
	while (fault == UPLOAD_NONE && flow->written_bytes < exchange->order.size_bytes) {
		bool first_half = flow->written_bytes < half;
		fault = read_piece(exchange, flow->written_bytes, piece, &len);
		if (fault == UPLOAD_NONE)
			fault = write_piece(exchange, flow, piece, len);
		if (first_half && flow->written_bytes >= half)
			crash_point("upload-half");
		look_now_and_then(exchange, flow, clock_monotonic_ms());
	}
	return fault == UPLOAD_NONE ? end_writing(exchange, flow) : fault;
}

/* -- the end of it ---------------------------------------------------------------------------------------------- */

/* Is this an end that leaves it to the size whether all is well? Printers break off, or fall silent, after a whole file. */
static bool
leaves_it_open(const struct exchange *exchange, enum upload_fault fault)
{
	unsigned code = exchange->session.reply.code;

	if (fault == UPLOAD_NONE)
		return code / 100 == 2 || code == 426 || code == 421;
	return fault == UPLOAD_SILENT || fault == UPLOAD_LOST || fault == UPLOAD_UNREADABLE;
}

/* Is all that was written on the printer's side? Then the connection is closed. */
static enum upload_fault
watch_the_rest(struct exchange *exchange, struct flow *flow, int64_t now_ms)
{
	look(exchange, flow, now_ms);
	if (flow->is_over && there_bytes(flow) < flow->written_bytes) {
		str_copy(flow->data.reason, sizeof flow->data.reason, "it closed the connection");
		return session_fault_of_data(&exchange->session, &flow->data, LINE_CLOSED);
	}
	if (flow->all_acked || flow->is_over) {
		line_close(&flow->data);
		session_enter(&exchange->session, UPLOAD_PHASE_CONFIRM);
	} else if (now_ms - flow->moved_ms > STALL_MS) {
		return UPLOAD_STALLED;
	}
	return UPLOAD_NONE;
}

/* Wait for the reply that ends the transfer. The time for it counts from the last byte that the printer's side took, which may
 * be long after the last that was written here. A reply that came before all was written counts when all was taken. */
static enum upload_fault
await_final(struct exchange *exchange, struct flow *flow)
{
	struct session *session = &exchange->session;
	int64_t now_ms = clock_monotonic_ms(), silent_ms = now_ms;
	enum upload_fault fault = UPLOAD_NONE;
	bool was_early = session->stands && !session->owes_reply;

	for (;;) {
		bool is_final = session_peek_reply(session) && session->reply.code >= 200;
		if (was_early ? session->reply.code >= 400 : is_final)
			return UPLOAD_NONE;
		now_ms = clock_monotonic_ms();
		if (flow->data.fd >= 0) {
			fault = watch_the_rest(exchange, flow, now_ms);
			silent_ms = now_ms;
		}
		if (fault == UPLOAD_NONE && flow->data.fd < 0 && was_early)
			return UPLOAD_NONE;
		if (fault == UPLOAD_NONE && flow->data.fd < 0 && !session->stands)
			fault = UPLOAD_LOST;
		else if (fault == UPLOAD_NONE && flow->data.fd < 0 && now_ms - silent_ms >= FINAL_MS)
			fault = UPLOAD_SILENT;
		if (fault != UPLOAD_NONE)
			return fault;
		int64_t until_ms = flow->data.fd >= 0 ? now_ms + LOOK_MS : silent_ms + FINAL_MS;
		if (line_wait(session->stands ? &session->control : NULL, POLLIN, NULL, &exchange->breaker, until_ms) ==
		    LINE_CANCELLED)
			return UPLOAD_CANCELLED;
	}
}

static void
log_doubt(const struct exchange *exchange, enum upload_fault fault)
{
	if (fault != UPLOAD_NONE)
		log_warn("the printer does not confirm the file: its size decides", log_str("fault", upload_fault_id(fault)));
	else if (exchange->session.reply.code / 100 != 2)
		log_warn("the printer says that the transfer failed: its size decides",
			 log_int("code", exchange->session.reply.code), log_str("reply", exchange->facts.reply));
}

static enum upload_fault
confirm(struct exchange *exchange, struct flow *flow)
{
	crash_point("upload-before-final");
	enum upload_fault fault = await_final(exchange, flow);
	if (!leaves_it_open(exchange, fault))
		return fault != UPLOAD_NONE ? fault : session_fault_of_reply(&exchange->session);
	log_doubt(exchange, fault);
	if (fault != UPLOAD_NONE || exchange->session.reply.code == 421)
		exchange->session.stands = false;
	exchange_moved(exchange, exchange->order.size_bytes);
	return UPLOAD_NONE;
}

/* -- is it there? ------------------------------------------------------------------------------------------------------ */

/* A late word about the transfer, where the answer to SIZE was awaited. */
static bool
is_of_the_transfer(unsigned code)
{
	return code == 226 || code == 250 || code == 425 || code == 426 || code == 451;
}

/* What the printer has of it, -1 when it is not there. On the present session. */
static enum upload_fault
ask_size(struct exchange *exchange, int64_t *ret_bytes)
{
	struct session *session = &exchange->session;
	enum upload_fault fault = session_ask(session, "SIZE", exchange->order.path);

	if (fault == UPLOAD_NONE && is_of_the_transfer(session->reply.code))
		fault = session_await(session, clock_monotonic_ms() + COMMAND_MS);
	if (fault != UPLOAD_NONE)
		return fault;
	if (session->reply.code == 213 && ftp_parse_size(session->reply.text, ret_bytes))
		return UPLOAD_NONE;
	/* It does not know the command, or that file: its list shows both. */
	return folder_find(exchange, exchange->order.path, ret_bytes);
}

/* The same, with a new session when the present one is dead or dies. */
static enum upload_fault
find_size(struct exchange *exchange, int64_t *ret_bytes)
{
	enum upload_fault fault = UPLOAD_LOST;

	session_enter(&exchange->session, UPLOAD_PHASE_VERIFY);
	if (exchange->session.stands)
		fault = ask_size(exchange, ret_bytes);
	if (fault == UPLOAD_NONE || fault == UPLOAD_CANCELLED || exchange->session.stands)
		return fault;
	log_info("logs in anew to ask for the size");
	fault = session_begin(&exchange->session);
	session_enter(&exchange->session, UPLOAD_PHASE_VERIFY);
	return fault == UPLOAD_NONE ? ask_size(exchange, ret_bytes) : fault;
}

/* Is another look worth while? It may still be writing, or not have noticed that the former session is over. */
static bool
may_settle(enum upload_fault fault, int64_t remote, int64_t size)
{
	return fault == UPLOAD_NONE ? remote < size : fault == UPLOAD_BUSY || fault == UPLOAD_REFUSED || fault == UPLOAD_LOST;
}

/* False when somebody cancels. */
static bool
let_it_settle(struct exchange *exchange)
{
	return line_wait(NULL, 0, NULL, &exchange->breaker, clock_monotonic_ms() + SETTLE_MS) != LINE_CANCELLED;
}

static enum upload_fault
verify(struct exchange *exchange)
{
	char sentence[UPLOAD_SENTENCE_BYTES];
	int64_t size = exchange->order.size_bytes, remote = -1;
	enum upload_fault fault;

	crash_point("upload-before-size");
	for (int try = 1;; try++) {
		remote = -1;
		fault = find_size(exchange, &remote);
		exchange->facts.remote_bytes = remote;
		if (!may_settle(fault, remote, size) || try == VERIFY_TRIES)
			break;
		if (!let_it_settle(exchange))
			return UPLOAD_CANCELLED;
	}
	if (fault == UPLOAD_CANCELLED)
		return fault;
	if (fault != UPLOAD_NONE) {
		upload_fault_sentence(fault, &exchange->facts, sentence);
		sentence[strlen(sentence) - 1] = '\0'; /* its full stop */
		str_copy(exchange->facts.reason, sizeof exchange->facts.reason, sentence);
		return UPLOAD_NOT_VERIFIED;
	}
	if (remote < 0)
		return UPLOAD_VANISHED;
	return remote == size ? UPLOAD_NONE : UPLOAD_SIZE_DIFFERS;
}

/* -- taking it back ------------------------------------------------------------------------------------------------------ */

static enum upload_fault
delete_anew(struct exchange *exchange)
{
	enum upload_fault fault = session_begin(&exchange->session);

	session_enter(&exchange->session, UPLOAD_PHASE_CLEAN);
	return fault == UPLOAD_NONE ? folder_delete(exchange, exchange->order.path) : fault;
}

/* Nothing half stays at the printer, if it lets us: some start by themselves what they find when they are switched on. */
static void
take_back(struct exchange *exchange)
{
	struct session *session = &exchange->session;
	struct upload_facts kept = exchange->facts;
	enum upload_fault fault = UPLOAD_LOST;

	exchange->breaker.ignored = true;
	session->latest_ms = clock_monotonic_ms() + UNDO_MS;
	session_enter(session, UPLOAD_PHASE_CLEAN);
	if (session->stands && session->owes_reply)
		session_await(session, session_deadline_ms(session, FAREWELL_MS));
	if (session->stands)
		fault = folder_delete(exchange, exchange->order.path);
	if (fault != UPLOAD_NONE && !session->stands)
		fault = delete_anew(exchange);
	if (fault == UPLOAD_NONE)
		log_info("deleted what was sent", log_str("path", exchange->order.path));
	else
		log_warn("could not delete what was sent", log_str("path", exchange->order.path),
			 log_str("fault", upload_fault_id(fault)), log_str("reply", exchange->facts.reply));
	exchange->facts = kept;
}

/* -- all of it ---------------------------------------------------------------------------------------------------------------- */

static enum upload_fault
transfer(struct exchange *exchange, bool *ret_begun)
{
	struct flow flow = { 0 };

	line_init(&flow.data, &exchange->breaker);
	session_enter(&exchange->session, UPLOAD_PHASE_OPEN);
	str_copy(exchange->facts.path, sizeof exchange->facts.path, exchange->order.path);
	crash_point("upload-before-stor");
	enum upload_fault fault =
		session_open_data(&exchange->session, "STOR", exchange->order.path, &flow.data, ret_begun);
	if (fault == UPLOAD_NONE)
		fault = send_all(exchange, &flow);
	if (fault == UPLOAD_NONE)
		fault = confirm(exchange, &flow);
	if (flow.data.fd >= 0)
		look(exchange, &flow, clock_monotonic_ms());
	exchange->facts.sent_bytes = fault == UPLOAD_NONE || fault == UPLOAD_FILE_SHORT ? flow.written_bytes : there_bytes(&flow);
	if (fault == UPLOAD_NONE)
		line_close(&flow.data);
	else
		line_break_off(&flow.data);
	return fault;
}

enum upload_fault
put_run(struct exchange *exchange)
{
	bool begun = false;
	enum upload_fault fault = check_file(exchange);

	if (fault == UPLOAD_NONE)
		fault = session_begin(&exchange->session);
	if (fault == UPLOAD_NONE)
		fault = clear_way(exchange);
	if (fault == UPLOAD_NONE)
		fault = transfer(exchange, &begun);
	if (fault == UPLOAD_NONE)
		fault = verify(exchange);
	if (fault != UPLOAD_NONE && begun)
		take_back(exchange);
	return fault;
}
