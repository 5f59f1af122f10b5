/*
 * Virtual printers as they are kept: the record's bytes, the issuer that vouches for them, and keys in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "stored/virtual_keys.h"
#include "stored/virtual_record.h"

#include "store_rig.h"

#define SERIAL "00MFUSE00000001"
#define NOW_MS 1795305600000

static struct store *store;
static struct vault *vault;
static struct fault fault;
static struct batch batch;

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	vault = vault_open(rig_dir, store, &fault);
	assert_non_null(vault);
	assert_int_equal(vault_prepare(vault, store, &fault), OUTCOME_DONE);
	batch.count = batch.op_count = batch.used_bytes = 0;
	return 0;
}

static int
tear_down(void **state)
{
	vault_close(vault);
	store_close(store);
	return rig_tear_down(state);
}

/* -- the record ----------------------------------------------------------------------------------------- */

static struct virtual_record full = {
	.nozzle = "0.6", .ams = "ams,ams-ht", .exposed = "192.0.2.7", .certificate = { 3, { 1, 2, 3 } }, .issuer = { 2, { 4, 5 } },
};

static void
a_record_comes_back_as_it_was(void **state)
{
	static uint8_t bytes[VIRTUAL_RECORD_MAX_BYTES];
	static struct virtual_record back;
	const char *why;

	(void)state;
	assert_true(virtual_record_decode(bytes, virtual_record_encode(&full, bytes), &back, &why));
	assert_memory_equal(&back, &full, sizeof full);
	/* The largest. */
	static struct virtual_record largest;
	memset(largest.nozzle, 'n', sizeof largest.nozzle - 1);
	memset(largest.ams, 'a', sizeof largest.ams - 1);
	memset(largest.exposed, 'e', sizeof largest.exposed - 1);
	largest.certificate.len = largest.issuer.len = TLS_OWN_CERTIFICATE_MAX_BYTES;
	assert_true(virtual_record_decode(bytes, virtual_record_encode(&largest, bytes), &back, &why));
	assert_memory_equal(&back, &largest, sizeof largest);
}

