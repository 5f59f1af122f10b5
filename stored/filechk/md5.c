/*
 * md5: OpenSSL's.
 */
#include "stored/filechk/md5.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/miniobj.h"
#include "common/str.h"

#define DIGEST_BYTES 16

static EVP_MD *algorithm;

void
md5_init(void)
{
	const uint64_t lean = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
			      OPENSSL_INIT_NO_ATEXIT;

	if (algorithm != NULL)
		return;
	ENSURE(OPENSSL_init_crypto(lean, NULL) == 1);
	algorithm = EVP_MD_fetch(NULL, "MD5", NULL);
	ENSURE(algorithm != NULL);
}

struct md5 *
md5_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	ENSURE(algorithm != NULL && context != NULL && EVP_DigestInit_ex2(context, algorithm, NULL) == 1);
	return (struct md5 *)context;
}

void
md5_add(struct md5 *md5, const void *bytes, size_t len)
{
	ENSURE(EVP_DigestUpdate((EVP_MD_CTX *)md5, bytes, len) == 1);
}

void
md5_free(struct md5 *md5, char ret_hex[MD5_HEX_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ENSURE(EVP_DigestFinal_ex((EVP_MD_CTX *)md5, digest, &len) == 1 && len == DIGEST_BYTES);
	EVP_MD_CTX_free((EVP_MD_CTX *)md5);
	str_hex(digest, len, ret_hex);
	for (char *at = ret_hex; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
}
