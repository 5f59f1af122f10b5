/*
 * examine: who is at an address? The MQTT port and the detect service are visited at the same time; what both brought
 * comes within EXAMINE_MOST_MS, whatever the peer does. Nothing secret is said.
 */
#ifndef FUSE_DISCOVERY_EXAMINE_H
#define FUSE_DISCOVERY_EXAMINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "discovery/story.h"

#define EXAMINE_MQTT_PORT 8883
#define EXAMINE_MOST_MS 6000
#define EXAMINE_CONNECTIONS_MAX 2 /* at once: one to the MQTT port, one to the detect service */

struct examination;
typedef void examine_end_fn(void *arg, const struct findings *findings);

/* `mqtt_port`, `detect_port`: 0 = the standard ones. `on_end` is called once, from the loop, never from within
 * examination_new(). Then (in it, too) free the examination; one that is freed before is broken off. */
struct examination *examination_new(struct loop *loop, const struct sockaddr_storage *address, uint16_t mqtt_port,
				    uint16_t detect_port, examine_end_fn *on_end, void *arg);
void examination_free(struct examination *examination);

#endif
