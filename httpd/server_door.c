/*
 * server_door: who comes in: accepts, makes room or turns away, sends those who forgot the https:// there, and hands the
 * others to the library.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/doorstep.h"
#include "httpd/gate.h"
#include "httpd/server_inner.h"

#define ACCEPT_PAUSE_MS 200
#define ACCEPTS_AT_ONCE 32
#define KEEPALIVE_S 30
#define UNSENT_MAX_BYTES (128 * 1024)

static uint64_t gave_way, turned_away;

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

void
server_on_accept_again(void *arg)
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

/* Close the one that gives way to a newcomer, if any must. False: there is no room. */
static bool
make_room_for(const struct in6_addr *peer)
{
	struct crowd_guest guests[PLACES];

	for (size_t i = 0; i < PLACES; i++) {
		const struct connection *connection = &server_connections[i];
		guests[i] = (struct crowd_guest){ .present = connection->used && !connection->is_websocket };
		if (guests[i].present)
			guests[i] = (struct crowd_guest){ .present = true, .peer = connection->peer,
							  .stage = stage_of(connection), .since_ms = connection->since_ms };
	}
	size_t place = crowd_admit(guests, PLACES, peer, clock_monotonic_ms());
	if (place == CROWD_ROOM || place == CROWD_NO_ROOM)
		return place == CROWD_ROOM;
	gave_way++;
	shutdown(server_connections[place].fd, SHUT_RDWR);
	server_run_library(server_connections[place].server); /* it sees it end, and takes it out of the table */
	return !server_connections[place].used;
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
void
server_on_knock(void *arg, int listen_fd, unsigned ready)
{
	struct server *server = arg;

	(void)ready;
	for (unsigned i = 0; i < ACCEPTS_AT_ONCE && accept_one(server, listen_fd); i++)
		;
	server_run_library(server);
}

void
server_read_proxy(struct server *server, const char *text)
{
	str_copy(server->proxy, sizeof server->proxy, text);
	if (inet_pton(AF_INET, text, &server->proxy_address.s6_addr[12]) != 1 &&
	    inet_pton(AF_INET6, text, &server->proxy_address) != 1)
		server->proxy[0] = '\0';
}

void
server_count(size_t *ret_open, uint64_t *ret_gave_way, uint64_t *ret_turned_away)
{
	*ret_open = 0;
	for (size_t i = 0; i < PLACES; i++)
		*ret_open += server_connections[i].used && !server_connections[i].is_websocket;
	*ret_gave_way = gave_way;
	*ret_turned_away = turned_away;
}
