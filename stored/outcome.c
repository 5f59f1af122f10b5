/*
 * outcome: errors of the system and of LMDB, turned into what they mean for us.
 */
#include "stored/outcome.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statvfs.h>

#include <lmdb.h>

#include "common/str.h"

#define NO_ROOM_BYTES (128 * 1024)

const char *
outcome_remedy(enum outcome outcome)
{
	static const char *const remedies[] = {
#define X(name, remedy) remedy,
		OUTCOMES(X)
#undef X
	};

	return (size_t)outcome < STR_ARRAY_LEN(remedies) ? remedies[outcome] : "";
}

enum outcome
fault_none(struct fault *fault)
{
	return fault_say(fault, OUTCOME_DONE, "");
}

enum outcome
fault_say(struct fault *fault, enum outcome outcome, const char *what)
{
	fault->outcome = outcome;
	str_copy(fault->sentence, sizeof fault->sentence, what);
	return outcome;
}

static bool
has_no_room(const char *path)
{
	struct statvfs fs;

	return path != NULL && statvfs(path, &fs) == 0 && fs.f_bavail * fs.f_frsize < NO_ROOM_BYTES;
}

static enum outcome
outcome_of_error(int error, const char *path)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return OUTCOME_NO_SPACE;
	case EROFS:
	case EACCES:
	case EPERM:
		return OUTCOME_READ_ONLY;
	case MDB_MAP_FULL:
		return OUTCOME_TOO_BIG;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_CURSOR_FULL:
	case MDB_INCOMPATIBLE:
		return OUTCOME_DAMAGED;
	case MDB_VERSION_MISMATCH:
		return OUTCOME_TOO_NEW;
	case ENOENT:
	case MDB_NOTFOUND:
		return OUTCOME_ABSENT;
	case ENOMEM:
	case EAGAIN:
	case EMFILE:
	case ENFILE:
		return OUTCOME_STARVED;
	case EIO:
		return has_no_room(path) ? OUTCOME_NO_SPACE : OUTCOME_FAILED;
	default:
		return OUTCOME_FAILED;
	}
}

enum outcome
fault_from_error(struct fault *fault, int error, const char *doing, const char *path)
{
	fault->outcome = outcome_of_error(error, path);
	if (fault->outcome == OUTCOME_NO_SPACE)
		str_format(fault->sentence, sizeof fault->sentence, "Could not %s: the disk is full.", doing);
	else if (fault->outcome == OUTCOME_TOO_BIG)
		str_format(fault->sentence, sizeof fault->sentence,
			   "Could not %s: the database has reached the greatest size that it may have.",
			   doing);
	else
		str_format(fault->sentence, sizeof fault->sentence, "Could not %s: %s.", doing,
			   mdb_strerror(error));
	return fault->outcome;
}
