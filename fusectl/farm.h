/*
 * farm: the printers of a running Fuse as fusectl sees them: what is kept of each, how its link is, its state and the
 * process that serves it; and which one a person means.
 */
#ifndef FUSE_FUSECTL_FARM_H
#define FUSE_FUSECTL_FARM_H

#include "fusectl/ctl.h"

struct farm_printer {
	struct msg_printer record;
	bool has_link, has_worker;
	struct msg_printer_link link;
	struct msg_proc_status worker; /* its slot is where requests go */
	json_t *stat;                  /* as printer/state_json.h writes it; NULL = not told yet */
};

struct farm {
	struct farm_printer *rows; /* by name */
	size_t count, cap;
};

/* What to fetch beside the records. */
enum farm_part { FARM_LINKS = 1, FARM_STATES = 2, FARM_WORKERS = 4, FARM_ALL = 7 };

/* Connect and fetch. On failure nothing is to be freed. */
enum outcome farm_fetch(struct ctl *ctl, unsigned parts, struct farm *ret_farm);
void farm_free(struct farm *farm);

/* The printer of a serial number, or NULL. */
struct farm_printer *farm_peek(const struct farm *farm, const char *serial);

/*
 * The printer that `word` means: its serial number or name; else the only one whose serial begins with it, or
 * whose name is the same but for case. NOT_FOUND, or USAGE with the candidates when several are meant. Pure.
 */
enum outcome farm_find(const struct farm *farm, const char *word, struct farm_printer **ret_printer,
		       struct failure *failure);

/* Fetch (FARM_WORKERS among the parts) and find in one. On failure nothing is to be freed. */
enum outcome farm_fetch_one(struct ctl *ctl, const char *word, unsigned parts, struct farm *ret_farm,
			    struct farm_printer **ret_printer);

/* A question to the printer's worker; UNREACHABLE when it has none yet. `message` and callbacks are the caller's. */
enum outcome farm_question(const struct farm_printer *printer, enum message number,
			   struct client_question *ret_question, struct failure *failure);

/* -- JSON (farm_json.c) --------------------------------------------------------------------------- */

json_t *farm_json_record(const struct msg_printer *record);
json_t *farm_json_link(const struct msg_printer_link *link);
json_t *farm_json(const struct farm_printer *printer); /* {record, link, stat} */
const char *farm_vouch_word(unsigned vouch);           /* "bambu-ca", "owner-ca", "unknown" */

/* -- looks into a stat; total: what is not there or of another type is NULL, NAN, "" -------------------- */

const json_t *stat_at(const json_t *json, const char *path); /* "layers.current" */
const char *stat_text(const json_t *json, const char *path);
double stat_number(const json_t *json, const char *path);
bool stat_true(const json_t *json, const char *path);

#endif
