/*
 * printer_args: options to fields.
 */
#include "fusectl/printer_args.h"

#include "fusectl/fields.h"
#include "fusectl/probe.h"

enum outcome
printer_args_ports(struct ctl *ctl, struct printer_ports *ports, bool *ret_any)
{
	const struct { enum option option; uint32_t *port; } rows[] = {
		{ OPTION_MQTT_PORT, &ports->mqtt },
		{ OPTION_FTPS_PORT, &ports->ftps },
		{ OPTION_CAMERA_PORT, &ports->camera },
		{ OPTION_DETECT_PORT, &ports->detect },
	};
	char fault[FIELD_FAULT_BYTES];
	size_t count;
	const struct option_row *options = option_rows(&count);

	*ret_any = false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = ctl->args.values[rows[i].option];
		if (text == NULL)
			continue;
		*ret_any = true;
		if (!field_port(text, options[rows[i].option].name, rows[i].port, fault))
			return failure_say(&ctl->failure, OUTCOME_USAGE, "%s.", fault);
	}
	return OUTCOME_DONE;
}

enum outcome
printer_args_certificate(struct ctl *ctl, char *ret_sha256, size_t cap, bool *ret_given)
{
	const char *text = ctl->args.values[OPTION_CERTIFICATE];
	char fault[FIELD_FAULT_BYTES];

	*ret_given = text != NULL;
	if (text == NULL || field_sha256(text, ret_sha256, cap, fault))
		return OUTCOME_DONE;
	failure_say(&ctl->failure, OUTCOME_USAGE, "--certificate: %s.", fault);
	failure_remedy(&ctl->failure, "`fusectl probe ADDRESS` shows the one of the printer.");
	return OUTCOME_USAGE;
}

enum outcome
printer_args_ask_stored(struct ctl *ctl, enum message number, const void *message, struct msg_done *ret_done)
{
	struct client_question question = { .to = ROLE_STORED, .number = number, .message = message, .watch_fd = -1 };
	enum outcome outcome = ctl_connect(ctl);

	return outcome == OUTCOME_DONE ? client_ask(&ctl->client, &question, ret_done, &ctl->failure) : outcome;
}

void
printer_args_show_certificate(const char *sha256, const char *issuer, const char *approved_before)
{
	char fingerprint[FINGERPRINT_BYTES];
	struct show show;

	show_init(&show, stderr);
	probe_fingerprint(sha256, fingerprint);
	show_wrapped(&show, 0, 0, "Nobody known vouches for the certificate that this printer shows:");
	show_wrapped(&show, 2, 0, fingerprint);
	fprintf(show.out, "  signed by ");
	show_wrapped(&show, 2, 12, issuer[0] != '\0' ? issuer : "(no name)");
	if (approved_before[0] == '\0')
		return;
	probe_fingerprint(approved_before, fingerprint);
	show_wrapped(&show, 0, 0, "Approved until now:");
	show_wrapped(&show, 2, 0, fingerprint);
}
