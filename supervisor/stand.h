/*
 * stand: where a virtual printer stands: the sockets that fused binds for it, as a real printer's would be reached, and
 * hands to its process. The standard ports where the system permits it, else any.
 */
#ifndef FUSE_SUPERVISOR_STAND_H
#define FUSE_SUPERVISOR_STAND_H

#include "ipc/header.h"
#include "ipc/message.h"

struct house;
struct peer;
struct proc;

#define STAND_DATA_SOCKETS 4 /* for files: as many as go at once */

/* VIRTUAL_PLACE: DONE when sockets can be bound at this address, else refused with the addresses that this machine has. */
void stand_try(struct house *house, struct peer *peer, const struct header *request, const struct msg_virtual_place *place);

/* Bind, and give the sockets to the process (VIRTUAL_SOCKET each). What cannot be bound is logged and left out. */
void stand_give(struct proc *proc);

/* VIRTUAL_MOVE: the same at another address of its own, 127.65.K.N for one at 127.64.0.N; refused for one that stands
 * elsewhere. */
void stand_move(struct proc *proc, const struct header *request);

#endif
