/*
 * crowd: who is let in when there are many, and who gives way for it. Pure: the connections come as a list, the time
 * as an argument.
 *
 * There is room for CROWD_MAX connections, half of it for any one address (an IPv6 network of 64 bits counts as one,
 * as a host has all of it). When there is none left, a connection that wants nothing just now gives way: first the
 * one that has been idle for longest, then the one whose headers have been on their way for longest, then a body, then an answer that
 * is not taken (a large one that is taken moves: server_pace.c), these two only after CROWD_PATIENCE_MS. Nobody gives way while Fuse works for it. So any number of
 * clients that open connections and send little keep nobody out; they only replace each other.
 */
#ifndef FUSE_HTTPD_CROWD_H
#define FUSE_HTTPD_CROWD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CROWD_MAX 256
#define CROWD_PER_PEER_MAX 128
#define CROWD_SHARE 16 /* a peer that has so many takes the room of its own ones first */
#define CROWD_PATIENCE_MS 5000

/* In the order of giving way. */
enum crowd_stage {
	CROWD_IDLE,    /* between two requests */
	CROWD_HEADERS, /* accepted, or the headers are on their way */
	CROWD_BODY,
	CROWD_ANSWER,  /* on its way to the client */
	CROWD_WORK,    /* Fuse works for it, or it follows something: never gives way */
};

struct crowd_guest {
	bool present;
	struct in6_addr peer;
	enum crowd_stage stage;
	int64_t since_ms; /* monotonic: in this stage */
};

/* A peer by its socket address; what is no IP is one peer. */
struct in6_addr crowd_peer(const struct sockaddr *address);

#define CROWD_ROOM SIZE_MAX
#define CROWD_NO_ROOM (SIZE_MAX - 1)

/* Another connection of `peer` has come. CROWD_ROOM: let it in. CROWD_NO_ROOM: turn it away. Else the place in `guests` of the
 * one to close first. */
size_t crowd_admit(const struct crowd_guest *guests, size_t count, const struct in6_addr *peer, int64_t now_ms);

#endif
