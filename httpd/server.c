/*
 * server: libmicrohttpd in our loop. It gets no listening socket and no thread: connections are accepted here and
 * handed over to one of its two instances (plain and TLS), whose epoll descriptors are our watchers, and whose
 * time-outs one timer. What begins with plain HTTP where TLS is spoken is sent away to https.
 */
#include "httpd/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/server_inner.h"
#include "httpd/tls.h"

#define SWEEP_MS 500
#define CONNECTION_MEMORY_BYTES (128 * 1024) /* our own 431 and 414 come long before the library's */
#define LIBRARY_PAUSE_S 30 /* PAUSE_MS, as the library counts: without a byte in either direction */
#define LIBRARY_WAIT_MAX_MS 60000
#define RUNS_AT_ONCE 16 /* about 1 MiB of one body */

struct connection server_connections[PLACES];

static void wake_sweep(struct server *server);

/* -- connections ------------------------------------------------------------------------------------ */

static struct connection *
free_connection(void)
{
	for (size_t i = 0; i < PLACES; i++)
		if (!server_connections[i].used)
			return &server_connections[i];
	return NULL;
}

static void
on_connection(void *arg, struct MHD_Connection *library_connection, void **socket_context,
	      enum MHD_ConnectionNotificationCode code)
{
	struct server *server = arg;
	struct connection *connection = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (connection != NULL)
			connection->used = false;
		return;
	}
	connection = free_connection();
	ENSURE(connection != NULL); /* make_room_for() has counted */
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(library_connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *peer = MHD_get_connection_info(library_connection,
								       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	*connection = (struct connection){ .used = true, .server = server, .fd = fd->connect_fd,
					   .peer = crowd_peer(peer->client_addr), .since_ms = clock_monotonic_ms() };
	*socket_context = connection;
	wake_sweep(server);
}

static struct connection *
connection_of(struct MHD_Connection *library_connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(library_connection,
								       MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

/* The first word of a request: its target. */
static void *
on_target(void *arg, const char *target, struct MHD_Connection *library_connection)
{
	struct connection *connection = connection_of(library_connection);

	connection->request = request_new(arg, library_connection, target);
	return connection->request;
}

static enum MHD_Result
on_step(void *arg, struct MHD_Connection *library_connection, const char *url, const char *method, const char *version,
	const char *piece, size_t *piece_len, void **request_context)
{
	struct connection *connection = connection_of(library_connection);
	struct request *request = *request_context;

	(void)arg;
	(void)url;
	(void)version;
	if (*piece_len > 0 && request_streams_body(request))
		connection->since_ms = clock_monotonic_ms(); /* it moves */
	child_doing("serving a request");
	enum request_progress progress = request_step(request, method, piece, piece_len);
	child_doing(NULL);
	if (!connection->reads_body && request_reads_body(request)) {
		connection->reads_body = true;
		connection->since_ms = clock_monotonic_ms();
	} else if (!connection->takes_answer && request_is_being_taken(request)) {
		connection->takes_answer = true;
		connection->since_ms = clock_monotonic_ms();
	}
	return progress == REQUEST_GOES_ON ? MHD_YES : MHD_NO;
}

static void
on_completed(void *arg, struct MHD_Connection *library_connection, void **request_context,
	     enum MHD_RequestTerminationCode code)
{
	struct connection *connection = connection_of(library_connection);

	(void)arg;
	(void)code;
	if (*request_context == NULL)
		return;
	request_free(*request_context);
	*request_context = NULL;
	connection->request = NULL;
	connection->served = true;
	connection->reads_body = connection->takes_answer = false;
	connection->since_ms = clock_monotonic_ms();
}

/* Paths and queries are decoded by target.c, from what came. */
static size_t
leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

struct server *
server_on_upgraded(struct MHD_Connection *library_connection)
{
	struct connection *connection = connection_of(library_connection);

	connection->is_websocket = true;
	return connection->server;
}

/* -- the sweep: too slow, or gone ---------------------------------------------------------------------- */

static bool
is_too_slow(const struct connection *connection, int64_t now_ms)
{
	int64_t patience_ms = connection->reads_body || connection->served ? PAUSE_MS : FIRST_HEADERS_MS;

	/* While it is worked on or answered, other limits count. */
	if (connection->request != NULL && !request_is_coming(connection->request))
		return false;
	return now_ms - connection->since_ms > patience_ms;
}

/* A suspended connection is not watched by the library: ask the kernel which of them have hung up. */
static void
abandon_the_gone(const struct server *server)
{
	struct pollfd polled[PLACES];
	struct connection *of[PLACES];
	nfds_t count = 0;

	for (size_t i = 0; i < PLACES; i++) {
		struct connection *connection = &server_connections[i];
		if (!connection->used || connection->server != server || connection->request == NULL ||
		    !request_is_suspended(connection->request))
			continue;
		polled[count] = (struct pollfd){ .fd = connection->fd, .events = POLLRDHUP };
		of[count++] = connection;
	}
	if (count == 0 || poll(polled, count, 0) <= 0)
		return;
	for (nfds_t i = 0; i < count; i++)
		if (polled[i].revents != 0)
			request_abandon(of[i]->request);
}

static void
on_sweep(void *arg)
{
	struct server *server = arg;
	int64_t now_ms = clock_monotonic_ms();
	bool any = false;

	server->sweeping = false;
	for (size_t i = 0; i < PLACES; i++) {
		struct connection *connection = &server_connections[i];
		if (!connection->used || connection->server != server || connection->is_websocket)
			continue;
		any = true;
		server_note_pace(connection, now_ms);
		if (is_too_slow(connection, now_ms))
			shutdown(connection->fd, SHUT_RDWR); /* the library sees it end */
	}
	abandon_the_gone(server);
	if (any)
		wake_sweep(server);
}

static void
wake_sweep(struct server *server)
{
	if (server->sweeping)
		return;
	server->sweeping = true;
	loop_timer_set(server->sweep, SWEEP_MS);
}

/* -- the library in the loop ----------------------------------------------------------------------------- */

/* Where a body comes in fast, the library wants to run again at once, and a turn of the loop for each of its reads would
 * cost more than they do. Returns after how many ms it wants to run again; -1: when something happens. */
static int64_t
run_way(struct server *server, enum way way)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	for (unsigned i = 0; i < RUNS_AT_ONCE; i++) {
		ENSURE(MHD_run(server->daemons[way]) == MHD_YES);
		/* What it resumes by itself while it runs (a WebSocket over TLS that has ended), it looks at when it runs the
		 * next time, and asks for no such time. */
		if (server->woken)
			ENSURE(MHD_run(server->daemons[way]) == MHD_YES);
		if (MHD_get_timeout(server->daemons[way], &wait_ms) != MHD_YES)
			return -1;
		if (wait_ms > 0)
			return wait_ms < LIBRARY_WAIT_MAX_MS ? (int64_t)wait_ms : LIBRARY_WAIT_MAX_MS;
	}
	return 0;
}

void
server_run_library(struct server *server)
{
	int64_t least_ms = -1;

	for (unsigned i = 0; i < WAY_COUNT; i++) {
		int64_t wait_ms = run_way(server, i);
		if (wait_ms >= 0 && (least_ms < 0 || wait_ms < least_ms))
			least_ms = wait_ms;
	}
	server->woken = false;
	if (least_ms >= 0)
		loop_timer_set(server->timer, least_ms);
	else
		loop_timer_cancel(server->timer);
}

static void
on_library_ready(void *arg, int fd, unsigned ready)
{
	(void)fd;
	(void)ready;
	server_run_library(arg);
}

static void
on_library_timer(void *arg)
{
	server_run_library(arg);
}

void
server_wake(struct server *server)
{
	server->woken = true;
	loop_timer_set(server->timer, 0);
}

/* -- life ------------------------------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 0))) static void
on_library_words(void *arg, const char *format, va_list args)
{
	char words[200];

	(void)arg;
	if (vsnprintf(words, sizeof words, format, args) > 0)
		log_debug("the HTTP library says", log_bytes("words", words, strcspn(words, "\n")));
}

static struct MHD_Daemon *
start_library(struct server *server, enum way way)
{
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)tls_choose },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem nothing[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE |
			MHD_USE_ERROR_LOG | (way == WAY_TLS ? MHD_USE_TLS : 0), 0, NULL, NULL,
		on_step, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_words, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target,
		server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT, LIBRARY_PAUSE_S,
		MHD_OPTION_CONNECTION_LIMIT, PLACES + 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_ARRAY, way == WAY_TLS ? tls : nothing, MHD_OPTION_END);
}

struct server *
server_new(enum listener_purpose purpose)
{
	struct server *server = calloc(1, sizeof *server);

	ENSURE(server != NULL);
	server->purpose = purpose;
	server->fd = -1;
	for (unsigned way = 0; way < WAY_COUNT; way++) {
		server->daemons[way] = start_library(server, way);
		if (server->daemons[way] == NULL)
			return NULL; /* the program ends: nothing is tidied */
	}
	return server;
}

