/*
 * faults: tables, templates and what fills them.
 */
#include "worker/upload/faults.h"

#include <stddef.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"

#define REPLY_SHOWN_BYTES 66 /* of a reply within a sentence, beside the longest path */

static const struct {
	const char *id;
	bool again;
	const char *sentence, *remedy;
} rows[] = {
#define UPLOAD_FAULT(NAME, id, again, sentence, remedy) { id, again, sentence, remedy },
#include "worker/upload/faults.def"
};

#define IN(PHASE) (1u << UPLOAD_PHASE_##PHASE)
#define ANY UINT32_MAX

static const struct {
	unsigned from, to;
	uint32_t phases;
	enum upload_fault fault;
} on_reply[] = {
#define ON_REPLY(from, to, phases, FAULT) { from, to, phases, UPLOAD_##FAULT },
#include "worker/upload/faults.def"
};

static const struct {
	enum line_end end;
	uint32_t phases;
	enum upload_fault fault;
} on_end[] = {
#define ON_END(END, phases, FAULT) { LINE_##END, phases, UPLOAD_##FAULT },
#include "worker/upload/faults.def"
};

static const char *const phases[] = {
#define X(NAME, text) text,
	UPLOAD_PHASES(X)
#undef X
};

const char *
upload_phase_name(enum upload_phase phase)
{
	return (unsigned)phase < STR_ARRAY_LEN(phases) ? phases[phase] : "?";
}

/* -- which it is ---------------------------------------------------------------------------------- */

enum upload_fault
upload_fault_of_reply(enum upload_phase phase, unsigned code)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(on_reply); i++)
		if (code >= on_reply[i].from && code <= on_reply[i].to && (on_reply[i].phases & 1u << phase))
			return on_reply[i].fault;
	return UPLOAD_UNEXPECTED;
}

enum upload_fault
upload_fault_of_end(enum upload_phase phase, enum line_end end)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(on_end); i++)
		if (end == on_end[i].end && (on_end[i].phases & 1u << phase))
			return on_end[i].fault;
	return UPLOAD_NONE;
}

enum upload_fault
upload_fault_of_verdict(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_TRUSTED_CHAIN:
	case TLS_TRUSTED_PIN:
		return UPLOAD_NONE;
	case TLS_UNTRUSTED:
		return UPLOAD_UNTRUSTED;
	case TLS_PIN_CHANGED:
		return UPLOAD_FINGERPRINT_CHANGED;
	case TLS_OTHER_SERIAL:
		return UPLOAD_OTHER_PRINTER;
	case TLS_SERIAL_CASE:
		return UPLOAD_SERIAL_CASE;
	case TLS_NO_SERIAL:
		return UPLOAD_NOT_A_PRINTER;
	case TLS_EXPIRED:
	case TLS_NOT_YET_VALID:
		break;
	}
	return UPLOAD_CLOCK_WRONG;
}

const char *
upload_fault_id(enum upload_fault fault)
{
	return (unsigned)fault < STR_ARRAY_LEN(rows) ? rows[fault].id : "?";
}

bool
upload_fault_may_pass(enum upload_fault fault)
{
	return rows[fault].again;
}

/* -- in words ---------------------------------------------------------------------------------------- */

void
upload_write_bytes(int64_t bytes, char ret[UPLOAD_BYTES_BYTES])
{
	char digits[24];
	size_t used = 0;

	str_format(digits, sizeof digits, "%lld", (long long)(bytes > 0 ? bytes : 0));
	for (size_t i = 0, len = strlen(digits); i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			ret[used++] = ',';
		ret[used++] = digits[i];
	}
	str_copy(ret + used, UPLOAD_BYTES_BYTES - used, bytes == 1 ? " byte" : " bytes");
}

static const char *
storage_of(const struct model *model)
{
	switch (model->storage) {
	case STORAGE_KIND_MICROSD:
		return "microSD card";
	case STORAGE_KIND_USB:
		return "USB stick";
	case STORAGE_KIND_UNKNOWN:
		break;
	}
	return "card or stick";
}

static const char *
storage_remedy_of(const struct model *model)
{
	switch (model->storage) {
	case STORAGE_KIND_MICROSD:
		return "Put a microSD card into the printer and wait until its screen shows it. If one is in, it may be full, "
		       "write-protected or failing: look at the printer, or put another one in.";
	case STORAGE_KIND_USB:
		return "This model takes files only on a USB stick: plug one in, and check on the printer's screen that the printer "
		       "has recognized it and that saving to external storage is switched on. If one is in, it may be full or failing.";
	case STORAGE_KIND_UNKNOWN:
		break;
	}
	return "Put a microSD card or a USB stick, as the model wants it, into the printer and wait until its screen shows it. If one is in, "
	       "it may be full, write-protected or failing.";
}

static void
write_clock(int64_t clock_ms, char *ret, size_t cap)
{
	clock_format_utc(clock_ms, ret);
	str_copy(ret + 16, cap - 16, " UTC");
	ret[10] = ' ';
}

void
upload_write_reply(const struct upload_facts *facts, char *ret, size_t cap)
{
	char text[REPLY_SHOWN_BYTES];

	str_copy(text, sizeof text, facts->reply);
	for (size_t len = strlen(text); len > 0 && strchr(" .", text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	str_format(ret, cap, "%u%s%s", facts->code, text[0] != '\0' ? " " : "", text);
}

static const char *
value_of(const void *arg, const char *word, char scratch[STR_FILL_SCRATCH_BYTES])
{
	const struct upload_facts *facts = arg;
	const struct { const char *word, *value; } texts[] = {
		{ "address", facts->address },	  { "serial", facts->serial },
		{ "seen", facts->seen },	  { "reason", facts->reason },
		{ "path", facts->path },	  { "storage", storage_of(facts->model) },
		{ "storage remedy", storage_remedy_of(facts->model) },
		{ "code menu", facts->model->access_code_menu },
		{ "developer menu", facts->model->developer_mode_menu },
	};
	const struct { const char *word; int64_t value; } sizes[] = {
		{ "sent", facts->sent_bytes }, { "size", facts->size_bytes }, { "remote", facts->remote_bytes },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].word, word) == 0)
			return texts[i].value;
	scratch[0] = '\0';
	for (size_t i = 0; i < STR_ARRAY_LEN(sizes); i++)
		if (strcmp(sizes[i].word, word) == 0)
			upload_write_bytes(sizes[i].value, scratch);
	if (strcmp(word, "port") == 0)
		str_format(scratch, STR_FILL_SCRATCH_BYTES, "%u", facts->port);
	else if (strcmp(word, "reply") == 0)
		upload_write_reply(facts, scratch, STR_FILL_SCRATCH_BYTES);
	else if (strcmp(word, "clock") == 0)
		write_clock(facts->clock_ms, scratch, STR_FILL_SCRATCH_BYTES);
	return scratch;
}

void
upload_fault_sentence(enum upload_fault fault, const struct upload_facts *facts, char ret[UPLOAD_SENTENCE_BYTES])
{
	str_fill(ret, UPLOAD_SENTENCE_BYTES, rows[fault].sentence, value_of, facts);
}

void
upload_fault_remedy(enum upload_fault fault, const struct upload_facts *facts, char ret[UPLOAD_REMEDY_BYTES])
{
	str_fill(ret, UPLOAD_REMEDY_BYTES, rows[fault].remedy, value_of, facts);
}
