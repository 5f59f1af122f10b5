/*
 * Any bytes as the records of the password and of a token. What is read keeps its bounds and is text where it must be.
 * Covers: owner_decode_password, owner_decode_token
 */
#include <string.h>

#include "common/str.h"
#include "stored/owner.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char hash[HASHER_HASH_BYTES];
	struct owner_token token;
	uint64_t epoch;

	owner_decode_password(data, size, &epoch, hash);
	must(strnlen(hash, sizeof hash) < sizeof hash && str_valid_utf8(hash, strlen(hash)));
	if (owner_decode_token("0123abcd", data, size, &token) == NULL)
		must(strcmp(token.id, "0123abcd") == 0);
	must(strnlen(token.name, sizeof token.name) < sizeof token.name && str_valid_utf8(token.name, strlen(token.name)));
	must(owner_decode_token("", data, size, &token) != NULL);
	must(owner_decode_token("0123abcde", data, size, &token) != NULL);
	return 0;
}
