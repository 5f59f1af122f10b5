/*
 * printer show: everything about one printer, below one another.
 */
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "fusectl/probe.h"
#include "fusectl/stat_words.h"
#include "printer/filament_color.h"
#include "printer/models.h"
#include "printer/state.h"

#define LABEL "  %-13s "
#define TEXT_INDENT 16

struct sheet {
	const struct show *show;
	const struct farm_printer *printer;
	const json_t *stat;
	const char *degree;
	int64_t now_ms;
};

static void
heading(const struct sheet *sheet, const char *text)
{
	fputc('\n', sheet->show->out);
	show_text(sheet->show, TONE_STRONG, text);
	fputc('\n', sheet->show->out);
}

/* What is not known is left out. */
static void
line(const struct sheet *sheet, const char *label, const char *text)
{
	if (text[0] == '\0' || strcmp(text, "-") == 0)
		return;
	fprintf(sheet->show->out, LABEL, label);
	show_wrapped(sheet->show, TEXT_INDENT, TEXT_INDENT, text);
}

static void
add(char *text, size_t cap, const char *separator, const char *more)
{
	size_t used = strlen(text);

	if (more[0] != '\0')
		str_format(text + used, cap - used, "%s%s", used > 0 ? separator : "", more);
}

/* "3 min ago"; "" for never. */
static void
ago(const struct sheet *sheet, int64_t at_ms, char ret_text[SHOW_WORDS_BYTES + 8])
{
	char words[SHOW_WORDS_BYTES];

	show_duration(sheet->now_ms - at_ms, words);
	str_format(ret_text, SHOW_WORDS_BYTES + 8, "%s ago", words);
	if (at_ms == 0)
		ret_text[0] = '\0';
}

/* -- what is kept, and the link ------------------------------------------------------------------- */

static void
print_record(const struct sheet *sheet)
{
	const struct msg_printer *record = &sheet->printer->record;
	const struct { const char *name; uint32_t port; } ports[] = {
		{ "MQTT", record->mqtt_port },
		{ "FTPS", record->ftps_port },
		{ "camera", record->camera_port },
		{ "detect", record->detect_port },
	};
	char text[300] = "", one[64], when[SHOW_WORDS_BYTES + 8];

	show_text(sheet->show, TONE_STRONG, record->name);
	fputc('\n', sheet->show->out);
	line(sheet, "Serial", record->serial);
	const char *name = model_by_key(record->model)->name;
	str_format(text, sizeof text, strcmp(name, record->model) == 0 ? "%s" : "%s (%s)", name, record->model);
	line(sheet, "Model", text);
	line(sheet, "Played by", record->is_virtual ? "Fuse itself: it is a virtual printer (fusectl virtual show)" : "");
	line(sheet, "Address", record->address);
	text[0] = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(ports); i++) {
		str_format(one, sizeof one, "%s %u", ports[i].name, ports[i].port);
		add(text, sizeof text, ", ", ports[i].port != 0 ? one : "");
	}
	line(sheet, "Ports", text);
	line(sheet, "Access code", record->has_access_code ? "is kept" : "none is kept yet");
	ago(sheet, record->added_ms, when);
	line(sheet, "Added", when);
	ago(sheet, record->plate_used_ms, when);
	str_format(text, sizeof text, "%s%s", record->plate_used_ms == 0 ? "clear" : "has a print on it, seen ", when);
	if (record->plate_used_ms != 0 && !record->starts_unasked)
		add(text, sizeof text, ": ", "fusectl plate-clear says that it is gone");
	line(sheet, "Plate", text);
}

static void
print_link_times(const struct sheet *sheet, const struct msg_printer_link *link)
{
	char text[200] = "", when[SHOW_WORDS_BYTES + 8], one[80];

	ago(sheet, link->connected_ms, when);
	line(sheet, "Connected", when);
	ago(sheet, link->received_ms, when);
	line(sheet, "Last report", when);
	if (link->next_try_ms > sheet->now_ms) {
		show_duration(link->next_try_ms - sheet->now_ms, when);
		str_format(text, sizeof text, "in %s", when);
	}
	str_format(one, sizeof one, "%u in vain so far", link->attempts);
	add(text, sizeof text, "; ", link->attempts > 0 && !link->online ? one : "");
	line(sheet, "Next try", text);
	str_format(text, sizeof text, "%u", link->reconnects);
	line(sheet, "Reconnects", link->reconnects > 0 ? text : "");
}

