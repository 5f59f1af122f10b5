/*
 * server: libmicrohttpd in our loop. It gets no listening socket and no thread: connections are accepted here and
 * handed over, its epoll descriptor is one of our watchers, its time-outs are one timer.
 */
#include "httpd/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
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
#include "httpd/answer.h"
#include "httpd/live.h"
#include "httpd/request.h"

#define SWEEP_MS 500
#define CONNECTION_MEMORY_BYTES (64 * 1024) /* our own 431 and 414 come long before the library's */
#define ACCEPT_PAUSE_MS 200
#define ACCEPTS_AT_ONCE 32
#define LIBRARY_PAUSE_S 30 /* PAUSE_MS, as the library counts: without a byte in either direction */
#define KEEPALIVE_S 30
#define UNSENT_MAX_BYTES (128 * 1024)

struct connection {
	bool used;
	struct server *server;
	int fd;
	struct in6_addr peer;
	struct request *request; /* NULL between two */
	int64_t since_ms;	 /* monotonic: accepted, last answer over, body begun, or answer begun */
	bool served;		 /* one request at least */
	bool reads_body, takes_answer;
	bool is_websocket;	 /* none of ours to look after any more */
};

struct server {
	enum listener_purpose purpose;
	struct httpd *httpd;
	struct MHD_Daemon *daemon;
	int fd;
	char address[64];
	struct loop_io *knock, *io;
	struct loop_timer *timer, *sweep, *accept_again;
	bool sweeping;
};

/* Of both servers: the limits are for the process. */
#define PLACES (CONNECTIONS_MAX + LIVE_CLIENTS_MAX)
static struct connection connections[PLACES];
static uint64_t gave_way, turned_away;

static void wake_sweep(struct server *server);

/* -- connections ------------------------------------------------------------------------------------ */

static enum crowd_stage
stage_of(const struct connection *connection)
{
	const struct request *request = connection->request;

	if (request == NULL)
		return connection->served ? CROWD_IDLE : CROWD_HEADERS;
	if (request_is_coming(request))
		return connection->reads_body ? CROWD_BODY : CROWD_HEADERS;
	return request_is_being_taken(request) ? CROWD_ANSWER : CROWD_WORK;
}

static struct connection *
free_connection(void)
{
	for (size_t i = 0; i < PLACES; i++)
		if (!connections[i].used)
			return &connections[i];
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
	ENSURE(connection != NULL); /* on_knock() has counted */
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
		struct connection *connection = &connections[i];
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
		struct connection *connection = &connections[i];
		if (!connection->used || connection->server != server || connection->is_websocket)
			continue;
		any = true;
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

static void
run_library(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;

	ENSURE(MHD_run(server->daemon) == MHD_YES);
	if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES)
		loop_timer_set(server->timer, wait_ms > 60000 ? 60000 : (int64_t)wait_ms);
	else
		loop_timer_cancel(server->timer);
}

static void
on_library_ready(void *arg, int fd, unsigned ready)
{
	(void)fd;
	(void)ready;
	run_library(arg);
}

static void
on_library_timer(void *arg)
{
	run_library(arg);
}

void
server_wake(struct server *server)
{
	loop_timer_set(server->timer, 0);
}

/* -- the door ---------------------------------------------------------------------------------------------- */

static void
turn_away(int fd)
{
	char bytes[1024];
	size_t len = answer_busy_bytes(bytes, sizeof bytes);

	turned_away++;
	/* A fresh socket's buffer takes this whole; if not, the visitor sees less. */
	if (send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a visitor left at once");
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void
on_accept_again(void *arg)
{
	struct server *server = arg;

	if (server->knock != NULL)
		loop_io_set_interest(server->knock, LOOP_READ);
}

/* Close the one that gives way to a newcomer, if any must. False: there is no room. */
static bool
make_room_for(const struct in6_addr *peer)
{
	struct crowd_guest guests[PLACES];

	for (size_t i = 0; i < PLACES; i++) {
		const struct connection *connection = &connections[i];
		guests[i] = (struct crowd_guest){ .present = connection->used && !connection->is_websocket };
		if (guests[i].present)
			guests[i] = (struct crowd_guest){ .present = true, .peer = connection->peer,
							  .stage = stage_of(connection), .since_ms = connection->since_ms };
	}
	size_t place = crowd_admit(guests, PLACES, peer, clock_monotonic_ms());
	if (place == CROWD_ROOM || place == CROWD_NO_ROOM)
		return place == CROWD_ROOM;
	gave_way++;
	shutdown(connections[place].fd, SHUT_RDWR);
	run_library(connections[place].server); /* it sees it end, and takes it out of the table */
	return !connections[place].used;
}

static void
set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof value) != 0)
		log_debug("a socket option cannot be set", log_int("option", option), log_str("error", strerror(errno)));
}

