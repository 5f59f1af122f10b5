/*
 * printer_record: a printer as it stands in the database, under its serial number: a MessagePack array.
 *
 *	[version, place, name, address, model, mqtt_port, ftps_port, camera_port, detect_port,
 *	 certificate_sha256, added_ms, changed_ms, firmware, previous_firmware, firmware_ms, moved_from, moved_ms,
 *	 starts_unasked, plate_used_ms, is_virtual, plate_print, …]
 *
 * A later Fuse may add fields at the end; what is not known is passed over. Another version is another layout and is
 * not read. Pure; any bytes give a record or a fault.
 */
#ifndef FUSE_STORED_PRINTER_RECORD_H
#define FUSE_STORED_PRINTER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/printer_rules.h"

#define PRINTER_RECORD_VERSION 1
#define PRINTER_RECORD_MAX_BYTES 512
#define PRINTER_FIRMWARE_BYTES 25
#define PRINTERS_MAX 256 /* and so many places */

struct printer_record {
	char serial[PRINTER_SERIAL_BYTES]; /* the record's key */
	uint32_t place;			   /* retain_key of its PRINTER: 0 to PRINTERS_MAX - 1 */
	char name[PRINTER_NAME_BYTES], address[PRINTER_ADDRESS_BYTES], model[PRINTER_MODEL_BYTES];
	uint32_t mqtt_port, ftps_port, camera_port, detect_port; /* 0 = the standard one */
	char certificate_sha256[PRINTER_CERTIFICATE_BYTES];
	int64_t added_ms, changed_ms; /* wall clock */
	char firmware[PRINTER_FIRMWARE_BYTES], previous_firmware[PRINTER_FIRMWARE_BYTES];
	int64_t firmware_ms; /* when `firmware` was seen first; 0 = never */
	char moved_from[PRINTER_ADDRESS_BYTES]; /* the address before, when it was followed to this one; "" = it was not */
	int64_t moved_ms;
	bool starts_unasked;   /* the next job starts without asking whether the plate is clear */
	int64_t plate_used_ms; /* when a print was seen on the plate, and nobody has said since that it is clear; 0 = clear */
	bool is_virtual;       /* fuse-virtual plays it; what more there is of it: virtual_record.h */
	uint64_t plate_print;  /* the print that was seen last, cleared away or not (PLATE_USED); 0 = none yet */
};

/* Write all but the serial; returns the bytes. */
size_t printer_record_encode(const struct printer_record *record, uint8_t ret_bytes[PRINTER_RECORD_MAX_BYTES]);

/* Read what stands under `key`. False, with the reason in `ret_fault` (static storage), when it is no such record. */
bool printer_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len,
			   struct printer_record *ret_record, const char **ret_fault);

#endif
