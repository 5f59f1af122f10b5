/*
 * live: gives each client what it has not seen, whenever it can take something.
 */
#include "httpd/live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/body.h"
#include "httpd/feed.h"
#include "httpd/websocket.h"

#define LOOK_MS 1000
#define INSTANCE_BYTES 8
#define PONG_BYTES 48

struct live_client {
	struct live *live;
	TAILQ_ENTRY(live_client) next; /* while it is open */
	bool taken, greeted;
	enum live_kind kind;
	struct pass pass;	     /* what has let it in */
	struct websocket *websocket; /* NULL: not opened yet, or over */
	uint64_t seen;
	char pong[PONG_BYTES];	     /* what it is owed in answer to its ping, as JSON; "" = nothing */
	void (*close_socket)(void *arg);
	void *arg;
};

struct live {
	struct httpd *httpd;
	struct feed *feed;
	char instance[2 * INSTANCE_BYTES + 1];
	struct live_client clients[LIVE_CLIENTS_MAX];
	TAILQ_HEAD(open_clients, live_client) open;
	bool stopping;
	struct loop_turn *turn;
	struct loop_timer *later; /* what may not be looked at again yet */
	struct loop_timer *look;  /* at the clients, while there are any */
};

/* -- messages of our own ------------------------------------------------------------------------------ */

static struct payload *
hello(const struct live *live)
{
	struct payload *payload = payload_new(256);
	char now[CLOCK_UTC_BYTES], text[256];

	clock_format_utc(clock_wall_ms(), now);
	ENSURE(str_format(text, sizeof text,
			  "{\"type\":\"hello\",\"protocol\":%d,\"version\":\"%s\",\"instance\":\"%s\",\"serverTime\":\"%s\"}",
			  LIVE_PROTOCOL, FUSE_VERSION, live->instance, now));
	payload_put_text(payload, text);
	return payload;
}

static struct payload *
pong(struct live_client *client)
{
	struct payload *payload = payload_new(128);
	char now[CLOCK_UTC_BYTES], text[160];

	clock_format_utc(clock_wall_ms(), now);
	ENSURE(str_format(text, sizeof text, "{\"type\":\"pong\",\"t\":%s,\"serverTime\":\"%s\"}", client->pong, now));
	payload_put_text(payload, text);
	client->pong[0] = '\0';
	return payload;
}

/* -- to one client ---------------------------------------------------------------------------------------- */

static struct payload *
next_payload(struct live_client *client, bool *ret_overload)
{
	struct feed *feed = client->live->feed;

	*ret_overload = false;
	if (!client->greeted) {
		client->greeted = true;
		return hello(client->live);
	}
	if (client->pong[0] != '\0')
		return pong(client);
	return client->kind == LIVE_EVENTS ? feed_next_event(feed, &client->seen, ret_overload) :
					     feed_next_statistic(feed, &client->seen, ret_overload);
}

static void
pump(struct live_client *client)
{
	bool overload = false;

	while (websocket_is_ready(client->websocket)) {
		struct payload *payload = next_payload(client, &overload);
		if (overload)
			websocket_close(client->websocket, WEBSOCKET_TRY_LATER, "too much waits for slow clients");
		if (payload == NULL)
			return;
		websocket_send(client->websocket, payload);
	}
}

static void
on_ready(void *arg)
{
	pump(arg);
}

static void
end(struct live_client *client, const char *why)
{
	struct live *live = client->live;

	log_debug("a WebSocket is over", log_str("why", why));
	websocket_free(client->websocket);
	client->websocket = NULL;
	client->close_socket(client->arg);
	TAILQ_REMOVE(&live->open, client, next);
	if (live_count(live, LIVE_EVENTS) == 0)
		feed_close_events(live->feed);
	if (!TAILQ_EMPTY(&live->open))
		return;
	loop_timer_cancel(live->look);
	loop_timer_cancel(live->later);
	feed_close(live->feed);
}

static void
on_end(void *arg, const char *why)
{
	end(arg, why);
}

/* {"type":"ping","t":number} is answered. What else a client may say one day does no harm. */
static void
on_text(void *arg, const char *text, size_t len)
{
	struct live_client *client = arg;
	struct body_fault fault;
	json_t *json = body_parse(text, len, &fault);
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *t = json_object_get(json, "t");

	if (json == NULL) {
		websocket_close(client->websocket, WEBSOCKET_POLICY, "a message is not JSON");
	} else if (type != NULL && strcmp(type, "ping") == 0 && json_is_number(t)) {
		char *number = json_dumps(t, JSON_ENCODE_ANY);
		ENSURE(number != NULL);
		str_copy(client->pong, sizeof client->pong, number);
		free(number);
	}
	json_decref(json);
}

