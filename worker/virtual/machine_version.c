/*
 * machine_version: the answer to get_version: the boards and units of the printer and what runs on them.
 */
#include <string.h>

#include "common/str.h"
#include "worker/virtual/machine_inner.h"

#define FLAG_MAIN 3 /* of the main board, in all samples */
#define UNIT_SERIAL_OWN 10 /* characters of the printer's in that of a unit: the last ones are its own */

struct module_row {
	unsigned styles;
	const char *name, *product, *hardware, *firmware, *loader;
	bool is_visible;
};

static const struct module_row rows[] = {
#define MODULE(...) { __VA_ARGS__ },
#include "worker/virtual/machine_modules.def"
};

static const struct { const char *prefix, *serial_prefix, *product, *hardware, *firmware; } units[] = {
	[AMS_KIND_UNKNOWN] = { "ams", "006", "AMS", "AMS08", "00.01.06.62" },
	[AMS_KIND_AMS] = { "ams", "006", "AMS", "AMS08", "00.01.06.62" },
	[AMS_KIND_LITE] = { "ams_f1", "03C", "AMS Lite", "AMS_F102", "00.00.08.15" },
	[AMS_KIND_PRO2] = { "n3f", "19C", "AMS 2 Pro", "N3F05", "03.00.21.29" },
	[AMS_KIND_HT] = { "n3s", "19F", "AMS HT", "N3S05", "02.00.19.67" },
};

static void
write_module(struct jsonout *out, const struct module_row *row, const char *serial, int flag)
{
	jsonout_open(out, '{');
	jsonout_key(out, "flag");
	jsonout_int(out, flag);
	put_text(out, "hw_ver", row->hardware);
	put_text(out, "loader_ver", row->loader);
	put_text(out, "name", row->name);
	put_text(out, "product_name", row->product);
	put_text(out, "sn", serial);
	put_text(out, "sw_ver", row->firmware);
	jsonout_key(out, "visible");
	jsonout_bool(out, row->is_visible);
	jsonout_close(out, '}');
}

/* Firmware tells the printer by the first of its product names. */
static void
write_main(const struct machine *machine, struct jsonout *out)
{
	const struct model *model = machine->setup.model;
	char product[48];

	str_format(product, sizeof product, "%.*s", (int)strcspn(model->products, ","), model->products);
	struct module_row row = { 0, "ota", product, machine_is_rich(machine) ? "N/A" : "OTA", machine->setup.firmware,
				  "00.00.00.00", true };
	write_module(out, &row, machine->setup.serial, FLAG_MAIN);
}

/* Programs know a unit by its serial number: no two of any printers have the same, and a unit has its own for ever. */
static void
name_unit(const struct machine *machine, const struct machine_unit *unit, char *to, size_t cap)
{
	const char *serial = machine->setup.serial;
	size_t len = strlen(serial);

	str_format(to, cap, "%s%s%02X", units[unit->kind].serial_prefix,
		   len > UNIT_SERIAL_OWN ? serial + len - UNIT_SERIAL_OWN : serial, (unsigned)unit->id);
}

static void
write_unit(const struct machine *machine, const struct machine_unit *unit, struct jsonout *out)
{
	char name[16], product[24], serial[40];
	int number = unit->id >= HT_FIRST ? unit->id - HT_FIRST + 1 : unit->id + 1;

	str_format(name, sizeof name, "%s/%d", units[unit->kind].prefix, (int)unit->id);
	if (unit->kind == AMS_KIND_LITE)
		str_copy(product, sizeof product, units[unit->kind].product);
	else
		str_format(product, sizeof product, "%s (%d)", units[unit->kind].product, number);
	name_unit(machine, unit, serial, sizeof serial);
	struct module_row row = { 0, name, product, units[unit->kind].hardware, units[unit->kind].firmware,
				  "00.00.00.00", true };
	write_module(out, &row, serial, 0);
}

/* The models of one series are built alike, but for the board by which old firmware tells them apart. */
static void
write_built_in(const struct machine *machine, struct module_row row, struct jsonout *out)
{
	const char *boards = machine->setup.model->boards;
	char board[16];

	if (strcmp(row.name, "ap") == 0 && boards != NULL && *boards != '\0') {
		str_format(board, sizeof board, "%.*s", (int)strcspn(boards, ","), boards);
		row.hardware = board;
	}
	write_module(out, &row, machine->setup.serial, 0);
}

void
machine_version_write(const struct machine *machine, struct jsonout *out)
{
	jsonout_open(out, '[');
	write_main(machine, out);
	for (uint32_t i = 0; i < machine->life.unit_count; i++)
		write_unit(machine, &machine->life.units[i], out);
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if ((rows[i].styles & 1u << machine->traits->style) != 0)
			write_built_in(machine, rows[i], out);
	jsonout_close(out, ']');
}
