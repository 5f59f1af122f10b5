/*
 * notify: systemd's readiness and watchdog protocol (sd_notify(3), "Notes": a datagram to the
 * AF_UNIX socket that NOTIFY_SOCKET names, abstract when it begins with '@'). Without NOTIFY_SOCKET
 * every call does nothing. Never blocks.
 */
#ifndef FUSE_SUPERVISOR_NOTIFY_H
#define FUSE_SUPERVISOR_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd;                  /* -1 = nobody listens */
	struct sockaddr_un address;
	socklen_t address_bytes;
	int64_t watchdog_ms;     /* pet at least so often (half of WATCHDOG_USEC); 0 = no watchdog */
	int64_t next_pet_ms;
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment, so that no child
 * speaks for its supervisor. Values that make no sense count as absent. */
void notify_init(struct notify *notify);
void notify_fini(struct notify *notify);

void notify_ready(struct notify *notify, const char *status);     /* READY=1, STATUS=… */
void notify_status(struct notify *notify, const char *status);    /* STATUS=… */
void notify_reloading(struct notify *notify, int64_t monotonic_us); /* RELOADING=1, MONOTONIC_USEC=… */
void notify_stopping(struct notify *notify, const char *status);  /* STOPPING=1, STATUS=… */

/* WATCHDOG=1 when it is due. Call it from the supervisor's tick. */
void notify_pet(struct notify *notify, int64_t now_ms);

#endif
