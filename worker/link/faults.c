/*
 * faults: templates and what fills them.
 */
#include "worker/link/faults.h"

#include <string.h>

#include "common/clock.h"
#include "common/str.h"

struct fault_row {
	const char *id;
	enum link_phase phase;
	enum { WARNING, BARS, BROKEN, ASTRAY } kind;
	const char *sentence, *remedy;
};

static const struct fault_row rows[] = {
#define FAULT(NAME, id, PHASE, kind, sentence, remedy) { id, LINK_PHASE_##PHASE, kind, sentence, remedy },
#include "worker/link/faults.def"
#undef FAULT
};

static const char *const phases[] = {
#define X(NAME, text) text,
	LINK_PHASES(X)
#undef X
};

const char *
link_phase_name(enum link_phase phase)
{
	return (unsigned)phase < STR_ARRAY_LEN(phases) ? phases[phase] : "?";
}

const char *
fault_id(enum link_fault fault)
{
	return (unsigned)fault < STR_ARRAY_LEN(rows) ? rows[fault].id : "?";
}

enum link_phase
fault_phase(enum link_fault fault)
{
	return rows[fault].phase;
}

bool
fault_breaks(enum link_fault fault)
{
	return rows[fault].kind >= BROKEN;
}

bool
fault_leads_astray(enum link_fault fault)
{
	return rows[fault].kind == ASTRAY;
}

bool
fault_bars_prints(enum link_fault fault)
{
	return rows[fault].kind != WARNING;
}

/* "40 s", "12 min", "3 h" */
static void
write_span(int64_t ms, char *ret, size_t cap)
{
	int64_t s = ms / 1000;

	if (s < 120)
		str_format(ret, cap, "%lld s", (long long)s);
	else if (s < 7200)
		str_format(ret, cap, "%lld min", (long long)(s / 60));
	else
		str_format(ret, cap, "%lld h", (long long)(s / 3600));
}

static const char *
value_of(const void *arg, const char *word, char scratch[STR_FILL_SCRATCH_BYTES])
{
	const struct fault_facts *facts = arg;
	const struct { const char *word, *value; } texts[] = {
		{ "address", facts->address },	 { "serial", facts->serial },	    { "seen", facts->seen },
		{ "issuer", facts->issuer },	 { "reason", facts->reason },	    { "installed", facts->installed },
		{ "before", facts->before },	 { "code menu", facts->model->access_code_menu },
		{ "developer menu", facts->model->developer_mode_menu },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].word, word) == 0)
			return texts[i].value;
	scratch[0] = '\0';
	if (strcmp(word, "port") == 0) {
		str_format(scratch, STR_FILL_SCRATCH_BYTES, "%u", facts->port);
	} else if (strcmp(word, "since") == 0) {
		write_span(facts->since_ms, scratch, STR_FILL_SCRATCH_BYTES);
	} else if (strcmp(word, "clock") == 0) {
		clock_format_utc(facts->clock_ms, scratch);
		str_copy(scratch + 16, STR_FILL_SCRATCH_BYTES - 16, " UTC");
		scratch[10] = ' ';
	}
	return scratch;
}

void
fault_sentence(enum link_fault fault, const struct fault_facts *facts, char ret[FAULT_SENTENCE_BYTES])
{
	str_fill(ret, FAULT_SENTENCE_BYTES, rows[fault].sentence, value_of, facts);
}

void
fault_remedy(enum link_fault fault, const struct fault_facts *facts, char ret[FAULT_REMEDY_BYTES])
{
	str_fill(ret, FAULT_REMEDY_BYTES, rows[fault].remedy, value_of, facts);
}
