/*
 * story: first the facts, then the sentence. The certificate counts most: nobody else can show it, while anybody can
 * answer the detect service.
 */
#include "discovery/story.h"

#include <ctype.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "printer/models.h"

/* -- facts ------------------------------------------------------------------------------------------ */

/* The printer's certificate is the same at all its ports. */
static const struct tls_certificate *
certificate_peek(const struct findings *findings)
{
	if (findings->mqtt.has_certificate)
		return &findings->mqtt.certificate;
	return findings->detect.has_certificate ? &findings->detect.certificate : NULL;
}

/* The detect service's answer, when it told whom it speaks for. */
static const struct detect_reply *
reply_peek(const struct findings *findings)
{
	return findings->detect.end == VISIT_DONE && !findings->detect.reply.refused ? &findings->detect.reply : NULL;
}

/* Serial numbers have 15 letters and digits; what looks like a host name is none. */
static bool
looks_like_a_serial(const char *name)
{
	size_t len = strlen(name), digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
		digits += isdigit((unsigned char)name[i]) != 0;
	}
	return len >= 8 && len < TLS_SERIAL_BYTES && digits >= 3;
}

static bool
is_a_printer(const struct tls_certificate *certificate, const struct detect_reply *reply)
{
	if (reply != NULL)
		return true;
	return certificate != NULL && certificate->serial[0] != '\0' &&
	       (certificate->vouch != TLS_VOUCH_NOBODY || looks_like_a_serial(certificate->serial));
}

static const struct model *
model_of(const struct msg_probed *probed)
{
	const struct model *model = model_by_code(probed->model_code);

	return probed->model_code[0] != '\0' && model != model_other() ? model : model_by_serial(probed->serial);
}

/* One that does not say who it is, is one all the same. */
bool
story_is_a_printer(const struct findings *findings)
{
	return findings->detect.end == VISIT_DONE || is_a_printer(certificate_peek(findings), reply_peek(findings));
}

static bool
answers(enum visit_end end)
{
	return end != VISIT_NONE && end != VISIT_UNREACHABLE && end != VISIT_NO_ANSWER;
}

bool
story_is_a_machine(const struct findings *findings)
{
	return answers(findings->mqtt.end) || answers(findings->detect.end);
}

static void
fill_in(const struct findings *findings, struct msg_probed *probed)
{
	const struct tls_certificate *certificate = certificate_peek(findings);
	const struct detect_reply *reply = reply_peek(findings);

	if (reply != NULL) {
		str_copy(probed->serial, sizeof probed->serial, reply->serial);
		str_copy(probed->model_code, sizeof probed->model_code, reply->model_code);
		str_copy(probed->name, sizeof probed->name, reply->name);
		str_copy(probed->firmware, sizeof probed->firmware, reply->firmware);
		str_copy(probed->bind, sizeof probed->bind, reply->bind);
		str_copy(probed->connect, sizeof probed->connect, reply->connect);
	}
	if (certificate != NULL) {
		if (certificate->serial[0] != '\0')
			str_copy(probed->serial, sizeof probed->serial, certificate->serial);
		str_copy(probed->certificate_sha256, sizeof probed->certificate_sha256, certificate->sha256);
		str_copy(probed->issuer, sizeof probed->issuer, certificate->issuer);
		probed->vouch = certificate->vouch;
	}
	probed->mqtt_open = findings->mqtt.end != VISIT_UNREACHABLE && findings->mqtt.end != VISIT_NO_ANSWER &&
			    findings->mqtt.end != VISIT_REFUSED;
	probed->detect_answered = findings->detect.end == VISIT_DONE;
	str_copy(probed->model, sizeof probed->model, model_of(probed)->key);
}

/* -- a printer whose MQTT port is in order -------------------------------------------------------------- */

static void
tell_dates(const struct tls_certificate *certificate, bool over, struct msg_probed *probed, char *name)
{
	char date[CLOCK_UTC_BYTES];

	clock_format_utc(over ? certificate->not_after_ms : certificate->not_before_ms, date);
	date[strcspn(date, "T")] = '\0';
	str_format(probed->sentence, sizeof probed->sentence, "A printer answers: %s. Its certificate %s %s.", name,
		   over ? "has expired on" : "is valid only from", date);
	str_copy(probed->remedy, sizeof probed->remedy,
		 "Check the date of this machine. If that is right, approve the certificate's fingerprint when you add "
		 "the printer.");
}

