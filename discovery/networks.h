/*
 * networks: which IPv4 networks this machine is in, as its kernel says just now. Works after lock-in, on any socket.
 */
#ifndef FUSE_DISCOVERY_NETWORKS_H
#define FUSE_DISCOVERY_NETWORKS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define NETWORKS_MAX 32

struct network {
	char interface[IFNAMSIZ];
	struct in_addr address, mask;
	bool multicast; /* it can carry it */
	bool loopback;
};

/* Those that are up; at most NETWORKS_MAX. 0 as well when the kernel does not tell. */
size_t networks_list(int any_socket, struct network ret_networks[NETWORKS_MAX]);

#endif
