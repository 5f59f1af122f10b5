/*
 * farmfile_rig: a file is read, compared with the printers that are kept, and its rows are looked at.
 */
#ifndef FUSE_TESTS_FARMFILE_RIG_H
#define FUSE_TESTS_FARMFILE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "ipc/terms.h"
#include "printer/farmfile.h"

static const struct msg_printer anna = { .serial = "01P00A000000001", .name = "Anna", .address = "192.0.2.1",
					 .model = "P1S" };
static const struct msg_printer nat = { .serial = "00M00A000000009", .name = "Nat", .address = "192.0.2.9",
					.model = "X1C", .mqtt_port = 18883 };
static const struct msg_printer *const kept[] = { &anna, &nat };
static struct farmfile *file;
static char fault[FARMFILE_FAULT_BYTES];

static inline void
take_bytes(enum farmfile_use use, const void *bytes, size_t len)
{
	farmfile_free(file);
	file = farmfile_parse(bytes, len, use, fault);
	assert_true((file == NULL) == (fault[0] != '\0'));
	if (file != NULL)
		farmfile_compare(file, kept, STR_ARRAY_LEN(kept));
}

static inline void
take(enum farmfile_use use, const char *text)
{
	take_bytes(use, text, strlen(text));
}

static inline int
forget(void **state)
{
	(void)state;
	farmfile_free(file);
	file = NULL;
	return 0;
}

static inline const struct farmfile_row *
expect(size_t index, enum farmfile_verdict verdict, const char *words)
{
	assert_non_null(file);
	assert_true(index < file->count);
	const struct farmfile_row *row = &file->rows[index];
	if (row->verdict != verdict || strstr(row->reason, words) == NULL)
		fail_msg("row %zu is %s: %s", index, farmfile_verdict_word(row->verdict), row->reason);
	assert_null(strstr(row->reason, "12345678"));
	return row;
}

static inline void
expect_code(const struct farmfile_row *row, const char *code)
{
	assert_int_equal(row->access_code.len_bytes, strlen(code));
	assert_memory_equal(secret_bytes_peek(&row->access_code), code, strlen(code));
}

static inline void
expect_fault(enum farmfile_use use, const char *text, const char *words)
{
	take(use, text);
	if (file != NULL || strstr(fault, words) == NULL)
		fail_msg("not '%s': %s", words, fault);
}

#define FARMFILE_TEST(test) cmocka_unit_test_teardown(test, forget)

#endif
