/*
 * payload: a growing text with a count of its holders.
 */
#include "httpd/payload.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define PAYLOAD_MAGIC 0x50415944

static size_t total_bytes;

struct payload *
payload_new(size_t expected_bytes)
{
	struct payload *payload = calloc(1, sizeof *payload);

	ENSURE(payload != NULL);
	payload->magic = PAYLOAD_MAGIC;
	payload->references = 1;
	payload->cap = expected_bytes < 64 ? 64 : expected_bytes;
	payload->text = malloc(payload->cap);
	ENSURE(payload->text != NULL);
	total_bytes += payload->cap;
	return payload;
}

struct payload *
payload_hold(struct payload *payload)
{
	ENSURE_OBJ(payload, PAYLOAD_MAGIC);
	payload->references++;
	return payload;
}

void
payload_release(struct payload *payload)
{
	if (payload == NULL)
		return;
	ENSURE_OBJ(payload, PAYLOAD_MAGIC);
	if (--payload->references > 0)
		return;
	total_bytes -= payload->cap;
	free(payload->text);
	payload->magic = 0;
	free(payload);
}

void
payload_put(struct payload *payload, const void *bytes, size_t len)
{
	if (payload->len + len > payload->cap) {
		size_t cap = 2 * payload->cap;
		while (cap < payload->len + len)
			cap *= 2;
		payload->text = realloc(payload->text, cap);
		ENSURE(payload->text != NULL);
		total_bytes += cap - payload->cap;
		payload->cap = cap;
	}
	memcpy(payload->text + payload->len, bytes, len);
	payload->len += len;
}

void
payload_put_text(struct payload *payload, const char *text)
{
	payload_put(payload, text, strlen(text));
}

void
payload_put_number(struct payload *payload, uint64_t number)
{
	char digits[24];

	str_format(digits, sizeof digits, "%llu", (unsigned long long)number);
	payload_put_text(payload, digits);
}

size_t
payloads_bytes(void)
{
	return total_bytes;
}
