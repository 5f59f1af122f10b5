/*
 * owner: who may use Fuse, as it is kept: the password's hash and the tokens. All of it stands sealed in the table of
 * secrets under names that begin with "access/", which SECRET_SET cannot reach.
 *
 *	access/password      [1, epoch, hash]
 *	access/token/<id>    [1, name, full, created_ms, used_ms, sha256]
 *
 * Each change is committed here, at once and alone: these are rare, and nothing is answered before it is on disk.
 */
#ifndef FUSE_STORED_OWNER_H
#define FUSE_STORED_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"
#include "stored/hasher.h"
#include "stored/outcome.h"
#include "stored/store.h"
#include "stored/vault.h"

#define OWNER_PREFIX "access/"
#define OWNER_PASSWORD_NAME OWNER_PREFIX "password"
#define OWNER_TOKEN_PREFIX OWNER_PREFIX "token/"
#define OWNER_TOKENS_MAX 64
#define OWNER_TOKEN_ID_BYTES 9    /* hex, with NUL */
#define OWNER_TOKEN_NAME_BYTES 61 /* with NUL; TOKEN.name in messages.def */
#define OWNER_TOKEN_TEXT_PREFIX "fuse_"
#define OWNER_PASSWORD_MIN_BYTES 8
#define OWNER_PASSWORD_MAX_BYTES 256

struct owner_token {
	char id[OWNER_TOKEN_ID_BYTES]; /* "" = this place is free */
	char name[OWNER_TOKEN_NAME_BYTES];
	bool full;
	int64_t created_ms, used_ms;
	uint8_t sha256[32];
};

struct owner {
	struct store *store;
	struct vault *vault;
	bool password_set;
	uint64_t epoch; /* 0 = no password */
	char hash[HASHER_HASH_BYTES];
	struct owner_token tokens[OWNER_TOKENS_MAX];
};

/* Read all. DONE, or the fault for which the store cannot serve. A password that cannot be read counts as one that
 * nobody knows: it is set, and nothing fits it. */
enum outcome owner_load(struct owner *owner, struct store *store, struct vault *vault, struct fault *ret_fault);

/* Can this be a password? Else false with the sentence. */
bool owner_password_is_fine(const struct secret *password, char ret_sentence[160]);

/* Keep another password (its hash), or forget it. The epoch is another afterwards. */
enum outcome owner_set_password(struct owner *owner, const char *hash, struct fault *ret_fault);
enum outcome owner_forget_password(struct owner *owner, struct fault *ret_fault);

/* Make a token. `name` as the owner typed it: false as below when it cannot be one or all places are taken. Wipe the
 * secret. */
bool owner_token_name_is_fine(const struct owner *owner, const char *name, char ret_sentence[160]);
enum outcome owner_add_token(struct owner *owner, const char *name, bool full, int64_t now_ms, size_t *ret_place,
			      struct secret *ret_token, struct fault *ret_fault);

/* The place of a token, or OWNER_TOKENS_MAX. */
size_t owner_find_token(const struct owner *owner, const char *id);
enum outcome owner_remove_token(struct owner *owner, size_t place, struct fault *ret_fault);

/* It was used today. Nothing is written twice a day. */
enum outcome owner_note_used(struct owner *owner, size_t place, int64_t now_ms, struct fault *ret_fault);

/* Read the records; pure. NULL, or what is wrong with the bytes (static storage). Fields that a later Fuse adds at the
 * end are passed over. */
const char *owner_decode_password(const uint8_t *bytes, size_t len, uint64_t *ret_epoch, char ret_hash[HASHER_HASH_BYTES]);
const char *owner_decode_token(const char *id, const uint8_t *bytes, size_t len, struct owner_token *ret_token);

/* Is this the name of a secret that only owner.c may write? */
bool owner_is_own_name(const char *name);

#endif
