/*
 * tls: one certificate in use, and the one before it, which a handshake may still be looking at.
 */
#include "httpd/tls.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "httpd/digest.h"

#define CHAIN_MAX 8
#define KEY_MAX_BYTES (8 * SECRET_MAX_BYTES)

struct shown {
	unsigned chain_len;
	gnutls_pcert_st chain[CHAIN_MAX];
	gnutls_privkey_t key;
	char sha256[2 * DIGEST_BYTES + 1];
};

static struct shown *now, *before;

static void
free_shown(struct shown *shown)
{
	if (shown == NULL)
		return;
	for (unsigned i = 0; i < shown->chain_len; i++)
		gnutls_pcert_deinit(&shown->chain[i]);
	gnutls_privkey_deinit(shown->key);
	free(shown);
}

/* The pieces put together; returns how many bytes. */
static unsigned
join_key(const struct msg_certificate *message, uint8_t ret_key[KEY_MAX_BYTES])
{
	const struct secret *const pieces[] = { &message->key_0, &message->key_1, &message->key_2, &message->key_3,
						&message->key_4, &message->key_5, &message->key_6, &message->key_7 };
	unsigned len = 0;

	for (size_t i = 0; i < STR_ARRAY_LEN(pieces); i++) {
		memcpy(ret_key + len, secret_bytes_peek(pieces[i]), pieces[i]->len_bytes);
		len += pieces[i]->len_bytes;
	}
	return len;
}

static int
import(struct shown *shown, const struct msg_certificate *message)
{
	uint8_t bytes[KEY_MAX_BYTES], digest[DIGEST_BYTES];
	gnutls_datum_t chain = { (uint8_t *)(uintptr_t)message->chain.bytes, (unsigned)message->chain.len };
	gnutls_datum_t key = { bytes, join_key(message, bytes) };
	unsigned count = CHAIN_MAX;

	int error = gnutls_privkey_init(&shown->key);
	if (error == 0)
		error = gnutls_privkey_import_x509_raw(shown->key, &key, GNUTLS_X509_FMT_DER, NULL, 0);
	explicit_bzero(bytes, sizeof bytes);
	if (error == 0)
		error = gnutls_pcert_list_import_x509_raw(shown->chain, &count, &chain, GNUTLS_X509_FMT_PEM, 0);
	if (error != 0)
		return error;
	shown->chain_len = count;
	digest_of(shown->chain[0].cert.data, shown->chain[0].cert.size, digest);
	str_hex(digest, sizeof digest, shown->sha256);
	return 0;
}

bool
tls_take(const struct msg_certificate *message)
{
	struct shown *fresh = calloc(1, sizeof *fresh);
	int error = fresh != NULL ? import(fresh, message) : GNUTLS_E_MEMORY_ERROR;

	if (error != 0) {
		log_error("the certificate for other machines cannot be used", log_str("error", gnutls_strerror(error)));
		free_shown(fresh);
		return false;
	}
	free_shown(before);
	before = now;
	now = fresh;
	log_info("shows a certificate to other machines", log_str("sha256", now->sha256));
	return true;
}

bool
tls_is_ready(void)
{
	return now != NULL;
}

const char *
tls_sha256_peek(void)
{
	return now != NULL ? now->sha256 : "";
}

int
tls_choose(gnutls_session_t session, const gnutls_datum_t *issuers, int issuer_count,
	   const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_chain_len,
	   gnutls_privkey_t *ret_key)
{
	(void)session, (void)issuers, (void)issuer_count, (void)algorithms, (void)algorithm_count;
	if (now == NULL)
		return -1;
	*ret_chain = now->chain;
	*ret_chain_len = now->chain_len;
	*ret_key = now->key;
	return 0;
}

/* -- what is sent beside the library ------------------------------------------------------------------------- */

bool
tls_put(void *session, const void *bytes, size_t len)
{
	gnutls_record_cork(session);
	return len == 0 || gnutls_record_send(session, bytes, len) == (ssize_t)len;
}

int
tls_flush(void *session)
{
	int sent = gnutls_record_uncork(session, 0);

	if (sent >= 0)
		return 1;
	return sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED ? 0 : -1;
}
