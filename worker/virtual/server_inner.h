/*
 * server_inner: what server.c (who may come) and visitor.c (one that has) share, and nobody else sees.
 *
 * A visitor goes in two steps: its socket is closed at once, and it is taken off the list at the end of this turn
 * of the loop, so that whoever goes through the list, or is just being called about it, finds it there.
 */
#ifndef FUSE_WORKER_VIRTUAL_SERVER_INNER_H
#define FUSE_WORKER_VIRTUAL_SERVER_INNER_H

#include <sys/queue.h>

#include "worker/virtual/server.h"

#define SERVER_MAGIC 0x76737276
#define VISITOR_MAGIC 0x76767374

enum phase { PHASE_HANDSHAKE, PHASE_HERE, PHASE_ENDING, PHASE_LINGERING, PHASE_GONE };

struct bytes {
	uint8_t *at;
	size_t len, cap;
};

struct visitor {
	unsigned magic;
	TAILQ_ENTRY(visitor) next;
	struct server *server;
	enum phase phase;
	int fd;
	struct loop_io *io;
	struct loop_timer *timer;
	struct tls_server *tls; /* NULL: in clear */
	void *guest;		/* NULL: it has not come */
	bool is_welcome, closing_words, wants_write;
	struct bytes in, out;
	size_t out_sent;
};

struct server {
	unsigned magic;
	struct loop *loop;
	struct server_rules rules;
	struct server_duties duties;
	struct tls_service *service;
	struct loop_io *io;	  /* of the listening socket; NULL: none */
	struct loop_timer *again; /* accept, after the system had no room */
	struct loop_turn *sweep;
	TAILQ_HEAD(visitors, visitor) visitors;
};

/* Its handshake is done, or there is none. */
void visitor_come_in(struct visitor *visitor);
/* visitor_drop(), with a line in the log. */
void visitor_drop_for(struct visitor *visitor, const char *why);
/* It is off the list and gone; its guest hears of it. */
void visitor_free(struct visitor *visitor);

/* For the loop, with the visitor as `arg`. */
void visitor_on_ready(void *arg, int fd, unsigned ready);
void visitor_on_time(void *arg);

#endif
