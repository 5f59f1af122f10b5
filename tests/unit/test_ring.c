/*
 * The recent messages: what goes in comes out, byte for byte, as long as there is room; the merged report made of
 * them; and how they go out through a descriptor.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/str.h"
#include "worker/link/rawreport.h"
#include "worker/link/ring.h"
#include "worker/link/tail.h"

#define REPORT_BYTES 15000

/* A report of 15 KB in which a few digits change, as those of a printer do. */
static size_t
make_report(char *to, size_t cap, unsigned number)
{
	static const char words[][12] = { "temper", "speed", "status", "target", "cali", "tray", "bits", "remain" };
	size_t len = (size_t)snprintf(to, cap, "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"nozzle_temper\":%u.%u,", 200 + number % 50,
				      number % 7);

	for (unsigned i = 0; len < REPORT_BYTES; i++)
		len += (size_t)snprintf(to + len, cap - len, "\"%s_%u\":%u,", words[(i * 7 + i / 8) % 8], i,
					(i * 2654435761u) >> 20);
	len += (size_t)snprintf(to + len, cap - len, "\"sequence_id\":\"%u\"}}", number);
	return len;
}

static void
a_thousand_reports_of_15_kb_fit_and_come_out_as_they_went_in(void **unused)
{
	static char report[REPORT_BYTES * 2];
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	struct ring_figures figures;
	struct ring_message message;
	unsigned count = 0;

	(void)unused;
	for (unsigned i = 1; i <= 1500; i++) {
		size_t len = make_report(report, sizeof report, i);
		assert_int_equal(ring_add(ring, RING_RECEIVED, REPORT_FULL, i, report, len), i);
		ring_figures(ring, &figures);
		assert_true(figures.bytes <= RING_MAX_BYTES + REPORT_BYTES);
	}
	assert_true(figures.messages >= 1000);
	assert_int_equal(figures.last, 1500);
	struct ring_reader *reader = ring_reader_new(ring, 0);
	for (uint64_t number = figures.first; ring_next(reader, &message); number++, count++) {
		size_t len = make_report(report, sizeof report, (unsigned)number);
		assert_int_equal(message.number, number);
		assert_int_equal(message.at_ms, number);
		assert_int_equal(message.len, len);
		assert_memory_equal(message.payload, report, len);
	}
	assert_int_equal(count, figures.messages);
	assert_int_equal(ring_reader_missed(reader), figures.first - 1);
	ring_reader_free(reader);
	ring_free(ring);
}

static void
a_reader_in_the_middle_starts_at_any_number(void **unused)
{
	char text[32];
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	struct ring_message message;

	(void)unused;
	for (int i = 1; i <= 500; i++)
		ring_add(ring, i % 2 ? RING_SENT : RING_RECEIVED, 0, i, text, (size_t)snprintf(text, sizeof text, "message %d", i));
	for (uint64_t from = 1; from <= 500; from += 37) {
		struct ring_reader *reader = ring_reader_new(ring, from);
		assert_true(ring_next(reader, &message));
		snprintf(text, sizeof text, "message %d", (int)from);
		assert_int_equal(message.len, strlen(text));
		assert_memory_equal(message.payload, text, strlen(text));
		assert_int_equal(message.direction, from % 2 ? RING_SENT : RING_RECEIVED);
		ring_reader_free(reader);
	}
	struct ring_reader *late = ring_reader_new(ring, 501);
	assert_false(ring_next(late, &message));
	ring_add(ring, RING_SENT, 0, 0, "new", 3);
	assert_true(ring_next(late, &message));
	assert_memory_equal(message.payload, "new", 3);
	ring_clear(ring);
	assert_false(ring_next(late, &message));
	ring_add(ring, RING_SENT, 0, 0, "after", 5);
	assert_true(ring_next(late, &message));
	assert_int_equal(message.number, 502);
	ring_reader_free(late);
	ring_free(ring);
}

