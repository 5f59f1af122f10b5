/*
 * tls_server: contexts and connections of a server of our own.
 *
 * OpenSSL forgets the session of a connection that is freed before it has said its closing words; since the data
 * channels of a file server share one session with what they belong to, and need not close in good order, a connection
 * is marked as closed before it is freed.
 */
#include "common/tls_server.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_inner.h"

#define SERVICE_MAGIC 0x746c7376
#define SERVER_MAGIC 0x746c7372
#define FILE_READ_BYTES (128 * 1024) /* of the socket at once */
#define SESSION_S (24 * 3600) /* longer than any connection that others belong to */

/* Level 1: some clients of printers know nothing newer. Nothing that comes without a certificate. */
#define CIPHERS "DEFAULT:!aNULL:!PSK:!SRP:@SECLEVEL=1"

struct tls_service {
	unsigned magic;
	SSL_CTX *ctx;
};

struct tls_server {
	unsigned magic;
	SSL *ssl;
	size_t received_bytes; /* in the handshake */
	bool is_for_file;
	char fault[TLS_REASON_BYTES];
};

/* -- services --------------------------------------------------------------------------------------------- */

static int
no_passphrase(char *to, int cap, int writing, void *arg)
{
	(void)to, (void)cap, (void)writing, (void)arg;
	return -1;
}

/* The leaf, and those that vouch for it. */
static bool
use_chain(SSL_CTX *ctx, const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, (int)strlen(pem));
	X509 *leaf = in != NULL ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL, *next;
	bool fine = leaf != NULL && SSL_CTX_use_certificate(ctx, leaf) == 1;

	for (unsigned i = 1; fine && i < TLS_CHAIN_MAX; i++) {
		next = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
		if (next == NULL)
			break;
		fine = SSL_CTX_add1_chain_cert(ctx, next) == 1;
		X509_free(next);
	}
	X509_free(leaf);
	BIO_free(in);
	return fine;
}

static bool
use_key(SSL_CTX *ctx, const void *der, size_t len)
{
	const unsigned char *at = der;
	EVP_PKEY *key = len <= INT32_MAX ? d2i_AutoPrivateKey(NULL, &at, (long)len) : NULL;
	bool fine = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	return fine;
}

static void
set_rules(SSL_CTX *ctx, const char *name, bool remembers)
{
	ENSURE(name[0] != '\0' && strlen(name) <= SSL_MAX_SSL_SESSION_ID_LENGTH);
	ENSURE(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
	       SSL_CTX_set_session_id_context(ctx, (const unsigned char *)name, (unsigned)strlen(name)) == 1);
	/* Clients of printers hang up without the closing words of TLS. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, remembers ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
	SSL_CTX_sess_set_cache_size(ctx, TLS_SERVER_SESSIONS_MAX);
	SSL_CTX_set_timeout(ctx, SESSION_S);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY); /* one record a read: a peer cannot keep us in one */
}

static struct tls_service *
fail(struct tls_service *service, char ret_fault[TLS_SERVER_FAULT_BYTES], const char *sentence)
{
	ERR_clear_error();
	str_copy(ret_fault, TLS_SERVER_FAULT_BYTES, sentence);
	tls_service_free(service);
	return NULL;
}

struct tls_service *
tls_service_new(const char *name, const char *chain_pem, const void *key_der, size_t key_len, bool remembers,
		char ret_fault[TLS_SERVER_FAULT_BYTES])
{
	struct tls_service *service = calloc(1, sizeof *service);

	ENSURE(service != NULL);
	service->magic = SERVICE_MAGIC;
	service->ctx = SSL_CTX_new(TLS_server_method());
	ENSURE(service->ctx != NULL);
	set_rules(service->ctx, name, remembers);
	ret_fault[0] = '\0';
	if (strlen(chain_pem) >= TLS_SERVER_CHAIN_MAX_BYTES || !use_chain(service->ctx, chain_pem))
		return fail(service, ret_fault, "the certificate cannot be used");
	if (!use_key(service->ctx, key_der, key_len))
		return fail(service, ret_fault, "the key cannot be used, or is not that of the certificate");
	ERR_clear_error(); /* the end of the chain is one to OpenSSL */
	return service;
}

void
tls_service_free(struct tls_service *service)
{
	if (service == NULL)
		return;
	ENSURE_OBJ(service, SERVICE_MAGIC);
	SSL_CTX_free(service->ctx);
	service->magic = 0;
	free(service);
}

