/*
 * wire: what a printer's broker sends, looked at before the MQTT library reads it. Pure but for the function that
 * it reads with, which behaves like SSL_read().
 *
 * Passed on is only what a broker may send to us (MQTT 3.1.1, chapter 3): one CONNACK and that first; then PUBLISH of
 * QoS 0 or 1, PUBACK, SUBACK and PINGRESP in their exact sizes. The library would otherwise make room for a packet of
 * 256 MB as soon as one is announced, and keep what it has no use for without bound. A PUBLISH that is too long to
 * be a report is passed over while it is at most WIRE_SKIP_MAX_BYTES; a longer one, or anything else, ends the
 * stream for good.
 */
#ifndef FUSE_WORKER_LINK_WIRE_H
#define FUSE_WORKER_LINK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PUBLISH_MAX_BYTES (256 * 1024 + 128) /* a report of 256 KiB with its topic and identifier */
#define WIRE_SKIP_MAX_BYTES (2 * 1024 * 1024)
#define WIRE_HEADER_BYTES 5

struct wire {
	uint8_t header[WIRE_HEADER_BYTES];
	size_t header_bytes, header_given; /* read, and handed on */
	size_t body_left, skip_left;
	bool connacked;
	uint8_t answer[2];		   /* the body of the CONNACK */
	size_t answer_bytes;
	uint32_t too_big_bytes;		   /* of a PUBLISH that is or was passed over, or ended the stream; 0 = none */
	const char *fault;		   /* why the stream ended, in words; NULL while it has not */
};

/* As SSL_read(): how many bytes, or what it said (0 or less) when there are none now. */
typedef int wire_read_fn(void *arg, void *to, int want);

void wire_init(struct wire *wire);

/* The next bytes for the library, at most `want`; 0 (the end) once there is a fault; else what `read` said. Of a header
 * that has not yet come as a whole nothing is handed on. */
int wire_read(struct wire *wire, wire_read_fn *read, void *arg, void *to, int want);

/* The CONNACK's return code; -1 when it has not come. */
int wire_answer(const struct wire *wire);

/* Take the size of the PUBLISH that was too big, once. */
uint32_t wire_take_too_big(struct wire *wire);

#endif
