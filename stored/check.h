/*
 * check: is this database whole? Asked before the program locks itself in, and of a child process
 * that is thrown away, because a damaged LMDB file can crash or hang whoever reads it.
 */
#ifndef FUSE_STORED_CHECK_H
#define FUSE_STORED_CHECK_H

#include <stdint.h>

#include "stored/outcome.h"

#define CHECK_TIMEOUT_MS 30000

/*
 * Fork, open `file` for reading only, verify every record. DONE; or, with the sentence:
 *	ABSENT     there is no such file
 *	TOO_NEW    a newer Fuse wrote it; the sentence names which
 *	DAMAGED    it is not whole, or the checker crashed, or was not done after `timeout_ms`
 *	READ_ONLY  it may not be read (permissions)
 *	STARVED    this machine could not run the check
 * The file is never changed. Not allowed once confined: it forks.
 */
enum outcome check_database(const char *file, int64_t timeout_ms, struct fault *ret_fault);

#endif