static void
bytes_that_do_not_compress_stay_within_the_bound(void **unused)
{
	static uint8_t noise[40000];
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	struct ring_figures figures;
	struct ring_message message, last = { 0 };
	uint32_t x = 1;

	(void)unused;
	for (int i = 0; i < 300; i++) {
		for (size_t k = 0; k < sizeof noise; k++)
			noise[k] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
		ring_add(ring, RING_RECEIVED, REPORT_BAD, 0, noise, (size_t)i * 133);
		ring_figures(ring, &figures);
		assert_true(figures.bytes <= RING_MAX_BYTES + sizeof noise);
	}
	struct ring_reader *reader = ring_reader_new(ring, 0);
	while (ring_next(reader, &message))
		last = message;
	assert_int_equal(last.number, 300);
	assert_memory_equal(last.payload, noise, last.len);
	ring_reader_free(reader);
	/* A monster is kept by its beginning; an empty one is one as well. */
	uint8_t *monster = calloc(1, 1 << 20);
	ring_add(ring, RING_RECEIVED, REPORT_BAD, 0, monster, 1 << 20);
	ring_add(ring, RING_RECEIVED, REPORT_BAD, 0, "", 0);
	reader = ring_reader_new(ring, 301);
	assert_true(ring_next(reader, &message));
	assert_int_equal(message.len, RING_PAYLOAD_MAX_BYTES);
	assert_true(ring_next(reader, &message));
	assert_int_equal(message.len, 0);
	free(monster);
	ring_reader_free(reader);
	ring_free(ring);
}

static void
access_codes_and_credentials_are_blotted_out(void **unused)
{
	static const char *const rows[][2] = {
		{ "{\"system\":{\"access_code\":\"12345678\",\"x\":1}}", "{\"system\":{\"access_code\":\"********\",\"x\":1}}" },
		{ "{\"access_code\" : \"ab\"}", "{\"access_code\" : \"**\"}" },
		{ "{\"access_code\":12345678}", "{\"access_code\":********}" },
		{ "{\"access_code\":\"unfinished", "{\"access_code\":\"**********" },
		{ "rtsps://bblp:secret@192.0.2.1:322/x", "rtsps://***********@192.0.2.1:322/x" },
		{ "rtsps://192.0.2.1:322/a@b", "rtsps://192.0.2.1:322/a@b" },
		{ "{\"access_code\"", "{\"access_code\"" },
		{ "nothing of the kind", "nothing of the kind" },
	};

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		char text[80];
		str_copy(text, sizeof text, rows[i][0]);
		ring_redact(text, strlen(text));
		assert_string_equal(text, rows[i][1]);
	}
}

/* -- the merged report ------------------------------------------------------------------------------- */

struct farm {
	struct rawreport *raw;
	struct ring *ring;
};

static struct farm
new_farm(size_t ring_bytes)
{
	struct farm farm = { .raw = rawreport_new() };
	struct ring_heir heir = { rawreport_wants, rawreport_on_forgotten, farm.raw };

	farm.ring = ring_new(ring_bytes, &heir);
	return farm;
}

static void
hear(struct farm *farm, enum report_kind kind, const char *text)
{
	uint64_t number = ring_add(farm->ring, RING_RECEIVED, (uint8_t)kind, 0, text, strlen(text));

	rawreport_note(farm->raw, kind, number, text, strlen(text));
}

static void
assert_report(struct farm *farm, const char *expected)
{
	size_t len;
	char *text = rawreport_text(farm->raw, farm->ring, &len);
	json_t *is, *should = json_loads(expected, 0, NULL);

	assert_non_null(text);
	is = json_loadb(text, len, 0, NULL);
	assert_non_null(should);
	if (!json_equal(is, should))
		fail_msg("%s\nis not\n%s", text, expected);
	json_decref(is);
	json_decref(should);
	free(text);
}

static void
free_farm(struct farm *farm)
{
	ring_free(farm->ring);
	rawreport_free(farm->raw);
}

