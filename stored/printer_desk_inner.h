/*
 * printer_desk_inner: what printer_desk.c and printer_own.c share; nobody else includes it.
 */
#ifndef FUSE_STORED_PRINTER_DESK_INNER_H
#define FUSE_STORED_PRINTER_DESK_INNER_H

#include "stored/printer_desk.h"

/* Refuse for what is wrong with a field. */
void printer_desk_refuse(struct desk *desk, const struct header *request, const struct complaint *complaint);

/* Put the plan for a printer into the batch; the caller adds what else belongs to it. */
struct batch_item *printer_desk_put(struct desk *desk, const struct header *request,
				    const struct printer_record *record);

#endif
