/*
 * testfile: the file of the test print: a sliced 3MF of about 10 MB for one model and nozzle, as a slicer would make it of
 * a small hollow cylinder. The same model and nozzle give the same bytes, so the cache keeps one of each.
 *
 * No printer needs to fear it, but it is meant for virtual ones: it says so in its head.
 */
#ifndef FUSE_WORKER_VIRTUAL_TESTFILE_H
#define FUSE_WORKER_VIRTUAL_TESTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"

#define TESTFILE_NAME_BYTES 64
#define TESTFILE_STEP_BYTES (512 * 1024) /* that testfile_step() makes at most */

struct testfile;

/* Before lock-in: what it wants of OpenSSL. */
void testfile_init(void);

/* `nozzle`: its diameter in mm, "0.4". `fd`: an empty file, borrowed. */
struct testfile *testfile_new(const struct model *model, const char *nozzle, int fd);
void testfile_free(struct testfile *testfile);

/* Write the next piece. False: there is more to do. */
bool testfile_step(struct testfile *testfile);

/* When all is written: its length; 0 = it could not be written, with errno. */
uint64_t testfile_bytes(const struct testfile *testfile);

/* "Test print X1C 0.4.gcode.3mf" */
void testfile_name(const struct model *model, const char *nozzle, char ret_name[TESTFILE_NAME_BYTES]);

#endif
