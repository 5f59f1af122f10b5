/*
 * printer_args: the options that describe a printer, and the words that printer commands share.
 */
#ifndef FUSE_FUSECTL_PRINTER_ARGS_H
#define FUSE_FUSECTL_PRINTER_ARGS_H

#include "fusectl/ctl.h"

/* The ports that are given as options; the others stay as they are. */
struct printer_ports {
	uint32_t mqtt, ftps, camera, detect;
};
enum outcome printer_args_ports(struct ctl *ctl, struct printer_ports *ports, bool *ret_any);

/* --certificate; `ret_given` false when it is not there. */
enum outcome printer_args_certificate(struct ctl *ctl, char *ret_sha256, size_t cap, bool *ret_given);

/* Send a PRINTER_ADD, PRINTER_EDIT or PRINTER_REMOVE to stored; its sentence in `ret_done`. */
enum outcome printer_args_ask_stored(struct ctl *ctl, enum message number, const void *message,
				     struct msg_done *ret_done);

/* Show on standard error what is to be approved: the fingerprint and who signed it. `approved_before` may be "". */
void printer_args_show_certificate(const char *sha256, const char *issuer, const char *approved_before);

/* printer add --from FILE (printer_import.c) */
enum outcome printer_import(struct ctl *ctl, const char *path);

#endif
