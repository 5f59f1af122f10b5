/*
 * mqtt: Paho's callbacks become letters (mqtt_events.c makes events of them), our calls become Paho's.
 *
 * Every pointer that Paho keeps for us holds the session's number, so that what it says late is known as late. Each
 * stage of a session has its time limit on our own clock (Paho looks at its own only every 3 s).
 *
 * Paho ends its threads with its last client and waits for that (up to 10 s): an idle client lives as long as we do.
 * Its calls wait for a lock that its threads hold only while they work, never while they wait.
 */
#include "worker/link/mqtt_inner.h"

#include <MQTTAsync.h>
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/link/paho_calls.h"

#define THREAD_STACK_BYTES (1024 * 1024)
#define QUEUED_MAX 256		   /* publishes that wait for room on the wire */
#define PAHO_TIMEOUT_S (24 * 3600) /* ours counts */
#define USER "bblp"
#define SUBACK_REFUSED 0x80

/* What Paho's threads use: set before they may. */
static struct mailbox *box;
static char report_topic[TOPIC_BYTES];

/* -- on Paho's threads --------------------------------------------------------------------------------- */

/* The pointer that Paho keeps for us holds the session's number and a tag. */
_Static_assert(sizeof(void *) == 8, "a pointer holds two numbers");

static void *
cookie_of(uint32_t session, uint32_t tag)
{
	return (void *)(uintptr_t)((uint64_t)session << 32 | tag);
}

static struct mail
letter_of(enum mail_class class, void *cookie, enum letter kind, int error)
{
	uint64_t numbers = (uintptr_t)cookie;

	return (struct mail){ .class = class, .session = (uint32_t)(numbers >> 32), .kind = kind,
			      .error = error, .tag = (uint32_t)numbers, .at_ms = clock_wall_ms() };
}

static void
post(void *cookie, enum letter kind, int error, const void *bytes, size_t len)
{
	const struct mail letter = letter_of(MAIL_MUST_ARRIVE, cookie, kind, error);

	mailbox_post(box, &letter, bytes, len);
}

static void
on_tcp_failed(void *cookie, int error)
{
	post(cookie, LETTER_TCP_FAILED, error, NULL, 0);
}

static void
on_tls_start(void *cookie)
{
	post(cookie, LETTER_TLS_START, 0, NULL, 0);
}

static void
on_judged(void *cookie, enum tls_verdict verdict, const struct tls_certificate *certificate)
{
	const struct judgement judgement = { verdict, *certificate };

	post(cookie, LETTER_JUDGED, 0, &judgement, sizeof judgement);
}

static void
on_tls_done(void *cookie)
{
	paho_calls_let_write();
	post(cookie, LETTER_TLS_DONE, 0, NULL, 0);
}

static void
on_alert(void *cookie, const char *reason)
{
	post(cookie, LETTER_ALERT, 0, reason, strlen(reason));
}

static void
on_too_big(void *cookie, uint32_t bytes)
{
	/* There may be as many as reports. */
	const struct mail letter = letter_of(MAIL_MAY_BE_LOST, cookie, LETTER_TOO_BIG, (int)bytes);

	mailbox_post(box, &letter, NULL, 0);
}

static void
on_login_done(void *cookie, MQTTAsync_successData *data)
{
	(void)data;
	post(cookie, LETTER_LOGIN_DONE, 0, NULL, 0);
}

static void
on_login_failed(void *cookie, MQTTAsync_failureData *data)
{
	(void)data; /* its codes do not tell what happened; paho_calls_answer() does */
	post(cookie, LETTER_LOGIN_FAILED, 0, NULL, 0);
}

static void
on_lost(void *cookie, char *cause)
{
	(void)cause; /* always NULL */
	post(cookie, LETTER_LOST, 0, NULL, 0);
}

static void
on_subscribed(void *cookie, MQTTAsync_successData *data)
{
	post(cookie, LETTER_SUBSCRIBED, data->alt.qos, NULL, 0);
}

/* Only a refusal by the printer; when the session ends meanwhile, that is told. */
static void
on_subscribe_failed(void *cookie, MQTTAsync_failureData *data)
{
	if (data->code == SUBACK_REFUSED)
		post(cookie, LETTER_SUBSCRIBE_FAILED, 0, NULL, 0);
}

