/*
 * Bytes that are no report, or want to be too much: refused with a reason, in bounded time and memory, and the next
 * report is read as if nothing had been.
 */
#include "tests/unit/report_rig.h"

#define MEGABYTE (1024 * 1024)

static void
expect_refused(const char *fault)
{
	assert_int_equal(summary.kind, REPORT_BAD);
	assert_string_equal(summary.fault, fault);
	assert_int_equal(printer.reports, 0);
}

static void
expect_works(void)
{
	delta("'layer_num':5");
	assert_int_equal(printer.layer, 5);
	fresh(NULL);
}

static void
what_is_no_json_is_refused_with_a_reason(void **state)
{
	static const char *const texts[] = {
		"", " ", "{", "}", "{'print':", "{'print':{'bed_temper':}}", "{'print':{'bed_temper':1,}}",
		"{'a':1}}", "{} {}", "nope",
		"{'a':tru}", "{'a':01}", "{'a':+1}", "{'a':.5}", "{'a':1.}", "{'a':NaN}", "{'a':Infinity}",
		"{'a':'\\x'}", "{'a':'\\u12'}",
		"{a:1}", "{'a' 1}", "{'a':1 'b':2}", "{'a':'x", "/* no */{}", "{'a':1}x", "{'print':{'bed_temper':1}",
		"{'print':{'bed_temper':1]}",
	};

	for (unsigned i = 0; i < STR_ARRAY_LEN(texts); i++) {
		fresh(state);
		if (said(texts[i]) != REPORT_BAD)
			fail_msg("%s was read as %s", texts[i], report_kind_name(summary.kind));
		assert_true(strncmp(summary.fault, "is not JSON: ", 13) == 0 && strlen(summary.fault) > 16);
		assert_null(strchr(summary.fault, '\n'));
		assert_int_equal(printer.reports, 0);
	}
	expect_works();
}

static void
what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = { "[]", "5", "'x'", "null", "true", "[{'print':{'bed_temper':1}}]",
					    "1e999" };

	for (unsigned i = 0; i < STR_ARRAY_LEN(texts); i++) {
		fresh(state);
		said(texts[i]);
		expect_refused("is not a JSON object");
	}
	expect_works();
}

static void
bytes_of_no_kind_are_refused(void **state)
{
	static const char control[] = "{\"print\":{\"subtask_name\":\"a\nb\"}}";
	static const char nul[] = "{\"print\":{\"layer_num\":1}}\0";
	unsigned char bytes[256];

	(void)state;
	assert_int_equal(said_bytes(control, sizeof control - 1), REPORT_BAD);
	assert_int_equal(said_bytes(nul, sizeof nul), REPORT_BAD);
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(said_bytes(bytes, sizeof bytes), REPORT_BAD);
	assert_int_equal(said_bytes("\xef\xbb\xbf{}", 5), REPORT_BAD);
	assert_int_equal(said_bytes("", 0), REPORT_BAD);
	/* Every start of a good report: none of them is one. */
	static const char good[] = "{\"print\":{\"command\":\"push_status\",\"hms\":[{\"attr\":1,\"code\":2}],"
				   "\"layer_num\":5}}";
	for (size_t len = 0; len < sizeof good - 1; len++)
		assert_int_equal(said_bytes(good, len), REPORT_BAD);
	assert_int_equal(said_bytes(good, sizeof good - 1), REPORT_DELTA);
}

/* {"print":{"a":{"a":… with `depth` objects open at the deepest. */
static void
say_nested(unsigned depth, bool lists)
{
	char *json = malloc(depth * 6 + 64), *end = json;

	assert_non_null(json);
	end = stpcpy(end, "{\"print\":{\"layer_num\":5,\"x\":");
	for (unsigned i = 2; i < depth; i++)
		end = stpcpy(end, lists ? "[" : "{\"a\":");
	end = stpcpy(end, lists ? "" : "0");
	for (unsigned i = 2; i < depth; i++)
		end = stpcpy(end, lists ? "]" : "}");
	end = stpcpy(end, "}}");
	said_bytes(json, (size_t)(end - json));
	free(json);
}

