/*
 * terms: the enums that messages carry, each with its names for people, in X tables.
 */
#ifndef FUSE_IPC_TERMS_H
#define FUSE_IPC_TERMS_H

#include <stdbool.h>

/* Why a request was refused. fusectl's exit code follows it (fusectl/outcome.h). */
#define REFUSALS(X)                                            \
	X(BUSY, "busy")               /* too many open requests; try again */ \
	X(UNREACHABLE, "unreachable") /* the receiver does not run just now */ \
	X(DIED, "died")               /* it died before it answered; whether it was done is unknown */ \
	X(NOT_FOUND, "not-found")                              \
	X(INVALID, "invalid")         /* out of range, wrong type, unknown name */ \
	X(FORBIDDEN, "forbidden")                              \
	X(READ_ONLY, "read-only")     /* the disk takes nothing */ \
	X(NO_SPACE, "no-space")                                \
	X(CONFLICT, "conflict")       /* not in this state */  \
	X(FAILED, "failed")

/* A child's life (supervisor/lifecycle.h). */
#define LIFE_STATES(X)                                                          \
	X(DOWN, "down", "not wanted, does not run")                             \
	X(STARTING, "starting", "started, has not yet said that it is ready")   \
	X(UP, "up", "ready")                                                    \
	X(STOPPING, "stopping", "asked or made to end")                         \
	X(BACKOFF, "waiting", "died; starts again soon")                        \
	X(HELD, "held", "died too often; tried every 5 minutes, or at once when asked")

#define STORE_HEALTHS(X)                                        \
	X(GOOD, "good")                                         \
	X(RESTORED, "restored")   /* from a snapshot, after damage */ \
	X(READ_ONLY, "read-only") /* the folder or disk takes nothing */ \
	X(FULL, "full")           /* the disk is full */

/* What a listening socket is for. */
#define LISTENER_PURPOSES(X) X(HTTP, "http") X(STATS, "stats")

/* What a socket of a virtual printer is for: X(NAME, name, the standard port, is UDP). */
#define VIRTUAL_PURPOSES(X)                                                                      \
	X(MQTT, "mqtt", 8883, false) X(FTPS, "ftps", 990, false) X(CAMERA, "camera", 6000, false) \
	X(DETECT, "detect", 3000, false) X(DETECT_TLS, "detect-tls", 3002, false) X(ANNOUNCE, "announce", 0, true) \
	X(DATA, "data", 0, false) /* for the files themselves: some of them, at any port */        \
	X(VIDEO, "video", 322, false)

/* How one phase of a diagnosis went. */
#define STEP_OUTCOMES(X) X(PASSED, "passed") X(WARNED, "warned") X(FAILED, "failed") X(SKIPPED, "skipped")

/* What of a printer PRINTER_EDIT changes. */
#define PRINTER_FIELDS_OF_EDIT(X)                                                                       \
	X(NAME, "name") X(ADDRESS, "address") X(MODEL, "model") X(PORTS, "ports")                      \
	X(CERTIFICATE, "certificateSha256") X(ACCESS_CODE, "accessCode") X(STARTS_UNASKED, "startsUnasked")

/* Whether a cached file was looked into. */
#define FILE_CHECKS(X)                                                                           \
	X(WAITING, "waiting")     /* it will be */                                              \
	X(PRINTABLE, "printable") /* at least one plate can be printed */                       \
	X(UNPRINTABLE, "unprintable") /* the sentence says why */                               \
	X(FAILED, "failed")       /* it could not be looked into: tried again when it is used */

#define FILE_KINDS(X) X(OTHER, "other") X(THREE_MF, "3mf") X(GCODE, "gcode")

/* Where a job stands. The worker moves it, and only when the store has it on disk (printer/job.h).
 * X(NAME, id, has ended, doc) */
