/*
 * tls_issuers: the known issuers of printer certificates. Nothing else stands in this file: a test that plays
 * Bambu Lab puts a table of its own in its place.
 */
#include <string.h>

#include "common/str.h"
#include "common/tls_inner.h"

bool
tls_issuer_is_known(const char *sha256)
{
	static const char *const known[] = {
#define ISSUER(sha256, name) sha256,
#include "common/tls_issuers.def"
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(known); i++)
		if (strcmp(known[i], sha256) == 0)
			return true;
	return false;
}
