/*
 * transfer: the one exchange with the printer's storage that may run at a time. A helper (fuse-upload) is asked for,
 * gets the file's descriptor and its order, tells how far it is, and says how it went. Whoever began the exchange is told
 * the end exactly once, also when the helper could not be started, died, or the file is gone.
 */
#ifndef FUSE_WORKER_LINK_TRANSFER_H
#define FUSE_WORKER_LINK_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"
#include "printer/project_file.h"

#define TRANSFER_SAMPLES 16 /* of progress, five a second: the rate is over some three seconds */

struct worker;
struct job_put;

/* A file that the printer lists; how the exchange went. Not called from within transfer_put() and the like. */
typedef void transfer_entry_fn(struct worker *worker, const struct msg_ftp_entry *entry);
typedef void transfer_end_fn(struct worker *worker, const struct msg_ftp_result *result);

enum transfer_kind { TRANSFER_NONE, TRANSFER_PUT, TRANSFER_LIST, TRANSFER_REMOVE };

struct transfer {
	enum transfer_kind kind;
	uint32_t helper_request, file_request, order_request; /* open; 0 = not */
	bool has_helper, has_file, is_cancelled, is_refused;
	uint16_t slot;					   /* of the helper */
	int fd;						   /* of the file, with `has_file` */
	char job[17], sha256[65], path[REMOTE_PATH_BYTES]; /* `path` is the folder to list */
	struct msg_refused file_refusal;		   /* with `is_refused` */
	char *lines;					   /* paths to delete, one a line; owned */
	uint64_t size_bytes;
	transfer_entry_fn *on_entry;
	transfer_end_fn *on_end;
	int64_t since_ms; /* wall clock */
	struct transfer_sample {
		int64_t at_ms; /* monotonic */
		uint64_t bytes;
	} samples[TRANSFER_SAMPLES];
	unsigned sample_count;
};

/* Nothing runs. The functions below that begin an exchange want that. */
bool transfer_is_free(const struct transfer *transfer);

void transfer_put(struct worker *worker, const struct job_put *put, transfer_end_fn *on_end);
void transfer_list(struct worker *worker, const char *folder, transfer_entry_fn *on_entry,
		   transfer_end_fn *on_end);
void transfer_remove(struct worker *worker, const char *paths, transfer_end_fn *on_end);
/* Enough: what was sent is taken back; the end is told all the same. */
void transfer_cancel(struct worker *worker);

/* HELPER, FILE_GIVEN, FTP_… and REFUSED. False: it is not for us, and `fd` is still the caller's. */
bool transfer_on_message(struct worker *worker, const struct header *header, const void *message, int fd);

/* No file is on its way: replaces what an earlier incarnation has said. */
void transfer_say_nothing(struct worker *worker);

#endif
