/*
 * printer_desk: the desk's requests about printers.
 */
#ifndef FUSE_STORED_PRINTER_DESK_H
#define FUSE_STORED_PRINTER_DESK_H

#include "stored/desk.h"

void printer_desk_add(struct desk *desk, const struct header *request, const struct msg_printer_add *message);
void printer_desk_edit(struct desk *desk, const struct header *request, const struct msg_printer_edit *message);
void printer_desk_remove(struct desk *desk, const struct header *request, const struct msg_printer_remove *message);
void printer_desk_want(struct desk *desk, const struct header *request);
void printer_desk_seen(struct desk *desk, const struct header *request, const struct msg_printer_seen *message);
/* Its worker has proved it at another address. */
void printer_desk_moved(struct desk *desk, const struct header *request, const struct msg_printer_moved *message);

/* A print was seen on its plate; a person says that the plate is clear. */
void printer_desk_plate_used(struct desk *desk, const struct header *request, const struct msg_plate_used *message);
void printer_desk_plate_clear(struct desk *desk, const struct header *request, const struct msg_plate_clear *message);

/* The place of a printer, with no change of it on its way; NULL when there is none, and the request was refused. */
struct printer_place *printer_desk_find(struct desk *desk, const struct header *request, const char *serial);

/* The printer that the sender serves, as the supervisor says; NULL when the request was refused. */
struct printer_place *printer_desk_own(struct desk *desk, const struct header *request);

/* What follows from a batch item that is on the disk now, for printers: tell everybody who has to know. Items about
 * something else are left alone. */
void printer_desk_follow_up(struct desk *desk, const struct batch_item *item);

/* The same for one that could not be kept. */
void printer_desk_give_up(struct desk *desk, const struct batch_item *item);

/* At start: tell all printers, and that there are none at the other places. */
void printer_desk_publish_all(struct desk *desk);

#endif
