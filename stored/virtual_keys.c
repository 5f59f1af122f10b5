/*
 * virtual_keys: cut, seal, and put together again.
 */
#include "stored/virtual_keys.h"

#include <string.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/printer_rules.h"

#define ISSUER "issuer" /* no serial number: those are in upper case */
#define NAME_BYTES (sizeof VIRTUAL_KEYS_PREFIX + PRINTER_SERIAL_BYTES + 4)
#define ISSUER_NAME_BYTES 24

static void
name_piece(const char *of, unsigned number, char ret_name[NAME_BYTES])
{
	ENSURE(str_format(ret_name, NAME_BYTES, VIRTUAL_KEYS_PREFIX "%s/%u", of, number));
}

bool
virtual_keys_is_own_name(const char *name)
{
	return strncmp(name, VIRTUAL_KEYS_PREFIX, strlen(VIRTUAL_KEYS_PREFIX)) == 0;
}

/* -- writing ------------------------------------------------------------------------------------------ */

void
virtual_keys_add(struct batch_item *item, const struct vault *vault, const char *serial, const struct tls_own_blob *key)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	char name[NAME_BYTES];
	struct secret piece;

	ENSURE(key->len <= VIRTUAL_KEY_PIECES * SECRET_MAX_BYTES); /* 2048 bits of RSA have 1194 */
	for (size_t at = 0, i = 0; at < key->len; at += SECRET_MAX_BYTES, i++) {
		size_t len = key->len - at < SECRET_MAX_BYTES ? key->len - at : SECRET_MAX_BYTES;
		name_piece(serial, (unsigned)i, name);
		ENSURE(secret_set(&piece, key->bytes + at, len));
		batch_add_op(item, TABLE_SECRETS, name, sealed, vault_seal(vault, name, &piece, sealed));
	}
	secret_wipe(&piece);
}

void
virtual_keys_add_issuer(struct batch_item *item, const struct vault *vault, const struct virtual_issuer *issuer)
{
	batch_add_op(item, TABLE_META, STORE_META_VIRTUAL_ISSUER, issuer->certificate.bytes, issuer->certificate.len);
	virtual_keys_add(item, vault, ISSUER, &issuer->key);
}

void
virtual_keys_forget(struct batch_item *item, const char *serial)
{
	char name[NAME_BYTES];

	for (unsigned i = 0; i < VIRTUAL_KEY_PIECES; i++) {
		name_piece(serial, i, name);
		batch_add_op(item, TABLE_SECRETS, name, NULL, 0);
	}
}

/* -- reading ------------------------------------------------------------------------------------------ */

static enum outcome
get_piece(struct store *store, const struct vault *vault, const char *name, struct secret *ret_piece,
	  struct fault *ret_fault)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t len;

	secret_wipe(ret_piece);
	if (store_get(store, TABLE_SECRETS, name, strlen(name), sealed, sizeof sealed, &len, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	if (vault_unseal(vault, name, sealed, len, ret_piece))
		return fault_none(ret_fault);
	log_error("a secret cannot be opened with this key", log_str("secret", name));
	return fault_say(ret_fault, OUTCOME_NO_KEY, "The key of a certificate cannot be opened.");
}

enum outcome
virtual_keys_get(struct store *store, const struct vault *vault, const char *serial,
		 struct secret ret_pieces[VIRTUAL_KEY_PIECES], struct fault *ret_fault)
{
	char name[NAME_BYTES];

	for (unsigned i = 0; i < VIRTUAL_KEY_PIECES; i++)
		secret_wipe(&ret_pieces[i]);
	for (unsigned i = 0; i < VIRTUAL_KEY_PIECES; i++) {
		name_piece(serial, i, name);
		enum outcome outcome = get_piece(store, vault, name, &ret_pieces[i], ret_fault);
		if (outcome == OUTCOME_ABSENT && i > 0)
			break;
		if (outcome != OUTCOME_DONE)
			return outcome;
	}
	return fault_none(ret_fault);
}

static enum outcome
get_key(struct store *store, const struct vault *vault, struct tls_own_blob *ret_key, struct fault *ret_fault)
{
	struct secret pieces[VIRTUAL_KEY_PIECES];
	enum outcome outcome = virtual_keys_get(store, vault, ISSUER, pieces, ret_fault);

	ret_key->len = 0;
	for (unsigned i = 0; i < VIRTUAL_KEY_PIECES; i++) {
		memcpy(ret_key->bytes + ret_key->len, secret_bytes_peek(&pieces[i]), pieces[i].len_bytes);
		ret_key->len += pieces[i].len_bytes;
		secret_wipe(&pieces[i]);
	}
	return outcome;
}

static enum outcome
make_issuer(const char *installation, int64_t now_ms, struct virtual_issuer *ret_issuer, struct fault *ret_fault)
{
	char name[ISSUER_NAME_BYTES];

	ret_issuer->is_new = true;
	str_format(name, sizeof name, "Fuse %s", installation);
	if (!tls_own_make_issuer(name, now_ms, &ret_issuer->certificate, &ret_issuer->key))
		return fault_say(ret_fault, OUTCOME_FAILED, "A certificate could not be made.");
	return fault_none(ret_fault);
}

enum outcome
virtual_keys_issuer(struct store *store, const struct vault *vault, const char *installation, int64_t now_ms,
		    struct virtual_issuer *ret_issuer, struct fault *ret_fault)
{
	static const char name[] = STORE_META_VIRTUAL_ISSUER;
	struct tls_own_blob *certificate = &ret_issuer->certificate;

	ret_issuer->is_new = false;
	enum outcome outcome = store_get(store, TABLE_META, name, strlen(name), certificate->bytes,
					 sizeof certificate->bytes, &certificate->len, ret_fault);
	if (outcome == OUTCOME_DONE)
		outcome = get_key(store, vault, &ret_issuer->key, ret_fault);
	if (outcome != OUTCOME_ABSENT && outcome != OUTCOME_NO_KEY)
		return outcome;
	return make_issuer(installation, now_ms, ret_issuer, ret_fault);
}
