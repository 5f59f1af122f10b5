/*
 * fuzz_rig: what fuzz targets ask of a result. Whatever is not so ends the target, and libFuzzer keeps the input.
 */
#ifndef FUSE_TESTS_FUZZ_RIG_H
#define FUSE_TESTS_FUZZ_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"

#define RIG __attribute__((unused)) static

RIG void
must(bool truth)
{
	if (!truth)
		abort();
}

/* UTF-8 in one line, within its `cap` bytes. */
RIG void
must_be_text(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	must(len < cap && str_valid_utf8(text, len));
	for (size_t i = 0; i < len; i++)
		must((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

/* Fit for a screen and a log, all `len` bytes. */
RIG void
must_be_harmless_bytes(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;

	while (at < end) {
		size_t n = log_harmless_bytes(at, (size_t)(end - at));
		must(n > 0);
		at += n;
	}
}

/* A text of that kind, within its `cap` bytes. */
RIG void
must_be_harmless(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	must(len < cap && str_valid_utf8(text, len));
	must_be_harmless_bytes(text, len);
}

#endif
