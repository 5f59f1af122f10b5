/*
 * print: files to printers: into the cache, looked into, a job for each file and printer, and if wanted watched until
 * they have ended.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/cache.h"
#include "fusectl/farm.h"
#include "fusectl/joblist.h"
#include "fusectl/printwords.h"
#include "ipc/terms.h"

#define PRINTERS_MAX 64

struct order {
	struct ctl *ctl;
	struct farm farm;
	const struct farm_printer *printers[PRINTERS_MAX];
	size_t printer_count;
	const char *const *files; /* words */
	size_t file_count;
	struct msg_job_submit submit; /* plate, stage_only, key */
	char *options;		      /* JSON */
	char ids[ARGS_WORDS_MAX * 4][17];
	size_t id_count, refused;
	json_t *results;
	enum outcome worst;
};

/* -- what is wanted ----------------------------------------------------------------------------------------- */

static enum outcome
add_printer(struct order *order, const char *word)
{
	struct farm_printer *printer = NULL;
	enum outcome outcome = farm_find(&order->farm, word, &printer, &order->ctl->failure);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (order->printer_count == PRINTERS_MAX)
		return failure_say(&order->ctl->failure, OUTCOME_USAGE, "At most %d printers at once.", PRINTERS_MAX);
	order->printers[order->printer_count++] = printer;
	return OUTCOME_DONE;
}

/* --to Anna,Berta, or the first word. */
static enum outcome
read_printers(struct order *order)
{
	const struct args *args = &order->ctl->args;
	const char *to = args->values[OPTION_TO];
	char piece[128];

	order->files = args->words;
	order->file_count = args->word_count;
	if (to == NULL) {
		if (args->word_count < 2) {
			failure_say(&order->ctl->failure, OUTCOME_USAGE, "Name the printer, too.");
			failure_remedy(&order->ctl->failure, "For example: %s", args->command->example);
			return OUTCOME_USAGE;
		}
		order->files++;
		order->file_count--;
		return add_printer(order, args->words[0]);
	}
	while (to != NULL) {
		const char *comma = strchr(to, ',');
		str_format(piece, sizeof piece, "%.*s", comma != NULL ? (int)(comma - to) : (int)strlen(to), to);
		enum outcome outcome = add_printer(order, piece);
		if (outcome != OUTCOME_DONE)
			return outcome;
		to = comma != NULL ? comma + 1 : NULL;
	}
	return OUTCOME_DONE;
}

static enum outcome
read_options(struct order *order)
{
	const struct args *args = &order->ctl->args;
	struct failure *failure = &order->ctl->failure;
	json_t *options = json_object(), *mapping = NULL;
	int64_t plate = 1;
	bool fine = false;

	if (args->given[OPTION_PLATE] && !str_parse_int(args->values[OPTION_PLATE], 1, 999, &plate))
		failure_say(failure, OUTCOME_USAGE, "--plate is a number from 1.");
	else if (args->given[OPTION_KEY] && !str_copy(order->submit.key, sizeof order->submit.key, args->values[OPTION_KEY]))
		failure_say(failure, OUTCOME_USAGE, "--key is at most %zu bytes.", sizeof order->submit.key - 1);
	else if (args->given[OPTION_AMS_MAP] && (mapping = printwords_mapping(args->values[OPTION_AMS_MAP], failure)) == NULL)
		; /* said */
	else if (!args->given[OPTION_OPTION] || printwords_options(args->values[OPTION_OPTION], options, failure))
		fine = true;
	order->submit.plate = (uint32_t)plate;
	order->submit.stage_only = args->given[OPTION_STAGE];
	if (mapping != NULL)
		json_object_set_new(options, "amsMapping", mapping);
	if (args->given[OPTION_ANYWAY])
		json_object_set_new(options, "accept", json_pack("[s]", "all"));
	order->options = fine ? json_dumps(options, JSON_COMPACT) : NULL;
	json_decref(options);
	if (fine && strlen(order->options) > 4096)
		return failure_say(failure, OUTCOME_USAGE, "So many options do not fit into a job.");
	return fine ? OUTCOME_DONE : OUTCOME_USAGE;
}

/* -- a file: a path, or one that is kept already -------------------------------------------------------------- */

