/*
 * Our own TLS client: whom it talks to, connections beside a trusted one, closing words, and an end to what has none.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>


#include <cmocka.h>

#include "tests/unit/tls_rig.h"

static enum tls_step
shake_hands(struct tls_client *client)
{
	enum tls_step step = TLS_STEP_WANT_READ;

	for (int i = 0; i < 20 && (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE); i++) {
		step = tls_client_handshake(client);
		serve();
	}
	return step;
}

static void
our_client_talks_to_whom_it_trusts(void **state)
{
	static const struct tls_expectation right = { .serial = SERIAL };
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	char answer[8];
	size_t n;

	(void)state;
	open_ends(server);
	struct tls_client *client = tls_client_new(ends[0], &right, false);
	assert_null(tls_client_certificate_peek(client));
	assert_int_equal(tls_client_verdict(client), TLS_NO_SERIAL);
	assert_int_equal(shake_hands(client), TLS_STEP_DONE);
	assert_int_equal(tls_client_verdict(client), TLS_TRUSTED_CHAIN);
	assert_string_equal(served.server_name, SERIAL);
	assert_int_equal(tls_client_write(client, "hello", 5, &n), TLS_STEP_DONE);
	assert_int_equal(n, 5);
	assert_int_equal(tls_client_read(client, answer, sizeof answer, &n), TLS_STEP_WANT_READ);
	serve();
	assert_memory_equal(served.got, "hello", 5);
	SSL_write(served.ssl, "answer", 6);
	assert_int_equal(tls_client_read(client, answer, sizeof answer, &n), TLS_STEP_DONE);
	assert_int_equal(n, 6);
	assert_memory_equal(answer, "answer", 6);
	shutdown(ends[1], SHUT_RDWR); /* without TLS's closing words */
	assert_int_equal(tls_client_read(client, answer, sizeof answer, &n), TLS_STEP_CLOSED);
	assert_string_equal(tls_client_fault_peek(client), "it closed the connection");
	tls_client_free(client);
	close_ends();
	SSL_CTX_free(server);
}

static void
our_client_refuses_another_but_a_probe_looks_at_it(void **state)
{
	static const struct tls_expectation other = { .serial = "01P00A123456780" }, anyone = { 0 };
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	size_t n;

	(void)state;
	open_ends(server);
	struct tls_client *client = tls_client_new(ends[0], &other, false);
	assert_int_equal(shake_hands(client), TLS_STEP_FAILED);
	assert_int_equal(tls_client_verdict(client), TLS_OTHER_SERIAL);
	assert_string_equal(tls_client_fault_peek(client), "its certificate was refused");
	assert_int_equal(tls_client_write(client, "code", 4, &n), TLS_STEP_FAILED);
	assert_int_equal(served.got_len, 0);
	tls_client_free(client);
	close_ends();

	open_ends(server);
	client = tls_client_new(ends[0], &anyone, true);
	assert_int_equal(shake_hands(client), TLS_STEP_DONE);
	assert_int_equal(tls_client_verdict(client), TLS_UNTRUSTED); /* nobody was expected */
	assert_int_equal(tls_client_certificate_peek(client)->vouch, TLS_VOUCH_BAMBU);
	assert_string_equal(served.server_name, "");
	tls_client_free(client);
	close_ends();
	SSL_CTX_free(server);
}

/* A trusted first connection, closed in good order; its client is kept for another beside it. */
static struct tls_client *
first_connection(SSL_CTX *server, bool with_tickets)
{
	static const struct tls_expectation right = { .serial = SERIAL };

	open_ends(server);
	struct tls_client *first = tls_client_new(ends[0], &right, false);
	if (with_tickets)
		tls_client_expect_others(first);
	assert_int_equal(shake_hands(first), TLS_STEP_DONE);
	assert_false(tls_client_resumed(first));
	assert_int_equal(tls_client_end(first), TLS_STEP_DONE);
	serve();
	SSL_shutdown(served.ssl); /* else the server forgets the session */
	close_ends();
	return first;
}

static void
a_connection_beside_a_trusted_one_resumes_its_session(void **state)
{
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	size_t n;

	(void)state;
	for (int with_tickets = 0; with_tickets < 2; with_tickets++) {
		struct tls_client *first = first_connection(server, with_tickets);
		open_ends(server);
		struct tls_client *second = tls_client_new_beside(ends[0], first);
		assert_int_equal(shake_hands(second), TLS_STEP_DONE);
		assert_true(tls_client_resumed(second));
		assert_true(SSL_session_reused(served.ssl));
		assert_int_equal(tls_client_verdict(second), TLS_TRUSTED_CHAIN);
		assert_string_equal(tls_client_certificate_peek(second)->serial, SERIAL);
		assert_int_equal(tls_client_write(second, "file", 4, &n), TLS_STEP_DONE);
		assert_int_equal(tls_client_end(second), TLS_STEP_DONE);
		serve();
		assert_memory_equal(served.got, "file", 4);
		assert_int_equal(SSL_get_shutdown(served.ssl), SSL_RECEIVED_SHUTDOWN);
		tls_client_free(second);
		tls_client_free(first);
		close_ends();
	}
	SSL_CTX_free(server);
}

