/*
 * known_json: what is known, as the JSON that REST gives. All functions return new references.
 * Times are RFC 3339 in UTC, null when there is none; texts that are empty are null.
 */
#ifndef FUSE_HTTPD_KNOWN_JSON_H
#define FUSE_HTTPD_KNOWN_JSON_H

#include <jansson.h>

#include "httpd/known.h"

json_t *known_json_text(const char *text);
json_t *known_json_time(int64_t wall_ms);

/* Record, link and process of a printer. */
json_t *known_json_printer(const struct known *known, const struct msg_printer *printer);
json_t *known_json_printers(const struct known *known);
json_t *known_json_status(const struct known *known, int64_t now_ms);
json_t *known_json_probed(const struct msg_probed *probed); /* what answered at an address */
json_t *known_json_settings(const struct known *known);
json_t *known_json_models(void);

/* "unknown", "bambu-ca", "owner-ca": who vouches for a certificate. */
const char *known_json_vouch(unsigned vouch);

/* A printer's state (the JSON of PRINTER_STATE, or what is known without it) as new text: free() it. */
char *known_json_state(const struct known *known, const struct msg_printer *printer, size_t *ret_len);

#endif
