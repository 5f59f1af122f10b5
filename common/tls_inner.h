/*
 * tls_inner: what the files of common/tls share. Not for others: it shows OpenSSL's types.
 */
#ifndef FUSE_COMMON_TLS_INNER_H
#define FUSE_COMMON_TLS_INNER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/tls.h"

#define TLS_CHAIN_MAX 5		       /* certificates that a peer may send for them to be looked at */
#define TLS_CERTIFICATE_MAX_BYTES 8192 /* of the DER of each; a printer's has about 1000 to 1500 */
#define TLS_REASON_BYTES 120

/* -- whom we believe (tls_issuers.c, tls_owner.c) ------------------------------------------------ */

/* SHA-256 of a certificate's DER, hex. */
void tls_fingerprint(const X509 *certificate, char ret_sha256[TLS_SHA256_BYTES]);

/* One of Bambu Lab's issuers (tls_issuers.def). Alone in its file, so that a test can put its own in place. */
bool tls_issuer_is_known(const char *sha256);

/* The owner's certificates; NULL when there are none. Borrowed. */
STACK_OF(X509) *tls_owner_issuers_peek(void);

/* -- what a certificate says (tls_learn.c) ------------------------------------------------------- */

/* Everything that tls_judge() wants to know of `leaf`, which came with the certificates `sent` (it among them).
 * Hostile until here: sizes, count and depth are bounded. */
void tls_learn(X509 *leaf, STACK_OF(X509) *sent, struct tls_certificate *ret_certificate);

/* -- a handshake (tls_guard.c) ------------------------------------------------------------------- */

/* By tls_init(), before a second thread may want it. */
void tls_guard_init(void);

/* One connection's handshake, kept at its SSL and freed with it. */
struct tls_handshake {
	/* of a tls_client; for a connection that a library made: those of its context */
	const struct tls_expectation *expectation;
	bool probe; /* it may go on whoever the peer is */
	/* It offers the session of a trusted connection, whose verdict and certificate these are (a resumed session comes
	 * without one). */
	bool offers_session;
	enum tls_verdict session_verdict;
	struct tls_certificate session_certificate;
	bool judged, failed;
	size_t received_bytes;
	enum tls_verdict verdict;
	struct tls_certificate certificate;
};

/* A context that enforces the rule; what it expects is up to each connection's struct tls_handshake. */
SSL_CTX *tls_context_new(void);
void tls_handshake_attach(SSL *ssl, struct tls_handshake *handshake);

/* Why OpenSSL's last call failed, from its error queue and errno. */
void tls_reason(char *ret_reason, size_t cap);

/* -- a call of a connection of our own (tls.c) ---------------------------------------------------- */

/* Before it: errors of calls before do not count. */
void tls_step_prepare(char ret_fault[TLS_REASON_BYTES]);

/* What its `result` means; why, when the connection is over. One that is reset has ended (CLOSED) if `reset_is_end`. */
enum tls_step tls_step_of(const SSL *ssl, int result, bool reset_is_end, char ret_fault[TLS_REASON_BYTES]);

#endif