static void
print_certificate(const struct sheet *sheet, const struct msg_printer_link *link)
{
	const char *approved = sheet->printer->record.certificate_sha256;
	char text[400], fingerprint[FINGERPRINT_BYTES];

	probe_fingerprint(link->seen_sha256, fingerprint);
	line(sheet, "Certificate", fingerprint);
	if (link->seen_sha256[0] != '\0') {
		str_format(text, sizeof text, "names %s, signed by %s; %s%s",
			   link->seen_serial[0] != '\0' ? link->seen_serial : "nobody",
			   link->seen_issuer[0] != '\0' ? link->seen_issuer : "(no name)", probe_vouch_words(link->vouch),
			   strcmp(approved, link->seen_sha256) == 0 ? "; you have approved it" : "");
		line(sheet, "", text);
	}
	probe_fingerprint(approved, fingerprint);
	if (strcmp(approved, link->seen_sha256) != 0)
		line(sheet, "Approved", fingerprint);
}

static void
print_link(const struct sheet *sheet)
{
	const struct msg_printer_link *link = &sheet->printer->link;
	char text[STAT_WORDS_BYTES], sentence[STAT_PROBLEM_BYTES], remedy[STAT_PROBLEM_BYTES];
	bool fine = sheet->printer->has_link && link->online && link->fault[0] == '\0';

	heading(sheet, "Link");
	stat_words_link(sheet->printer, text);
	fprintf(sheet->show->out, LABEL, "Phase");
	show_text(sheet->show, fine ? TONE_GOOD : link->online ? TONE_WARN : TONE_BAD, text);
	fputc('\n', sheet->show->out);
	if (link->fault[0] == '\0')
		line(sheet, "", link->sentence);
	for (size_t i = 0; stat_words_problem(sheet->printer, i, sentence, remedy); i++) {
		line(sheet, i == 0 ? "Problem" : "", sentence);
		line(sheet, "What to do", remedy);
	}
	if (!sheet->printer->has_link)
		return;
	print_link_times(sheet, link);
	print_certificate(sheet, link);
}

/* -- job ------------------------------------------------------------------------------------------ */

static void
print_job(const struct sheet *sheet)
{
	const json_t *stat = sheet->stat;
	char text[STAT_WORDS_BYTES], words[SHOW_WORDS_BYTES];
	double minutes = stat_number(stat, "times.remainingMinutes");
	double percent = stat_number(stat, "speed.percent");
	const char *name = stat_text(stat, "job.name"), *file = stat_text(stat, "file");

	stat_words_state(stat, text);
	line(sheet, "State", text);
	line(sheet, "Stage", stat_text(stat, "stage.words"));
	line(sheet, "Job", name[0] != '\0' ? name : file);
	line(sheet, "File", name[0] != '\0' && strcmp(name, file) != 0 ? file : "");
	stat_words_progress(stat, false, text);
	line(sheet, "Progress", text);
	if (minutes > 0) {
		show_duration((int64_t)minutes * 60000, words);
		line(sheet, "Remaining", words);
	}
	str_format(text, sizeof text, "%s (%.0f %%)", stat_text(stat, "speed.words"), percent);
	line(sheet, "Speed", isnan(percent) ? stat_text(stat, "speed.words") : text);
}

/* -- heat and nozzles ----------------------------------------------------------------------------- */

static const char *
side_of(const json_t *stat, double extruder)
{
	const json_t *list = stat_at(stat, "extruders");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (stat_number(json_array_get(list, i), "id") == extruder)
			return stat_text(json_array_get(list, i), "side");
	return "";
}

static void
print_heat(const struct sheet *sheet)
{
	const json_t *nozzles = stat_at(sheet->stat, "temperatures.nozzles");
	char text[STAT_WORDS_BYTES], label[40];

	stat_words_heat(stat_at(sheet->stat, "temperatures.nozzle"), sheet->degree, text);
	if (json_array_size(nozzles) < 2)
		line(sheet, "Nozzle", text);
	for (size_t i = 0; json_array_size(nozzles) > 1 && i < json_array_size(nozzles); i++) {
		const json_t *nozzle = json_array_get(nozzles, i);
		str_format(label, sizeof label, "Nozzle %s", side_of(sheet->stat, stat_number(nozzle, "extruder")));
		stat_words_heat(nozzle, sheet->degree, text);
		line(sheet, label, text);
	}
	stat_words_heat(stat_at(sheet->stat, "temperatures.bed"), sheet->degree, text);
	line(sheet, "Bed", text);
	stat_words_heat(stat_at(sheet->stat, "temperatures.chamber"), sheet->degree, text);
	line(sheet, "Chamber", text);
}

