/*
 * vault: one key, many secrets.
 */
#include "stored/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/files.h"

#define VAULT_MAGIC 0x7661756cu
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define CHECK_BYTES 16

_Static_assert(NONCE_BYTES + TAG_BYTES == VAULT_OVERHEAD_BYTES, "vault.h says what libsodium does");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == VAULT_KEY_BYTES,
	       "vault.h says what libsodium does");

struct vault {
	unsigned magic;
	bool has_key;	  /* read or made */
	bool check_known; /* the database has its check value */
	uint8_t key[VAULT_KEY_BYTES];
	char dir[FILES_PATH_BYTES];
};

/* Proves a key without telling anything about it. */
static void
compute_check(const struct vault *vault, uint8_t ret_check[CHECK_BYTES])
{
	static const char words[] = "Fuse secret.key check value, version 1";

	crypto_generichash(ret_check, CHECK_BYTES, (const uint8_t *)words, sizeof words, vault->key,
			   sizeof vault->key);
}

static void
warn_when_others_can_read(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		log_warn(
			"the key file can be read by others; make it readable for its owner only (mode 0600)",
			log_str("file", path));
}

/* 0, ENOENT when there is no key file, or why it is no key. */
static int
read_key(struct vault *vault)
{
	char path[FILES_PATH_BYTES];
	size_t len;

	files_path(path, vault->dir, VAULT_KEY_FILE);
	int error = files_read(path, vault->key, sizeof vault->key, &len);
	if (error == 0 && len != sizeof vault->key)
		error = EINVAL;
	vault->has_key = error == 0;
	if (error == 0)
		warn_when_others_can_read(path);
	return error;
}

static enum outcome
say_no_key(struct fault *ret_fault, int error)
{
	if (error == ENOENT)
		return fault_say(ret_fault, OUTCOME_NO_KEY,
				 "The database holds secrets, and their key, the file secret.key, is gone.");
	if (error == EINVAL || error == EFBIG)
		return fault_say(ret_fault, OUTCOME_NO_KEY,
				 "The file secret.key is not a key of Fuse: it has another length.");
	if (error == 0)
		return fault_say(
			ret_fault, OUTCOME_NO_KEY,
			"The file secret.key is not the key that sealed the secrets in this database.");
	char sentence[200];
	str_format(sentence, sizeof sentence, "The file secret.key cannot be read: %s.", strerror(error));
	return fault_say(ret_fault, OUTCOME_NO_KEY, sentence);
}

static enum outcome
check_key(struct vault *vault, struct store *store, int key_error, struct fault *ret_fault)
{
	uint8_t kept[CHECK_BYTES], own[CHECK_BYTES];
	size_t len;
	enum outcome outcome = store_get(store, TABLE_META, STORE_META_KEY_CHECK,
					 strlen(STORE_META_KEY_CHECK), kept, sizeof kept, &len, ret_fault);

	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	vault->check_known = outcome == OUTCOME_DONE;
	/* A key file that no secret needs yet may be missing, but not be something else. */
	if (!vault->check_known)
		return key_error == 0 || key_error == ENOENT ? fault_none(ret_fault)
							     : say_no_key(ret_fault, key_error);
	if (key_error != 0)
		return say_no_key(ret_fault, key_error);
	compute_check(vault, own);
	if (len != sizeof own || sodium_memcmp(own, kept, sizeof own) != 0)
		return say_no_key(ret_fault, 0);
	return fault_none(ret_fault);
}

struct vault *
vault_open(const char *dir, struct store *store, struct fault *ret_fault)
{
	struct vault *vault = calloc(1, sizeof *vault);

	ENSURE(vault != NULL);
	vault->magic = VAULT_MAGIC;
	ENSURE(str_copy(vault->dir, sizeof vault->dir, dir));
	int error = read_key(vault);
	if (check_key(vault, store, error, ret_fault) == OUTCOME_DONE)
		return vault;
	vault_close(vault);
	return NULL;
}

void
vault_close(struct vault *vault)
{
	if (vault == NULL)
		return;
	ENSURE_OBJ(vault, VAULT_MAGIC);
	sodium_memzero(vault, sizeof *vault);
	free(vault);
}

/* Written under another name first, so that secret.key is whole from the moment it is there. */
static enum outcome
make_key(struct vault *vault, struct fault *ret_fault)
{
	char temp[FILES_PATH_BYTES], path[FILES_PATH_BYTES];

	files_path(temp, vault->dir, VAULT_KEY_FILE ".new");
	files_path(path, vault->dir, VAULT_KEY_FILE);
	int error = read_key(vault); /* somebody may have put it there since */
	if (error != ENOENT)
		return error == 0 ? fault_none(ret_fault) : say_no_key(ret_fault, error);
	crypto_aead_xchacha20poly1305_ietf_keygen(vault->key);
	unlink(temp); /* of an attempt that was cut off; no secret ever saw that key */
	error = files_write_new(temp, vault->key, sizeof vault->key);
	if (error == 0)
		error = files_move(temp, path);
	if (error != 0) {
		unlink(temp);
		return fault_from_error(ret_fault, error, "write the key file", vault->dir);
	}
	vault->has_key = true;
	log_info("made the key for secrets; keep a copy of it with the backups of the state folder",
		 log_str("file", path));
	return fault_none(ret_fault);
}

enum outcome
vault_prepare(struct vault *vault, struct store *store, struct fault *ret_fault)
{
	uint8_t check[CHECK_BYTES];

	ENSURE_OBJ(vault, VAULT_MAGIC);
	if (vault->check_known)
		return fault_none(ret_fault);
	if (!vault->has_key && make_key(vault, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	compute_check(vault, check);
	struct store_op op = { TABLE_META, STORE_META_KEY_CHECK, strlen(STORE_META_KEY_CHECK), check,
			       sizeof check };
	vault->check_known = store_commit(store, &op, 1, ret_fault) == OUTCOME_DONE;
	return ret_fault->outcome;
}

size_t
vault_seal(const struct vault *vault, const char *name, const struct secret *secret,
	   uint8_t ret_sealed[VAULT_SEALED_MAX_BYTES])
{
	unsigned long long len;

	ENSURE_OBJ(vault, VAULT_MAGIC);
	ENSURE(vault->check_known && secret->len_bytes <= SECRET_MAX_BYTES);
	randombytes_buf(ret_sealed, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + NONCE_BYTES, &len, secret_bytes_peek(secret),
						   secret->len_bytes, (const uint8_t *)name, strlen(name),
						   NULL, ret_sealed, vault->key);
	return NONCE_BYTES + (size_t)len;
}

bool
vault_unseal(const struct vault *vault, const char *name, const uint8_t *sealed, size_t len,
	     struct secret *ret_secret)
{
	uint8_t plain[SECRET_MAX_BYTES];
	unsigned long long plain_len = 0;

	ENSURE_OBJ(vault, VAULT_MAGIC);
	secret_wipe(ret_secret);
	if (!vault->has_key || len < VAULT_OVERHEAD_BYTES || len > VAULT_SEALED_MAX_BYTES)
		return false;
	bool opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
			      plain, &plain_len, NULL, sealed + NONCE_BYTES, len - NONCE_BYTES,
			      (const uint8_t *)name, strlen(name), sealed, vault->key) == 0;
	if (opened)
		secret_set(ret_secret, plain, (size_t)plain_len);
	sodium_memzero(plain, sizeof plain);
	return opened;
}