/* -- to all ---------------------------------------------------------------------------------------------------- */

static void
settle(struct live *live)
{
	int64_t wait_ms = feed_settle(live->feed, clock_monotonic_ms());

	if (wait_ms >= 0)
		loop_timer_set(live->later, wait_ms);
}

static void
on_turn(void *arg)
{
	struct live *live = arg;
	struct live_client *client;

	child_doing("streaming");
	settle(live);
	TAILQ_FOREACH(client, &live->open, next)
		pump(client);
	child_doing(NULL);
}

static void
on_look(void *arg)
{
	struct live *live = arg;
	int64_t now_ms = clock_monotonic_ms();

	loop_timer_set(live->look, LOOK_MS);
	for (struct live_client *client = TAILQ_FIRST(&live->open), *next; client != NULL; client = next) {
		next = TAILQ_NEXT(client, next);
		if (!access_still_holds(live->httpd->access, &client->pass, now_ms))
			websocket_close(client->websocket, WEBSOCKET_LOGIN_NEEDED, "log in again");
		const char *why = websocket_look(client->websocket, now_ms);
		if (why != NULL)
			end(client, why);
	}
}

void
live_on_message(struct live *live, const struct header *header, const void *message)
{
	if (feed_on_message(live->feed, header, message))
		loop_turn_ask(live->turn);
}

/* -- life ---------------------------------------------------------------------------------------------------------- */

struct live *
live_new(struct httpd *httpd)
{
	struct live *live = calloc(1, sizeof *live);
	uint8_t random[INSTANCE_BYTES];

	ENSURE(live != NULL && getrandom(random, sizeof random, 0) == sizeof random);
	str_hex(random, sizeof random, live->instance);
	live->httpd = httpd;
	live->feed = feed_new(httpd->known);
	TAILQ_INIT(&live->open);
	live->turn = loop_turn_new(httpd->loop, on_turn, live);
	live->later = loop_timer_new(httpd->loop, on_turn, live);
	live->look = loop_timer_new(httpd->loop, on_look, live);
	return live;
}

void
live_free(struct live *live)
{
	loop_turn_free(live->turn);
	loop_timer_free(live->later);
	loop_timer_free(live->look);
	feed_free(live->feed);
	free(live);
}

struct live_client *
live_take_place(struct live *live, enum live_kind kind, const struct pass *pass)
{
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++) {
		struct live_client *client = &live->clients[i];
		if (client->taken)
			continue;
		*client = (struct live_client){ .live = live, .taken = true, .kind = kind, .pass = *pass };
		return client;
	}
	return NULL;
}

void
live_give_place(struct live_client *client)
{
	if (client->websocket != NULL)
		end(client, "its request is over");
	client->taken = false;
}

size_t
live_count(const struct live *live, enum live_kind kind)
{
	const struct live_client *client;
	size_t count = 0;

	TAILQ_FOREACH(client, &live->open, next)
		count += client->kind == kind;
	return count;
}

bool
live_open(struct live_client *client, int fd, const void *early, size_t early_len, const struct websocket_outlet *outlet,
	  void (*close_socket)(void *arg), void *arg)
{
	static const struct websocket_events events = { .on_text = on_text, .on_ready = on_ready, .on_end = on_end };
	struct live *live = client->live;

	if (!client->taken || live->stopping)
		return false;
	client->close_socket = close_socket;
	client->arg = arg;
	client->websocket = websocket_new(live->httpd->loop, fd, early, early_len, &events, client);
	if (outlet != NULL)
		websocket_set_outlet(client->websocket, live->httpd->loop, outlet);
	if (TAILQ_EMPTY(&live->open))
		loop_timer_set(live->look, LOOK_MS);
	TAILQ_INSERT_TAIL(&live->open, client, next);
	feed_open(live->feed, client->kind == LIVE_EVENTS);
	settle(live);
	return true;
}

void
live_stop(struct live *live)
{
	struct live_client *client;

	live->stopping = true;
	TAILQ_FOREACH(client, &live->open, next)
		websocket_close(client->websocket, WEBSOCKET_GOING_AWAY, "Fuse is stopping");
}

void
live_end(struct live *live)
{
	live->stopping = true;
	while (!TAILQ_EMPTY(&live->open))
		end(TAILQ_FIRST(&live->open), "Fuse is stopping");
}
