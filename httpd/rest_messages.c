/*
 * rest_messages: the recent MQTT messages of a printer. The worker writes them into a pipe, one JSON object a line
 * (worker/link/tail.h); httpd passes them on as they are.
 */
#include <string.h>

#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/stream.h"

#define MESSAGES_MOST 100000

void
rest_messages(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_messages_want message = { 0 };
	int64_t limit;
	uint16_t slot;

	if (printer == NULL || !request_number(request, "limit", 1, MESSAGES_MOST, 0, &limit) ||
	    !request_truth(request, "follow", &message.follow) || !rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	message.most = (uint32_t)limit;
	stream_answer_from_worker(request, MESSAGE_MESSAGES_WANT, slot, &message, STREAM_NDJSON, message.follow);
}

static void
on_cleared(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (!request_answer_failure(owner, reply))
		answer_nothing(owner);
}

void
rest_messages_clear(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_messages_clear message = { 0 };
	uint16_t slot;

	if (printer == NULL || !rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_ask(request, MESSAGE_MESSAGES_CLEAR, ROLE_WORKER, slot, &message, ASK_DEADLINE_MS, on_cleared);
}