/* One who vanishes while it follows a log is noticed; one who takes nothing costs the kernel no more than it must. */
static void
bound_socket(int fd)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_S / 3);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, PAUSE_MS);
	set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MAX_BYTES);
}

/* False: nobody waits at the door any more, or none can be let in just now. */
static bool
accept_one(struct server *server, int listen_fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;

	int fd = accept4(listen_fd, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
		return true;
	if (fd < 0 && errno != EAGAIN) {
		log_warn("cannot accept a connection", log_str("error", strerror(errno)));
		loop_io_set_interest(server->knock, 0); /* not in circles */
		loop_timer_set(server->accept_again, ACCEPT_PAUSE_MS);
	}
	if (fd < 0)
		return false;
	struct in6_addr peer = crowd_peer((struct sockaddr *)&address);
	if (!make_room_for(&peer)) {
		turn_away(fd);
		return true;
	}
	bound_socket(fd);
	/* It closes the socket when it fails. */
	if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address, len) != MHD_YES)
		log_warn("a connection could not be served");
	return true;
}

/* Several at a time: who waits behind a crowd is not served one turn of the loop later for each of them. But not
 * all: those that are in have a turn, too. */
static void
on_knock(void *arg, int listen_fd, unsigned ready)
{
	struct server *server = arg;

	(void)ready;
	for (unsigned i = 0; i < ACCEPTS_AT_ONCE && accept_one(server, listen_fd); i++)
		;
	run_library(server);
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

struct server *
server_new(enum listener_purpose purpose)
{
	struct server *server = calloc(1, sizeof *server);

	ENSURE(server != NULL);
	server->purpose = purpose;
	server->fd = -1;
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_step, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_words, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target,
		server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT, LIBRARY_PAUSE_S,
		MHD_OPTION_CONNECTION_LIMIT, PLACES + 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_END);
	if (server->daemon == NULL) {
		free(server);
		return NULL;
	}
	return server;
}

void
server_open(struct server *server, struct httpd *httpd, int fd, const char *address)
{
	const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	ENSURE(epoll != NULL && !server_is_open(server));
	server->httpd = httpd;
	server->fd = fd;
	str_copy(server->address, sizeof server->address, address);
	server->timer = loop_timer_new(httpd->loop, on_library_timer, server);
	server->sweep = loop_timer_new(httpd->loop, on_sweep, server);
	server->accept_again = loop_timer_new(httpd->loop, on_accept_again, server);
	server->io = loop_io_new(httpd->loop, epoll->epoll_fd, LOOP_READ, on_library_ready, server);
	server->knock = loop_io_new(httpd->loop, fd, LOOP_READ, on_knock, server);
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

void
server_count(size_t *ret_open, uint64_t *ret_gave_way, uint64_t *ret_turned_away)
{
	*ret_open = 0;
	for (size_t i = 0; i < PLACES; i++)
		*ret_open += connections[i].used && !connections[i].is_websocket;
	*ret_gave_way = gave_way;
	*ret_turned_away = turned_away;
}

void
server_quiesce(struct server *server)
{
	if (!server_is_open(server))
		return;
	loop_io_free(server->knock);
	server->knock = NULL;
	for (size_t i = 0; i < PLACES; i++)
		if (connections[i].used && connections[i].server == server && connections[i].request != NULL)
			request_cut_short(connections[i].request);
	run_library(server);
}

size_t
server_busy(const struct server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++)
		count += connections[i].used && connections[i].server == server && connections[i].request != NULL;
	return count;
}

void
server_free(struct server *server)
{
	for (size_t i = 0; i < PLACES; i++)
		if (connections[i].used && connections[i].server == server && connections[i].request != NULL)
			request_abandon(connections[i].request);
	if (server_is_open(server)) {
		MHD_run(server->daemon);
		loop_io_free(server->knock);
		loop_io_free(server->io);
		loop_timer_free(server->timer);
		loop_timer_free(server->sweep);
		loop_timer_free(server->accept_again);
		close(server->fd);
	}
	MHD_stop_daemon(server->daemon);
	free(server);
}
