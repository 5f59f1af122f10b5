/*
 * httpd/exposition, jsonpart, metrics: Prometheus' text of what is known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "httpd/jsonpart.h"
#include "httpd/metrics.h"
#include "ipc/role.h"
#include "ipc/terms.h"

static struct exposition *exposition;
static char *text;
static bool old_names;

static int
set_up(void **state)
{
	(void)state;
	exposition = exposition_new();
	text = NULL;
	old_names = false;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	exposition_free(exposition);
	free(text);
	return 0;
}

/* All that was added, with a NUL. */
static const char *
written(void)
{
	size_t len;
	char *bytes = exposition_write(exposition, &len);

	free(text);
	text = calloc(1, len + 1);
	assert_non_null(text);
	if (len > 0)
		memcpy(text, bytes, len);
	free(bytes);
	return text;
}

static void
assert_has(const char *line)
{
	char whole[300];

	str_format(whole, sizeof whole, "\n%s\n", line);
	if (strstr(text, whole) == NULL)
		fail_msg("no line %s in:\n%s", line, text);
}

static size_t
count_of(const char *word)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

/* -- the format ----------------------------------------------------------------------------------------- */

static void
samples_of_one_metric_stand_together_below_its_head(void **state)
{
	(void)state;
	exposition_add(exposition, METRIC_WIFI, -66, "serial", "A", NULL);
	exposition_add(exposition, METRIC_BUILD_INFO, 1, "version", "0", NULL);
	exposition_add(exposition, METRIC_WIFI, -70.5, "serial", "B", NULL);
	assert_string_equal(written(),
			    "# HELP fuse_build_info Always 1. {version, arch}\n# TYPE fuse_build_info gauge\n"
			    "fuse_build_info{version=\"0\"} 1\n"
			    "# HELP fuse_printer_wifi_signal_dbm {serial}\n# TYPE fuse_printer_wifi_signal_dbm gauge\n"
			    "fuse_printer_wifi_signal_dbm{serial=\"A\"} -66\nfuse_printer_wifi_signal_dbm{serial=\"B\"} -70.5\n");
}

static void
label_texts_are_escaped(void **state)
{
	(void)state;
	exposition_add(exposition, METRIC_PRINTER_INFO, 1, "name", "a\"b\\c\nd\re\x1b[31m\x7f ä", "model", "", "serial", "S", NULL);
	written();
	assert_has("fuse_printer_info{name=\"a\\\"b\\\\c\\nd e [31m  ä\",serial=\"S\"} 1");
	exposition_add(exposition, METRIC_READY, 1, "nothing", "", NULL);
	written();
	assert_has("fuse_ready 1");
}

static void
numbers_keep_their_digits_and_what_is_none_is_left_out(void **state)
{
	(void)state;
	exposition_add(exposition, METRIC_READY, 1785542400.123, NULL);
	exposition_add(exposition, METRIC_READY, 0.93, NULL);
	exposition_add(exposition, METRIC_READY, 123456789012345, NULL);
	exposition_add(exposition, METRIC_READY, (double)NAN, NULL);
	exposition_add(exposition, METRIC_READY, (double)INFINITY, NULL);
	written();
	assert_has("fuse_ready 1785542400.123");
	assert_has("fuse_ready 0.93");
	assert_has("fuse_ready 123456789012345");
	assert_int_equal(count_of("\nfuse_ready "), 3);
}

static void
each_metric_has_a_name_of_its_kind(void **state)
{
	static const struct { const char *name, *type; } all[] = {
#define METRIC(NAME, name, TYPE, help) { name, #TYPE },
#include "httpd/metrics.def"
	};

	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const char *total = strstr(all[i].name, "_total");
		assert_int_equal(total != NULL && total[6] == '\0', strcmp(all[i].type, "COUNTER") == 0);
		assert_true(strncmp(all[i].name, "fuse_", 5) == 0 || strncmp(all[i].name, "process_", 8) == 0 ||
			    strncmp(all[i].name, "bambulab_", 9) == 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[i].name, all[k].name);
	}
}

/* -- members ---------------------------------------------------------------------------------------------- */

