/*
 * printer add: find out who the printer is, ask for what only a person knows, and have it kept.
 */
#include <string.h>

#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/farm.h"
#include "fusectl/fields.h"
#include "fusectl/printer_args.h"
#include "fusectl/probe.h"
#include "printer/models.h"

struct adding {
	struct msg_printer_add add;
	struct msg_probed probed;
	bool was_probed; /* and somebody answered */
	bool has_certificate;
};

static enum outcome
say_fault(struct ctl *ctl, const char *fault)
{
	return failure_say(&ctl->failure, OUTCOME_USAGE, "The printer cannot be added: %s.", fault);
}

/* What the options say. */
static enum outcome
take_options(struct ctl *ctl, struct adding *adding)
{
	const char *const *values = ctl->args.values;
	struct msg_printer_add *add = &adding->add;
	struct printer_ports ports = { 0 };
	char fault[FIELD_FAULT_BYTES];
	bool any;

	if (values[OPTION_ADDRESS] == NULL) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "`fusectl printer add` needs the printer's address.");
		failure_remedy(&ctl->failure, "For example: %s", ctl->args.command->example);
		return OUTCOME_USAGE;
	}
	if (!field_address(values[OPTION_ADDRESS], add->address, sizeof add->address, fault) ||
	    (values[OPTION_SERIAL] != NULL && !field_serial(values[OPTION_SERIAL], add, fault)) ||
	    (values[OPTION_NAME] != NULL && !field_name(values[OPTION_NAME], add, fault)) ||
	    (values[OPTION_MODEL] != NULL && !field_model(values[OPTION_MODEL], add, fault)))
		return say_fault(ctl, fault);
	enum outcome outcome = printer_args_ports(ctl, &ports, &any);
	add->mqtt_port = ports.mqtt;
	add->ftps_port = ports.ftps;
	add->camera_port = ports.camera;
	add->detect_port = ports.detect;
	if (outcome == OUTCOME_DONE)
		outcome = printer_args_certificate(ctl, add->certificate_sha256, sizeof add->certificate_sha256,
						   &adding->has_certificate);
	return outcome;
}

/* -- who is it? ------------------------------------------------------------------------------------------ */

static enum outcome
say_no_printer(struct ctl *ctl, const struct msg_probed *probed)
{
	enum outcome outcome = probed->mqtt_open || probed->detect_answered ? OUTCOME_FAILED : OUTCOME_UNREACHABLE;

	failure_say(&ctl->failure, outcome, "%s", probed->sentence);
	failure_remedy(&ctl->failure, "%s To add it all the same, give --serial and --model.", probed->remedy);
	return outcome;
}

/* The probe's findings and what was given must be of one printer. */
static enum outcome
check_probed(struct ctl *ctl, struct adding *adding)
{
	const struct msg_probed *probed = &adding->probed;
	struct msg_printer_add *add = &adding->add;
	char fault[FIELD_FAULT_BYTES];

	if (add->serial[0] == '\0')
		return field_serial(probed->serial, add, fault) ? OUTCOME_DONE : say_fault(ctl, fault);
	if (probed->serial[0] == '\0' || strcmp(probed->serial, add->serial) == 0)
		return OUTCOME_DONE;
	failure_say(&ctl->failure, OUTCOME_REFUSED, "Another printer answers at %s: %s in place of %s.", add->address,
		    probed->serial, add->serial);
	failure_remedy(&ctl->failure, "Compare the address and the serial number with the printer's screen.");
	return OUTCOME_REFUSED;
}

static enum outcome
look_who_it_is(struct ctl *ctl, struct adding *adding)
{
	const struct msg_probed *probed = &adding->probed;
	bool given = ctl->args.given[OPTION_SERIAL], trust = ctl->args.given[OPTION_TRUST];
	struct show on_stderr;

	if (given && ctl->args.given[OPTION_MODEL] && !trust)
		return OUTCOME_DONE;
	show_init(&on_stderr, stderr);
	enum outcome outcome = probe_ask(ctl, adding->add.address, adding->add.mqtt_port, adding->add.detect_port,
					 &adding->probed);
	adding->was_probed = outcome == OUTCOME_DONE && (probed->mqtt_open || probed->detect_answered);
	if (outcome == OUTCOME_DONE && !ctl_wants_json(ctl) && (adding->was_probed || given))
		probe_print(&on_stderr, probed);
	/* A printer that is off can be added by those who know who it is. */
	if (!adding->was_probed && given && !trust)
		return OUTCOME_DONE;
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!given && probed->serial[0] == '\0')
		return say_no_printer(ctl, probed);
	return check_probed(ctl, adding);
}

static void
fill_in(struct adding *adding)
{
	struct msg_printer_add *add = &adding->add;
	const struct model *found = adding->was_probed ? model_by_key(adding->probed.model) : model_other();

	if (add->model[0] == '\0' && found == model_other())
		found = model_by_serial(add->serial);
	if (add->model[0] == '\0')
		str_copy(add->model, sizeof add->model, found->key);
	if (add->name[0] == '\0' && adding->was_probed)
		str_copy(add->name, sizeof add->name, adding->probed.name);
	if (add->name[0] == '\0')
		field_default_name(add);
}

static enum outcome
check_is_new(struct ctl *ctl, const struct msg_printer_add *add)
{
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, 0, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	const struct farm_printer *there = farm_peek(&farm, add->serial);
	if (there != NULL) {
		outcome = failure_say(&ctl->failure, OUTCOME_REFUSED, "The printer %s is added already, as %s.",
				      add->serial, there->record.name);
		failure_remedy(&ctl->failure, "To change it: fusectl printer edit %s", add->serial);
		ctl->failure.reason = "conflict";
	}
	farm_free(&farm);
	return outcome;
}