static void
what_is_no_such_record_is_not_read(void **state)
{
	static uint8_t bytes[VIRTUAL_RECORD_MAX_BYTES + 8];
	static struct virtual_record back;
	const char *why = NULL;
	size_t len = virtual_record_encode(&full, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_false(virtual_record_decode(bytes, cut, &back, &why));
	bytes[1] = 2; /* the version, after the array's count */
	assert_false(virtual_record_decode(bytes, len, &back, &why));
	assert_string_equal(why, "is of another version");
	bytes[1] = 1;
	/* A later Fuse appends a field. */
	bytes[0]++;
	bytes[len] = 0xc3;
	assert_true(virtual_record_decode(bytes, len + 1, &back, &why));
	assert_memory_equal(&back, &full, sizeof full);
}

/* -- the issuer and the keys ------------------------------------------------------------------------------ */

static void
note_outcome(void *arg, const struct batch_item *item, const struct fault *what)
{
	(void)arg;
	(void)item;
	assert_int_equal(what->outcome, OUTCOME_DONE);
}

static void
keep_issuer(const struct virtual_issuer *issuer)
{
	virtual_keys_add_issuer(batch_add(&batch), vault, issuer);
	batch_flush(&batch, store, note_outcome, NULL);
}

static void
get_issuer(struct virtual_issuer *ret_issuer)
{
	assert_int_equal(virtual_keys_issuer(store, vault, "0badcafe", NOW_MS, ret_issuer, &fault), OUTCOME_DONE);
}

static void
an_installation_has_one_issuer(void **state)
{
	static struct virtual_issuer first, second, third;

	(void)state;
	get_issuer(&first);
	assert_true(first.is_new && first.key.len > SECRET_MAX_BYTES && first.certificate.len > 0);
	get_issuer(&second);
	assert_true(second.is_new); /* it was not kept */
	keep_issuer(&second);
	get_issuer(&third);
	assert_false(third.is_new);
	assert_true(third.certificate.len == second.certificate.len && third.key.len == second.key.len);
	assert_memory_equal(third.certificate.bytes, second.certificate.bytes, second.certificate.len);
	assert_memory_equal(third.key.bytes, second.key.bytes, second.key.len);
}

static void
an_issuer_whose_key_is_lost_is_replaced(void **state)
{
	static struct virtual_issuer issuer;
	static const char piece[] = VIRTUAL_KEYS_PREFIX "issuer/1";

	(void)state;
	get_issuer(&issuer);
	keep_issuer(&issuer);
	/* Sealed for another name: as good as with another key. */
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	struct secret wrong;
	assert_true(secret_set(&wrong, "x", 1));
	const struct store_op op = { TABLE_SECRETS, piece, strlen(piece), sealed, vault_seal(vault, "other", &wrong, sealed) };
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
	get_issuer(&issuer);
	assert_true(issuer.is_new);
}

static void
it_vouches_for_printers(void **state)
{
	static struct virtual_issuer issuer;
	static struct tls_own_blob certificate, key, other_key;
	struct tls_own_facts facts;

	(void)state;
	get_issuer(&issuer);
	assert_true(tls_own_issue(&issuer.certificate, &issuer.key, SERIAL, NOW_MS, &certificate, &key));
	assert_true(tls_own_look(&certificate, &facts));
	assert_true(facts.not_after_ms > NOW_MS + (int64_t)19 * 365 * 86400 * 1000);
	/* Only with the issuer's own key. */
	assert_false(tls_own_issue(&issuer.certificate, &key, SERIAL, NOW_MS, &certificate, &other_key));
	assert_false(tls_own_issue(&key, &issuer.key, SERIAL, NOW_MS, &certificate, &other_key));
}

static void
a_key_is_kept_in_pieces_and_goes_as_a_whole(void **state)
{
	static struct tls_own_blob key;
	static struct secret pieces[VIRTUAL_KEY_PIECES];
	const size_t lengths[] = { 1, SECRET_MAX_BYTES, SECRET_MAX_BYTES + 1, 1194, VIRTUAL_KEY_PIECES * SECRET_MAX_BYTES };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(lengths); i++) {
		uint64_t before = store_count(store, TABLE_SECRETS);
		assert_int_equal(virtual_keys_get(store, vault, SERIAL, pieces, &fault), OUTCOME_ABSENT);
		key.len = lengths[i];
		randombytes_buf(key.bytes, key.len);
		virtual_keys_add(batch_add(&batch), vault, SERIAL, &key);
		batch_flush(&batch, store, note_outcome, NULL);
		assert_int_equal(virtual_keys_get(store, vault, SERIAL, pieces, &fault), OUTCOME_DONE);
		size_t at = 0;
		for (size_t k = 0; k < VIRTUAL_KEY_PIECES; k++) {
			assert_memory_equal(pieces[k].bytes, key.bytes + at, pieces[k].len_bytes);
			at += pieces[k].len_bytes;
		}
		assert_int_equal(at, key.len);
		virtual_keys_forget(batch_add(&batch), SERIAL);
		batch_flush(&batch, store, note_outcome, NULL);
		assert_int_equal(store_count(store, TABLE_SECRETS), before);
	}
}

static void
only_the_desk_writes_them(void **state)
{
	(void)state;
	assert_true(virtual_keys_is_own_name("virtual/issuer/0"));
	assert_true(virtual_keys_is_own_name("virtual/" SERIAL "/0"));
	assert_false(virtual_keys_is_own_name("printer/" SERIAL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(what_is_no_such_record_is_not_read),
		cmocka_unit_test_setup_teardown(an_installation_has_one_issuer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_issuer_whose_key_is_lost_is_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_vouches_for_printers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_is_kept_in_pieces_and_goes_as_a_whole, set_up, tear_down),
		cmocka_unit_test(only_the_desk_writes_them),
	};

	tls_own_init();
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