static void
members_are_found_whole(void **state)
{
	static const char object[] = " { \"a\" : [1, {\"b\":\"]}\"}] ,\"c\":\"x\\\"}\",\"d\":-1.5e3 , \"e\":{},\"a\":null}";
	static const char *const names[] = { "a", "c", "d", "e", "a" };
	static const char *const values[] = { "[1, {\"b\":\"]}\"}]", "\"x\\\"}\"", "-1.5e3", "{}", "null" };
	struct jsonpart part;

	(void)state;
	jsonpart_begin(&part, object, strlen(object));
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++) {
		assert_true(jsonpart_next(&part));
		assert_true(jsonpart_is(&part, names[i]));
		assert_false(jsonpart_is(&part, "b"));
		assert_int_equal(part.value_len, strlen(values[i]));
		assert_memory_equal(part.value, values[i], part.value_len);
	}
	assert_false(jsonpart_next(&part));
	assert_false(jsonpart_next(&part));
}

/* Cut anywhere, on the heap and exactly as long: nothing beyond is read, and no member comes that is not whole. */
static void
what_is_cut_off_has_no_more_members(void **state)
{
	static const char object[] = "{\"a\":[1,\"\\\"\"],\"b\":{\"c\":\"}\"},\"d\":\"e\"}";

	(void)state;
	for (size_t len = 0; len < strlen(object); len++) {
		char *cut = malloc(len > 0 ? len : 1);
		struct jsonpart part;
		size_t count = 0;
		assert_non_null(cut);
		memcpy(cut, object, len);
		jsonpart_begin(&part, cut, len);
		while (jsonpart_next(&part)) {
			assert_true(part.value + part.value_len <= cut + len);
			count++;
		}
		assert_true(count <= 3);
		free(cut);
	}
	static const char *const none[] = { "", "[]", "null", "{", "{}", "{a:1}", "{\"a\"}", "{\"a\":}", "{,}", "x{\"a\":1}" };
	for (size_t i = 0; i < STR_ARRAY_LEN(none); i++) {
		struct jsonpart part;
		jsonpart_begin(&part, none[i], strlen(none[i]));
		assert_false(jsonpart_next(&part));
	}
}

/* -- a state --------------------------------------------------------------------------------------------------- */

static const char *
state_text(const char *json)
{
	char nozzle[METRICS_NOZZLE_BYTES];

	metrics_add_state(exposition, "S1", json, strlen(json), old_names, nozzle);
	return written();
}

