/*
 * Messages: every row of messages.def carries its greatest and its smallest values, and refuses what is beyond. Who may
 * say them to whom: test_message_rights.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "ipc/header.h"
#include "ipc/mpack.h"
#include "ipc/settings.h"
#include "ipc/terms.h"

#include "tests/unit/message_rig.h"

static uint8_t body[BODY_MAX_BYTES];
static uint8_t filler[BODY_MAX_BYTES + 1];

static void *
field_at(void *message, const struct field_spec *field)
{
	return (uint8_t *)message + field->offset;
}

/* -- values ------------------------------------------------------------------------------ */

static void
set_greatest(void *message, const struct field_spec *field)
{
	struct ipc_bytes all = { filler, field->max };
	void *at = field_at(message, field);

	switch (field->kind) {
	case FIELD_BOOL:
		*(bool *)at = true;
		break;
	case FIELD_U32:
		*(uint32_t *)at = field->max;
		break;
	case FIELD_U64:
		*(uint64_t *)at = UINT64_MAX;
		break;
	case FIELD_I64:
		*(int64_t *)at = INT64_MIN; /* the longest form */
		break;
	case FIELD_STR:
		memset(at, 'x', field->max);
		break;
	case FIELD_TEXT:
	case FIELD_BYTES:
		memcpy(at, &all, sizeof all);
		break;
	case FIELD_SECRET:
		assert_true(secret_set(at, filler, field->max));
		break;
	}
}

static void *
greatest(const struct message_spec *spec)
{
	void *message = calloc(1, spec->struct_bytes);

	assert_non_null(message);
	for (size_t i = 0; i < spec->field_count; i++)
		set_greatest(message, &spec->fields[i]);
	return message;
}

static void
same_field(const struct field_spec *field, void *a, void *b)
{
	const struct ipc_bytes *bytes_a = a, *bytes_b = b;

	switch (field->kind) {
	case FIELD_BOOL:
		assert_int_equal(*(bool *)a, *(bool *)b);
		break;
	case FIELD_U32:
		assert_int_equal(*(uint32_t *)a, *(uint32_t *)b);
		break;
	case FIELD_U64:
	case FIELD_I64:
		assert_memory_equal(a, b, 8);
		break;
	case FIELD_STR:
		assert_string_equal(a, b);
		break;
	case FIELD_TEXT:
	case FIELD_BYTES:
		assert_int_equal(bytes_a->len, bytes_b->len);
		if (bytes_a->len > 0)
			assert_memory_equal(bytes_a->bytes, bytes_b->bytes, bytes_a->len);
		break;
	case FIELD_SECRET:
		assert_true(secret_equal(a, b));
		break;
	}
}

static size_t
goes_there_and_back(const struct message_spec *spec, void *message)
{
	const char *fault = "not asked";
	ssize_t len = message_encode(spec, message, body, sizeof body);

	if (len < 0)
		fail_msg("%s cannot be encoded", spec->name);
	void *got = malloc(spec->struct_bytes);
	memset(got, 0xaa, spec->struct_bytes);
	if (!message_decode(spec, body, (size_t)len, got, &fault))
		fail_msg("%s %s", spec->name, fault);
	assert_null(fault);
	for (size_t i = 0; i < spec->field_count; i++)
		same_field(&spec->fields[i], field_at(message, &spec->fields[i]), field_at(got, &spec->fields[i]));
	free(got);
	return (size_t)len;
}

static void
check_greatest_and_smallest(const struct message_spec *spec)
{
	void *message = greatest(spec);
	size_t len = goes_there_and_back(spec, message);

	assert_true(len <= message_max_bytes(spec));
	/* message_max_bytes() must be enough for the greatest, and encoding must mind the room it is given. */
	assert_int_equal(message_encode(spec, message, body, message_max_bytes(spec)), len);
	for (size_t cap = 0; cap < len; cap += 1 + len / 50)
		assert_int_equal(message_encode(spec, message, body, cap), -1);
	memset(message, 0, spec->struct_bytes);
	len = goes_there_and_back(spec, message);
	assert_true(len >= 1 + spec->field_count);
	free(message);
}

static void
every_row_carries_its_greatest_and_smallest_values(void **state)
{
	(void)state;
	each_row(check_greatest_and_smallest);
}

/* Make `field` one beyond its bound; false when its type has no beyond. */
static bool
set_beyond(void *message, const struct field_spec *field)
{
	struct ipc_bytes too_long = { filler, field->max + 1 };
	struct secret *secret = field_at(message, field);

	switch (field->kind) {
	case FIELD_BOOL:
	case FIELD_U64:
	case FIELD_I64:
		return false;
	case FIELD_U32:
		if (field->max == UINT32_MAX)
			return false;
		*(uint32_t *)field_at(message, field) = field->max + 1;
		return true;
	case FIELD_STR:
		/* No NUL at its place: a struct that somebody overwrote. */
		memset(field_at(message, field), 'x', field->max + 1);
		return true;
	case FIELD_TEXT:
	case FIELD_BYTES:
		memcpy(field_at(message, field), &too_long, sizeof too_long);
		return true;
	case FIELD_SECRET:
		secret->len_bytes = field->max + 1;
		return true;
	}
	return false;
}

