/*
 * owner_desk: the desk's requests about who may use Fuse: the password and its setup code, tokens, the certificate.
 */
#ifndef FUSE_STORED_OWNER_DESK_H
#define FUSE_STORED_OWNER_DESK_H

#include "ipc/child.h"
#include "stored/owner.h"
#include "stored/certificate.h"
#include "stored/hasher.h"
#include "stored/setup_code.h"

struct desk;

struct owner_desk {
	struct owner kept;
	struct setup_code code;
	struct backroom *hasher;
	struct certificate_facts certificate; /* of the one that was given last */
	char folder[FILES_PATH_BYTES];	      /* tls.d */
	char bound[LISTENER_PURPOSE_COUNT][64]; /* as FUSE_STATUS says */
};

/* DONE, or the fault for which the store cannot serve. */
enum outcome owner_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault);

/* At start: tell what there is, and show the setup code when no password is set. */
void owner_desk_publish_all(struct desk *desk);

/* A message that is about access; false when it is not. */
bool owner_desk_on_message(struct desk *desk, const struct header *header, const void *message);

#endif
