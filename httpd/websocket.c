/*
 * websocket: wslay reads and writes the frames; here are the socket, the bounds and the clock.
 */
#include "httpd/websocket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <wslay/wslay.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"

#define WEBSOCKET_MAGIC 0x57534f43
#define TURN_BYTES (16 * 1024)		/* read at most so many in one turn of the loop */
#define UNSENT_BYTES (64 * 1024)	/* more do not pile up in the kernel: they would be old when they go out */
#define HEAD_BYTES 10

/*	OPEN ─ websocket_close(), or a close or a fault of the client's ─→ CLOSING ─ all is said ─→ over
 *	                                                                      └─ it may still be writing ─→ DRAINING ─→ over */
enum phase { PHASE_OPEN, PHASE_CLOSING, PHASE_DRAINING };

struct websocket {
	unsigned magic;
	enum phase phase;
	int fd;
	struct loop_io *io;
	struct websocket_outlet outlet; /* .put == NULL: there is none */
	struct loop_io *outlet_io;
	bool is_held; /* the outlet has something that is not out */
	wslay_event_context_ptr wslay;
	const struct websocket_events *events;
	void *arg;
	bool is_reading;   /* within wslay's reading: it is not called for writing then */
	const char *fault; /* why it cannot go on; NULL */
	uint8_t *early;
	size_t early_len, early_at;
	size_t turn_bytes;
	struct payload *payload; /* on its way */
	size_t payload_at;
	uint8_t head[HEAD_BYTES]; /* a frame's head waits for its first bytes: one call for both */
	size_t head_len;
	int64_t heard_ms, progress_ms, pinged_ms, closing_ms, window_ms;
	unsigned window_frames;
};

/* -- what wslay asks for ------------------------------------------------------------------------------- */

