/*
 * printer_edit: what is kept of a printer changes: edit, trust, remove; and its link is made anew.
 */
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/farm.h"
#include "fusectl/fields.h"
#include "fusectl/printer_args.h"
#include "fusectl/probe.h"
#include "ipc/terms.h"

#define FIRST_LOOK_STEP_US 100000 /* a link looks at a certificate within milliseconds … */
#define FIRST_LOOK_STEPS 50	  /* … of a printer that answers; so long is waited for it */
#define CHANGES(edit, FIELD) ((edit)->changes |= 1u << PRINTER_FIELD_##FIELD)

/* -- edit ------------------------------------------------------------------------------------------------- */

static enum outcome
take_texts(struct ctl *ctl, struct msg_printer_edit *edit)
{
	const char *const *values = ctl->args.values;
	char fault[FIELD_FAULT_BYTES];
	static struct msg_printer_add read;

	if ((values[OPTION_NAME] != NULL && !field_name(values[OPTION_NAME], &read, fault)) ||
	    (values[OPTION_ADDRESS] != NULL &&
	     !field_address(values[OPTION_ADDRESS], edit->address, sizeof edit->address, fault)) ||
	    (values[OPTION_MODEL] != NULL && !field_model(values[OPTION_MODEL], &read, fault)))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "The printer cannot be changed: %s.", fault);
	str_copy(edit->name, sizeof edit->name, read.name);
	str_copy(edit->model, sizeof edit->model, read.model);
	if (values[OPTION_NAME] != NULL)
		CHANGES(edit, NAME);
	if (values[OPTION_ADDRESS] != NULL)
		CHANGES(edit, ADDRESS);
	if (values[OPTION_MODEL] != NULL)
		CHANGES(edit, MODEL);
	return OUTCOME_DONE;
}

static enum outcome
take_plate(struct ctl *ctl, struct msg_printer_edit *edit)
{
	const char *text = ctl->args.values[OPTION_ASK_PLATE];

	if (text == NULL)
		return OUTCOME_DONE;
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return failure_say(&ctl->failure, OUTCOME_USAGE, "--ask-plate is yes or no.");
	edit->starts_unasked = text[0] == 'n';
	CHANGES(edit, STARTS_UNASKED);
	return OUTCOME_DONE;
}

static enum outcome
take_edit(struct ctl *ctl, const struct msg_printer *record, struct msg_printer_edit *edit)
{
	struct printer_ports ports = { record->mqtt_port, record->ftps_port, record->camera_port,
				       record->detect_port };
	bool any;
	enum outcome outcome = take_texts(ctl, edit);

	if (outcome == OUTCOME_DONE)
		outcome = take_plate(ctl, edit);
	if (outcome == OUTCOME_DONE)
		outcome = printer_args_ports(ctl, &ports, &any);
	if (outcome == OUTCOME_DONE && any) {
		CHANGES(edit, PORTS);
		edit->mqtt_port = ports.mqtt;
		edit->ftps_port = ports.ftps;
		edit->camera_port = ports.camera;
		edit->detect_port = ports.detect;
	}
	if (outcome == OUTCOME_DONE)
		outcome = printer_args_certificate(ctl, edit->certificate_sha256, sizeof edit->certificate_sha256, &any);
	if (outcome == OUTCOME_DONE && any)
		CHANGES(edit, CERTIFICATE);
	if (outcome == OUTCOME_DONE && ctl->args.given[OPTION_CODE_FILE]) {
		CHANGES(edit, ACCESS_CODE);
		outcome = ask_code(ctl, "", &edit->access_code);
	}
	if (outcome != OUTCOME_DONE || edit->changes != 0)
		return outcome;
	failure_say(&ctl->failure, OUTCOME_USAGE, "Nothing is to be changed.");
	failure_remedy(&ctl->failure, "Name what: --name, --address, --model, a port, --certificate, --code-file, --ask-plate.");
	return OUTCOME_USAGE;
}

