/*
 * statedir: the state folder and the rule that one Fuse works in it.
 *
 *	<state>/fused.lock   flock, held by fused and inherited by every child; holds fused's pid as text
 *	<state>/fused.sock   fusectl's door
 *	<state>/logs/        the log files, fused's
 *	<state>/store/       stored's, and only stored's (own uid, 0700)
 *	<state>/virtual/X/   of the virtual printer X: its card and what it remembers (uid of fuse-virtual, 0700)
 */
#ifndef FUSE_SUPERVISOR_STATEDIR_H
#define FUSE_SUPERVISOR_STATEDIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct statedir_fault {
	int exit_code;      /* of exits.def: CANT_CREATE, TEMP_FAIL, IO … */
	char sentence[400]; /* one sentence: what, and what to do */
	char warning[400];  /* the folder was opened all the same, but this needs a person; "" = nothing does */
};

/*
 * Make the folder when it is missing (with parents, 0755 for them; 0751 for itself so that children with
 * uids of their own can reach what is theirs), prove that it is writable, and take the lock, waiting up to
 * `wait_ms` for children of a Fuse that has just died. Returns the lock's descriptor (close-on-exec), or -1
 * with the fault: read-only, full, no permission, no folder, another Fuse (with its pid). A full disk that
 * holds a database already is no fault but a warning: printers are better watched without new settings than not.
 */
int statedir_open(const char *state_dir, int64_t wait_ms, struct statedir_fault *ret_fault);

/* Make <state>/store for `uid`/`gid` (mode 0700), and put what is in it into their hands when it is
 * another's (a Fuse that ran as another user before). Returns 0, or -1 with the fault. */
int statedir_prepare_store(const char *state_dir, uid_t uid, gid_t gid, struct statedir_fault *ret_fault);

/* "<state>/virtual/<entry>". */
void statedir_virtual(const char *state_dir, const char *entry, char *ret_path, size_t cap);

/* Make that folder for `uid`/`gid` (mode 0700) unless it is there. Returns 0, or -1 with errno. */
int statedir_prepare_virtual(const char *state_dir, const char *entry, uid_t uid, gid_t gid);

/* Remove that folder with all that is in it, when its printer and its process are gone. No link is followed, and nothing
 * that is mounted there is touched. Returns 0 (also when there is none), or -1 with errno: E2BIG and ELOOP when there is
 * more, or it goes deeper, than any virtual printer makes; what was removed before is gone then. */
#define STATEDIR_VIRTUAL_FILES_MAX 20000
#define STATEDIR_VIRTUAL_DEPTH_MAX 8
int statedir_remove_virtual(const char *state_dir, const char *entry);

#endif