/* Those of QoS 1 have a message id, which Paho calls a token. */
static void
on_published(void *cookie, MQTTAsync_successData *data)
{
	post(cookie, LETTER_PUBLISHED, data->token != 0, NULL, 0);
}

static void
on_publish_failed(void *cookie, MQTTAsync_failureData *data)
{
	post(cookie, LETTER_PUBLISH_FAILED, data->token != 0, NULL, 0);
}

/* The payload is moved, not copied: Paho's heap is ours (worker/link/paho_heap.h). */
static void
post_report(void *cookie, MQTTAsync_message *message)
{
	const struct mail letter = letter_of(MAIL_MAY_BE_LOST, cookie, LETTER_REPORT, 0);

	mailbox_post_taking(box, &letter, message->payload, (size_t)message->payloadlen);
	message->payload = NULL;
}

static int
on_message(void *cookie, char *topic, int topic_len, MQTTAsync_message *message)
{
	if (message->payloadlen > MQTT_PAYLOAD_MAX_BYTES)
		on_too_big(cookie, (uint32_t)message->payloadlen);
	/* The length is that of the topic, with any NUL inside, or 0. */
	else if ((topic_len == 0 || (size_t)topic_len == strlen(report_topic)) && strcmp(topic, report_topic) == 0)
		post_report(cookie, message);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

/* -- the life of a session ------------------------------------------------------------------------------ */

void
mqtt_bury(struct mqtt *mqtt)
{
	if (mqtt->client == NULL)
		return;
	paho_calls_end();
	MQTTAsync_destroy(&mqtt->client);
	mqtt->client = NULL;
}

/* -- what the owner calls ----------------------------------------------------------------------------------- */

struct mqtt *
mqtt_new(struct loop *loop, const struct mqtt_duties *duties)
{
	struct mqtt *mqtt = calloc(1, sizeof *mqtt);
	MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
	pthread_attr_t attributes;

	ENSURE(mqtt != NULL && box == NULL);
	mqtt->magic = MQTT_MAGIC;
	mqtt->duties = *duties;
	mqtt->session = 1;
	mqtt->box = box = mailbox_new(MQTT_MAILBOX_BYTES);
	mqtt->letters = loop_io_new(loop, mailbox_fd_peek(box), LOOP_READ, mqtt_on_letters, mqtt);
	mqtt->limit = loop_timer_new(loop, mqtt_on_limit, mqtt);
	paho_calls_init();
	ENSURE(pthread_attr_init(&attributes) == 0 &&
	       pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) == 0 &&
	       pthread_setattr_default_np(&attributes) == 0);
	pthread_attr_destroy(&attributes);
	options.do_openssl_init = 0; /* tls_init() did it, with less */
	MQTTAsync_global_init(&options);
	ENSURE(MQTTAsync_create(&mqtt->idle, "ssl://127.0.0.1:1", "idle", MQTTCLIENT_PERSISTENCE_NONE, NULL) ==
	       MQTTASYNC_SUCCESS);
	return mqtt;
}

void
mqtt_free(struct mqtt *mqtt)
{
	if (mqtt == NULL)
		return;
	ENSURE_OBJ(mqtt, MQTT_MAGIC);
	mqtt_drop(mqtt);
	paho_calls_hurry();
	MQTTAsync_destroy(&mqtt->idle);
	loop_io_free(mqtt->letters);
	loop_timer_free(mqtt->limit);
	mailbox_free(box);
	box = NULL;
	mqtt->magic = 0;
	free(mqtt);
}

/* "ssl://192.0.2.1:8883", "ssl://[2001:db8::1]:8883"; false when the address is none. */
static bool
write_uri(const struct mqtt_target *target, char *ret_uri, size_t cap)
{
	unsigned char parsed[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, target->address, parsed) == 1)
		return str_format(ret_uri, cap, "ssl://%s:%u", target->address, target->port);
	return inet_pton(AF_INET6, target->address, parsed) == 1 &&
	       str_format(ret_uri, cap, "ssl://[%s]:%u", target->address, target->port);
}

