/*
 * probe: who answers at an address, by way of discovery.
 */
#ifndef FUSE_FUSECTL_PROBE_H
#define FUSE_FUSECTL_PROBE_H

#include "fusectl/ctl.h"

/* Ask discovery. `ports` in the order mqtt, detect; 0 = the standard ones. */
enum outcome probe_ask(struct ctl *ctl, const char *address, uint32_t mqtt_port, uint32_t detect_port,
		       struct msg_probed *ret_probed);

/* As text: what was found, below one another. */
void probe_print(const struct show *show, const struct msg_probed *probed);

json_t *probe_json(const struct msg_probed *probed);

/* A fingerprint in words of two hex digits, as OpenSSL and browsers write it: "AB:CD:…". */
#define FINGERPRINT_BYTES 100
void probe_fingerprint(const char *sha256, char ret_text[FINGERPRINT_BYTES]);

/* "Bambu Lab" … who vouches, for a person. */
const char *probe_vouch_words(unsigned vouch);

#endif
