/*
 * tls_server: TLS as a server on sockets that somebody else watches, as printers do it; for the printers that Fuse
 * plays. Part of OpenSSL's door.
 *
 * TLS 1.2 and nothing else, no renegotiation, no compression, no certificate of the client's, and no tickets: a
 * session that a service remembers is known by its id, here, and so one connection can prove that it belongs to
 * another (tls_server_resumes(), as the data channels of FTPS must). A handshake takes at most
 * TLS_SERVER_HANDSHAKE_MAX_BYTES from its peer; how long it may take is up to the caller's timer.
 */
#ifndef FUSE_COMMON_TLS_SERVER_H
#define FUSE_COMMON_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/tls.h"

#define TLS_SERVER_CHAIN_MAX_BYTES 65536 /* PEM */
#define TLS_SERVER_HANDSHAKE_MAX_BYTES 32768
#define TLS_SERVER_SESSIONS_MAX 64	 /* that a service remembers */
#define TLS_SERVER_FAULT_BYTES 160

/* What is shown to whoever connects, and the sessions that are remembered. */
struct tls_service;

/*
 * The chain (PEM, the leaf first) and its key (DER). `name` (1 to 32 bytes) keeps sessions of one service from
 * being resumed at another. `remembers`: sessions can be resumed. NULL, with a sentence, when chain or key cannot
 * be used. After tls_init().
 */
struct tls_service *tls_service_new(const char *name, const char *chain_pem, const void *key_der, size_t key_len,
				    bool remembers, char ret_fault[TLS_SERVER_FAULT_BYTES]);
/* Connections that are there go on. NULL is fine. */
void tls_service_free(struct tls_service *service);

/* The shown certificate's SHA-256 in hex, as a client pins it. */
void tls_service_sha256(const struct tls_service *service, char ret_sha256[TLS_SHA256_BYTES]);

struct tls_server;

/* On a connected non-blocking socket, which stays the caller's. */
struct tls_server *tls_server_new(struct tls_service *service, int fd);
/* Says nothing to the peer: who has not called tls_server_end() leaves it without TLS's closing words, as some printers
 * do. NULL is fine. */
void tls_server_free(struct tls_server *server);

/* Before its handshake: a file goes over it. Reads of the socket are large, and no buffer is given back meanwhile;
 * a reset is a TLS_STEP_FAILED, and so is, with `wants_closing_words`, an end without those of TLS: there is no
 * telling then whether it was the end of the file. */
void tls_server_expect_file(struct tls_server *server, bool wants_closing_words);

/* As those of struct tls_client (common/tls.h). A read gives at most one record; read until TLS_STEP_WANT_READ, or what
 * is already here in clear never makes the socket readable. */
enum tls_step tls_server_handshake(struct tls_server *server);
enum tls_step tls_server_read(struct tls_server *server, void *to, size_t cap, size_t *ret_len);
enum tls_step tls_server_write(struct tls_server *server, const void *bytes, size_t len, size_t *ret_written);
/* Say that nothing more comes (close_notify); again when it had to wait. What the peer says to that is not waited
 * for. */
enum tls_step tls_server_end(struct tls_server *server);
const char *tls_server_fault_peek(const struct tls_server *server);

/* After its handshake: `server` has resumed the very session of `first`, so the same client speaks there. */
bool tls_server_resumes(const struct tls_server *server, const struct tls_server *first);

#endif
