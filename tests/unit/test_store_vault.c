/*
 * The vault: secrets come back only under their own name and key, stand nowhere in the open, and a
 * key is never made over secrets that another has sealed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/snapshot.h"
#include "stored/vault.h"

#include "store_rig.h"

#define PLANTED "planted-access-code-7731"

static struct store *store;
static struct vault *vault;
static struct fault fault;
static uint8_t sealed[VAULT_SEALED_MAX_BYTES];

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	vault = vault_open(rig_dir, store, &fault);
	assert_non_null(vault);
	return 0;
}

static int
tear_down(void **state)
{
	vault_close(vault);
	vault = NULL;
	store_close(store);
	return rig_tear_down(state);
}

/* Seal the planted secret under `name` and keep it, as the desk does. */
static size_t
keep_secret(const char *name)
{
	struct secret secret = { 0 };

	secret_set(&secret, PLANTED, strlen(PLANTED));
	assert_int_equal(vault_prepare(vault, store, &fault), OUTCOME_DONE);
	size_t len = vault_seal(vault, name, &secret, sealed);
	struct store_op op = { TABLE_SECRETS, name, strlen(name), sealed, len };
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
	return len;
}

static void
reopen_vault(void)
{
	vault_close(vault);
	vault = vault_open(rig_dir, store, &fault);
}

static void
a_secret_comes_back_under_its_name_and_key(void **state)
{
	struct secret back;

	(void)state;
	size_t len = keep_secret("printer/A");
	reopen_vault();
	assert_non_null(vault);
	assert_true(vault_unseal(vault, "printer/A", sealed, len, &back));
	assert_int_equal(back.len_bytes, strlen(PLANTED));
	assert_memory_equal(secret_bytes_peek(&back), PLANTED, strlen(PLANTED));
}

static void
a_secret_passed_off_as_another_does_not_open(void **state)
{
	struct secret back;

	(void)state;
	size_t len = keep_secret("printer/A");
	assert_false(vault_unseal(vault, "printer/B", sealed, len, &back));
	assert_int_equal(back.len_bytes, 0);
}

static void
a_changed_byte_does_not_open(void **state)
{
	struct secret back;

	(void)state;
	size_t len = keep_secret("printer/A");
	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= 1;
		assert_false(vault_unseal(vault, "printer/A", sealed, len, &back));
		sealed[i] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_false(vault_unseal(vault, "printer/A", sealed, cut, &back));
	assert_true(vault_unseal(vault, "printer/A", sealed, len, &back));
}

static void
the_longest_secret_fits(void **state)
{
	struct secret secret = { .len_bytes = SECRET_MAX_BYTES }, back;

	(void)state;
	memset(secret.bytes, 0xa5, sizeof secret.bytes);
	vault_prepare(vault, store, &fault);
	assert_int_equal(vault_seal(vault, "gateway/token", &secret, sealed), VAULT_SEALED_MAX_BYTES);
	assert_true(vault_unseal(vault, "gateway/token", sealed, VAULT_SEALED_MAX_BYTES, &back));
	assert_true(secret_equal(&secret, &back));
}

