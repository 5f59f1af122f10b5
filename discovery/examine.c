/*
 * examine: a visit to the MQTT port and, beside it, up to two visits to the detect service: in TLS, and where that
 * brings no answer, plain.
 */
#include "discovery/examine.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "common/miniobj.h"
#include "discovery/visit.h"

/* A neighbour that is off is told by the kernel after some 3 s (ARP); a busy printer may need as long for TLS. */
#define MQTT_TCP_MS 3500
#define MQTT_ALL_MS (EXAMINE_MOST_MS - 200)
#define DETECT_ALL_MS 2800 /* of each of the two */

struct examination {
	struct loop *loop;
	struct sockaddr_storage address;
	uint16_t detect_port;
	examine_end_fn *on_end;
	void *arg;
	struct visit *mqtt, *detect;
	bool detect_is_plain; /* it is the last one */
	struct findings findings;
};

static void
show_address(const struct sockaddr_storage *address, char *to, socklen_t cap)
{
	const void *bytes = address->ss_family == AF_INET ?
				    (const void *)&((const struct sockaddr_in *)address)->sin_addr :
				    (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;

	ENSURE(inet_ntop(address->ss_family, bytes, to, cap) != NULL);
}

/* Its owner may have freed it when this returns. */
static void
end_if_all_is_known(struct examination *examination)
{
	if (examination->mqtt == NULL && examination->detect == NULL)
		examination->on_end(examination->arg, &examination->findings);
}

static void
on_mqtt_end(void *arg, const struct visit_result *result)
{
	struct examination *examination = arg;

	examination->findings.mqtt = *result;
	visit_free(examination->mqtt);
	examination->mqtt = NULL;
	end_if_all_is_known(examination);
}

static void visit_detect(struct examination *examination, bool plain);

/* Where there is no way to the machine, another port is no better. */
static bool
is_worth_a_second_visit(const struct visit_result *result)
{
	return (result->end != VISIT_DONE || result->reply.refused) && result->end != VISIT_UNREACHABLE;
}

static void
on_detect_end(void *arg, const struct visit_result *result)
{
	struct examination *examination = arg;
	struct visit_result *best = &examination->findings.detect;
	bool again = !examination->detect_is_plain && is_worth_a_second_visit(result);

	/* What came in TLS stays, unless the plain visit brought an answer where it had none. Its certificate stays. */
	if (best->end == VISIT_NONE) {
		*best = *result;
	} else if (result->end == VISIT_DONE && (best->end != VISIT_DONE || !result->reply.refused)) {
		best->end = VISIT_DONE;
		best->reply = result->reply;
	}
	visit_free(examination->detect); /* and with it `result` */
	examination->detect = NULL;
	if (again)
		visit_detect(examination, true);
	end_if_all_is_known(examination);
}

static void
visit_detect(struct examination *examination, bool plain)
{
	struct visit_plan plan = { .address = examination->address, .tls = !plain, .asks = true,
				   .tcp_ms = DETECT_ALL_MS, .all_ms = DETECT_ALL_MS };

	plan.port = examination->detect_port != 0 ? examination->detect_port :
		    plain			  ? DETECT_PORT_PLAIN :
						    DETECT_PORT_TLS;
	examination->detect_is_plain = plain;
	examination->detect = visit_new(examination->loop, &plan, on_detect_end, examination);
}

struct examination *
examination_new(struct loop *loop, const struct sockaddr_storage *address, uint16_t mqtt_port, uint16_t detect_port,
		examine_end_fn *on_end, void *arg)
{
	struct examination *examination = calloc(1, sizeof *examination);
	struct visit_plan plan = { .address = *address, .port = mqtt_port != 0 ? mqtt_port : EXAMINE_MQTT_PORT,
				   .tls = true, .tcp_ms = MQTT_TCP_MS, .all_ms = MQTT_ALL_MS };

	ENSURE(examination != NULL);
	examination->loop = loop;
	examination->address = *address;
	examination->detect_port = detect_port;
	examination->on_end = on_end;
	examination->arg = arg;
	show_address(address, examination->findings.address, sizeof examination->findings.address);
	examination->mqtt = visit_new(loop, &plan, on_mqtt_end, examination);
	/* A port that the owner names may be either; the standard one for plain talk is never TLS. */
	visit_detect(examination, detect_port == DETECT_PORT_PLAIN);
	return examination;
}

void
examination_free(struct examination *examination)
{
	if (examination == NULL)
		return;
	visit_free(examination->mqtt);
	visit_free(examination->detect);
	free(examination);
}
