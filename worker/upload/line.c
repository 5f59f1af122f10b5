/*
 * line: a non-blocking socket, and poll() where it would block.
 */
#include "worker/upload/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"

#define TCP_STATE_CLOSE 7 /* TCP_CLOSE of the kernel's; <netinet/tcp.h> has it, but not the newer fields of tcp_info */

bool
line_parse_address(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof *ret_address);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return true;
}

void
line_init(struct line *line, const struct breaker *breaker)
{
	*line = (struct line){ .fd = -1, .breaker = breaker };
}

void
line_close(struct line *line)
{
	tls_client_free(line->tls);
	if (line->fd >= 0)
		close(line->fd);
	line->tls = NULL;
	line->fd = -1;
}

void
line_break_off(struct line *line)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (line->fd >= 0)
		setsockopt(line->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	line_close(line);
}

/* -- waiting ------------------------------------------------------------------------------------------ */

enum line_end
line_wait(const struct line *a, short events, const struct line *b, const struct breaker *breaker, int64_t deadline_ms)
{
	struct pollfd fds[] = {
		{ .fd = breaker->ignored ? -1 : breaker->fd, .events = POLLIN },
		{ .fd = a != NULL ? a->fd : -1, .events = events },
		{ .fd = b != NULL ? b->fd : -1, .events = POLLIN },
	};

	for (;;) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		int ready = poll(fds, STR_ARRAY_LEN(fds), left_ms > 0 ? (int)left_ms : 0);
		if (ready < 0 && errno == EINTR)
			continue;
		ENSURE(ready >= 0);
		if (fds[0].revents != 0)
			return LINE_CANCELLED;
		return ready > 0 ? LINE_FINE : LINE_TIMED_OUT;
	}
}

static enum line_end
wait_for(struct line *line, short events, int64_t deadline_ms)
{
	enum line_end end = line_wait(line, events, NULL, line->breaker, deadline_ms);

	if (end == LINE_TIMED_OUT)
		str_copy(line->reason, sizeof line->reason, "it does not answer");
	return end;
}

/* What a step of TLS means; `*ret_events` is what it waits for (LINE_TIMED_OUT), else 0. */
static enum line_end
end_of_step(struct line *line, enum tls_step step, short *ret_events)
{
	*ret_events = 0;
	switch (step) {
	case TLS_STEP_DONE:
		return LINE_FINE;
	case TLS_STEP_WANT_READ:
		*ret_events = POLLIN;
		return LINE_TIMED_OUT;
	case TLS_STEP_WANT_WRITE:
		*ret_events = POLLOUT;
		return LINE_TIMED_OUT;
	case TLS_STEP_CLOSED:
	case TLS_STEP_FAILED:
		break;
	}
	str_copy(line->reason, sizeof line->reason, tls_client_fault_peek(line->tls));
	return step == TLS_STEP_CLOSED ? LINE_CLOSED : LINE_BROKEN;
}

/* -- opening ------------------------------------------------------------------------------------------ */

static enum line_end
end_of_error(struct line *line, int error)
{
	str_copy(line->reason, sizeof line->reason, strerror(error));
	if (error == 0)
		return LINE_FINE;
	if (error == ECONNREFUSED)
		return LINE_REFUSED;
	return error == ETIMEDOUT ? LINE_TIMED_OUT : LINE_UNREACHABLE;
}

static enum line_end
finish_connect(struct line *line, int64_t deadline_ms)
{
	int error = 0;
	socklen_t len = sizeof error;
	enum line_end end = wait_for(line, POLLOUT, deadline_ms);

	if (end != LINE_FINE)
		return end;
	if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	return end_of_error(line, error);
}

enum line_end
line_connect(struct line *line, const struct sockaddr_storage *address, int64_t deadline_ms)
{
	const int yes = 1;

	line_close(line);
	line->reason[0] = '\0';
	line->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (line->fd < 0)
		return end_of_error(line, errno);
	/* Commands are small and waited for. */
	setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (connect(line->fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return LINE_FINE;
	return errno == EINPROGRESS ? finish_connect(line, deadline_ms) : end_of_error(line, errno);
}

enum line_end
line_secure(struct line *line, const struct tls_expectation *expectation, const struct line *first, int64_t deadline_ms)
{
	short events;

	if (first != NULL) {
		line->tls = tls_client_new_beside(line->fd, first->tls);
	} else {
		line->tls = tls_client_new(line->fd, expectation, false);
		tls_client_expect_others(line->tls);
	}
	for (;;) {
		enum line_end end = end_of_step(line, tls_client_handshake(line->tls), &events);
		if (events != 0)
			end = wait_for(line, events, deadline_ms);
		if (end != LINE_FINE || events == 0)
			return end;
	}
}

enum tls_verdict
line_verdict(const struct line *line)
{
	return tls_client_verdict(line->tls);
}

/* -- bytes ---------------------------------------------------------------------------------------------- */

enum line_end
line_try_write(struct line *line, const void *bytes, size_t len, size_t *ret_written)
{
	short events;

	return end_of_step(line, tls_client_write(line->tls, bytes, len, ret_written), &events);
}

enum line_end
line_write(struct line *line, const void *bytes, size_t len, int64_t deadline_ms)
{
	const char *p = bytes;
	size_t written;
	short events;

	while (len > 0) {
		enum line_end end = end_of_step(line, tls_client_write(line->tls, p, len, &written), &events);
		if (events != 0)
			end = wait_for(line, events, deadline_ms);
		if (end != LINE_FINE)
			return end;
		p += written;
		len -= written;
	}
	return LINE_FINE;
}

enum line_end
line_try_read(struct line *line, void *to, size_t cap, size_t *ret_len)
{
	short events;

	return end_of_step(line, tls_client_read(line->tls, to, cap, ret_len), &events);
}

enum line_end
line_read(struct line *line, void *to, size_t cap, int64_t deadline_ms, size_t *ret_len)
{
	short events;

	for (;;) {
		enum line_end end = end_of_step(line, tls_client_read(line->tls, to, cap, ret_len), &events);
		if (events != 0)
			end = wait_for(line, events, deadline_ms);
		if (end != LINE_FINE || *ret_len > 0)
			return end;
	}
}

enum line_end
line_try_end(struct line *line)
{
	short events;
	enum line_end end = end_of_step(line, tls_client_end(line->tls), &events);

	if (end == LINE_FINE)
		shutdown(line->fd, SHUT_WR);
	return end;
}

struct line_flow
line_flow(const struct line *line)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (line->fd < 0 || getsockopt(line->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return (struct line_flow){ .is_over = true };
	return (struct line_flow){ .acked_bytes = info.tcpi_bytes_acked,
				   .all_acked = info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0,
				   .is_over = info.tcpi_state == TCP_STATE_CLOSE };
}