static void
a_state_is_told_in_base_units(void **state)
{
	(void)state;
	state_text("{\"state\":\"RUNNING\",\"data\":{\"temps\":{}},\"progressPercent\":42,\"layers\":{\"current\":5,\"total\":80},"
		   "\"times\":{\"remainingMinutes\":115},\"temperatures\":{\"nozzle\":{\"actualCelsius\":219.9,\"targetCelsius\":220},"
		   "\"nozzles\":[{\"extruder\":0,\"actualCelsius\":30,\"targetCelsius\":null},{\"extruder\":1,\"actualCelsius\":219.9,"
		   "\"targetCelsius\":220}],\"bed\":{\"actualCelsius\":60,\"targetCelsius\":null},\"chamber\":null},"
		   "\"fans\":{\"part\":70,\"aux\":null,\"heatbreak\":100},\"wifiDbm\":-66,"
		   "\"hms\":[{\"severity\":\"serious\"},{\"severity\":\"serious\"},{\"severity\":\"info\"}],"
		   "\"ams\":[{\"id\":128,\"humidityIndex\":4,\"humidityPercent\":24,\"temperatureCelsius\":null,"
		   "\"slots\":[{\"id\":0,\"remainPercent\":93},{\"id\":1,\"remainPercent\":null}]}]}");
	assert_has("fuse_printer_state{serial=\"S1\",state=\"RUNNING\"} 1");
	assert_has("fuse_printer_state{serial=\"S1\",state=\"IDLE\"} 0");
	assert_has("fuse_print_progress_ratio{serial=\"S1\"} 0.42");
	assert_has("fuse_print_layer{serial=\"S1\"} 5");
	assert_has("fuse_print_layers{serial=\"S1\"} 80");
	assert_has("fuse_print_remaining_seconds{serial=\"S1\"} 6900");
	assert_has("fuse_printer_temperature_celsius{serial=\"S1\",sensor=\"nozzle\"} 219.9");
	assert_has("fuse_printer_temperature_celsius{serial=\"S1\",sensor=\"nozzle_right\"} 30");
	assert_has("fuse_printer_temperature_target_celsius{serial=\"S1\",sensor=\"nozzle_left\"} 220");
	assert_has("fuse_printer_temperature_celsius{serial=\"S1\",sensor=\"bed\"} 60");
	assert_int_equal(count_of("sensor=\"chamber\""), 0);
	assert_int_equal(count_of("target_celsius{serial=\"S1\",sensor=\"bed\""), 0);
	assert_has("fuse_printer_fan_ratio{serial=\"S1\",fan=\"part\"} 0.7");
	assert_int_equal(count_of("fan=\"aux\""), 0);
	assert_has("fuse_printer_wifi_signal_dbm{serial=\"S1\"} -66");
	assert_has("fuse_printer_hms_active{serial=\"S1\",severity=\"serious\"} 2");
	assert_has("fuse_printer_hms_active{serial=\"S1\",severity=\"fatal\"} 0");
	assert_has("fuse_ams_humidity_index{serial=\"S1\",unit=\"128\"} 4");
	assert_has("fuse_ams_humidity_ratio{serial=\"S1\",unit=\"128\"} 0.24");
	assert_has("fuse_ams_slot_remaining_ratio{serial=\"S1\",unit=\"128\",slot=\"0\"} 0.93");
	assert_int_equal(count_of("slot=\"1\""), 0);
	assert_int_equal(count_of("ams_temperature"), 0);
	assert_int_equal(count_of("bambulab_"), 0);
}

static void
older_dashboards_find_their_names(void **state)
{
	(void)state;
	old_names = true;
	state_text("{\"state\":\"RUNNING\",\"progressPercent\":42,\"times\":{\"remainingMinutes\":115},\"nozzleDiameter\":\"0.4\","
		   "\"temperatures\":{\"nozzle\":{\"actualCelsius\":219.5,\"targetCelsius\":220},\"bed\":{\"actualCelsius\":60}},"
		   "\"fans\":{\"aux\":70,\"heatbreak\":100,\"heater\":1},\"ams\":[{\"id\":0,\"humidityIndex\":4}]}");
	assert_has("bambulab_gcode_state{device=\"S1\",state=\"RUNNING\"} 1");
	assert_has("bambulab_print_percent{device=\"S1\"} 42");
	assert_has("bambulab_print_time_remaining_minutes{device=\"S1\"} 115");
	assert_has("bambulab_nozzle_diameter{device=\"S1\"} 0.4");
	assert_has("bambulab_nozzle_temperature{device=\"S1\"} 219.5");
	assert_has("bambulab_nozzle_temperature_target{device=\"S1\"} 220");
	assert_has("bambulab_fan_speed_percent{device=\"S1\",fan=\"auxiliary\"} 70");
	assert_has("bambulab_fan_speed_percent{device=\"S1\",fan=\"hotend\"} 100");
	assert_has("bambulab_ams_humidity{device=\"S1\",unit=\"0\"} 4");
	assert_int_equal(count_of("\nbambulab_gcode_state{"), 1);
	assert_int_equal(count_of("\nbambulab_nozzle_temperature{"), 1);
	assert_int_equal(count_of("\nbambulab_fan_speed_percent{"), 2);
}

