/*
 * controls: what a person can turn at a virtual printer, and the faults of real printers that it can play. Their JSON form
 * (VIRTUAL_STATE, VIRTUAL_CONTROL, POST /api/v1/printers/{id}/virtual, `fusectl virtual`):
 *
 *	{"online":true,"timeFactor":60,
 *	 "faults":{"wrongCode":false,"developerModeOff":false,"noStorage":false,"storageFull":false,"slowUpload":false,
 *	           "cutUploadPercent":0,"emptyUpload":false,"slowParse":false,"lostStart":false,"silent":false,
 *	           "changedCertificate":false,"changedAddress":false,"liveViewOff":false},
 *	 "errors":[{"error":"nozzle-temperature","code":"0300-0200-0001-0001","message":"…"}],
 *	 "storage":{"totalBytes":…,"usedBytes":…,"files":3},
 *	 "exposed":"","address":"127.64.0.3","ports":{"mqtt":8883,"ftps":990,"detect":3000}}
 *
 * To turn some, VIRTUAL_CONTROL has those members of "online", "timeFactor" and "faults" that are to change, and at most one
 * "do": "trigger-error" (with "error", and "message" if it is not to be the usual one), "clear-errors", "test-print",
 * "reboot" (also in mid-print), "reset" (as new: no print, no files, trays as made, no faults; the time factor stays).
 * Faults: printer/virtual_controls.def.
 *
 * Pure; any bytes give a change or a sentence.
 */
#ifndef FUSE_WORKER_VIRTUAL_CONTROLS_H
#define FUSE_WORKER_VIRTUAL_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/jsonout.h"

#define CONTROLS_JSON_MAX_BYTES 2048 /* of a change */
#define CONTROLS_TIME_FACTOR_MAX 600
#define CONTROLS_ERRORS_MAX 8
#define CONTROLS_MESSAGE_BYTES 121

/* FAULT(NAME, name, doc): truths; cutUploadPercent is beside them. */
enum control_fault {
#define FAULT(NAME, ...) CONTROL_FAULT_##NAME,
#include "printer/virtual_controls.def"
#undef FAULT
	CONTROL_FAULT_COUNT
};

/* ERROR(NAME, name, attr, code, message): the health codes that can be triggered. */
enum control_error {
#define ERROR(NAME, ...) CONTROL_ERROR_##NAME,
#include "printer/virtual_controls.def"
#undef ERROR
	CONTROL_ERROR_COUNT
};

struct controls {
	bool online;
	uint32_t time_factor; /* 1 to CONTROLS_TIME_FACTOR_MAX */
	bool faults[CONTROL_FAULT_COUNT];
	uint32_t cut_upload_percent; /* 1 to 99: the next upload ends there; 0 = none */
	uint32_t error_count;
	struct { enum control_error error; char message[CONTROLS_MESSAGE_BYTES]; } errors[CONTROLS_ERRORS_MAX];
};

enum control_do { CONTROL_DO_NOTHING, CONTROL_DO_TRIGGER, CONTROL_DO_CLEAR, CONTROL_DO_TEST_PRINT, CONTROL_DO_REBOOT, CONTROL_DO_RESET };

struct control_change {
	struct controls after;	 /* what they are with it: errors already with the triggered one, or without any */
	enum control_do action;
};

void controls_init(struct controls *controls);

/* Read what is to change. False: `ret_sentence` says what is wrong, for a person. */
bool controls_read(const struct controls *now, const void *json, size_t len, struct control_change *ret_change,
		   char *ret_sentence, size_t cap);

/* Write "online", "timeFactor", "faults" and "errors" of the form above into an object that is open. */
void controls_write(struct jsonout *out, const struct controls *controls);

const char *control_fault_name(enum control_fault fault);
const char *control_error_name(enum control_error error);
void control_error_code(enum control_error error, uint32_t *ret_attr, uint32_t *ret_code);

#endif
