/*
 * proc: one child of the supervisor, over all its incarnations: carries out what lifecycle.c
 * decides, watches its process, channel and log, and writes its obituary.
 */
#ifndef FUSE_SUPERVISOR_PROC_H
#define FUSE_SUPERVISOR_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/loop.h"
#include "supervisor/entries.h"
#include "supervisor/lifecycle.h"
#include "supervisor/logbook.h"
#include "supervisor/obituary.h"
#include "supervisor/spawn.h"
#include "supervisor/switchboard.h"
#include "supervisor/watchdog.h"

struct house;

struct proc {
	unsigned magic;
	TAILQ_ENTRY(proc) next;
	struct house *house;
	const struct proc_spec *spec;
	uint16_t slot;
	char entry[ENTRY_BYTES];       /* "" for roles that are one */
	char name[96];                  /* "worker/01S00C…" or "httpd" */
	struct life life;
	struct loop_timer *timer; /* life.deadline_ms */

	/* of the present incarnation */
	struct peer peer; /* attached while pid != 0 */
	pid_t pid;        /* 0 = none runs */
	int pidfd, log_fd;
	struct loop_io *pidfd_io, *log_io;
	struct logtap tap;
	struct watchdog watchdog;
	char *argv[6];
	char sentence_of_ours[OFFENCE_BYTES]; /* why we ended it; "" = we did not */
	bool was_stopped, was_ready;
	uint32_t works_for;    /* a helper: the generation of who asked for it */
	unsigned moves;	       /* a virtual printer: addresses that it has left */
	bool was_told;	       /* … who knows that it is ready */
	const char *deaf; /* its channel is of no use any more: why; NULL = it is fine */
	unsigned deaf_ticks; /* ticks since */
	int64_t since_wall_ms, ready_wall_ms;

	/* over all incarnations */
	uint32_t starts;
	int64_t died_wall_ms;
	char obituary[OBITUARY_BYTES];
	char unapplied[161];
};

/* A new process record in state DOWN, in the house's list and with a place at the switchboard. */
struct proc *proc_new(struct house *house, const struct proc_spec *spec, uint16_t slot, const char *entry);
/* DOWN only. Removes it from the house. */
void proc_free(struct proc *proc);

/* Let `event` happen to it. It may be freed by that when it is no longer wanted. `why` (may be NULL) is
 * what its obituary says of a death that follows. */
void proc_event(struct proc *proc, enum life_event event, const char *why);

/* Messages of its own to the supervisor. `message` is decoded. */
void proc_on_message(struct proc *proc, const struct header *header, const void *message);

/* A tick of the watchdog. */
void proc_tick(struct proc *proc, int64_t elapsed_ms);

/* Publish PROC_STATUS as it is now. */
void proc_publish(struct proc *proc);

/* SIGKILL at once, for the end of all patience. */
void proc_kill(struct proc *proc);

#endif