static void
the_merged_report_is_the_newest_full_one_and_what_followed(void **unused)
{
	struct farm farm = new_farm(RING_MAX_BYTES);
	size_t len;

	(void)unused;
	assert_null(rawreport_text(farm.raw, farm.ring, &len));
	hear(&farm, REPORT_FULL, "{\"print\":{\"old\":1,\"gone\":2}}");
	hear(&farm, REPORT_FULL,
	     "{\"print\":{\"a\":1,\"hms\":[{\"attr\":1}],\"upgrade_state\":{\"status\":\"IDLE\",\"sn\":\"X\"},"
	     "\"ams\":{\"ams\":[{\"id\":\"0\",\"tray\":[{\"id\":\"0\",\"tray_type\":\"PLA\"},{\"id\":\"1\",\"tray_type\":\"ABS\"}]}]}}}");
	hear(&farm, REPORT_REPLY, "{\"print\":{\"a\":99,\"result\":\"success\"}}");
	hear(&farm, REPORT_DELTA,
	     "{\"print\":{\"a\":2,\"hms\":[],\"upgrade_state\":{\"status\":\"FLASHING\"},"
	     "\"ams\":{\"ams\":[{\"id\":\"0\",\"tray\":[{\"id\":\"1\",\"state\":10},{\"id\":\"0\",\"remain\":7}]}]}}}");
	assert_report(&farm, "{\"print\":{\"a\":2,\"hms\":[],\"upgrade_state\":{\"status\":\"FLASHING\",\"sn\":\"X\"},"
			     "\"ams\":{\"ams\":[{\"id\":\"0\",\"tray\":[{\"id\":\"0\",\"tray_type\":\"PLA\",\"remain\":7},"
			     "{\"id\":\"1\",\"state\":10}]}]}}}");
	/* A transient empty list of units takes nothing away; bad UTF-8 is no reason to show nothing. */
	hear(&farm, REPORT_DELTA, "{\"print\":{\"ams\":{\"ams\":[]},\"name\":\"caf\xe9\"}}");
	assert_report(&farm, "{\"print\":{\"a\":2,\"hms\":[],\"name\":\"caf?\",\"upgrade_state\":{\"status\":\"FLASHING\",\"sn\":\"X\"},"
			     "\"ams\":{\"ams\":[{\"id\":\"0\",\"tray\":[{\"id\":\"0\",\"tray_type\":\"PLA\",\"remain\":7},"
			     "{\"id\":\"1\",\"state\":10}]}]}}}");
	free_farm(&farm);
}

static void
what_the_ring_forgets_stays_in_the_merged_report(void **unused)
{
	struct farm farm = new_farm(8192);
	struct ring_figures figures;
	char text[200];

	(void)unused;
	hear(&farm, REPORT_FULL, "{\"print\":{\"first\":true,\"n\":0}}");
	for (int i = 1; i <= 3000; i++) {
		snprintf(text, sizeof text, "{\"print\":{\"n\":%d,\"k%d\":%d,\"pad\":\"%08x%08x\"}}", i, i % 3, i,
			 (unsigned)i * 2654435761u, (unsigned)i * 40503u);
		hear(&farm, REPORT_DELTA, text);
	}
	ring_figures(farm.ring, &figures);
	assert_true(figures.first > 1);
	snprintf(text, sizeof text,
		 "{\"print\":{\"first\":true,\"n\":3000,\"k0\":3000,\"k1\":2998,\"k2\":2999,\"pad\":\"%08x%08x\"}}",
		 3000 * 2654435761u, 3000 * 40503u);
	assert_report(&farm, text);
	/* A new full one begins anew, also when the ring has forgotten it since. */
	hear(&farm, REPORT_FULL, "{\"print\":{\"second\":true}}");
	assert_report(&farm, "{\"print\":{\"second\":true}}");
	for (int i = 1; i <= 3000; i++) {
		snprintf(text, sizeof text, "{\"print\":{\"pad\":\"%08x\"}}", (unsigned)i * 2654435761u);
		hear(&farm, REPORT_DELTA, text);
	}
	snprintf(text, sizeof text, "{\"print\":{\"second\":true,\"pad\":\"%08x\"}}", 3000 * 2654435761u);
	assert_report(&farm, text);
	ring_clear(farm.ring);
	free_farm(&farm);
}

static size_t
length_of_report(struct farm *farm)
{
	size_t len;
	char *text = rawreport_text(farm->raw, farm->ring, &len);

	assert_non_null(text);
	free(text);
	return len;
}

