/*
 * owner: records in and out.
 */
#include "stored/owner.h"

#include <string.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/mpack.h"

#define RECORD_VERSION 1
#define PASSWORD_FIELDS 3
#define TOKEN_FIELDS 6
#define TOKEN_RANDOM_BYTES 32
#define DAY_MS ((int64_t)86400 * 1000)
#define NAME_BYTES 64 /* of a secret of ours */

bool
owner_is_own_name(const char *name)
{
	return strncmp(name, OWNER_PREFIX, strlen(OWNER_PREFIX)) == 0;
}

/* -- records ----------------------------------------------------------------------------------------- */

static size_t
encode_password(const struct owner *owner, uint8_t ret_bytes[SECRET_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, SECRET_MAX_BYTES);
	mpack_put_array(&writer, PASSWORD_FIELDS);
	mpack_put_u64(&writer, RECORD_VERSION);
	mpack_put_u64(&writer, owner->epoch);
	mpack_put_text(&writer, owner->hash);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

const char *
owner_decode_password(const uint8_t *bytes, size_t len, uint64_t *ret_epoch, char ret_hash[HASHER_HASH_BYTES])
{
	struct mpack_reader reader;

	mpack_reader_init(&reader, bytes, len);
	if (mpack_get_array(&reader) < PASSWORD_FIELDS)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	*ret_epoch = mpack_get_u64(&reader, UINT64_MAX);
	mpack_get_text(&reader, ret_hash, HASHER_HASH_BYTES);
	return reader.fault;
}

static size_t
encode_token(const struct owner_token *token, uint8_t ret_bytes[SECRET_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, SECRET_MAX_BYTES);
	mpack_put_array(&writer, TOKEN_FIELDS);
	mpack_put_u64(&writer, RECORD_VERSION);
	mpack_put_text(&writer, token->name);
	mpack_put_bool(&writer, token->full);
	mpack_put_i64(&writer, token->created_ms);
	mpack_put_i64(&writer, token->used_ms);
	mpack_put_bin(&writer, token->sha256, sizeof token->sha256);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

const char *
owner_decode_token(const char *id, const uint8_t *bytes, size_t bytes_len, struct owner_token *ret_token)
{
	struct mpack_reader reader;
	uint32_t len;

	memset(ret_token, 0, sizeof *ret_token);
	mpack_reader_init(&reader, bytes, bytes_len);
	if (mpack_get_array(&reader) < TOKEN_FIELDS)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	mpack_get_text(&reader, ret_token->name, sizeof ret_token->name);
	ret_token->full = mpack_get_bool(&reader);
	ret_token->created_ms = mpack_get_i64(&reader);
	ret_token->used_ms = mpack_get_i64(&reader);
	const uint8_t *hash = mpack_get_bin(&reader, sizeof ret_token->sha256, &len);
	if (len != sizeof ret_token->sha256)
		mpack_fault(&reader, "has no hash");
	else
		memcpy(ret_token->sha256, hash, len);
	if (!str_copy(ret_token->id, sizeof ret_token->id, id) || strlen(id) != OWNER_TOKEN_ID_BYTES - 1)
		mpack_fault(&reader, "has no id");
	return reader.fault;
}

/* -- loading ------------------------------------------------------------------------------------------ */

static void
load_password(struct owner *owner, const uint8_t *sealed, size_t len)
{
	struct secret record = { 0 };

	owner->password_set = true;
	const char *fault = vault_unseal(owner->vault, OWNER_PASSWORD_NAME, sealed, len, &record)
				    ? owner_decode_password(secret_bytes_peek(&record), record.len_bytes,
								    &owner->epoch, owner->hash)
				    : "cannot be opened with this key";
	secret_wipe(&record);
	if (fault == NULL)
		return;
	owner->epoch = 1;
	owner->hash[0] = '\0';
	log_error("the kept password cannot be read, so none fits", log_str("why", fault),
		  log_str("fix", "fusectl password --forget"));
}

static void
load_token(struct owner *owner, const char *name, const uint8_t *sealed, size_t len)
{
	struct secret record = { 0 };
	struct owner_token token;
	size_t place = 0;

	const char *fault = vault_unseal(owner->vault, name, sealed, len, &record)
				    ? owner_decode_token(name + strlen(OWNER_TOKEN_PREFIX), secret_bytes_peek(&record),
								 record.len_bytes, &token)
				    : "cannot be opened with this key";
	secret_wipe(&record);
	while (place < OWNER_TOKENS_MAX && owner->tokens[place].id[0] != '\0')
		place++;
	if (fault == NULL && place < OWNER_TOKENS_MAX)
		owner->tokens[place] = token;
	else
		log_error("a kept token cannot be used; it is left alone", log_str("token", name),
			  log_str("why", fault != NULL ? fault : "there are too many"));
}

static void
load_one(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	struct owner *owner = arg;
	char name[NAME_BYTES];

	if (key_len >= sizeof name)
		return;
	memcpy(name, key, key_len);
	name[key_len] = '\0';
	if (strcmp(name, OWNER_PASSWORD_NAME) == 0)
		load_password(owner, payload, len);
	else if (strncmp(name, OWNER_TOKEN_PREFIX, strlen(OWNER_TOKEN_PREFIX)) == 0)
		load_token(owner, name, payload, len);
}

enum outcome
owner_load(struct owner *owner, struct store *store, struct vault *vault, struct fault *ret_fault)
{
	memset(owner, 0, sizeof *owner);
	owner->store = store;
	owner->vault = vault;
	return store_each(store, TABLE_SECRETS, load_one, owner, ret_fault);
}

/* -- changing ------------------------------------------------------------------------------------------ */

/* Seal and commit `len` bytes under `name`; NULL removes. */
static enum outcome
keep(struct owner *owner, const char *name, uint8_t *bytes, size_t len, struct fault *ret_fault)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	struct store_op op = { TABLE_SECRETS, name, strlen(name), NULL, 0 };
	struct secret record = { 0 };

	if (bytes != NULL) {
		if (vault_prepare(owner->vault, owner->store, ret_fault) != OUTCOME_DONE)
			return ret_fault->outcome;
		ENSURE(secret_set(&record, bytes, len));
		op.payload = sealed;
		op.len = vault_seal(owner->vault, name, &record, sealed);
		secret_wipe(&record);
		sodium_memzero(bytes, len);
	}
	return store_commit(owner->store, &op, 1, ret_fault);
}

bool
owner_password_is_fine(const struct secret *password, char ret_sentence[160])
{
	const uint8_t *bytes = secret_bytes_peek(password);
	bool fine = str_valid_utf8(bytes, password->len_bytes);

	for (uint32_t i = 0; i < password->len_bytes; i++)
		fine = fine && bytes[i] >= 0x20 && bytes[i] != 0x7f;
	if (password->len_bytes < OWNER_PASSWORD_MIN_BYTES)
		str_format(ret_sentence, 160, "The password is too short: it needs at least %d characters.",
			   OWNER_PASSWORD_MIN_BYTES);
	else if (password->len_bytes > OWNER_PASSWORD_MAX_BYTES)
		str_format(ret_sentence, 160, "The password has more than %d bytes.", OWNER_PASSWORD_MAX_BYTES);
	else if (!fine)
		str_copy(ret_sentence, 160, "The password has characters in it that are no text.");
	else
		return true;
	return false;
}

enum outcome
owner_set_password(struct owner *owner, const char *hash, struct fault *ret_fault)
{
	struct owner fresh = { .password_set = true };
	uint8_t bytes[SECRET_MAX_BYTES];

	do
		randombytes_buf(&fresh.epoch, sizeof fresh.epoch);
	while (fresh.epoch <= 1 || fresh.epoch == owner->epoch);
	ENSURE(str_copy(fresh.hash, sizeof fresh.hash, hash));
	if (keep(owner, OWNER_PASSWORD_NAME, bytes, encode_password(&fresh, bytes), ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	owner->password_set = true;
	owner->epoch = fresh.epoch;
	memcpy(owner->hash, fresh.hash, sizeof owner->hash);
	return OUTCOME_DONE;
}

enum outcome
owner_forget_password(struct owner *owner, struct fault *ret_fault)
{
	if (keep(owner, OWNER_PASSWORD_NAME, NULL, 0, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	owner->password_set = false;
	owner->epoch = 0;
	sodium_memzero(owner->hash, sizeof owner->hash);
	return OUTCOME_DONE;
}

/* -- tokens --------------------------------------------------------------------------------------------- */

static size_t
free_place(const struct owner *owner)
{
	size_t place = 0;

	while (place < OWNER_TOKENS_MAX && owner->tokens[place].id[0] != '\0')
		place++;
	return place;
}

bool
owner_token_name_is_fine(const struct owner *owner, const char *name, char ret_sentence[160])
{
	size_t len = strlen(name);
	bool fine = len > 0 && name[0] != ' ' && name[len - 1] != ' ';

	for (size_t i = 0; i < len && fine;) {
		size_t step = log_harmless_bytes((const unsigned char *)name + i, len - i);
		fine = step > 0;
		i += step;
	}
	ret_sentence[0] = '\0';
	if (!fine)
		str_copy(ret_sentence, 160, "A token needs a name: 1 to 60 bytes of text, such as the program's that uses it.");
	for (size_t i = 0; i < OWNER_TOKENS_MAX && fine; i++)
		if (owner->tokens[i].id[0] != '\0' && strcmp(owner->tokens[i].name, name) == 0)
			str_copy(ret_sentence, 160, "There is a token of this name already.");
	if (ret_sentence[0] == '\0' && free_place(owner) == OWNER_TOKENS_MAX)
		str_format(ret_sentence, 160, "There are %d tokens, as many as may be.", OWNER_TOKENS_MAX);
	return ret_sentence[0] == '\0';
}

static void
token_secret_name(const char *id, char ret_name[NAME_BYTES])
{
	ENSURE(str_format(ret_name, NAME_BYTES, OWNER_TOKEN_PREFIX "%s", id));
}

static enum outcome
keep_token(struct owner *owner, const struct owner_token *token, struct fault *ret_fault)
{
	char name[NAME_BYTES];
	uint8_t bytes[SECRET_MAX_BYTES];

	token_secret_name(token->id, name);
	return keep(owner, name, bytes, encode_token(token, bytes), ret_fault);
}

static void
make_token_text(struct secret *ret_token)
{
	uint8_t random[TOKEN_RANDOM_BYTES];
	char text[sizeof OWNER_TOKEN_TEXT_PREFIX +
		  sodium_base64_ENCODED_LEN(TOKEN_RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	size_t used = strlen(OWNER_TOKEN_TEXT_PREFIX);

	randombytes_buf(random, sizeof random);
	memcpy(text, OWNER_TOKEN_TEXT_PREFIX, used);
	sodium_bin2base64(text + used, sizeof text - used, random, sizeof random,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	secret_set(ret_token, text, strlen(text));
	sodium_memzero(random, sizeof random);
	sodium_memzero(text, sizeof text);
}

enum outcome
owner_add_token(struct owner *owner, const char *name, bool full, int64_t now_ms, size_t *ret_place,
		 struct secret *ret_token, struct fault *ret_fault)
{
	struct owner_token token = { .full = full, .created_ms = now_ms };
	uint8_t id[(OWNER_TOKEN_ID_BYTES - 1) / 2];

	*ret_place = free_place(owner);
	ENSURE(*ret_place < OWNER_TOKENS_MAX && str_copy(token.name, sizeof token.name, name));
	do {
		randombytes_buf(id, sizeof id);
		str_hex(id, sizeof id, token.id);
	} while (owner_find_token(owner, token.id) < OWNER_TOKENS_MAX);
	make_token_text(ret_token);
	crypto_hash_sha256(token.sha256, secret_bytes_peek(ret_token), ret_token->len_bytes);
	if (keep_token(owner, &token, ret_fault) == OUTCOME_DONE)
		owner->tokens[*ret_place] = token;
	else
		secret_wipe(ret_token);
	return ret_fault->outcome;
}

size_t
owner_find_token(const struct owner *owner, const char *id)
{
	size_t place = 0;

	while (place < OWNER_TOKENS_MAX && (id[0] == '\0' || strcmp(owner->tokens[place].id, id) != 0))
		place++;
	return place;
}

enum outcome
owner_remove_token(struct owner *owner, size_t place, struct fault *ret_fault)
{
	char name[NAME_BYTES];

	token_secret_name(owner->tokens[place].id, name);
	if (keep(owner, name, NULL, 0, ret_fault) == OUTCOME_DONE)
		sodium_memzero(&owner->tokens[place], sizeof owner->tokens[place]);
	return ret_fault->outcome;
}

enum outcome
owner_note_used(struct owner *owner, size_t place, int64_t now_ms, struct fault *ret_fault)
{
	struct owner_token token = owner->tokens[place];

	if (token.used_ms / DAY_MS == now_ms / DAY_MS)
		return fault_none(ret_fault);
	token.used_ms = now_ms / DAY_MS * DAY_MS;
	if (keep_token(owner, &token, ret_fault) == OUTCOME_DONE)
		owner->tokens[place] = token;
	return ret_fault->outcome;
}
