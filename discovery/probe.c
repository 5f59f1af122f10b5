/*
 * probe: one examination for each PROBE.
 */
#include "discovery/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "discovery/examine.h"
#include "discovery/story.h"

struct probe {
	LIST_ENTRY(probe) next;
	struct child *child;
	struct header request;
	struct examination *examination;
};

static LIST_HEAD(, probe) probes = LIST_HEAD_INITIALIZER(probes);
static unsigned probe_count;

/* -- addresses ------------------------------------------------------------------------------------------ */

static const char *
fault_of_v4(uint32_t address)
{
	if (address >> 24 == 0)
		return "This address stands for no machine.";
	if (address >> 28 == 0xe)
		return "This is a multicast address: it stands for many machines.";
	if (address >> 28 == 0xf)
		return "This is a broadcast or reserved address, not one of a machine.";
	return NULL;
}

static const char *
fault_of_v6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return "This address stands for no machine.";
	if (IN6_IS_ADDR_MULTICAST(address))
		return "This is a multicast address: it stands for many machines.";
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return "A link-local address is not enough: it says nothing of the network that it is in.";
	return NULL;
}

bool
probe_parse_address(const char *text, struct sockaddr_storage *ret_address, const char **ret_fault)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
	struct in6_addr six;

	memset(ret_address, 0, sizeof *ret_address);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
	} else if (inet_pton(AF_INET6, text, &six) != 1) {
		*ret_fault = "This is no numeric IPv4 or IPv6 address.";
		return false;
	} else if (IN6_IS_ADDR_V4MAPPED(&six)) {
		v4->sin_family = AF_INET;
		memcpy(&v4->sin_addr, six.s6_addr + 12, sizeof v4->sin_addr);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = six;
	}
	*ret_fault = ret_address->ss_family == AF_INET ? fault_of_v4(ntohl(v4->sin_addr.s_addr)) :
							 fault_of_v6(&v6->sin6_addr);
	return *ret_fault == NULL;
}

/* -- probes ------------------------------------------------------------------------------------------------ */

static void
forget(struct probe *probe)
{
	examination_free(probe->examination);
	LIST_REMOVE(probe, next);
	probe_count--;
	free(probe);
}

void
probe_forget_all(void)
{
	while (!LIST_EMPTY(&probes))
		forget(LIST_FIRST(&probes));
}

static void
on_end(void *arg, const struct findings *findings)
{
	struct probe *probe = arg;
	struct msg_probed probed;

	story_tell(findings, clock_wall_ms(), &probed);
	child_reply(probe->child, &probe->request, MESSAGE_PROBED, &probed, -1);
	forget(probe);
}

void
probe_begin(struct child *child, const struct header *request, const struct msg_probe *message)
{
	struct sockaddr_storage address;
	const char *fault;

	if (!probe_parse_address(message->address, &address, &fault)) {
		child_reply_refused(child, request, REFUSAL_INVALID, fault,
				    "Give the printer's address in numbers: its screen shows it in its network "
				    "settings.");
		return;
	}
	if (probe_count == PROBES_MAX) {
		child_reply_refused(child, request, REFUSAL_BUSY, "Many addresses are being probed just now.",
				    "Try again in a few seconds.");
		return;
	}
	struct probe *probe = calloc(1, sizeof *probe);
	ENSURE(probe != NULL);
	probe->child = child;
	probe->request = *request;
	LIST_INSERT_HEAD(&probes, probe, next);
	probe_count++;
	probe->examination = examination_new(child_loop_peek(child), &address, (uint16_t)message->mqtt_port,
					     (uint16_t)message->detect_port, on_end, probe);
}
