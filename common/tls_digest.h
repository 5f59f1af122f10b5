/*
 * tls_digest: digests that a protocol asks for by name. No secret is protected by them.
 */
#ifndef FUSE_COMMON_TLS_DIGEST_H
#define FUSE_COMMON_TLS_DIGEST_H

#include <stddef.h>

#define TLS_SHA1_BASE64_BYTES 29 /* with its NUL */
#define TLS_SHA256_HEX_BYTES 65	 /* with its NUL */

/* Before lock-in, in a program that does not call tls_init(): OpenSSL without its configuration file. */
void tls_digest_init(void);

/* SHA-1 of `bytes`, in Base64 (RFC 4648). WebSocket's handshake wants it (RFC 6455, 4.2.2); good for nothing else. */
void tls_sha1_base64(const void *bytes, size_t len, char ret_text[TLS_SHA1_BASE64_BYTES]);

/* SHA-256 of bytes that come piece by piece; OpenSSL's, because that uses what the processor has for it. One thread at a
 * time may use one of these. */
struct tls_sha256;
struct tls_sha256 *tls_sha256_new(void);
void tls_sha256_add(struct tls_sha256 *sum, const void *bytes, size_t len);
/* The sum in lower-case hex; frees `sum`. */
void tls_sha256_end(struct tls_sha256 *sum, char ret_hex[TLS_SHA256_HEX_BYTES]);

/* MD5, which printers want beside G-code; good for nothing else. As those of tls_sha256. */
#define TLS_MD5_HEX_BYTES 33
struct tls_md5;
struct tls_md5 *tls_md5_new(void);
void tls_md5_add(struct tls_md5 *sum, const void *bytes, size_t len);
void tls_md5_end(struct tls_md5 *sum, char ret_hex[TLS_MD5_HEX_BYTES]);

#endif
