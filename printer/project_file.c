/*
 * project_file: the body of a start. The types count: whole numbers where a truth is expected are read as something
 * else by some models (a nozzle's number on the H2D Pro), and numbers beyond 31 bits are cut by others.
 */
#include "printer/project_file.h"

#include <inttypes.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/command_parts.h"

#define LITE 16
#define HT_FIRST 128
#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255

#define PLACE_BYTES 30 /* {"ams_id":255,"slot_id":255}, */
#define PLACES_BYTES (PLATES_FILAMENTS_MAX * PLACE_BYTES + 3)

/* -- the mapping ------------------------------------------------------------------------------------- */

static bool
is_unused(struct spool_place place)
{
	return place.ams_id < 0;
}

static bool
is_external(struct spool_place place)
{
	return place.ams_id == EXTERNAL_LEFT || place.ams_id == EXTERNAL_RIGHT;
}

/* One number for unit and slot. External spools are no number here: 254 and 255 are taken for slots that do not
 * exist. An A2L counts the slots of its AMS lite by themselves. */
static int32_t
flat_of(struct spool_place place)
{
	if (is_unused(place) || is_external(place))
		return -1;
	if (place.ams_id == LITE)
		return place.slot_id;
	return place.ams_id >= HT_FIRST ? place.ams_id : place.ams_id * 4 + place.slot_id;
}

/* A printer with one nozzle calls its external spool 255 here, whatever it calls it in its reports. What "Other" has
 * is not known: it gets what it has reported. */
static struct spool_place
pair_of(const struct model *model, struct spool_place place)
{
	if (is_unused(place))
		return (struct spool_place){ 255, 255 };
	if (!is_external(place))
		return place;
	bool has_one = model->extruders < 2 && model != model_other();
	return (struct spool_place){ has_one ? EXTERNAL_RIGHT : place.ams_id, 0 };
}

static void
write_mappings(struct payload *payload, const struct project_file *start)
{
	char flats[PLACES_BYTES] = "[", pairs[PLACES_BYTES] = "[";
	size_t flats_used = 1, pairs_used = 1;
	uint32_t count = start->plates->filament_count;

	ENSURE(count <= PLATES_FILAMENTS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		struct spool_place pair = pair_of(start->model, start->mapping[i]);
		const char *comma = i > 0 ? "," : "";
		ENSURE(str_format(flats + flats_used, sizeof flats - flats_used, "%s%" PRId32, comma,
				  flat_of(start->mapping[i])));
		ENSURE(str_format(pairs + pairs_used, sizeof pairs - pairs_used,
				  "%s{\"ams_id\":%" PRId32 ",\"slot_id\":%" PRId32 "}", comma, pair.ams_id,
				  pair.slot_id));
		flats_used += strlen(flats + flats_used);
		pairs_used += strlen(pairs + pairs_used);
	}
	ENSURE(str_format(flats + flats_used, sizeof flats - flats_used, "]"));
	ENSURE(str_format(pairs + pairs_used, sizeof pairs - pairs_used, "]"));
	payload_json(payload, "ams_mapping", flats);
	payload_json(payload, "ams_mapping2", pairs);
}

/* As the slicer writes it: always for 32 filaments, and left out when the rack is not used. */
static void
write_nozzles(struct payload *payload, const int32_t *nozzles)
{
	char list[PLATES_FILAMENTS_MAX * 4 + 3] = "[";

	if (nozzles == NULL)
		return;
	for (uint32_t i = 0; i < PLATES_FILAMENTS_MAX; i++) {
		size_t used = strlen(list);
		ENSURE(str_format(list + used, sizeof list - used, "%s%" PRId32, i > 0 ? "," : "", nozzles[i]));
	}
	size_t used = strlen(list);
	ENSURE(str_format(list + used, sizeof list - used, "]"));
	payload_json(payload, "nozzle_mapping", list);
}

/* -- calibrations -------------------------------------------------------------------------------------- */

/* A model that cannot decide whether it is needed is told: the bed is levelled, which costs minutes and saves prints;
 * flow is not calibrated, since there is a kept value. */
static enum choice
settle(const struct model *model, enum choice wish, enum choice instead)
{
	return wish == CHOICE_AUTO && !model->decides_calibration ? instead : wish;
}

