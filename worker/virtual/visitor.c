/*
 * visitor: one that has come to a server: its handshake, its bytes in and out, and how it goes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "worker/virtual/server_inner.h"

#define READS_AT_ONCE 4
#define RECORD_BYTES \
	16384 /* a read takes a whole record of TLS, so none of it waits where no socket tells of it */
#define FAREWELL_MS 3000

/* -- bytes that wait ------------------------------------------------------------------------------------------- */

static void
bytes_clear(struct bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct bytes){ 0 };
}

/* False: it would be more than `max`. */
static bool
bytes_add(struct bytes *bytes, const void *more, size_t len, size_t max)
{
	if (len > max - bytes->len)
		return false;
	if (bytes->len + len > bytes->cap) {
		size_t cap = bytes->cap > 0 ? bytes->cap : 512;
		while (cap < bytes->len + len)
			cap *= 2;
		bytes->at = realloc(bytes->at, cap);
		ENSURE(bytes->at != NULL);
		bytes->cap = cap;
	}
	memcpy(bytes->at + bytes->len, more, len);
	bytes->len += len;
	return true;
}

static void
bytes_take(struct bytes *bytes, size_t len)
{
	ENSURE(len <= bytes->len);
	bytes->len -= len;
	if (bytes->len == 0)
		bytes_clear(bytes);
	else if (len > 0)
		memmove(bytes->at, bytes->at + len, bytes->len);
}

/* -- leaving ---------------------------------------------------------------------------------------------------- */

void
visitor_free(struct visitor *visitor)
{
	TAILQ_REMOVE(&visitor->server->visitors, visitor, next);
	if (visitor->guest != NULL)
		visitor->server->duties.on_leave(visitor->guest);
	bytes_clear(&visitor->in);
	bytes_clear(&visitor->out);
	visitor->magic = 0;
	free(visitor);
}

void
visitor_drop(struct visitor *visitor)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	if (visitor->phase == PHASE_GONE)
		return;
	visitor->phase = PHASE_GONE;
	loop_timer_free(visitor->timer);
	loop_io_free(visitor->io);
	tls_server_free(visitor->tls);
	visitor->tls = NULL;
	close(visitor->fd);
	loop_turn_ask(visitor->server->sweep);
}

void
visitor_drop_for(struct visitor *visitor, const char *why)
{
	if (visitor->phase != PHASE_GONE)
		log_debug("a visitor goes", log_str("service", visitor->server->rules.name),
			  log_str("why", why));
	visitor_drop(visitor);
}

void
visitor_on_time(void *arg)
{
	struct visitor *visitor = arg;

	if (visitor->phase == PHASE_ENDING || visitor->phase == PHASE_LINGERING)
		visitor_drop(visitor);
	else
		visitor_drop_for(visitor,
				 visitor->is_welcome ? "it was silent too long" : "it has not logged in");
}

/* What it had said after its last word would take that back, were the socket closed with it unread. */
static void
linger(struct visitor *visitor)
{
	visitor->phase = PHASE_LINGERING;
	shutdown(visitor->fd, SHUT_WR);
	loop_io_set_interest(visitor->io, LOOP_READ);
}

static void
on_lingering(struct visitor *visitor)
{
	uint8_t nothing[4096];
	ssize_t got;

	for (unsigned i = 0; i < READS_AT_ONCE; i++) {
		got = recv(visitor->fd, nothing, sizeof nothing, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			visitor_drop(visitor);
			return;
		}
		if (got < 0)
			return;
	}
}

/* -- out -------------------------------------------------------------------------------------------------------- */

static enum tls_step
write_some(struct visitor *visitor, const uint8_t *bytes, size_t len, size_t *ret_written)
{
	if (visitor->tls != NULL)
		return tls_server_write(visitor->tls, bytes, len, ret_written);
	ssize_t sent = send(visitor->fd, bytes, len, MSG_NOSIGNAL);
	*ret_written = sent > 0 ? (size_t)sent : 0;
	if (sent >= 0)
		return TLS_STEP_DONE;
	return errno == EAGAIN || errno == EINTR ? TLS_STEP_WANT_WRITE : TLS_STEP_CLOSED;
}

static void
want(struct visitor *visitor, bool write)
{
	unsigned read = visitor->phase == PHASE_ENDING ? 0 : LOOP_READ;

	if (visitor->wants_write == write && visitor->phase != PHASE_ENDING)
		return;
	visitor->wants_write = write;
	loop_io_set_interest(visitor->io, read | (write ? LOOP_WRITE : 0u));
}

/* True: nothing waits any more. */
static bool
flush(struct visitor *visitor)
{
	size_t written;

	while (visitor->out_sent < visitor->out.len) {
		enum tls_step step = write_some(visitor, visitor->out.at + visitor->out_sent,
						visitor->out.len - visitor->out_sent, &written);
		if (step == TLS_STEP_WANT_WRITE || step == TLS_STEP_WANT_READ) {
			want(visitor, true);
			return false;
		}
		if (step != TLS_STEP_DONE) {
			visitor_drop(visitor);
			return false;
		}
		visitor->out_sent += written;
	}
	bytes_clear(&visitor->out);
	visitor->out_sent = 0;
	return true;
}

