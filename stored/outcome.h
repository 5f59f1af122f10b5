/*
 * outcome: how something that touched the disk ended, and why, in a sentence for a person.
 */
#ifndef FUSE_STORED_OUTCOME_H
#define FUSE_STORED_OUTCOME_H

#include <stddef.h>

/*
 * X(NAME, remedy): what can come of it, and what a person can do about it.
 */
#define OUTCOMES(X)                                                                                   \
	X(DONE, "")                                                                                   \
	X(ABSENT, "")                                                                                 \
	X(NO_SPACE, "Free some space on the disk of the state folder; Fuse goes on by itself then.")  \
	X(READ_ONLY, "Make the state folder writable for Fuse; it goes on by itself then.")           \
	X(TOO_BIG, "Remove what is no longer needed; this should not happen: please report it.")      \
	X(DAMAGED, "Fuse restarts its store, which sets the damaged database aside by itself.")       \
	X(TOO_NEW, "Install the newer Fuse again, or use another state folder.")                      \
	X(NO_KEY,                                                                                     \
	  "Put the file secret.key back into the state folder's store, or use another state folder.") \
	X(STARVED, "Free some memory on this machine.")                                               \
	X(FAILED, "Check the disk of the state folder: it may be failing.")

enum outcome {
#define X(name, remedy) OUTCOME_##name,
	OUTCOMES(X)
#undef X
};

struct fault {
	enum outcome outcome;
	char sentence[240]; /* what happened; "" when OUTCOME_DONE */
};

/* What to do about it; "" when there is nothing to do. Static storage. */
const char *outcome_remedy(enum outcome outcome);

/* All went well. Returns OUTCOME_DONE. */
enum outcome fault_none(struct fault *fault);

/* `what` is a whole sentence. Returns `outcome`. */
enum outcome fault_say(struct fault *fault, enum outcome outcome, const char *what);

/* "Could not <doing>: <error in words>." for an errno or an error of LMDB; the outcome follows from
 * the error and is returned. A short write, which LMDB reports as EIO, counts as a full disk when
 * the disk that `path` is on has no room (NULL = do not look). */
enum outcome fault_from_error(struct fault *fault, int error, const char *doing, const char *path);

#endif
