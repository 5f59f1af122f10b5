/*
 * virtuals: what the processes that play virtual printers have told of their controls (VIRTUAL_STATE). The newest of each,
 * read once when it comes. What is no object, or too deep, is not kept.
 */
#ifndef FUSE_HTTPD_VIRTUALS_H
#define FUSE_HTTPD_VIRTUALS_H

#include <jansson.h>

#include "ipc/header.h"
#include "ipc/message.h"

#define VIRTUALS_MAX 64 /* places of such processes: a new one may come before an old one is gone */
#define VIRTUALS_DEPTH_MAX 6

struct virtuals;

struct virtuals *virtuals_new(void);
void virtuals_free(struct virtuals *virtuals);

/* A VIRTUAL_STATE, or that it is taken back. */
void virtuals_note(struct virtuals *virtuals, const struct header *header, const struct msg_virtual_state *message);

/* What the process at this place has told of this printer; NULL: nothing. Borrowed until the next message. */
json_t *virtuals_controls_peek(const struct virtuals *virtuals, size_t slot, const char *serial);

#endif
