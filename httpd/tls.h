/*
 * tls: the certificate that is shown to other machines, as GnuTLS wants it. stored sends it (CERTIFICATE); a new one
 * counts from the next handshake on.
 */
#ifndef FUSE_HTTPD_TLS_H
#define FUSE_HTTPD_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "ipc/message.h"

/* TLS 1.2 and later, forward secrecy, authenticated ciphers. */
#define TLS_PRIORITIES \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM"

/* Take a certificate and its key. False (logged) when they cannot be used: the one before goes on. */
bool tls_take(const struct msg_certificate *message);

/* Is there one? */
bool tls_is_ready(void);

/* SHA-256 of the leaf's DER in hex, as ACCESS has it; "" = there is none yet. */
const char *tls_sha256_peek(void);

/* How libmicrohttpd asks for it: a gnutls_certificate_retrieve_function2. */
int tls_choose(gnutls_session_t session, const gnutls_datum_t *issuers, int issuer_count,
	       const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **ret_chain,
	       unsigned *ret_chain_len, gnutls_privkey_t *ret_key);

/*
 * What is sent on an upgraded connection goes into its session here, not through libmicrohttpd: that forwards 4 bytes at a
 * time, each a TLS record of its own. `session` is a gnutls_session_t, on a non-blocking socket.
 *
 * tls_put: take all of it, to go out at tls_flush(). False: the connection is broken.
 * tls_flush: 1 all is out; 0 not yet: again when the socket can be written to, and nothing is put before; -1 it is broken.
 */
bool tls_put(void *session, const void *bytes, size_t len);
int tls_flush(void *session);

#endif
