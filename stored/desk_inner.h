/*
 * desk_inner: what desk.c (settings, secrets, the batch) and the desks of printers, files, jobs and owners share; nobody
 * else includes it.
 */
#ifndef FUSE_STORED_DESK_INNER_H
#define FUSE_STORED_DESK_INNER_H

#include "stored/desk.h"

/* Refuse for a fault of the disk or the database. */
void desk_refuse(struct desk *desk, const struct header *request, const struct fault *fault);

/* Refuse for any other reason; the sentence is cut at its bound. */
void desk_refuse_with(struct desk *desk, const struct header *request, enum refusal reason, const char *remedy,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Commit and answer what is in the batch. */
void desk_flush(struct desk *desk);

/* One more request for the batch; it is committed when this turn of the loop is over. */
struct batch_item *desk_new_item(struct desk *desk, const struct header *request);

/* Open a kept secret. DONE; ABSENT; NO_KEY (logged): it cannot be opened with our key; or another fault. The caller
 * wipes. */
enum outcome desk_read_secret(struct desk *desk, const char *name, struct secret *ret_secret, struct fault *ret_fault);

#endif
