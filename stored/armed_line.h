/*
 * armed_line: a line of the log of decided starts (armed.h).
 *
 *	v1 <wall clock, ms> <job id> <number> <serial> <SHA-256 in hex of origin and key, or -> <checksum>
 *
 * The checksum is 16 hex digits of BLAKE2b over what stands before it. There is one way to write a line: what is read
 * and would be written otherwise is no line. Pure; any bytes give lines, or are counted as damaged.
 */
#ifndef FUSE_STORED_ARMED_LINE_H
#define FUSE_STORED_ARMED_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/printer_rules.h"
#include "stored/job_id.h"

#define ARMED_KEY_HASH_BYTES 32
#define ARMED_LINE_MAX_BYTES 192 /* with newline and NUL */

struct armed_entry {
	int64_t wall_ms;
	char id[JOB_ID_BYTES];
	uint32_t number;
	char serial[PRINTER_SERIAL_BYTES];
	bool has_key;
	uint8_t key_hash[ARMED_KEY_HASH_BYTES];
};

/* What stands for a key in the log; `origin` is the name of the role. */
void armed_line_hash_key(const char *origin, const char *key, uint8_t ret_hash[ARMED_KEY_HASH_BYTES]);

/* Write a line with its newline; returns the bytes without the NUL. */
size_t armed_line_write(const struct armed_entry *entry, char ret_line[ARMED_LINE_MAX_BYTES]);

struct armed_reading {
	size_t entries;
	size_t damaged;	  /* lines that are none, with whole ones after them */
	bool is_torn;	  /* the end is no whole line: the power failed while it was written */
	size_t whole_len; /* bytes up to the end of the last whole line */
};

/* Read all lines; `fn` is called for each whole one, in order. */
typedef void armed_line_fn(void *arg, const struct armed_entry *entry);
void armed_line_read_all(const char *bytes, size_t len, armed_line_fn *fn, void *arg,
			 struct armed_reading *ret_reading);

#endif