static ssize_t
cannot(struct websocket *websocket, const char *fault)
{
	websocket->fault = fault;
	wslay_event_set_error(websocket->wslay, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t
not_now(struct websocket *websocket)
{
	wslay_event_set_error(websocket->wslay, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t
take_early(struct websocket *websocket, uint8_t *to, size_t cap)
{
	size_t left = websocket->early_len - websocket->early_at, len = left < cap ? left : cap;

	memcpy(to, websocket->early + websocket->early_at, len);
	websocket->early_at += len;
	return (ssize_t)len;
}

static ssize_t
on_wants_bytes(wslay_event_context_ptr wslay, uint8_t *to, size_t cap, int flags, void *arg)
{
	struct websocket *websocket = arg;

	(void)wslay;
	(void)flags;
	if (websocket->early_at < websocket->early_len)
		return take_early(websocket, to, cap);
	if (websocket->turn_bytes >= TURN_BYTES)
		return not_now(websocket);
	ssize_t n = recv(websocket->fd, to, cap, MSG_DONTWAIT);
	if (n == 0)
		return cannot(websocket, "it went away");
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return not_now(websocket);
	if (n < 0)
		return cannot(websocket, "its connection broke");
	websocket->turn_bytes += (size_t)n;
	websocket->heard_ms = clock_monotonic_ms();
	return n;
}

/* What the outlet has taken goes on. */
static void
flush(struct websocket *websocket)
{
	int outcome = websocket->outlet.flush(websocket->outlet.arg);

	websocket->is_held = outcome == 0;
	if (outcome < 0)
		websocket->fault = "it went away";
	else if (outcome > 0)
		websocket->progress_ms = clock_monotonic_ms();
}

static ssize_t
put_out(struct websocket *websocket, const uint8_t *bytes, size_t len)
{
	const struct websocket_outlet *outlet = &websocket->outlet;

	if (websocket->is_held)
		return not_now(websocket);
	if (!outlet->put(outlet->arg, websocket->head, websocket->head_len) || !outlet->put(outlet->arg, bytes, len))
		return cannot(websocket, "it went away");
	websocket->head_len = 0;
	flush(websocket);
	return websocket->fault == NULL ? (ssize_t)len : cannot(websocket, websocket->fault);
}

/* A frame's head is kept back until there are bytes to go with it. */
static ssize_t
on_wants_sent(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct websocket *websocket = arg;

	(void)wslay;
	if ((flags & WSLAY_MSG_MORE) && websocket->head_len == 0 && len <= HEAD_BYTES) {
		memcpy(websocket->head, bytes, len);
		websocket->head_len = len;
		return (ssize_t)len;
	}
	if (websocket->outlet.put != NULL)
		return put_out(websocket, bytes, len);
	struct iovec parts[] = { { websocket->head, websocket->head_len }, { (void *)(uintptr_t)bytes, len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n = sendmsg(websocket->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return not_now(websocket);
	if (n < 0)
		return cannot(websocket, "it went away");
	websocket->progress_ms = clock_monotonic_ms();
	size_t of_head = (size_t)n < websocket->head_len ? (size_t)n : websocket->head_len;
	memmove(websocket->head, websocket->head + of_head, websocket->head_len - of_head);
	websocket->head_len -= of_head;
	return (size_t)n > of_head ? n - (ssize_t)of_head : not_now(websocket);
}

static ssize_t
on_wants_text(wslay_event_context_ptr wslay, uint8_t *to, size_t cap, const union wslay_event_msg_source *source, int *eof,
	      void *arg)
{
	struct websocket *websocket = arg;
	size_t left = websocket->payload->len - websocket->payload_at, len = left < cap ? left : cap;

	(void)wslay;
	(void)source;
	memcpy(to, websocket->payload->text + websocket->payload_at, len);
	websocket->payload_at += len;
	*eof = len == left;
	return (ssize_t)len;
}

/* -- what the client says ---------------------------------------------------------------------------------- */

static void
on_frame_begins(wslay_event_context_ptr wslay, const struct wslay_event_on_frame_recv_start_arg *begun, void *arg)
{
	struct websocket *websocket = arg;

	(void)begun;
	if (websocket->heard_ms - websocket->window_ms > WEBSOCKET_FRAMES_MS) {
		websocket->window_ms = websocket->heard_ms;
		websocket->window_frames = 0;
	}
	if (++websocket->window_frames <= WEBSOCKET_FRAMES_MAX)
		return;
	websocket_close(websocket, WEBSOCKET_POLICY, "too many messages");
	wslay_event_shutdown_read(wslay);
}

static void
on_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct websocket *websocket = arg;

	(void)wslay;
	if (message->opcode == WSLAY_BINARY_FRAME)
		websocket_close(websocket, WEBSOCKET_UNSUPPORTED, "only text is understood here");
	else if (message->opcode == WSLAY_TEXT_FRAME && websocket->phase == PHASE_OPEN)
		websocket->events->on_text(websocket->arg, (const char *)message->msg, message->msg_length);
}

/* -- the socket ------------------------------------------------------------------------------------------------ */

static void
enter(struct websocket *websocket, enum phase phase)
{
	if (websocket->phase == PHASE_OPEN)
		websocket->closing_ms = clock_monotonic_ms();
	websocket->phase = phase;
}

/* When reads and writes are done with: a client that was closed for its faults may be writing still, and a socket that
 * is closed with bytes unread would take our last word away from it. */
static void
conclude(struct websocket *websocket)
{
	if (wslay_event_get_close_received(websocket->wslay)) {
		websocket->fault = "it closed in good order";
		return;
	}
	enter(websocket, PHASE_DRAINING);
	shutdown(websocket->fd, SHUT_WR);
}

/* A fault is told from the loop: a socket that cannot be written to is soon ready for it. */
static void
watch(struct websocket *websocket, bool wants_write)
{
	bool reads = websocket->phase == PHASE_DRAINING || wslay_event_want_read(websocket->wslay);
	bool writes_here = wants_write && websocket->outlet.put == NULL;

	loop_io_set_interest(websocket->io, (reads ? LOOP_READ : 0u) |
						    (writes_here || websocket->fault != NULL ? LOOP_WRITE : 0u));
	if (websocket->outlet_io != NULL)
		loop_io_set_interest(websocket->outlet_io, wants_write ? LOOP_WRITE : 0u);
}

static void
write_on(struct websocket *websocket)
{
	if (websocket->is_reading || websocket->fault != NULL)
		return;
	if (websocket->is_held)
		flush(websocket);
	bool wanted = wslay_event_want_write(websocket->wslay);
	if (wanted && websocket->fault == NULL && wslay_event_send(websocket->wslay) != 0 && websocket->fault == NULL)
		websocket->fault = "the library gave up";
	wanted = wslay_event_want_write(websocket->wslay) || websocket->is_held;
	if (!wanted && websocket->payload != NULL) {
		payload_release(websocket->payload);
		websocket->payload = NULL;
	}
	if (websocket->phase == PHASE_OPEN && !wslay_event_get_read_enabled(websocket->wslay))
		enter(websocket, PHASE_CLOSING); /* wslay has closed it */
	if (websocket->phase == PHASE_CLOSING && !wanted && !wslay_event_want_read(websocket->wslay) &&
	    websocket->fault == NULL)
		conclude(websocket);
	watch(websocket, wanted);
}

static void
read_on(struct websocket *websocket)
{
	websocket->turn_bytes = 0;
	websocket->is_reading = true;
	/* Of a frame that breaks the rules wslay says only that it has failed; it has a close ready then. */
	if (wslay_event_recv(websocket->wslay) == WSLAY_ERR_NOMEM)
		websocket->fault = "the library gave up";
	websocket->is_reading = false;
}

static void
drain(struct websocket *websocket)
{
	uint8_t unread[4096];
	ssize_t n = recv(websocket->fd, unread, sizeof unread, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		websocket->fault = "it was closed";
}

static void
on_io(void *arg, int fd, unsigned ready)
{
	struct websocket *websocket = arg;

	(void)fd;
	if (websocket->phase == PHASE_DRAINING)
		drain(websocket);
	else if (websocket->fault == NULL && wslay_event_want_read(websocket->wslay) &&
		 ((ready & LOOP_READ) || websocket->early_at < websocket->early_len))
		read_on(websocket);
	if (websocket->fault == NULL)
		write_on(websocket);
	if (websocket->fault != NULL)
		websocket->events->on_end(websocket->arg, websocket->fault);
	else if (websocket_is_ready(websocket))
		websocket->events->on_ready(websocket->arg);
}

/* -- life -------------------------------------------------------------------------------------------------------- */

/* Neither matters on a socket that is none of TCP's. */
static void
tune(int fd)
{
	int on = 1, unsent = UNSENT_BYTES;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent) != 0)
		log_debug("a WebSocket is not tuned", log_str("error", strerror(errno)));
}

struct websocket *
websocket_new(struct loop *loop, int fd, const void *early, size_t early_len, const struct websocket_events *events,
	      void *arg)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_wants_bytes, .send_callback = on_wants_sent,
		.on_frame_recv_start_callback = on_frame_begins, .on_msg_recv_callback = on_message,
	};
	struct websocket *websocket = calloc(1, sizeof *websocket);

	ENSURE(websocket != NULL);
	websocket->magic = WEBSOCKET_MAGIC;
	websocket->fd = fd;
	websocket->events = events;
	websocket->arg = arg;
	websocket->heard_ms = websocket->pinged_ms = websocket->progress_ms = websocket->window_ms = clock_monotonic_ms();
	if (early_len > 0) {
		websocket->early = malloc(early_len);
		ENSURE(websocket->early != NULL);
		memcpy(websocket->early, early, early_len);
		websocket->early_len = early_len;
	}
	ENSURE(wslay_event_context_server_init(&websocket->wslay, &callbacks, websocket) == 0);
	wslay_event_config_set_max_recv_msg_length(websocket->wslay, WEBSOCKET_MESSAGE_MAX_BYTES);
	tune(fd);
	/* Writable at once: that is when early bytes are read and the first message is asked for. */
	websocket->io = loop_io_new(loop, fd, LOOP_READ | LOOP_WRITE, on_io, websocket);
	return websocket;
}

void
websocket_set_outlet(struct websocket *websocket, struct loop *loop, const struct websocket_outlet *outlet)
{
	ENSURE_OBJ(websocket, WEBSOCKET_MAGIC);
	websocket->outlet = *outlet;
	websocket->outlet_io = loop_io_new(loop, outlet->fd, 0, on_io, websocket);
	tune(outlet->fd);
}

void
websocket_free(struct websocket *websocket)
{
	ENSURE_OBJ(websocket, WEBSOCKET_MAGIC);
	loop_io_free(websocket->outlet_io);
	loop_io_free(websocket->io);
	wslay_event_context_free(websocket->wslay);
	payload_release(websocket->payload);
	free(websocket->early);
	websocket->magic = 0;
	free(websocket);
}

bool
websocket_is_ready(const struct websocket *websocket)
{
	return websocket->phase == PHASE_OPEN && websocket->fault == NULL && websocket->payload == NULL;
}

void
websocket_send(struct websocket *websocket, struct payload *payload)
{
	const struct wslay_event_fragmented_msg message = { .opcode = WSLAY_TEXT_FRAME, .read_callback = on_wants_text };

	ENSURE_OBJ(websocket, WEBSOCKET_MAGIC);
	ENSURE(websocket_is_ready(websocket));
	websocket->payload = payload;
	websocket->payload_at = 0;
	websocket->progress_ms = clock_monotonic_ms();
	if (wslay_event_queue_fragmented_msg(websocket->wslay, &message) != 0)
		websocket->fault = "the library takes nothing";
	write_on(websocket);
}

void
websocket_close(struct websocket *websocket, enum websocket_code code, const char *reason)
{
	ENSURE_OBJ(websocket, WEBSOCKET_MAGIC);
	if (websocket->phase != PHASE_OPEN || websocket->fault != NULL)
		return;
	enter(websocket, PHASE_CLOSING);
	if (wslay_event_queue_close(websocket->wslay, (uint16_t)code, (const uint8_t *)reason, strlen(reason)) != 0)
		websocket->fault = "the library takes nothing";
	write_on(websocket);
}

static void
ping(struct websocket *websocket, int64_t now_ms)
{
	const struct wslay_event_msg message = { .opcode = WSLAY_PING };

	websocket->pinged_ms = websocket->progress_ms = now_ms;
	if (wslay_event_queue_msg(websocket->wslay, &message) != 0)
		websocket->fault = "the library takes nothing";
	write_on(websocket);
}

const char *
websocket_look(struct websocket *websocket, int64_t now_ms)
{
	ENSURE_OBJ(websocket, WEBSOCKET_MAGIC);
	bool sends = wslay_event_want_write(websocket->wslay) || websocket->is_held;

	if (websocket->fault != NULL)
		return websocket->fault;
	if (websocket->phase != PHASE_OPEN)
		return now_ms - websocket->closing_ms > WEBSOCKET_CLOSING_MS ? "it did not close in time" : NULL;
	if (sends && now_ms - websocket->progress_ms > WEBSOCKET_STALL_MS)
		return "it takes nothing";
	if (now_ms - websocket->heard_ms > WEBSOCKET_SILENCE_MS)
		return "it answers nothing";
	if (!sends && now_ms - websocket->pinged_ms >= WEBSOCKET_PING_MS)
		ping(websocket, now_ms);
	return websocket->fault;
}
