/*
 * What the commands about filament become on representative models, written by hand from docs/protocol.md: which slot
 * is meant, which are there, and what a slot may be told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command_rig.h"

/* -- filament ------------------------------------------------------------------------------- */
#define CHANGE(ams, slot, target)                                                                            \
	"\"command\":\"ams_change_filament\",\"ams_id\":" ams ",\"slot_id\":" slot ",\"target\":" target \
	",\"curr_temp\":200,\"tar_temp\":230"

/* A unit as reports tell of it, its slots loaded. */
static struct ams_unit *
add_unit(int id, enum ams_kind kind, uint32_t slots, int extruder)
{
	struct ams_unit *unit = &state.ams[state.ams_count++];

	memset(unit, 0, sizeof *unit);
	unit->id = id;
	unit->kind = kind;
	unit->extruder = extruder;
	unit->tray_count = slots;
	for (uint32_t i = 0; i < slots; i++) {
		unit->trays[i].id = (int32_t)i;
		unit->trays[i].fill = TRAY_LOADED;
	}
	state.ams_bits_told = true;
	return unit;
}

static void
slots_are_loaded_by_their_number(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", LOAD("0"), "loads AMS 1 slot 1", CHANGE("0", "0", "0"));
	BECOMES_PRINT("X1C", LOAD("6"), "loads AMS 2 slot 3", CHANGE("1", "2", "6"));
	BECOMES_PRINT("X1C", LOAD("15"), "loads AMS 4 slot 4", CHANGE("3", "3", "15"));
	BECOMES_PRINT("X1C", LOAD("128"), "loads AMS HT 1", CHANGE("128", "0", "128"));
	BECOMES_PRINT("X1C", LOAD("135"), "loads AMS HT 8", CHANGE("135", "0", "135"));
	refused("X1C", LOAD("16"), REFUSAL_INVALID, "no AMS unit with the number 4");
	refused("X1C", LOAD("63"), REFUSAL_INVALID, "no AMS unit with the number 15");
	refused("X1C", LOAD("68"), REFUSAL_INVALID, "no AMS unit with the number 17");
	refused("X1C", LOAD("136"), REFUSAL_INVALID, "no AMS unit with the number 136");
	refused("X1C", LOAD("253"), REFUSAL_INVALID, "no AMS unit with the number 253");
	refused("X1C", LOAD("256"), REFUSAL_INVALID, "targetSlotId is 256");
	refused("X1C", LOAD("-1"), REFUSAL_INVALID, "targetSlotId is -1");
	refused("X1C", LOAD("1.5"), REFUSAL_INVALID, "targetSlotId is 1.5");
}

static void
the_external_spool_is_loaded_as_the_model_calls_it(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", LOAD("254"), "loads the external spool", CHANGE("255", "254", "254"));
	BECOMES_PRINT("P1S", LOAD("255"), "loads the external spool", CHANGE("255", "254", "254"));
	BECOMES_PRINT("P2S", LOAD("254"), "loads the external spool", CHANGE("255", "0", "255"));
	BECOMES_PRINT("H2S", LOAD("255"), "loads the external spool", CHANGE("255", "0", "255"));
	BECOMES_PRINT("H2D", LOAD("255"), "loads the right external spool",
		      CHANGE("255", "0", "255") ",\"extruder_id\":0");
	BECOMES_PRINT("H2D", LOAD("254"), "loads the left external spool",
		      CHANGE("254", "0", "254") ",\"extruder_id\":1");
}

