/*
 * visit: CONNECTING → SHAKING_HANDS → ASKING → LISTENING → over, each on a descriptor that is ready or a timer.
 */
#include "discovery/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"

enum stage { CONNECTING, SHAKING_HANDS, ASKING, LISTENING, OVER };

struct visit {
	struct loop *loop;
	struct visit_plan plan;
	visit_end_fn *on_end;
	void *arg;
	enum stage stage;
	int64_t start_ms; /* monotonic */
	int fd;
	struct loop_io *io;
	struct loop_timer *stage_timer; /* TCP must stand by then; afterwards, and for a failure at once, the end */
	struct tls_client *tls;
	uint8_t request[DETECT_REQUEST_BYTES];
	size_t request_len, sent;
	size_t got;
	struct visit_result result;
	uint8_t answer[DETECT_REPLY_MAX_BYTES];
};

/* -- the end -------------------------------------------------------------------------------------- */

static void
hang_up(struct visit *visit)
{
	tls_client_free(visit->tls);
	loop_io_free(visit->io);
	if (visit->fd >= 0)
		close(visit->fd);
	visit->tls = NULL;
	visit->io = NULL;
	visit->fd = -1;
}

/* Nothing of the visit may be touched after it: its owner may have freed it. */
static void
finish(struct visit *visit, enum visit_end end, const char *fault)
{
	visit->stage = OVER;
	visit->result.end = end;
	str_copy(visit->result.fault, sizeof visit->result.fault, fault);
	hang_up(visit);
	loop_timer_cancel(visit->stage_timer);
	visit->on_end(visit->arg, &visit->result);
}

static void
finish_unconnected(struct visit *visit, int error)
{
	visit->result.error = error;
	finish(visit,
	       error == ECONNREFUSED ? VISIT_REFUSED :
	       error == ETIMEDOUT    ? VISIT_NO_ANSWER :
				       VISIT_UNREACHABLE,
	       strerror(error));
}

static void
on_time(void *arg)
{
	struct visit *visit = arg;

	switch (visit->stage) {
	case CONNECTING:
		finish_unconnected(visit, visit->result.error != 0 ? visit->result.error : ETIMEDOUT);
		break;
	case SHAKING_HANDS:
		finish(visit, VISIT_TLS_SILENT, "it falls silent in the TLS handshake");
		break;
	case ASKING:
	case LISTENING:
		finish(visit, VISIT_MUTE, "it does not answer");
		break;
	case OVER:
		break;
	}
}

/* -- talking, in TLS or not ------------------------------------------------------------------------- */

static enum tls_step
step_of(ssize_t n, enum tls_step when_it_must_wait)
{
	if (n > 0)
		return TLS_STEP_DONE;
	if (n == 0)
		return TLS_STEP_CLOSED;
	return errno == EAGAIN || errno == EINTR ? when_it_must_wait : TLS_STEP_FAILED;
}

static enum tls_step
send_some(struct visit *visit, size_t *ret_n)
{
	const uint8_t *from = visit->request + visit->sent;
	size_t len = visit->request_len - visit->sent;

	if (visit->tls != NULL)
		return tls_client_write(visit->tls, from, len, ret_n);
	ssize_t n = send(visit->fd, from, len, MSG_NOSIGNAL);
	*ret_n = n > 0 ? (size_t)n : 0;
	return step_of(n, TLS_STEP_WANT_WRITE);
}

static enum tls_step
receive_some(struct visit *visit, size_t *ret_n)
{
	uint8_t *to = visit->answer + visit->got;
	size_t room = sizeof visit->answer - visit->got;

	if (visit->tls != NULL)
		return tls_client_read(visit->tls, to, room, ret_n);
	ssize_t n = recv(visit->fd, to, room, 0);
	*ret_n = n > 0 ? (size_t)n : 0;
	return step_of(n, TLS_STEP_WANT_READ);
}

