/*
 * identity: chains and keys into services.
 */
#include "worker/virtual/identity.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/tls_own.h"
#include "worker/virtual/kept.h"

#define OTHER_CERTIFICATE "other-certificate.der"
#define OTHER_KEY "other-key.der"
#define KEY_PIECES 4

static bool
make(struct identity *identity, const char *chain, const void *key, size_t key_len,
     char ret_fault[TLS_SERVER_FAULT_BYTES])
{
	identity->single = tls_service_new("printer", chain, key, key_len, false, ret_fault);
	identity->files = identity->single != NULL
				  ? tls_service_new("files", chain, key, key_len, true, ret_fault)
				  : NULL;
	return identity->files != NULL;
}

bool
identity_own(struct identity *identity, struct msg_virtual_mine *mine, char ret_fault[TLS_SERVER_FAULT_BYTES])
{
	struct secret *pieces[KEY_PIECES] = { &mine->key_0, &mine->key_1, &mine->key_2, &mine->key_3 };
	static char chain[16384 + 1]; /* as long as VIRTUAL_MINE's may be */
	uint8_t key[KEY_PIECES * SECRET_MAX_BYTES];
	size_t len = 0;

	ENSURE(mine->chain.len < sizeof chain);
	memcpy(chain, mine->chain.bytes, mine->chain.len);
	chain[mine->chain.len] = '\0';
	for (size_t i = 0; i < KEY_PIECES; i++) {
		memcpy(key + len, secret_bytes_peek(pieces[i]), pieces[i]->len_bytes);
		len += pieces[i]->len_bytes;
		secret_wipe(pieces[i]);
	}
	bool made = make(identity, chain, key, len, ret_fault);
	explicit_bzero(key, sizeof key);
	return made;
}

/* What is kept of an earlier time. */
static bool
read_other(const char *dir, struct tls_own_blob *certificate, struct tls_own_blob *key)
{
	return kept_read(dir, OTHER_CERTIFICATE, certificate->bytes, sizeof certificate->bytes, &certificate->len) &&
	       kept_read(dir, OTHER_KEY, key->bytes, sizeof key->bytes, &key->len);
}

static bool
make_other(const char *dir, const char *serial, struct tls_own_blob *certificate, struct tls_own_blob *key)
{
	struct tls_own_names names = { 0 };

	tls_own_add_name(&names, serial);
	if (!tls_own_make(&names, clock_wall_ms(), certificate, key))
		return false;
	if (!kept_write(dir, OTHER_CERTIFICATE, certificate->bytes, certificate->len, false) ||
	    !kept_write(dir, OTHER_KEY, key->bytes, key->len, false))
		log_warn("cannot keep the other certificate: the next start has yet another",
			 log_str("error", strerror(errno)));
	return true;
}

static bool
use(struct identity *identity, const struct tls_own_blob *certificate, const struct tls_own_blob *key)
{
	static char pem[2 * TLS_OWN_CERTIFICATE_MAX_BYTES];
	char fault[TLS_SERVER_FAULT_BYTES];

	return tls_own_to_pem(certificate, pem, sizeof pem) && make(identity, pem, key->bytes, key->len, fault);
}

bool
identity_other(struct identity *identity, const char *dir, const char *serial)
{
	static struct tls_own_blob certificate, key;

	bool fine = read_other(dir, &certificate, &key) && use(identity, &certificate, &key);
	if (!fine) {
		identity_free(identity);
		fine = make_other(dir, serial, &certificate, &key) && use(identity, &certificate, &key);
	}
	explicit_bzero(&key, sizeof key);
	if (!fine) {
		identity_free(identity);
		log_error("cannot make another certificate");
	}
	return fine;
}

void
identity_free(struct identity *identity)
{
	tls_service_free(identity->single);
	tls_service_free(identity->files);
	*identity = (struct identity){ 0 };
}
