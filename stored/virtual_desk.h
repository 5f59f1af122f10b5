/*
 * virtual_desk: virtual printers. To keep one is to keep an ordinary printer (its record, its place, its access code, the
 * pin of its certificate), and what the process that plays it must know: all in one commit. It gets
 *
 *   a serial number that no real printer has: the model's own prefix ("094" where none is known), "FUSE", and eight random
 *     letters and digits: 00MFUSE4K7QZ2PA. Where that says E, real ones have the month, 1 to C;
 *   an address: 127.64.0.N with the lowest N that is free, or the one of this machine at which the owner exposes it;
 *   an access code of eight random digits;
 *   a certificate as printers have one, CN = serial number, from an issuer of this Fuse's own (virtual_keys.h). Its
 *     fingerprint is approved from the beginning, so that nobody is asked.
 */
#ifndef FUSE_STORED_VIRTUAL_DESK_H
#define FUSE_STORED_VIRTUAL_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"
#include "stored/batch.h"
#include "stored/printer_record.h"

struct desk;

/* Orders of printers that are to be exposed, while the supervisor looks whether they can be. */
#define VIRTUAL_ORDERS_MAX 8
struct virtual_desk {
	struct virtual_order {
		uint32_t request_id; /* to the supervisor; 0 = free */
		struct header asker;
		struct msg_virtual_add add;
	} orders[VIRTUAL_ORDERS_MAX];
};

/* A message that is about virtual printers; false when it is not. */
bool virtual_desk_on_message(struct desk *desk, const struct header *header, const void *message);

/* The answer to an item that has another one than DONE; false when it has not. */
bool virtual_desk_answer(struct desk *desk, const struct batch_item *item);

/* In the item in which such a printer goes: all that is more than an ordinary one. */
void virtual_desk_forget(struct batch_item *item, const char *serial);

/* What is kept of one has changed: the process that plays it hears its name, which it announces. */
void virtual_desk_tell_name(struct desk *desk, const struct printer_record *printer);

/* Is this secret the access code of a virtual printer, which would not hear of another? Then it was refused. */
bool virtual_desk_refuses_secret(struct desk *desk, const struct header *request, const char *name);

#endif