static void
a_printer_that_tells_ever_new_things_fills_no_memory(void **unused)
{
	struct farm farm = new_farm(8192);
	char text[4096];

	(void)unused;
	hear(&farm, REPORT_FULL, "{\"print\":{\"first\":true}}");
	for (int i = 1; i <= 2000; i++) {
		size_t used = (size_t)snprintf(text, sizeof text, "{\"print\":{\"n\":%d", i);
		for (int k = 0; k < 20; k++)
			used += (size_t)snprintf(text + used, sizeof text - used, ",\"k%d.%d\":\"%060d\"", i, k, k);
		str_copy(text + used, sizeof text - used, "}}");
		hear(&farm, REPORT_DELTA, text);
		if (i == 50) /* so much is kept */
			assert_in_range(length_of_report(&farm), 50 * 20 * 60, 50 * 20 * 80);
	}
	assert_in_range(length_of_report(&farm), 200000, 320 * 1024);
	/* What it says at last of all of itself counts again. */
	hear(&farm, REPORT_FULL, "{\"print\":{\"second\":true}}");
	hear(&farm, REPORT_DELTA, "{\"print\":{\"n\":1}}");
	assert_report(&farm, "{\"print\":{\"second\":true,\"n\":1}}");
	free_farm(&farm);
}

/* The ring keeps only its beginning. */
static void
a_full_report_longer_than_a_message_of_the_ring_is_told_whole(void **unused)
{
	struct farm farm = new_farm(64 * 1024);
	size_t pad = 250 * 1000, len = pad + 200;
	char *text = malloc(len), *expected = malloc(len);

	(void)unused;
	assert_non_null(text);
	assert_non_null(expected);
	snprintf(text, len, "{\"print\":{\"pad\":\"%0*d\",\"n\":0}}", (int)pad, 7);
	hear(&farm, REPORT_FULL, text);
	assert_report(&farm, text);
	/* Also when the ring has forgotten it, and what came after it counts. */
	for (int i = 1; i <= 3000; i++) {
		snprintf(expected, len, "{\"print\":{\"n\":%d,\"x\":\"%08x%08x\"}}", i, (unsigned)i * 2654435761u,
			 (unsigned)i * 40503u);
		hear(&farm, REPORT_DELTA, expected);
		if (i == 1 || i == 3000) {
			snprintf(expected, len, "{\"print\":{\"pad\":\"%0*d\",\"n\":%d,\"x\":\"%08x%08x\"}}", (int)pad, 7, i,
				 (unsigned)i * 2654435761u, (unsigned)i * 40503u);
			assert_report(&farm, expected);
		}
	}
	hear(&farm, REPORT_FULL, "{\"print\":{\"short\":true}}");
	assert_report(&farm, "{\"print\":{\"short\":true}}");
	free(text);
	free(expected);
	free_farm(&farm);
}

static void
one_value_that_changes_often_takes_no_room(void **unused)
{
	struct farm farm = new_farm(8192);
	char text[1200];

	(void)unused;
	hear(&farm, REPORT_FULL, "{\"print\":{\"first\":true}}");
	for (int i = 1; i <= 3000; i++) {
		snprintf(text, sizeof text, "{\"print\":{\"pad\":\"%01000d\"}}", i);
		hear(&farm, REPORT_DELTA, text);
	}
	snprintf(text, sizeof text, "{\"print\":{\"first\":true,\"pad\":\"%01000d\"}}", 3000);
	assert_report(&farm, text);
	free_farm(&farm);
}

/* -- through a descriptor ------------------------------------------------------------------------------- */

static struct loop *loop;
static unsigned ends, complete_ends;

static void
on_end(void *arg, void *cookie, bool complete)
{
	(void)arg;
	(void)cookie;
	ends++;
	complete_ends += complete;
	loop_stop(loop);
}

static void
on_pause(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
run_for(int64_t ms)
{
	struct loop_timer *timer = loop_timer_new(loop, on_pause, NULL);

	loop_timer_set(timer, ms);
	loop_run(loop);
	loop_timer_free(timer);
}

static size_t
read_all(int fd, char *to, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < cap && (n = read(fd, to + len, cap - len - 1)) > 0)
		len += (size_t)n;
	to[len] = '\0';
	return len;
}

