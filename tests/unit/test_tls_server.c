/*
 * The server of OpenSSL's door, against OpenSSL's own client: what it speaks, and what a resumed session proves.
 */
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/tls_own.h"
#include "common/tls_server.h"

static struct tls_own_blob certificate, key;
static char pem[8192];
static SSL_CTX *clients;

/* Both ends of a connection. */
struct pair {
	int fds[2];
	struct tls_server *server;
	SSL *client;
};

static int
make_certificate(void **state)
{
	struct tls_own_names names = { 0 };

	(void)state;
	tls_init();
	tls_own_add_name(&names, "00MFUSE12345678");
	assert_true(tls_own_make(&names, clock_wall_ms(), &certificate, &key));
	assert_true(tls_own_to_pem(&certificate, pem, sizeof pem));
	clients = SSL_CTX_new(TLS_client_method());
	return 0;
}

static int
drop_certificate(void **state)
{
	(void)state;
	SSL_CTX_free(clients);
	return 0;
}

static struct tls_service *
serve(const char *name, bool remembers)
{
	char fault[TLS_SERVER_FAULT_BYTES];
	struct tls_service *service = tls_service_new(name, pem, key.bytes, key.len, remembers, fault);

	assert_non_null(service);
	return service;
}

static void
connect_pair(struct pair *pair, struct tls_service *service, SSL_SESSION *session)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->fds), 0);
	pair->server = tls_server_new(service, pair->fds[0]);
	pair->client = SSL_new(clients);
	SSL_set_fd(pair->client, pair->fds[1]);
	SSL_set_connect_state(pair->client);
	if (session != NULL)
		SSL_set_session(pair->client, session);
}

/* True: both sides have done it. */
static bool
shake(struct pair *pair)
{
	enum tls_step step = TLS_STEP_WANT_READ;
	int done = 0;

	for (unsigned i = 0; i < 20 && (done != 1 || step != TLS_STEP_DONE); i++) {
		done = SSL_do_handshake(pair->client);
		if (step != TLS_STEP_DONE)
			step = tls_server_handshake(pair->server);
		if (step == TLS_STEP_FAILED || step == TLS_STEP_CLOSED)
			return false;
	}
	return done == 1 && step == TLS_STEP_DONE;
}

static void
end_pair(struct pair *pair)
{
	tls_server_free(pair->server);
	SSL_set_shutdown(pair->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* else it forgets its session */
	SSL_free(pair->client);
	close(pair->fds[0]);
	close(pair->fds[1]);
}

static void
it_speaks_tls_1_2_and_says_what_it_is_given(void **state)
{
	struct tls_service *service = serve("test", false);
	struct pair pair;
	char text[16] = "", sha256[TLS_SHA256_BYTES];
	struct tls_own_facts facts;
	size_t len;

	(void)state;
	connect_pair(&pair, service, NULL);
	assert_true(shake(&pair));
	assert_string_equal(SSL_get_version(pair.client), "TLSv1.2");
	assert_int_equal(SSL_write(pair.client, "hello", 5), 5);
	assert_int_equal(tls_server_read(pair.server, text, sizeof text, &len), TLS_STEP_DONE);
	assert_int_equal(len, 5);
	assert_int_equal(tls_server_read(pair.server, text, sizeof text, &len), TLS_STEP_WANT_READ);
	assert_int_equal(tls_server_write(pair.server, "you", 3, &len), TLS_STEP_DONE);
	assert_int_equal(SSL_read(pair.client, text, sizeof text), 3);
	tls_service_sha256(service, sha256);
	assert_true(tls_own_look(&certificate, &facts));
	assert_string_equal(sha256, facts.sha256);
	end_pair(&pair);
	tls_service_free(service);
}

static void
it_speaks_nothing_newer_or_older(void **state)
{
	static const int versions[] = { TLS1_3_VERSION, TLS1_1_VERSION };
	struct tls_service *service = serve("test", false);
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		connect_pair(&pair, service, NULL);
		SSL_set_min_proto_version(pair.client, versions[i]);
		SSL_set_max_proto_version(pair.client, versions[i]);
		SSL_set_cipher_list(pair.client, "DEFAULT:@SECLEVEL=0");
		assert_false(shake(&pair));
		end_pair(&pair);
	}
	tls_service_free(service);
}

static void
a_second_connection_proves_that_it_belongs_to_the_first(void **state)
{
	struct tls_service *service = serve("files", true);
	struct pair first, second, third, stranger;

	(void)state;
	connect_pair(&first, service, NULL);
	assert_true(shake(&first));
	assert_false(tls_server_resumes(first.server, first.server));
	SSL_SESSION *session = SSL_get1_session(first.client);

	connect_pair(&second, service, session);
	assert_true(shake(&second));
	assert_true(tls_server_resumes(second.server, first.server));
	end_pair(&second); /* without closing words */
	connect_pair(&third, service, session);
	assert_true(shake(&third));
	assert_true(tls_server_resumes(third.server, first.server));

	connect_pair(&stranger, service, NULL);
	assert_true(shake(&stranger));
	assert_false(tls_server_resumes(stranger.server, first.server));
	assert_false(tls_server_resumes(third.server, stranger.server)); /* it resumes, but another's */

	SSL_SESSION_free(session);
	end_pair(&third);
	end_pair(&stranger);
	end_pair(&first);
	tls_service_free(service);
}

