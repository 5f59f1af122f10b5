/*
 * Printers as they are kept: the record's bytes, the places, and what counts while a change is on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "ipc/mpack.h"
#include "stored/printers.h"

#include "store_rig.h"

#define SERIAL "01P00A000000001"

static struct store *store;
static struct fault fault;
static struct printers printers;

static const struct printer_record full = {
	.serial = SERIAL, .place = 255, .name = "Anna", .address = "fe80::1", .model = "A1-mini", .mqtt_port = 65535,
	.ftps_port = 990, .camera_port = 6000, .detect_port = 1,
	.certificate_sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	.added_ms = 1700000000000, .changed_ms = 1700000000001, .firmware = "01.08.02.00",
	.previous_firmware = "01.08.01.00", .firmware_ms = 1700000000002, .moved_from = "192.0.2.5", .moved_ms = 1795305600123,
	.starts_unasked = true, .plate_used_ms = 1795305600456, .is_virtual = true,
	.plate_print = UINT64_MAX,
};

static int
set_up(void **state)
{
	rig_set_up(state);
	store = rig_open(rig_path("data.mdb"), STORE_MODE_CREATE);
	memset(&printers, 0, sizeof printers);
	return 0;
}

static int
tear_down(void **state)
{
	store_close(store);
	return rig_tear_down(state);
}

/* -- the record's bytes ------------------------------------------------------------------------- */

static const char *
decode(const uint8_t *bytes, size_t len, struct printer_record *ret_record)
{
	const char *why = NULL;
	bool fine = printer_record_decode(SERIAL, strlen(SERIAL), bytes, len, ret_record, &why);

	assert_int_equal(fine, why == NULL);
	return why;
}

static void
a_record_comes_back_as_it_was(void **state)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES];
	struct printer_record back, empty = { .serial = SERIAL };

	(void)state;
	assert_null(decode(bytes, printer_record_encode(&full, bytes), &back));
	assert_memory_equal(&back, &full, sizeof full);
	assert_null(decode(bytes, printer_record_encode(&empty, bytes), &back));
	assert_memory_equal(&back, &empty, sizeof empty);
}

static void
the_longest_record_fits(void **state)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES];
	struct printer_record longest = full, back;

	(void)state;
	memset(longest.name, 'n', sizeof longest.name - 1);
	memset(longest.address, 'a', sizeof longest.address - 1);
	memset(longest.model, 'm', sizeof longest.model - 1);
	memset(longest.firmware, 'f', sizeof longest.firmware - 1);
	memset(longest.previous_firmware, 'p', sizeof longest.previous_firmware - 1);
	longest.added_ms = longest.changed_ms = longest.firmware_ms = longest.moved_ms = longest.plate_used_ms =
		INT64_MIN;
	memset(longest.moved_from, 'm', sizeof longest.moved_from - 1);
	assert_null(decode(bytes, printer_record_encode(&longest, bytes), &back));
	assert_memory_equal(&back, &longest, sizeof longest);
}

/* What a later Fuse may append: the first byte is the array's count. */
static void
fields_of_a_later_fuse_are_passed_over(void **state)
{
	static const uint8_t later[] = { 0xa3, 'n', 'e', 'w', 0xc4, 0x01, 0xff, 0x92, 0xc3, 0x81, 0xa1, 'k', 0xc0 };
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES + 32];
	uint8_t now[PRINTER_RECORD_MAX_BYTES];
	struct printer_record back;
	size_t len = printer_record_encode(&full, now);

	(void)state;
	assert_memory_equal(now, ((const uint8_t[]){ 0xdc, 0, 21 }), 3);
	memcpy(bytes, now, len);
	bytes[2] = 21 + 3;
	memcpy(bytes + len, later, sizeof later);
	assert_null(decode(bytes, len + sizeof later, &back));
	assert_memory_equal(&back, &full, sizeof full);
}

/* Before prints on plates were told apart a record had one field less, before virtual printers one more, before plates were
 * kept two more, and before moves were, two more. */
static void
a_record_of_an_earlier_fuse_is_read(void **state)
{
	uint8_t now[PRINTER_RECORD_MAX_BYTES], before[PRINTER_RECORD_MAX_BYTES];
	struct printer_record back, earlier = full;

	(void)state;
	earlier.plate_print = 0;
	size_t len = printer_record_encode(&earlier, now);
	memcpy(before, now, len);
	before[2] = 20;
	assert_null(decode(before, len - 1, &back));
	assert_memory_equal(&back, &earlier, sizeof earlier);
	earlier.is_virtual = false;
	len = printer_record_encode(&earlier, now);
	memcpy(before, now, len);
	before[2] = 19;
	assert_null(decode(before, len - 2, &back));
	assert_memory_equal(&back, &earlier, sizeof earlier);
	earlier.starts_unasked = false;
	earlier.plate_used_ms = 0;
	len = printer_record_encode(&earlier, now);
	/* Its last four fields take a byte each: no, 0, no, and 0. */
	assert_memory_equal(now + len - 4, ((const uint8_t[]){ 0xc2, 0x00, 0xc2, 0x00 }), 4);
	memcpy(before, now, len);
	before[2] = 17;
	assert_null(decode(before, len - 4, &back));
	assert_memory_equal(&back, &earlier, sizeof earlier);
	memset(earlier.moved_from, 0, sizeof earlier.moved_from);
	earlier.moved_ms = 0;
	len = printer_record_encode(&earlier, now);
	/* The two before them, too: an empty text, and 0. */
	assert_memory_equal(now + len - 6, ((const uint8_t[]){ 0xa0, 0x00, 0xc2, 0x00, 0xc2, 0x00 }), 6);
	before[0] = 0x9f;
	memcpy(before + 1, now + 3, len - 9);
	assert_null(decode(before, len - 8, &back));
	assert_memory_equal(&back, &earlier, sizeof earlier);
}

