/*
 * tls_client: TLS as a client on a socket that somebody else watches.
 */
#include <stdlib.h>

#include "common/miniobj.h"
#include "common/tls_inner.h"

#define CLIENT_MAGIC 0x746c7363

struct tls_client {
	unsigned magic;
	SSL *ssl;
	struct tls_expectation expectation;
	struct tls_handshake *handshake; /* the SSL's */
	char fault[TLS_REASON_BYTES];
};

struct tls_client *
tls_client_new(int fd, const struct tls_expectation *expectation, bool probe)
{
	static SSL_CTX *shared; /* it holds nothing of a connection */
	struct tls_client *client = calloc(1, sizeof *client);

	if (shared == NULL) {
		shared = tls_context_new();
		SSL_CTX_set_mode(shared, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		/* Printers hang up without the closing words of TLS. */
		SSL_CTX_set_options(shared, SSL_OP_IGNORE_UNEXPECTED_EOF);
	}
	ENSURE(client != NULL);
	client->magic = CLIENT_MAGIC;
	client->expectation = *expectation;
	client->ssl = SSL_new(shared);
	client->handshake = calloc(1, sizeof *client->handshake);
	ENSURE(client->ssl != NULL && client->handshake != NULL && SSL_set_fd(client->ssl, fd) == 1);
	client->handshake->expectation = &client->expectation;
	client->handshake->probe = probe;
	tls_handshake_attach(client->ssl, client->handshake);
	SSL_set_connect_state(client->ssl);
	return client;
}

void
tls_client_free(struct tls_client *client)
{
	if (client == NULL)
		return;
	ENSURE_OBJ(client, CLIENT_MAGIC);
	/* OpenSSL spoils the session of a connection that is freed before it has said its closing words. Others may share it. */
	SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(client->ssl); /* and its handshake */
	client->magic = 0;
	free(client);
}

void
tls_client_expect_others(struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	SSL_clear_options(client->ssl, SSL_OP_NO_TICKET);
}

struct tls_client *
tls_client_new_beside(int fd, const struct tls_client *first)
{
	ENSURE_OBJ(first, CLIENT_MAGIC);
	ENSURE(SSL_is_init_finished(first->ssl) && first->handshake->judged &&
	       TLS_IS_TRUSTED(first->handshake->verdict));
	struct tls_client *client = tls_client_new(fd, &first->expectation, false);
	struct tls_handshake *handshake = client->handshake;

	tls_client_expect_others(client);
	handshake->offers_session = true;
	handshake->session_verdict = first->handshake->verdict;
	handshake->session_certificate = first->handshake->certificate;
	ENSURE(SSL_set_session(client->ssl, SSL_get_session(first->ssl)) == 1);
	return client;
}

bool
tls_client_resumed(const struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	return SSL_session_reused(client->ssl);
}

static void
prepare(struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	tls_step_prepare(client->fault);
}

static enum tls_step
step_of(struct tls_client *client, int result)
{
	return tls_step_of(client->ssl, result, true, client->fault);
}

enum tls_step
tls_client_handshake(struct tls_client *client)
{
	prepare(client);
	return step_of(client, SSL_do_handshake(client->ssl));
}

enum tls_verdict
tls_client_verdict(const struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	return client->handshake->judged ? client->handshake->verdict : TLS_NO_SERIAL;
}

const struct tls_certificate *
tls_client_certificate_peek(const struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	return client->handshake->judged ? &client->handshake->certificate : NULL;
}

enum tls_step
tls_client_read(struct tls_client *client, void *to, size_t cap, size_t *ret_len)
{
	prepare(client);
	*ret_len = 0;
	return step_of(client, SSL_read_ex(client->ssl, to, cap, ret_len));
}

enum tls_step
tls_client_write(struct tls_client *client, const void *bytes, size_t len, size_t *ret_written)
{
	prepare(client);
	*ret_written = 0;
	return step_of(client, SSL_write_ex(client->ssl, bytes, len, ret_written));
}

enum tls_step
tls_client_end(struct tls_client *client)
{
	prepare(client);
	int result = SSL_shutdown(client->ssl);
	return result >= 0 ? TLS_STEP_DONE : step_of(client, result);
}

const char *
tls_client_fault_peek(const struct tls_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	return client->fault;
}