/* -- is it trusted? ---------------------------------------------------------------------------------------- */

static enum outcome
say_other_certificate(struct ctl *ctl, const struct msg_probed *probed)
{
	char fingerprint[FINGERPRINT_BYTES];

	probe_fingerprint(probed->certificate_sha256, fingerprint);
	failure_say(&ctl->failure, OUTCOME_REFUSED,
		    "The printer shows another certificate than the one that --certificate names: %s.", fingerprint);
	failure_remedy(&ctl->failure, "Find out which of the two is your printer's.");
	return OUTCOME_REFUSED;
}

/* With nobody's word and no approval it is added all the same, and waits. */
static enum outcome
approve(struct ctl *ctl, struct adding *adding)
{
	const struct msg_probed *probed = &adding->probed;
	struct msg_printer_add *add = &adding->add;
	bool seen = adding->was_probed && probed->certificate_sha256[0] != '\0';

	if (adding->has_certificate && add->certificate_sha256[0] != '\0') {
		bool same = !seen || strcmp(add->certificate_sha256, probed->certificate_sha256) == 0;
		return same ? OUTCOME_DONE : say_other_certificate(ctl, probed);
	}
	if (!seen && ctl->args.given[OPTION_TRUST])
		return failure_say(&ctl->failure, OUTCOME_UNREACHABLE,
				   "--trust approves the certificate that the printer shows, and %s shows none.",
				   add->address);
	if (!seen || probed->vouch != 0)
		return OUTCOME_DONE;
	bool trusted = ctl->args.given[OPTION_TRUST];
	if (!trusted && ask_is_person()) {
		printer_args_show_certificate(probed->certificate_sha256, probed->issuer, "");
		trusted = ask_whether("Trust this printer?");
	}
	if (trusted)
		str_copy(add->certificate_sha256, sizeof add->certificate_sha256, probed->certificate_sha256);
	return OUTCOME_DONE;
}

static void
say_added(const struct ctl *ctl, const struct adding *adding, const struct msg_done *done)
{
	const struct msg_printer_add *add = &adding->add;
	bool waits = adding->was_probed && adding->probed.vouch == 0 && add->certificate_sha256[0] == '\0';
	bool no_code = add->access_code.len_bytes == 0;
	char text[400];

	str_format(text, sizeof text, "%s (%s, %s) is added.", add->name, add->model, add->serial);
	const char *sentence = done->sentence[0] != '\0' ? done->sentence : text;
	if (ctl_wants_json(ctl)) {
		ctl_print_json(stdout,
			       json_pack("{s:b,s:o,s:o,s:o,s:o,s:b,s:b}", "done", true, "sentence",
					 ctl_json_text(sentence), "serial", ctl_json_text(add->serial), "name",
					 ctl_json_text(add->name), "model", ctl_json_text(add->model),
					 "waitsForTrust", waits, "hasAccessCode", !no_code),
			       false);
		return;
	}
	show_wrapped(&ctl->show, 0, 0, sentence);
	if (waits) {
		str_format(text, sizeof text, "It waits until you trust its certificate: fusectl trust %s", add->serial);
		show_wrapped(&ctl->show, 0, 0, text);
	}
	if (no_code) {
		str_format(text, sizeof text, "It has no access code yet: fusectl printer edit %s --code-file FILE",
			   add->serial);
		show_wrapped(&ctl->show, 0, 0, text);
	}
}

static enum outcome
add_one(struct ctl *ctl, struct adding *adding)
{
	struct msg_done done;
	char prompt[160];
	enum outcome outcome = take_options(ctl, adding);

	if (outcome == OUTCOME_DONE)
		outcome = look_who_it_is(ctl, adding);
	if (outcome == OUTCOME_DONE)
		outcome = check_is_new(ctl, &adding->add);
	if (outcome != OUTCOME_DONE)
		return outcome;
	fill_in(adding);
	outcome = approve(ctl, adding);
	str_format(prompt, sizeof prompt, "Access code of %s (not shown): ", adding->add.name);
	if (outcome == OUTCOME_DONE)
		outcome = ask_code(ctl, prompt, &adding->add.access_code);
	if (outcome == OUTCOME_DONE)
		outcome = printer_args_ask_stored(ctl, MESSAGE_PRINTER_ADD, &adding->add, &done);
	if (outcome == OUTCOME_DONE)
		say_added(ctl, adding, &done);
	return outcome;
}

enum outcome
command_printer_add(struct ctl *ctl)
{
	static struct adding adding;
	static const enum option alone[] = { OPTION_NAME,	 OPTION_ADDRESS,   OPTION_SERIAL,    OPTION_MODEL,
					     OPTION_CODE_FILE,	 OPTION_TRUST,     OPTION_CERTIFICATE, OPTION_MQTT_PORT,
					     OPTION_FTPS_PORT,	 OPTION_CAMERA_PORT, OPTION_DETECT_PORT };
	size_t count;
	const struct option_row *rows = option_rows(&count);

	for (size_t i = 0; ctl->args.given[OPTION_FROM] && i < STR_ARRAY_LEN(alone); i++)
		if (ctl->args.given[alone[i]])
			return failure_say(&ctl->failure, OUTCOME_USAGE, "--from and --%s do not go together.",
					   rows[alone[i]].name);
	if (ctl->args.given[OPTION_UPDATE] && !ctl->args.given[OPTION_FROM])
		return failure_say(&ctl->failure, OUTCOME_USAGE, "--update goes with --from.");
	if (ctl->args.given[OPTION_FROM])
		return printer_import(ctl, ctl->args.values[OPTION_FROM]);
	enum outcome outcome = add_one(ctl, &adding);
	secret_wipe(&adding.add.access_code);
	return outcome;
}