static void
only_slots_that_are_there_are_loaded(void **unused)
{
	(void)unused;
	add_unit(0, AMS_KIND_AMS, 4, 0);
	struct ams_unit *left = add_unit(1, AMS_KIND_PRO2, 4, 1);
	add_unit(128, AMS_KIND_HT, 1, STATE_UNKNOWN);
	BECOMES_PRINT("H2D", LOAD("1"), "loads AMS 1 slot 2", CHANGE("0", "1", "1") ",\"extruder_id\":0");
	BECOMES_PRINT("H2D", LOAD("7"), "loads AMS 2 slot 4", CHANGE("1", "3", "7") ",\"extruder_id\":1");
	BECOMES_PRINT("H2D", LOAD("128"), "loads AMS HT 1", CHANGE("128", "0", "128"));
	BECOMES_PRINT("X1C", LOAD("7"), "loads AMS 2 slot 4", CHANGE("1", "3", "7"));
	refused("H2D", LOAD("8"), REFUSAL_INVALID, "The printer has no AMS 3 slot 1.");
	refused("H2D", LOAD("129"), REFUSAL_INVALID, "The printer has no AMS HT 2.");
	left->trays[3].fill = TRAY_EMPTY;
	refused("H2D", LOAD("7"), REFUSAL_CONFLICT, "AMS 2 slot 4 is empty.");
	left->trays[3].fill = TRAY_REMEMBERED;
	refused("H2D", LOAD("7"), REFUSAL_CONFLICT, "AMS 2 slot 4 is empty.");
	left->trays[3].fill = TRAY_UNREAD;
	BECOMES_PRINT("X1C", LOAD("7"), "loads AMS 2 slot 4", CHANGE("1", "3", "7"));
}

static void
a_printer_without_ams_refuses_slots(void **unused)
{
	(void)unused;
	state.ams_bits_told = true;
	refused("P1S", LOAD("0"), REFUSAL_INVALID, "The printer has no AMS 1 slot 1.");
	/* Bits without units: it is reading tags. */
	state.ams_exist_bits = 1;
	BECOMES_PRINT("P1S", LOAD("0"), "loads AMS 1 slot 1", CHANGE("0", "0", "0"));
}

static void
the_a2l_counts_its_lite_from_zero(void **unused)
{
	(void)unused;
	add_unit(16, AMS_KIND_LITE, 4, STATE_UNKNOWN);
	BECOMES_PRINT("A2L", LOAD("2"), "loads AMS lite slot 3", CHANGE("16", "2", "2"));
	BECOMES_PRINT("A2L", LOAD("66"), "loads AMS lite slot 3", CHANGE("16", "2", "2"));
	add_unit(0, AMS_KIND_AMS, 4, STATE_UNKNOWN);
	BECOMES_PRINT("A2L", LOAD("2"), "loads AMS 1 slot 3", CHANGE("0", "2", "2"));
}

static void
loading_is_as_hot_as_the_model_goes(void **unused)
{
	static const char hot[] = "{\"command\":\"load-filament\",\"targetSlotId\":0,\"targetTemp\":310,\"currentTemp\":200}";

	(void)unused;
	refused("X1C", hot, REFUSAL_INVALID, "targetTemp is 310; it must be a whole number from 0 to 300 °C.");
	assert_true(try_bytes("X1E", hot, strlen(hot)));
	refused("X1C", "{\"command\":\"load-filament\",\"targetSlotId\":0,\"targetTemp\":200,\"currentTemp\":-1}",
		REFUSAL_INVALID, "currentTemp is -1");
	refused("X1C", "{\"command\":\"load-filament\",\"targetSlotId\":0,\"targetTemp\":200}", REFUSAL_INVALID,
		"load-filament needs currentTemp.");
}

#define UNLOADS(ams, celsius)                                                                                  \
	"\"command\":\"ams_change_filament\",\"ams_id\":" ams ",\"slot_id\":255,\"target\":255,\"curr_temp\":" \
	celsius ",\"tar_temp\":" celsius

static void
filament_is_unloaded_to_where_it_came_from(void **unused)
{
	(void)unused;
	BECOMES_PRINT("P1S", UNLOAD, "unloads the filament", "\"command\":\"unload_filament\"");
	BECOMES_PRINT("P2S", UNLOAD, "unloads the filament", UNLOADS("255", "220"));
	struct ams_unit *unit = add_unit(1, AMS_KIND_AMS, 4, 1);
	state.active_ams = 1;
	state.active_slot = 2;
	unit->trays[2].nozzle_min_celsius = 240;
	unit->trays[2].nozzle_max_celsius = 270;
	BECOMES_PRINT("P1S", UNLOAD, "unloads the filament", UNLOADS("1", "255"));
	BECOMES_PRINT("H2D", UNLOAD, "unloads the filament", UNLOADS("1", "255") ",\"extruder_id\":1");
	unit->trays[2].nozzle_max_celsius = 400; /* nonsense from a tag never heats a nozzle */
	BECOMES_PRINT("P1S", UNLOAD, "unloads the filament", UNLOADS("1", "220"));
	state.active_ams = 254;
	BECOMES_PRINT("H2D", UNLOAD, "unloads the filament", UNLOADS("254", "220") ",\"extruder_id\":1");
}

