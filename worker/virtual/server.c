/*
 * server: who may come, and when there is no room. What becomes of a visitor: visitor.c.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "worker/virtual/server_inner.h"

#define ACCEPTS_AT_ONCE 16
#define ACCEPT_PAUSE_MS 200

static void
begin(struct server *server, int fd)
{
	struct visitor *visitor = calloc(1, sizeof *visitor);
	int on = 1;

	ENSURE(visitor != NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (server->rules.send_buffer_bytes > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &server->rules.send_buffer_bytes,
			   sizeof server->rules.send_buffer_bytes);
	*visitor = (struct visitor){ .magic = VISITOR_MAGIC, .server = server, .fd = fd };
	TAILQ_INSERT_TAIL(&server->visitors, visitor, next);
	visitor->io = loop_io_new(server->loop, fd, LOOP_READ, visitor_on_ready, visitor);
	visitor->timer = loop_timer_new(server->loop, visitor_on_time, visitor);
	loop_timer_set(visitor->timer, server->rules.stranger_ms);
	if (server->rules.in_clear) {
		visitor_come_in(visitor);
	} else {
		ENSURE(server->service != NULL);
		visitor->tls = tls_server_new(server->service, fd);
	}
}

/* False: all who are here stay. */
static bool
make_room(struct server *server)
{
	struct visitor *visitor, *stranger = NULL;
	unsigned here = 0;

	TAILQ_FOREACH(visitor, &server->visitors, next)
	{
		here += visitor->phase != PHASE_GONE;
		if (stranger == NULL && visitor->phase != PHASE_GONE && !visitor->is_welcome)
			stranger = visitor;
	}
	if (here < server->rules.most)
		return true;
	if (stranger != NULL)
		visitor_drop_for(stranger, "another wants to come");
	return stranger != NULL;
}

static void
on_again(void *arg)
{
	struct server *server = arg;

	if (server->io != NULL)
		loop_io_set_interest(server->io, LOOP_READ);
}

static void
on_knock(void *arg, int listener, unsigned ready)
{
	struct server *server = arg;

	(void)ready;
	for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0 && make_room(server)) {
			begin(server, fd);
		} else if (fd >= 0) {
			log_debug("a visitor is turned away", log_str("service", server->rules.name));
			close(fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			loop_io_set_interest(server->io, 0);
			loop_timer_set(server->again, ACCEPT_PAUSE_MS);
			return;
		} else if (errno == EAGAIN || errno == EINVAL) {
			return;
		}
	}
}

/* -- servers ---------------------------------------------------------------------------------------------------- */

static void
on_sweep(void *arg)
{
	struct server *server = arg;
	struct visitor *visitor, *next;

	for (visitor = TAILQ_FIRST(&server->visitors); visitor != NULL; visitor = next) {
		next = TAILQ_NEXT(visitor, next);
		if (visitor->phase == PHASE_GONE)
			visitor_free(visitor);
	}
}

struct server *
server_new(struct loop *loop, const struct server_rules *rules, const struct server_duties *duties)
{
	struct server *server = calloc(1, sizeof *server);

	ENSURE(server != NULL);
	*server = (struct server){ .magic = SERVER_MAGIC, .loop = loop, .rules = *rules, .duties = *duties };
	TAILQ_INIT(&server->visitors);
	server->again = loop_timer_new(loop, on_again, server);
	server->sweep = loop_turn_new(loop, on_sweep, server);
	return server;
}

void
server_set_service(struct server *server, struct tls_service *service)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	server->service = service;
}

void
server_listen(struct server *server, int fd)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	loop_io_free(server->io);
	server->io = fd >= 0 ? loop_io_new(server->loop, fd, LOOP_READ, on_knock, server) : NULL;
}

void
server_drop_all(struct server *server)
{
	struct visitor *visitor;

	ENSURE_OBJ(server, SERVER_MAGIC);
	TAILQ_FOREACH(visitor, &server->visitors, next)
	visitor_drop(visitor);
}

size_t
server_visitors(const struct server *server)
{
	const struct visitor *visitor;
	size_t count = 0;

	ENSURE_OBJ(server, SERVER_MAGIC);
	TAILQ_FOREACH(visitor, &server->visitors, next)
	count += visitor->phase != PHASE_GONE;
	return count;
}

void
server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_listen(server, -1);
	server_drop_all(server);
	on_sweep(server);
	loop_turn_free(server->sweep);
	loop_timer_free(server->again);
	server->magic = 0;
	free(server);
}
