/*
 * file_headers: what headers say about files: their names, both ways, and which part of one is wanted. And the key
 * under which a job is ordered. Pure; any text gives a value within its bounds or a fault.
 */
#ifndef FUSE_HTTPD_FILE_HEADERS_H
#define FUSE_HTTPD_FILE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_NAME_BYTES 201 /* of FILE in messages.def */
#define FILE_DISPOSITION_BYTES 1024
#define FILE_KEY_MAX_BYTES 96

/* A name as a client gave it, without the folders before it: `percent`: as in a header, percent-encoded UTF-8. False,
 * with the reason in `ret_fault` (static storage): it is malformed, empty, too long, or has control characters. */
bool file_name_read(const char *text, bool percent, char ret_name[FILE_NAME_BYTES], const char **ret_fault);

/* A Content-Disposition by which a browser keeps the file under its name (RFC 6266 with RFC 8187, and something
 * similar for old ones). */
void file_disposition(const char *name, char ret_text[FILE_DISPOSITION_BYTES]);

enum file_range {
	FILE_RANGE_WHOLE, /* none, or one that may be ignored: of other units, malformed, or several at once */
	FILE_RANGE_PART,  /* `*ret_len` bytes from `*ret_from` on, at least one */
	FILE_RANGE_NONE,  /* nothing of the file is in it: 416 */
};

/* A Range header (RFC 9110, 14.2) over `size` bytes. */
enum file_range file_range_read(const char *text, uint64_t size, uint64_t *ret_from, uint64_t *ret_len);

/* An Idempotency-Key: 1 to FILE_KEY_MAX_BYTES of printable ASCII. */
bool file_key_is_fine(const char *text);

#endif
