/*
 * live: the clients of the two WebSockets (docs/events.md): at most LIVE_CLIENTS_MAX of both together, each with the
 * revision of the feed that it has seen.
 *
 * A place is taken when a handshake is answered and given back with its request, however that ends; in between it may
 * be opened, with the socket that the HTTP library lets go.
 */
#ifndef FUSE_HTTPD_LIVE_H
#define FUSE_HTTPD_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "httpd/access.h"
#include "httpd/httpd.h"
#include "ipc/header.h"

#define LIVE_CLIENTS_MAX 256
#define LIVE_PROTOCOL 1

struct live;
struct websocket_outlet;
struct live_client;

enum live_kind { LIVE_EVENTS, LIVE_STATISTICS, LIVE_KIND_COUNT };

struct live *live_new(struct httpd *httpd);
/* After the last place was given back. */
void live_free(struct live *live);

/* What known_on_message() has taken in. */
void live_on_message(struct live *live, const struct header *header, const void *message);

/* For one who was let in by `pass`; when that holds no longer (a logout, another password, a token that was removed) it is
 * closed. NULL: as many as there may be are there. */
struct live_client *live_take_place(struct live *live, enum live_kind kind, const struct pass *pass);
void live_give_place(struct live_client *client);

/* How many of this kind are open. */
size_t live_count(const struct live *live, enum live_kind kind);

/* Speak to it; over TLS there is an `outlet` for what is sent (else NULL). `close_socket` is called once, when that is over: the socket is not touched any more then. False when
 * nobody is to be spoken to any more; nothing is called then. */
bool live_open(struct live_client *client, int fd, const void *early, size_t early_len,
	       const struct websocket_outlet *outlet, void (*close_socket)(void *arg), void *arg);

/* Say goodbye to all; and end without waiting for their part. */
void live_stop(struct live *live);
void live_end(struct live *live);

#endif
