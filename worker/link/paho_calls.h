/*
 * paho_calls: what the calls that Paho makes to the C library and to OpenSSL do for us. The build gives it a copy of
 * Paho whose calls named in the Makefile's PAHO_CALLS go to functions of this file (poll() to paho_poll(), …); other
 * callers of them see no difference. mqtt.c alone uses this.
 *
 * So it is that a connection is verified by common/tls, that its stream passes worker/link/wire, that nothing is
 * written before the peer has proved itself, that a connect is noticed at once, and that its errors are told.
 */
#ifndef FUSE_WORKER_LINK_PAHO_CALLS_H
#define FUSE_WORKER_LINK_PAHO_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tls.h"

/* Who is told what happens to a connection; from Paho's threads: copy and return. */
struct paho_watch {
	void (*on_tcp_failed)(void *arg, int error); /* errno */
	struct tls_watch tls;			     /* with an arg of its own */
	void (*on_too_big)(void *arg, uint32_t bytes); /* such a packet was passed over, or ended the stream */
	void *arg;
};

/* Once, before lock-in and before Paho is used: it makes an eventfd. */
void paho_calls_init(void);

/* The connection that Paho makes next, and until paho_calls_end(), is to whom `expectation` says. Both are copied.
 * Outside of that it may connect, but trusts nobody. */
void paho_calls_begin(const struct tls_expectation *expectation, int keepalive_s, const struct paho_watch *watch);

/* Nothing is read from the connection any more. */
void paho_calls_end(void);

/* The handshake is complete: login and the rest may be written. */
void paho_calls_let_write(void);

/* The return code of the CONNACK; -1 when none came. */
int paho_calls_answer(void);

/* Why the stream ended, in words; "" when it has not or Paho ended it. */
void paho_calls_fault(char *ret_text, size_t cap);

/* Paho is being shut down: its threads are not to wait. */
void paho_calls_hurry(void);

#endif
