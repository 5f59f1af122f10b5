/*
 * desk: takes the requests of the others, keeps what they ask to keep, and answers when the disk has it.
 */
#ifndef FUSE_STORED_DESK_H
#define FUSE_STORED_DESK_H

#include <stdint.h>

#include "ipc/child.h"
#include "stored/owner_desk.h"
#include "stored/batch.h"
#include "stored/file_desk.h"
#include "stored/job_desk.h"
#include "stored/peers.h"
#include "stored/printers.h"
#include "stored/store.h"
#include "stored/upkeep.h"
#include "stored/values.h"
#include "stored/vault.h"
#include "stored/virtual_desk.h"

struct desk {
	struct child *child;
	struct store *store;
	struct vault *vault;
	struct loop_timer *flush_timer;
	struct values values;
	struct peers peers;
	struct printers printers;
	struct batch batch;
	struct upkeep upkeep;
	struct owner_desk owner;
	struct file_desk files;
	struct job_desk job;
	struct virtual_desk virtuals;
};

/* Open for business, with child, store and vault in place: read settings and printers, look at the disk. DONE, or
 * the fault for which the store cannot serve. */
enum outcome desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault);

/* At the end, when the loop took the timers with it: wipe the key and close the database, as far as they
 * were opened. */
void desk_end(struct desk *desk);

/* The child's duties; `arg` is the desk. */
void desk_on_synced(void *arg);
void desk_on_message(void *arg, const struct header *header, const void *message, int fd);
void desk_on_stop(void *arg, uint32_t deadline_ms);

#endif
