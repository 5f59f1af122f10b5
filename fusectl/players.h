/*
 * players: the virtual printers of a running Fuse as fusectl sees them: an ordinary printer each, the process that plays
 * it, and what its controls are set to.
 */
#ifndef FUSE_FUSECTL_PLAYERS_H
#define FUSE_FUSECTL_PLAYERS_H

#include "fusectl/farm.h"
#include "printer/virtual_rules.h"

#define PLAYERS_MAX 64 /* more than there can be */

struct player {
	const struct farm_printer *printer;
	const struct msg_proc_status *process; /* NULL = there is none yet */
	json_t *controls;		       /* NULL = it has not told */
};

struct players {
	struct farm farm;
	struct process_list processes;
	struct player rows[PLAYERS_MAX]; /* by name */
	size_t count;
};

/* Connect and fetch. On failure nothing is to be freed. */
enum outcome players_fetch(struct ctl *ctl, struct players *ret_players);
void players_free(struct players *players);

/* Fetch and find the one that `word` means (farm_find()); REFUSED when it is a real printer. On failure nothing is to be
 * freed. */
enum outcome players_fetch_one(struct ctl *ctl, const char *word, struct players *ret_players,
			       const struct player **ret_player);

/* Fetch, find, and turn its controls (`change` is stolen; NULL passes the failure on that is there already). The sentence
 * of how it went in `ret_done`; its serial number in `ret_serial`. */
enum outcome players_control(struct ctl *ctl, const char *word, json_t *change, struct msg_done *ret_done,
			     char ret_serial[PRINTER_SERIAL_BYTES]);

/* What kept Fuse away from one may be over: it need not wait for its next try, which can be minutes off. Where its link stands,
 * or cannot be made just now, nothing happens. */
void players_connect_again(struct ctl *ctl, const char *word);

#endif
