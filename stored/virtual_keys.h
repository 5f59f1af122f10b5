/*
 * virtual_keys: who vouches for virtual printers, and their keys. An installation has one issuer, "Fuse <installation>",
 * made for its first virtual printer; its certificate stands in meta. Keys (RSA, DER) are longer than a secret: they are
 * sealed in pieces, each but the last full, under names that begin with "virtual/", which SECRET_SET cannot reach.
 *
 *	virtual/issuer/<n>      the issuer's
 *	virtual/<serial>/<n>    of a virtual printer
 */
#ifndef FUSE_STORED_VIRTUAL_KEYS_H
#define FUSE_STORED_VIRTUAL_KEYS_H

#include <stdbool.h>

#include "common/secret.h"
#include "common/tls_own.h"
#include "stored/batch.h"
#include "stored/outcome.h"
#include "stored/store.h"
#include "stored/vault.h"

#define VIRTUAL_KEYS_PREFIX "virtual/"
#define VIRTUAL_KEY_PIECES 4 /* as in VIRTUAL_MINE */

struct virtual_issuer {
	bool is_new; /* not on the disk yet */
	struct tls_own_blob certificate, key; /* wipe it */
};

/* The issuer that is kept; a new one when there is none, or its key cannot be opened any more. DONE, or the fault. */
enum outcome virtual_keys_issuer(struct store *store, const struct vault *vault, const char *installation, int64_t now_ms,
				 struct virtual_issuer *ret_issuer, struct fault *ret_fault);

/* Into the item: a new issuer; the key of a virtual printer; that it is no more. After vault_prepare() was DONE. */
void virtual_keys_add_issuer(struct batch_item *item, const struct vault *vault, const struct virtual_issuer *issuer);
void virtual_keys_add(struct batch_item *item, const struct vault *vault, const char *serial,
		      const struct tls_own_blob *key);
void virtual_keys_forget(struct batch_item *item, const char *serial);

/* The pieces of a key; those after its end are empty. DONE; ABSENT; NO_KEY: it cannot be opened with our key; or another
 * fault. The caller wipes. */
enum outcome virtual_keys_get(struct store *store, const struct vault *vault, const char *serial,
			      struct secret ret_pieces[VIRTUAL_KEY_PIECES], struct fault *ret_fault);

/* Is this the name of a secret that only virtual_desk.c may write? */
bool virtual_keys_is_own_name(const char *name);

#endif