static void
depth_has_a_limit(void **state)
{
	for (int lists = 0; lists < 2; lists++) {
		fresh(state);
		say_nested(REPORT_MAX_DEPTH, lists);
		assert_int_equal(summary.kind, REPORT_DELTA);
		assert_int_equal(printer.layer, 5);
		fresh(state);
		say_nested(REPORT_MAX_DEPTH + 1, lists);
		expect_refused("is nested deeper than 24");
		say_nested(40000, lists);
		expect_refused("is nested deeper than 24");
	}
	expect_works();
}

static char *
repeated(const char *head, const char *each, size_t times, const char *tail)
{
	char *json = malloc(strlen(head) + strlen(each) * times + strlen(tail) + 1), *end = json;

	assert_non_null(json);
	end = stpcpy(end, head);
	for (size_t i = 0; i < times; i++)
		end = stpcpy(end, each);
	stpcpy(end, tail);
	return json;
}

static void
say_repeated(const char *head, const char *each, size_t times, const char *tail)
{
	char *json = repeated(head, each, times, tail);

	said_bytes(json, strlen(json));
	free(json);
}

static void
length_has_a_limit(void **state)
{
	(void)state;
	/* One megabyte of nested lists: not even looked at. */
	say_repeated("{\"print\":", "[", MEGABYTE, "");
	expect_refused("is longer than 262144 bytes");
	/* Exactly as long as allowed; one more. */
	static const char head[] = "{\"print\":{\"layer_num\":5}", tail[] = "}";
	size_t blanks = REPORT_MAX_BYTES - (sizeof head - 1) - (sizeof tail - 1);
	say_repeated(head, " ", blanks + 1, tail);
	expect_refused("is longer than 262144 bytes");
	say_repeated(head, " ", blanks, tail);
	assert_int_equal(summary.kind, REPORT_DELTA);
}

