/*
 * virtual_record: write and read, field by field.
 */
#include "stored/virtual_record.h"

#include <string.h>

#include "common/miniobj.h"
#include "ipc/mpack.h"

#define FIELDS 6

size_t
virtual_record_encode(const struct virtual_record *record, uint8_t ret_bytes[VIRTUAL_RECORD_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, VIRTUAL_RECORD_MAX_BYTES);
	mpack_put_array(&writer, FIELDS);
	mpack_put_u64(&writer, VIRTUAL_RECORD_VERSION);
	mpack_put_text(&writer, record->nozzle);
	mpack_put_text(&writer, record->ams);
	mpack_put_text(&writer, record->exposed);
	mpack_put_bin(&writer, record->certificate.bytes, (uint32_t)record->certificate.len);
	mpack_put_bin(&writer, record->issuer.bytes, (uint32_t)record->issuer.len);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

static void
get_blob(struct mpack_reader *reader, struct tls_own_blob *ret_blob)
{
	uint32_t len;
	const uint8_t *bytes = mpack_get_bin(reader, sizeof ret_blob->bytes, &len);

	ret_blob->len = len;
	if (len > 0)
		memcpy(ret_blob->bytes, bytes, len);
}

bool
virtual_record_decode(const uint8_t *bytes, size_t len, struct virtual_record *ret_record, const char **ret_fault)
{
	struct mpack_reader reader;

	memset(ret_record, 0, sizeof *ret_record);
	mpack_reader_init(&reader, bytes, len);
	if (mpack_get_array(&reader) < FIELDS)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != VIRTUAL_RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	mpack_get_text(&reader, ret_record->nozzle, sizeof ret_record->nozzle);
	mpack_get_text(&reader, ret_record->ams, sizeof ret_record->ams);
	mpack_get_text(&reader, ret_record->exposed, sizeof ret_record->exposed);
	get_blob(&reader, &ret_record->certificate);
	get_blob(&reader, &ret_record->issuer);
	*ret_fault = reader.fault;
	return reader.fault == NULL;
}
