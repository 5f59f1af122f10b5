/*
 * printers: one row a printer, and below it what is wrong with it.
 */
#include <string.h>

#include "common/str.h"
#include "fusectl/farm.h"
#include "fusectl/stat_words.h"

#define PROBLEMS_SHOWN 2

static enum show_tone
tone_of_link(const struct farm_printer *printer)
{
	if (printer->has_link && printer->link.online)
		return printer->link.stale || printer->link.fault[0] != '\0' ? TONE_WARN : TONE_GOOD;
	return printer->has_link && printer->link.fault[0] != '\0' ? TONE_BAD : TONE_WARN;
}

static void
add_problems(struct show_table *table, const struct farm_printer *printer)
{
	char sentence[STAT_PROBLEM_BYTES], remedy[STAT_PROBLEM_BYTES], text[2 * STAT_PROBLEM_BYTES];
	size_t more = 0;

	for (size_t i = 0; stat_words_problem(printer, i, sentence, remedy); i++) {
		if (i >= PROBLEMS_SHOWN) {
			more++;
			continue;
		}
		str_format(text, sizeof text, "%s%s%s", sentence, remedy[0] != '\0' ? " " : "", remedy);
		show_table_note(table, text);
	}
	str_format(text, sizeof text, "And %zu more: fusectl printer show %s", more, printer->record.serial);
	if (more > 0)
		show_table_note(table, text);
}

static void
add_row(struct show_table *table, const struct farm_printer *printer)
{
	const struct msg_printer *record = &printer->record;
	char text[STAT_WORDS_BYTES];

	show_table_cell(table, TONE_STRONG, record->name);
	str_format(text, sizeof text, "%s%s", record->model, record->is_virtual ? ", virtual" : "");
	show_table_cell(table, TONE_PLAIN, text);
	show_table_cell(table, TONE_PLAIN, record->serial);
	show_table_cell(table, TONE_PLAIN, record->address);
	stat_words_link(printer, text);
	show_table_cell(table, tone_of_link(printer), text);
	stat_words_state(printer->stat, text);
	show_table_cell(table, TONE_PLAIN, text);
	stat_words_progress(printer->stat, true, text);
	show_table_cell(table, TONE_PLAIN, text);
	stat_words_temperatures(printer->stat, text);
	show_table_cell(table, TONE_PLAIN, text);
	add_problems(table, printer);
}

static void
print_table(const struct ctl *ctl, const struct farm *farm)
{
	static const char *const heads[] = { "NAME", "MODEL", "SERIAL",	  "ADDRESS",
					     "LINK", "STATE", "PROGRESS", "NOZZLE/BED/CHAMBER" };
	static const size_t spare[] = { 3, 2, 1 };
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));

	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < farm->count; i++)
		add_row(table, &farm->rows[i]);
	show_table_print(table);
	show_table_free(table);
}

enum outcome
command_printers(struct ctl *ctl)
{
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, FARM_ALL, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl)) {
		json_t *list = json_array();
		for (size_t i = 0; i < farm.count; i++)
			json_array_append_new(list, farm_json(&farm.rows[i]));
		ctl_print_json(stdout, json_pack("{s:o}", "printers", list), false);
	} else if (farm.count == 0) {
		show_wrapped(&ctl->show, 0, 0, "No printer is added yet. To add one: fusectl printer add --address ADDRESS");
	} else {
		print_table(ctl, &farm);
	}
	farm_free(&farm);
	return OUTCOME_DONE;
}