enum outcome
command_printer_edit(struct ctl *ctl)
{
	static struct msg_printer_edit edit;
	struct farm farm;
	struct farm_printer *printer;
	struct msg_done done;
	char fallback[200];
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], 0, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(edit.serial, sizeof edit.serial, printer->record.serial);
	outcome = take_edit(ctl, &printer->record, &edit);
	str_format(fallback, sizeof fallback, "%s is changed.", printer->record.name);
	if (outcome == OUTCOME_DONE)
		outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_EDIT, &edit, &done);
	secret_wipe(&edit.access_code);
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : fallback);
	farm_free(&farm);
	return outcome;
}

/* -- trust -------------------------------------------------------------------------------------------------- */

/* Is there something to approve? DONE with `ret_sentence` when there is no need to. */
static enum outcome
check_approvable(struct ctl *ctl, const struct farm_printer *printer, char *ret_sentence, size_t cap)
{
	const struct msg_printer_link *link = &printer->link;
	const struct msg_printer *record = &printer->record;
	struct failure *failure = &ctl->failure;

	ret_sentence[0] = '\0';
	if (!printer->has_link || link->seen_sha256[0] == '\0') {
		failure_say(failure, OUTCOME_UNREACHABLE, "No certificate has been seen at %s yet%s%s.", record->address,
			    link->sentence[0] != '\0' ? ": " : "", link->sentence);
		failure_remedy(failure, "%s", link->remedy[0] != '\0' ? link->remedy : "Is the printer switched on?");
		return OUTCOME_UNREACHABLE;
	}
	if (strcmp(link->seen_serial, record->serial) != 0) {
		failure_say(failure, OUTCOME_REFUSED, "The certificate at %s is not this printer's: it names %s in place of %s.",
			    record->address, link->seen_serial[0] != '\0' ? link->seen_serial : "nobody", record->serial);
		failure_remedy(failure, "%s", link->remedy[0] != '\0' ? link->remedy :
						"Compare the address and the serial number with the printer's screen.");
		return OUTCOME_REFUSED;
	}
	if (strcmp(link->seen_sha256, record->certificate_sha256) == 0)
		str_format(ret_sentence, cap, "The certificate of %s is approved already.", record->name);
	/* One that is vouched for may still be refused: for its dates. */
	else if (link->vouch != 0 && link->fault[0] == '\0')
		str_format(ret_sentence, cap, "%s needs no approval: %s.", record->name, probe_vouch_words(link->vouch));
	return OUTCOME_DONE;
}

static enum outcome
trust(struct ctl *ctl, const struct farm_printer *printer)
{
	struct msg_printer_edit edit = { .changes = 1u << PRINTER_FIELD_CERTIFICATE };
	struct msg_done done;
	char sentence[300];
	enum outcome outcome = check_approvable(ctl, printer, sentence, sizeof sentence);

	if (outcome == OUTCOME_DONE && sentence[0] == '\0') {
		if (!ctl_wants_json(ctl))
			printer_args_show_certificate(printer->link.seen_sha256, printer->link.seen_issuer,
						      printer->record.certificate_sha256);
		outcome = ask_yes(ctl, "Trust this printer?", "Not trusted; nothing was changed.",
				  "Only a person can approve a certificate, and nobody is there.");
		str_copy(edit.serial, sizeof edit.serial, printer->record.serial);
		str_copy(edit.certificate_sha256, sizeof edit.certificate_sha256, printer->link.seen_sha256);
		if (outcome == OUTCOME_DONE)
			outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_EDIT, &edit, &done);
		str_format(sentence, sizeof sentence, "%s is trusted from now on.", printer->record.name);
	}
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, sentence);
	return outcome;
}

/* Neither a certificate nor a reason why there is none: it was added a moment ago. */
static bool
is_still_looking(const struct farm_printer *printer)
{
	return !printer->has_link || (printer->link.seen_sha256[0] == '\0' && printer->link.fault[0] == '\0');
}

