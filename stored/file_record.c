/*
 * file_record: write and read, field by field.
 */
#include "stored/file_record.h"

#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/mpack.h"

#define FIELDS 13

size_t
file_record_encode(const struct file_record *record, uint8_t ret_bytes[FILE_RECORD_MAX_BYTES])
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, ret_bytes, FILE_RECORD_MAX_BYTES);
	mpack_put_array(&writer, FIELDS);
	mpack_put_u64(&writer, FILE_RECORD_VERSION);
	mpack_put_u64(&writer, record->place);
	mpack_put_text(&writer, record->name);
	mpack_put_u64(&writer, record->size_bytes);
	mpack_put_i64(&writer, record->created_ms);
	mpack_put_i64(&writer, record->used_ms);
	mpack_put_u64(&writer, record->check);
	mpack_put_u64(&writer, record->examined_by);
	mpack_put_u64(&writer, record->kind);
	mpack_put_text(&writer, record->model);
	mpack_put_u64(&writer, record->plates);
	mpack_put_text(&writer, record->sentence);
	mpack_put_text(&writer, record->remedy);
	ENSURE(!writer.failed);
	return (size_t)(writer.at - ret_bytes);
}

bool
file_record_is_sha256(const char *text)
{
	return strspn(text, "0123456789abcdef") == FILE_SHA256_BYTES - 1 && text[FILE_SHA256_BYTES - 1] == '\0';
}

static bool
take_sha256(const void *key, size_t key_len, struct file_record *ret_record)
{
	return key_len == FILE_SHA256_BYTES - 1 && memchr(key, '\0', key_len) == NULL &&
	       str_format(ret_record->sha256, FILE_SHA256_BYTES, "%.*s", (int)key_len, (const char *)key) &&
	       file_record_is_sha256(ret_record->sha256);
}

bool
file_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len, struct file_record *ret_record,
		   const char **ret_fault)
{
	struct mpack_reader reader;
	char name[FILE_NAME_BYTES];

	memset(ret_record, 0, sizeof *ret_record);
	mpack_reader_init(&reader, bytes, len);
	uint32_t fields = mpack_get_array(&reader);
	if (!take_sha256(key, key_len, ret_record))
		mpack_fault(&reader, "does not stand under a SHA-256");
	if (fields < FIELDS)
		mpack_fault(&reader, "has too few fields");
	if (mpack_get_u64(&reader, UINT32_MAX) != FILE_RECORD_VERSION)
		mpack_fault(&reader, "is of another version");
	ret_record->place = (uint32_t)mpack_get_u64(&reader, FILES_MAX - 1);
	mpack_get_text(&reader, name, sizeof name);
	file_record_clean_name(name, ret_record->name);
	ret_record->size_bytes = mpack_get_u64(&reader, INT64_MAX);
	ret_record->created_ms = mpack_get_i64(&reader);
	ret_record->used_ms = mpack_get_i64(&reader);
	ret_record->check = (enum file_check)mpack_get_u64(&reader, FILE_CHECK_COUNT - 1);
	ret_record->examined_by = (uint32_t)mpack_get_u64(&reader, UINT32_MAX);
	ret_record->kind = (enum file_kind)mpack_get_u64(&reader, FILE_KIND_COUNT - 1);
	mpack_get_text(&reader, ret_record->model, sizeof ret_record->model);
	ret_record->plates = (uint32_t)mpack_get_u64(&reader, FILE_PLATES_MAX);
	mpack_get_text(&reader, ret_record->sentence, sizeof ret_record->sentence);
	mpack_get_text(&reader, ret_record->remedy, sizeof ret_record->remedy);
	*ret_fault = reader.fault;
	return reader.fault == NULL;
}

/* The part after the last '/' or '\'. */
static const char *
last_part(const char *name)
{
	const char *part = name;

	for (const char *at = name; *at != '\0'; at++)
		if (*at == '/' || *at == '\\')
			part = at + 1;
	return part;
}

void
file_record_clean_name(const char *name, char ret_name[FILE_NAME_BYTES])
{
	const char *part = last_part(name);

	part += strspn(part, " .");
	log_copy_harmless(ret_name, FILE_NAME_BYTES, part, strlen(part));
	size_t len = strlen(ret_name);
	while (len > 0 && (ret_name[len - 1] == ' ' || ret_name[len - 1] == '.'))
		ret_name[--len] = '\0';
	if (len == 0)
		str_copy(ret_name, FILE_NAME_BYTES, "file");
}
