/*
 * stand: where a virtual printer stands: the sockets that fused binds for it, as a real printer's would be reached, and
 * hands to its process. The standard ports where the system permits it, else any.
 */
#ifndef FUSE_SUPERVISOR_STAND_H
#define FUSE_SUPERVISOR_STAND_H

#include "ipc/header.h"

struct proc;

#define STAND_DATA_SOCKETS 4 /* for files: as many as go at once */

/* Bind, and give the sockets to the process (VIRTUAL_SOCKET each). What cannot be bound is logged and left out. */
void stand_give(struct proc *proc);

/* VIRTUAL_MOVE: the same at another address of its own, 127.65.K.N for one at 127.64.0.N; refused for one that stands
 * elsewhere. */
void stand_move(struct proc *proc, const struct header *request);

#endif