static void
check_sender_cannot_go_beyond(const struct message_spec *spec)
{
	for (size_t i = 0; i < spec->field_count; i++) {
		/* Room behind the struct: the last text's missing NUL must not make the test read wild. */
		void *message = calloc(1, spec->struct_bytes + 1);
		if (set_beyond(message, &spec->fields[i]) && message_encode(spec, message, body, sizeof body) >= 0)
			fail_msg("%s.%s was encoded beyond its bound", spec->name, spec->fields[i].name);
		free(message);
	}
}

static void
a_sender_cannot_encode_what_is_beyond_a_bound(void **state)
{
	(void)state;
	each_row(check_sender_cannot_go_beyond);
}

/* Write `field` as a hostile sender would: its greatest value, or one beyond. */
static void
put_field(struct mpack_writer *writer, const struct field_spec *field, bool beyond)
{
	uint32_t len = field->max + (beyond ? 1 : 0);

	switch (field->kind) {
	case FIELD_BOOL:
		beyond ? mpack_put_u64(writer, 1) : mpack_put_bool(writer, true);
		break;
	case FIELD_U32:
		mpack_put_u64(writer, (uint64_t)field->max + (beyond ? 1 : 0));
		break;
	case FIELD_U64:
		beyond ? mpack_put_i64(writer, -1) : mpack_put_u64(writer, UINT64_MAX);
		break;
	case FIELD_I64:
		mpack_put_u64(writer, (uint64_t)INT64_MAX + (beyond ? 1 : 0));
		break;
	case FIELD_STR:
	case FIELD_TEXT:
		mpack_put_str(writer, filler, len);
		break;
	case FIELD_BYTES:
	case FIELD_SECRET:
		mpack_put_bin(writer, filler, len);
		break;
	}
}

static size_t
hostile_body(const struct message_spec *spec, size_t which)
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, body, sizeof body);
	mpack_put_array(&writer, (uint32_t)spec->field_count);
	for (size_t i = 0; i < spec->field_count; i++)
		put_field(&writer, &spec->fields[i], i == which);
	assert_false(writer.failed);
	return (size_t)(writer.at - body);
}

static void
check_receiver_refuses_beyond(const struct message_spec *spec)
{
	uint8_t *got = malloc(spec->struct_bytes);
	const char *fault = NULL;

	assert_true(message_decode(spec, body, hostile_body(spec, SIZE_MAX), got, NULL));
	for (size_t which = 0; which < spec->field_count; which++) {
		size_t len = hostile_body(spec, which);
		memset(got, 0xaa, spec->struct_bytes);
		if (message_decode(spec, body, len, got, &fault))
			fail_msg("%s.%s was taken beyond its bound", spec->name, spec->fields[which].name);
		assert_non_null(fault);
		/* Nothing of a refused message may be acted upon. */
		for (size_t i = 0; i < spec->struct_bytes; i++)
			assert_int_equal(got[i], 0);
	}
	free(got);
}

static void
a_receiver_refuses_what_is_beyond_a_bound_or_of_another_type(void **state)
{
	(void)state;
	each_row(check_receiver_refuses_beyond);
}

static void
check_shape(const struct message_spec *spec)
{
	void *message = greatest(spec), *got = malloc(spec->struct_bytes);
	const char *fault;
	ssize_t len = message_encode(spec, message, body, sizeof body - 1);

	assert_true(len > 0);
	for (ssize_t cut = 0; cut < len; cut += 1 + len / 100)
		assert_false(message_decode(spec, body, (size_t)cut, got, &fault));
	body[len] = 0x00;
	assert_false(message_decode(spec, body, (size_t)len + 1, got, &fault));
	assert_string_equal(fault, "has bytes left over");
	/* One field more and one fewer than the row has, well-formed all the same. */
	for (int off = -1; off <= 1; off += 2) {
		struct mpack_writer writer;
		uint32_t count = (uint32_t)((int)spec->field_count + off);
		if (count > spec->field_count + 1)
			continue;
		mpack_writer_init(&writer, body, sizeof body);
		mpack_put_array(&writer, count);
		for (size_t i = 0; i < count && i < spec->field_count; i++)
			put_field(&writer, &spec->fields[i], false);
		if (off > 0)
			mpack_put_bool(&writer, true);
		assert_false(message_decode(spec, body, (size_t)(writer.at - body), got, &fault));
		assert_string_equal(fault, "has too many or too few fields");
	}
	free(message);
	free(got);
}

static void
a_body_has_exactly_the_fields_of_its_row(void **state)
{
	(void)state;
	each_row(check_shape);
}

