/*
 * What a broker may send, handed on byte for byte however it comes in; what is too long passed over; all else ends
 * the stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/link/wire.h"

#define WOULD_BLOCK (-1)
#define CONNACK "\x20\x02\0\0"

/* A stream: so many bytes at a time, then "not now"; after its end always "not now". */
struct source {
	const uint8_t *bytes;
	size_t len, at, piece, left_of_piece;
	bool endless;
};

static int
read_source(void *arg, void *to, int want)
{
	struct source *source = arg;
	size_t most = (size_t)want;

	if (source->endless) {
		memset(to, 'x', most);
		return want;
	}
	if (source->left_of_piece == 0) {
		source->left_of_piece = source->piece;
		return WOULD_BLOCK;
	}
	if (most > source->left_of_piece)
		most = source->left_of_piece;
	if (most > source->len - source->at)
		most = source->len - source->at;
	if (most == 0)
		return WOULD_BLOCK;
	memcpy(to, source->bytes + source->at, most);
	source->at += most;
	source->left_of_piece -= most;
	return (int)most;
}

static struct wire wire;
static uint8_t out[8 << 20];
static size_t out_len;

/* All that is handed on, asked for `want` bytes at a time. */
static void
pass(const void *bytes, size_t len, size_t piece, int want)
{
	struct source source = { .bytes = bytes, .len = len, .piece = piece };
	int got;

	wire_init(&wire);
	out_len = 0;
	do {
		got = wire_read(&wire, read_source, &source, out + out_len, want);
		if (got > 0)
			out_len += (size_t)got;
	} while (got > 0 || (got == WOULD_BLOCK && source.at < source.len));
}

static void
check_passes(const void *bytes, size_t len)
{
	const size_t pieces[] = { 1, 2, 3, 7, 1 << 20 };
	const int wants[] = { 1, 2, 5, 4096 };

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
		for (size_t j = 0; j < sizeof wants / sizeof wants[0]; j++) {
			pass(bytes, len, pieces[i], wants[j]);
			assert_null(wire.fault);
			assert_int_equal(out_len, len);
			assert_memory_equal(out, bytes, len);
		}
}
#define CHECK_PASSES(text) check_passes(text, sizeof(text) - 1)

static void
what_a_broker_sends_is_handed_on(void **state)
{
	(void)state;
	CHECK_PASSES(CONNACK);
	CHECK_PASSES(CONNACK "\x90\x03\0\1\0" "\x30\x04\0\1xy" "\xd0\0" "\x40\x02\0\2" "\x32\x06\0\1x\0\7z" "\xd0\0");
	CHECK_PASSES(CONNACK "\x31\x02\0\0" "\x38\x02\0\0"); /* retained, and a duplicate: the library's business */
	CHECK_PASSES(CONNACK "\x30\x82\x00\0\0");	     /* a length in more bytes than it needs */
}

static void
the_answer_to_the_login_is_read_along(void **state)
{
	(void)state;
	wire_init(&wire);
	assert_int_equal(wire_answer(&wire), -1);
	pass("\x20\x02\0\x05", 4, 1, 1);
	assert_int_equal(wire_answer(&wire), 5);
	pass("\x20\x02\0\xff" "\x40\x02\1\1", 8, 3, 100);
	assert_int_equal(wire_answer(&wire), 255);
}

static void
check_ends(const char *what, const void *bytes, size_t len, size_t handed_on)
{
	for (size_t piece = 1; piece < 6; piece++) {
		pass(bytes, len, piece, 1);
		if (wire.fault == NULL || out_len > handed_on)
			fail_msg("%s: %s, %zu bytes handed on", what, wire.fault ? wire.fault : "no fault", out_len);
		struct source more = { .endless = true };
		assert_int_equal(wire_read(&wire, read_source, &more, out, 100), 0);
	}
}
#define CHECK_ENDS(text) check_ends(#text, CONNACK text, sizeof CONNACK + sizeof(text) - 2, 4)