/* True when `step` says to wait for the descriptor, which is then watched for it. */
static bool
must_wait(struct visit *visit, enum tls_step step)
{
	if (step != TLS_STEP_WANT_READ && step != TLS_STEP_WANT_WRITE)
		return false;
	loop_io_set_interest(visit->io, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
	return true;
}

/* -- the stages -------------------------------------------------------------------------------------- */

/* The frame may come in many pieces; they fit into the buffer, or the frame would have been refused by its length. */
static void
listen_on(struct visit *visit)
{
	const char *fault;
	size_t n;
	enum tls_step step = receive_some(visit, &n);

	if (must_wait(visit, step))
		return;
	if (step != TLS_STEP_DONE) {
		finish(visit, VISIT_CLOSED, "it closes the connection without an answer");
		return;
	}
	visit->got += n;
	enum detect_result result = detect_decode(visit->answer, visit->got, &visit->result.reply, &fault);
	if (result == DETECT_DONE)
		finish(visit, VISIT_DONE, "");
	else if (result == DETECT_BAD)
		finish(visit, VISIT_GARBLED, fault);
	else
		ENSURE(visit->got < sizeof visit->answer);
}

static void
ask(struct visit *visit)
{
	size_t n;
	enum tls_step step = send_some(visit, &n);

	if (must_wait(visit, step))
		return;
	if (step != TLS_STEP_DONE) {
		finish(visit, VISIT_CLOSED, "it closes the connection without an answer");
		return;
	}
	visit->sent += n;
	if (visit->sent == visit->request_len) {
		visit->stage = LISTENING;
		loop_io_set_interest(visit->io, LOOP_READ);
	}
}

static void
begin_to_ask(struct visit *visit)
{
	if (!visit->plan.asks) {
		finish(visit, VISIT_DONE, "");
		return;
	}
	visit->stage = ASKING;
	visit->request_len = detect_request(visit->request);
	loop_io_set_interest(visit->io, LOOP_WRITE);
}

static void
shake_hands(struct visit *visit)
{
	enum tls_step step = tls_client_handshake(visit->tls);
	char fault[120];

	if (must_wait(visit, step))
		return;
	if (step == TLS_STEP_DONE) {
		visit->result.has_certificate = true;
		visit->result.certificate = *tls_client_certificate_peek(visit->tls);
		begin_to_ask(visit);
		return;
	}
	str_copy(fault, sizeof fault, tls_client_fault_peek(visit->tls));
	finish(visit, step == TLS_STEP_CLOSED ? VISIT_CLOSED : VISIT_TLS_FAILED, fault);
}

static void
connected(struct visit *visit)
{
	static const struct tls_expectation anyone;
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(visit->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0) {
		finish_unconnected(visit, error);
		return;
	}
	int64_t left_ms = visit->start_ms + visit->plan.all_ms - clock_monotonic_ms();
	loop_timer_set(visit->stage_timer, left_ms > 0 ? left_ms : 0);
	if (!visit->plan.tls) {
		begin_to_ask(visit);
		return;
	}
	visit->stage = SHAKING_HANDS;
	visit->tls = tls_client_new(visit->fd, &anyone, true);
	shake_hands(visit);
}

static void
on_ready(void *arg, int fd, unsigned ready)
{
	struct visit *visit = arg;

	(void)fd, (void)ready;
	switch (visit->stage) {
	case CONNECTING:
		connected(visit);
		break;
	case SHAKING_HANDS:
		shake_hands(visit);
		break;
	case ASKING:
		ask(visit);
		break;
	case LISTENING:
		listen_on(visit);
		break;
	case OVER:
		break;
	}
}

/* -- from and to the owner ----------------------------------------------------------------------------- */

static int
begin_to_connect(struct visit *visit)
{
	struct sockaddr_storage *there = &visit->plan.address;
	bool is_v6 = there->ss_family == AF_INET6;
	socklen_t len = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	if (is_v6)
		((struct sockaddr_in6 *)there)->sin6_port = htons(visit->plan.port);
	else
		((struct sockaddr_in *)there)->sin_port = htons(visit->plan.port);
	visit->fd = socket(there->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (visit->fd < 0 || (connect(visit->fd, (struct sockaddr *)there, len) != 0 && errno != EINPROGRESS))
		return errno;
	visit->io = loop_io_new(visit->loop, visit->fd, LOOP_WRITE, on_ready, visit);
	return 0;
}

struct visit *
visit_new(struct loop *loop, const struct visit_plan *plan, visit_end_fn *on_end, void *arg)
{
	struct visit *visit = calloc(1, sizeof *visit);

	ENSURE(visit != NULL);
	visit->loop = loop;
	visit->plan = *plan;
	visit->on_end = on_end;
	visit->arg = arg;
	visit->start_ms = clock_monotonic_ms();
	visit->fd = -1;
	visit->result.port = plan->port;
	visit->stage_timer = loop_timer_new(loop, on_time, visit);
	visit->result.error = begin_to_connect(visit);
	loop_timer_set(visit->stage_timer, visit->result.error != 0 ? 0 : plan->tcp_ms);
	return visit;
}

void
visit_free(struct visit *visit)
{
	if (visit == NULL)
		return;
	hang_up(visit);
	loop_timer_free(visit->stage_timer);
	free(visit);
}
