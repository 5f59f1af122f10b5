/*
 * tls_digest: digests that a protocol asks for by name. No secret is protected by them.
 */
#ifndef FUSE_COMMON_TLS_DIGEST_H
#define FUSE_COMMON_TLS_DIGEST_H

#include <stddef.h>

#define TLS_SHA1_BASE64_BYTES 29 /* with its NUL */

/* Before lock-in, in a program that does not call tls_init(): OpenSSL without its configuration file. */
void tls_digest_init(void);

/* SHA-1 of `bytes`, in Base64 (RFC 4648). WebSocket's handshake wants it (RFC 6455, 4.2.2); good for nothing else. */
void tls_sha1_base64(const void *bytes, size_t len, char ret_text[TLS_SHA1_BASE64_BYTES]);

#endif