static void
messages_go_out_as_one_object_a_line(void **unused)
{
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	int fds[2];
	char text[4096];

	(void)unused;
	loop = loop_new();
	ends = complete_ends = 0;
	struct tails *tails = tails_new(loop, ring, on_end, NULL);
	ring_add(ring, RING_SENT, 0, 0, "{\"pushing\":{\"sequence_id\":\"1\",\"command\":\"pushall\"}}", 51);
	const char *report = "{\"print\":{\n\"ams\":{\"x\":\"command\"},\"command\":\"push_status\",\"v\":\"\xe9\"}}";
	ring_add(ring, RING_RECEIVED, REPORT_DELTA, 1000, report, strlen(report));
	ring_add(ring, RING_RECEIVED, REPORT_BAD, 2000, "\"no\" json\n\xff", 11);
	assert_int_equal(pipe(fds), 0);
	assert_true(tails_add(tails, fds[1], false, 0, NULL));
	loop_run(loop);
	assert_int_equal(complete_ends, 1);
	read_all(fds[0], text, sizeof text);
	assert_string_equal(text,
		"{\"number\":1,\"at\":\"1970-01-01T00:00:00.000Z\",\"direction\":\"sent\",\"kind\":\"request\",\"name\":\"pushing.pushall\","
		"\"bytes\":51,\"payload\":{\"pushing\":{\"sequence_id\":\"1\",\"command\":\"pushall\"}}}\n"
		"{\"number\":2,\"at\":\"1970-01-01T00:00:01.000Z\",\"direction\":\"received\",\"kind\":\"delta\",\"name\":\"print.push_status\","
		"\"bytes\":66,\"payload\":{\"print\":{ \"ams\":{\"x\":\"command\"},\"command\":\"push_status\",\"v\":\"?\"}}}\n"
		"{\"number\":3,\"at\":\"1970-01-01T00:00:02.000Z\",\"direction\":\"received\",\"kind\":\"bad\",\"name\":\"\","
		"\"bytes\":11,\"text\":\"\\u0022no\\u0022 json\\u000a\\u00ff\"}\n");
	close(fds[0]);
	tails_free(tails);
	ring_free(ring);
	loop_free(loop);
}

static void
a_follower_gets_what_comes_and_its_leaving_is_noticed(void **unused)
{
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	int fds[2];
	char text[4096];

	(void)unused;
	loop = loop_new();
	ends = complete_ends = 0;
	struct tails *tails = tails_new(loop, ring, on_end, NULL);
	for (int i = 0; i < 10; i++)
		ring_add(ring, RING_SENT, 0, 0, "{}", 2);
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	assert_true(tails_add(tails, fds[1], true, 2, NULL));
	run_for(20);
	assert_true(tails_followed(tails));
	read_all(fds[0], text, sizeof text);
	assert_non_null(strstr(text, "\"number\":9,"));
	assert_null(strstr(text, "\"number\":8,"));
	ring_add(ring, RING_SENT, 0, 0, "{}", 2);
	tails_wake(tails);
	run_for(20);
	read_all(fds[0], text, sizeof text);
	assert_non_null(strstr(text, "\"number\":11,"));
	/* It goes away while nothing is to be said. */
	close(fds[0]);
	for (int i = 0; i < 100 && ends == 0; i++)
		run_for(100);
	assert_int_equal(ends, 1);
	assert_int_equal(complete_ends, 0);
	assert_false(tails_followed(tails));
	tails_free(tails);
	ring_free(ring);
	loop_free(loop);
}

/* A printer that talks faster than its messages can be read must not keep a reader for ever. */
static void
who_does_not_follow_gets_what_was_kept_and_no_more(void **unused)
{
	static char text[1 << 16];
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	int fds[2];

	(void)unused;
	loop = loop_new();
	ends = complete_ends = 0;
	struct tails *tails = tails_new(loop, ring, on_end, NULL);
	for (int i = 0; i < 10; i++)
		ring_add(ring, RING_SENT, 0, 0, "{}", 2);
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	assert_true(tails_add(tails, fds[1], false, 0, NULL));
	ring_add(ring, RING_SENT, 0, 0, "{}", 2);
	tails_wake(tails);
	run_for(20);
	assert_int_equal(complete_ends, 1);
	read_all(fds[0], text, sizeof text);
	assert_non_null(strstr(text, "\"number\":10,"));
	assert_null(strstr(text, "\"number\":11,"));
	close(fds[0]);
	tails_free(tails);
	ring_free(ring);
	loop_free(loop);
}

