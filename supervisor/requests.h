/*
 * requests: what fusectl and httpd ask of the supervisor, and what children tell it.
 */
#ifndef FUSE_SUPERVISOR_REQUESTS_H
#define FUSE_SUPERVISOR_REQUESTS_H

#include "supervisor/switchboard.h"

/* The switchboard's events; `arg` is the house. */
extern const struct switchboard_events requests_events;

#endif
