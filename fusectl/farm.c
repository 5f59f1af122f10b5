/*
 * farm: fetched by RECALL, one kind after the other, and put together by serial number.
 */
#include "fusectl/farm.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

#include "common/miniobj.h"
#include "common/str.h"

#define CANDIDATES_MAX 8 /* that are named when a word means several */

static void
take_record(void *arg, const void *message)
{
	struct farm *farm = arg;

	if (farm->count == farm->cap) {
		farm->cap = farm->cap ? 2 * farm->cap : 64;
		farm->rows = reallocarray(farm->rows, farm->cap, sizeof *farm->rows);
		ENSURE(farm->rows != NULL);
	}
	struct farm_printer *printer = &farm->rows[farm->count++];
	memset(printer, 0, sizeof *printer);
	memcpy(&printer->record, message, sizeof printer->record);
}

static void
take_link(void *arg, const void *message)
{
	const struct msg_printer_link *link = message;
	struct farm_printer *printer = farm_peek(arg, link->serial);

	if (printer == NULL)
		return;
	printer->link = *link;
	printer->has_link = true;
}

static void
take_state(void *arg, const void *message)
{
	const struct msg_printer_state *state = message;
	struct farm_printer *printer = farm_peek(arg, state->serial);

	if (printer == NULL)
		return;
	json_decref(printer->stat);
	printer->stat = json_loadb((const char *)state->json.bytes, state->json.len, 0, NULL);
}

static void
take_worker(void *arg, const void *message)
{
	const struct msg_proc_status *proc = message;
	struct farm_printer *printer = proc->role == ROLE_WORKER ? farm_peek(arg, proc->entry) : NULL;

	if (printer == NULL)
		return;
	printer->worker = *proc;
	printer->has_worker = true;
}

static int
by_name(const void *left, const void *right)
{
	const struct farm_printer *a = left, *b = right;
	int order = strcasecmp(a->record.name, b->record.name);

	return order != 0 ? order : strcmp(a->record.serial, b->record.serial);
}

enum outcome
farm_fetch(struct ctl *ctl, unsigned parts, struct farm *ret_farm)
{
	*ret_farm = (struct farm){ 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_PRINTER, take_record, ret_farm);
	if (ret_farm->count > 1)
		qsort(ret_farm->rows, ret_farm->count, sizeof *ret_farm->rows, by_name);
	if (outcome == OUTCOME_DONE && (parts & FARM_WORKERS))
		outcome = ctl_recall(ctl, MESSAGE_PROC_STATUS, take_worker, ret_farm);
	if (outcome == OUTCOME_DONE && (parts & FARM_LINKS))
		outcome = ctl_recall(ctl, MESSAGE_PRINTER_LINK, take_link, ret_farm);
	if (outcome == OUTCOME_DONE && (parts & FARM_STATES))
		outcome = ctl_recall(ctl, MESSAGE_PRINTER_STATE, take_state, ret_farm);
	if (outcome != OUTCOME_DONE)
		farm_free(ret_farm);
	return outcome;
}

void
farm_free(struct farm *farm)
{
	for (size_t i = 0; i < farm->count; i++)
		json_decref(farm->rows[i].stat);
	free(farm->rows);
	*farm = (struct farm){ 0 };
}

struct farm_printer *
farm_peek(const struct farm *farm, const char *serial)
{
	for (size_t i = 0; i < farm->count; i++)
		if (strcmp(farm->rows[i].record.serial, serial) == 0)
			return &farm->rows[i];
	return NULL;
}

/* -- which one is meant ------------------------------------------------------------------------------- */

/* The next character in lower case; a byte that is no character in this locale is itself. */
static wint_t
next_folded(const char **at)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t bytes = mbrtowc(&wide, *at, strlen(*at), &state);

	if (bytes == 0 || bytes > strlen(*at)) {
		wide = (unsigned char)**at;
		bytes = 1;
	}
	*at += bytes;
	return towlower((wint_t)wide);
}

static bool
is_same_folded(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0')
		if (next_folded(&a) != next_folded(&b))
			return false;
	return *a == *b;
}

