/*
 * locate: answers LOCATE: a printer that is no longer where it was is looked for by its serial number: where it was
 * announced or last proved, then in the network in which it stood, and where it announces itself meanwhile. Only where its
 * certificate names it is told.
 *
 * A network is searched for lost printers at most once in LOCATE_EVERY_MS, for all of them together: when the power
 * fails, many ask at once. Who asks too soon waits for the next time. A virtual printer of this machine is not searched
 * for: its neighbours in 127.64.0.0/24 are other virtual printers, and it moves to 127.65.0.0/16 (supervisor/stand.h). It
 * is given time to announce itself, which it does as a real one does.
 */
#ifndef FUSE_DISCOVERY_LOCATE_H
#define FUSE_DISCOVERY_LOCATE_H

#include "discovery/house.h"

#define LOCATES_MAX 512
#define LOCATE_EVERY_MS (2 * 60 * 1000)
#define LOCATE_PREFIX 24 /* of the network in which it stood */
#define LOCATE_LISTEN_MS 12000 /* two periods of announcements */
#define LOCATE_PROOFS_MAX 3 /* announcements of other addresses that are looked at for one LOCATE */

/* Take a LOCATE; it is answered by LOCATED or REFUSED (NOT_FOUND), later or at once. */
void locate_begin(struct house *house, const struct header *request, const struct msg_locate *message);
void locate_forget_all(void);

/* A printer was announced. */
void locate_hear(const struct ssdp_announcement *announcement);

#endif
