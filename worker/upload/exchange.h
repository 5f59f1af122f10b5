/*
 * exchange: one exchange with a printer's storage, from its order to its result. It blocks; main.c gives it a thread.
 */
#ifndef FUSE_WORKER_UPLOAD_EXCHANGE_H
#define FUSE_WORKER_UPLOAD_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"
#include "worker/upload/ftp_list.h"
#include "worker/upload/session.h"

#define EXCHANGE_PATHS_MAX 256
#define EXCHANGE_ENTRIES_MAX 1000
#define EXCHANGE_LISTING_MAX_BYTES (1024 * 1024)

enum exchange_kind { EXCHANGE_PUT, EXCHANGE_LIST, EXCHANGE_REMOVE };

/* What is to be done. */
struct order {
	enum exchange_kind kind;
	char serial[33], address[65];
	uint16_t port;
	const struct model *model;
	struct tls_expectation expectation;
	struct secret code;
	char path[SESSION_PATH_MAX_BYTES + 1]; /* of PUT: where to; of LIST: the folder */
	int fd;				       /* of PUT: the file; owned */
	int64_t size_bytes;
	char *paths;			       /* to be deleted, one after the other, each with its NUL; owned */
	size_t path_count;
};

/* Fill from a request; `fd` is taken. False, with a sentence, when it is no order that could be meant: then nothing is left
 * to be freed. */
bool order_of_put(const struct msg_ftp_put *message, int fd, struct order *ret_order, const char **ret_fault);
bool order_of_list(const struct msg_ftp_list *message, struct order *ret_order, const char **ret_fault);
bool order_of_remove(const struct msg_ftp_remove *message, struct order *ret_order, const char **ret_fault);
/* Wipes and frees what an order holds. */
void order_fini(struct order *order);

/* "/name", "/folder/name" …: components of letters, digits, '.', '_' and '-'; or "/" alone. */
bool order_path_is_fine(const char *path);

struct exchange {
	/* Before exchange_run(). */
	struct order order;
	struct breaker breaker;
	int64_t start_ms; /* when it was asked for, monotonic */
	void (*on_change)(void *arg); /* phase or sent_bytes have moved; from the thread that runs it */
	void *arg;

	/* While it runs, for others to look at. */
	atomic_uint phase;
	atomic_llong sent_bytes;

	/* Afterwards. */
	struct msg_ftp_result result;
	struct ftp_entry *entries; /* owned */
	size_t entry_count;

	/* Its own. */
	struct session session;
	struct upload_facts facts;
	int64_t first_byte_ms;
};

/* Do it; returns when it is over. */
void exchange_run(struct exchange *exchange);
/* Free what it holds, with its order. */
void exchange_fini(struct exchange *exchange);

/* -- its parts, each in a file of its own; every one leaves its particulars in exchange->facts ------------- */

/* Send the file and be sure of it (put.c). On a fault nothing of it is left at the printer, as far as that can be done. */
enum upload_fault put_run(struct exchange *exchange);

/* The entries of a folder into exchange->entries (folder.c). */
enum upload_fault folder_list(struct exchange *exchange, const char *folder);
/* The size of a file by the list of its folder; -1 = it is not there. */
enum upload_fault folder_find(struct exchange *exchange, const char *path, int64_t *ret_bytes);
/* Delete a file; what is not there is deleted already. */
enum upload_fault folder_delete(struct exchange *exchange, const char *path);
/* Delete all that the order names. Of several faults the first; those that a PUT can live with are only logged. */
enum upload_fault folder_delete_ordered(struct exchange *exchange);

void exchange_moved(struct exchange *exchange, int64_t sent_bytes);

#endif
