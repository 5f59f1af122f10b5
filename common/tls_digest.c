/*
 * tls_digest: OpenSSL's digests.
 */
#include "common/tls_digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/miniobj.h"
#include "common/str.h"

static EVP_MD *sha1, *sha256, *md5;

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
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	ENSURE(sha1 != NULL && sha256 != NULL && md5 != NULL);
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

/* -- piece by piece: a digest under way is a context of OpenSSL and nothing else ------------------------------------ */

static EVP_MD_CTX *
begin(const EVP_MD *algorithm)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	ENSURE(algorithm != NULL && context != NULL && EVP_DigestInit_ex2(context, algorithm, NULL) == 1);
	return context;
}

static void
end(EVP_MD_CTX *context, char *ret_hex, size_t hex_bytes)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	ENSURE(EVP_DigestFinal_ex(context, digest, &digest_len) == 1 && digest_len == (hex_bytes - 1) / 2);
	str_hex(digest, digest_len, ret_hex);
	EVP_MD_CTX_free(context);
}

struct tls_sha256 *
tls_sha256_new(void)
{
	return (struct tls_sha256 *)begin(sha256);
}

void
tls_sha256_add(struct tls_sha256 *sum, const void *bytes, size_t len)
{
	ENSURE(EVP_DigestUpdate((EVP_MD_CTX *)sum, bytes, len) == 1);
}

void
tls_sha256_end(struct tls_sha256 *sum, char ret_hex[TLS_SHA256_HEX_BYTES])
{
	end((EVP_MD_CTX *)sum, ret_hex, TLS_SHA256_HEX_BYTES);
}

struct tls_md5 *
tls_md5_new(void)
{
	return (struct tls_md5 *)begin(md5);
}

void
tls_md5_add(struct tls_md5 *sum, const void *bytes, size_t len)
{
	ENSURE(EVP_DigestUpdate((EVP_MD_CTX *)sum, bytes, len) == 1);
}

void
tls_md5_end(struct tls_md5 *sum, char ret_hex[TLS_MD5_HEX_BYTES])
{
	end((EVP_MD_CTX *)sum, ret_hex, TLS_MD5_HEX_BYTES);
}