void
server_open(struct server *server, struct httpd *httpd, int fd, const struct msg_listener *listener)
{
	ENSURE(!server_is_open(server));
	server->httpd = httpd;
	server->fd = fd;
	server->guarded = listener->guarded;
	server->any_loopback = listener->any_loopback;
	str_copy(server->address, sizeof server->address, listener->address);
	server_read_proxy(server, listener->trusted_proxy);
	int wait_s = FIRST_HEADERS_MS / 1000;
	if (server->guarded && setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_s, sizeof wait_s) != 0)
		log_debug("connections are accepted before they say anything", log_str("error", strerror(errno)));
	server->timer = loop_timer_new(httpd->loop, on_library_timer, server);
	server->sweep = loop_timer_new(httpd->loop, on_sweep, server);
	server->accept_again = loop_timer_new(httpd->loop, server_on_accept_again, server);
	for (unsigned i = 0; i < WAY_COUNT; i++) {
		const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(server->daemons[i], MHD_DAEMON_INFO_EPOLL_FD);
		server->io[i] = loop_io_new(httpd->loop, epoll->epoll_fd, LOOP_READ, on_library_ready, server);
	}
	server->knock = loop_io_new(httpd->loop, fd, server->guarded && !tls_is_ready() ? 0 : LOOP_READ, server_on_knock, server);
}