static int
start_paho(struct mqtt *mqtt, const struct mqtt_target *target, const char *uri)
{
	MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	MQTTAsync_SSLOptions ssl = MQTTAsync_SSLOptions_initializer;
	void *cookie = cookie_of(mqtt->session, 0);

	create.MQTTVersion = MQTTVERSION_3_1_1; /* explicit, or a refusal is followed by a try with 3.1 */
	create.maxBufferedMessages = QUEUED_MAX;
	int result = MQTTAsync_createWithOptions(&mqtt->client, uri, target->client_id, MQTTCLIENT_PERSISTENCE_NONE,
						 NULL, &create);
	if (result != MQTTASYNC_SUCCESS) {
		mqtt->client = NULL;
		return result;
	}
	ENSURE(MQTTAsync_setCallbacks(mqtt->client, cookie, on_lost, on_message, NULL) == MQTTASYNC_SUCCESS);
	ssl.disableDefaultTrustStore = 1; /* common/tls decides */
	options.ssl = &ssl;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.cleansession = 1;
	options.keepAliveInterval = target->keepalive_s;
	options.connectTimeout = PAHO_TIMEOUT_S;
	options.username = USER;
	options.binarypwd.data = secret_bytes_peek(&target->access_code);
	options.binarypwd.len = (int)target->access_code.len_bytes;
	options.context = cookie;
	options.onSuccess = on_login_done;
	options.onFailure = on_login_failed;
	return MQTTAsync_connect(mqtt->client, &options);
}

void
mqtt_connect(struct mqtt *mqtt, const struct mqtt_target *target)
{
	char uri[sizeof target->address + 24];

	mqtt_drop(mqtt);
	void *cookie = cookie_of(mqtt->session, 0);
	const struct paho_watch watch = { on_tcp_failed,
					  { on_tls_start, on_judged, on_tls_done, on_alert, cookie },
					  on_too_big,
					  cookie };
	mqtt->connect_timeout_s = target->connect_timeout_s;
	mqtt->awaits_suback = false;
	mqtt->unacknowledged = 0;
	str_format(report_topic, sizeof report_topic, "device/%s/report", target->expectation.serial);
	str_format(mqtt->request_topic, sizeof mqtt->request_topic, "device/%s/request", target->expectation.serial);
	mqtt_enter(mqtt, STAGE_TCP);
	if (!write_uri(target, uri, sizeof uri)) {
		post(cookie, LETTER_TCP_FAILED, EADDRNOTAVAIL, NULL, 0);
		return;
	}
	/* Paho's threads, born here, leave signals to the main thread. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	paho_calls_begin(&target->expectation, target->keepalive_s, &watch);
	if (start_paho(mqtt, target, uri) != MQTTASYNC_SUCCESS)
		post(cookie, LETTER_TCP_FAILED, ENOMEM, NULL, 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
mqtt_drop(struct mqtt *mqtt)
{
	ENSURE_OBJ(mqtt, MQTT_MAGIC);
	mqtt_enter(mqtt, STAGE_NONE);
	mqtt_number_next(mqtt);
	mqtt_bury(mqtt);
	mailbox_empty(box);
}

void
mqtt_subscribe(struct mqtt *mqtt)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
	void *cookie = cookie_of(mqtt->session, 0);

	if (mqtt->stage != STAGE_UP)
		return;
	options.context = cookie;
	options.onSuccess = on_subscribed;
	options.onFailure = on_subscribe_failed;
	mqtt->awaits_suback = true;
	loop_timer_set(mqtt->limit, mqtt->connect_timeout_s * 1000LL);
	int result = MQTTAsync_subscribe(mqtt->client, report_topic, 0, &options);
	/* When it has just lost the connection, that is told. */
	if (result != MQTTASYNC_SUCCESS && result != MQTTASYNC_DISCONNECTED)
		post(cookie, LETTER_SUBSCRIBE_FAILED, 0, NULL, 0);
}

bool
mqtt_publish(struct mqtt *mqtt, const void *payload, size_t len, int qos, uint32_t tag)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	ENSURE(qos == 0 || qos == 1);
	if (mqtt->stage != STAGE_UP || len > MQTT_PAYLOAD_MAX_BYTES)
		return false;
	if (mqtt->unacknowledged >= MQTT_UNACKNOWLEDGED_MAX)
		qos = 0;
	options.context = cookie_of(mqtt->session, tag);
	options.onSuccess = on_published;
	options.onFailure = on_publish_failed;
	int result = MQTTAsync_send(mqtt->client, mqtt->request_topic, (int)len, payload, qos, 0, &options);
	if (result != MQTTASYNC_SUCCESS)
		return false;
	mqtt->unacknowledged += qos == 1;
	return true;
}
