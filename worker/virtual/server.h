/*
 * server: one service of a virtual printer: who connects to a listening socket, in TLS or in clear, with the bounds
 * that a printer's small controller has. What is said there is the guest's affair: whoever knows the service's
 * language.
 *
 * A visitor has `stranger_ms` to become welcome (visitor_welcome(): a login); from then on the guest says how long
 * it may be quiet (visitor_expect()). When there are as many as may be, the oldest stranger gives way to a
 * newcomer; if all are welcome, the newcomer is turned away.
 */
#ifndef FUSE_WORKER_VIRTUAL_SERVER_H
#define FUSE_WORKER_VIRTUAL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/tls_server.h"

struct server;
struct visitor;

struct server_rules {
	const char *name;		  /* for the log; static */
	bool in_clear;			  /* no TLS: else a service must be set before the first visitor */
	unsigned most;			  /* visitors at once */
	int64_t stranger_ms;		  /* until it must be welcome, the handshake included */
	size_t in_max_bytes, out_max_bytes; /* that wait to be understood, or to be sent */
	int send_buffer_bytes; /* the kernel's, for those who had better miss something than get it late; 0: its own choice */
};

struct server_duties {
	/* A visitor is there, its handshake done. What is returned comes with the calls below; NULL turns it away. */
	void *(*on_come)(void *arg, struct visitor *visitor);
	/* What it has said and nobody has taken yet. Returns how many of these bytes are taken now. */
	size_t (*on_bytes)(void *guest, const uint8_t *bytes, size_t len);
	/* It has left, or was dropped; never from within another call of ours, but for server_free(). */
	void (*on_leave)(void *guest);
	void *arg; /* of on_come */
};

/* `rules` and `duties` are copied. */
struct server *server_new(struct loop *loop, const struct server_rules *rules, const struct server_duties *duties);
void server_free(struct server *server); /* and all visitors */

/* What it shows to those who come from now on. Borrowed until the next one. */
void server_set_service(struct server *server, struct tls_service *service);

/* Take those who come to this listening socket, which stays the caller's; -1 = none. Those who are here stay. */
void server_listen(struct server *server, int fd);

/* All visitors go, without a word. */
void server_drop_all(struct server *server);
size_t server_visitors(const struct server *server);

/* To `visitor`; sent now, or when it takes it. One that lets more than its bound wait is dropped. */
void visitor_send(struct visitor *visitor, const void *bytes, size_t len);
/* How much it has not taken yet of what it was sent. */
size_t visitor_waiting_bytes(const struct visitor *visitor);
/* It has logged in: it stays when others want to come. */
void visitor_welcome(struct visitor *visitor);
/* It is dropped unless this is called again within `ms`; 0 = however long it takes. */
void visitor_expect(struct visitor *visitor, int64_t ms);
/* No more is read; what waits goes out, then it ends: with TLS's closing words or, as some printers do, without. */
void visitor_end(struct visitor *visitor, bool with_closing_words);
void visitor_drop(struct visitor *visitor);
bool visitor_is_here(const struct visitor *visitor); /* neither ending nor dropped */
/* Its TLS, for tls_server_resumes(); NULL in clear. Borrowed. */
const struct tls_server *visitor_tls_peek(const struct visitor *visitor);

#endif
