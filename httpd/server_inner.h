/*
 * server_inner: servers and their connections, for the parts of server.h.
 */
#ifndef FUSE_HTTPD_SERVER_INNER_H
#define FUSE_HTTPD_SERVER_INNER_H

#include <netinet/in.h>

#include "common/loop.h"
#include "httpd/live.h"
#include "httpd/request.h"
#include "httpd/server.h"

/* How a connection speaks. The library wants an instance for each. */
enum way { WAY_PLAIN, WAY_TLS, WAY_COUNT };

struct connection {
	bool used;
	struct server *server;
	int fd;
	struct in6_addr peer;
	struct request *request; /* NULL between two */
	int64_t since_ms;	 /* monotonic: accepted, last answer over, body begun, answer begun, or it has moved */
	uint64_t taken_bytes;	 /* that the client's side had acknowledged then */
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
extern struct connection server_connections[PLACES];

/* Let the library do what there is to do. */
void server_run_library(struct server *server);

/* -- server_pace.c: how quickly an answer is taken ------------------------------------------------------ */

/* Look at an answer that is on its way: one that is taken fast enough counts as moving. */
void server_note_pace(struct connection *connection, int64_t now_ms);

/* -- server_door.c: who comes in ------------------------------------------------------------------------ */

/* Somebody knocks at the listening socket; and after a pause, because none could be let in. */
void server_on_knock(void *server, int listen_fd, unsigned ready);
void server_on_accept_again(void *server);
/* The trusted proxy is at this numeric address; "" = there is none. */
void server_read_proxy(struct server *server, const char *text);

#endif
