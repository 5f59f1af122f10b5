/*
 * farm_json: what the farm knows, as the JSON that REST gives. All functions return new references.
 * Times are RFC 3339 in UTC, null when there is none; texts that are empty are null.
 */
#ifndef FUSE_HTTPD_FARM_JSON_H
#define FUSE_HTTPD_FARM_JSON_H

#include <jansson.h>

#include "httpd/farm.h"

json_t *farm_json_text(const char *text);
json_t *farm_json_time(int64_t wall_ms);

/* Record, link and process of a printer. */
json_t *farm_json_printer(const struct farm *farm, const struct msg_printer *printer);
json_t *farm_json_printers(const struct farm *farm);
json_t *farm_json_status(const struct farm *farm, int64_t now_ms);
json_t *farm_json_settings(const struct farm *farm);
json_t *farm_json_models(void);

/* "unknown", "bambu-ca", "owner-ca": who vouches for a certificate. */
const char *farm_json_vouch(unsigned vouch);

/* A printer's state (the JSON of PRINTER_STATE, or what is known without it) as new text: free() it. */
char *farm_json_state(const struct farm *farm, const struct msg_printer *printer, size_t *ret_len);

#endif
