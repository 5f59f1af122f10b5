/*
 * fields: a printer's fields as people write them, checked before anything is sent; stored checks them again. Pure.
 * Each gives the form that is kept, or false with a sentence in `ret_fault`.
 */
#ifndef FUSE_FUSECTL_FIELDS_H
#define FUSE_FUSECTL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"

#define FIELD_FAULT_BYTES 240

bool field_serial(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES]);
bool field_name(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES]);

/* Numeric IPv4 or IPv6; also used for a probe. */
bool field_address(const char *text, char *ret_address, size_t cap, char ret_fault[FIELD_FAULT_BYTES]);

/* Key or name of a model, in any case; "" = by the serial number in `printer`. */
bool field_model(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES]);

/* 64 hex digits, with or without colons; "" = none. */
bool field_sha256(const char *text, char *ret_sha256, size_t cap, char ret_fault[FIELD_FAULT_BYTES]);

/* 0 to 65535. */
bool field_port(const char *text, const char *option, uint32_t *ret_port, char ret_fault[FIELD_FAULT_BYTES]);

/* A name for a printer without one: its model and the end of its serial number. */
void field_default_name(struct msg_printer_add *printer);

#endif