/* The printer with what its link has seen; of one that has just been added the first look is waited for. */
static enum outcome
fetch_seen(struct ctl *ctl, struct farm *ret_farm, struct farm_printer **ret_printer)
{
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_LINKS, ret_farm, ret_printer);

	for (int i = 0; i < FIRST_LOOK_STEPS && outcome == OUTCOME_DONE && is_still_looking(*ret_printer); i++) {
		farm_free(ret_farm);
		usleep(FIRST_LOOK_STEP_US);
		outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_LINKS, ret_farm, ret_printer);
	}
	return outcome;
}

enum outcome
command_trust(struct ctl *ctl)
{
	struct farm farm;
	struct farm_printer *printer;
	enum outcome outcome = fetch_seen(ctl, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = trust(ctl, printer);
	farm_free(&farm);
	return outcome;
}

/* -- remove --------------------------------------------------------------------------------------------------- */

/* All are found before the first is removed; one that is named twice counts once. */
static enum outcome
find_all(struct ctl *ctl, const struct farm *farm, struct farm_printer *ret_printers[ARGS_WORDS_MAX], size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < ctl->args.word_count; i++) {
		bool twice = false;
		struct farm_printer *printer;
		enum outcome outcome = farm_find(farm, ctl->args.words[i], &printer, &ctl->failure);
		if (outcome != OUTCOME_DONE)
			return outcome;
		for (size_t j = 0; j < *ret_count; j++)
			twice |= ret_printers[j] == printer;
		if (!twice)
			ret_printers[(*ret_count)++] = printer;
	}
	return OUTCOME_DONE;
}

static enum outcome
agree_to_remove(struct ctl *ctl, struct farm_printer *const *printers, size_t count)
{
	char question[400];
	size_t used = 0;

	str_format(question, sizeof question, "Remove ");
	for (size_t i = 0; i < count && used + 120 < sizeof question; i++) {
		used = strlen(question);
		str_format(question + used, sizeof question - used, "%s%.60s (%s)", i > 0 ? ", " : "",
			   printers[i]->record.name, printers[i]->record.serial);
		used = strlen(question);
		if (used + 120 >= sizeof question && i + 1 < count)
			str_format(question + used, sizeof question - used, " and %zu more", count - i - 1);
	}
	used = strlen(question);
	str_format(question + used, sizeof question - used, "?");
	return ask_yes(ctl, question, "Nothing was removed.", "Nothing was removed: nobody is there to say yes.");
}

enum outcome
command_printer_remove(struct ctl *ctl)
{
	struct farm_printer *printers[ARGS_WORDS_MAX];
	struct msg_printer_remove remove;
	struct msg_done done;
	struct farm farm;
	size_t count = 0, removed = 0;
	char text[200];
	enum outcome outcome = farm_fetch(ctl, 0, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = find_all(ctl, &farm, printers, &count);
	if (outcome == OUTCOME_DONE)
		outcome = agree_to_remove(ctl, printers, count);
	for (; removed < count && outcome == OUTCOME_DONE; removed += outcome == OUTCOME_DONE) {
		str_copy(remove.serial, sizeof remove.serial, printers[removed]->record.serial);
		outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_REMOVE, &remove, &done);
	}
	if (outcome != OUTCOME_DONE && removed > 0)
		failure_add(&ctl->failure, " Removed before that: %zu of %zu.", removed, count);
	str_format(text, sizeof text, "%s is removed.", count > 0 ? printers[0]->record.name : "");
	if (count > 1)
		str_format(text, sizeof text, "%zu printers are removed.", count);
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, text);
	farm_free(&farm);
	return outcome;
}

/* -- reconnect ------------------------------------------------------------------------------------------------- */

enum outcome
command_printer_reconnect(struct ctl *ctl)
{
	struct msg_reconnect reconnect;
	struct client_question question;
	struct farm farm;
	struct farm_printer *printer;
	struct msg_done done;
	char fallback[200];
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_WORKERS, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = farm_question(printer, MESSAGE_RECONNECT, &question, &ctl->failure);
	str_copy(reconnect.serial, sizeof reconnect.serial, printer->record.serial);
	question.message = &reconnect;
	str_format(fallback, sizeof fallback, "The link to %s is made anew.", printer->record.name);
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, &done, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : fallback);
	farm_free(&farm);
	return outcome;
}
