/*
 * rest: what several handlers need. The handlers themselves are declared by routes.h from the table.
 */
#ifndef FUSE_HTTPD_REST_H
#define FUSE_HTTPD_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "httpd/request.h"
#include "ipc/message.h"

/* The store has said what it has, since Fuse was started: what is not known is not there. False: that was answered. */
bool rest_store_has_told(struct request *request);

/* The printer that the path names. NULL: there is none, and the answer says so. */
const struct msg_printer *rest_find_printer(struct request *request);

/* Where its worker sits. False: it has none, and the answer says so. */
bool rest_worker_slot(struct request *request, const char *serial, uint16_t *ret_slot);

/* A reply_fn: DONE's sentence, or what kept it from being done. */
void rest_answer_done(void *owner, unsigned cookie, const struct reply *reply);

/* A reply_fn: DONE is answered with 204. */
void rest_answer_gone(void *owner, unsigned cookie, const struct reply *reply);

/* 422 with this sentence. */
void rest_answer_invalid(struct request *request, const char *sentence);

/* Whatever the path: the statistics WebSocket, all that there is on its port (rest_events.c). */
void rest_statistics(struct request *request);

/* A list of printers to add or to change (rest_bulk.c). */
void rest_bulk(struct request *request, bool adds);

#endif
