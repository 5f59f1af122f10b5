/*
 * detect_server: a visitor asks once.
 */
#include "worker/virtual/detect_server.h"

#include <stdlib.h>

#include "common/miniobj.h"
#include "worker/virtual/detect_frame.h"

#define DETECT_MAGIC 0x76646574
#define CALL_MAGIC 0x7663616c
#define VISITORS 4
#define VISIT_MS 5000
#define FIRST_NUMBER 3000

struct detect_server {
	unsigned magic;
	struct server *server;
	const struct nameplate *nameplate;
	uint32_t number; /* of the next answer */
};

struct call {
	unsigned magic;
	struct detect_server *detect;
	struct visitor *visitor;
};

static void *
on_come(void *arg, struct visitor *visitor)
{
	struct call *call = calloc(1, sizeof *call);

	ENSURE(call != NULL);
	*call = (struct call){ CALL_MAGIC, arg, visitor };
	return call;
}

static size_t
on_bytes(void *guest, const uint8_t *bytes, size_t len)
{
	struct call *call = guest;
	uint8_t answer[DETECT_ANSWER_MAX_BYTES];

	ENSURE_OBJ(call, CALL_MAGIC);
	switch (detect_frame_read(bytes, len)) {
	case DETECT_ASK_MORE:
		return 0;
	case DETECT_ASK_UNKNOWN:
		break; /* whatever it says, until it goes or its time is over */
	case DETECT_ASK_DETECT:
		visitor_send(call->visitor, answer,
			     detect_frame_answer(call->detect->nameplate, call->detect->number++, answer));
		visitor_end(call->visitor, true);
		break;
	}
	return len;
}

static void
on_leave(void *guest)
{
	struct call *call = guest;

	ENSURE_OBJ(call, CALL_MAGIC);
	call->magic = 0;
	free(call);
}

struct detect_server *
detect_server_new(struct loop *loop, bool in_clear, const struct nameplate *nameplate)
{
	struct detect_server *detect = calloc(1, sizeof *detect);

	ENSURE(detect != NULL);
	*detect = (struct detect_server){ .magic = DETECT_MAGIC, .nameplate = nameplate, .number = FIRST_NUMBER };
	detect->server = server_new(loop,
				    &(struct server_rules){ .name = in_clear ? "detect" : "detect-tls",
							    .in_clear = in_clear,
							    .most = VISITORS,
							    .stranger_ms = VISIT_MS,
							    .in_max_bytes = DETECT_ASK_MAX_BYTES + 16384,
							    .out_max_bytes = DETECT_ANSWER_MAX_BYTES },
				    &(struct server_duties){ on_come, on_bytes, on_leave, detect });
	return detect;
}

void
detect_server_free(struct detect_server *detect)
{
	if (detect == NULL)
		return;
	ENSURE_OBJ(detect, DETECT_MAGIC);
	server_free(detect->server);
	detect->magic = 0;
	free(detect);
}

struct server *
detect_server_peek(struct detect_server *detect)
{
	ENSURE_OBJ(detect, DETECT_MAGIC);
	return detect->server;
}
