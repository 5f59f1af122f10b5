/*
 * storagedesk: Fuse's own files on the printer's storage, for people: listed, and deleted one by one. Refused while
 * another exchange with the storage runs: there is one at a time, and jobs go first.
 */
#ifndef FUSE_WORKER_LINK_STORAGEDESK_H
#define FUSE_WORKER_LINK_STORAGEDESK_H

#include <stdbool.h>

#include "ipc/header.h"
#include "ipc/message.h"

struct worker;

struct storagedesk {
	struct header request; /* whoever is being answered; request_id 0 = nobody */
	const char *folder;    /* that is being listed */
};

/* PRINTER_FILES_WANT: a PRINTER_FILE each, then DONE. */
void storagedesk_list(struct worker *worker, const struct header *request);

/* PRINTER_FILE_REMOVE. */
void storagedesk_remove(struct worker *worker, const struct header *request,
			const struct msg_printer_file_remove *message);

#endif
