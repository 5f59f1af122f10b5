/*
 * probe: for each address a visit to the MQTT port and, beside it, up to two visits to the detect service: in TLS,
 * and where that brings no answer, plain.
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
#include "discovery/story.h"
#include "discovery/visit.h"

#define MQTT_PORT 8883
/* A neighbour that is off is told by the kernel after some 3 s (ARP); a busy printer may need as long for TLS. */
#define MQTT_TCP_MS 3500
#define MQTT_ALL_MS (PROBE_MOST_MS - 200)
#define DETECT_ALL_MS 2800 /* of each of the two */

struct probe {
	LIST_ENTRY(probe) next;
	struct child *child;
	struct header request;
	struct msg_probe message;
	struct sockaddr_storage address;
	struct visit *mqtt, *detect;
	bool detect_is_plain; /* it is the last one */
	struct findings findings;
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

static void
show_address(const struct sockaddr_storage *address, char *to, socklen_t cap)
{
	const void *bytes = address->ss_family == AF_INET ?
				    (const void *)&((const struct sockaddr_in *)address)->sin_addr :
				    (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;

	ENSURE(inet_ntop(address->ss_family, bytes, to, cap) != NULL);
}

/* -- visits ----------------------------------------------------------------------------------------------- */

static void
forget(struct probe *probe)
{
	visit_free(probe->mqtt);
	visit_free(probe->detect);
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
answer_if_all_is_known(struct probe *probe)
{
	struct msg_probed probed;

	if (probe->mqtt != NULL || probe->detect != NULL)
		return;
	story_tell(&probe->findings, clock_wall_ms(), &probed);
	child_reply(probe->child, &probe->request, MESSAGE_PROBED, &probed, -1);
	forget(probe);
}

static void
on_mqtt_end(void *arg, const struct visit_result *result)
{
	struct probe *probe = arg;

	probe->findings.mqtt = *result;
	visit_free(probe->mqtt);
	probe->mqtt = NULL;
	answer_if_all_is_known(probe);
}

static void visit_detect(struct probe *probe, bool plain);

/* Where there is no way to the machine, another port is no better. */
static bool
is_worth_a_second_visit(const struct visit_result *result)
{
	return (result->end != VISIT_DONE || result->reply.refused) && result->end != VISIT_UNREACHABLE;
}

static void
on_detect_end(void *arg, const struct visit_result *result)
{
	struct probe *probe = arg;
	struct visit_result *best = &probe->findings.detect;
	bool again = !probe->detect_is_plain && is_worth_a_second_visit(result);

	/* What came in TLS stays, unless the plain visit brought an answer where it had none. Its certificate stays. */
	if (best->end == VISIT_NONE) {
		*best = *result;
	} else if (result->end == VISIT_DONE && (best->end != VISIT_DONE || !result->reply.refused)) {
		best->end = VISIT_DONE;
		best->reply = result->reply;
	}
	visit_free(probe->detect); /* and with it `result` */
	probe->detect = NULL;
	if (again)
		visit_detect(probe, true);
	answer_if_all_is_known(probe);
}

static void
visit_detect(struct probe *probe, bool plain)
{
	uint32_t port = probe->message.detect_port;
	struct visit_plan plan = { .address = probe->address, .tls = !plain, .asks = true, .tcp_ms = DETECT_ALL_MS,
				   .all_ms = DETECT_ALL_MS };

	plan.port = (uint16_t)(port != 0 ? port : plain ? DETECT_PORT_PLAIN : DETECT_PORT_TLS);
	probe->detect_is_plain = plain;
	probe->detect = visit_new(child_loop_peek(probe->child), &plan, on_detect_end, probe);
}

static void
visit_mqtt(struct probe *probe)
{
	uint32_t port = probe->message.mqtt_port;
	struct visit_plan plan = { .address = probe->address, .port = (uint16_t)(port != 0 ? port : MQTT_PORT),
				   .tls = true, .tcp_ms = MQTT_TCP_MS, .all_ms = MQTT_ALL_MS };

	probe->mqtt = visit_new(child_loop_peek(probe->child), &plan, on_mqtt_end, probe);
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
	probe->message = *message;
	probe->address = address;
	show_address(&address, probe->findings.address, sizeof probe->findings.address);
	LIST_INSERT_HEAD(&probes, probe, next);
	probe_count++;
	visit_mqtt(probe);
	/* A port that the owner names may be either; the standard one for plain talk is never TLS. */
	visit_detect(probe, message->detect_port == DETECT_PORT_PLAIN);
}
