/*
 * printer_rules: what a printer's fields may be. Each rule takes what a person wrote and gives the one form that
 * is kept, or says in a sentence what is wrong and what to do. Pure; any bytes within the messages' bounds.
 */
#ifndef FUSE_PRINTER_PRINTER_RULES_H
#define FUSE_PRINTER_PRINTER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"

#define PRINTER_SERIAL_BYTES 33      /* 1 to 32 of 0-9 A-Z _ - and the NUL */
#define PRINTER_NAME_BYTES 97
#define PRINTER_ADDRESS_BYTES 65
#define PRINTER_MODEL_BYTES 16
#define PRINTER_CERTIFICATE_BYTES 65 /* 64 lower-case hex digits and the NUL */
#define PRINTER_CODE_MAX_BYTES 64
#define PRINTER_SERIAL_USUAL 15      /* characters of every serial that is known */
#define PRINTER_MQTT_PORT 8883       /* the standard one: port 0 means it */

struct complaint {
	char sentence[240];
	char remedy[200];
};

/* Trimmed and in upper case. */
bool printer_rules_serial(const char *text, char ret_serial[PRINTER_SERIAL_BYTES], struct complaint *ret_complaint);

/* What is unusual about a serial that is allowed, a sentence; "" when nothing is. */
void printer_rules_doubt_serial(const char *serial, char *ret_sentence, size_t cap);

/* Trimmed; an empty one becomes the model's name and the last four characters of the serial. */
bool printer_rules_name(const char *text, const char *model, const char *serial, char ret_name[PRINTER_NAME_BYTES],
			struct complaint *ret_complaint);

/* Numeric IPv4 or IPv6 of one host, in its shortest form; ::ffff:a.b.c.d becomes a.b.c.d. */
bool printer_rules_address(const char *text, char ret_address[PRINTER_ADDRESS_BYTES],
			   struct complaint *ret_complaint);

/* The key of a row of printer/models.def: "Other" for an empty text, and, with a sentence, for one that is not
 * known. The sentence is "" otherwise. */
void printer_rules_model(const char *text, char ret_model[PRINTER_MODEL_BYTES], char *ret_sentence, size_t cap);

/* Empty, or a SHA-256 in hex, with or without colons; given back in lower case without them. */
bool printer_rules_certificate(const char *text, char ret_certificate[PRINTER_CERTIFICATE_BYTES],
			       struct complaint *ret_complaint);

/* Empty stays empty. Else without the white space around it, 1 to 64 printable ASCII characters. The caller wipes. */
bool printer_rules_code(const struct secret *given, struct secret *ret_code, struct complaint *ret_complaint);

/* A firmware's version as printers say it: 1 to 24 printable ASCII characters without blanks. */
bool printer_rules_firmware(const char *text);

#endif
