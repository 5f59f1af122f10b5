/*
 * httpd: what fuse-httpd's parts share: one of each, made by main.c.
 */
#ifndef FUSE_HTTPD_HTTPD_H
#define FUSE_HTTPD_HTTPD_H

#include <stdbool.h>

#include "common/loop.h"
#include "ipc/child.h"

struct access;
struct known;
struct live;
struct pendings;
struct scans;
struct server;

struct httpd {
	struct child *child;
	struct loop *loop;
	struct known *known;	    /* what the others have told */
	struct pendings *pendings;  /* what they were asked and owe us */
	struct access *access;	    /* who may do what */
	char hostname[64];	    /* of this machine; "" = not known */
	struct scans *scans;	    /* searches for printers */
	struct live *live;	    /* clients of the WebSockets */
	struct server *servers[LISTENER_PURPOSE_COUNT];
	bool stopping;
};

#endif
