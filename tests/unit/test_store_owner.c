/*
 * Who owns Fuse, as the store keeps it: password, setup code, tokens, and the certificate for browsers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/certificate.h"
#include "stored/hasher.h"
#include "stored/owner.h"
#include "stored/setup_code.h"

#include "store_rig.h"

#define NOW_MS ((int64_t)1795305600000)
#define DAY_MS ((int64_t)86400 * 1000)

static struct store *store;
static struct vault *vault;
static struct fault fault;
static struct owner owner;

static void
open_all(enum store_mode mode)
{
	store = rig_open(rig_path("data.mdb"), mode);
	vault = vault_open(rig_dir, store, &fault);
	assert_non_null(vault);
	assert_int_equal(owner_load(&owner, store, vault, &fault), OUTCOME_DONE);
}

static void
close_all(void)
{
	vault_close(vault);
	store_close(store);
}

static void
reopen(void)
{
	close_all();
	open_all(STORE_MODE_SERVE);
}

static int
set_up(void **state)
{
	rig_set_up(state);
	open_all(STORE_MODE_CREATE);
	return 0;
}

static int
tear_down(void **state)
{
	close_all();
	return rig_tear_down(state);
}

static struct secret
secret_of(const char *text)
{
	struct secret secret = { 0 };

	assert_true(secret_set(&secret, text, strlen(text)));
	return secret;
}

/* -- passwords --------------------------------------------------------------------------------------------- */

static void
a_password_is_checked_by_its_hash(void **state)
{
	struct hasher_job make = { .makes = true, .fresh = secret_of("correct horse") };
	struct hasher_job check = { .checks = true, .present = secret_of("correct horse") };

	(void)state;
	hasher_work(&make);
	assert_true(make.right && make.made);
	assert_int_equal(strncmp(make.hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);
	assert_null(strstr(make.hash, "horse"));
	memcpy(check.hash, make.hash, sizeof check.hash);
	hasher_work(&check);
	assert_true(check.right);
	check.present = secret_of("correct horsf");
	hasher_work(&check);
	assert_false(check.right);
	/* A change with a wrong present password makes nothing; a hash that is none fits nothing. */
	check.makes = true;
	check.fresh = secret_of("another one");
	hasher_work(&check);
	assert_false(check.made);
	check.hash[0] = '\0';
	hasher_work(&check);
	assert_false(check.right || check.made);
}

static void
a_password_outlives_the_store_and_each_has_its_epoch(void **state)
{
	(void)state;
	assert_false(owner.password_set);
	assert_int_equal(owner.epoch, 0);
	assert_int_equal(owner_set_password(&owner, "a hash", &fault), OUTCOME_DONE);
	uint64_t first = owner.epoch;
	assert_true(first > 1);
	reopen();
	assert_true(owner.password_set);
	assert_string_equal(owner.hash, "a hash");
	assert_true(owner.epoch == first);
	assert_int_equal(owner_set_password(&owner, "a hash", &fault), OUTCOME_DONE);
	assert_true(owner.epoch != first);
	assert_int_equal(owner_forget_password(&owner, &fault), OUTCOME_DONE);
	assert_int_equal(owner.epoch, 0);
	reopen();
	assert_false(owner.password_set);
}

static void
a_password_that_cannot_be_read_opens_to_nobody(void **state)
{
	struct store_op op = { TABLE_SECRETS, OWNER_PASSWORD_NAME, strlen(OWNER_PASSWORD_NAME), "damaged", 7 };

	(void)state;
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
	reopen();
	assert_true(owner.password_set);
	assert_string_equal(owner.hash, "");
	assert_int_not_equal(owner.epoch, 0);
	assert_int_equal(owner_forget_password(&owner, &fault), OUTCOME_DONE);
	assert_false(owner.password_set);
}

static void
a_password_has_its_bounds(void **state)
{
	char sentence[160], longest[OWNER_PASSWORD_MAX_BYTES + 2];
	static const char *const bad[] = { "", "1234567", "tab\tinside", "line\nbreak", "not \xff text" };
	struct secret secret;

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		secret = secret_of(bad[i]);
		assert_false(owner_password_is_fine(&secret, sentence));
		assert_true(sentence[0] != '\0');
	}
	memset(longest, 'x', sizeof longest);
	secret_set(&secret, longest, OWNER_PASSWORD_MAX_BYTES);
	assert_true(owner_password_is_fine(&secret, sentence));
	secret_set(&secret, longest, OWNER_PASSWORD_MAX_BYTES + 1);
	assert_false(owner_password_is_fine(&secret, sentence));
	secret = secret_of("pässwörd mit Blanks");
	assert_true(owner_password_is_fine(&secret, sentence));
}