static void
check_texts_are_utf8(const struct message_spec *spec)
{
	for (size_t i = 0; i < spec->field_count; i++) {
		void *message = calloc(1, spec->struct_bytes), *at = field_at(message, &spec->fields[i]);
		struct ipc_bytes bad = { (const uint8_t *)"\xff", 1 };
		if (spec->fields[i].kind == FIELD_STR)
			memcpy(at, "\xc3\x28", 2);
		else if (spec->fields[i].kind == FIELD_TEXT)
			memcpy(at, &bad, sizeof bad);
		bool text = spec->fields[i].kind == FIELD_STR || spec->fields[i].kind == FIELD_TEXT;
		ssize_t len = message_encode(spec, message, body, sizeof body);
		if (text ? len >= 0 : len < 0)
			fail_msg("%s.%s: encode gave %zd", spec->name, spec->fields[i].name, len);
		free(message);
	}
}

static void
texts_are_utf8_or_not_sent(void **state)
{
	(void)state;
	each_row(check_texts_are_utf8);
}

/* -- the table itself -------------------------------------------------------------------------- */

static void
check_row_is_sound(const struct message_spec *spec)
{
	static const char *names[65536];
	role_mask everybody = ROLE_CHILDREN_MASK | ROLE_BIT(ROLE_SUPERVISOR) | ROLE_BIT(ROLE_CTL);

	assert_true(spec->number > 0 && spec->number <= UINT16_MAX);
	if (names[spec->number] != NULL)
		fail_msg("%s and %s share a number", names[spec->number], spec->name);
	names[spec->number] = spec->name;
	assert_ptr_equal(message_spec_peek(spec->number)->name, spec->name);
	if (message_max_bytes(spec) > BODY_MAX_BYTES)
		fail_msg("%s may be larger than a frame", spec->name);
	if (spec->from == 0 || spec->to == 0 || ((spec->from | spec->to) & ~everybody) != 0)
		fail_msg("%s has no sender or no receiver", spec->name);
	assert_true(spec->doc[0] != '\0');
	for (size_t i = 0; i < spec->field_count; i++) {
		assert_true(spec->fields[i].doc[0] != '\0');
		assert_true(spec->fields[i].offset < spec->struct_bytes);
	}
}

static void
every_row_is_sound(void **state)
{
	(void)state;
	each_row(check_row_is_sound);
	assert_null(message_spec_peek(0));
	assert_null(message_spec_peek(65535));
	assert_null(message_spec_peek(65536 + MESSAGE_HELLO));
}

static void
bounds_in_the_table_fit_the_enums_that_they_carry(void **state)
{
	static const struct { enum message number; const char *field; uint32_t greatest; } cases[] = {
		{ MESSAGE_REFUSED, "reason", REFUSAL_COUNT - 1 },
		{ MESSAGE_PROC_STATUS, "state", LIFE_STATE_COUNT - 1 },
		{ MESSAGE_STORE_STATUS, "health", STORE_HEALTH_COUNT - 1 },
		{ MESSAGE_LISTENER, "purpose", LISTENER_PURPOSE_COUNT - 1 },
		{ MESSAGE_PROC_STATUS, "role", ROLE_LIMIT - 1 },
		{ MESSAGE_SETTING, "name", SETTING_NAME_BYTES - 1 },
		{ MESSAGE_SETTING, "value", SETTING_VALUE_BYTES - 1 },
		{ MESSAGE_SETTING_SET, "name", SETTING_NAME_BYTES - 1 },
		{ MESSAGE_SETTING_SET, "value", SETTING_VALUE_BYTES - 1 },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		const struct message_spec *spec = row(cases[i].number);
		bool found = false;
		for (size_t j = 0; j < spec->field_count; j++) {
			if (strcmp(spec->fields[j].name, cases[i].field) != 0)
				continue;
			found = true;
			if (spec->fields[j].max < cases[i].greatest)
				fail_msg("%s.%s is too small for what it carries", spec->name, cases[i].field);
		}
		assert_true(found);
	}
}

static void
the_schema_hash_is_the_same_each_time_and_not_nothing(void **state)
{
	(void)state;
	assert_true(message_schema_hash() != 0);
	assert_true(message_schema_hash() == message_schema_hash());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_carries_its_greatest_and_smallest_values),
		cmocka_unit_test(a_sender_cannot_encode_what_is_beyond_a_bound),
		cmocka_unit_test(a_receiver_refuses_what_is_beyond_a_bound_or_of_another_type),
		cmocka_unit_test(a_body_has_exactly_the_fields_of_its_row),
		cmocka_unit_test(texts_are_utf8_or_not_sent),
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(bounds_in_the_table_fit_the_enums_that_they_carry),
		cmocka_unit_test(the_schema_hash_is_the_same_each_time_and_not_nothing),
	};

	memset(filler, 'y', sizeof filler);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
