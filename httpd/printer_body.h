/*
 * printer_body: a printer as REST takes it, to what stored is asked to keep. Pure.
 *
 * Fields: name, address, model, serial, accessCode, ports {mqtt, ftps, camera, detect}, certificateSha256, startsUnasked. null
 * forgets a port (the standard one counts again), the certificate or the access code; other fields have no null.
 */
#ifndef FUSE_HTTPD_PRINTER_BODY_H
#define FUSE_HTTPD_PRINTER_BODY_H

#include <jansson.h>
#include <stdbool.h>

#include "httpd/body.h"
#include "ipc/message.h"
#include "ipc/terms.h"

#define ACCESS_CODE_MAX_BYTES 64

enum printer_body_use {
	PRINTER_BODY_ADD,      /* serial and address must be there; a name and a model are found if they are not */
	PRINTER_BODY_EDIT,     /* one printer, named by the path: no serial, at least one other field */
	PRINTER_BODY_EDIT_ONE_OF_MANY, /* the same, named by its serial */
};

/* What a body says. Field names and meaning as in PRINTER_EDIT; `changes` has the bits of the fields that are
 * there. Wipe access_code afterwards. False with a sentence. */
bool printer_body_parse(const json_t *object, enum printer_body_use use, struct msg_printer_edit *ret_edit,
			char ret_fault[BODY_FAULT_BYTES]);

/* A port that `object` does not name stays what it is `now`. */
void printer_body_keep_ports(const json_t *object, const struct msg_printer *now, struct msg_printer_edit *edit);

/* The same as the request to add it. */
void printer_body_to_add(const struct msg_printer_edit *edit, struct msg_printer_add *ret_add);

#endif
