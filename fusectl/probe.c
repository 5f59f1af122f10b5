/*
 * probe: the question, and what was found as text and JSON.
 */
#include "fusectl/probe.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "fusectl/farm.h"
#include "fusectl/fields.h"
#include "fusectl/printer_args.h"

#define PROBE_S 20
#define LABEL "  %-13s"
#define TEXT_INDENT 15

static void
take_probed(void *arg, const void *message)
{
	memcpy(arg, message, sizeof(struct msg_probed));
}

enum outcome
probe_ask(struct ctl *ctl, const char *address, uint32_t mqtt_port, uint32_t detect_port,
	  struct msg_probed *ret_probed)
{
	struct msg_probe probe = { .mqtt_port = mqtt_port, .detect_port = detect_port };
	struct client_question question = {
		.to = ROLE_DISCOVERY,
		.number = MESSAGE_PROBE,
		.message = &probe,
		.reply_number = MESSAGE_PROBED,
		.on_reply = take_probed,
		.arg = ret_probed,
		.timeout_ms = ctl_patience_ms(ctl, PROBE_S),
		.watch_fd = -1,
	};

	str_copy(probe.address, sizeof probe.address, address);
	enum outcome outcome = ctl_connect(ctl);
	return outcome == OUTCOME_DONE ? client_ask(&ctl->client, &question, NULL, &ctl->failure) : outcome;
}

void
probe_fingerprint(const char *sha256, char ret_text[FINGERPRINT_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; sha256[i] != '\0' && used + 3 < FINGERPRINT_BYTES; i++) {
		if (i > 0 && i % 16 == 0)
			ret_text[used++] = ' ';
		else if (i > 0 && i % 2 == 0)
			ret_text[used++] = ':';
		ret_text[used++] = (char)toupper((unsigned char)sha256[i]);
	}
	ret_text[used] = '\0';
}

const char *
probe_vouch_words(unsigned vouch)
{
	static const char *const words[] = { "nobody known vouches for it", "Bambu Lab vouches for it",
					     "an issuer of your own vouches for it" };

	return words[vouch < STR_ARRAY_LEN(words) ? vouch : 0];
}

static void
line(const struct show *show, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(show->out, LABEL, label);
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT, text);
}

void
probe_print(const struct show *show, const struct msg_probed *probed)
{
	char text[400], fingerprint[FINGERPRINT_BYTES];

	show_wrapped(show, 0, 0, probed->sentence);
	line(show, "Serial", probed->serial);
	str_format(text, sizeof text, "%s%s%s%s", probed->model, probed->model_code[0] != '\0' ? " (" : "",
		   probed->model_code, probed->model_code[0] != '\0' ? ")" : "");
	line(show, "Model", probed->serial[0] != '\0' ? text : "");
	line(show, "Name", probed->name);
	line(show, "Firmware", probed->firmware);
	str_format(text, sizeof text, "%s%s%s", probed->connect,
		   probed->connect[0] != '\0' && probed->bind[0] != '\0' ? ", " : "", probed->bind);
	line(show, "Mode", text);
	probe_fingerprint(probed->certificate_sha256, fingerprint);
	line(show, "Certificate", fingerprint);
	if (fingerprint[0] != '\0') {
		str_format(text, sizeof text, "by %s; %s", probed->issuer[0] != '\0' ? probed->issuer : "(no name)",
			   probe_vouch_words(probed->vouch));
		line(show, "Signed", text);
	}
	line(show, "What to do", probed->remedy);
}

json_t *
probe_json(const struct msg_probed *probed)
{
	static const struct { const char *key; size_t offset; } texts[] = {
		{ "serial", offsetof(struct msg_probed, serial) },
		{ "model", offsetof(struct msg_probed, model) },
		{ "modelCode", offsetof(struct msg_probed, model_code) },
		{ "name", offsetof(struct msg_probed, name) },
		{ "firmware", offsetof(struct msg_probed, firmware) },
		{ "bind", offsetof(struct msg_probed, bind) },
		{ "connect", offsetof(struct msg_probed, connect) },
		{ "certificateSha256", offsetof(struct msg_probed, certificate_sha256) },
		{ "issuer", offsetof(struct msg_probed, issuer) },
	};
	json_t *json = json_object();

	for (size_t i = 0; i < STR_ARRAY_LEN(texts); i++) {
		const char *text = (const char *)probed + texts[i].offset;
		json_object_set_new(json, texts[i].key, text[0] != '\0' ? ctl_json_text(text) : json_null());
	}
	json_object_set_new(json, "verified", json_string(farm_vouch_word(probed->vouch)));
	json_object_set_new(json, "mqttOpen", json_boolean(probed->mqtt_open));
	json_object_set_new(json, "detectAnswered", json_boolean(probed->detect_answered));
	json_object_set_new(json, "sentence", ctl_json_text(probed->sentence));
	json_object_set_new(json, "remedy", ctl_json_text(probed->remedy));
	return json;
}

enum outcome
command_probe(struct ctl *ctl)
{
	char address[65], fault[FIELD_FAULT_BYTES];
	struct printer_ports ports = { 0 };
	struct msg_probed probed;
	bool any;

	if (!field_address(ctl->args.words[0], address, sizeof address, fault))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "Cannot probe: %s.", fault);
	enum outcome outcome = printer_args_ports(ctl, &ports, &any);
	if (outcome == OUTCOME_DONE)
		outcome = probe_ask(ctl, address, ports.mqtt, ports.detect, &probed);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:o}", "probe", probe_json(&probed)), false);
	else
		probe_print(&ctl->show, &probed);
	if (probed.mqtt_open || probed.detect_answered)
		return OUTCOME_DONE;
	/* Nobody answers: scripts want to know it. What was printed says it to people. */
	return OUTCOME_UNREACHABLE;
}