static void
anything_else_ends_the_stream_before_a_byte_of_it_is_handed_on(void **state)
{
	(void)state;
	check_ends("first a PUBLISH", "\x30\x02\0\0", 4, 0);
	check_ends("first a PINGRESP", "\xd0\0", 2, 0);
	check_ends("a long CONNACK", "\x20\x03\0\0\0", 5, 0);
	check_ends("a short CONNACK", "\x20\x01\0", 3, 0);
	check_ends("CONNACK with flags", "\x21\x02\0\0", 4, 0);
	check_ends("HTTP", "HTTP/1.1 400 Bad Request", 24, 0);
	CHECK_ENDS("\x20\x02\0\0");	    /* a second one */
	CHECK_ENDS("\x34\x04\0\0\0\1");	    /* QoS 2 */
	CHECK_ENDS("\x36\x04\0\0\0\1");	    /* QoS 3 */
	CHECK_ENDS("\x30\x01\0");	    /* no room for a topic */
	CHECK_ENDS("\x30\0");
	CHECK_ENDS("\x40\x03\0\1\0");
	CHECK_ENDS("\x42\x02\0\1");
	CHECK_ENDS("\x50\x02\0\1");	    /* PUBREC, PUBREL, PUBCOMP: of QoS 2 */
	CHECK_ENDS("\x62\x02\0\1");
	CHECK_ENDS("\x70\x02\0\1");
	CHECK_ENDS("\x90\x04\0\1\0\0");	    /* for more subscriptions than ours */
	CHECK_ENDS("\x90\x02\0\1");
	CHECK_ENDS("\xb0\x02\0\1");	    /* UNSUBACK */
	CHECK_ENDS("\xd0\x01x");
	CHECK_ENDS("\x10\x02\0\0");	    /* what a client says */
	CHECK_ENDS("\x82\x02\0\1");
	CHECK_ENDS("\xc0\0");
	CHECK_ENDS("\xe0\0");
	CHECK_ENDS("\0\0");
	CHECK_ENDS("\xf0\0");
	CHECK_ENDS("\x30\xff\xff\xff\xff\x01"); /* a length of five bytes */
	CHECK_ENDS("\x30\x80\x80\x80\x80");
}

static size_t
write_publish(uint8_t *to, size_t body_bytes, uint8_t filler)
{
	size_t at = 0, left = body_bytes;

	to[at++] = 0x30;
	do {
		to[at++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		left >>= 7;
	} while (left > 0);
	memset(to + at, filler, body_bytes);
	return at + body_bytes;
}

/* CONNACK, a PUBLISH of this size, a PINGRESP. Returns its length. */
static size_t
write_stream(uint8_t *to, size_t body_bytes)
{
	memcpy(to, CONNACK, 4);
	size_t len = 4 + write_publish(to + 4, body_bytes, 'r');
	memcpy(to + len, "\xd0\0", 2);
	return len + 2;
}

static void
a_report_up_to_the_limit_is_handed_on_and_a_longer_one_passed_over(void **state)
{
	static uint8_t stream[WIRE_SKIP_MAX_BYTES + 64];
	const size_t sizes[] = { WIRE_PUBLISH_MAX_BYTES, WIRE_PUBLISH_MAX_BYTES + 1, 1 << 20, WIRE_SKIP_MAX_BYTES };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t len = write_stream(stream, sizes[i]);
		pass(stream, len, 5000, 3000);
		assert_null(wire.fault);
		if (sizes[i] <= WIRE_PUBLISH_MAX_BYTES) {
			assert_int_equal(out_len, len);
			assert_int_equal(wire_take_too_big(&wire), 0);
		} else {
			assert_int_equal(out_len, 6);
			assert_memory_equal(out, CONNACK "\xd0\0", 6);
			assert_int_equal(wire_take_too_big(&wire), sizes[i]);
			assert_int_equal(wire_take_too_big(&wire), 0);
		}
	}
}

static void
one_without_end_is_cut_when_it_is_announced(void **state)
{
	const size_t sizes[] = { WIRE_SKIP_MAX_BYTES + 1, 200 * 1000 * 1000, 268435455 };
	uint8_t head[64] = CONNACK;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t at = 5;
		head[4] = 0x30;
		for (size_t left = sizes[i]; left > 0; left >>= 7)
			head[at++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		check_ends("without end", head, at, 4);
		assert_int_equal(wire_take_too_big(&wire), sizes[i]);
	}
}

static void
nothing_is_wanted_nothing_is_read(void **state)
{
	struct source source = { .endless = true };

	(void)state;
	wire_init(&wire);
	assert_int_equal(wire_read(&wire, read_source, &source, out, 0), 0);
	assert_null(wire.fault);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_broker_sends_is_handed_on),
		cmocka_unit_test(the_answer_to_the_login_is_read_along),
		cmocka_unit_test(anything_else_ends_the_stream_before_a_byte_of_it_is_handed_on),
		cmocka_unit_test(a_report_up_to_the_limit_is_handed_on_and_a_longer_one_passed_over),
		cmocka_unit_test(one_without_end_is_cut_when_it_is_announced),
		cmocka_unit_test(nothing_is_wanted_nothing_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