static void
go_on_ending(struct visitor *visitor)
{
	enum tls_step step = TLS_STEP_DONE;

	if (!flush(visitor))
		return;
	if (visitor->tls != NULL && visitor->closing_words)
		step = tls_server_end(visitor->tls);
	if (step == TLS_STEP_WANT_WRITE)
		want(visitor, true);
	else
		linger(visitor);
}

static void
go_on_sending(struct visitor *visitor)
{
	if (flush(visitor))
		want(visitor, false);
}

void
visitor_send(struct visitor *visitor, const void *bytes, size_t len)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	if (visitor->phase != PHASE_HERE)
		return;
	if (visitor->out_sent > 0) {
		bytes_take(&visitor->out, visitor->out_sent);
		visitor->out_sent = 0;
	}
	if (!bytes_add(&visitor->out, bytes, len, visitor->server->rules.out_max_bytes))
		visitor_drop_for(visitor, "it does not read what it is told");
	else if (!visitor->wants_write)
		go_on_sending(visitor);
}

void
visitor_end(struct visitor *visitor, bool with_closing_words)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	if (visitor->phase != PHASE_HERE)
		return;
	visitor->phase = PHASE_ENDING;
	visitor->closing_words = with_closing_words;
	loop_timer_set(visitor->timer, FAREWELL_MS);
	want(visitor, true); /* the rest at its next chance, never from within a call of the guest's */
}

/* -- in --------------------------------------------------------------------------------------------------------- */

static enum tls_step
read_some(struct visitor *visitor, uint8_t *to, size_t cap, size_t *ret_len)
{
	if (visitor->tls != NULL)
		return tls_server_read(visitor->tls, to, cap, ret_len);
	ssize_t got = recv(visitor->fd, to, cap, 0);
	*ret_len = got > 0 ? (size_t)got : 0;
	if (got > 0)
		return TLS_STEP_DONE;
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? TLS_STEP_WANT_READ : TLS_STEP_CLOSED;
}

static void
give(struct visitor *visitor)
{
	size_t at = 0, taken = 1;

	while (visitor->phase == PHASE_HERE && at < visitor->in.len && taken > 0) {
		taken = visitor->server->duties.on_bytes(visitor->guest, visitor->in.at + at,
							 visitor->in.len - at);
		at += taken;
	}
	bytes_take(&visitor->in, at);
}

static void
go_on_reading(struct visitor *visitor)
{
	static uint8_t record[RECORD_BYTES];
	size_t len;

	for (unsigned i = 0; i < READS_AT_ONCE && visitor->phase == PHASE_HERE; i++) {
		enum tls_step step = read_some(visitor, record, sizeof record, &len);
		if (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE)
			return;
		if (step != TLS_STEP_DONE) {
			visitor_drop(visitor);
		} else if (!bytes_add(&visitor->in, record, len, visitor->server->rules.in_max_bytes)) {
			visitor_drop_for(visitor, "it says too much at once");
		} else {
			give(visitor);
		}
	}
}

/* -- coming ----------------------------------------------------------------------------------------------------- */

void
visitor_come_in(struct visitor *visitor)
{
	visitor->phase = PHASE_HERE;
	loop_io_set_interest(visitor->io, LOOP_READ);
	visitor->guest = visitor->server->duties.on_come(visitor->server->duties.arg, visitor);
	if (visitor->guest == NULL)
		visitor_drop(visitor);
}

static void
go_on_shaking(struct visitor *visitor)
{
	switch (tls_server_handshake(visitor->tls)) {
	case TLS_STEP_DONE:
		visitor_come_in(visitor);
		break;
	case TLS_STEP_WANT_READ:
		loop_io_set_interest(visitor->io, LOOP_READ);
		break;
	case TLS_STEP_WANT_WRITE:
		loop_io_set_interest(visitor->io, LOOP_WRITE);
		break;
	case TLS_STEP_FAILED:
	case TLS_STEP_CLOSED:
		visitor_drop_for(visitor, tls_server_fault_peek(visitor->tls));
		break;
	}
}

void
visitor_on_ready(void *arg, int fd, unsigned ready)
{
	struct visitor *visitor = arg;

	(void)fd;
	if (visitor->phase == PHASE_HANDSHAKE)
		go_on_shaking(visitor);
	else if (visitor->phase == PHASE_ENDING)
		go_on_ending(visitor);
	else if (visitor->phase == PHASE_LINGERING)
		on_lingering(visitor);
	if (visitor->phase == PHASE_HERE && (ready & LOOP_WRITE) && visitor->wants_write)
		go_on_sending(visitor);
	if (visitor->phase == PHASE_HERE && (ready & LOOP_READ))
		go_on_reading(visitor);
}

/* -- what a guest says and asks --------------------------------------------------------------------------------- */

void
visitor_welcome(struct visitor *visitor)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	visitor->is_welcome = true;
}

void
visitor_expect(struct visitor *visitor, int64_t ms)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	if (visitor->phase != PHASE_HERE)
		return;
	if (ms > 0)
		loop_timer_set(visitor->timer, ms);
	else
		loop_timer_cancel(visitor->timer);
}

size_t
visitor_waiting_bytes(const struct visitor *visitor)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	return visitor->out.len - visitor->out_sent;
}

bool
visitor_is_here(const struct visitor *visitor)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	return visitor->phase == PHASE_HERE;
}

const struct tls_server *
visitor_tls_peek(const struct visitor *visitor)
{
	ENSURE_OBJ(visitor, VISITOR_MAGIC);
	return visitor->tls;
}
