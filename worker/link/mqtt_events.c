/*
 * mqtt_events: letters become events. A session has a number and every letter carries it; those of another session
 * are passed over, so that nothing of a dropped session is ever told. A hearer may drop or replace the session from
 * within each event: what is left of it is then not told either.
 */
#include "worker/link/mqtt_inner.h"

#include <errno.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/link/paho_calls.h"

#define LETTERS_A_TURN 64 /* then other events have their turn */

/* -- the life of a session ------------------------------------------------------------------------------ */

void
mqtt_enter(struct mqtt *mqtt, enum stage stage)
{
	mqtt->stage = stage;
	if (stage == STAGE_NONE || stage == STAGE_UP)
		loop_timer_cancel(mqtt->limit);
	else
		loop_timer_set(mqtt->limit, mqtt->connect_timeout_s * 1000LL);
}

void
mqtt_number_next(struct mqtt *mqtt)
{
	if (++mqtt->session == 0)
		mqtt->session = 1;
}

static void
tell(struct mqtt *mqtt, const struct mqtt_event *event)
{
	mqtt->duties.on_event(mqtt->duties.arg, event);
}

static void
tell_number(struct mqtt *mqtt, enum mqtt_event_kind kind, int error)
{
	tell(mqtt, &(struct mqtt_event){ .kind = kind, .error = error });
}

static void
tell_dropped(struct mqtt *mqtt)
{
	uint32_t dropped = mailbox_take_dropped(mqtt->box);

	if (dropped > 0)
		tell_number(mqtt, MQTT_DROPPED, (int)dropped);
}

static void handle(struct mqtt *mqtt, const struct mail *letter);

/* The session is over: what Paho still had to say of it first, then the last word. */
static void
end(struct mqtt *mqtt, const char *text)
{
	struct mqtt_event ended = { .kind = MQTT_ENDED };
	uint32_t session = mqtt->session;

	str_copy(ended.text, sizeof ended.text, text);
	mqtt_enter(mqtt, STAGE_NONE);
	mqtt_bury(mqtt);
	for (struct mail *letter; mqtt->session == session && (letter = mailbox_take(mqtt->box)) != NULL;) {
		if (letter->session == session && letter->kind >= LETTER_SUBSCRIBED)
			handle(mqtt, letter);
		mail_free(letter);
	}
	if (mqtt->session == session)
		tell_dropped(mqtt);
	if (mqtt->session != session)
		return; /* a duty has begun another, or dropped this one */
	mqtt_number_next(mqtt);
	tell(mqtt, &ended);
}

/* Tell `event` and, unless its hearer has ended or replaced the session, its end. */
static void
tell_and_end(struct mqtt *mqtt, const struct mqtt_event *event, const char *text)
{
	uint32_t session = mqtt->session;

	tell(mqtt, event);
	if (mqtt->session == session)
		end(mqtt, text);
}

static void
fail_tcp(struct mqtt *mqtt, int error)
{
	tell_and_end(mqtt, &(struct mqtt_event){ .kind = MQTT_TCP_FAILED, .error = error }, strerror(error));
}

static void
fail_tls(struct mqtt *mqtt, int error, const char *text)
{
	struct mqtt_event event = { .kind = MQTT_TLS_FAILED, .error = error };

	str_copy(event.text, sizeof event.text, text);
	tell_and_end(mqtt, &event, text);
}

static void
tell_identity(struct mqtt *mqtt)
{
	tell(mqtt, &(struct mqtt_event){ .kind = MQTT_IDENTITY, .verdict = mqtt->judgement.verdict,
					 .certificate = mqtt->judgement.certificate });
}

void
mqtt_on_limit(void *arg)
{
	struct mqtt *mqtt = arg;
	char text[80];

	str_format(text, sizeof text, "no answer within %d s", mqtt->connect_timeout_s);
	switch (mqtt->stage) {
	case STAGE_TCP:
		fail_tcp(mqtt, ETIMEDOUT);
		break;
	case STAGE_TLS:
		fail_tls(mqtt, ETIMEDOUT, text);
		break;
	case STAGE_LOGIN:
		tell_and_end(mqtt, &(struct mqtt_event){ .kind = MQTT_NO_ANSWER }, text);
		break;
	case STAGE_UP:
		if (mqtt->awaits_suback) {
			mqtt->awaits_suback = false;
			tell_number(mqtt, MQTT_SUBSCRIBE_FAILED, ETIMEDOUT);
		}
		break;
	case STAGE_NONE:
		break;
	}
}

/* -- letters --------------------------------------------------------------------------------------------- */

static void
handle_tls_done(struct mqtt *mqtt)
{
	uint32_t session = mqtt->session;

	tell_identity(mqtt);
	if (mqtt->session == session && mqtt->stage == STAGE_TLS)
		mqtt_enter(mqtt, STAGE_LOGIN);
}