/* As a number: 0 off, 1 on, 2 as the printer thinks. The truth beside it is true for "on" alone. */
static int
number_of(enum choice choice)
{
	return choice == CHOICE_ON ? 1 : choice == CHOICE_AUTO ? 2 : 0;
}

static void
write_calibrations(struct payload *payload, const struct project_file *start)
{
	const struct print_options *options = start->options;
	const struct model *model = start->model;
	enum choice leveling = settle(model, options->bed_leveling, CHOICE_ON);
	enum choice flow = settle(model, options->flow_calibration, CHOICE_OFF);
	enum choice offset = model->extruders < 2 ? CHOICE_OFF : options->nozzle_offset_calibration;

	payload_bool(payload, "bed_leveling", leveling == CHOICE_ON);
	payload_bool(payload, "flow_cali", flow == CHOICE_ON);
	payload_bool(payload, "vibration_cali", options->vibration_calibration && !model->never_vibration);
	payload_bool(payload, "layer_inspect", options->layer_inspect);
	payload_bool(payload, "timelapse", options->timelapse);
	payload_int(payload, "auto_bed_leveling", number_of(leveling));
	payload_int(payload, "extrude_cali_flag", number_of(flow));
	payload_int(payload, "nozzle_offset_cali", number_of(offset));
}

/* -- the whole ----------------------------------------------------------------------------------------- */

/* One number names this start in every report: with 0 the printer keeps the former print's, and counts its time on. */
static void
write_ids(struct payload *payload, uint32_t number)
{
	char text[12];

	str_format(text, sizeof text, "%" PRIu32, number);
	payload_text(payload, "project_id", text);
	payload_text(payload, "profile_id", "0");
	payload_text(payload, "task_id", text);
	payload_text(payload, "subtask_id", text);
}

/* The path of the plate's G-code within the file. */
static void
write_plate(struct payload *payload, const struct plate *plate)
{
	char path[48];

	str_format(path, sizeof path, "Metadata/plate_%" PRIu32 ".gcode", plate->number);
	payload_text(payload, "param", plate->gcode[0] != '\0' ? plate->gcode : path);
}

static void
write_file(struct payload *payload, const char *remote_path)
{
	const char *name = strrchr(remote_path, '/') + 1;
	char title[REMOTE_NAME_BYTES], url[REMOTE_PATH_BYTES + 8];

	remote_title(name, title);
	str_format(url, sizeof url, "ftp://%s", remote_path); /* the path begins with a slash: three in all */
	payload_text(payload, "subtask_name", title);
	payload_text(payload, "file", name);
	payload_text(payload, "url", url);
	payload_text(payload, "md5", "");
}

/* Plain G-code: by the path under which the printer itself sees its storage. */
static void
write_gcode_file(const struct project_file *start, uint32_t *sequence_id, struct command_payload *ret_payload)
{
	char path[REMOTE_PATH_BYTES + 32];
	struct payload payload;

	str_format(path, sizeof path, "%s%s", start->model->storage_mount, start->remote_path);
	payload_open(&payload, ret_payload, "print", "gcode_file", 1, sequence_id);
	payload_text(&payload, "param", path);
	payload_close(&payload);
}

/* One or more of "/name", of letters that need no escape anywhere. */
static bool
is_path(const char *path)
{
	size_t len = strlen(path);

	return path[0] == '/' && len < REMOTE_PATH_BYTES && path[len - 1] != '/' &&
	       strlen(strrchr(path, '/') + 1) < REMOTE_NAME_BYTES &&
	       strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/") == len;
}

bool
project_file_payload(const struct project_file *start, uint32_t *sequence_id, struct command_payload *ret_payload)
{
	struct payload payload;

	if (start->number == 0 || start->number > INT32_MAX || !is_path(start->remote_path))
		return false;
	if (start->plates->kind == FILE_KIND_GCODE) {
		write_gcode_file(start, sequence_id, ret_payload);
		return true;
	}
	payload_open(&payload, ret_payload, "print", "project_file", 1, sequence_id);
	write_plate(&payload, start->plate);
	write_ids(&payload, start->number);
	write_file(&payload, start->remote_path);
	payload_text(&payload, "bed_type", start->options->bed_type);
	write_calibrations(&payload, start);
	payload_bool(&payload, "use_ams", start->use_ams);
	write_mappings(&payload, start);
	write_nozzles(&payload, start->nozzles);
	payload_text(&payload, "cfg", "0");
	payload_close(&payload);
	return true;
}
