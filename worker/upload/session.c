/*
 * session: one command at a time, its reply before the next; nothing is pipelined (printers lose what comes too early).
 */
#include "worker/upload/session.h"

#include <poll.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/upload/times.h"

#define USER "bblp"

void
session_init(struct session *session, const struct breaker *breaker)
{
	line_init(&session->control, breaker);
}

int64_t
session_deadline_ms(const struct session *session, int64_t span_ms)
{
	int64_t deadline_ms = clock_monotonic_ms() + span_ms;

	return session->latest_ms != 0 && session->latest_ms < deadline_ms ? session->latest_ms : deadline_ms;
}

void
session_enter(struct session *session, enum upload_phase phase)
{
	session->phase = phase;
	session->on_phase(session->arg, phase);
}

void
session_end(struct session *session)
{
	if (session->stands) {
		/* Whether it says "goodbye" to that is of no interest. */
		line_write(&session->control, "QUIT\r\n", 6, clock_monotonic_ms());
		line_try_end(&session->control);
	}
	line_close(&session->control);
	session->stands = session->owes_reply = false;
	session->heard_len = session->heard_at = 0;
	explicit_bzero(&session->reader, sizeof session->reader);
}

/* -- replies ------------------------------------------------------------------------------------------- */

/* Servers may repeat what they were told. */
static void
blot_out_code(const struct session *session, char *text)
{
	const uint8_t *code = secret_bytes_peek(session->code);
	size_t len = session->code->len_bytes;
	char *found = text;

	while (len > 0 && (found = memmem(found, strlen(found), code, len)) != NULL)
		memset(found, '*', len);
}

static void
take_reply(struct session *session)
{
	session->reply = session->reader.reply;
	session->owes_reply = session->reply.code / 100 == 1;
	blot_out_code(session, session->reply.text);
	session->facts->code = session->reply.code;
	str_copy(session->facts->reply, sizeof session->facts->reply, session->reply.text);
	upload_write_reply(session->facts, session->facts->reason, sizeof session->facts->reason);
}

/* Understand what was read. */
static enum ftp_step
digest(struct session *session)
{
	size_t used;
	enum ftp_step step = ftp_reply_parse(&session->reader, session->heard + session->heard_at,
					     session->heard_len - session->heard_at, &used);

	session->heard_at += used;
	if (step == FTP_WHOLE)
		take_reply(session);
	return step;
}

static enum upload_fault
fail(struct session *session, enum line_end end)
{
	session->stands = false;
	str_copy(session->facts->reason, sizeof session->facts->reason, session->control.reason);
	return upload_fault_of_end(session->phase, end);
}

static enum upload_fault
fail_unreadable(struct session *session)
{
	session->stands = false;
	return UPLOAD_UNREADABLE;
}

enum upload_fault
session_await(struct session *session, int64_t deadline_ms)
{
	enum ftp_step step;

	while ((step = digest(session)) == FTP_MORE) {
		session->heard_at = 0;
		enum line_end end = line_read(&session->control, session->heard, sizeof session->heard, deadline_ms,
					      &session->heard_len);
		if (end != LINE_FINE) {
			session->heard_len = 0;
			return fail(session, end);
		}
	}
	return step == FTP_WHOLE ? UPLOAD_NONE : fail_unreadable(session);
}

bool
session_peek_reply(struct session *session)
{
	enum ftp_step step = FTP_MORE;

	while (session->stands && (step = digest(session)) == FTP_MORE) {
		session->heard_at = 0;
		enum line_end end = line_try_read(&session->control, session->heard, sizeof session->heard,
						  &session->heard_len);
		if (end == LINE_FINE && session->heard_len > 0)
			continue;
		if (end != LINE_FINE && end != LINE_TIMED_OUT)
			fail(session, end);
		return false;
	}
	if (session->stands && step == FTP_BROKEN)
		fail_unreadable(session);
	return session->stands;
}

enum upload_fault
session_fault_of_reply(struct session *session)
{
	return upload_fault_of_reply(session->phase, session->reply.code);
}

/* -- commands -------------------------------------------------------------------------------------------- */

