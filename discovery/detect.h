/*
 * detect: the frames of the detect service of a printer (TCP 3000, and 3002 in TLS), which says without an access
 * code who the printer is. Pure; what a peer sends is hostile. docs/protocol.md, "Detect service".
 */
#ifndef FUSE_DISCOVERY_DETECT_H
#define FUSE_DISCOVERY_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DETECT_PORT_PLAIN 3000
#define DETECT_PORT_TLS 3002
#define DETECT_REQUEST_BYTES 64
#define DETECT_REPLY_MAX_BYTES 8192 /* of a whole frame; a printer's has about 250 */

/* What a printer said of itself: harmless text (log_copy_harmless), cut to these sizes; "" = not told. */
struct detect_reply {
	char serial[65], model_code[33], name[97], firmware[25];
	char bind[17];	  /* "free", "occupied" */
	char connect[17]; /* "lan", "cloud", "farm" */
	bool refused;	  /* it does not want to say; nothing but the next line is told then */
	char refusal[97]; /* why, in its own words */
	int64_t refusal_code; /* 0 = none given */
};

/* Before lock-in: jansson reads /dev/urandom once, so that nobody can guess how its tables are filled. */
void detect_init(void);

/* Write the request; returns its length. */
size_t detect_request(uint8_t to[DETECT_REQUEST_BYTES]);

enum detect_result { DETECT_DONE, DETECT_MORE, DETECT_BAD };

/* Make sense of the first `len` bytes of what a peer sends: DETECT_MORE until its frame is complete; what follows
 * the frame is not looked at. DETECT_BAD: `*ret_fault` says what is wrong, in static words ("it …"). */
enum detect_result detect_decode(const uint8_t *bytes, size_t len, struct detect_reply *ret_reply,
				 const char **ret_fault);

#endif
