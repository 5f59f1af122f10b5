/*
 * spawn: a new process, with nothing of ours but what it shall have: descriptors 0 to 4, a clean
 * environment, its own session, its limits, its uid, no_new_privs, and our death as its own.
 */
#ifndef FUSE_SUPERVISOR_SPAWN_H
#define FUSE_SUPERVISOR_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/role.h"

/* A row of procs.def. */
struct proc_spec {
	enum role role;
	const char *name, *binary;
	bool per_entry;	     /* one for each printer … */
	bool only_virtual;   /* … that is virtual */
	role_mask helper_of; /* who may ask for it; 0 = it always runs */
	unsigned most;	     /* of a helper: so many for each asker at a time */
	unsigned stop_rank;
	int64_t start_ms, stop_ms, warn_ms, hang_ms, backoff_max_ms;
	unsigned hold_deaths;
	unsigned data_mib, files, rate_per_s;
	const char *doc;
};

const struct proc_spec *proc_specs(size_t *ret_count);

/* Under whom a role runs. */
struct spawn_identity {
	bool own;       /* an own uid is applied: fused runs as root */
	uid_t uid;
	gid_t gid;
	bool by_number; /* there is no user fuse-<role>: the uid is one of a fixed range */
};

/* The identity for a role on this machine. Looks users up (files), so call it at start. */
void spawn_identify(enum role role, struct spawn_identity *ret_identity);

/* The binary of a role, opened for execution (O_PATH): beside fused, else in ../libexec/fuse. -1 with errno; its
 * path goes to `ret_path` in any case. */
int spawn_open_binary(const char *binary, char *ret_path, size_t cap);

struct spawn_request {
	const struct proc_spec *spec;
	const struct spawn_identity *identity;
	int binary_fd;
	int lock_fd;
	char *const *argv;
};

struct spawned {
	pid_t pid;
	int pidfd, channel_fd, log_fd; /* ours; log_fd is the reading end of its standard error */
};

/* Start it. Returns 0, or -1 with errno when the system refuses (processes, descriptors, memory). What goes wrong
 * in the new process before its main() is a line on its log and EXIT_OS or EXIT_NO_PERMISSION. */
int spawn_process(const struct spawn_request *request, struct spawned *ret_spawned);

#endif
