/*
 * stat_words: one small question each.
 */
#include "fusectl/stat_words.h"

#include <math.h>
#include <string.h>

#include "common/str.h"
#include "ipc/terms.h"

static const struct { const char *state, *words; } states[] = {
	{ "IDLE", "idle" },	 { "PREPARE", "preparing" }, { "RUNNING", "printing" }, { "PAUSE", "paused" },
	{ "FINISH", "finished" }, { "FAILED", "failed" },    { "SLICING", "slicing" },	{ "INIT", "starting" },
	{ "OFFLINE", "offline" },
};

void
stat_words_state(const json_t *stat, char ret_text[STAT_WORDS_BYTES])
{
	const char *state = stat_text(stat, "state"), *words = state;

	for (size_t i = 0; i < STR_ARRAY_LEN(states); i++)
		if (strcmp(states[i].state, state) == 0)
			words = states[i].words;
	if (strcmp(state, "RUNNING") == 0 && stat_true(stat, "preparing"))
		words = "preparing";
	if (words[0] == '\0')
		str_copy(ret_text, STAT_WORDS_BYTES, "-");
	else
		str_format(ret_text, STAT_WORDS_BYTES, stat_true(stat, "isOnline") ? "%.40s" : "(%.40s)", words);
}

static bool
is_printing(const json_t *stat)
{
	const char *state = stat_text(stat, "state");

	return strcmp(state, "RUNNING") == 0 || strcmp(state, "PAUSE") == 0 || strcmp(state, "PREPARE") == 0;
}

void
stat_words_progress(const json_t *stat, bool brief, char ret_text[STAT_WORDS_BYTES])
{
	double percent = stat_number(stat, "progressPercent");
	double layer = stat_number(stat, "layers.current"), layers = stat_number(stat, "layers.total");
	size_t used;

	str_copy(ret_text, STAT_WORDS_BYTES, "-");
	if (!is_printing(stat))
		return;
	if (!isnan(percent))
		str_format(ret_text, STAT_WORDS_BYTES, "%.0f %%", percent);
	used = isnan(percent) ? 0 : strlen(ret_text);
	if (layers > 0 && layer >= 0)
		str_format(ret_text + used, STAT_WORDS_BYTES - used, brief ? "%s%.0f/%.0f" : "%slayer %.0f of %.0f",
			   used == 0 ? "" : brief ? " " : ", ", layer, layers);
}

static void
add_whole(char *text, const char *separator, double number)
{
	size_t used = strlen(text);

	if (isnan(number))
		str_format(text + used, STAT_WORDS_BYTES - used, "%s-", separator);
	else
		str_format(text + used, STAT_WORDS_BYTES - used, "%s%.0f", separator, number);
}

void
stat_words_temperatures(const json_t *stat, char ret_text[STAT_WORDS_BYTES])
{
	ret_text[0] = '\0';
	add_whole(ret_text, "", stat_number(stat, "temperatures.nozzle.actualCelsius"));
	add_whole(ret_text, "/", stat_number(stat, "temperatures.bed.actualCelsius"));
	add_whole(ret_text, "/", stat_number(stat, "temperatures.chamber.actualCelsius"));
	if (strcmp(ret_text, "-/-/-") == 0)
		str_copy(ret_text, STAT_WORDS_BYTES, "-");
}

void
stat_words_heat(const json_t *temperature, const char *degree, char ret_text[STAT_WORDS_BYTES])
{
	double actual = stat_number(temperature, "actualCelsius"), target = stat_number(temperature, "targetCelsius");

	if (isnan(actual))
		str_copy(ret_text, STAT_WORDS_BYTES, "-");
	else if (isnan(target))
		str_format(ret_text, STAT_WORDS_BYTES, "%.1f%s", actual, degree);
	else if (target > 0)
		str_format(ret_text, STAT_WORDS_BYTES, "%.1f of %.0f%s", actual, target, degree);
	else
		str_format(ret_text, STAT_WORDS_BYTES, "%.1f%s, heater off", actual, degree);
}

