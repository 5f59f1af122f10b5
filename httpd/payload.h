/*
 * payload: the text of one message to WebSocket clients: written once, then shared by all whom it suits and freed with
 * the last of them.
 */
#ifndef FUSE_HTTPD_PAYLOAD_H
#define FUSE_HTTPD_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* What waits for slow clients, all in all. Whoever makes one looks at payloads_bytes() first. */
#define PAYLOADS_MAX_BYTES ((size_t)64 * 1024 * 1024)

struct payload {
	unsigned magic, references;
	char *text; /* UTF-8, not terminated */
	size_t len, cap;
};

/* Empty, with one reference. */
struct payload *payload_new(size_t expected_bytes);
struct payload *payload_hold(struct payload *payload);
/* NULL is fine. */
void payload_release(struct payload *payload);

void payload_put(struct payload *payload, const void *bytes, size_t len);
/* A text that ends with its NUL. */
void payload_put_text(struct payload *payload, const char *text);
void payload_put_number(struct payload *payload, uint64_t number);

/* Memory of all payloads that exist. */
size_t payloads_bytes(void);

#endif
