/*
 * machine: the inside of a virtual printer: heaters, trays, a print and its life, the messages it sends and answers. Pure:
 * time is an argument, files and wires are somebody else's. Everything that differs between models comes from
 * printer/models; how each model words its reports is in machine_report.c (docs/protocol.md, "Reports").
 *
 * `now_ms` is monotonic real time; what a print takes is divided by the time factor.
 */
#ifndef FUSE_WORKER_VIRTUAL_MACHINE_H
#define FUSE_WORKER_VIRTUAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/plates.h"
#include "printer/state.h"
#include "worker/virtual/controls.h"

#define MACHINE_REPORT_MAX_BYTES 65536
#define MACHINE_REPLIES_MAX 4
#define MACHINE_KEPT_MAX_BYTES 65536

struct machine; /* machine.c; one a process, of bounded size */

struct machine_setup {
	char serial[33], name[97], nozzle[8];
	char firmware[24]; /* "" = one that real printers of the model have had */
	const struct model *model;
	uint32_t ams_count;
	enum ams_kind ams[STATE_AMS_MAX];
	uint32_t address; /* of its network, first octet in the low byte; for `net` */
	uint16_t video_port; /* 0 = the standard one */
	int64_t slow_parse_ms; /* of the fault slowParse, in real time; 0 = as the printers that have it: 135 s */
};

/* What is in a file that a start names. */
enum machine_file { MACHINE_FILE_MISSING, MACHINE_FILE_READING, MACHINE_FILE_UNREADABLE, MACHINE_FILE_READY };

struct machine_duties {
	/* Look into a file of the card ("/cache/x.gcode.3mf"). READING: machine_file_read() tells later, never from within.
	 * READY: `ret_plates` is borrowed until the next call. The path is a printer's words: it may hold anything. */
	enum machine_file (*look)(void *arg, const char *path, const struct plates **ret_plates);
	/* Delete a file that is no longer needed, or, for "/", the card's whole content. Must not call back. */
	void (*forget)(void *arg, const char *path);
	void *arg;
};

struct machine *machine_new(const struct machine_setup *setup, const struct machine_duties *duties, uint64_t random,
			    int64_t now_ms);
void machine_free(struct machine *machine);

/* What it remembers when it is switched off: trays, the print and how far it was, the clock of heaters. JSON. A print that
 * ran when it lost power is paused at power-up ("power loss"), as real printers do that can resume; others have FAILED. */
size_t machine_keep(const struct machine *machine, char ret_json[MACHINE_KEPT_MAX_BYTES]);
bool machine_remember(struct machine *machine, const void *json, size_t len, int64_t now_ms);

/* Controls have changed (controls.h); `change` says how. */
void machine_control(struct machine *machine, const struct control_change *change, int64_t now_ms);
const struct controls *machine_controls(const struct machine *machine);

/* Card facts that reports tell and starts need. */
void machine_set_storage(struct machine *machine, enum storage_state storage);

/* It is reached at another address now: what its reports tell of its network and its video. */
void machine_set_address(struct machine *machine, uint32_t address, uint16_t video_port);

/* A file that was READING is known now (NULL: it cannot be read). */
void machine_file_read(struct machine *machine, const char *path, const struct plates *plates, int64_t now_ms);

/* Let time pass. True: a report is due (machine_report()). */
bool machine_advance(struct machine *machine, int64_t now_ms);
/* When to call machine_advance() next. */
int64_t machine_deadline_ms(const struct machine *machine);

/*
 * A message that came on device/<serial>/request, from a client that is logged in. What is to be published on .../report,
 * in order, in `ret_replies` (each a whole JSON text; heap, the caller frees); returns how many. Anything that is no
 * request of a printer's language gives none. Full reports that were asked for (pushall) are among them.
 */
size_t machine_request(struct machine *machine, const void *json, size_t len, int64_t now_ms,
		       char *ret_replies[MACHINE_REPLIES_MAX]);

/* The report that is due: what has changed since the last one (or all of it, where the model always says all), or a
 * reply that could not be given at once. Its length; 0 = nothing is due (any more: call it until then). */
size_t machine_report(struct machine *machine, int64_t now_ms, char ret_json[MACHINE_REPORT_MAX_BYTES]);

/* Does it accept this access code's holder's commands, etc.: what wires must know. */
bool machine_is_online(const struct machine *machine);	 /* switched on, not rebooting */
bool machine_is_silent(const struct machine *machine);	 /* reports nothing (fault) */

/* What others see without a login. */
const char *machine_firmware(const struct machine *machine);

/* What its camera has before it. */
struct machine_view {
	bool prints;
	bool is_1080p;	  /* how its camera is set */
	unsigned percent; /* of the print */
};
struct machine_view machine_view(const struct machine *machine);

#endif
