/*
 * Bodies of every row of ipc/messages.def, as a receiver decodes them.
 * Covers: message_decode
 *
 * Input: one byte that chooses the row (its number, so that old inputs keep their meaning), and the
 * body. What is accepted must keep every bound that the row promises, and writing it again must give
 * a body that means the same and is written the same way for ever after.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "ipc/header.h"
#include "ipc/message.h"
#include "tests/fuzz/fuzz_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_borrowed(const struct ipc_bytes *borrowed, uint32_t max, const uint8_t *body, size_t len)
{
	must(borrowed->len <= max);
	if (borrowed->len > 0)
		must(borrowed->bytes >= body && borrowed->bytes + borrowed->len <= body + len);
}

static void
check_field(const struct field_spec *field, const void *at, const uint8_t *body, size_t len)
{
	const struct ipc_bytes *borrowed = at;
	const struct secret *secret = at;
	unsigned char truth;

	switch (field->kind) {
	case FIELD_BOOL:
		memcpy(&truth, at, 1);
		must(truth <= 1);
		break;
	case FIELD_U32:
		must(*(const uint32_t *)at <= field->max);
		break;
	case FIELD_STR:
		must(strnlen(at, field->max + 1) <= field->max);
		must(str_valid_utf8(at, strlen(at)));
		break;
	case FIELD_TEXT:
		check_borrowed(borrowed, field->max, body, len);
		must(str_valid_utf8(borrowed->bytes, borrowed->len));
		break;
	case FIELD_BYTES:
		check_borrowed(borrowed, field->max, body, len);
		break;
	case FIELD_SECRET:
		must(secret->len_bytes <= field->max && secret->len_bytes <= SECRET_MAX_BYTES);
		break;
	case FIELD_U64:
	case FIELD_I64:
		break;
	}
}

static void
check_all_zero(const void *message, size_t len)
{
	const uint8_t *bytes = message;

	for (size_t i = 0; i < len; i++)
		must(bytes[i] == 0);
}

static void
check_row(const struct message_spec *spec, const uint8_t *body, size_t len)
{
	static uint8_t first[BODY_MAX_BYTES], second[BODY_MAX_BYTES];
	const char *fault = NULL;
	void *message = malloc(spec->struct_bytes), *again = malloc(spec->struct_bytes);

	must(message != NULL && again != NULL);
	memset(message, 0xaa, spec->struct_bytes);
	if (!message_decode(spec, body, len, message, &fault)) {
		must(fault != NULL && fault[0] != '\0');
		check_all_zero(message, spec->struct_bytes);
	} else {
		must(fault == NULL);
		for (size_t i = 0; i < spec->field_count; i++)
			check_field(&spec->fields[i], (uint8_t *)message + spec->fields[i].offset, body, len);
		ssize_t first_bytes = message_encode(spec, message, first, sizeof first);
		must(first_bytes >= 0 && (size_t)first_bytes <= len);
		must((size_t)first_bytes <= message_max_bytes(spec));
		must(message_decode(spec, first, (size_t)first_bytes, again, NULL));
		ssize_t second_bytes = message_encode(spec, again, second, sizeof second);
		must(second_bytes == first_bytes && memcmp(first, second, (size_t)first_bytes) == 0);
	}
	free(message);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count;
	const struct message_spec *specs = message_specs(&count);

	if (size < 1 || size > BODY_MAX_BYTES)
		return 0;
	const struct message_spec *spec = message_spec_peek(data[0]);
	check_row(spec != NULL ? spec : &specs[data[0] % count], data + 1, size - 1);
	return 0;
}
