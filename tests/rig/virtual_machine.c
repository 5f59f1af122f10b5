/*
 * virtual_machine: the inside of a virtual printer as a filter, for tests in other languages.
 *
 *	virtual_machine MODEL UNITS < script
 *
 * MODEL is a key of printer/models.def, UNITS a comma-separated list of AMS kinds (ids of printer/state.h; "" none). Each
 * line of the script is a number of milliseconds that pass, "controls " and a change of them, or a payload
 * that comes on the request topic. On its storage lies /cube.gcode.3mf, of ten minutes. What it publishes goes to
 * standard output, a line each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine.h"

static char line[32768], report[MACHINE_REPORT_MAX_BYTES];
static struct plates plates;
static int64_t now_ms = 1000;

static enum machine_file
look(void *arg, const char *path, const struct plates **ret_plates)
{
	(void)arg;
	*ret_plates = &plates;
	return strcmp(path, "/cube.gcode.3mf") == 0 ? MACHINE_FILE_READY : MACHINE_FILE_MISSING;
}

static void
forget(void *arg, const char *path)
{
	(void)arg;
	(void)path;
}

static void
make_plates(void)
{
	struct plate *plate = &plates.plates[0];

	plates.kind = FILE_KIND_THREE_MF;
	plates.plate_count = plates.filament_count = 1;
	str_copy(plates.filaments[0].material, sizeof plates.filaments[0].material, "PLA");
	plate->number = 1;
	plate->seconds = 600;
	plate->layers = 50;
	plate->grams = 20;
	plate->filament_count = 1;
	plate->filaments[0] = (struct plate_filament){ .index = 0, .grams = 20, .meters = 6.6, .nozzle = -1 };
}

static enum ams_kind
kind_of(const char *id)
{
	static const enum ams_kind kinds[] = { AMS_KIND_AMS, AMS_KIND_LITE, AMS_KIND_PRO2, AMS_KIND_HT };

	for (size_t i = 0; i < STR_ARRAY_LEN(kinds); i++)
		if (strcmp(ams_kind_id(kinds[i]), id) == 0)
			return kinds[i];
	fprintf(stderr, "there is no unit %s\n", id);
	exit(64);
}

static void
pass(struct machine *machine, int64_t ms)
{
	for (int64_t end_ms = now_ms + ms; now_ms < end_ms;) {
		int64_t next_ms = machine_deadline_ms(machine);
		now_ms = next_ms <= now_ms ? now_ms + 1 : next_ms < end_ms ? next_ms : end_ms;
		machine_advance(machine, now_ms);
		while (machine_report(machine, now_ms, report) > 0)
			puts(report);
	}
}

static void
ask(struct machine *machine)
{
	char *replies[MACHINE_REPLIES_MAX];
	size_t count = machine_request(machine, line, strlen(line), now_ms, replies);

	for (size_t i = 0; i < count; i++) {
		puts(replies[i]);
		free(replies[i]);
	}
}

static void
turn(struct machine *machine, const char *json)
{
	struct control_change change;
	char sentence[200];

	if (!controls_read(machine_controls(machine), json, strlen(json), &change, sentence, sizeof sentence)) {
		fprintf(stderr, "%s\n", sentence);
		exit(64);
	}
	machine_control(machine, &change, now_ms);
}

int
main(int argc, char **argv)
{
	static const struct machine_duties duties = { look, forget, NULL };
	static const char controls[] = "controls ";
	struct machine_setup setup = { .serial = "01P00A000000001", .name = "Rig", .nozzle = "0.4", .address = 0x0300407f };

	if (argc != 3) {
		fprintf(stderr, "usage: virtual_machine MODEL UNITS < script\n");
		return 64;
	}
	setup.model = model_by_key(argv[1]);
	for (char *id; argv[2] != NULL && argv[2][0] != '\0' && (id = strsep(&argv[2], ",")) != NULL;)
		setup.ams[setup.ams_count++ % STATE_AMS_MAX] = kind_of(id);
	make_plates();
	struct machine *machine = machine_new(&setup, &duties, 7, now_ms);
	if (machine == NULL)
		return 1;
	while (fgets(line, sizeof line, stdin) != NULL) {
		int64_t ms;
		line[strcspn(line, "\n")] = '\0';
		if (str_parse_int(line, 1, 1000000000, &ms))
			pass(machine, ms);
		else if (strncmp(line, controls, sizeof controls - 1) == 0)
			turn(machine, line + sizeof controls - 1);
		else
			ask(machine);
	}
	machine_free(machine);
	return 0;
}