static void
a_connection_beside_that_is_not_resumed_is_judged_anew(void **state)
{
	struct identity other = make_identity(&(struct order){ .name = "01P00A123456780" }, &root);
	size_t n;

	(void)state;
	SSL_CTX *server = server_context(CHAIN(&printer, &root)), *same = server_context(CHAIN(&printer, &root)),
		*another = server_context(CHAIN(&other, &root));
	struct tls_client *first = first_connection(server, false);

	open_ends(same); /* it knows nothing of the session */
	struct tls_client *second = tls_client_new_beside(ends[0], first);
	assert_int_equal(shake_hands(second), TLS_STEP_DONE);
	assert_false(tls_client_resumed(second));
	assert_int_equal(tls_client_verdict(second), TLS_TRUSTED_CHAIN);
	tls_client_free(second);
	close_ends();

	open_ends(another);
	second = tls_client_new_beside(ends[0], first);
	assert_int_equal(shake_hands(second), TLS_STEP_FAILED);
	assert_int_equal(tls_client_verdict(second), TLS_OTHER_SERIAL);
	assert_int_equal(tls_client_write(second, "file", 4, &n), TLS_STEP_FAILED);
	serve();
	assert_int_equal(served.got_len, 0);
	tls_client_free(second);
	close_ends();
	tls_client_free(first);
	SSL_CTX_free(server);
	SSL_CTX_free(same);
	SSL_CTX_free(another);
}

static void
closing_words_wait_for_room_in_the_socket(void **state)
{
	static const struct tls_expectation right = { .serial = SERIAL };
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	int queued = 0, most;
	socklen_t len = sizeof most;
	char sink[64];
	size_t n;

	(void)state;
	open_ends(server);
	struct tls_client *client = tls_client_new(ends[0], &right, false);
	assert_int_equal(shake_hands(client), TLS_STEP_DONE);
	assert_int_equal(getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &most, &len), 0);
	while (queued < most) { /* full, and no record waits to be written on */
		assert_int_equal(tls_client_write(client, "x", 1, &n), TLS_STEP_DONE);
		assert_int_equal(ioctl(ends[0], SIOCOUTQ, &queued), 0);
	}
	assert_int_equal(tls_client_end(client), TLS_STEP_WANT_WRITE);
	enum tls_step step = TLS_STEP_WANT_WRITE;
	for (int i = 0; i < 1000 && step == TLS_STEP_WANT_WRITE; i++) {
		SSL_read_ex(served.ssl, sink, sizeof sink, &n);
		step = tls_client_end(client);
	}
	assert_int_equal(step, TLS_STEP_DONE);
	while (SSL_read_ex(served.ssl, sink, sizeof sink, &n) == 1)
		;
	assert_int_equal(SSL_get_shutdown(served.ssl), SSL_RECEIVED_SHUTDOWN);
	tls_client_free(client);
	close_ends();
	SSL_CTX_free(server);
}

/* A peer that never stops sending what a client may skip. */
static void
an_endless_handshake_is_ended(void **state)
{
	static const char hello_request[] = "\x16\x03\x03\x00\x04\x00\x00\x00";
	static const struct tls_expectation anyone = { 0 };
	static char flood[9 * 1000];
	enum tls_step step = TLS_STEP_WANT_READ;
	size_t sent = 0;

	(void)state;
	for (size_t i = 0; i < sizeof flood; i += 9)
		memcpy(flood + i, hello_request, 9);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	struct tls_client *client = tls_client_new(ends[0], &anyone, true);
	while (step == TLS_STEP_WANT_READ && sent < 1 << 20) {
		ssize_t n = write(ends[1], flood + sent % 9, sizeof flood - 9);
		sent += n > 0 ? (size_t)n : 0;
		step = tls_client_handshake(client);
	}
	assert_int_equal(step, TLS_STEP_FAILED);
	assert_in_range(sent, 60000, 400000);
	tls_client_free(client);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(our_client_talks_to_whom_it_trusts),
		STORY(our_client_refuses_another_but_a_probe_looks_at_it),
		STORY(a_connection_beside_a_trusted_one_resumes_its_session),
		STORY(a_connection_beside_that_is_not_resumed_is_judged_anew),
		STORY(closing_words_wait_for_room_in_the_socket),
		STORY(an_endless_handshake_is_ended),
	};

	signal(SIGPIPE, SIG_IGN);
	tls_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
