/*
 * state_json: a printer's state as JSON, the one form that REST, both WebSockets and the gateway use. `data` is
 * always valid against PrinterStatData; our own fields stand beside it. Streams into a buffer of its caller's; a
 * hot path: no JSON library, no allocation.
 */
#ifndef FUSE_PRINTER_STATE_JSON_H
#define FUSE_PRINTER_STATE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "printer/state.h"

#define STATE_JSON_MAX_BYTES (120 * 1024) /* every state fits (tests/unit/test_state_json_bounds.c); usual: 4 to 12 KiB */
#define LINK_PROBLEMS_MAX 6

/* What the worker knows beside the printer's own words. Texts are borrowed. */
struct link_problem {
	const char *id;		/* "code-refused" (worker/link/faults.def) */
	const char *sentence, *remedy;
	bool bars_prints;	/* no print can start as long as it stands */
};
struct link_view {
	const char *serial, *name, *address;
	const char *phase;	/* "setup" "route" "tcp" "tls" "identity" "login" "subscribe" "reports" "live" */
	bool is_online;		/* linked, and not silent */
	bool is_stale;		/* what is shown is older than the silence limit */
	int64_t connected_ms;	/* wall clock of this connection; 0 = not connected */
	int64_t next_try_ms;	/* 0 = none planned */
	uint32_t attempts, reconnects, takeovers;
	int32_t silence_ms;
	int32_t report_gap_ms;	/* between the two newest reports; STATE_UNKNOWN */
	enum tri developer_mode;
	const char *previous_firmware; /* "" unless it changed in the last day */
	unsigned problem_count;
	struct link_problem problems[LINK_PROBLEMS_MAX]; /* the worst first */
};

/* Write the whole object, with NUL; returns its length, or 0 when `cap` is too small (never at
 * STATE_JSON_MAX_BYTES). */
size_t state_json_write(const struct model *model, const struct printer_state *state, const struct link_view *link,
			char *to, size_t cap);

#endif
