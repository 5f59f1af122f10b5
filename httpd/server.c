/*
 * server: libmicrohttpd in our loop. It gets no listening socket and no thread: connections are accepted here and
 * handed over to one of its two instances (plain and TLS), whose epoll descriptors are our watchers, and whose
 * time-outs one timer. What begins with plain HTTP where TLS is spoken is sent away to https.
 */
#include "httpd/server.h"

#include <arpa/inet.h>
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
#include "httpd/doorstep.h"
#include "httpd/gate.h"
#include "httpd/live.h"
#include "httpd/request.h"
#include "httpd/tls.h"

#define SWEEP_MS 500
#define CONNECTION_MEMORY_BYTES (64 * 1024) /* our own 431 and 414 come long before the library's */
#define ACCEPT_PAUSE_MS 200
#define ACCEPTS_AT_ONCE 32
#define LIBRARY_PAUSE_S 30 /* PAUSE_MS, as the library counts: without a byte in either direction */
#define LIBRARY_WAIT_MAX_MS 60000
#define KEEPALIVE_S 30
#define UNSENT_MAX_BYTES (128 * 1024)

/* How a connection speaks. The library wants an instance for each. */
enum way { WAY_PLAIN, WAY_TLS, WAY_COUNT };

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
	struct MHD_Daemon *daemons[WAY_COUNT];
	int fd;
	char address[64], proxy[64];
	struct in6_addr proxy_address;
	bool guarded, any_loopback;
	struct loop_io *knock, *io[WAY_COUNT];
	struct loop_timer *timer, *sweep, *accept_again;
	bool sweeping;
	bool woken; /* something was resumed or closed since the library ran last */
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
	MHD_UNSIGNED_LONG_LONG wait_ms, least_ms = LIBRARY_WAIT_MAX_MS;
	bool waits = false;

	for (unsigned i = 0; i < WAY_COUNT; i++) {
		ENSURE(MHD_run(server->daemons[i]) == MHD_YES);
		/* What it resumes by itself while it runs (a WebSocket over TLS that has ended), it looks at when it runs the
		 * next time, and asks for no such time. */
		if (server->woken)
			ENSURE(MHD_run(server->daemons[i]) == MHD_YES);
		if (MHD_get_timeout(server->daemons[i], &wait_ms) != MHD_YES)
			continue;
		waits = true;
		least_ms = wait_ms < least_ms ? wait_ms : least_ms;
	}
	server->woken = false;
	if (waits)
		loop_timer_set(server->timer, (int64_t)least_ms);
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
	server->woken = true;
	loop_timer_set(server->timer, 0);
}

/* -- the door ---------------------------------------------------------------------------------------------- */

/* Whoever expects TLS would not understand. */
static void
turn_away(int fd, enum way way)
{
	char bytes[1024];
	size_t len = answer_busy_bytes(bytes, sizeof bytes);

	turned_away++;
	/* A fresh socket's buffer takes this whole; if not, the visitor sees less. */
	if (way == WAY_PLAIN && send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a visitor left at once");
	shutdown(fd, SHUT_WR);
	close(fd);
}

/* A browser in which somebody has typed the address without https://. What it has said is read to its end: a socket
 * that is closed with bytes unread takes the answer back. */
static void
send_away(struct server *server, int fd)
{
	char bytes[DOORSTEP_LOOK_BYTES], answer[DOORSTEP_ANSWER_BYTES], local[GATE_ADDRESS_BYTES], rest[1024];
	struct host_place place;

	ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
	for (int i = 0; i < 16 && recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0;)
		i++;
	gate_describe_place(server->httpd, server, fd, &place, local);
	size_t answer_len = doorstep_answer(bytes, len > 0 ? (size_t)len : 0, &place, answer);
	if (send(fd, answer, answer_len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a visitor left at once");
	shutdown(fd, SHUT_WR);
	close(fd);
}

/* The kernel hands a connection over once there is a byte of it (server_open()). */
static bool
speaks_plainly(int fd)
{
	unsigned char first;

	return recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && !doorstep_is_tls(first);
}

static void
on_accept_again(void *arg)
{
	struct server *server = arg;

	if (server->knock != NULL)
		loop_io_set_interest(server->knock, LOOP_READ);
}

static enum way
way_of(const struct server *server, const struct sockaddr *peer)
{
	struct in6_addr address = { 0 };

	if (peer->sa_family == AF_INET6)
		address = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	else
		memcpy(&address.s6_addr[12], &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
	bool is_proxy = server->proxy[0] != '\0' && memcmp(&address, &server->proxy_address, sizeof address) == 0;

	return server->guarded && !is_proxy ? WAY_TLS : WAY_PLAIN;
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
	enum way way = way_of(server, (struct sockaddr *)&address);
	if (!make_room_for(&peer)) {
		turn_away(fd, way);
		return true;
	}
	if (way == WAY_TLS && speaks_plainly(fd)) {
		send_away(server, fd);
		return true;
	}
	bound_socket(fd);
	/* It closes the socket when it fails. */
	if (MHD_add_connection(server->daemons[way], fd, (struct sockaddr *)&address, len) != MHD_YES)
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

static void
read_proxy(struct server *server, const char *text)
{
	str_copy(server->proxy, sizeof server->proxy, text);
	if (inet_pton(AF_INET, text, &server->proxy_address.s6_addr[12]) != 1 &&
	    inet_pton(AF_INET6, text, &server->proxy_address) != 1)
		server->proxy[0] = '\0';
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
	read_proxy(server, listener->trusted_proxy);
	int wait_s = FIRST_HEADERS_MS / 1000;
	if (server->guarded && setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_s, sizeof wait_s) != 0)
		log_debug("connections are accepted before they say anything", log_str("error", strerror(errno)));
	server->timer = loop_timer_new(httpd->loop, on_library_timer, server);
	server->sweep = loop_timer_new(httpd->loop, on_sweep, server);
	server->accept_again = loop_timer_new(httpd->loop, on_accept_again, server);
	for (unsigned i = 0; i < WAY_COUNT; i++) {
		const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(server->daemons[i], MHD_DAEMON_INFO_EPOLL_FD);
		server->io[i] = loop_io_new(httpd->loop, epoll->epoll_fd, LOOP_READ, on_library_ready, server);
	}
	server->knock = loop_io_new(httpd->loop, fd, server->guarded && !tls_is_ready() ? 0 : LOOP_READ, on_knock, server);
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