void
server_go_on(struct server *server)
{
	if (server->knock != NULL)
		loop_io_set_interest(server->knock, LOOP_READ);
}

bool
server_is_open(const struct server *server)
{
	return server->fd >= 0;
}

struct httpd *
server_httpd(struct server *server)
{
	return server->httpd;
}

enum listener_purpose
server_purpose(const struct server *server)
{
	return server->purpose;
}

const char *
server_address_peek(const struct server *server)
{
	return server->address;
}

bool
server_is_guarded(const struct server *server)
{
	return server->guarded;
}

bool
server_takes_any_loopback(const struct server *server)
{
	return server->any_loopback;
}

const char *
server_proxy_peek(const struct server *server)
{
	return server->proxy;
}

void
server_quiesce(struct server *server)
{
	if (!server_is_open(server))
		return;
	loop_io_free(server->knock);
	server->knock = NULL;
	for (size_t i = 0; i < PLACES; i++)
		if (server_connections[i].used && server_connections[i].server == server && server_connections[i].request != NULL)
			request_cut_short(server_connections[i].request);
	server_run_library(server);
}

size_t
server_busy(const struct server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++)
		count += server_connections[i].used && server_connections[i].server == server && server_connections[i].request != NULL;
	return count;
}

void
server_free(struct server *server)
{
	for (size_t i = 0; i < PLACES; i++)
		if (server_connections[i].used && server_connections[i].server == server && server_connections[i].request != NULL)
			request_abandon(server_connections[i].request);
	if (server_is_open(server)) {
		for (unsigned i = 0; i < WAY_COUNT; i++) {
			MHD_run(server->daemons[i]);
			loop_io_free(server->io[i]);
		}
		loop_io_free(server->knock);
		loop_timer_free(server->timer);
		loop_timer_free(server->sweep);
		loop_timer_free(server->accept_again);
		close(server->fd);
	}
	for (unsigned i = 0; i < WAY_COUNT; i++)
		MHD_stop_daemon(server->daemons[i]);
	free(server);
}
