/*
 * report: what a printer publishes, read into its state. Pure: bytes and the time in, state out. Streams
 * through yajl (the only door to it); anything may come in, nothing of a bad message is merged.
 *
 * Rules: docs/protocol.md, "Reports". A reply to a command is never merged; objects are merged by key, lists
 * with ids by id, other lists are replaced; the same field may be a number or a string; absent is not zero.
 */
#ifndef FUSE_PRINTER_REPORT_H
#define FUSE_PRINTER_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "printer/state.h"

#define REPORT_MAX_BYTES (256 * 1024) /* longer ones are refused unread */
#define REPORT_MAX_DEPTH 24
#define REPORT_MAX_VALUES 20000 /* keys and values of one message */

enum report_kind {
	REPORT_FULL,	/* push_status with msg 0, or without msg and with most of what a full one has */
	REPORT_DELTA,	/* push_status: merged */
	REPORT_REPLY,	/* has a result: nothing merged */
	REPORT_VERSION, /* the module list: merged into modules, firmware, product, serial */
	REPORT_OTHER,	/* well-formed, of no interest to the state */
	REPORT_BAD,	/* refused: `fault` says why */
};

enum report_result { REPORT_RESULT_NONE, REPORT_RESULT_SUCCESS, REPORT_RESULT_FAIL };

/* What one message was. Texts are cut to fit, UTF-8, "" when not told. */
struct report_summary {
	enum report_kind kind;
	char section[16];     /* "print", "info" */
	char command[40];     /* "push_status", "project_file" */
	int64_t sequence_id;  /* -1 when there is none */
	enum report_result result;
	char reason[120];     /* of a reply */
	uint32_t err_code;    /* of a reply; 0 none */
	int32_t err_number;   /* `errno` of a reply; 0 none */
	bool refused_unsigned; /* the reply says: Developer Mode is off (84033543 … 84033548, "verify failed") */
	char fault[80];	      /* of REPORT_BAD: "is not JSON: …", "is nested deeper than 24" */
};

struct report; /* a parser with its scratch space, kept between messages */

struct report *report_new(void);
void report_free(struct report *report);

/* Read one payload of the report topic at wall clock `now_ms`; `state` changes only for FULL, DELTA and
 * VERSION. Invalid UTF-8 in texts is replaced by U+FFFD, not refused. */
void report_read(struct report *report, const void *bytes, size_t len, int64_t now_ms, struct printer_state *state,
		 struct report_summary *ret_summary);

const char *report_kind_name(enum report_kind kind); /* "full", "delta", "reply", "version", "other", "bad" */

#endif
