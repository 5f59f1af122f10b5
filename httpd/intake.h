/*
 * intake: files that come in: POST /api/v1/files. stored is asked for room before the client may send anything; what
 * comes is written into the descriptor that it gives, and when that was all, stored is asked to keep it. Whatever ends
 * it before, stored is told that nothing comes of it.
 */
#ifndef FUSE_HTTPD_INTAKE_H
#define FUSE_HTTPD_INTAKE_H

#include <stddef.h>

#include "httpd/httpd.h"
#include "ipc/header.h"

/* An answer for which nobody waits any more: room that is not needed is given back. */
void intake_on_unclaimed(struct httpd *httpd, const struct header *header, const void *message);

/* Files that are on their way just now. */
size_t intake_count(void);

#endif
