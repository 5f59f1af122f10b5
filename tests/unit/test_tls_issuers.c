/*
 * The built-in table of issuers: what it knows, and that it knows nothing else. (test_tls.c has another in its place.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "common/tls_inner.h"

static const char *const listed[] = {
#define ISSUER(sha256, name) sha256,
#include "common/tls_issuers.def"
};

static void
the_issuers_that_are_public_are_known(void **state)
{
	(void)state;
	assert_int_equal(STR_ARRAY_LEN(listed), 8);
	/* By hand from the public sources (docs/protocol.md): BBL CA, BBL CA2 RSA, and P2S's. */
	assert_true(tls_issuer_is_known("030bca81cece18b7eff3cfd2b75d09d3efca893bc069609e37fa04257fe4d840"));
	assert_true(tls_issuer_is_known("e98f19578b3f124ace6b8a247ffeda52dc99c89fd4e7d20c82829977b7f33502"));
	assert_true(tls_issuer_is_known("6a854d546ed6e3ce7a2112657e53f4555374413e6f5cb55f995d1ddd7c06dc69"));
	for (size_t i = 0; i < STR_ARRAY_LEN(listed); i++) {
		assert_int_equal(strlen(listed[i]), TLS_SHA256_BYTES - 1);
		assert_int_equal(strspn(listed[i], "0123456789abcdef"), TLS_SHA256_BYTES - 1);
		assert_true(tls_issuer_is_known(listed[i]));
	}
}

static void
nothing_else_is_known(void **state)
{
	char near[TLS_SHA256_BYTES];

	(void)state;
	assert_false(tls_issuer_is_known(""));
	assert_false(tls_issuer_is_known("030bca81"));
	for (size_t i = 0; i < STR_ARRAY_LEN(listed); i++)
		for (size_t at = 0; at < TLS_SHA256_BYTES - 1; at++) {
			str_copy(near, sizeof near, listed[i]);
			near[at] = near[at] == '0' ? '1' : '0';
			assert_false(tls_issuer_is_known(near));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_issuers_that_are_public_are_known),
		cmocka_unit_test(nothing_else_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
