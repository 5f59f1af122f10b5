/*
 * body: the JSON of a request, bounded before it is built: size, depth, no key twice. Pure; and the little checks
 * on values that several resources need. Faults are sentences for a person.
 */
#ifndef FUSE_HTTPD_BODY_H
#define FUSE_HTTPD_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX_BYTES_OF_REQUEST (1024 * 1024)
#define BODY_MAX_DEPTH 12
#define BODY_FAULT_BYTES 240

/* An object or a list, to be freed with json_decref(); or NULL with the reason and its place (line and column
 * count from 1, 0 = no place). */
struct body_fault {
	char sentence[BODY_FAULT_BYTES];
	int line, column;
};
json_t *body_parse(const void *bytes, size_t len, struct body_fault *ret_fault);

/* All keys of `object` are among the `count` names; else false and the sentence names the strange one. */
bool body_keys_are(const json_t *object, const char *const *names, size_t count, char ret_fault[BODY_FAULT_BYTES]);

/* The text of `key`, at most `cap` - 1 bytes and without control characters. `*ret_present` is false when it is
 * not there. False, with the sentence, when it is anything else. */
bool body_text(const json_t *object, const char *key, char *ret_text, size_t cap, bool *ret_present,
	       char ret_fault[BODY_FAULT_BYTES]);

/* "127.0.0.1", "fe80::1"; the numeric form only. */
bool body_is_address(const char *text);

/* A serial number: 1 to 32 of A-Z 0-9 '-' '_'. */
bool body_is_serial(const char *text);

/* 64 hex digits, made lower case in place. */
bool body_fold_sha256(char *text);

#endif