static void
tags_are_read_again(void **unused)
{
	static const char refresh[] = "{\"command\":\"refresh-slot\",\"amsId\":1,\"slotId\":2}";

	(void)unused;
	BECOMES_PRINT("X1C", refresh, "reads the tag in AMS 2 slot 3",
		      "\"command\":\"ams_get_rfid\",\"ams_id\":1,\"slot_id\":2");
	BECOMES_PRINT("H2D", "{\"command\":\"refresh-slot\",\"amsId\":130,\"slotId\":0}", "reads the tag in AMS HT 3",
		      "\"command\":\"ams_get_rfid\",\"ams_id\":130,\"slot_id\":0");
	state.active_ams = 1;
	state.active_slot = 2;
	refused("X1C", refresh, REFUSAL_CONFLICT, "The filament of AMS 2 slot 3 is in the toolhead");
	state.active_slot = 1;
	assert_true(try_bytes("X1C", refresh, strlen(refresh)));
	refused("X1C", "{\"command\":\"refresh-slot\",\"amsId\":255,\"slotId\":0}", REFUSAL_INVALID, "No tag is read");
	refused("X1C", "{\"command\":\"refresh-slot\",\"amsId\":0,\"slotId\":4}", REFUSAL_INVALID, "no slot 4 in unit 0");
	refused("X1C", "{\"command\":\"refresh-slot\",\"amsId\":128,\"slotId\":1}", REFUSAL_INVALID, "no slot 1 in unit 128");
	refused("X1C", "{\"command\":\"refresh-slot\",\"amsId\":5,\"slotId\":0}", REFUSAL_INVALID, "number 5");
	refused("X1C", "{\"command\":\"refresh-slot\",\"amsId\":254,\"slotId\":1}", REFUSAL_INVALID, "no slot 1 in unit 254");
	add_unit(0, AMS_KIND_AMS, 4, STATE_UNKNOWN);
	refused("X1C", refresh, REFUSAL_INVALID, "The printer has no AMS 2 slot 3.");
}

/* -- set-slot-info ---------------------------------------------------------------------------- */
#define SETTING(ams, slot, tray, profile, color)                                                               \
	"\"command\":\"ams_filament_setting\",\"ams_id\":" ams ",\"slot_id\":" slot ",\"tray_id\":" tray   \
	",\"tray_info_idx\":\"" profile "\",\"tray_color\":\"" color                                           \
	"\",\"nozzle_temp_min\":190,\"nozzle_temp_max\":240,\"tray_type\":\"PLA\""

static void
a_slot_is_told_what_it_holds(void **unused)
{
	(void)unused;
	BECOMES_PRINT("X1C", INFO("\"amsId\":1,\"slotId\":2,\"identifier\":\"GFA00\",\"color\":\"ff8000\""),
		      "tells the printer that AMS 2 slot 3 holds PLA", SETTING("1", "2", "2", "GFA00", "FF8000FF"));
	BECOMES_PRINT("X1C", INFO("\"slotId\":6,\"color\":\"#00aAfF80\""), "tells the printer that AMS 2 slot 3 holds PLA",
		      SETTING("1", "2", "2", "GFL99", "00AAFF80"));
	BECOMES_PRINT("H2D", INFO("\"amsId\":128,\"slotId\":0"), "tells the printer that AMS HT 1 holds PLA",
		      SETTING("128", "0", "0", "GFL99", "00000000"));
	/* Every external spool is tray 254; the unit tells which. */
	BECOMES_PRINT("P1S", INFO("\"amsId\":255,\"slotId\":254"), "tells the printer that the external spool holds PLA",
		      SETTING("255", "0", "254", "GFL99", "00000000"));
	BECOMES_PRINT("P1S", INFO("\"slotId\":254"), "tells the printer that the external spool holds PLA",
		      SETTING("255", "0", "254", "GFL99", "00000000"));
	BECOMES_PRINT("H2D", INFO("\"amsId\":254,\"slotId\":0"), "tells the printer that the left external spool holds PLA",
		      SETTING("254", "0", "254", "GFL99", "00000000"));
}

