/*
 * locate: answers LOCATE: a printer that is no longer where it was is looked for by its serial number: where it was
 * announced or last proved, then in the network in which it stood. Only where its certificate names it is told.
 *
 * A network is searched for lost printers at most once in LOCATE_EVERY_MS, for all of them together: when the power
 * fails, many ask at once. Who asks too soon waits for the next time.
 */
#ifndef FUSE_DISCOVERY_LOCATE_H
#define FUSE_DISCOVERY_LOCATE_H

#include "discovery/house.h"

#define LOCATES_MAX 512
#define LOCATE_EVERY_MS (2 * 60 * 1000)
#define LOCATE_PREFIX 24 /* of the network in which it stood */

/* Take a LOCATE; it is answered by LOCATED or REFUSED (NOT_FOUND), later or at once. */
void locate_begin(struct house *house, const struct header *request, const struct msg_locate *message);
void locate_forget_all(void);

#endif
