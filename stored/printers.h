/*
 * printers: all printers in memory, each at its place. The database has the same, a moment later or earlier: a
 * printer whose change is in the batch has a plan beside what is kept, and the plan counts for whoever comes next
 * (a serial that is to be kept is taken, an address that is to be given up is not free yet).
 */
#ifndef FUSE_STORED_PRINTERS_H
#define FUSE_STORED_PRINTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "stored/outcome.h"
#include "stored/printer_record.h"
#include "stored/store.h"

#define PRINTERS_SECRET_PREFIX "printer/"
#define PRINTERS_SECRET_BYTES (sizeof PRINTERS_SECRET_PREFIX + PRINTER_SERIAL_BYTES)
#define PRINTERS_INSTALLATION_BYTES 9 /* 8 hex digits and the NUL */

struct printer_place {
	bool is_kept;	 /* `kept` is on the disk */
	bool is_planned; /* it will be there when the plan is, as `planned`; is_kept alone while planning: removal */
	bool is_planning; /* its change is in the batch */
	bool has_code;	 /* on the disk */
	struct printer_record kept, planned;
};

struct printers {
	struct printer_place places[PRINTERS_MAX];
	/* Names this Fuse towards printers. Made at random; kept with the first change of a printer. */
	char installation[PRINTERS_INSTALLATION_BYTES];
	bool installation_is_kept;
};

/* Read them all. A record that cannot be read is logged and left alone. */
enum outcome printers_load(struct printers *ret_printers, struct store *store, struct fault *ret_fault);

size_t printers_count(const struct printers *printers);

/* The name of its access code among the secrets. */
void printers_secret_name(const char *serial, char ret_name[PRINTERS_SECRET_BYTES]);

/* The place of a serial that is kept or planned; NULL when there is none. */
struct printer_place *printers_find(struct printers *printers, const char *serial);

/* The lowest place that is neither kept nor planned, with a plan in which only the place's number is set; NULL when all
 * are taken. */
struct printer_place *printers_plan_new(struct printers *printers);

/* Change what is kept: sets `planned` to what is kept. One change at a time. */
struct printer_record *printers_plan_change(struct printer_place *place);
void printers_plan_removal(struct printer_place *place);

/* The plan has become true, or (`done` false) never will. */
void printers_settle(struct printer_place *place, bool done);

/* Who else is, or will be, at this address with this MQTT port? NULL = nobody. */
const struct printer_record *printers_at(const struct printers *printers, const struct printer_record *record);

/* The message that tells everybody. */
void printers_describe(const struct printer_place *place, struct msg_printer *ret_message);

#endif