/* A scrape with one sample twice would be refused as a whole: one ill worker must not blind a whole farm. */
static void
nothing_is_told_twice(void **state)
{
	(void)state;
	state_text("{\"state\":\"IDLE\",\"state\":\"RUNNING\",\"wifiDbm\":1,\"wifiDbm\":2,\"ams\":[{\"id\":1,\"humidityIndex\":1,"
		   "\"slots\":[{\"id\":2,\"remainPercent\":1},{\"id\":2,\"remainPercent\":2}]},{\"id\":1,\"humidityIndex\":2,"
		   "\"slots\":[{\"id\":2,\"remainPercent\":3}]}],\"ams\":[{\"id\":1,\"humidityIndex\":3}],"
		   "\"temperatures\":{\"nozzles\":[{\"extruder\":0,\"actualCelsius\":1},{\"extruder\":0,\"actualCelsius\":2}]}}");
	assert_int_equal(count_of("\nfuse_printer_state{serial=\"S1\",state=\"IDLE\"}"), 1);
	assert_int_equal(count_of("\nfuse_printer_wifi_signal_dbm{"), 1);
	assert_int_equal(count_of("\nfuse_ams_humidity_index{"), 1);
	assert_int_equal(count_of("\nfuse_ams_slot_remaining_ratio{"), 1);
	assert_int_equal(count_of("sensor=\"nozzle_right\""), 1);
}

static void
what_is_not_as_it_should_be_is_left_out(void **state)
{
	static const char *const wrong[] = {
		"", "[]", "{\"state\":5}", "{\"wifiDbm\":\"x\"}", "{\"wifiDbm\":1e999}", "{\"ams\":{}}", "{\"ams\":[5,null,{\"id\":-1},"
		"{\"id\":256,\"humidityIndex\":1},{\"id\":\"1\",\"humidityIndex\":1},{\"humidityIndex\":1}]}", "{\"hms\":{}}", "{\"fans\":[]}",
		"{\"temperatures\":[1]}", "{\"temperatures\":{\"nozzles\":[{\"extruder\":2,\"actualCelsius\":1},{\"extruder\":-1}]}}",
		"{\"layers\":", "{\"times\":7}", "{\"wifiDbm\":[[[[", "{\"wifiDbm\":\"\xff\"}",
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(wrong); i++) {
		exposition_free(exposition);
		exposition = exposition_new();
		state_text(wrong[i]);
		assert_has("fuse_printer_state{serial=\"S1\",state=\"UNKNOWN\"} 1");
		assert_int_equal(count_of("# TYPE"), 1);
	}
	state_text("{\"state\":\"DANCING\"}");
	assert_has("fuse_printer_state{serial=\"S1\",state=\"OTHER\"} 1");
}

/* -- what is known ---------------------------------------------------------------------------------------------- */

static void
tell(struct known *known, unsigned number, uint32_t key, const void *message)
{
	const struct header header = { .number = (uint16_t)number, .retain_key = key };

	assert_true(known_on_message(known, &header, message));
}

static void
a_printer_that_is_not_linked_has_no_values(void **state)
{
	const struct msg_printer printer = { .serial = "S1", .name = "Left", .model = "P1S" };
	struct msg_proc_status worker = { .role = ROLE_WORKER, .entry = "S1", .state = LIFE_UP, .restarts = 3 };
	struct msg_printer_link link = { .serial = "S1", .phase = "live", .online = true, .received_ms = 1500, .reconnects = 2,
					 .firmware = "01.02" };
	static const char json[] = "{\"state\":\"IDLE\",\"wifiDbm\":-50,\"nozzleDiameter\":\"0.4\"}";
	const struct msg_printer_state told = { .serial = "S1", .json = { (const uint8_t *)json, sizeof json - 1 } };
	struct known *known = known_new();

	(void)state;
	tell(known, MESSAGE_PRINTER, 0, &printer);
	tell(known, MESSAGE_PROC_STATUS, 1, &worker);
	tell(known, MESSAGE_PRINTER_LINK, 0, &link);
	tell(known, MESSAGE_PRINTER_STATE, 0, &told);
	metrics_add_printer(exposition, known, &printer);
	written();
	assert_has("fuse_printer_up{serial=\"S1\"} 1");
	assert_has("fuse_printer_link_phase{serial=\"S1\",phase=\"live\"} 1");
	assert_has("fuse_printer_state{serial=\"S1\",state=\"IDLE\"} 1");
	assert_has("fuse_printer_wifi_signal_dbm{serial=\"S1\"} -50");
	assert_has("fuse_printer_last_report_timestamp_seconds{serial=\"S1\"} 1.5");
	assert_has("fuse_printer_reconnects_total{serial=\"S1\"} 2");
	assert_has("fuse_printer_info{serial=\"S1\",name=\"Left\",model=\"P1S\",firmware=\"01.02\",nozzle_diameter=\"0.4\"} 1");
	assert_int_equal(count_of("fuse_printer_link_problem"), 0);
	for (int i = 0; i < 2; i++) {
		worker.state = i == 0 ? LIFE_HELD : LIFE_UP;
		link.online = i == 0;
		str_copy(link.fault, sizeof link.fault, "code-refused");
		tell(known, MESSAGE_PROC_STATUS, 1, &worker);
		tell(known, MESSAGE_PRINTER_LINK, 0, &link);
		exposition_free(exposition);
		exposition = exposition_new();
		metrics_add_printer(exposition, known, &printer);
		written();
		assert_has("fuse_printer_up{serial=\"S1\"} 0");
		assert_has("fuse_printer_state{serial=\"S1\",state=\"UNKNOWN\"} 1");
		assert_int_equal(count_of("wifi"), 0);
		assert_has(i == 0 ? "fuse_printer_link_problem{serial=\"S1\",problem=\"process\"} 1" :
				    "fuse_printer_link_problem{serial=\"S1\",problem=\"code-refused\"} 1");
	}
	known_free(known);
}