static void
a_follower_slower_than_the_ring_is_told_what_it_missed(void **unused)
{
	static char text[1 << 20];
	static char report[REPORT_BYTES * 2];
	struct ring *ring = ring_new(16 * 1024, NULL);
	int fds[2];

	(void)unused;
	loop = loop_new();
	struct tails *tails = tails_new(loop, ring, on_end, NULL);
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	assert_true(tails_add(tails, fds[1], true, 0, NULL));
	for (unsigned i = 1; i <= 2000; i++) {
		ring_add(ring, RING_RECEIVED, REPORT_FULL, 0, report, make_report(report, sizeof report, i * 7919));
		tails_wake(tails);
		if (i % 100 == 0)
			run_for(1);
	}
	size_t len = 0;
	for (int i = 0; i < 1000 && strstr(text, "\"number\":2000,") == NULL; i++) {
		run_for(1);
		len += read_all(fds[0], text + len, sizeof text - len);
		if (len > sizeof text / 2) {
			memmove(text, text + len - 1000, 1001);
			len = 1000;
		}
		if (strstr(text, "{\"missed\":") != NULL)
			ends = 77;
	}
	assert_non_null(strstr(text, "\"number\":2000,"));
	assert_int_equal(ends, 77);
	close(fds[0]);
	tails_free(tails);
	ring_free(ring);
	loop_free(loop);
}

static void
no_more_than_eight_read_at_once_and_files_are_refused(void **unused)
{
	struct ring *ring = ring_new(RING_MAX_BYTES, NULL);
	int fds[2], readers[TAILS_MAX];

	(void)unused;
	loop = loop_new();
	struct tails *tails = tails_new(loop, ring, on_end, NULL);
	FILE *file = tmpfile();
	assert_false(tails_add(tails, dup(fileno(file)), false, 0, NULL));
	fclose(file);
	for (int i = 0; i < TAILS_MAX; i++) {
		assert_int_equal(pipe(fds), 0);
		readers[i] = fds[0];
		assert_true(tails_add(tails, fds[1], true, 0, NULL));
	}
	assert_int_equal(pipe(fds), 0);
	assert_false(tails_add(tails, fds[1], true, 0, NULL));
	assert_int_equal(fcntl(fds[1], F_GETFD), -1);
	close(fds[0]);
	tails_free(tails);
	for (int i = 0; i < TAILS_MAX; i++)
		close(readers[i]);
	ring_free(ring);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_reports_of_15_kb_fit_and_come_out_as_they_went_in),
		cmocka_unit_test(a_reader_in_the_middle_starts_at_any_number),
		cmocka_unit_test(bytes_that_do_not_compress_stay_within_the_bound),
		cmocka_unit_test(access_codes_and_credentials_are_blotted_out),
		cmocka_unit_test(the_merged_report_is_the_newest_full_one_and_what_followed),
		cmocka_unit_test(what_the_ring_forgets_stays_in_the_merged_report),
		cmocka_unit_test(a_printer_that_tells_ever_new_things_fills_no_memory),
		cmocka_unit_test(one_value_that_changes_often_takes_no_room),
		cmocka_unit_test(a_full_report_longer_than_a_message_of_the_ring_is_told_whole),
		cmocka_unit_test(messages_go_out_as_one_object_a_line),
		cmocka_unit_test(a_follower_gets_what_comes_and_its_leaving_is_noticed),
		cmocka_unit_test(who_does_not_follow_gets_what_was_kept_and_no_more),
		cmocka_unit_test(a_follower_slower_than_the_ring_is_told_what_it_missed),
		cmocka_unit_test(no_more_than_eight_read_at_once_and_files_are_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
