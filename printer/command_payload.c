/*
 * command_payload: the JSON that goes to the printer. The few bodies are nearly flat, so they are written in place:
 * nothing is allocated and the order of the fields is the one that is known to work.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/miniobj.h"
#include "printer/command_parts.h"

static void append(struct payload *payload, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
append(struct payload *payload, const char *format, ...)
{
	struct command_payload *to = payload->to;
	va_list args;

	va_start(args, format);
	int n = vsnprintf(to->json + to->len, sizeof to->json - to->len, format, args);
	va_end(args);
	ENSURE(n >= 0 && (size_t)n < sizeof to->json - to->len);
	to->len += (size_t)n;
}

/* RFC 8259, section 7: quotation mark, backslash and controls are escaped. */
static void
append_string(struct payload *payload, const char *text)
{
	append(payload, "\"");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			append(payload, "\\%c", c);
		else if (c == '\n')
			append(payload, "\\n");
		else if (c < 0x20)
			append(payload, "\\u%04x", c);
		else
			append(payload, "%c", c);
	}
	append(payload, "\"");
}

void
payload_open(struct payload *payload, struct command_payload *to, const char *section, const char *command, int qos,
	     uint32_t *sequence_id)
{
	payload->to = to;
	to->len = 0;
	to->qos = qos;
	to->sequence_id = command_next_sequence(sequence_id);
	append(payload, "{\"%s\":{\"sequence_id\":\"%" PRIu32 "\",\"command\":\"%s\"", section, to->sequence_id,
	       command);
}

void
payload_text(struct payload *payload, const char *key, const char *text)
{
	append(payload, ",\"%s\":", key);
	append_string(payload, text);
}

void
payload_int(struct payload *payload, const char *key, int64_t number)
{
	append(payload, ",\"%s\":%" PRId64, key, number);
}

void
payload_bool(struct payload *payload, const char *key, bool truth)
{
	append(payload, ",\"%s\":%s", key, truth ? "true" : "false");
}

void
payload_json(struct payload *payload, const char *key, const char *json)
{
	append(payload, ",\"%s\":%s", key, json);
}

void
payload_close(struct payload *payload)
{
	append(payload, "}}");
}

void
command_print_open(struct command_work *work, struct payload *ret_payload, const char *command)
{
	ENSURE(work->plan->payload_count < COMMAND_PAYLOADS_MAX);
	work->plan->needs_developer_mode = true;
	payload_open(ret_payload, &work->plan->payloads[work->plan->payload_count++], "print", command, 1,
		     &work->sequence_id);
}

void
command_print_plain(struct command_work *work, const char *command)
{
	struct payload payload;

	command_print_open(work, &payload, command);
	payload_close(&payload);
}

void
command_gcode(struct command_work *work, const char *lines)
{
	struct payload payload;

	command_print_open(work, &payload, "gcode_line");
	payload_text(&payload, "param", lines);
	payload_close(&payload);
}