static void
tell_vouch(const struct tls_certificate *certificate, int64_t now_ms, struct msg_probed *probed, char *name)
{
	static const char *const words[] = {
		[TLS_VOUCH_NOBODY] = "No known issuer vouches for its certificate",
		[TLS_VOUCH_BAMBU] = "Bambu Lab's own issuer vouches for its certificate",
		[TLS_VOUCH_OWNER] = "An issuer from your ca.d folder vouches for its certificate",
	};
	/* As it will be judged: not by a clock that stands before this build. */
	struct tls_expectation itself = { 0 };
	str_copy(itself.serial, sizeof itself.serial, certificate->serial);
	enum tls_verdict verdict = tls_judge(&itself, certificate, now_ms);

	if (verdict == TLS_EXPIRED || verdict == TLS_NOT_YET_VALID) {
		tell_dates(certificate, verdict == TLS_EXPIRED, probed, name);
		return;
	}
	str_format(probed->sentence, sizeof probed->sentence, "A printer answers: %s. %s.", name,
		   words[certificate->vouch]);
	if (certificate->vouch == TLS_VOUCH_NOBODY)
		str_copy(probed->remedy, sizeof probed->remedy,
			 "If you are sure that this is your printer, approve the certificate's fingerprint when you "
			 "add it.");
}

static void
tell_printer(const struct findings *findings, int64_t now_ms, struct msg_probed *probed, char *name)
{
	const struct tls_certificate *certificate = &findings->mqtt.certificate;
	const struct detect_reply *reply = reply_peek(findings);

	if (certificate->serial[0] == '\0') {
		str_format(probed->sentence, sizeof probed->sentence,
			   "The detect service speaks for %s, but the certificate at port %u names no serial number.",
			   name, findings->mqtt.port);
		str_copy(probed->remedy, sizeof probed->remedy, "Check the port: something else answers there.");
	} else if (reply != NULL && strcmp(reply->serial, certificate->serial) != 0) {
		str_format(probed->sentence, sizeof probed->sentence,
			   "The certificate names %s, but the detect service at this address says %.64s. The "
			   "certificate counts.",
			   certificate->serial, reply->serial);
		str_copy(probed->remedy, sizeof probed->remedy,
			 "Two devices seem to share this address: check port forwarding, and that each printer has an "
			 "address of its own.");
	} else {
		tell_vouch(certificate, now_ms, probed, name);
	}
}

/* -- a printer, but its MQTT port is not in order -------------------------------------------------------- */

static const char *
mqtt_words(enum visit_end end)
{
	static const char *const words[] = {
		[VISIT_UNREACHABLE] = "cannot be reached",
		[VISIT_NO_ANSWER] = "does not answer",
		[VISIT_REFUSED] = "is closed",
		[VISIT_CLOSED] = "takes connections and closes them at once",
		[VISIT_TLS_SILENT] = "falls silent in the TLS handshake",
		[VISIT_TLS_FAILED] = "fails in the TLS handshake",
	};

	return (size_t)end < STR_ARRAY_LEN(words) && words[end] != NULL ? words[end] : "is not in order";
}

static void
tell_without_mqtt(const struct findings *findings, struct msg_probed *probed, char *name)
{
	const char *menu = model_of(probed)->developer_mode_menu;

	str_format(probed->sentence, sizeof probed->sentence, "A printer is there: %s. But its MQTT port %u %s.", name,
		   findings->mqtt.port, mqtt_words(findings->mqtt.end));
	switch (findings->mqtt.end) {
	case VISIT_REFUSED:
		str_format(probed->remedy, sizeof probed->remedy, "Turn on LAN Only Mode at the printer: %s.",
			   menu != NULL && menu[0] != '\0' ? menu : "Settings > LAN Only Mode, then Developer Mode");
		break;
	case VISIT_UNREACHABLE:
	case VISIT_NO_ANSWER:
		str_format(probed->remedy, sizeof probed->remedy,
			   "Check that no firewall or VLAN rule between this machine and the printer keeps port %u "
			   "closed.",
			   findings->mqtt.port);
		break;
	case VISIT_NONE:
	case VISIT_DONE:
	case VISIT_CLOSED:
	case VISIT_TLS_SILENT:
	case VISIT_TLS_FAILED:
	case VISIT_MUTE:
	case VISIT_GARBLED:
		str_copy(probed->remedy, sizeof probed->remedy,
			 "Close other programs that are connected to it (slicers, apps), then switch the printer off "
			 "and on again.");
		break;
	}
}

