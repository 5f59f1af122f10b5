/*
 * fuse-httpd: people and programs. It serves REST on the listening sockets that the supervisor has bound, keeps
 * the newest of what the other processes tell, and asks them for the rest. Of secrets it keeps the key of its
 * certificate and the hashes of sessions and tokens; others pass through it on their way to stored.
 */
#include <string.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "common/tls_digest.h"
#include "httpd/access.h"
#include "httpd/known.h"
#include "httpd/httpd.h"
#include "httpd/intake.h"
#include "httpd/live.h"
#include "httpd/pending.h"
#include "httpd/scans.h"
#include "httpd/server.h"
#include "httpd/tls.h"
#include "printer/jsonin.h"

#define CERTIFICATE_RETRY_MS 2000
#define CERTIFICATE_LOOK_MS ((int64_t)12 * 3600 * 1000) /* the owner's may have been renewed, ours may end */
#define FAREWELL_MS 1500 /* for answers that are on their way, at the end */
#define FAREWELL_STEP_MS 20

static struct httpd httpd;
static struct loop_timer *farewell, *certificate_timer;
static bool certificate_asked;
static int64_t farewell_left_ms = FAREWELL_MS;

/* -- the certificate ------------------------------------------------------------------------------------ */

static bool
needs_certificate(void)
{
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		if (server_is_open(httpd.servers[i]) && server_is_guarded(httpd.servers[i]))
			return true;
	return false;
}

static void
on_certificate(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)owner;
	(void)cookie;
	certificate_asked = false;
	bool taken = reply->kind == REPLY_GIVEN && reply->number == MESSAGE_CERTIFICATE && tls_take(reply->message);
	if (reply->kind == REPLY_REFUSED)
		log_warn("there is no certificate for other machines yet",
			 log_str("because", ((const struct msg_refused *)reply->message)->sentence));
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT && tls_is_ready(); i++)
		server_go_on(httpd.servers[i]);
	loop_timer_set(certificate_timer, taken ? CERTIFICATE_LOOK_MS : CERTIFICATE_RETRY_MS);
}

static void
ask_for_certificate(void *arg)
{
	static const struct msg_certificate_want want;
	const struct ask ask = { .number = MESSAGE_CERTIFICATE_WANT, .to_role = ROLE_STORED, .message = &want, .fd = -1,
				 .deadline_ms = ASK_DEADLINE_MS, .on_reply = on_certificate, .owner = &httpd };

	(void)arg;
	if (certificate_asked || httpd.stopping || !needs_certificate())
		return;
	certificate_asked = true;
	pending_ask(httpd.pendings, &ask);
}

/* A stored that started anew does not know yet which one we show; and then fusectl does not, either. */
static void
compare_certificate(const struct msg_access *told)
{
	if (strcmp(told->certificate_sha256, tls_sha256_peek()) != 0)
		ask_for_certificate(NULL);
}

/* -- messages -------------------------------------------------------------------------------------------- */

static void
open_listener(const struct msg_listener *listener, int fd)
{
	struct server *server = httpd.servers[listener->purpose];

	if (server_is_open(server)) {
		close(fd);
		child_protocol_fault("a second socket for one purpose");
	}
	server_open(server, &httpd, fd, listener);
	log_info("listens", log_str("for", listener_purpose_name(listener->purpose)),
		 log_str("address", listener->address));
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	if (header->number == MESSAGE_LISTENER) {
		open_listener(message, fd);
		return;
	}
	const struct message_spec *spec = message_spec_peek(header->number);
	if (spec->kind == KIND_REPLY || spec->kind == KIND_PART) {
		if (!pending_on_message(httpd.pendings, header, message, fd))
			intake_on_unclaimed(&httpd, header, message);
		return;
	}
	if (fd >= 0)
		close(fd); /* no other message to httpd carries one */
	if (access_on_message(httpd.access, header, message) && header->number == MESSAGE_ACCESS)
		compare_certificate(message);
	else if (known_on_message(httpd.known, header, message))
		live_on_message(httpd.live, header, message);
}

static void
on_synced(void *arg)
{
	char sentence[80];
	unsigned count = 0;

	(void)arg;
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		count += server_is_open(httpd.servers[i]);
	str_format(sentence, sizeof sentence, "listens at %u address%s", count, count == 1 ? "" : "es");
	ask_for_certificate(NULL);
	child_ready(httpd.child, sentence);
}

static void
on_farewell(void *arg)
{
	size_t busy = 0;

	(void)arg;
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		busy += server_busy(httpd.servers[i]);
	farewell_left_ms -= FAREWELL_STEP_MS;
	if (busy > 0 && farewell_left_ms > 0) {
		loop_timer_set(farewell, FAREWELL_STEP_MS);
		return;
	}
	live_end(httpd.live);
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		server_free(httpd.servers[i]);
	live_free(httpd.live);
	scans_free(httpd.scans);
	pendings_free(httpd.pendings);
	known_free(httpd.known);
	access_free(httpd.access);
	loop_timer_free(certificate_timer);
	loop_timer_free(farewell);
	child_exit(httpd.child, EXIT_DONE);
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg;
	(void)deadline_ms;
	httpd.stopping = true;
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		server_quiesce(httpd.servers[i]);
	live_stop(httpd.live);
	farewell = loop_timer_new(httpd.loop, on_farewell, NULL);
	loop_timer_set(farewell, FAREWELL_STEP_MS);
}

int
main(void)
{
	const struct child_duties duties = { .on_synced = on_synced, .on_message = on_message, .on_stop = on_stop };

	jsonin_init();
	tls_digest_init();
	if (gethostname(httpd.hostname, sizeof httpd.hostname - 1) != 0)
		httpd.hostname[0] = '\0';
	/* What they need of the system is not to be had once this is locked in. */
	for (unsigned i = 0; i < LISTENER_PURPOSE_COUNT; i++) {
		httpd.servers[i] = server_new(i);
		if (httpd.servers[i] == NULL) {
			log_error("cannot start the HTTP library");
			return EXIT_OS;
		}
	}
	httpd.child = child_new(ROLE_HTTPD, SANDBOX_HTTPD, NULL, 0, &duties);
	httpd.loop = child_loop_peek(httpd.child);
	httpd.pendings = pendings_new(httpd.child);
	httpd.known = known_new();
	httpd.access = access_new();
	certificate_timer = loop_timer_new(httpd.loop, ask_for_certificate, NULL);
	httpd.scans = scans_new(&httpd);
	httpd.live = live_new(&httpd);
	return child_run(httpd.child);
}
