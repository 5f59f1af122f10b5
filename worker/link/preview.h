/*
 * preview: PREFLIGHT: what stands in the way of a job that somebody thinks of, and which slot would feed what. What is
 * in the file is asked of the store first.
 */
#ifndef FUSE_WORKER_LINK_PREVIEW_H
#define FUSE_WORKER_LINK_PREVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"

#define PREVIEWS_MAX 4 /* open at a time */

struct worker;

struct preview {
	struct header request;	 /* request_id 0 = this place is free */
	uint32_t plates_request; /* open FILE_PLATES_WANT */
	uint32_t plate;
	bool stage_only;
	char *options; /* owned */
};

struct previews {
	struct preview open[PREVIEWS_MAX];
};

void preview_begin(struct worker *worker, const struct header *request, const struct msg_preflight *message);

/* FILE_PLATES, or REFUSED, of an open one; false: it is not for us. */
bool preview_on_message(struct worker *worker, const struct header *header, const void *message);

#endif
