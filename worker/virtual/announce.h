/*
 * announce: the text with which a virtual printer announces itself, as real ones do every few seconds (NOTIFY in SSDP's
 * form; docs/protocol.md, "Announcements"). Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_ANNOUNCE_H
#define FUSE_WORKER_VIRTUAL_ANNOUNCE_H

#include <netinet/in.h>
#include <stddef.h>

#include "worker/virtual/nameplate.h"

#define ANNOUNCE_MAX_BYTES 1024
#define ANNOUNCE_EVERY_MS 5000

/* Write it; returns its length. `address` is where the printer is reached, numeric. What is no text for a line (a
 * control character in the name) is left out. */
size_t announce_write(const struct nameplate *nameplate, const char *address, char to[ANNOUNCE_MAX_BYTES]);

/* Where one that is reached at `address` sends it to: everybody on this machine (127.255.255.255) for one on
 * loopback, the limited broadcast else. */
struct sockaddr_in announce_to(const char *address);

#endif