static void
a_record_of_another_layout_or_cut_off_is_not_read(void **state)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES];
	struct printer_record back;
	const char *why;
	size_t len = printer_record_encode(&full, bytes);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_non_null(decode(bytes, cut, &back));
	bytes[3] = 2;
	assert_string_equal(decode(bytes, len, &back), "is of another version");
	bytes[3] = 1;
	bytes[2] = 14;
	assert_string_equal(decode(bytes, len, &back), "has too few fields");
	bytes[2] = 19;
	assert_string_equal(decode((const uint8_t *)"rubbish", 7, &back), "is no array");
	assert_false(printer_record_decode("01p", 3, bytes, len, &back, &why));
	assert_string_equal(why, "does not stand under a serial number");
	assert_false(printer_record_decode("", 0, bytes, len, &back, &why));
	assert_false(printer_record_decode("A\0B", 3, bytes, len, &back, &why));
}

static void
a_place_or_port_out_of_range_is_not_read(void **state)
{
	uint8_t bytes[64];
	struct mpack_writer writer;
	struct printer_record back;

	(void)state;
	mpack_writer_init(&writer, bytes, sizeof bytes);
	mpack_put_array(&writer, 15);
	mpack_put_u64(&writer, 1);
	mpack_put_u64(&writer, PRINTERS_MAX);
	assert_string_equal(decode(bytes, (size_t)(writer.at - bytes), &back), "has a number out of its range");
}

/* -- places ------------------------------------------------------------------------------------- */

static void
keep(const char *serial, uint32_t place, const char *address, uint32_t mqtt_port)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES];
	struct printer_record record = { .place = place, .mqtt_port = mqtt_port };

	str_copy(record.serial, sizeof record.serial, serial);
	str_copy(record.address, sizeof record.address, address);
	struct store_op op = { TABLE_PRINTERS, serial, strlen(serial), bytes, printer_record_encode(&record, bytes) };
	assert_int_equal(store_commit(store, &op, 1, &fault), OUTCOME_DONE);
}

static void
load(void)
{
	assert_int_equal(printers_load(&printers, store, &fault), OUTCOME_DONE);
}

static uint32_t
place_of(const char *serial)
{
	const struct printer_place *place = printers_find(&printers, serial);

	assert_non_null(place);
	return (uint32_t)(place - printers.places);
}

static void
printers_come_back_at_their_places(void **state)
{
	(void)state;
	keep("A", 7, "10.0.0.1", 0);
	keep("B", 255, "10.0.0.2", 0);
	rig_put(store, TABLE_SECRETS, "printer/B", "sealed");
	load();
	assert_int_equal(printers_count(&printers), 2);
	assert_int_equal(place_of("A"), 7);
	assert_int_equal(place_of("B"), 255);
	assert_false(printers_find(&printers, "A")->has_code);
	assert_true(printers_find(&printers, "B")->has_code);
	assert_null(printers_find(&printers, "C"));
}

static void
what_cannot_be_read_does_no_harm(void **state)
{
	(void)state;
	keep("A", 3, "10.0.0.1", 0);
	keep("B", 3, "10.0.0.2", 0); /* the same place */
	rig_put(store, TABLE_PRINTERS, "C", "rubbish");
	rig_put(store, TABLE_PRINTERS, "lower", "rubbish");
	load();
	assert_int_equal(printers_count(&printers), 2);
	assert_int_equal(place_of("A"), 3);
	assert_int_equal(place_of("B"), 0);
	assert_int_equal(printers_find(&printers, "B")->kept.place, 0);
	assert_true(rig_has(store, TABLE_PRINTERS, "C", "rubbish"));
}

static struct printer_place *
plan(const char *serial, const char *address)
{
	struct printer_place *place = printers_plan_new(&printers);

	if (place == NULL)
		return NULL;
	str_copy(place->planned.serial, sizeof place->planned.serial, serial);
	str_copy(place->planned.address, sizeof place->planned.address, address);
	return place;
}

