/*
 * file_record: a cached file as it stands in the database, under its SHA-256 in hex: a MessagePack array.
 *
 *	[version, place, name, size_bytes, created_ms, used_ms, check, examined_by, kind, model, plates, sentence,
 *	 remedy, …]
 *
 * A later Fuse may add fields at the end; what is not known is passed over. Another version is another layout and is
 * not read. Pure; any bytes give a record or a fault.
 */
#ifndef FUSE_STORED_FILE_RECORD_H
#define FUSE_STORED_FILE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/terms.h"

#define FILE_RECORD_VERSION 1
#define FILE_RECORD_MAX_BYTES 1024
#define FILES_MAX 2048 /* and so many places */

/* Which examination a record tells the outcome of: another one when fuse-filechk finds out more than it did, so that
 * what was cached before is looked into again. */
#define FILE_EXAMINATION 1

/* Texts with their NUL, as long as in the message FILE. */
#define FILE_SHA256_BYTES 65
#define FILE_NAME_BYTES 201
#define FILE_MODEL_BYTES 16
#define FILE_SENTENCE_BYTES 241
#define FILE_PLATES_MAX 999

struct file_record {
	char sha256[FILE_SHA256_BYTES]; /* the record's key: of the content, lower-case hex */
	uint32_t place;			/* retain_key of its FILE: 0 to FILES_MAX - 1 */
	char name[FILE_NAME_BYTES];	/* as file_record_clean_name() leaves it */
	uint64_t size_bytes;
	int64_t created_ms, used_ms; /* wall clock */
	enum file_check check;
	uint32_t examined_by; /* FILE_EXAMINATION when it was examined; 0 = it was not */
	enum file_kind kind;
	char model[FILE_MODEL_BYTES]; /* key of printer/models.def; "" = not told */
	uint32_t plates;	      /* that can be printed */
	char sentence[FILE_SENTENCE_BYTES], remedy[FILE_SENTENCE_BYTES];
};

/* Write all but the hash; returns the bytes. */
size_t file_record_encode(const struct file_record *record, uint8_t ret_bytes[FILE_RECORD_MAX_BYTES]);

/* Read what stands under `key`. False, with the reason in `ret_fault` (static storage), when it is no such record. */
bool file_record_decode(const void *key, size_t key_len, const uint8_t *bytes, size_t len,
			struct file_record *ret_record, const char **ret_fault);

/* 64 digits of lower-case hex and nothing else? */
bool file_record_is_sha256(const char *text);

/* What a file is called: of `name` the part after the last '/' or '\', with '?' for what may not stand on a screen and
 * without blanks and dots around it, cut at the bound. "file" when nothing is left. */
void file_record_clean_name(const char *name, char ret_name[FILE_NAME_BYTES]);

#endif
