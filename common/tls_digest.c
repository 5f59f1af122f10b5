/*
 * tls_digest: OpenSSL's digests.
 */
#include "common/tls_digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/miniobj.h"

static EVP_MD *sha1;

/* What is fetched here stays: looking for it later could open files. */
void
tls_digest_init(void)
{
	const uint64_t lean = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
			      OPENSSL_INIT_NO_ATEXIT;

	if (sha1 != NULL)
		return;
	ENSURE(OPENSSL_init_crypto(lean, NULL) == 1);
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	ENSURE(sha1 != NULL);
}

void
tls_sha1_base64(const void *bytes, size_t len, char ret_text[TLS_SHA1_BASE64_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	ENSURE(sha1 != NULL);
	ENSURE(EVP_Digest(bytes, len, digest, &digest_len, sha1, NULL) == 1 && digest_len == 20);
	EVP_EncodeBlock((unsigned char *)ret_text, digest, (int)digest_len);
}
