/*
 * tls_guard: a handshake that ends where the verdict is bad.
 *
 * The verdict falls in the callback that stands in for all of OpenSSL's verification. Two more lines stand behind
 * it, since contexts are made and turned by a library: at the start of each handshake its connection gets what the
 * rule needs (verification is not optional; no session is resumed, since that would come without a certificate, but for
 * one that was trusted before, tls_client_new_beside()), and at its end a connection without a trusted verdict is made
 * unusable.
 */
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/tls_inner.h"

/* A printer's certificate and handshake come in under 8 KB. */
#define CERTIFICATE_LIST_MAX_BYTES (TLS_CHAIN_MAX * TLS_CERTIFICATE_MAX_BYTES)

/* A whole handshake. Without a bound, a peer that never stops sending what OpenSSL skips (HelloRequest) would keep it
 * reading for ever, and with it whoever called it. */
#define HANDSHAKE_MAX_BYTES (CERTIFICATE_LIST_MAX_BYTES + 24 * 1024)

/*
 * Level 1 (OpenSSL's security level; Debian's usual is 2): some printers sign with SHA-1 in the handshake or offer
 * Diffie-Hellman groups of 1024 bits, and nothing else. Who they are is proved by our own rule (tls_learn.c).
 * Nothing that comes without a certificate.
 */
#define CIPHERS "DEFAULT:!aNULL:!PSK:!SRP:@SECLEVEL=1"

struct guard {
	struct tls_expectation expectation;
	struct tls_watch watch;
};

/* -- where things are kept ----------------------------------------------------------------------- */

static void
free_data(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long argl, void *argp)
{
	(void)parent, (void)all, (void)index, (void)argl, (void)argp;
	free(data);
}

static int guard_index = -1, handshake_index = -1;

void
tls_guard_init(void)
{
	if (guard_index >= 0)
		return;
	guard_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_data);
	handshake_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_data);
	ENSURE(guard_index >= 0 && handshake_index >= 0);
}

static struct guard *
guard_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), guard_index);
}

void
tls_handshake_attach(SSL *ssl, struct tls_handshake *handshake)
{
	ENSURE(SSL_set_ex_data(ssl, handshake_index, handshake) == 1);
}

/* That of the connection; a library's gets one of its own here. */
static struct tls_handshake *
handshake_of(SSL *ssl)
{
	struct tls_handshake *handshake = SSL_get_ex_data(ssl, handshake_index);

	if (handshake == NULL) {
		handshake = calloc(1, sizeof *handshake);
		ENSURE(handshake != NULL);
		tls_handshake_attach(ssl, handshake);
	}
	return handshake;
}

static const struct tls_expectation *
expectation_of(const SSL *ssl, const struct tls_handshake *handshake)
{
	static const struct tls_expectation nobody;
	const struct guard *guard = guard_of(ssl);

	if (handshake->expectation != NULL)
		return handshake->expectation;
	return guard != NULL ? &guard->expectation : &nobody;
}

static bool
may_go_on(const struct tls_handshake *handshake)
{
	return handshake->judged && (handshake->probe || TLS_IS_TRUSTED(handshake->verdict));
}

/* -- what OpenSSL calls --------------------------------------------------------------------------- */

/* For the alert that tells the peer. */
static int
error_of(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_TRUSTED_CHAIN:
	case TLS_TRUSTED_PIN:
		return X509_V_OK;
	case TLS_UNTRUSTED:
	case TLS_PIN_CHANGED:
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY; /* unknown_ca */
	case TLS_EXPIRED:
	case TLS_NOT_YET_VALID:
		return X509_V_ERR_CERT_HAS_EXPIRED; /* certificate_expired */
	case TLS_OTHER_SERIAL:
	case TLS_SERIAL_CASE:
	case TLS_NO_SERIAL:
		break;
	}
	return X509_V_ERR_HOSTNAME_MISMATCH; /* bad_certificate */
}

static int
on_certificate(X509_STORE_CTX *verification, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_handshake *handshake = handshake_of(ssl);
	const struct guard *guard = guard_of(ssl);

	(void)arg;
	tls_learn(X509_STORE_CTX_get0_cert(verification), X509_STORE_CTX_get0_untrusted(verification),
		  &handshake->certificate);
	handshake->verdict =
		tls_judge(expectation_of(ssl, handshake), &handshake->certificate, clock_wall_ms());
	handshake->judged = true;
	if (guard != NULL && guard->watch.on_judged != NULL)
		guard->watch.on_judged(guard->watch.arg, handshake->verdict, &handshake->certificate);
	bool good = may_go_on(handshake);
	X509_STORE_CTX_set_error(verification, good ? X509_V_OK : error_of(handshake->verdict));
	ERR_clear_error(); /* what failed while chains were tried is no fault of the connection */
	return good;
}