static void
print_nozzles(const struct sheet *sheet)
{
	const json_t *nozzles = stat_at(sheet->stat, "nozzles");
	char text[300] = "", one[100], type[50];

	for (size_t i = 0; i < json_array_size(nozzles); i++) {
		const json_t *nozzle = json_array_get(nozzles, i);
		double diameter = stat_number(nozzle, "diameterMm");
		str_format(type, sizeof type, "%s", stat_text(nozzle, "type"));
		str_format(one, sizeof one, "%.2g mm%s%s", diameter, type[0] != '\0' ? " " : "", type);
		add(text, sizeof text, ", ", isnan(diameter) ? type : one);
	}
	if (text[0] == '\0' && stat_text(sheet->stat, "nozzleDiameter")[0] != '\0')
		str_format(text, sizeof text, "%s mm %s", stat_text(sheet->stat, "nozzleDiameter"),
			   stat_text(sheet->stat, "nozzleType"));
	line(sheet, "Nozzles", text);
}

/* -- filament ------------------------------------------------------------------------------------- */

/* An external spool of which nothing is known is most likely none. */
static bool
is_bare(const json_t *slot)
{
	return stat_text(slot, "fill")[0] == '\0' && stat_text(slot, "material")[0] == '\0' &&
	       !stat_true(slot, "active");
}

static void
slot_row(struct show_table *table, const char *label, const json_t *slot)
{
	double left = stat_number(slot, "remainPercent");
	const char *brand = stat_text(slot, "brand"), *material = stat_text(slot, "material");
	const char *fill = stat_text(slot, "fill");
	const char *color = filament_color_name(stat_text(slot, "color"));
	char text[64];

	show_table_cell(table, TONE_PLAIN, label);
	show_table_cell(table, TONE_PLAIN, brand[0] != '\0' ? brand : material[0] != '\0' ? material : "-");
	show_table_cell(table, TONE_PLAIN, color[0] != '\0' ? color : "-");
	str_format(text, sizeof text, "%.0f %%", left);
	show_table_cell(table, TONE_PLAIN, isnan(left) ? "-" : text);
	str_format(text, sizeof text, "%.30s%s", fill[0] != '\0' ? fill : "-", stat_true(slot, "active") ? ", in use" : "");
	show_table_cell(table, stat_true(slot, "active") ? TONE_GOOD : TONE_PLAIN, text);
}

/* "AMS 1 (AMS 2 Pro): humidity 3 of 5 (24 %), 28.5 °C, drying for 2 h" */
static void
describe_unit(const struct sheet *sheet, const json_t *unit, char *ret_text, size_t cap)
{
	double index = stat_number(unit, "humidityIndex"), percent = stat_number(unit, "humidityPercent");
	double heat = stat_number(unit, "temperatureCelsius"), drying = stat_number(unit, "drying.remainingMinutes");
	char one[80], words[SHOW_WORDS_BYTES], facts[240] = "";

	str_format(one, sizeof one, "dryness %.0f of 5", index);
	add(facts, sizeof facts, ", ", isnan(index) ? "" : one);
	str_format(one, sizeof one, "%.0f %% humidity", percent);
	add(facts, sizeof facts, ", ", isnan(percent) ? "" : one);
	str_format(one, sizeof one, "%.1f%s", heat, sheet->degree);
	add(facts, sizeof facts, ", ", isnan(heat) ? "" : one);
	if (drying > 0) {
		show_duration((int64_t)drying * 60000, words);
		str_format(one, sizeof one, "drying for another %s", words);
		add(facts, sizeof facts, ", ", one);
	}
	str_format(ret_text, cap, "%s (%s)%s%s", stat_text(unit, "label"), stat_text(unit, "kindName"),
		   facts[0] != '\0' ? ": " : "", facts);
}

static void
print_filament(const struct sheet *sheet)
{
	static const char *const heads[] = { "  SLOT", "FILAMENT", "COLOUR", "LEFT", "STATE" };
	const json_t *units = stat_at(sheet->stat, "ams"), *externals = stat_at(sheet->stat, "externalSpools");
	char text[400], label[32];

	if (json_array_size(units) + json_array_size(externals) == 0)
		return;
	heading(sheet, "Filament");
	for (size_t i = 0; i < json_array_size(units); i++) {
		describe_unit(sheet, json_array_get(units, i), text, sizeof text);
		fputs("  ", sheet->show->out);
		show_wrapped(sheet->show, 4, 2, text);
	}
	struct show_table *table = show_table_new(sheet->show, heads, STR_ARRAY_LEN(heads));
	for (size_t i = 0; i < json_array_size(units); i++) {
		const json_t *unit = json_array_get(units, i), *slots = json_object_get(unit, "slots");
		for (size_t j = 0; j < json_array_size(slots); j++) {
			double id = stat_number(json_array_get(slots, j), "id");
			str_format(label, sizeof label, "  %.20s/%.0f", stat_text(unit, "label"),
				   isnan(id) ? (double)j + 1 : id + 1);
			slot_row(table, label, json_array_get(slots, j));
		}
	}
	for (size_t i = 0; i < json_array_size(externals); i++) {
		if (is_bare(json_array_get(externals, i)))
			continue;
		str_format(label, sizeof label, json_array_size(externals) > 1 ? "  external %zu" : "  external", i + 1);
		slot_row(table, label, json_array_get(externals, i));
	}
	show_table_print(table);
	show_table_free(table);
}