static bool
is_serial(const struct farm_printer *printer, const char *word)
{
	return strcasecmp(printer->record.serial, word) == 0;
}

static bool
is_name(const struct farm_printer *printer, const char *word)
{
	return strcmp(printer->record.name, word) == 0;
}

static bool
begins_serial(const struct farm_printer *printer, const char *word)
{
	return strncasecmp(printer->record.serial, word, strlen(word)) == 0;
}

static bool
is_folded_name(const struct farm_printer *printer, const char *word)
{
	return is_same_folded(printer->record.name, word);
}

typedef bool match_fn(const struct farm_printer *printer, const char *word);

static enum outcome
say_ambiguous(const struct farm *farm, match_fn *match, const char *word, struct failure *failure)
{
	size_t named = 0, more = 0;

	failure_say(failure, OUTCOME_USAGE, "'%s' means several printers:", word);
	for (size_t i = 0; i < farm->count; i++) {
		const struct msg_printer *record = &farm->rows[i].record;
		if (!match(&farm->rows[i], word))
			continue;
		if (named++ < CANDIDATES_MAX)
			failure_add(failure, "%s %s (%s)", named > 1 ? "," : "", record->serial, record->name);
		else
			more++;
	}
	if (more > 0)
		failure_add(failure, " and %zu more", more);
	failure_add(failure, ".");
	failure_remedy(failure, "Name it by its serial number.");
	return OUTCOME_USAGE;
}

static enum outcome
say_not_there(const struct farm *farm, const char *word, struct failure *failure)
{
	const struct farm_printer *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < farm->count; i++) {
		const struct msg_printer *record = &farm->rows[i].record;
		size_t name = str_distance(record->name, word), serial = str_distance(record->serial, word);
		size_t distance = name < serial ? name : serial;
		if (distance < least) {
			least = distance;
			nearest = &farm->rows[i];
		}
	}
	failure_say(failure, OUTCOME_NOT_FOUND, "There is no printer '%s'.", word);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean %s (%s)?", nearest->record.name, nearest->record.serial);
	else if (farm->count == 0)
		failure_remedy(failure, "None is added yet: fusectl printer add --address ADDRESS");
	else
		failure_remedy(failure, "`fusectl printers` lists them.");
	return OUTCOME_NOT_FOUND;
}

enum outcome
farm_find(const struct farm *farm, const char *word, struct farm_printer **ret_printer, struct failure *failure)
{
	static match_fn *const matches[] = { is_serial, is_name, is_folded_name, begins_serial };

	*ret_printer = NULL;
	for (size_t m = 0; m < STR_ARRAY_LEN(matches) && word[0] != '\0'; m++) {
		size_t found = 0;
		for (size_t i = 0; i < farm->count; i++) {
			if (!matches[m](&farm->rows[i], word))
				continue;
			*ret_printer = &farm->rows[i];
			found++;
		}
		if (found == 1)
			return OUTCOME_DONE;
		*ret_printer = NULL;
		if (found > 1)
			return say_ambiguous(farm, matches[m], word, failure);
	}
	return say_not_there(farm, word, failure);
}

enum outcome
farm_fetch_one(struct ctl *ctl, const char *word, unsigned parts, struct farm *ret_farm,
	       struct farm_printer **ret_printer)
{
	enum outcome outcome = farm_fetch(ctl, parts, ret_farm);

	*ret_printer = NULL;
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = farm_find(ret_farm, word, ret_printer, &ctl->failure);
	if (outcome != OUTCOME_DONE)
		farm_free(ret_farm);
	return outcome;
}

enum outcome
farm_question(const struct farm_printer *printer, enum message number, struct client_question *ret_question,
	      struct failure *failure)
{
	*ret_question = (struct client_question){ .to = ROLE_WORKER, .to_slot = (uint16_t)printer->worker.slot,
						  .number = number, .watch_fd = -1, .fd = -1 };
	if (printer->has_worker)
		return OUTCOME_DONE;
	failure_say(failure, OUTCOME_UNREACHABLE, "The process that serves %s has not been started yet.",
		    printer->record.name);
	failure_remedy(failure, "`fusectl ps` shows it; try again in a moment.");
	return OUTCOME_UNREACHABLE;
}
