/*
 * networks: by the old ioctls, which need no socket of another kind than the one that is there.
 */
#include "discovery/networks.h"

#include <string.h>
#include <sys/ioctl.h>

#include "common/str.h"

static bool
ask(int fd, unsigned long what, const char *interface, struct ifreq *ret_answer)
{
	memset(ret_answer, 0, sizeof *ret_answer);
	str_copy(ret_answer->ifr_name, sizeof ret_answer->ifr_name, interface);
	return ioctl(fd, what, ret_answer) == 0;
}

static struct in_addr
ipv4_of(const struct sockaddr *address)
{
	struct sockaddr_in v4;

	memcpy(&v4, address, sizeof v4);
	return v4.sin_addr;
}

size_t
networks_list(int any_socket, struct network ret_networks[NETWORKS_MAX])
{
	struct ifreq rows[NETWORKS_MAX], answer;
	struct ifconf list = { .ifc_len = sizeof rows, .ifc_req = rows };
	size_t count = 0;

	if (ioctl(any_socket, SIOCGIFCONF, &list) != 0)
		return 0;
	for (size_t i = 0; i < (size_t)list.ifc_len / sizeof rows[0]; i++) {
		struct network *network = &ret_networks[count];
		if (rows[i].ifr_addr.sa_family != AF_INET || !ask(any_socket, SIOCGIFFLAGS, rows[i].ifr_name, &answer) ||
		    (answer.ifr_flags & IFF_UP) == 0)
			continue;
		memset(network, 0, sizeof *network);
		str_copy(network->interface, sizeof network->interface, rows[i].ifr_name);
		network->address = ipv4_of(&rows[i].ifr_addr);
		network->multicast = (answer.ifr_flags & IFF_MULTICAST) != 0;
		network->loopback = (answer.ifr_flags & IFF_LOOPBACK) != 0;
		if (ask(any_socket, SIOCGIFNETMASK, rows[i].ifr_name, &answer))
			network->mask = ipv4_of(&answer.ifr_netmask);
		count++;
	}
	return count;
}
