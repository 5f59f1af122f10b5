/*
 * exposition: one growing text for each metric.
 */
#include "httpd/exposition.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define VALUE_BYTES 32

struct text {
	char *bytes;
	size_t len, cap;
};

struct exposition {
	struct text samples[METRIC_COUNT];
};

static const struct { const char *name, *type, *help; } metrics[] = {
#define TYPE_GAUGE "gauge"
#define TYPE_COUNTER "counter"
#define METRIC(NAME, name, TYPE, help) { name, TYPE_##TYPE, help },
#include "httpd/metrics.def"
};

struct exposition *
exposition_new(void)
{
	struct exposition *exposition = calloc(1, sizeof *exposition);

	ENSURE(exposition != NULL);
	return exposition;
}

void
exposition_free(struct exposition *exposition)
{
	if (exposition == NULL)
		return;
	for (size_t i = 0; i < METRIC_COUNT; i++)
		free(exposition->samples[i].bytes);
	free(exposition);
}

static void
put_bytes(struct text *text, const char *bytes, size_t len)
{
	if (text->len + len > text->cap) {
		text->cap = text->cap == 0 ? 1024 : text->cap;
		while (text->cap < text->len + len)
			text->cap *= 2;
		text->bytes = realloc(text->bytes, text->cap);
		ENSURE(text->bytes != NULL);
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void
put(struct text *text, const char *word)
{
	put_bytes(text, word, strlen(word));
}

/* Backslash, quote and newline are escaped; what else could harm a terminal is no part of a name. */
static void
put_label_text(struct text *text, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\')
			put(text, "\\\\");
		else if (*value == '"')
			put(text, "\\\"");
		else if (*value == '\n')
			put(text, "\\n");
		else
			put_bytes(text, (unsigned char)*value < 0x20 || *value == 0x7f ? " " : value, 1);
	}
}

static void
put_labels(struct text *text, va_list labels)
{
	const char *before = "{", *name;

	while ((name = va_arg(labels, const char *)) != NULL) {
		const char *value = va_arg(labels, const char *);
		if (value[0] == '\0')
			continue;
		put(text, before);
		put(text, name);
		put(text, "=\"");
		put_label_text(text, value);
		put(text, "\"");
		before = ",";
	}
	if (before[0] == ',')
		put(text, "}");
}

void
exposition_add(struct exposition *exposition, enum metric metric, double value, ...)
{
	struct text *text = &exposition->samples[metric];
	char number[VALUE_BYTES];
	va_list labels;

	if (!isfinite(value))
		return;
	put(text, metrics[metric].name);
	va_start(labels, value);
	put_labels(text, labels);
	va_end(labels);
	str_format(number, sizeof number, " %.15g\n", value);
	put(text, number);
}

char *
exposition_write(const struct exposition *exposition, size_t *ret_len)
{
	struct text all = { 0 };
	char head[600];

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct text *samples = &exposition->samples[i];
		if (samples->len == 0)
			continue;
		str_format(head, sizeof head, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help, metrics[i].name,
			   metrics[i].type);
		put(&all, head);
		put_bytes(&all, samples->bytes, samples->len);
	}
	*ret_len = all.len;
	return all.bytes;
}
