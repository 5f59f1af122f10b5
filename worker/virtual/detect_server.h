/*
 * detect_server: the detect service of a virtual printer, in clear (3000) and in TLS (3002): one exchange, then it
 * closes; silence for what it does not know.
 */
#ifndef FUSE_WORKER_VIRTUAL_DETECT_SERVER_H
#define FUSE_WORKER_VIRTUAL_DETECT_SERVER_H

#include "worker/virtual/nameplate.h"
#include "worker/virtual/server.h"

struct detect_server;

/* `nameplate` is borrowed. */
struct detect_server *detect_server_new(struct loop *loop, bool in_clear, const struct nameplate *nameplate);
void detect_server_free(struct detect_server *detect);

/* Its socket, certificate and visitors. Borrowed. */
struct server *detect_server_peek(struct detect_server *detect);

#endif
