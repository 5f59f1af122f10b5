/*
 * vault: secrets, sealed with XChaCha20-Poly1305 under the key in <dir>/secret.key (32 bytes, mode
 * 0600). The secret's name is authenticated with it, so one secret cannot be passed off as another.
 * The database keeps a check value of the key: a missing or wrong key file is noticed at start, and a
 * new key is never made over secrets that an old one sealed.
 */
#ifndef FUSE_STORED_VAULT_H
#define FUSE_STORED_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"
#include "stored/outcome.h"
#include "stored/store.h"

#define VAULT_KEY_FILE "secret.key"
#define VAULT_KEY_BYTES 32
#define VAULT_OVERHEAD_BYTES (24 + 16) /* nonce and tag */
#define VAULT_SEALED_MAX_BYTES (SECRET_MAX_BYTES + VAULT_OVERHEAD_BYTES)

struct vault;

/* Read the key file and hold it against the database. NULL with NO_KEY when the database has sealed
 * secrets and the file is missing or another's; nothing was changed then. */
struct vault *vault_open(const char *dir, struct store *store, struct fault *ret_fault);

/* Wipe the key and free. NULL is fine. */
void vault_close(struct vault *vault);

/* Make sure that there is a key, on the disk and known to the database: before the first secret. */
enum outcome vault_prepare(struct vault *vault, struct store *store, struct fault *ret_fault);

/* Seal into `ret_sealed`; returns its length. After vault_prepare() was DONE. */
size_t vault_seal(const struct vault *vault, const char *name, const struct secret *secret,
		  uint8_t ret_sealed[VAULT_SEALED_MAX_BYTES]);

/* Open what vault_seal() made for this name. False (and an empty secret) for anything else. The
 * caller wipes the secret. */
bool vault_unseal(const struct vault *vault, const char *name, const uint8_t *sealed, size_t len,
		  struct secret *ret_secret);

#endif
