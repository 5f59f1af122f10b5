/*
 * listener: a TCP socket that fused binds and hands to fuse-httpd. It stays open while httpd is
 * restarted: nobody is refused, a visitor just waits. fused reads no byte from it.
 */
#ifndef FUSE_SUPERVISOR_LISTENER_H
#define FUSE_SUPERVISOR_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "supervisor/config.h"

struct listener {
	int fd; /* -1 = off */
	char address[CONFIG_ADDRESS_BYTES]; /* as bound: a port 0 is replaced by the one that the system chose */
};

/* Bind and listen at ADDR:PORT or [ADDR6]:PORT ("off" = none). False, with a sentence that says what to do
 * ("Port 8888 at 127.0.0.1 is taken by another program. …"), and listener->fd = -1. */
bool listener_open(struct listener *listener, const char *address, const char *option, char *ret_fault, size_t cap);
void listener_close(struct listener *listener);

/* Does ADDR:PORT belong to this machine alone: 127.0.0.1 or ::1, or with `any_loopback` also one of 127.0.0.0/8? */
bool listener_is_local(const char *address, bool any_loopback);

#endif