/* -- health and the machine ----------------------------------------------------------------------- */

static void
print_health(const struct sheet *sheet)
{
	const json_t *list = stat_at(sheet->stat, "hms");
	char text[900];

	if (json_array_size(list) == 0)
		return;
	heading(sheet, "Messages of the printer");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *hms = json_array_get(list, i);
		str_format(text, sizeof text, "%s: %s (%s)%s%s", stat_text(hms, "severity"), stat_text(hms, "message"),
			   stat_text(hms, "code"), stat_text(hms, "remedy")[0] != '\0' ? " " : "", stat_text(hms, "remedy"));
		fputs("  ", sheet->show->out);
		show_wrapped(sheet->show, 4, 2, text);
		if (stat_text(hms, "link")[0] != '\0')
			show_wrapped(sheet->show, 4, 0, stat_text(hms, "link"));
	}
}

/* A printer on a cable says so all the time that its Wi-Fi has -90 dBm. */
#define WIFI_ON_CABLE (-90)

static const char *
wifi_words(double dbm, const struct model *model)
{
	if (model->has_ethernet && lrint(dbm) == WIFI_ON_CABLE)
		return "none, or very weak: it says so when it is on a cable";
	return dbm >= -60 ? "strong" : dbm >= -70 ? "fair" : dbm >= -80 ? "weak" : "very weak";
}

static void
print_machine(const struct sheet *sheet)
{
	const json_t *stat = sheet->stat;
	const char *told = stat_text(stat, "developerMode"), *update = stat_text(stat, "upgrade.status");
	double wifi = stat_number(stat, "wifiDbm"), percent = stat_number(stat, "upgrade.percent");
	char text[200];

	heading(sheet, "Machine");
	line(sheet, "Firmware", stat_text(stat, "firmware"));
	str_format(text, sizeof text, "was %s until lately", stat_text(stat, "previousFirmware"));
	line(sheet, "", stat_text(stat, "previousFirmware")[0] != '\0' ? text : "");
	str_format(text, sizeof text, "%s, %.0f %%", update, percent);
	line(sheet, "Update", strcmp(update, "IDLE") == 0 || percent >= 100 ? "" : isnan(percent) ? update : text);
	str_format(text, sizeof text, "%.0f dBm (%s)", wifi, wifi_words(wifi, model_by_key(stat_text(stat, "model.key"))));
	line(sheet, "Wi-Fi", isnan(wifi) ? "" : text);
	line(sheet, "Storage", stat_text(stat, "storage"));
	line(sheet, "Developer", told[0] == '\0' ? "" : strcmp(told, "on") == 0 ? "Developer Mode is on"
									       : "Developer Mode is off");
	line(sheet, "Door", stat_text(stat, "door"));
	line(sheet, "Lid", stat_text(stat, "lid"));
}

static void
print_sheet(const struct ctl *ctl, const struct farm_printer *printer)
{
	struct sheet sheet = {
		.show = &ctl->show,
		.printer = printer,
		.stat = printer->stat,
		.degree = ctl->show.ascii ? " C" : " \xc2\xb0""C",
		.now_ms = ctl->now_ms,
	};

	print_record(&sheet);
	print_link(&sheet);
	heading(&sheet, "State");
	if (stat_text(sheet.stat, "receivedAt")[0] == '\0') {
		line(&sheet, "State", "nothing was told yet");
		return;
	}
	print_job(&sheet);
	print_heat(&sheet);
	print_nozzles(&sheet);
	print_filament(&sheet);
	print_health(&sheet);
	print_machine(&sheet);
}

enum outcome
command_printer_show(struct ctl *ctl)
{
	struct farm farm;
	struct farm_printer *printer;
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_ALL, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, farm_json(printer), false);
	else
		print_sheet(ctl, printer);
	farm_free(&farm);
	return OUTCOME_DONE;
}
