/*
 * printer_record: write and read, field by field.
 */
#include "stored/printer_record.h"

#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/mpack.h"

#define FIELDS 21
#define FIELDS_BEFORE_MOVES 15 /* of records that earlier versions wrote */
#define FIELDS_BEFORE_PLATES 17
#define FIELDS_BEFORE_VIRTUAL 19
#define FIELDS_BEFORE_PRINTS 20

size_t
printer_record_encode(const struct printer_record *record, uint8_t ret_bytes[PRINTER_RECORD_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, PRINTER_RECORD_MAX_BYTES);
	mpack_put_array(&writer, FIELDS);
	mpack_put_u64(&writer, PRINTER_RECORD_VERSION);
	mpack_put_u64(&writer, record->place);
	mpack_put_text(&writer, record->name);
	mpack_put_text(&writer, record->address);
	mpack_put_text(&writer, record->model);
	mpack_put_u64(&writer, record->mqtt_port);
	mpack_put_u64(&writer, record->ftps_port);
	mpack_put_u64(&writer, record->camera_port);
	mpack_put_u64(&writer, record->detect_port);
	mpack_put_text(&writer, record->certificate_sha256);
	mpack_put_i64(&writer, record->added_ms);
	mpack_put_i64(&writer, record->changed_ms);
	mpack_put_text(&writer, record->firmware);
	mpack_put_text(&writer, record->previous_firmware);
	mpack_put_i64(&writer, record->firmware_ms);
	mpack_put_text(&writer, record->moved_from);
	mpack_put_i64(&writer, record->moved_ms);
	mpack_put_bool(&writer, record->starts_unasked);
	mpack_put_i64(&writer, record->plate_used_ms);
	mpack_put_bool(&writer, record->is_virtual);
	mpack_put_u64(&writer, record->plate_print);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

static uint32_t
get_port(struct mpack_reader *reader)
{
	return (uint32_t)mpack_get_u64(reader, 65535);
}

/* The key is the serial, in the one form that is kept. */
static bool
take_serial(const void *key, size_t key_len, struct printer_record *ret_record)
{
	char text[PRINTER_SERIAL_BYTES];
	struct complaint complaint;

	return key_len < sizeof text && memchr(key, '\0', key_len) == NULL &&
	       str_format(text, sizeof text, "%.*s", (int)key_len, (const char *)key) &&
	       printer_rules_serial(text, ret_record->serial, &complaint) && strcmp(text, ret_record->serial) == 0;
}

bool
printer_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len,
		      struct printer_record *ret_record, const char **ret_fault)
{
	struct mpack_reader reader;

	memset(ret_record, 0, sizeof *ret_record);
	mpack_reader_init(&reader, bytes, len);
	uint32_t fields = mpack_get_array(&reader);
	if (!take_serial(key, key_len, ret_record))
		mpack_fault(&reader, "does not stand under a serial number");
	if (fields < FIELDS_BEFORE_MOVES)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != PRINTER_RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	ret_record->place = (uint32_t)mpack_get_u64(&reader, PRINTERS_MAX - 1);
	mpack_get_text(&reader, ret_record->name, sizeof ret_record->name);
	mpack_get_text(&reader, ret_record->address, sizeof ret_record->address);
	mpack_get_text(&reader, ret_record->model, sizeof ret_record->model);
	ret_record->mqtt_port = get_port(&reader);
	ret_record->ftps_port = get_port(&reader);
	ret_record->camera_port = get_port(&reader);
	ret_record->detect_port = get_port(&reader);
	mpack_get_text(&reader, ret_record->certificate_sha256, sizeof ret_record->certificate_sha256);
	ret_record->added_ms = mpack_get_i64(&reader);
	ret_record->changed_ms = mpack_get_i64(&reader);
	mpack_get_text(&reader, ret_record->firmware, sizeof ret_record->firmware);
	mpack_get_text(&reader, ret_record->previous_firmware, sizeof ret_record->previous_firmware);
	ret_record->firmware_ms = mpack_get_i64(&reader);
	if (fields >= FIELDS_BEFORE_PLATES) {
		mpack_get_text(&reader, ret_record->moved_from, sizeof ret_record->moved_from);
		ret_record->moved_ms = mpack_get_i64(&reader);
	}
	if (fields >= FIELDS_BEFORE_VIRTUAL) {
		ret_record->starts_unasked = mpack_get_bool(&reader);
		ret_record->plate_used_ms = mpack_get_i64(&reader);
	}
	if (fields >= FIELDS_BEFORE_PRINTS)
		ret_record->is_virtual = mpack_get_bool(&reader);
	if (fields >= FIELDS)
		ret_record->plate_print = mpack_get_u64(&reader, UINT64_MAX);
	*ret_fault = reader.fault;
	return reader.fault == NULL;
}