static void
values_have_a_limit(void **state)
{
	static const char head[] = "{\"print\":{\"layer_num\":5,\"x\":[0";

	(void)state;
	/* The object, its key, the section, its two keys, a number, the list and its first element: 8 of them. */
	say_repeated(head, ",0", REPORT_MAX_VALUES - 8, "]}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	fresh(NULL);
	say_repeated(head, ",0", REPORT_MAX_VALUES - 7, "]}}");
	expect_refused("has more than 20000 keys and values");
	say_repeated("{\"print\":{\"hms\":[{}", ",{}", 80000, "]}}");
	expect_refused("has more than 20000 keys and values");
	say_repeated("{\"print\":{\"layer_num\":5", ",\"layer_num\":5", 15000, "}}");
	expect_refused("has more than 20000 keys and values");
	expect_works();
}

/* As many health codes as a message can hold: counted, 32 kept. */
static void
health_codes_are_counted_and_the_first_kept(void **state)
{
	(void)state;
	say_repeated("{\"print\":{\"command\":\"push_status\",\"hms\":[{\"attr\":1,\"code\":65537}",
		     ",{\"attr\":2,\"code\":131073}", 3900,
		     "]}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	assert_int_equal(printer.hms_total, 3901);
	assert_int_equal(printer.hms_count, STATE_HMS_MAX);
	assert_int_equal(printer.hms[0].attr, 1);
	assert_int_equal(printer.hms[31].attr, 2);
}

static void
lists_longer_than_ours_are_cut(void **state)
{
	(void)state;
	say_repeated("{\"print\":{\"stg\":[1", ",2", 500, "],\"s_obj\":[3],\"command\":\"push_status\"}}");
	assert_int_equal(printer.queued_stage_count, STATE_STAGES_MAX);
	assert_int_equal(printer.skipped_count, 1);
	say_repeated("{\"print\":{\"s_obj\":[1", ",2", 500, "]}}");
	assert_int_equal(printer.skipped_count, STATE_SKIPPED_MAX);
	say_repeated("{\"print\":{\"lights_report\":[{\"node\":\"a\"}", ",{\"node\":\"b\"}", 50, "],\"layer_num\":6}}");
	assert_int_equal(printer.light_count, STATE_LIGHTS_MAX);
	assert_int_equal(printer.layer, 6);
	say_repeated("{\"print\":{\"net\":{\"info\":[{\"ip\":1}", ",{\"ip\":2}", 50, "]},\"layer_num\":7}}");
	assert_int_equal(printer.interface_count, STATE_INTERFACES_MAX);
	say_repeated("{\"info\":{\"module\":[{\"name\":\"ota\"}", ",{\"name\":\"b\"}", 50, "]}}");
	assert_int_equal(summary.kind, REPORT_VERSION);
	assert_int_equal(printer.module_count, STATE_MODULES_MAX);
}

static void
lists_with_ids_are_cut_too(void **state)
{
	char json[32768], *end = json;

	(void)state;
	end = stpcpy(end, "{\"print\":{\"ams\":{\"ams\":[");
	for (int id = 0; id < 100; id++)
		end += sprintf(end, "%s{\"id\":\"%d\",\"tray\":[{\"id\":9},{\"id\":7},{\"id\":5},{\"id\":3},"
				    "{\"id\":1}]}", id > 0 ? "," : "", id);
	end = stpcpy(end, "]},\"device\":{\"nozzle\":{\"info\":[{\"id\":0}");
	for (int id = 1; id < 100; id++)
		end += sprintf(end, ",{\"id\":%d}", id);
	stpcpy(end, "]}},\"layer_num\":8}}");
	assert_int_equal(said_bytes(json, strlen(json)), REPORT_DELTA);
	assert_int_equal(printer.ams_count, STATE_AMS_MAX);
	assert_int_equal(unit(0)->tray_count, STATE_TRAYS_MAX);
	assert_int_equal(printer.nozzle_count, STATE_NOZZLES_MAX);
	assert_int_equal(printer.layer, 8);
	/* A printer whose lists are full goes on. */
	delta_ams("'ams':[{'id':'200'},{'id':'3','humidity':'2','tray':[{'id':'0'},{'id':'3','tray_type':'PLA'}]}]");
	assert_int_equal(printer.ams_count, STATE_AMS_MAX);
	assert_int_equal(unit(3)->humidity_index, 2);
	assert_string_equal(slot(3, 3)->material, "PLA");
}

static void
keys_that_look_alike_are_not_the_same(void **state)
{
	(void)state;
	said("{'print':{'command':'push_status','layer_nu':1,'layer_numm':1,'layer_nun':1,'Layer_num':1,'':1,"
	     "'layer_num\\u0000':1,"
	     "'3D':{'layer_num':9},'x':{'layer_num':9,'ams':{'ams':[{'id':'0'}]}},'upload':{'progress':9},"
	     "'hms':{'attr':1,'code':2}}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	assert_int_equal(printer.layer, STATE_UNKNOWN);
	assert_int_equal(printer.ams_count, 0);
	assert_int_equal(printer.upgrade_percent, STATE_UNKNOWN);
	assert_int_equal(printer.hms_total, 0);
	/* A key may be written with escapes. */
	said("{'print':{'command':'push_status','\\u006cayer_num':4}}");
	assert_int_equal(printer.layer, 4);
}

static void
long_texts_cost_nothing_but_their_reading(void **state)
{
	(void)state;
	say_repeated("{\"print\":{\"command\":\"push_status\",\"subtask_name\":\"", "\xff", 250000,
		     "\",\"layer_num\":5}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	assert_int_equal(strlen(printer.subtask_name), 126);
	say_repeated("{\"print\":{\"command\":\"", "x", 250000, "\",\"layer_num\":6}}");
	assert_int_equal(summary.kind, REPORT_OTHER);
	assert_int_equal(strlen(summary.command), sizeof summary.command - 1);
	say_repeated("{\"", "k", 250000, "\":{\"result\":0}}");
	assert_int_equal(summary.kind, REPORT_REPLY);
	assert_int_equal(strlen(summary.section), sizeof summary.section - 1);
	say_repeated("{\"print\":{\"command\":\"push_status\",\"layer_num\":", "9", 250000, "}}");
	assert_int_equal(summary.kind, REPORT_DELTA);
	assert_int_equal(printer.layer, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_is_no_json_is_refused_with_a_reason),
		STORY(what_is_no_object_is_refused),
		STORY(bytes_of_no_kind_are_refused),
		STORY(depth_has_a_limit),
		STORY(length_has_a_limit),
		STORY(values_have_a_limit),
		STORY(health_codes_are_counted_and_the_first_kept),
		STORY(lists_longer_than_ours_are_cut),
		STORY(lists_with_ids_are_cut_too),
		STORY(keys_that_look_alike_are_not_the_same),
		STORY(long_texts_cost_nothing_but_their_reading),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