/* Around each read of the socket: counts, and ends what is too much. */
static long
on_read(BIO *bio, int operation, const char *data, size_t len, int argi, long argl, int result, size_t *processed)
{
	struct tls_handshake *handshake = (struct tls_handshake *)(uintptr_t)BIO_get_callback_arg(bio);

	(void)data, (void)len, (void)argi, (void)argl;
	if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && processed != NULL)
		handshake->received_bytes += *processed;
	if (operation != BIO_CB_READ || handshake->received_bytes < HANDSHAKE_MAX_BYTES)
		return result;
	BIO_clear_retry_flags(bio);
	errno = EMSGSIZE;
	return -1;
}

static void
bound_the_bytes(SSL *ssl, struct tls_handshake *handshake)
{
	BIO *bio = SSL_get_rbio(ssl);

	handshake->received_bytes = 0;
	BIO_set_callback_arg(bio, (char *)handshake);
	BIO_set_callback_ex(bio, on_read);
}

static void
begin(SSL *ssl, const struct guard *guard)
{
	struct tls_handshake *handshake = handshake_of(ssl);
	const struct tls_expectation *expectation = expectation_of(ssl, handshake);

	handshake->judged = handshake->failed = false;
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	if (!handshake->offers_session)
		SSL_set_session(ssl, NULL);
	bound_the_bytes(ssl, handshake);
	if (expectation->serial[0] != '\0')
		SSL_set_tlsext_host_name(ssl, (uintptr_t)expectation->serial); /* its macro casts const away */
	if (guard != NULL && guard->watch.on_start != NULL)
		guard->watch.on_start(guard->watch.arg);
}

static void
fail(SSL *ssl, const struct guard *guard, const char *reason)
{
	struct tls_handshake *handshake = handshake_of(ssl);

	if (!handshake->failed && guard != NULL && guard->watch.on_alert != NULL)
		guard->watch.on_alert(guard->watch.arg, reason);
	handshake->failed = true;
}

static void
complete(SSL *ssl, const struct guard *guard)
{
	struct tls_handshake *handshake = handshake_of(ssl);
	bool resumed = SSL_session_reused(ssl);

	BIO_set_callback_ex(SSL_get_rbio(ssl), NULL);
	if (resumed && handshake->offers_session && !handshake->judged) {
		/* Who resumes a session knows its secret: it is who was trusted then. */
		handshake->verdict = handshake->session_verdict;
		handshake->certificate = handshake->session_certificate;
		handshake->judged = true;
	}
	if (!may_go_on(handshake) || (resumed && !handshake->offers_session)) {
		/* Cannot be, by the rules above. If it is: nothing can be written or read. */
		SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		log_error("a TLS handshake ended without a verdict and was undone");
		fail(ssl, guard, "it ended without a verdict");
	} else if (guard != NULL && guard->watch.on_done != NULL) {
		guard->watch.on_done(guard->watch.arg);
	}
}

/* It stopped because it must wait for the socket. */
static bool
waits(const SSL *ssl)
{
	if (ERR_peek_error() != 0)
		return false;
	return (SSL_want_read(ssl) && BIO_should_retry(SSL_get_rbio(ssl))) ||
	       (SSL_want_write(ssl) && BIO_should_retry(SSL_get_wbio(ssl)));
}

static void
on_info(const SSL *const_ssl, int where, int result)
{
	SSL *ssl = (SSL *)(uintptr_t)const_ssl;
	const struct guard *guard = guard_of(ssl);
	char reason[TLS_REASON_BYTES];

	if (where & SSL_CB_HANDSHAKE_START) {
		begin(ssl, guard);
	} else if (where & SSL_CB_HANDSHAKE_DONE) {
		complete(ssl, guard);
	} else if ((where & SSL_CB_CONNECT_EXIT) == SSL_CB_CONNECT_EXIT && result <= 0 && !waits(ssl)) {
		tls_reason(reason, sizeof reason);
		fail(ssl, guard, reason);
	}
}

/* -- contexts ------------------------------------------------------------------------------------- */

static void
enforce(SSL_CTX *ctx)
{
	/* TLS 1.2 exactly: printers speak no other, and what they do with a ClientHello of 1.3 is not known. */
	ENSURE(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, CERTIFICATE_LIST_MAX_BYTES);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY); /* one record a read: a peer cannot keep us in one */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_certificate, NULL);
	SSL_CTX_set_info_callback(ctx, on_info);
}

void
tls_guard(struct ssl_ctx_st *ctx, const struct tls_expectation *expectation, const struct tls_watch *watch)
{
	ENSURE(guard_index >= 0); /* tls_init() was called */
	struct guard *guard = SSL_CTX_get_ex_data(ctx, guard_index);
	if (guard == NULL) {
		guard = calloc(1, sizeof *guard);
		ENSURE(guard != NULL && SSL_CTX_set_ex_data(ctx, guard_index, guard) == 1);
	}
	guard->expectation = *expectation;
	guard->watch = watch != NULL ? *watch : (struct tls_watch){ 0 };
	enforce(ctx);
}

SSL_CTX *
tls_context_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	ENSURE(ctx != NULL);
	enforce(ctx);
	return ctx;
}
