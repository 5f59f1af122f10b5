/*
 * role: who takes part in the star. The spawned ones are the rows of procs.def.
 */
#ifndef FUSE_IPC_ROLE_H
#define FUSE_IPC_ROLE_H

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_NONE = 0,
	ROLE_SUPERVISOR = 1,
	ROLE_CTL = 2, /* a fusectl that came through the socket */
#define PROC(ROLE, role, number, ...) ROLE_##ROLE = (number),
#include "ipc/procs.def"
#undef PROC
	ROLE_LIMIT = 16 /* numbers stay below; masks are 16 bits */
};

typedef uint16_t role_mask; /* a set of roles: bit n is role n */

#define ROLE_BIT(role) ((role_mask)(1u << (role)))

/* Every spawned role. */
#define PROC(ROLE, role, number, ...) | (1u << (number))
static const role_mask ROLE_CHILDREN_MASK = 0
#include "ipc/procs.def"
	;
#undef PROC

/* "worker", "supervisor", "fusectl"; "?" when unknown. */
const char *role_name(enum role role);

/* "worker" → ROLE_WORKER; ROLE_NONE when unknown. Only spawned roles are found. */
enum role role_by_name(const char *name);

/* A number from the wire is a role of the table, the supervisor or ctl. */
bool role_is_known(unsigned number);

#endif