static void
without_a_colour_the_slot_keeps_its_own(void **unused)
{
	(void)unused;
	struct ams_unit *unit = add_unit(0, AMS_KIND_AMS, 4, STATE_UNKNOWN);
	str_copy(unit->trays[1].color, sizeof unit->trays[1].color, "12345678");
	BECOMES_PRINT("X1C", INFO("\"slotId\":1"), "tells the printer that AMS 1 slot 2 holds PLA",
		      SETTING("0", "1", "1", "GFL99", "12345678"));
}

static void
what_a_slot_is_told_is_checked(void **unused)
{
	static const char *const colors[] = { "", "red", "12345", "1234567", "123456789", "GG0000", "##123456", "12 456" };
	static const char *const words[] = { "", "0123456789abcdef", "PLA\\\"", "PLA\\n", "PLÄ", "a{b" };
	char json[300];

	(void)unused;
	for (size_t i = 0; i < STR_ARRAY_LEN(colors); i++) {
		str_format(json, sizeof json, INFO("\"slotId\":1,\"color\":\"%s\""), colors[i]);
		refused("X1C", json, REFUSAL_INVALID, "info.color is not a colour");
	}
	for (size_t i = 0; i < STR_ARRAY_LEN(words); i++) {
		str_format(json, sizeof json,
			   "{\"command\":\"set-slot-info\",\"info\":{\"slotId\":1,\"nozzleTempMin\":190,"
			   "\"nozzleTempMax\":240,\"trayType\":\"%s\"}}", words[i]);
		refused("X1C", json, REFUSAL_INVALID, "info.trayType must be");
		if (*words[i] == '\0')
			continue; /* no identifier is fine */
		str_format(json, sizeof json, INFO("\"slotId\":1,\"identifier\":\"%s\""), words[i]);
		refused("X1C", json, REFUSAL_INVALID, "info.identifier must be");
	}
	refused("X1C", INFO("\"slotId\":256"), REFUSAL_INVALID, "info.slotId is 256");
	refused("X1C", INFO("\"amsId\":7,\"slotId\":0"), REFUSAL_INVALID, "number 7");
	refused("X1C", INFO("\"amsId\":0,\"slotId\":9"), REFUSAL_INVALID, "no slot 9");
	refused("X1C",
		"{\"command\":\"set-slot-info\",\"info\":{\"slotId\":1,\"nozzleTempMin\":240,\"nozzleTempMax\":190,"
		"\"trayType\":\"PLA\"}}", REFUSAL_INVALID, "is above");
	refused("X1C",
		"{\"command\":\"set-slot-info\",\"info\":{\"slotId\":1,\"nozzleTempMin\":190,\"nozzleTempMax\":301,"
		"\"trayType\":\"PLA\"}}", REFUSAL_INVALID, "info.nozzleTempMax is 301");
	refused("X1C", "{\"command\":\"set-slot-info\",\"info\":{\"slotId\":1}}", REFUSAL_INVALID,
		"set-slot-info needs info.trayType.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slots_are_loaded_by_their_number),
		TEST(the_external_spool_is_loaded_as_the_model_calls_it),
		TEST(only_slots_that_are_there_are_loaded),
		TEST(a_printer_without_ams_refuses_slots),
		TEST(the_a2l_counts_its_lite_from_zero),
		TEST(loading_is_as_hot_as_the_model_goes),
		TEST(filament_is_unloaded_to_where_it_came_from),
		TEST(tags_are_read_again),
		TEST(a_slot_is_told_what_it_holds),
		TEST(without_a_colour_the_slot_keeps_its_own),
		TEST(what_a_slot_is_told_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
