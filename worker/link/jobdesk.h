/*
 * jobdesk: the queue of print jobs, connected: its duties as messages, messages as what happened to it.
 */
#ifndef FUSE_WORKER_LINK_JOBDESK_H
#define FUSE_WORKER_LINK_JOBDESK_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"
#include "printer/report.h"
#include "worker/link/queue.h"

struct worker;

struct jobdesk {
	bool has_begun;			 /* the jobs were wanted for the first time */
	bool plate_used, starts_unasked; /* as the store has them */
	uint64_t plate_print, plate_noted; /* the same of the print that was seen last; of the one that it is told of */
	bool store_holds;		 /* no print may start */
	uint32_t store_generation;	 /* of the store that has said so */
	uint32_t list_request, step_request, plates_request, plate_request; /* open; 0 = not */
	char listed_name[REMOTE_NAME_BYTES];				    /* the file that is looked for */
	int64_t listed_bytes;						    /* of it; -1 = not seen yet */
};

/* Once, before anything else. */
void jobdesk_init(struct worker *worker);

/* The printer as the store has it (PRINTER_MINE): the plate, and with the first one the jobs are wanted. */
void jobdesk_on_printer(struct worker *worker, const struct msg_printer_mine *mine);

/* Messages about jobs. False: it is none; `fd` is still the caller's. */
bool jobdesk_on_message(struct worker *worker, const struct header *header, const void *message, int fd);

void jobdesk_on_report(struct worker *worker, const struct report_summary *summary);
/* The link, the time or whatever else has changed. */
void jobdesk_look(struct worker *worker);

/* What is in a file, read: free() it. NULL: it is none (that is said in the log). It takes 80 KB: not to be kept. */
struct plates *jobdesk_read_plates(const struct msg_file_plates *message);

#endif