static void
the_key_file_is_made_with_the_first_secret_and_is_the_owners_only(void **state)
{
	struct stat st;

	(void)state;
	assert_false(files_exists(rig_path(VAULT_KEY_FILE)));
	umask(0);
	keep_secret("printer/A");
	assert_int_equal(stat(rig_path(VAULT_KEY_FILE), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, VAULT_KEY_BYTES);
	struct rig_bytes key = rig_read(rig_path(VAULT_KEY_FILE));
	reopen_vault();
	keep_secret("printer/B");
	assert_true(rig_same_bytes(rig_path(VAULT_KEY_FILE), key));
	free(key.bytes);
}

static void
search_one(void *arg, const char *name)
{
	unsigned *found = arg;
	struct stat st;

	if (stat(rig_path(name), &st) == 0 && S_ISREG(st.st_mode))
		*found += rig_count(rig_path(name), PLANTED, strlen(PLANTED));
}

static void
no_file_holds_a_secret_in_the_open(void **state)
{
	struct rig_bytes key;
	unsigned found = 0;
	bool taken;

	(void)state;
	keep_secret("printer/A");
	assert_int_equal(snapshot_take(store, rig_dir, 0, 2, &taken, &fault), OUTCOME_DONE);
	assert_true(taken);
	files_each(rig_dir, search_one, &found);
	assert_int_equal(found, 0);
	/* Nor the key that would open it. */
	key = rig_read(rig_path(VAULT_KEY_FILE));
	assert_int_equal(rig_count(rig_path("data.mdb"), key.bytes, key.len), 0);
	free(key.bytes);
	/* The search finds what is there. */
	rig_put(store, TABLE_SETTINGS, "open", PLANTED);
	files_each(rig_dir, search_one, &found);
	assert_true(found > 0);
}

static void
refuses_to_open(const char *sentence)
{
	reopen_vault();
	assert_null(vault);
	assert_int_equal(fault.outcome, OUTCOME_NO_KEY);
	assert_string_equal(fault.sentence, sentence);
}

static void
a_missing_key_is_noticed_and_no_new_one_made(void **state)
{
	(void)state;
	keep_secret("printer/A");
	assert_int_equal(unlink(rig_path(VAULT_KEY_FILE)), 0);
	refuses_to_open("The database holds secrets, and their key, the file secret.key, is gone.");
	assert_false(files_exists(rig_path(VAULT_KEY_FILE)));
}

static void
a_wrong_key_is_noticed_and_left_alone(void **state)
{
	struct rig_bytes other = { malloc(VAULT_KEY_BYTES), VAULT_KEY_BYTES };

	(void)state;
	keep_secret("printer/A");
	memset(other.bytes, 7, other.len);
	rig_write(rig_path(VAULT_KEY_FILE), other);
	refuses_to_open("The file secret.key is not the key that sealed the secrets in this database.");
	assert_true(rig_same_bytes(rig_path(VAULT_KEY_FILE), other));
	other.len = 20;
	rig_write(rig_path(VAULT_KEY_FILE), other);
	refuses_to_open("The file secret.key is not a key of Fuse: it has another length.");
	free(other.bytes);
}

/* A database that was restored to before its first secret, or made anew: the key that is there stays. */
static void
a_key_without_secrets_is_used_and_not_replaced(void **state)
{
	struct rig_bytes key;

	(void)state;
	keep_secret("printer/A");
	key = rig_read(rig_path(VAULT_KEY_FILE));
	store_close(store);
	unlink(rig_path("data.mdb"));
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	reopen_vault();
	assert_non_null(vault);
	keep_secret("printer/B");
	assert_true(rig_same_bytes(rig_path(VAULT_KEY_FILE), key));
	free(key.bytes);
}

/* Somebody put the key of a backup there while we ran without one. */
static void
a_key_that_came_meanwhile_is_used_and_not_replaced(void **state)
{
	struct rig_bytes key = { malloc(VAULT_KEY_BYTES), VAULT_KEY_BYTES };

	(void)state;
	memset(key.bytes, 9, key.len);
	rig_write(rig_path(VAULT_KEY_FILE), key);
	keep_secret("printer/A");
	assert_true(rig_same_bytes(rig_path(VAULT_KEY_FILE), key));
	free(key.bytes);
	reopen_vault();
	assert_non_null(vault);
}

/* Power failed while the key was being written: what has the final name is always whole. */
static void
a_key_that_was_cut_off_in_the_making_is_made_again(void **state)
{
	struct rig_bytes half = { calloc(1, 5), 5 };

	(void)state;
	rig_write(rig_path(VAULT_KEY_FILE ".new"), half);
	free(half.bytes);
	keep_secret("printer/A");
	assert_false(files_exists(rig_path(VAULT_KEY_FILE ".new")));
	reopen_vault();
	assert_non_null(vault);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_secret_comes_back_under_its_name_and_key),
		STORY(a_secret_passed_off_as_another_does_not_open),
		STORY(a_changed_byte_does_not_open),
		STORY(the_longest_secret_fits),
		STORY(the_key_file_is_made_with_the_first_secret_and_is_the_owners_only),
		STORY(no_file_holds_a_secret_in_the_open),
		STORY(a_missing_key_is_noticed_and_no_new_one_made),
		STORY(a_wrong_key_is_noticed_and_left_alone),
		STORY(a_key_without_secrets_is_used_and_not_replaced),
		STORY(a_key_that_came_meanwhile_is_used_and_not_replaced),
		STORY(a_key_that_was_cut_off_in_the_making_is_made_again),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
