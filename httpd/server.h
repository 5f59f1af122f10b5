/*
 * server: one listening socket and its connections: accepts within the limits, runs the HTTP library inside our
 * loop, ends what is too slow, and notices clients that go away while they wait.
 *
 * How many connections there may be (of both servers together), and who gives way to whom: crowd.h. 10 s for the
 * headers of the first request of a connection, 30 s for those of later ones, for a body, and for any pause, also in
 * taking an answer. A body that streams (request.h) may take as long as it will, but for a pause of 30 s.
 */
#ifndef FUSE_HTTPD_SERVER_H
#define FUSE_HTTPD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/crowd.h"
#include "httpd/httpd.h"
#include "httpd/pending.h"
#include "ipc/message.h"
#include "ipc/terms.h"

#define CONNECTIONS_MAX CROWD_MAX /* WebSockets are counted elsewhere (live.h) */
#define FIRST_HEADERS_MS 10000
#define PAUSE_MS (30000 / PENDING_HURRY)

struct MHD_Connection;
struct server;

/* Before lock-in: what the library needs of the system is taken now. NULL (errno) when it is not to be had. */
struct server *server_new(enum listener_purpose purpose);

/* Serve the listening socket `fd` (taken over). One that is reached from beyond this machine speaks TLS to all but the
 * trusted proxy, and takes nobody before there is a certificate (server_go_on()): visitors wait. */
void server_open(struct server *server, struct httpd *httpd, int fd, const struct msg_listener *listener);
void server_go_on(struct server *server);
bool server_is_open(const struct server *server);

struct httpd *server_httpd(struct server *server);
enum listener_purpose server_purpose(const struct server *server);
const char *server_address_peek(const struct server *server);
bool server_is_guarded(const struct server *server); /* reached from beyond this machine */
bool server_takes_any_loopback(const struct server *server); /* not only 127.0.0.1 and ::1 are this machine */
const char *server_proxy_peek(const struct server *server); /* numeric address of the trusted proxy; "" = none */

/* Of all servers: connections that are open; and since the start, those that gave way to others, and those that were
 * turned away. */
void server_count(size_t *ret_open, uint64_t *ret_gave_way, uint64_t *ret_turned_away);

/* Something was resumed: let the library look at it. */
void server_wake(struct server *server);
/* The library has let go of a connection: from now on it counts as a WebSocket. Its server, to be woken when it is
 * closed. */
struct server *server_on_upgraded(struct MHD_Connection *library_connection);

/* Take no more; what waits is answered that Fuse stops. Then server_busy() until it is 0, or long enough. */
void server_quiesce(struct server *server);
size_t server_busy(const struct server *server);
void server_free(struct server *server);

#endif
