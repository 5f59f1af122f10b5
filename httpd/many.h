/*
 * many: printers to add or to change, several with one request. Each item is a request to stored of its own, with a
 * result of its own; some are asked at once, so that stored can commit them together. The answer is 207 with one
 * result an item, in their order.
 */
#ifndef FUSE_HTTPD_MANY_H
#define FUSE_HTTPD_MANY_H

#include <jansson.h>
#include <stddef.h>

#include "httpd/answer.h"
#include "httpd/request.h"
#include "ipc/message.h"

#define MANY_MAX 512

struct many;

struct many_way {
	const char *path; /* "/api/v1/printers": a problem's instance is <path>#<item>. Static storage */
	/* Called once for each item: it calls one of the four below. */
	void (*begin)(struct many *many, size_t item);
	/* Add to the result of an item; may be NULL. */
	void (*describe)(struct many *many, size_t item, json_t *result);
};

/* Begin with `count` items, 1 to MANY_MAX; the request is answered when all have their result. `work` is freed with
 * it, also when the client goes away: what was asked for is done all the same, what was not is not. */
void many_begin(struct request *request, const struct many_way *way, size_t count, void *work,
		void (*work_free)(void *work));
void *many_work(struct many *many);
struct request *many_request(struct many *many);

/* The serial number that the item is about, for its result; without it the result has null. */
void many_set_serial(struct many *many, size_t item, const char *serial);

void many_ask_add(struct many *many, size_t item, const struct msg_printer_add *add);
void many_ask_edit(struct many *many, size_t item, const struct msg_printer_edit *edit);
void many_set_problem(struct many *many, size_t item, enum problem problem, const char *detail, const char *remedy);
/* Nothing was to be done: 200 with the printer as it is. */
void many_set_as_it_is(struct many *many, size_t item);

#endif
