/*
 * hms: the printer's health codes and print errors in words. Our own wording for the codes that people meet;
 * others keep their number, module and severity. Pure.
 */
#ifndef FUSE_PRINTER_HMS_H
#define FUSE_PRINTER_HMS_H

#include <stdbool.h>
#include <stdint.h>

#include "printer/models.h"

enum hms_severity { HMS_UNKNOWN, HMS_FATAL, HMS_SERIOUS, HMS_COMMON, HMS_INFO }; /* code >> 16 */

struct hms_text {
	char code[24];	       /* "0300-0100-0001-0001"; of a print error "0500-4003" */
	enum hms_severity severity;
	char module[32];       /* "motion controller", "AMS 2" */
	char message[240];     /* a sentence; for unknown codes: module, number, severity */
	char remedy[240];      /* "" when none is known */
	char link[128];	       /* https://wiki.bambulab.com/… or https://e.bambulab.com/?e=… */
	bool is_known;
};

void hms_describe(const struct model *model, uint32_t attr, uint32_t code, struct hms_text *ret_text);

/* A print_error. False when it is none: 0, an echo of the user's own cancel, or a mere notice. */
bool print_error_describe(const struct model *model, uint32_t print_error, struct hms_text *ret_text);

/* The health code with which a printer complains of commands that are not signed. */
bool hms_means_unsigned(uint32_t attr, uint32_t code);

const char *hms_severity_name(enum hms_severity severity); /* "fatal", "serious", "common", "info", "unknown" */

/* stg_cur in words ("heating the bed"); "" for idle, "stage 91" for unknown ones. Static or in `ret`. */
const char *stage_words(int32_t stage, char ret[24]);

#endif