static void
tell_refusal(const struct findings *findings, struct msg_probed *probed)
{
	const struct detect_reply *reply = &findings->detect.reply;
	char code[32] = "";

	if (reply->refusal_code != 0)
		str_format(code, sizeof code, " (%lld)", (long long)reply->refusal_code);
	str_format(probed->sentence, sizeof probed->sentence,
		   "A printer is there, but it does not say who it is: \"%s\"%s. Its MQTT port %u %s.",
		   reply->refusal, code, findings->mqtt.port, mqtt_words(findings->mqtt.end));
	str_copy(probed->remedy, sizeof probed->remedy,
		 "In LAN Only Mode some printers answer only machines of their own subnet: put this machine there, or "
		 "turn on LAN Only Mode and Developer Mode.");
}

/* -- no printer ------------------------------------------------------------------------------------------- */

static void
tell_stranger(const struct findings *findings, struct msg_probed *probed)
{
	const char *whom = findings->mqtt.certificate.serial;

	if (whom[0] != '\0')
		str_format(probed->sentence, sizeof probed->sentence,
			   "Something with TLS answers at port %u, but its certificate names \"%s\": not a Bambu Lab "
			   "printer.",
			   findings->mqtt.port, whom);
	else
		str_format(probed->sentence, sizeof probed->sentence,
			   "Something with TLS answers at port %u, but its certificate names no serial number: not a "
			   "Bambu Lab printer.",
			   findings->mqtt.port);
	str_copy(probed->remedy, sizeof probed->remedy, "Check the address: the printer's screen shows it in its "
							"network settings.");
}

static void
tell_nobody(const struct findings *findings, struct msg_probed *probed)
{
	static const char is_it_on[] = "Check the address (the printer's screen shows it in its network settings), "
				       "that the printer is on, and that nothing keeps the two networks apart.";
	static const char *const remedies[] = {
		[VISIT_UNREACHABLE] = is_it_on,
		[VISIT_NO_ANSWER] = is_it_on,
		[VISIT_REFUSED] = "If it is a printer: wait until it has started, and turn on LAN Only Mode. Else "
				  "check the address: the printer's screen shows it in its network settings.",
		[VISIT_CLOSED] = "If it is a printer: close other programs that are connected to it (slicers, apps), "
				 "then switch it off and on again.",
		[VISIT_TLS_SILENT] = "If it is a printer: close other programs that are connected to it (slicers, "
				     "apps), "
				     "then switch it off and on again.",
		[VISIT_TLS_FAILED] = "Check the address and the port: the printer's screen shows the address in its "
				     "network settings.",
	};
	const struct visit_result *mqtt = &findings->mqtt;

	if (mqtt->end == VISIT_UNREACHABLE)
		str_format(probed->sentence, sizeof probed->sentence, "There is no way to %s: %s.", findings->address,
			   mqtt->fault);
	else if (mqtt->end == VISIT_NO_ANSWER)
		str_format(probed->sentence, sizeof probed->sentence, "Nothing answers at %s.", findings->address);
	else if (mqtt->end == VISIT_REFUSED)
		str_format(probed->sentence, sizeof probed->sentence,
			   "A machine is at %s, but its port %u is closed and no detect service answers.",
			   findings->address, mqtt->port);
	else if (mqtt->end == VISIT_TLS_FAILED)
		str_format(probed->sentence, sizeof probed->sentence,
			   "Something answers at port %u of %s, but not as a Bambu Lab printer: %s.", mqtt->port,
			   findings->address, mqtt->fault);
	else
		str_format(probed->sentence, sizeof probed->sentence, "Port %u of %s %s.", mqtt->port,
			   findings->address, mqtt_words(mqtt->end));
	if ((size_t)mqtt->end < STR_ARRAY_LEN(remedies) && remedies[mqtt->end] != NULL)
		str_copy(probed->remedy, sizeof probed->remedy, remedies[mqtt->end]);
}

void
story_tell(const struct findings *findings, int64_t now_ms, struct msg_probed *ret_probed)
{
	char name[160];

	memset(ret_probed, 0, sizeof *ret_probed);
	fill_in(findings, ret_probed);
	const struct model *model = model_of(ret_probed);
	if (model == model_other())
		str_format(name, sizeof name, "serial number %s", ret_probed->serial);
	else
		str_format(name, sizeof name, "%s, serial number %s", model->name, ret_probed->serial);

	bool printer = is_a_printer(certificate_peek(findings), reply_peek(findings));
	if (printer && findings->mqtt.end == VISIT_DONE)
		tell_printer(findings, now_ms, ret_probed, name);
	else if (printer)
		tell_without_mqtt(findings, ret_probed, name);
	else if (findings->mqtt.end == VISIT_DONE)
		tell_stranger(findings, ret_probed);
	else if (findings->detect.end == VISIT_DONE)
		tell_refusal(findings, ret_probed);
	else
		tell_nobody(findings, ret_probed);
}
