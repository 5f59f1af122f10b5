/*
 * crashpoint: names for the moments at which dying would matter. In the product nothing happens there. Programs of the
 * tests are linked with tests/rig/crashpoint.c instead of common/crashpoint.c: they stand still (SIGSTOP) at the point
 * that FUSE_HOLD_AT names, so that a test can end whom it likes and see what comes of it.
 */
#ifndef FUSE_COMMON_CRASHPOINT_H
#define FUSE_COMMON_CRASHPOINT_H

/* `name` is "<program>-<moment>": "worker-armed". */
void crash_point(const char *name);

/* For the supervisor: what a child's environment gets besides ("FUSE_HOLD_AT=worker-armed"), or NULL. Static storage. */
const char *crash_point_environment(void);

#endif
