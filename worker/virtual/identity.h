/*
 * identity: the certificate that a virtual printer shows at all its services: its own, from the store, or, when it
 * plays a printer whose certificate has changed, another one of the same name, which it makes for itself and keeps.
 */
#ifndef FUSE_WORKER_VIRTUAL_IDENTITY_H
#define FUSE_WORKER_VIRTUAL_IDENTITY_H

#include <stdbool.h>

#include "common/tls_server.h"
#include "ipc/message.h"

struct identity {
	struct tls_service *single; /* of services whose connections stand alone */
	struct tls_service *files;  /* of the file service: sessions are resumed */
};

/* Its own. False: `ret_fault` says why. The key is wiped from `mine`. */
bool identity_own(struct identity *identity, struct msg_virtual_mine *mine, char ret_fault[TLS_SERVER_FAULT_BYTES]);

/* The other one: that which lies in `dir`, else a new one, put there. False: it could not be made; logged. */
bool identity_other(struct identity *identity, const char *dir, const char *serial);

void identity_free(struct identity *identity);

#endif