static void
a_session_of_another_service_is_not_resumed(void **state)
{
	struct tls_service *files = serve("files", true), *other = serve("other", true),
			   *forgetful = serve("mqtt", false);
	struct tls_service *const others[] = { other, forgetful };
	struct pair first, second;

	(void)state;
	connect_pair(&first, files, NULL);
	assert_true(shake(&first));
	SSL_SESSION *session = SSL_get1_session(first.client);
	for (size_t i = 0; i < 2; i++) {
		connect_pair(&second, others[i], session);
		assert_true(shake(&second));
		assert_false(tls_server_resumes(second.server, first.server));
		assert_false(SSL_session_reused(second.client));
		end_pair(&second);
	}
	SSL_SESSION_free(session);
	end_pair(&first);
	tls_service_free(files);
	tls_service_free(other);
	tls_service_free(forgetful);
}

static void
the_closing_words_are_said_when_they_are_to_be(void **state)
{
	struct tls_service *service = serve("test", false);
	struct pair pair;
	char text[16];
	size_t len;

	(void)state;
	connect_pair(&pair, service, NULL);
	assert_true(shake(&pair));
	assert_int_equal(tls_server_end(pair.server), TLS_STEP_DONE);
	assert_int_equal(SSL_read(pair.client, text, sizeof text), 0);
	assert_int_equal(SSL_get_error(pair.client, 0), SSL_ERROR_ZERO_RETURN);
	end_pair(&pair);

	connect_pair(&pair, service, NULL);
	assert_true(shake(&pair));
	assert_int_equal(SSL_shutdown(pair.client), 0);
	assert_int_equal(tls_server_read(pair.server, text, sizeof text, &len), TLS_STEP_CLOSED);
	tls_server_free(pair.server);
	pair.server = NULL;
	assert_int_equal(read(pair.fds[1], text, sizeof text), -1); /* not a byte in answer */
	end_pair(&pair);
	tls_service_free(service);
}

static void
what_is_no_tls_ends_it(void **state)
{
	struct tls_service *service = serve("test", false);
	struct pair pair;

	(void)state;
	connect_pair(&pair, service, NULL);
	assert_int_equal(write(pair.fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(tls_server_handshake(pair.server), TLS_STEP_FAILED);
	assert_string_not_equal(tls_server_fault_peek(pair.server), "");
	end_pair(&pair);
	tls_service_free(service);
}

/* Empty warnings are skipped by OpenSSL, a handshake of nothing else would never end. */
static void
a_handshake_without_end_is_ended(void **state)
{
	static const uint8_t hello_part[] = { 22, 3, 3, 0, 5, 1, 0, 0xff, 0xff, 3 }, more[] = { 22, 3, 3, 0, 1, 3 };
	struct tls_service *service = serve("test", false);
	struct pair pair;
	enum tls_step step = TLS_STEP_WANT_READ;
	size_t sent = sizeof hello_part;

	(void)state;
	connect_pair(&pair, service, NULL);
	assert_int_equal(write(pair.fds[1], hello_part, sizeof hello_part), sizeof hello_part);
	while (step == TLS_STEP_WANT_READ && sent < 2 * TLS_SERVER_HANDSHAKE_MAX_BYTES) {
		step = tls_server_handshake(pair.server);
		sent += (size_t)write(pair.fds[1], more, sizeof more);
	}
	assert_int_equal(step, TLS_STEP_FAILED);
	end_pair(&pair);
	tls_service_free(service);
}

static void
a_key_that_is_anothers_is_refused(void **state)
{
	struct tls_own_blob other_certificate, other_key;
	struct tls_own_names names = { 0 };
	char fault[TLS_SERVER_FAULT_BYTES];

	(void)state;
	assert_true(tls_own_make(&names, clock_wall_ms(), &other_certificate, &other_key));
	assert_null(tls_service_new("test", pem, other_key.bytes, other_key.len, false, fault));
	assert_non_null(strstr(fault, "key"));
	assert_null(tls_service_new("test", "nothing", key.bytes, key.len, false, fault));
	assert_non_null(strstr(fault, "certificate"));
	assert_null(tls_service_new("test", pem, "", 0, false, fault));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_speaks_tls_1_2_and_says_what_it_is_given),
		cmocka_unit_test(it_speaks_nothing_newer_or_older),
		cmocka_unit_test(a_second_connection_proves_that_it_belongs_to_the_first),
		cmocka_unit_test(a_session_of_another_service_is_not_resumed),
		cmocka_unit_test(the_closing_words_are_said_when_they_are_to_be),
		cmocka_unit_test(what_is_no_tls_ends_it),
		cmocka_unit_test(a_handshake_without_end_is_ended),
		cmocka_unit_test(a_key_that_is_anothers_is_refused),
	};

	return cmocka_run_group_tests(tests, make_certificate, drop_certificate);
}
