/*
 * store_inner: what store.c, store_read.c and store_write.c share, and nobody else sees.
 */
#ifndef FUSE_STORED_STORE_INNER_H
#define FUSE_STORED_STORE_INNER_H

#include <lmdb.h>

#include "stored/files.h"
#include "stored/store.h"
#include "stored/tally.h"

#define STORE_MAGIC 0x53746f72u
#define COMMITS_TIMED 64
#define NO_DBI ((MDB_dbi)-1)
#define RECORD_MAX_BYTES (RECORD_PAYLOAD_MAX_BYTES + RECORD_OVERHEAD_BYTES)

struct store {
	unsigned magic;
	MDB_env *env; /* NULL when it could not be opened again */
	MDB_dbi tables[TABLE_COUNT];
	size_t map_bytes;
	unsigned readers; /* own read transactions: LMDB would move the map under them */
	bool read_only, stamped;
	uint32_t commit_us[COMMITS_TIMED];
	unsigned commits;
	char file[FILES_PATH_BYTES];
};

extern const char *const store_table_names[TABLE_COUNT];

/* Open for writing; where the disk does not take that, for reading. 0 or LMDB's error. */
int store_env_open(struct store *store);

/* Begin again with what is on the disk. If that fails, the next one who reads or writes tries. */
void store_env_reopen(struct store *store);

/* Begin to read. NULL with the fault; a database that could not be opened again is tried first. */
MDB_txn *store_begin_read(struct store *store, struct fault *ret_fault);
void store_end_read(struct store *store, MDB_txn *txn);

/* Read a record within `txn`; the payload is borrowed from it. */
enum outcome store_get_in(struct store *store, MDB_txn *txn, enum store_table table, MDB_val *key,
			  const uint8_t **ret_payload, size_t *ret_len, struct fault *ret_fault);

/* LMDB takes keys and values that it only reads as pointers to what could be written. */
MDB_val store_borrow(const void *bytes, size_t len);

/* The key in meta of a table's tally; `name` keeps its bytes. */
MDB_val store_tally_key(enum store_table table, char name[32]);

/* What meta says of a table; nothing kept = an empty table. */
enum outcome store_tally_read(struct store *store, MDB_txn *txn, enum store_table table,
			      struct tally *ret_tally, struct fault *ret_fault);

#endif
