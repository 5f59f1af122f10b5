/*
 * terms: the enums that messages carry, each with its names for people, in X tables.
 */
#ifndef FUSE_IPC_TERMS_H
#define FUSE_IPC_TERMS_H

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

/* How one phase of a diagnosis went. */
#define STEP_OUTCOMES(X) X(PASSED, "passed") X(WARNED, "warned") X(FAILED, "failed") X(SKIPPED, "skipped")

/* What of a printer PRINTER_EDIT changes. */
#define PRINTER_FIELDS_OF_EDIT(X)                                                                       \
	X(NAME, "name") X(ADDRESS, "address") X(MODEL, "model") X(PORTS, "ports")                      \
	X(CERTIFICATE, "certificateSha256") X(ACCESS_CODE, "accessCode")

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

#endif
