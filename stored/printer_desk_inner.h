/*
 * printer_desk_inner: what printer_desk.c, printer_own.c and virtual_desk.c share; nobody else includes it.
 */
#ifndef FUSE_STORED_PRINTER_DESK_INNER_H
#define FUSE_STORED_PRINTER_DESK_INNER_H

#include "stored/printer_desk.h"

/* Refuse for what is wrong with a field. */
void printer_desk_refuse(struct desk *desk, const struct header *request, const struct complaint *complaint);

/* The sender's own printer, with no change of it on its way, of which it tells an address; that, in the form that is kept.
 * NULL when the request was refused. */
struct printer_place *printer_desk_own_at(struct desk *desk, const struct header *request, const char *told,
					  char ret_address[PRINTER_ADDRESS_BYTES]);

/* Put the plan for a printer into the batch; the caller adds what else belongs to it. */
struct batch_item *printer_desk_put(struct desk *desk, const struct header *request,
				    const struct printer_record *record);

/* A new printer, all of whose fields are as they are kept, with its access code (empty = none): in the batch, unless the
 * request was refused (NULL: its serial number or address is another's, all places are taken). The caller adds the
 * answer's sentence and what else belongs to it. */
struct batch_item *printer_desk_put_new(struct desk *desk, const struct header *request, struct printer_record *record,
					const struct secret *code);

/* Its access code. Empty when none is kept, or when it was sealed with another key: then the owner sets it anew, as if
 * there were none. False when the request was refused. The caller wipes. */
bool printer_desk_code(struct desk *desk, const struct header *request, const struct printer_place *place,
		       struct secret *ret_code);

#endif
