/*
 * line: one secure connection to a printer's storage, waited for with a deadline and given up at once when somebody cancels.
 */
#ifndef FUSE_WORKER_UPLOAD_LINE_H
#define FUSE_WORKER_UPLOAD_LINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/tls.h"
#include "worker/upload/faults.h"

/* Somebody has cancelled: its descriptor is readable then. Looked at in every wait, unless it is ignored. */
struct breaker {
	int fd;
	bool ignored; /* what was begun is being put in order */
};

struct line {
	int fd; /* -1 = there is none */
	struct tls_client *tls; /* NULL before the handshake */
	const struct breaker *breaker;
	char reason[120]; /* why it ended, for a sentence */
};

/* What is read off the socket about what was written to it. */
struct line_flow {
	uint64_t acked_bytes; /* that the other side's machine has, TLS and all */
	bool all_acked;	      /* … which is all that was written */
	bool is_over;	      /* the connection was reset, or never was */
};

/* A numeric address with a port. False when it is none. */
bool line_parse_address(const char *text, uint16_t port, struct sockaddr_storage *ret_address);

void line_init(struct line *line, const struct breaker *breaker);
/* Hang up without a word; it may be opened anew. What was written is still delivered by the system. */
void line_close(struct line *line);
/* The same, but what the other side has not yet got, it does not get. */
void line_break_off(struct line *line);

/* All deadlines are clock_monotonic_ms(). */
enum line_end line_connect(struct line *line, const struct sockaddr_storage *address, int64_t deadline_ms);
/* TLS. With `first` NULL the peer must prove to be `expectation`; else it resumes the session of `first`, or proves it anew.
 * LINE_BROKEN with an untrusted verdict: see line_verdict(). */
enum line_end line_secure(struct line *line, const struct tls_expectation *expectation, const struct line *first,
			  int64_t deadline_ms);
enum tls_verdict line_verdict(const struct line *line);

/* All of it. */
enum line_end line_write(struct line *line, const void *bytes, size_t len, int64_t deadline_ms);
/* What can be written without waiting, at least one byte: LINE_FINE; LINE_TIMED_OUT (at once) when nothing can. */
enum line_end line_try_write(struct line *line, const void *bytes, size_t len, size_t *ret_written);
/* Some bytes, at least one. LINE_CLOSED at the end. */
enum line_end line_read(struct line *line, void *to, size_t cap, int64_t deadline_ms, size_t *ret_len);
/* What is there, without waiting; LINE_TIMED_OUT when nothing is. */
enum line_end line_try_read(struct line *line, void *to, size_t cap, size_t *ret_len);
/* Say that no more comes: TLS's closing words, then TCP's. LINE_TIMED_OUT (at once) when the socket has no room for them: again
 * then, since a strict server takes a file that ends without them for a part. What it says to them is not waited for. */
enum line_end line_try_end(struct line *line);

/* Wait until one of two lines is ready (either may be NULL): `a` for POLLIN or POLLOUT, `b` for POLLIN. LINE_FINE when one
 * is, or LINE_TIMED_OUT, LINE_CANCELLED. */
enum line_end line_wait(const struct line *a, short events, const struct line *b, const struct breaker *breaker,
			int64_t deadline_ms);

struct line_flow line_flow(const struct line *line);

#endif