static void
fuse_tells_of_its_processes_and_its_store(void **state)
{
	struct msg_proc_status stored = { .role = ROLE_STORED, .state = LIFE_UP, .since_ms = 2000 };
	struct msg_proc_status old = { .role = ROLE_WORKER, .entry = "S1", .slot = 1, .state = LIFE_STOPPING, .restarts = 9 };
	struct msg_proc_status fresh = { .role = ROLE_WORKER, .entry = "S1", .slot = 2, .state = LIFE_STARTING, .dropped = 7 };
	const struct msg_store_status store = { .health = STORE_FULL, .size_bytes = 4096, .records = 5, .commit_us = 1500 };
	const struct metrics_own own = { .cpu_seconds = 1.25, .heap_bytes = 1000, .connections = 3, .turned_away = 4 };
	struct known *known = known_new();

	(void)state;
	tell(known, MESSAGE_PROC_STATUS, 1, &stored);
	tell(known, MESSAGE_PROC_STATUS, 2, &old);
	tell(known, MESSAGE_PROC_STATUS, 3, &fresh);
	tell(known, MESSAGE_STORE_STATUS, 0, &store);
	metrics_add_fuse(exposition, known, &own);
	written();
	assert_has("fuse_process_up{role=\"stored\"} 1");
	assert_has("fuse_process_start_timestamp_seconds{role=\"stored\"} 2");
	assert_has("fuse_process_up{role=\"worker\",serial=\"S1\"} 0");
	assert_has("fuse_process_dropped_messages_total{role=\"worker\",serial=\"S1\"} 7");
	assert_int_equal(count_of("fuse_process_restarts_total{role=\"worker\""), 1); /* of the new one */
	assert_has("fuse_store_health{health=\"full\"} 1");
	assert_has("fuse_store_size_bytes 4096");
	assert_has("fuse_store_commit_seconds 0.0015");
	assert_has("fuse_ready 0");
	assert_has("fuse_gateway_connected 0");
	assert_has("fuse_http_connections 3");
	assert_has("fuse_http_connections_refused_total 4");
	assert_has("process_cpu_seconds_total 1.25");
	known_free(known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples_of_one_metric_stand_together_below_its_head, set_up, tear_down),
		cmocka_unit_test_setup_teardown(label_texts_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_keep_their_digits_and_what_is_none_is_left_out, set_up, tear_down),
		cmocka_unit_test(each_metric_has_a_name_of_its_kind),
		cmocka_unit_test(members_are_found_whole),
		cmocka_unit_test(what_is_cut_off_has_no_more_members),
		cmocka_unit_test_setup_teardown(a_state_is_told_in_base_units, set_up, tear_down),
		cmocka_unit_test_setup_teardown(older_dashboards_find_their_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_told_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_as_it_should_be_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_printer_that_is_not_linked_has_no_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fuse_tells_of_its_processes_and_its_store, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
