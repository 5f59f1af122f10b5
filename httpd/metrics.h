/*
 * metrics: what is known, as samples of metrics.def.
 *
 * A printer's state is read in parts: it is the only thing here that takes time (some 0.2 ms), so that the caller
 * can do a few printers at a time.
 */
#ifndef FUSE_HTTPD_METRICS_H
#define FUSE_HTTPD_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/exposition.h"
#include "httpd/known.h"
#include "httpd/live.h"

/* Of fuse-httpd itself. */
struct metrics_own {
	double cpu_seconds;
	size_t heap_bytes;
	size_t connections;
	uint64_t gave_way, turned_away; /* connections */
	size_t websockets[LIVE_KIND_COUNT];
	size_t uploads;
};

/* Fuse, its processes, its store. */
void metrics_add_fuse(struct exposition *exposition, const struct known *known, const struct metrics_own *own);

/* One printer: its link, and its state while it is linked; under older names too, where that is set. */
void metrics_add_printer(struct exposition *exposition, const struct known *known, const struct msg_printer *printer);

/* For metrics.c: what a state's JSON says, of a printer that is linked. `ret_nozzle` gets the diameter of its
 * active nozzle in mm, or "". `old_names`: under those of older dashboards too. */
#define METRICS_NOZZLE_BYTES 16
void metrics_add_state(struct exposition *exposition, const char *serial, const char *json, size_t len, bool old_names,
		       char ret_nozzle[METRICS_NOZZLE_BYTES]);

#endif
