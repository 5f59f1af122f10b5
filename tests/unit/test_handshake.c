/*
 * httpd/handshake: which requests open a WebSocket; and common/tls_digest, whose only use that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

static char accept_text[HANDSHAKE_ACCEPT_BYTES];

static enum handshake_outcome
check(const char *upgrade, const char *connection, const char *version, const char *key)
{
	const struct handshake_offer offer = { upgrade, connection, version, key };

	return handshake_check(&offer, accept_text);
}

static void
the_example_of_the_rfc_is_answered_as_there(void **state)
{
	(void)state;
	assert_int_equal(check("websocket", "Upgrade", "13", KEY), HANDSHAKE_FINE);
	assert_string_equal(accept_text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void
browsers_word_it_in_many_ways(void **state)
{
	(void)state;
	assert_int_equal(check("WebSocket", "keep-alive, Upgrade", "13", KEY), HANDSHAKE_FINE);
	assert_int_equal(check("h2c, websocket", "UPGRADE ,close", "13", KEY), HANDSHAKE_FINE);
}

static void
a_plain_request_asks_for_none(void **state)
{
	(void)state;
	assert_int_equal(check(NULL, NULL, NULL, NULL), HANDSHAKE_NOT_ASKED);
	assert_int_equal(check("h2c", "Upgrade", "13", KEY), HANDSHAKE_NOT_ASKED);
	assert_int_equal(check("websockets", "Upgrade", "13", KEY), HANDSHAKE_NOT_ASKED);
	assert_int_equal(check("", "", "", ""), HANDSHAKE_NOT_ASKED);
}

static void
another_version_is_told_from_a_malformed_one(void **state)
{
	static const char *const bad_keys[] = {
		"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZR==",
		"dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZQ=\r", "dGhlIHNhbXBsZSBub25jZQAA",
	};

	(void)state;
	assert_int_equal(check("websocket", "Upgrade", "8", KEY), HANDSHAKE_OTHER_VERSION);
	assert_int_equal(check("websocket", "Upgrade", "13, 8", KEY), HANDSHAKE_OTHER_VERSION);
	assert_int_equal(check("websocket", "Upgrade", NULL, KEY), HANDSHAKE_MALFORMED);
	assert_int_equal(check("websocket", NULL, "13", KEY), HANDSHAKE_MALFORMED);
	assert_int_equal(check("websocket", "close", "13", KEY), HANDSHAKE_MALFORMED);
	assert_int_equal(check("websocket", "Upgrade", "13", NULL), HANDSHAKE_MALFORMED);
	for (size_t i = 0; i < STR_ARRAY_LEN(bad_keys); i++)
		assert_int_equal(check("websocket", "Upgrade", "13", bad_keys[i]), HANDSHAKE_MALFORMED);
	assert_string_equal(accept_text, "");
}

/* FIPS 180's examples. */
static void
the_digest_is_sha1(void **state)
{
	char text[TLS_SHA1_BASE64_BYTES];

	(void)state;
	tls_sha1_base64("abc", 3, text);
	assert_string_equal(text, "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
	tls_sha1_base64("", 0, text);
	assert_string_equal(text, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_is_answered_as_there),
		cmocka_unit_test(browsers_word_it_in_many_ways),
		cmocka_unit_test(a_plain_request_asks_for_none),
		cmocka_unit_test(another_version_is_told_from_a_malformed_one),
		cmocka_unit_test(the_digest_is_sha1),
	};

	tls_digest_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