/* -- the setup code --------------------------------------------------------------------------------------------- */

static bool
try_code(struct setup_code *code, const char *typed, bool *ret_renewed)
{
	struct secret secret = secret_of(typed);

	return setup_code_try(code, &secret, ret_renewed);
}

static void
a_setup_code_is_taken_however_it_is_typed(void **state)
{
	struct setup_code code = { 0 };
	char text[10], typed[32];
	bool renewed;

	(void)state;
	assert_false(try_code(&code, "", &renewed)); /* there is none */
	setup_code_make(&code);
	memcpy(text, secret_bytes_peek(&code.code), 9);
	text[9] = '\0';
	assert_int_equal(code.code.len_bytes, 9);
	assert_int_equal(strspn(text, SETUP_CODE_ALPHABET), 4);
	assert_int_equal(text[4], '-');
	assert_int_equal(strspn(text + 5, SETUP_CODE_ALPHABET), 4);
	assert_true(try_code(&code, text, &renewed));
	for (char *at = text; *at != '\0'; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
	str_format(typed, sizeof typed, " %.4s %.4s ", text, text + 5);
	assert_true(try_code(&code, typed, &renewed));
	str_format(typed, sizeof typed, "%s2", text);
	assert_false(try_code(&code, typed, &renewed));
	assert_false(try_code(&code, "", &renewed));
	assert_false(renewed);
}

static void
a_setup_code_ends_after_ten_wrong_tries(void **state)
{
	struct setup_code code = { 0 };
	struct secret before;
	bool renewed;

	(void)state;
	setup_code_make(&code);
	before = code.code;
	for (int i = 1; i < SETUP_CODE_TRIES; i++) {
		assert_false(try_code(&code, "0000-0000", &renewed));
		assert_false(renewed);
	}
	assert_true(secret_equal(&before, &code.code));
	assert_false(try_code(&code, "0000-0000", &renewed));
	assert_true(renewed);
	assert_false(secret_equal(&before, &code.code));
	assert_false(setup_code_try(&code, &before, &renewed));
	assert_false(renewed);
}

/* -- tokens ------------------------------------------------------------------------------------------------------- */

static size_t
add_token(const char *name, struct secret *ret_token)
{
	size_t place;

	assert_int_equal(owner_add_token(&owner, name, true, NOW_MS, &place, ret_token, &fault), OUTCOME_DONE);
	return place;
}

static void
a_token_is_kept_as_its_hash(void **state)
{
	struct secret token = { 0 };
	uint8_t sha256[32];
	char id[OWNER_TOKEN_ID_BYTES];

	(void)state;
	size_t place = add_token("a program", &token);
	assert_int_equal(token.len_bytes, 5 + 43);
	str_copy(id, sizeof id, owner.tokens[place].id);
	reopen();
	place = owner_find_token(&owner, id);
	assert_true(place < OWNER_TOKENS_MAX);
	const struct owner_token *kept = &owner.tokens[place];
	crypto_hash_sha256(sha256, secret_bytes_peek(&token), token.len_bytes);
	assert_memory_equal(kept->sha256, sha256, sizeof sha256);
	assert_string_equal(kept->name, "a program");
	assert_true(kept->full && kept->created_ms == NOW_MS && kept->used_ms == 0);
	uint64_t txn = store_txn(store);
	assert_int_equal(owner_note_used(&owner, place, NOW_MS, &fault), OUTCOME_DONE);
	assert_true(kept->used_ms == NOW_MS / DAY_MS * DAY_MS && store_txn(store) > txn);
	txn = store_txn(store);
	assert_int_equal(owner_note_used(&owner, place, NOW_MS + 1, &fault), OUTCOME_DONE);
	assert_true(store_txn(store) == txn);
	assert_int_equal(owner_remove_token(&owner, place, &fault), OUTCOME_DONE);
	reopen();
	assert_int_equal(owner_find_token(&owner, id), OWNER_TOKENS_MAX);
}

static void
tokens_have_names_and_there_is_an_end_to_them(void **state)
{
	char sentence[160], name[16];
	struct secret token;

	(void)state;
	add_token("a program", &token);
	assert_false(owner_token_name_is_fine(&owner, "a program", sentence));
	assert_false(owner_token_name_is_fine(&owner, "", sentence));
	assert_false(owner_token_name_is_fine(&owner, " x", sentence));
	assert_false(owner_token_name_is_fine(&owner, "a\nb", sentence));
	for (int i = 1; i < OWNER_TOKENS_MAX; i++) {
		str_format(name, sizeof name, "%d", i);
		assert_true(owner_token_name_is_fine(&owner, name, sentence));
		add_token(name, &token);
	}
	assert_false(owner_token_name_is_fine(&owner, "one more", sentence));
	reopen();
	assert_false(owner_token_name_is_fine(&owner, "one more", sentence));
	assert_int_equal(owner_find_token(&owner, ""), OWNER_TOKENS_MAX);
}

/* -- the certificate ------------------------------------------------------------------------------------------------ */

static struct certificate certificate;

static void
get_certificate(int64_t now_ms)
{
	const char *const bound[] = { "192.0.2.7:8888", "[2001:db8::1]:8889" };
	struct tls_own_names names;
	char folder[FILES_PATH_BYTES], store_dir[FILES_PATH_BYTES];

	files_path(store_dir, rig_dir, "store");
	certificate_folder(store_dir, folder);
	certificate_names(bound, STR_ARRAY_LEN(bound), &names);
	assert_int_equal(certificate_get(store, vault, folder, &names, now_ms, &certificate, &fault), OUTCOME_DONE);
}

static void
write_file(const char *name, const char *text, size_t len)
{
	FILE *file = fopen(rig_path(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void
an_own_certificate_stays_until_30_days_before_its_end(void **state)
{
	char first[65];
	struct tls_own_blob key;

	(void)state;
	get_certificate(NOW_MS);
	assert_false(certificate.facts.is_owners);
	str_copy(first, sizeof first, certificate.facts.own.sha256);
	key = certificate.key;
	int64_t end_ms = certificate.facts.own.not_after_ms;
	assert_true(end_ms > NOW_MS + 3640 * DAY_MS && end_ms < NOW_MS + 3660 * DAY_MS);
	reopen();
	get_certificate(end_ms - CERTIFICATE_RENEW_DAYS * DAY_MS);
	assert_string_equal(certificate.facts.own.sha256, first);
	assert_int_equal(certificate.key.len, key.len);
	assert_memory_equal(certificate.key.bytes, key.bytes, key.len);
	get_certificate(end_ms - CERTIFICATE_RENEW_DAYS * DAY_MS + 1000);
	assert_string_not_equal(certificate.facts.own.sha256, first);
	/* Its key stands sealed, and so nowhere. */
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t len;
	assert_int_equal(store_get(store, TABLE_SECRETS, "access/tls-key", 14, sealed, sizeof sealed, &len, &fault),
			 OUTCOME_DONE);
	assert_int_equal(len, certificate.key.len + VAULT_OVERHEAD_BYTES);
}

static void
the_owners_certificate_goes_before_when_it_is_right(void **state)
{
	/* One of our own making serves: what matters is where it comes from. */
	static const char key_pem[] = "-----BEGIN PRIVATE KEY-----\n";
	char key_text[1024], base64[512], chain[4096];
	struct tls_own_names names = { 0 };
	struct tls_own_blob der, key;
	struct tls_own_facts facts;

	(void)state;
	assert_int_equal(mkdir(rig_path("tls.d"), 0700), 0);
	tls_own_add_name(&names, "farm.example");
	assert_true(tls_own_make(&names, NOW_MS, &der, &key) && tls_own_look(&der, &facts));
	assert_true(tls_own_to_pem(&der, chain, sizeof chain));
	sodium_bin2base64(base64, sizeof base64, key.bytes, key.len, sodium_base64_VARIANT_ORIGINAL);
	str_format(key_text, sizeof key_text, "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n", base64);
	write_file("tls.d/cert.pem", chain, strlen(chain));
	get_certificate(NOW_MS);
	assert_false(certificate.facts.is_owners);
	assert_non_null(strstr(certificate.facts.trouble, "key.pem"));
	write_file("tls.d/key.pem", key_text, strlen(key_text));
	get_certificate(NOW_MS);
	assert_true(certificate.facts.is_owners);
	assert_string_equal(certificate.facts.own.sha256, facts.sha256);
	assert_string_equal(certificate.facts.trouble, "");
	get_certificate(facts.not_after_ms + 1000);
	assert_false(certificate.facts.is_owners);
	assert_non_null(strstr(certificate.facts.trouble, "expired"));
	get_certificate(NOW_MS - 2 * DAY_MS);
	assert_false(certificate.facts.is_owners);
	write_file("tls.d/key.pem", key_pem, strlen(key_pem));
	get_certificate(NOW_MS);
	assert_false(certificate.facts.is_owners);
	/* Another's key. */
	assert_true(tls_own_make(&names, NOW_MS, &der, &key));
	sodium_bin2base64(base64, sizeof base64, key.bytes, key.len, sodium_base64_VARIANT_ORIGINAL);
	str_format(key_text, sizeof key_text, "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n", base64);
	write_file("tls.d/key.pem", key_text, strlen(key_text));
	get_certificate(NOW_MS);
	assert_false(certificate.facts.is_owners);
	assert_non_null(strstr(certificate.facts.trouble, "not the key"));
}

static void
the_names_are_those_under_which_it_is_reached(void **state)
{
	const char *const bound[] = { "192.0.2.7:8888", "[2001:db8::1]:8889", "", "off" };
	struct tls_own_names names;
	bool v4 = false, v6 = false, local = false;

	(void)state;
	certificate_names(bound, STR_ARRAY_LEN(bound), &names);
	for (size_t i = 0; i < names.count; i++) {
		v4 = v4 || strcmp(names.names[i], "192.0.2.7") == 0;
		v6 = v6 || strcmp(names.names[i], "2001:db8::1") == 0;
		local = local || strcmp(names.names[i], "fuse.local") == 0;
		assert_true(names.names[i][0] != '\0');
	}
	assert_true(v4 && v6 && local);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_checked_by_its_hash),
		cmocka_unit_test_setup_teardown(a_password_outlives_the_store_and_each_has_its_epoch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_password_that_cannot_be_read_opens_to_nobody, set_up, tear_down),
		cmocka_unit_test(a_password_has_its_bounds),
		cmocka_unit_test(a_setup_code_is_taken_however_it_is_typed),
		cmocka_unit_test(a_setup_code_ends_after_ten_wrong_tries),
		cmocka_unit_test_setup_teardown(a_token_is_kept_as_its_hash, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tokens_have_names_and_there_is_an_end_to_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_own_certificate_stays_until_30_days_before_its_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_owners_certificate_goes_before_when_it_is_right, set_up, tear_down),
		cmocka_unit_test(the_names_are_those_under_which_it_is_reached),
	};

	tls_own_init();
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
