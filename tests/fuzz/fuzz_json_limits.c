/*
 * Messages that are too deep, too long or have too many values, made from a few bytes: each of them is refused when it
 * is over a limit, read when it is not, and the report after it is read all the same.
 * Covers: report_read
 *
 * Input: a byte for the depth and one for how often (small numbers are themselves, the last few stand for thousands), one
 * that chooses what is nested, then what is repeated. At most 32 bytes an input: the message is made of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printer/report.h"
#include "tests/fuzz/fuzz_rig.h"
#include "tests/unit/report_invariants.h"

#define MESSAGE_MAX (REPORT_MAX_BYTES + 64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
	char *bytes;
	size_t len;
};

static void
append(struct message *message, const void *bytes, size_t len)
{
	if (len > MESSAGE_MAX - message->len)
		len = MESSAGE_MAX - message->len;
	if (len > 0)
		memcpy(message->bytes + message->len, bytes, len);
	message->len += len;
}

static void
append_text(struct message *message, const char *text)
{
	append(message, text, strlen(text));
}

/* Where nesting begins: places that the parser knows are entered by other paths than those that it skips. */
static const char *const nests[][2] = {
	{ "[", "]" }, { "{\"a\":", "}" }, { "{\"ams\":", "}" }, { "{\"tray\":[", "]}" }, { "{\"device\":", "}" },
	{ "{\"print\":", "}" }, { "{\"info\":[", "]}" }, { "{\"id\":\"1\",\"tray\":", "}" },
};

static void
read_message(struct report *report, const struct message *message, struct printer_state *state)
{
	struct report_summary summary;
	/* Of exactly its size, so that a sanitizer sees a read beyond it. */
	char *exact = malloc(message->len > 0 ? message->len : 1);

	must(exact != NULL);
	memcpy(exact, message->bytes, message->len);
	report_read(report, exact, message->len, 1, state, &summary);
	free(exact);
	must(fault_of_state(state) == NULL && fault_of_summary(&summary) == NULL);
	must(message->len <= REPORT_MAX_BYTES || summary.kind == REPORT_BAD);
}

static void
nest(struct message *message, unsigned depth, const char *const brackets[2], unsigned times, const uint8_t *repeated,
     size_t len)
{
	append_text(message, "{\"print\":{\"command\":\"push_status\",\"layer_num\":7,\"ams\":");
	for (unsigned i = 0; i < depth; i++)
		append_text(message, brackets[0]);
	append_text(message, "[0");
	for (unsigned i = 0; i < times && message->len < MESSAGE_MAX; i++) {
		append_text(message, ",");
		append(message, repeated, len);
	}
	append_text(message, "]");
	for (unsigned i = 0; i < depth; i++)
		append_text(message, brackets[1]);
	append_text(message, "}}");
}

/* Most inputs are small, or a million of them would take an hour. */
static unsigned
amount(uint8_t byte, unsigned step)
{
	return byte < 250 ? byte : (byte - 249u) * step;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char after[] = "{\"print\":{\"command\":\"push_status\",\"layer_num\":8}}";
	static char buffer[MESSAGE_MAX];
	static struct printer_state state;
	static struct report *report;
	struct message message = { buffer, 0 };

	if (size < 3 || size > 32)
		return 0;
	if (report == NULL)
		report = report_new();
	must(report != NULL);
	printer_state_init(&state);
	unsigned depth = amount(data[0], 10000), times = amount(data[1], 4000);
	const char *const *brackets = nests[data[2] % STR_ARRAY_LEN(nests)];
	nest(&message, depth, brackets, times, data + 3, size - 3);
	read_message(report, &message, &state);
	/* Two objects, what is nested, and the list inside. */
	must(depth + 3 <= REPORT_MAX_DEPTH || state.reports == 0);
	/* Without a quotation mark, which may swallow commas, each repetition is a value at least, or no JSON. */
	bool may_be_text = memchr(data, '"', size) != NULL;
	must(times <= REPORT_MAX_VALUES || may_be_text || state.reports == 0);
	message.len = 0;
	append_text(&message, after);
	read_message(report, &message, &state);
	must(state.layer == 8);
	return 0;
}