static enum outcome
get_file(struct order *order, const char *word, struct msg_file *ret_file)
{
	struct ctl *ctl = order->ctl;
	const struct msg_file *kept = NULL;
	struct cache_list list;
	char sha256[65];
	bool was_there;

	if (access(word, F_OK) == 0) {
		enum outcome outcome = cache_add(ctl, word, sha256, &was_there);
		return outcome == OUTCOME_DONE ? cache_wait_checked(ctl, sha256, ret_file) : outcome;
	}
	enum outcome outcome = cache_fetch(ctl, &list);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = cache_find(&list, word, &kept, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		*ret_file = *kept;
	else if (outcome == OUTCOME_NOT_FOUND)
		failure_say(&ctl->failure, OUTCOME_NOT_FOUND, "There is no file %s here, nor in the cache.", word);
	cache_free(&list);
	return outcome;
}

/* -- jobs --------------------------------------------------------------------------------------------------------- */

static void
note_result(struct order *order, const struct msg_file *file, const struct farm_printer *printer, enum outcome outcome,
	    const struct msg_job_submitted *submitted)
{
	struct ctl *ctl = order->ctl;
	bool done = outcome == OUTCOME_DONE;

	order->refused += !done;
	if (!done)
		order->worst = outcome;
	else if (order->id_count < STR_ARRAY_LEN(order->ids))
		str_copy(order->ids[order->id_count++], 17, submitted->id);
	if (ctl_wants_json(ctl)) {
		json_array_append_new(order->results,
				      json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "printer", printer->record.serial, "file",
						file->sha256, "accepted", done, "job",
						done ? ctl_json_text(submitted->id) : json_null(), "sentence",
						ctl_json_text(done ? "" : ctl->failure.sentence), "remedy",
						ctl_json_text(done ? "" : ctl->failure.remedy)));
		return;
	}
	show_text(&ctl->show, TONE_STRONG, printer->record.name);
	fputs("  ", ctl->show.out);
	if (done) {
		show_text(&ctl->show, TONE_GOOD, submitted->id);
		fprintf(ctl->show.out, "  %s", submitted->was_there ? "had been ordered before: " : "");
		show_text(&ctl->show, TONE_PLAIN, file->name);
		fputc('\n', ctl->show.out);
		return;
	}
	show_wrapped(&ctl->show, 2, strlen(printer->record.name) + 2, ctl->failure.sentence);
	if (ctl->failure.remedy[0] != '\0') {
		fputs("  ", ctl->show.out);
		show_wrapped(&ctl->show, 2, 2, ctl->failure.remedy);
	}
}

static enum outcome
order_file(struct order *order, const char *word)
{
	struct msg_file file;
	enum outcome outcome = get_file(order, word, &file);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(order->submit.sha256, sizeof order->submit.sha256, file.sha256);
	order->submit.options = (struct ipc_bytes){ (const uint8_t *)order->options, strlen(order->options) };
	for (size_t i = 0; i < order->printer_count; i++) {
		struct msg_job_submitted submitted = { 0 };
		str_copy(order->submit.serial, sizeof order->submit.serial, order->printers[i]->record.serial);
		outcome = joblist_submit(order->ctl, MESSAGE_JOB_SUBMIT, &order->submit, &submitted);
		note_result(order, &file, order->printers[i], outcome, &submitted);
	}
	return OUTCOME_DONE;
}

static enum outcome
follow_all(struct order *order)
{
	enum outcome worst = OUTCOME_DONE;

	for (size_t i = 0; i < order->id_count; i++) {
		if (order->id_count > 1 && !ctl_wants_json(order->ctl)) {
			show_text(&order->ctl->show, TONE_STRONG, order->ids[i]);
			fputc('\n', order->ctl->show.out);
		}
		enum outcome outcome = joblist_follow(order->ctl, order->ids[i]);
		if (outcome != OUTCOME_DONE)
			worst = outcome;
	}
	return worst;
}

static enum outcome
carry_out(struct order *order)
{
	struct ctl *ctl = order->ctl;
	enum outcome outcome = OUTCOME_DONE;
	bool follows = ctl->args.given[OPTION_FOLLOW];

	for (size_t i = 0; outcome == OUTCOME_DONE && i < order->file_count; i++)
		outcome = order_file(order, order->files[i]);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl) && !follows)
		ctl_print_json(stdout, json_pack("{s:O}", "jobs", order->results), false);
	if (follows)
		outcome = follow_all(order);
	else if (!ctl_wants_json(ctl) && order->id_count > 0)
		show_wrapped(&ctl->show, 0, 0, "To watch: fusectl jobs, or fusectl job show JOB --follow");
	if (outcome != OUTCOME_DONE || order->worst == OUTCOME_DONE)
		return outcome;
	/* Why, each has been told beside its printer. */
	failure_say(&ctl->failure, order->worst, "%zu of %zu jobs %s not taken.", order->refused,
		    order->file_count * order->printer_count, order->refused == 1 ? "was" : "were");
	return order->worst;
}

enum outcome
command_print(struct ctl *ctl)
{
	static struct order order; /* large */
	order = (struct order){ .ctl = ctl, .worst = OUTCOME_DONE, .results = json_array() };
	enum outcome outcome = read_options(&order);

	if (outcome == OUTCOME_DONE)
		outcome = farm_fetch(ctl, 0, &order.farm);
	if (outcome == OUTCOME_DONE) {
		outcome = read_printers(&order);
		if (outcome == OUTCOME_DONE)
			outcome = carry_out(&order);
		farm_free(&order.farm);
	}
	free(order.options);
	json_decref(order.results);
	return outcome;
}