static void
the_lowest_free_place_is_taken(void **state)
{
	char serial[16];

	(void)state;
	load();
	for (uint32_t i = 0; i < PRINTERS_MAX; i++) {
		str_format(serial, sizeof serial, "P%u", i);
		struct printer_place *place = plan(serial, "10.0.0.1");
		assert_int_equal(place - printers.places, i);
		assert_int_equal(place->planned.place, i);
		printers_settle(place, true);
	}
	assert_null(plan("TOOMANY", "10.0.0.1"));
	struct printer_place *gone = printers_find(&printers, "P17");
	printers_plan_removal(gone);
	assert_null(plan("TOOEARLY", "10.0.0.1")); /* the disk does not know yet */
	printers_settle(gone, true);
	assert_null(printers_find(&printers, "P17"));
	assert_int_equal(plan("P17B", "10.0.0.1") - printers.places, 17);
}

static void
a_plan_that_fails_leaves_what_was(void **state)
{
	(void)state;
	keep("A", 0, "10.0.0.1", 0);
	load();
	struct printer_place *fresh = plan("B", "10.0.0.2"), *a = printers_find(&printers, "A");
	assert_ptr_equal(printers_find(&printers, "B"), fresh);
	assert_int_equal(printers_count(&printers), 1);
	printers_settle(fresh, false);
	assert_null(printers_find(&printers, "B"));
	str_copy(printers_plan_change(a)->address, PRINTER_ADDRESS_BYTES, "10.0.0.9");
	assert_string_equal(a->kept.address, "10.0.0.1");
	printers_settle(a, false);
	assert_string_equal(a->planned.address, "10.0.0.1");
	printers_plan_removal(a);
	assert_ptr_equal(printers_find(&printers, "A"), a);
	printers_settle(a, false);
	assert_ptr_equal(printers_find(&printers, "A"), a);
	assert_true(a->is_kept && a->is_planned);
	str_copy(printers_plan_change(a)->address, PRINTER_ADDRESS_BYTES, "10.0.0.9");
	printers_settle(a, true);
	assert_string_equal(a->kept.address, "10.0.0.9");
}

static const struct printer_record *
who_is_at(const char *address, uint32_t port)
{
	struct printer_record record = { .serial = "NEW", .mqtt_port = port };

	str_copy(record.address, sizeof record.address, address);
	return printers_at(&printers, &record);
}

static void
an_address_is_shared_only_with_another_port(void **state)
{
	(void)state;
	keep("A", 0, "10.0.0.1", 0);
	keep("B", 1, "10.0.0.2", 9000);
	load();
	assert_string_equal(who_is_at("10.0.0.1", 0)->serial, "A");
	assert_string_equal(who_is_at("10.0.0.1", 8883)->serial, "A"); /* 0 is the standard port */
	assert_null(who_is_at("10.0.0.1", 9000));
	assert_null(who_is_at("10.0.0.2", 0));
	assert_null(who_is_at("10.0.0.3", 0));
	assert_null(printers_at(&printers, &printers_find(&printers, "A")->kept));
	/* While A moves both its addresses are taken. */
	str_copy(printers_plan_change(printers_find(&printers, "A"))->address, PRINTER_ADDRESS_BYTES, "10.0.0.3");
	assert_string_equal(who_is_at("10.0.0.1", 0)->serial, "A");
	assert_string_equal(who_is_at("10.0.0.3", 0)->serial, "A");
	printers_settle(printers_find(&printers, "A"), true);
	assert_null(who_is_at("10.0.0.1", 0));
}

/* -- the installation ----------------------------------------------------------------------------- */

static void
an_installation_is_made_once(void **state)
{
	char first[PRINTERS_INSTALLATION_BYTES];

	(void)state;
	load();
	assert_false(printers.installation_is_kept);
	assert_int_equal(strlen(printers.installation), 8);
	assert_int_equal(strspn(printers.installation, "0123456789abcdef"), 8);
	memcpy(first, printers.installation, sizeof first);
	load();
	assert_string_not_equal(printers.installation, first); /* not kept: another one */
	rig_put(store, TABLE_META, STORE_META_INSTALLATION, "00c0ffee");
	load();
	assert_true(printers.installation_is_kept);
	assert_string_equal(printers.installation, "00c0ffee");
	rig_put(store, TABLE_META, STORE_META_INSTALLATION, "no hex!!");
	load();
	assert_false(printers.installation_is_kept);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(the_longest_record_fits),
		cmocka_unit_test(fields_of_a_later_fuse_are_passed_over),
		cmocka_unit_test(a_record_of_an_earlier_fuse_is_read),
		cmocka_unit_test(a_record_of_another_layout_or_cut_off_is_not_read),
		cmocka_unit_test(a_place_or_port_out_of_range_is_not_read),
		STORY(printers_come_back_at_their_places),
		STORY(what_cannot_be_read_does_no_harm),
		STORY(the_lowest_free_place_is_taken),
		STORY(a_plan_that_fails_leaves_what_was),
		STORY(an_address_is_shared_only_with_another_port),
		STORY(an_installation_is_made_once),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
