/*
 * mqtt_broker: the MQTT service of a virtual printer, as real ones have it: user `bblp` and the access code,
 * requests on device/<serial>/request, everything it says on device/<serial>/report to all who have subscribed to
 * that. A wrong serial in a topic is granted and brings nothing; nothing is kept for those who are not there.
 *
 * The small controllers of the P1 and A1 series take few clients, and hang up on who subscribes to …/request.
 */
#ifndef FUSE_WORKER_VIRTUAL_MQTT_BROKER_H
#define FUSE_WORKER_VIRTUAL_MQTT_BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/secret.h"
#include "worker/virtual/server.h"

struct broker;

#define BROKER_CLIENTS 10
#define BROKER_CLIENTS_SMALL 4

struct broker_setup {
	const char *serial;	   /* copied */
	const struct secret *code; /* borrowed; NULL: nobody's is right */
	bool is_small;
};

/* A client that is logged in has published this on …/request. */
typedef void broker_request_fn(void *arg, const void *json, size_t len);

struct broker *broker_new(struct loop *loop, const struct broker_setup *setup, broker_request_fn *on_request,
			  void *arg);
void broker_free(struct broker *broker);

/* Its socket, certificate and visitors. Borrowed. */
struct server *broker_server_peek(struct broker *broker);

/* Clients that come from now on need this code; NULL: no code is right. Borrowed. */
void broker_set_code(struct broker *broker, const struct secret *code);

/* Publish on …/report, to all who want it. */
void broker_publish(struct broker *broker, const void *json, size_t len);

/* Somebody would get what is published. */
bool broker_has_readers(const struct broker *broker);

#endif