/* What came unasked, and belongs to nothing that we ask now: a late word about an earlier transfer, or a farewell. */
static enum upload_fault
pass_over_stray_replies(struct session *session)
{
	while (session_peek_reply(session)) {
		log_info("the printer's storage says something unasked", log_int("code", session->reply.code),
			 log_str("reply", session->reply.text));
		if (session->reply.code == 421) {
			session->stands = false;
			return UPLOAD_BUSY;
		}
	}
	return session->stands ? UPLOAD_NONE : UPLOAD_LOST;
}

static enum upload_fault
say(struct session *session, const char *line, size_t len, int64_t deadline_ms)
{
	enum line_end end = line_write(&session->control, line, len, deadline_ms);

	return end == LINE_FINE ? session_await(session, deadline_ms) : fail(session, end);
}

static enum upload_fault
ask_until(struct session *session, const char *verb, const char *argument, int64_t deadline_ms)
{
	char line[16 + SESSION_PATH_MAX_BYTES];

	ENSURE(str_format(line, sizeof line, argument != NULL ? "%s %s\r\n" : "%s\r\n", verb, argument));
	return say(session, line, strlen(line), deadline_ms);
}

enum upload_fault
session_ask(struct session *session, const char *verb, const char *argument)
{
	enum upload_fault fault = pass_over_stray_replies(session);

	if (fault == UPLOAD_NONE)
		fault = ask_until(session, verb, argument, session_deadline_ms(session, COMMAND_MS));
	if (fault == UPLOAD_NONE && session->reply.code == 421)
		session->stands = false;
	return fault;
}

enum upload_fault
session_do(struct session *session, const char *verb, const char *argument, unsigned wanted_class)
{
	enum upload_fault fault = session_ask(session, verb, argument);

	if (fault != UPLOAD_NONE || session->reply.code / 100 == wanted_class)
		return fault;
	return session_fault_of_reply(session);
}

/* -- login --------------------------------------------------------------------------------------------------- */

static enum upload_fault
fault_of_handshake(struct session *session, const struct line *line, enum line_end end)
{
	const struct tls_certificate *certificate = tls_client_certificate_peek(line->tls);
	enum upload_fault fault = UPLOAD_NONE;

	if (certificate != NULL && end != LINE_CANCELLED) {
		fault = upload_fault_of_verdict(line_verdict(line));
		str_copy(session->facts->seen, sizeof session->facts->seen, certificate->serial);
	}
	if (fault != UPLOAD_NONE)
		log_warn("refused the certificate", log_str("verdict", tls_verdict_name(line_verdict(line))),
			 log_str("serial", certificate->serial), log_str("sha256", certificate->sha256));
	str_copy(session->facts->reason, sizeof session->facts->reason, line->reason);
	return fault != UPLOAD_NONE ? fault : upload_fault_of_end(UPLOAD_PHASE_SECURE, end);
}

static enum upload_fault
connect_and_prove(struct session *session)
{
	session_enter(session, UPLOAD_PHASE_CONNECT);
	enum line_end end = line_connect(&session->control, &session->address, session_deadline_ms(session, CONNECT_MS));
	if (end != LINE_FINE)
		return fail(session, end);
	session_enter(session, UPLOAD_PHASE_SECURE);
	end = line_secure(&session->control, session->expectation, NULL, session_deadline_ms(session, CONNECT_MS));
	return end == LINE_FINE ? UPLOAD_NONE : fault_of_handshake(session, &session->control, end);
}

static enum upload_fault
say_code(struct session *session, int64_t deadline_ms)
{
	char line[8 + SECRET_MAX_BYTES] = "PASS ";
	size_t len = 5;

	memcpy(line + len, secret_bytes_peek(session->code), session->code->len_bytes);
	len += session->code->len_bytes;
	memcpy(line + len, "\r\n", 2);
	enum upload_fault fault = say(session, line, len + 2, deadline_ms);
	explicit_bzero(line, sizeof line);
	return fault;
}

static enum upload_fault
log_in(struct session *session)
{
	int64_t deadline_ms = session_deadline_ms(session, LOGIN_MS);

	session_enter(session, UPLOAD_PHASE_LOGIN);
	enum upload_fault fault = session_await(session, deadline_ms);
	if (fault == UPLOAD_NONE && session->reply.code / 100 == 1)
		fault = session_await(session, deadline_ms); /* "120 ready in a moment" */
	if (fault == UPLOAD_NONE && session->reply.code == 220)
		fault = ask_until(session, "USER", USER, deadline_ms);
	if (fault == UPLOAD_NONE && session->reply.code == 331)
		fault = say_code(session, deadline_ms);
	if (fault == UPLOAD_NONE && session->reply.code / 100 != 2)
		fault = session_fault_of_reply(session);
	session->stands = fault == UPLOAD_NONE;
	return fault;
}

