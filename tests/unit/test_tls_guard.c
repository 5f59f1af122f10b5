/*
 * A library's TLS connections, guarded: whatever it does to them, each is judged, and nothing goes to whom is not
 * trusted.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>


#include <cmocka.h>

#include "tests/unit/tls_rig.h"

static void
turn_verification_off(SSL *ssl)
{
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	SSL_set_tlsext_host_name(ssl, (uintptr_t)"127.0.20.1");
}

static void
a_library_cannot_turn_it_off(void **state)
{
	static const struct tls_expectation other = { .serial = "01P00A123456780" };
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	SSL *ssl = connect_guarded(server, &other, turn_verification_off);

	(void)state;
	assert_string_equal(watched.events, "start judged alert");
	assert_int_equal(watched.verdict, TLS_OTHER_SERIAL);
	assert_false(served.complete);
	assert_int_equal(SSL_write(ssl, "code", 4), -1);
	SSL_free(ssl);
	close_ends();
	SSL_CTX_free(server);
}

static SSL_SESSION *kept_session;

static void
resume(SSL *ssl)
{
	assert_int_equal(SSL_set_session(ssl, kept_session), 1);
}

static void
a_session_is_never_resumed_so_that_each_connection_is_judged(void **state)
{
	static const struct tls_expectation right = { .serial = SERIAL }, other = { .serial = "01P00A123456780" };
	SSL_CTX *server = server_context(CHAIN(&printer, &root));
	SSL *ssl = connect_guarded(server, &right, NULL);

	(void)state;
	kept_session = SSL_get1_session(ssl);
	assert_true(SSL_SESSION_is_resumable(kept_session));
	SSL_shutdown(ssl);
	serve();
	SSL_shutdown(served.ssl); /* else the server forgets the session */
	SSL_free(ssl);
	close_ends();
	assert_int_equal(SSL_CTX_sess_number(server), 1);
	ssl = connect_guarded(server, &other, resume);
	assert_string_equal(watched.events, "start judged alert");
	assert_int_equal(served.got_len, 0);
	SSL_free(ssl);
	close_ends();
	SSL_SESSION_free(kept_session);
	SSL_CTX_free(server);
}

static void
only_tls_1_2_is_spoken(void **state)
{
	static const struct { int version; const char *reason; } cases[] = {
		{ TLS1_3_VERSION, "it does not speak TLS 1.2" },
		{ TLS1_1_VERSION, "it does not speak TLS 1.2" },
		{ TLS1_2_VERSION, "" },
	};
	static const struct tls_expectation right = { .serial = SERIAL };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		SSL_CTX *server = server_context(CHAIN(&printer, &root));
		SSL_CTX_set_min_proto_version(server, cases[i].version);
		SSL_CTX_set_max_proto_version(server, cases[i].version);
		SSL *ssl = connect_guarded(server, &right, NULL);
		assert_string_equal(watched.events, cases[i].reason[0] != '\0' ? "start alert" : "start judged done");
		assert_string_equal(watched.reason, cases[i].reason);
		SSL_free(ssl);
		close_ends();
		SSL_CTX_free(server);
	}
}

static void
the_last_guard_counts(void **state)
{
	static const struct tls_expectation right = { .serial = SERIAL }, other = { .serial = "01P00A123456780" };
	SSL_CTX *server = server_context(CHAIN(&printer, &root)), *client = SSL_CTX_new(TLS_client_method());

	(void)state;
	memset(&watched, 0, sizeof watched);
	tls_guard(client, &other, NULL);
	SSL_CTX_set_info_callback(client, NULL); /* as a library does in between */
	tls_guard(client, &right, &watch);
	open_ends(server);
	SSL *ssl = SSL_new(client);
	SSL_set_fd(ssl, ends[0]);
	for (int i = 0; i < 20 && SSL_connect(ssl) != 1; i++)
		serve();
	assert_string_equal(watched.events, "start judged done");
	assert_int_equal(SSL_get_verify_result(ssl), X509_V_OK);
	SSL_free(ssl);
	close_ends();
	SSL_CTX_free(client);
	SSL_CTX_free(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_library_cannot_turn_it_off),
		STORY(a_session_is_never_resumed_so_that_each_connection_is_judged),
		STORY(only_tls_1_2_is_spoken),
		STORY(the_last_guard_counts),
	};

	signal(SIGPIPE, SIG_IGN);
	tls_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