void
tls_service_sha256(const struct tls_service *service, char ret_sha256[TLS_SHA256_BYTES])
{
	ENSURE_OBJ(service, SERVICE_MAGIC);
	tls_fingerprint(SSL_CTX_get0_certificate(service->ctx), ret_sha256);
}

/* -- connections -------------------------------------------------------------------------------------------- */

/* Around each read of the socket while the handshake goes on: counts, and ends what is too much. */
static long
on_read(BIO *bio, int operation, const char *data, size_t len, int argi, long argl, int result, size_t *processed)
{
	struct tls_server *server = (struct tls_server *)(uintptr_t)BIO_get_callback_arg(bio);

	(void)data, (void)len, (void)argi, (void)argl;
	if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && processed != NULL)
		server->received_bytes += *processed;
	if (operation != BIO_CB_READ || server->received_bytes < TLS_SERVER_HANDSHAKE_MAX_BYTES)
		return result;
	BIO_clear_retry_flags(bio);
	errno = EMSGSIZE;
	return -1;
}

struct tls_server *
tls_server_new(struct tls_service *service, int fd)
{
	struct tls_server *server = calloc(1, sizeof *server);

	ENSURE_OBJ(service, SERVICE_MAGIC);
	ENSURE(server != NULL);
	server->magic = SERVER_MAGIC;
	server->ssl = SSL_new(service->ctx);
	ENSURE(server->ssl != NULL && SSL_set_fd(server->ssl, fd) == 1);
	BIO_set_callback_arg(SSL_get_rbio(server->ssl), (char *)server);
	BIO_set_callback_ex(SSL_get_rbio(server->ssl), on_read);
	SSL_set_accept_state(server->ssl);
	return server;
}

void
tls_server_free(struct tls_server *server)
{
	if (server == NULL)
		return;
	ENSURE_OBJ(server, SERVER_MAGIC);
	SSL_set_shutdown(server->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(server->ssl);
	server->magic = 0;
	free(server);
}

void
tls_server_expect_file(struct tls_server *server, bool wants_closing_words)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	server->is_for_file = true;
	SSL_set_default_read_buffer_len(server->ssl, FILE_READ_BYTES);
	SSL_set_read_ahead(server->ssl, 1);
	SSL_clear_mode(server->ssl, SSL_MODE_RELEASE_BUFFERS);
	if (wants_closing_words)
		SSL_clear_options(server->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

static void
prepare(struct tls_server *server)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	tls_step_prepare(server->fault);
}

static enum tls_step
step_of(struct tls_server *server, int result)
{
	return tls_step_of(server->ssl, result, !server->is_for_file, server->fault);
}

enum tls_step
tls_server_handshake(struct tls_server *server)
{
	prepare(server);
	enum tls_step step = step_of(server, SSL_do_handshake(server->ssl));
	if (step == TLS_STEP_DONE)
		BIO_set_callback_ex(SSL_get_rbio(server->ssl), NULL);
	return step;
}

enum tls_step
tls_server_read(struct tls_server *server, void *to, size_t cap, size_t *ret_len)
{
	prepare(server);
	*ret_len = 0;
	return step_of(server, SSL_read_ex(server->ssl, to, cap, ret_len));
}

enum tls_step
tls_server_write(struct tls_server *server, const void *bytes, size_t len, size_t *ret_written)
{
	prepare(server);
	*ret_written = 0;
	return step_of(server, SSL_write_ex(server->ssl, bytes, len, ret_written));
}

enum tls_step
tls_server_end(struct tls_server *server)
{
	prepare(server);
	int result = SSL_shutdown(server->ssl);
	return result >= 0 ? TLS_STEP_DONE : step_of(server, result);
}

const char *
tls_server_fault_peek(const struct tls_server *server)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	return server->fault;
}

bool
tls_server_resumes(const struct tls_server *server, const struct tls_server *first)
{
	unsigned id_len, first_id_len;

	ENSURE_OBJ(server, SERVER_MAGIC);
	ENSURE_OBJ(first, SERVER_MAGIC);
	const SSL_SESSION *session = SSL_get_session(server->ssl), *first_session = SSL_get_session(first->ssl);
	if (!SSL_is_init_finished(server->ssl) || !SSL_session_reused(server->ssl) || session == NULL ||
	    first_session == NULL)
		return false;
	const unsigned char *id = SSL_SESSION_get_id(session, &id_len);
	const unsigned char *first_id = SSL_SESSION_get_id(first_session, &first_id_len);
	return id_len > 0 && id_len == first_id_len && memcmp(id, first_id, id_len) == 0;
}
