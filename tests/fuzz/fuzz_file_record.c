/*
 * What the store reads back about a cached file, and what foreign names become.
 * Covers: file_record_decode, file_record_clean_name
 *
 * Input: a record. What is accepted must be the same after it was written and read again. The input is also used as a
 * name: what is kept of it is no path, may stand on a screen, and cleaning it again changes nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "stored/file_record.h"

#define INPUT_MOST 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sha256[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static void
check_record(const uint8_t *data, size_t size)
{
	struct file_record record, again;
	uint8_t bytes[FILE_RECORD_MAX_BYTES];
	const char *fault;

	bool fine = file_record_decode(sha256, strlen(sha256), data, size, &record, &fault);
	ENSURE(fine == (fault == NULL));
	if (!fine)
		return;
	ENSURE(record.place < FILES_MAX && record.check < FILE_CHECK_COUNT && record.kind < FILE_KIND_COUNT);
	ENSURE(file_record_decode(sha256, strlen(sha256), bytes, file_record_encode(&record, bytes), &again, &fault));
	ENSURE(memcmp(&record, &again, sizeof record) == 0);
}

static void
check_name(const uint8_t *data, size_t size)
{
	char name[INPUT_MOST + 1], kept[FILE_NAME_BYTES], again[FILE_NAME_BYTES];

	memcpy(name, data, size);
	name[size] = '\0';
	file_record_clean_name(name, kept);
	ENSURE(kept[0] != '\0' && kept[0] != '.' && strpbrk(kept, "/\\\n\r\x1b") == NULL);
	ENSURE(str_valid_utf8(kept, strlen(kept)));
	file_record_clean_name(kept, again);
	ENSURE(strcmp(kept, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MOST)
		return 0;
	check_record(data, size);
	check_name(data, size);
	return 0;
}
