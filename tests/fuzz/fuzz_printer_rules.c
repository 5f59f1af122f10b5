/*
 * What a person writes into a printer's fields, and what the store reads back of them from its disk.
 * Covers: printer_record_decode, printer_rules_serial, printer_rules_name, printer_rules_address, printer_rules_code
 *
 * At most 600 bytes an input.
 *
 * Input: a text for all fields. What a rule gives is within its bounds, can be kept, and is given again for itself:
 * a rule applied twice is applied once. The input is also taken for a record's bytes: what can be read is written
 * as a record that reads the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/models.h"
#include "stored/printer_record.h"

#define INPUT_MOST 600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct complaint complaint;

static void
check_complaint(void)
{
	ENSURE(complaint.sentence[0] != '\0' && complaint.remedy[0] != '\0');
	ENSURE(strlen(complaint.sentence) < sizeof complaint.sentence);
	ENSURE(str_valid_utf8(complaint.sentence, strlen(complaint.sentence)));
	for (const char *at = complaint.sentence; *at != '\0'; at++)
		ENSURE(*at >= ' ' && *at <= '~');
}

static void
check_serial(const char *text, struct printer_record *record)
{
	char again[PRINTER_SERIAL_BYTES], doubt[120];

	if (!printer_rules_serial(text, record->serial, &complaint)) {
		check_complaint();
		str_copy(record->serial, sizeof record->serial, "A");
		return;
	}
	size_t len = strlen(record->serial);
	ENSURE(len > 0 && strspn(record->serial, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == len);
	ENSURE(printer_rules_serial(record->serial, again, &complaint) && strcmp(record->serial, again) == 0);
	printer_rules_doubt_serial(record->serial, doubt, sizeof doubt);
}

static void
check_name(const char *text, struct printer_record *record)
{
	char again[PRINTER_NAME_BYTES];

	if (!printer_rules_name(text, record->model, record->serial, record->name, &complaint)) {
		check_complaint();
		record->name[0] = '\0';
		return;
	}
	ENSURE(record->name[0] != '\0' && str_valid_utf8(record->name, strlen(record->name)));
	for (const char *at = record->name; *at != '\0'; at++)
		ENSURE((unsigned char)*at >= ' ' && *at != 0x7f);
	ENSURE(printer_rules_name(record->name, record->model, record->serial, again, &complaint) &&
	       strcmp(record->name, again) == 0);
}

static void
check_address(const char *text, struct printer_record *record)
{
	char again[PRINTER_ADDRESS_BYTES];

	if (!printer_rules_address(text, record->address, &complaint)) {
		check_complaint();
		record->address[0] = '\0';
		return;
	}
	ENSURE(strspn(record->address, "0123456789abcdef.:") == strlen(record->address));
	ENSURE(printer_rules_address(record->address, again, &complaint) && strcmp(record->address, again) == 0);
}

static void
check_model_and_certificate(const char *text, struct printer_record *record)
{
	char again[PRINTER_CERTIFICATE_BYTES], sentence[120];

	printer_rules_model(text, record->model, sentence, sizeof sentence);
	ENSURE(strcmp(model_by_key(record->model)->key, record->model) == 0);
	ENSURE(sentence[0] == '\0' || strcmp(record->model, "Other") == 0);
	if (!printer_rules_certificate(text, record->certificate_sha256, &complaint)) {
		check_complaint();
		record->certificate_sha256[0] = '\0';
		return;
	}
	size_t len = strlen(record->certificate_sha256);
	ENSURE((len == 0 || len == 64) && strspn(record->certificate_sha256, "0123456789abcdef") == len);
	ENSURE(printer_rules_certificate(record->certificate_sha256, again, &complaint) &&
	       strcmp(record->certificate_sha256, again) == 0);
}

static void
check_code(const uint8_t *data, size_t size)
{
	struct secret given, code, again;

	secret_set(&given, data, size < SECRET_MAX_BYTES ? size : SECRET_MAX_BYTES);
	if (!printer_rules_code(&given, &code, &complaint)) {
		check_complaint();
		ENSURE(code.len_bytes == 0);
		return;
	}
	ENSURE(code.len_bytes <= PRINTER_CODE_MAX_BYTES && (code.len_bytes > 0) == (given.len_bytes > 0));
	ENSURE(printer_rules_code(&code, &again, &complaint) && secret_equal(&code, &again));
}

static void
check_record(const struct printer_record *record)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES], again[PRINTER_RECORD_MAX_BYTES];
	struct printer_record back;
	const char *fault;
	size_t len = printer_record_encode(record, bytes);

	ENSURE(printer_record_decode(record->serial, strlen(record->serial), bytes, len, &back, &fault));
	ENSURE(strcmp(record->serial, back.serial) == 0);
	ENSURE(printer_record_encode(&back, again) == len && memcmp(bytes, again, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[INPUT_MOST + 1];
	static struct printer_record record;
	const char *fault;

	if (size > INPUT_MOST)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&record, 0, sizeof record);
	check_serial(text, &record);
	check_model_and_certificate(text, &record);
	check_name(text, &record);
	check_address(text, &record);
	check_code(data, size);
	if (printer_rules_firmware(text))
		ENSURE(str_copy(record.firmware, sizeof record.firmware, text));
	check_record(&record);
	if (printer_record_decode("01P00A000000001", 15, data, size, &record, &fault))
		check_record(&record);
	else
		ENSURE(fault != NULL);
	return 0;
}