void
stat_words_link(const struct farm_printer *printer, char ret_text[STAT_WORDS_BYTES])
{
	bool runs = !printer->has_worker || printer->worker.state == LIFE_UP || printer->worker.state == LIFE_STARTING;

	if (!runs)
		str_copy(ret_text, STAT_WORDS_BYTES, life_state_name(printer->worker.state));
	else if (!printer->has_link)
		str_copy(ret_text, STAT_WORDS_BYTES, printer->has_worker ? "starting" : "-");
	else if (printer->link.stale && printer->link.online)
		str_copy(ret_text, STAT_WORDS_BYTES, "stale");
	else
		str_copy(ret_text, STAT_WORDS_BYTES, printer->link.phase);
}

/* -- problems ------------------------------------------------------------------------------------------------ */

static bool
is_grave(const json_t *hms)
{
	const char *severity = stat_text(hms, "severity");

	return strcmp(severity, "fatal") == 0 || strcmp(severity, "serious") == 0;
}

/* The graver ones of the health messages, by number. */
static const json_t *
grave_hms(const json_t *stat, size_t index)
{
	const json_t *list = stat_at(stat, "hms");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (is_grave(json_array_get(list, i)) && index-- == 0)
			return json_array_get(list, i);
	return NULL;
}

/* The link's own problems; PRINTER_LINK has the worst of them even when no state was told. */
static bool
link_problem(const struct farm_printer *printer, size_t index, char *ret_sentence, char *ret_remedy)
{
	const json_t *problem = json_array_get(stat_at(printer->stat, "link.problems"), index);

	if (index == 0 && printer->has_link && printer->link.fault[0] != '\0') {
		str_copy(ret_sentence, STAT_PROBLEM_BYTES, printer->link.sentence);
		str_copy(ret_remedy, STAT_PROBLEM_BYTES, printer->link.remedy);
		return true;
	}
	str_copy(ret_sentence, STAT_PROBLEM_BYTES, stat_text(problem, "sentence"));
	str_copy(ret_remedy, STAT_PROBLEM_BYTES, stat_text(problem, "remedy"));
	return problem != NULL;
}

static bool
worker_problem(const struct farm_printer *printer, char *ret_sentence, char *ret_remedy)
{
	const struct msg_proc_status *worker = &printer->worker;

	if (!printer->has_worker || (worker->state != LIFE_HELD && worker->state != LIFE_BACKOFF))
		return false;
	str_format(ret_sentence, STAT_PROBLEM_BYTES, "Its process is %s: it %s.", life_state_name(worker->state),
		   worker->obituary);
	str_format(ret_remedy, STAT_PROBLEM_BYTES, "To try it now: fusectl retry worker/%s", printer->record.serial);
	return true;
}

static bool
health_problem(const json_t *health, char *ret_sentence, char *ret_remedy)
{
	if (!json_is_object(health))
		return false;
	str_format(ret_sentence, STAT_PROBLEM_BYTES, "%s (%s)", stat_text(health, "message"), stat_text(health, "code"));
	str_copy(ret_remedy, STAT_PROBLEM_BYTES, stat_text(health, "remedy"));
	return true;
}

bool
stat_words_problem(const struct farm_printer *printer, size_t index, char *ret_sentence, char *ret_remedy)
{
	const json_t *error = stat_at(printer->stat, "printError");
	size_t links = json_array_size(stat_at(printer->stat, "link.problems"));

	if (links == 0 && printer->has_link && printer->link.fault[0] != '\0')
		links = 1;
	if (worker_problem(printer, ret_sentence, ret_remedy) && index-- == 0)
		return true;
	if (index < links)
		return link_problem(printer, index, ret_sentence, ret_remedy);
	index -= links;
	if (json_is_object(error) && index-- == 0)
		return health_problem(error, ret_sentence, ret_remedy);
	return health_problem(grave_hms(printer->stat, index), ret_sentence, ret_remedy);
}
