/*
 * hosts: under which names Fuse may be asked for. A page elsewhere can have a name of its own point here (DNS
 * rebinding); its browser then says that name in the header Host, and that gives it away. Pure.
 */
#ifndef FUSE_HTTPD_HOSTS_H
#define FUSE_HTTPD_HOSTS_H

#include <stdbool.h>

struct host_place {
	bool guarded;	      /* the listener is reached from beyond this machine */
	const char *bound;    /* of the listener: ADDR:PORT */
	const char *local;    /* our end of this very connection: numeric, IPv6 without brackets; "" = not known */
	const char *hostname; /* of this machine; "" = not known */
	const char *allowed;  /* the setting allowedHosts: names, comma-separated */
};

enum host_kind {
	HOST_FOREIGN,
	HOST_OURS,	   /* the local address, the machine's name, fuse.local, or a name that the owner allows */
	HOST_THIS_MACHINE, /* localhost or its addresses, at a listener that nobody else reaches */
};

/* What the value of a Host header ("name", "name:8888", "[::1]:8888") is here. Any port: a tunnel may change it. */
enum host_kind host_judge(const char *host, const struct host_place *place);

#endif
