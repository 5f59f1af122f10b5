/*
 * store: the database: a few tables of checksummed records in one LMDB file. The only door to LMDB
 * (with outcome.c, which knows its errors). One process, one thread, one store.
 *
 * A change is a batch of puts and deletes: all of it is on the disk when store_commit() says so, or
 * none of it. The file grows by itself. A full or read-only disk refuses changes and goes on giving
 * what is kept; each commit tries anew, so it recovers by itself.
 *
 * LMDB's own lock file is not used (it is a writable mapping, which a full disk turns into SIGBUS):
 * files_lock() keeps a second process out. Never MDB_WRITEMAP, for the same reason.
 */
#ifndef FUSE_STORED_STORE_H
#define FUSE_STORED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/outcome.h"
#include "stored/record.h"

/* The version of the tables' layout. A database with a greater one is of a newer Fuse. One with a smaller one is
 * served as it is, and brought up to date by the first change, in the same commit.
 *	1  meta, settings, secrets
 *	2  and printers
 *	3  and jobs, files
 *	4  and virtual */
#define STORE_SCHEMA 4

#define STORE_FIRST_MAP_BYTES ((size_t)4 << 20)
#define STORE_MOST_MAP_BYTES ((size_t)1 << 30)

/* X(NAME, name): the name stands in the database and in each record's checksum. meta comes first. */
#define STORE_TABLES(X)                                                                       \
	X(META, "meta")		/* what the store knows about itself; keys: STORE_META_… */ \
	X(SETTINGS, "settings") /* name → value as text */                                  \
	X(SECRETS, "secrets")	/* name → sealed by vault.c */                              \
	X(PRINTERS, "printers") /* serial → printer_record.h */                             \
	X(JOBS, "jobs")		/* id → job_record.h */                                     \
	X(FILES, "files")	/* SHA-256 in hex → what the cache knows of a file */ \
	X(VIRTUAL, "virtual")	/* serial → virtual_record.h */

enum store_table {
#define X(NAME, name) TABLE_##NAME,
	STORE_TABLES(X)
#undef X
		TABLE_COUNT
};

#define STORE_META_SCHEMA "schema"	  /* STORE_SCHEMA, decimal */
#define STORE_META_WRITTEN_BY "writtenBy" /* FUSE_VERSION of the last Fuse that changed something */
#define STORE_META_KEY_CHECK "keyCheck"	  /* vault.c: proves that a key file is the right one */
#define STORE_META_INSTALLATION "installation" /* printers.h: 8 hex digits */
#define STORE_META_VIRTUAL_ISSUER "virtualIssuer" /* virtual_keys.h: DER */
#define STORE_META_RESTORED "restored"	  /* restore.c: what was lost, until a person has confirmed it */
#define STORE_META_VALUE_BYTES 256	  /* of a text in meta, with NUL */

enum store_mode {
	STORE_MODE_CREATE, /* a new file; it must not exist */
	STORE_MODE_SERVE,  /* an existing file; read only as long as the disk takes nothing */
	STORE_MODE_READ,   /* an existing file, not touched at all */
};

struct store_op {
	enum store_table table;
	const void *key;
	size_t key_len;	     /* 1 to RECORD_KEY_MAX_BYTES */
	const void *payload; /* NULL = delete (also fine when there is none) */
	size_t len;
};

struct store_counts {
	uint64_t records[TABLE_COUNT];
};

struct store;

/* Open the database file. NULL with the fault. */
struct store *store_open(const char *file, enum store_mode mode, struct fault *ret_fault);
void store_close(struct store *store);

/* The last open or commit found that the file cannot be written. */
bool store_is_read_only(const struct store *store);

/* Open a read-only store for writing, if the disk takes that now. It serves reads either way. */
enum outcome store_try_writable(struct store *store, struct fault *ret_fault);

/* Read one record into `ret_payload`. ABSENT when there is none, FAILED when
 * it is longer than `cap`. */
enum outcome store_get(struct store *store, enum store_table table, const void *key, size_t key_len,
		       void *ret_payload, size_t cap, size_t *ret_len, struct fault *ret_fault);

/* The same for a text in meta; "" when there is none. */
enum outcome store_get_meta(struct store *store, const char *name, char ret_text[STORE_META_VALUE_BYTES],
			    struct fault *ret_fault);

/* Call `fn` for each record of a table, in the order of keys; what is passed is borrowed until it
 * returns, and it must not commit. Ends early, DAMAGED, at a record that is not what was written. */
typedef void store_each_fn(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len);
enum outcome store_each(struct store *store, enum store_table table, store_each_fn *fn, void *arg,
			struct fault *ret_fault);

/* Change all of `ops` and sync, or change nothing. On DONE it is on the disk. */
enum outcome store_commit(struct store *store, const struct store_op *ops, size_t count,
			  struct fault *ret_fault);

/* Walk every record of every table; DONE only if all are what was written, and none is missing. */
enum outcome store_verify(struct store *store, struct store_counts *ret_counts, struct fault *ret_fault);

/* Write the whole database, as it is on the disk, to `fd`. */
enum outcome store_copy(struct store *store, int fd, struct fault *ret_fault);

/* Records of a table by LMDB's own count; 0 when it cannot be read. */
uint64_t store_count(struct store *store, enum store_table table);

/* Counts changes; the same number = the same content, within one database's life. */
uint64_t store_txn(struct store *store);

uint64_t store_size_bytes(const struct store *store);

/* The slowest of the last 64 commits. */
uint32_t store_slowest_commit_us(const struct store *store);

#endif
