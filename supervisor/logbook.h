/*
 * logbook: every line that any process of Fuse says comes here. It is stamped, escaped, bounded,
 * kept in a ring (LOGBOOK_RING_BYTES), echoed to the console or journal, and written to
 * <state>/logs/fuse.log, which is rotated by size.
 *
 *	ts=2026-11-22T18:30:00.123Z role=worker entry=01S00C000000001 pid=4711 lvl=info msg="…" key=value
 *
 * Nothing here blocks: a console that takes nothing loses lines (counted), a full disk turns the
 * file off until it takes lines again (said once, on the console and in the ring).
 */
#ifndef FUSE_SUPERVISOR_LOGBOOK_H
#define FUSE_SUPERVISOR_LOGBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/log.h"

#define LOGBOOK_RING_BYTES (256 * 1024)
#define LOGBOOK_LINE_BYTES 1400 /* a finished line with its NUL; LOG_LINE's bound in messages.def */

struct logbook;

/* Who said a line. */
struct logbook_origin {
	const char *role;  /* "worker" */
	const char *entry; /* "" when the role is one */
	pid_t pid;
};

struct logbook_file {
	bool on;
	uint64_t max_bytes; /* a file is rotated before it grows beyond */
	unsigned keep;      /* fuse.log.1 … fuse.log.<keep> */
};

/* Its pipes' readers may go: the program must ignore SIGPIPE.
 * A book whose files stand in the folder `dir` (made when missing, mode 0750). `echo_fd` gets every
 * line too (-1 = none; not owned). Starts with files off. Aborts when memory is out. */
struct logbook *logbook_new(const char *dir, int echo_fd);
void logbook_free(struct logbook *book);

void logbook_set_file(struct logbook *book, const struct logbook_file *file);

/*
 * Take one line (no newline; any bytes) that `origin` said at `wall_ms`. A line that is not our own
 * logfmt (it does not begin with "lvl=") is a library's: it becomes lvl=warn msg="…" with its bytes
 * escaped. A line that is, is passed on, with every byte that could harm a terminal or forge a line
 * escaped all the same: a child may lie. A field of it named like a stamp (ts, role, entry, pid, lvl) comes
 * out as about_ts, about_role …. Longer than LOG_LINE_BYTES - 1: cut, and marked "cut=yes".
 */
void logbook_add(struct logbook *book, int64_t wall_ms, const struct logbook_origin *origin, const void *line,
		 size_t len);

/* Calls `fn` for the newest `most_lines` lines of the ring, oldest first. */
typedef void logbook_line_fn(void *arg, const char *line, size_t len);
void logbook_newest(const struct logbook *book, size_t most_lines, logbook_line_fn *fn, void *arg);

/* Every further line is also given to `fn` (one listener; NULL = none): the followers of fusectl. Lines that
 * `fn` itself causes are not given to it. */
void logbook_set_listener(struct logbook *book, logbook_line_fn *fn, void *arg);

/*
 * A child's standard error cut into lines, with a limit on how much it may say: LOGTAP_BURST_LINES at
 * once, LOGTAP_LINES_PER_S on average. What is above is dropped and counted, and the count said
 * when it may speak again. The newest LOGTAP_LAST_LINES are kept for its obituary.
 */
#define LOGTAP_LINES_PER_S 100
#define LOGTAP_BURST_LINES 500
#define LOGTAP_LAST_LINES 3
#define LOGTAP_LAST_BYTES 160

struct logtap {
	struct logbook *book;
	struct logbook_origin origin; /* strings borrowed from the process record */
	int64_t tokens_milli;         /* lines that may still be said, in thousandths */
	int64_t refilled_ms;          /* monotonic */
	uint32_t dropped;
	uint32_t used;
	bool cutting; /* the rest of a line that was too long is being skipped */
	char part[LOG_LINE_BYTES];
	unsigned last_next;
	enum log_level last_level[LOGTAP_LAST_LINES];
	char last[LOGTAP_LAST_LINES][LOGTAP_LAST_BYTES];
};

void logtap_init(struct logtap *tap, struct logbook *book, const struct logbook_origin *origin, int64_t now_ms);

/* Bytes that came from the child. Times are arguments: monotonic for the limit, wall for the stamp. */
void logtap_feed(struct logtap *tap, const void *bytes, size_t len, int64_t now_ms, int64_t wall_ms);

/* Now and then (the supervisor's tick): says what was dropped even when the child has fallen silent. */
void logtap_tick(struct logtap *tap, int64_t now_ms, int64_t wall_ms);

/* The child is gone: what it had not ended with a newline is a line too; says what was dropped. */
void logtap_finish(struct logtap *tap, int64_t wall_ms);

/* The newest line that carries a message, as its msg= text (unescaped as far as it is harmless), for the
 * obituary; "" when it said nothing. Error and fatal lines win over later ones of lower level. */
void logtap_last_words(const struct logtap *tap, char *ret_text, size_t cap);

#endif
