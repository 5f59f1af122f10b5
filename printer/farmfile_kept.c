/*
 * farmfile_kept: a file's rows against the printers that are kept, and as requests to stored.
 */
#include <string.h>

#include "common/str.h"
#include "ipc/terms.h"
#include "printer/farmfile_inner.h"

struct kept {
	const struct msg_printer *const *printers;
	size_t count;
};

static const struct msg_printer *
find_serial(const struct kept *kept, const char *serial)
{
	for (size_t i = 0; i < kept->count; i++)
		if (strcmp(kept->printers[i]->serial, serial) == 0)
			return kept->printers[i];
	return NULL;
}

static uint32_t
mqtt_port(const struct msg_printer *printer)
{
	return printer == NULL || printer->mqtt_port == 0 ? PRINTER_MQTT_PORT : printer->mqtt_port;
}

/* Who else is kept with the row's address, and the port that `mine` has (NULL: the standard one). */
static const struct msg_printer *
find_neighbour(const struct kept *kept, const struct farmfile_row *row, const struct msg_printer *mine)
{
	for (size_t i = 0; i < kept->count; i++) {
		const struct msg_printer *printer = kept->printers[i];
		if (printer != mine && strcmp(printer->address, row->address) == 0 &&
		    mqtt_port(printer) == mqtt_port(mine))
			return printer;
	}
	return NULL;
}

/* -- a printer that is kept ---------------------------------------------------------------------------- */

static const struct { unsigned field; const char *words; } changes[] = {
	{ PRINTER_FIELD_NAME, "another name" },
	{ PRINTER_FIELD_ADDRESS, "another address" },
	{ PRINTER_FIELD_ACCESS_CODE, "an access code" },
};

static void
say_changes(struct farmfile_row *row, const struct msg_printer *mine)
{
	char list[80] = "";

	for (size_t i = 0; i < STR_ARRAY_LEN(changes); i++) {
		size_t used = strlen(list);
		if (row->changes & 1u << changes[i].field)
			str_format(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", changes[i].words);
	}
	farmfile_judge(row, FARMFILE_CHANGES, "It is added already, as %s; the file has %s for it.", mine->name, list);
}

/* The field that is given and is not the kept one; one that is not given becomes the kept one, to be shown. */
static void
compare_field(struct farmfile_row *row, char *given, size_t cap, const char *now, enum printer_field field)
{
	if (given[0] == '\0')
		str_copy(given, cap, now);
	else if (strcmp(given, now) != 0)
		row->changes |= 1u << field;
}

static void
compare_with_mine(const struct kept *kept, struct farmfile_row *row, const struct msg_printer *mine, bool only_code)
{
	if (only_code) {
		str_copy(row->name, sizeof row->name, mine->name);
		str_copy(row->address, sizeof row->address, mine->address);
	}
	str_copy(row->model, sizeof row->model, mine->model);
	compare_field(row, row->name, sizeof row->name, mine->name, PRINTER_FIELD_NAME);
	compare_field(row, row->address, sizeof row->address, mine->address, PRINTER_FIELD_ADDRESS);
	if (row->access_code.len_bytes > 0)
		row->changes |= 1u << PRINTER_FIELD_ACCESS_CODE;
	const struct msg_printer *neighbour = NULL;
	if (row->changes & 1u << PRINTER_FIELD_ADDRESS)
		neighbour = find_neighbour(kept, row, mine);
	if (neighbour != NULL) {
		row->changes = 0;
		farmfile_judge(row, FARMFILE_ERROR, "Its address is that of %s.", neighbour->name);
	} else if (row->changes != 0)
		say_changes(row, mine);
	else
		farmfile_judge(row, FARMFILE_UNCHANGED, "It is added already, as %s, and the file says nothing new of it.",
			       mine->name);
}

/* -- a new one -------------------------------------------------------------------------------------------- */

static void
compare_as_new(const struct kept *kept, struct farmfile_row *row)
{
	const struct msg_printer *neighbour = find_neighbour(kept, row, NULL);
	struct complaint complaint;

	if (row->name[0] == '\0')
		printer_rules_name("", row->model, row->serial, row->name, &complaint);
	if (row->address[0] == '\0')
		farmfile_judge(row, FARMFILE_ERROR, "The file has no address for it; search the network for it.");
	else if (neighbour != NULL)
		farmfile_judge(row, FARMFILE_ERROR, "Its address is that of %s.", neighbour->name);
}

void
farmfile_compare(struct farmfile *file, const struct msg_printer *const *kept, size_t count)
{
	const struct kept all = { kept, count };

	for (size_t i = 0; i < file->count; i++) {
		struct farmfile_row *row = &file->rows[i];
		if (row->verdict != FARMFILE_VALID)
			continue;
		const struct msg_printer *mine = find_serial(&all, row->serial);
		if (mine != NULL)
			compare_with_mine(&all, row, mine, file->use == FARMFILE_CODES);
		else if (file->use == FARMFILE_CODES)
			farmfile_judge(row, FARMFILE_ERROR, "There is no printer with this serial number.");
		else
			compare_as_new(&all, row);
	}
	farmfile_count_verdicts(file);
}

/* -- as requests --------------------------------------------------------------------------------------------- */

void
farmfile_to_add(const struct farmfile_row *row, struct msg_printer_add *ret_add)
{
	struct msg_printer_add *add = ret_add;

	memset(add, 0, sizeof *add);
	str_copy(add->serial, sizeof add->serial, row->serial);
	str_copy(add->name, sizeof add->name, row->name);
	str_copy(add->address, sizeof add->address, row->address);
	str_copy(add->model, sizeof add->model, row->model);
	add->access_code = row->access_code;
}

void
farmfile_to_edit(const struct farmfile_row *row, struct msg_printer_edit *ret_edit)
{
	struct msg_printer_edit *edit = ret_edit;

	memset(edit, 0, sizeof *edit);
	str_copy(edit->serial, sizeof edit->serial, row->serial);
	edit->changes = row->changes;
	if (row->changes & 1u << PRINTER_FIELD_NAME)
		str_copy(edit->name, sizeof edit->name, row->name);
	if (row->changes & 1u << PRINTER_FIELD_ADDRESS)
		str_copy(edit->address, sizeof edit->address, row->address);
	if (row->changes & 1u << PRINTER_FIELD_ACCESS_CODE)
		edit->access_code = row->access_code;
}