static enum upload_fault
protect(struct session *session)
{
	session_enter(session, UPLOAD_PHASE_PROTECT);
	/* PBSZ must be said, but means nothing in TLS; what counts is the answer to PROT. */
	enum upload_fault fault = session_ask(session, "PBSZ", "0");
	return fault == UPLOAD_NONE ? session_do(session, "PROT", "P", 2) : fault;
}

enum upload_fault
session_begin(struct session *session)
{
	session_end(session);
	enum upload_fault fault = connect_and_prove(session);
	if (fault == UPLOAD_NONE)
		fault = log_in(session);
	if (fault == UPLOAD_NONE)
		fault = protect(session);
	if (fault == UPLOAD_NONE)
		fault = session_do(session, "TYPE", "I", 2);
	if (fault != UPLOAD_NONE)
		session_end(session);
	return fault;
}

/* -- data ------------------------------------------------------------------------------------------------------- */

static enum upload_fault
connect_data(struct session *session, struct line *data)
{
	struct sockaddr_storage address = session->address;
	uint16_t port;

	enum upload_fault fault = session_do(session, "PASV", NULL, 2);
	if (fault != UPLOAD_NONE)
		return fault;
	if (session->reply.code != 227 || !ftp_parse_pasv(session->reply.text, &port))
		return UPLOAD_UNEXPECTED;
	if (address.ss_family == AF_INET)
		((struct sockaddr_in *)&address)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&address)->sin6_port = htons(port);
	enum line_end end = line_connect(data, &address, session_deadline_ms(session, CONNECT_MS));
	str_copy(session->facts->reason, sizeof session->facts->reason, data->reason);
	return upload_fault_of_end(session->phase, end);
}

static enum upload_fault
open_once(struct session *session, const char *verb, const char *argument, struct line *data, bool *ret_begun)
{
	enum upload_fault fault = connect_data(session, data);

	if (fault != UPLOAD_NONE)
		return fault;
	*ret_begun = true; /* even if its reply never comes */
	fault = session_do(session, verb, argument, 1);
	if (session->stands && fault != UPLOAD_NONE)
		*ret_begun = false;
	return fault;
}

enum upload_fault
session_open_data(struct session *session, const char *verb, const char *argument, struct line *data, bool *ret_begun)
{
	*ret_begun = false;
	enum upload_fault fault = open_once(session, verb, argument, data, ret_begun);
	if (fault == UPLOAD_NO_DATA && session->stands) {
		log_info("the printer opened no data connection: once more", log_str("why", session->facts->reason));
		fault = open_once(session, verb, argument, data, ret_begun);
	}
	if (fault == UPLOAD_NONE) {
		enum line_end end = line_secure(data, session->expectation, &session->control,
						session_deadline_ms(session, CONNECT_MS));
		if (end != LINE_FINE) {
			fault = fault_of_handshake(session, data, end);
			if (fault == UPLOAD_TLS_FAILED)
				fault = session_fault_of_data(session, data, end);
		}
	}
	if (fault != UPLOAD_NONE)
		line_close(data);
	return fault;
}

enum upload_fault
session_fault_of_data(struct session *session, const struct line *data, enum line_end end)
{
	int64_t deadline_ms = session_deadline_ms(session, AFTERWORDS_MS);
	enum line_end wait = end == LINE_CANCELLED ? LINE_CANCELLED : LINE_FINE;
	bool explained = false;

	while (wait == LINE_FINE && !(explained = session_peek_reply(session)) && session->stands)
		wait = line_wait(&session->control, POLLIN, NULL, session->control.breaker, deadline_ms);
	if (wait == LINE_CANCELLED)
		return UPLOAD_CANCELLED;
	if (explained && session->reply.code >= 400)
		return session_fault_of_reply(session);
	str_copy(session->facts->reason, sizeof session->facts->reason, data->reason);
	return upload_fault_of_end(UPLOAD_PHASE_SEND, end);
}