static void
handle_judged(struct mqtt *mqtt, const struct mail *letter)
{
	uint32_t session = mqtt->session;

	ENSURE(letter->len == sizeof mqtt->judgement);
	memcpy(&mqtt->judgement, letter->bytes, sizeof mqtt->judgement);
	if (TLS_IS_TRUSTED(mqtt->judgement.verdict))
		return; /* anybody can show a certificate; told when its key is proved */
	tell_identity(mqtt);
	if (mqtt->session == session)
		end(mqtt, tls_verdict_name(mqtt->judgement.verdict));
}

static void
handle_lost(struct mqtt *mqtt)
{
	struct mqtt_event refused = { .kind = MQTT_REFUSED, .error = paho_calls_answer() };
	char text[120];

	paho_calls_fault(text, sizeof text);
	if (mqtt->stage == STAGE_TCP)
		fail_tcp(mqtt, EIO); /* before a connection was tried: no descriptor, no memory */
	else if (mqtt->stage == STAGE_TLS)
		fail_tls(mqtt, 0, text[0] != '\0' ? text : "the handshake failed");
	else if (mqtt->stage == STAGE_LOGIN && refused.error > 0)
		tell_and_end(mqtt, &refused, "it refused the login");
	else
		end(mqtt, text[0] != '\0' ? text : "it answers no ping");
}

static void
handle_subscription(struct mqtt *mqtt, const struct mail *letter)
{
	if (!mqtt->awaits_suback)
		return; /* too late: its time was over */
	mqtt->awaits_suback = false;
	if (mqtt->stage == STAGE_UP)
		loop_timer_cancel(mqtt->limit);
	if (letter->kind == LETTER_SUBSCRIBED && letter->error >= 0 && letter->error <= 2)
		tell_number(mqtt, MQTT_SUBSCRIBED, letter->error);
	else
		tell_number(mqtt, MQTT_SUBSCRIBE_FAILED, 0);
}

static void
handle_publish(struct mqtt *mqtt, const struct mail *letter)
{
	bool good = letter->kind == LETTER_PUBLISHED;

	if (letter->error != 0 && mqtt->unacknowledged > 0)
		mqtt->unacknowledged--;
	tell(mqtt, &(struct mqtt_event){ .kind = good ? MQTT_PUBLISHED : MQTT_PUBLISH_FAILED, .tag = letter->tag });
}

static void
handle(struct mqtt *mqtt, const struct mail *letter)
{
	switch ((enum letter)letter->kind) {
	case LETTER_TCP_FAILED:
		fail_tcp(mqtt, letter->error);
		break;
	case LETTER_TLS_START:
		mqtt_enter(mqtt, STAGE_TLS);
		tell_number(mqtt, MQTT_TCP_OPEN, 0);
		break;
	case LETTER_JUDGED:
		handle_judged(mqtt, letter);
		break;
	case LETTER_TLS_DONE:
		handle_tls_done(mqtt);
		break;
	case LETTER_ALERT:
		fail_tls(mqtt, 0, (const char *)letter->bytes);
		break;
	case LETTER_LOGIN_DONE:
		mqtt_enter(mqtt, STAGE_UP);
		tell_number(mqtt, MQTT_CONNECTED, 0);
		break;
	case LETTER_LOGIN_FAILED:
	case LETTER_LOST:
		handle_lost(mqtt);
		break;
	case LETTER_SUBSCRIBED:
	case LETTER_SUBSCRIBE_FAILED:
		handle_subscription(mqtt, letter);
		break;
	case LETTER_PUBLISHED:
	case LETTER_PUBLISH_FAILED:
		handle_publish(mqtt, letter);
		break;
	case LETTER_REPORT:
		/* The letter is ours, and nobody else sees it any more. */
		mqtt->duties.on_report(mqtt->duties.arg, letter->bytes, letter->len, letter->at_ms);
		break;
	case LETTER_TOO_BIG:
		tell_number(mqtt, MQTT_PAYLOAD_TOO_BIG, letter->error);
		break;
	}
}

void
mqtt_on_letters(void *arg, int fd, unsigned ready)
{
	struct mqtt *mqtt = arg;
	struct mail *letter;

	(void)fd, (void)ready;
	ENSURE_OBJ(mqtt, MQTT_MAGIC);
	for (int i = 0; i < LETTERS_A_TURN && (letter = mailbox_take(mqtt->box)) != NULL; i++) {
		if (letter->session == mqtt->session && mqtt->stage != STAGE_NONE)
			handle(mqtt, letter);
		mail_free(letter);
	}
	if (mqtt->stage != STAGE_NONE)
		tell_dropped(mqtt);
}
