/*
 * sandbox: a program locks itself in, once, before it reads a byte from outside.
 *
 * What is allowed is in sandbox.def, one profile a role. seccomp kills the process (SIGSYS) at a
 * system call that the profile does not name; Landlock (kernel 5.13 and later) takes the
 * file system, TCP ports, abstract sockets and signals away, but for the paths given. The memory of
 * the process can be read by no other of its user (not dumpable).
 * The supervisor has set no_new_privs, resource limits and the uid before (supervisor/spawn.c).
 */
#ifndef FUSE_COMMON_SANDBOX_H
#define FUSE_COMMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_profile {
#define PROFILE(NAME, name, groups) SANDBOX_##NAME,
#include "common/sandbox.def"
	SANDBOX_PROFILE_COUNT
};

struct sandbox_path {
	const char *path;
	bool writable; /* else read only */
};

/*
 * Enter `profile` for the rest of this process's life; only the `path_count` paths (folders with
 * what is below them, or files) stay reachable by name; one that does not exist stays unreachable.
 * Descriptors that are open stay usable.
 *
 * Returns 0, or -1 (errno) when seccomp could not be applied: the caller must then not work.
 * What this kernel or build cannot apply is written to `ret_unapplied` as a comma-separated
 * list ("landlock-network,landlock-signals"; "" when everything was applied), for the log. A build
 * with AddressSanitizer allows what that needs, and says "sanitizer-build".
 */
int sandbox_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t path_count,
		  char *ret_unapplied, size_t cap);

/* "worker"; "?" when out of range. */
const char *sandbox_profile_name(enum sandbox_profile profile);

#endif