#define JOB_STATES(X)                                                                            \
	X(RECEIVED, "received", false, "it is kept, and not looked at yet")                      \
	X(CHECKED, "checked", false, "file, printer and filament fit")                          \
	X(WAITING, "waiting", false, "it is not its turn, or something must be done first")     \
	X(UPLOADING, "uploading", false, "its file is on its way to the printer")               \
	X(UPLOADED, "uploaded", false, "the printer has the whole file")                        \
	X(STAGED, "staged", true, "the file lies there; nothing is started")                    \
	X(ARMED, "armed", false, "the start is decided and about to be sent, once")             \
	X(SENT, "sent", false, "the start was sent; the printer has not begun yet")             \
	X(STARTED, "started", false, "the printer has begun")                                   \
	X(RUNNING, "running", false, "it prints")                                               \
	X(DONE, "done", true, "printed")                                                        \
	X(FAILED, "failed", true, "the print began and failed, or was stopped at the printer")  \
	X(NOT_STARTED, "not-started", true, "nothing was printed; the sentence says why")       \
	X(UNKNOWN, "unknown", false, "whether it printed cannot be known: a person decides")    \
	X(CANCELLED, "cancelled", true, "by a person or program, through Fuse")

/* What a person knows of an UNKNOWN job. */
#define JOB_RESOLUTIONS(X)                                                                       \
	X(NONE, "") X(NOT_STARTED, "not-started") X(STARTED, "started") X(DONE, "done") X(FAILED, "failed")

enum refusal {
#define X(name, ...) REFUSAL_##name,
	REFUSALS(X)
#undef X
	REFUSAL_COUNT
};
enum life_state {
#define X(name, ...) LIFE_##name,
	LIFE_STATES(X)
#undef X
	LIFE_STATE_COUNT
};
enum store_health {
#define X(name, ...) STORE_##name,
	STORE_HEALTHS(X)
#undef X
	STORE_HEALTH_COUNT
};
enum listener_purpose {
#define X(name, ...) LISTENER_##name,
	LISTENER_PURPOSES(X)
#undef X
	LISTENER_PURPOSE_COUNT
};
enum step_outcome {
#define X(name, ...) STEP_##name,
	STEP_OUTCOMES(X)
#undef X
	STEP_OUTCOME_COUNT
};
enum virtual_purpose {
#define X(name, ...) VIRTUAL_PURPOSE_##name,
	VIRTUAL_PURPOSES(X)
#undef X
	VIRTUAL_PURPOSE_COUNT
};
enum file_check {
#define X(name, ...) FILE_CHECK_##name,
	FILE_CHECKS(X)
#undef X
	FILE_CHECK_COUNT
};
enum file_kind {
#define X(name, ...) FILE_KIND_##name,
	FILE_KINDS(X)
#undef X
	FILE_KIND_COUNT
};
enum job_state {
#define X(name, ...) JOB_##name,
	JOB_STATES(X)
#undef X
	JOB_STATE_COUNT
};
enum job_resolution {
#define X(name, ...) JOB_RESOLUTION_##name,
	JOB_RESOLUTIONS(X)
#undef X
	JOB_RESOLUTION_COUNT
};
enum printer_field {
#define X(name, ...) PRINTER_FIELD_##name,
	PRINTER_FIELDS_OF_EDIT(X)
#undef X
	PRINTER_FIELD_COUNT
};

/* Names as in the tables above; "?" out of range. */
const char *refusal_name(unsigned refusal);
const char *life_state_name(unsigned state);
const char *store_health_name(unsigned health);
const char *listener_purpose_name(unsigned purpose);
const char *step_outcome_name(unsigned outcome);
const char *printer_field_name(unsigned field);
const char *virtual_purpose_name(unsigned purpose);
const char *file_check_name(unsigned check);
const char *file_kind_name(unsigned kind);
const char *job_state_name(unsigned state);
const char *job_resolution_name(unsigned resolution);

/* False: something will still happen to a job in this state. */
bool job_state_has_ended(unsigned state);
/* The state or resolution of this name; its COUNT when there is none. */
enum job_state job_state_by_name(const char *name);
enum job_resolution job_resolution_by_name(const char *name);

#endif
