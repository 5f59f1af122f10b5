/*
 * rtsp_server: the camera of models that play video (docs/protocol.md, "Cameras"): RTSP 1.0 over TLS at port 322. Who has
 * logged in and asked for it is played what camera_scene.h draws as H.264. Pictures are made while somebody watches, and for
 * each viewer those only that it can take: who reads slowly misses some, and nothing waits for it.
 */
#ifndef FUSE_WORKER_VIRTUAL_RTSP_SERVER_H
#define FUSE_WORKER_VIRTUAL_RTSP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/secret.h"
#include "worker/virtual/camera_scene.h"
#include "worker/virtual/server.h"

struct rtsp_setup {
	unsigned viewers; /* at once */
	const struct secret *(*code_peek)(void *arg);	     /* the access code; NULL: it takes none */
	void (*look)(void *arg, struct camera_scene *scene); /* what is before it just now: all but at_ms */
	const char *(*address_peek)(void *arg);		     /* where it is, numeric */
	void *arg;
};

struct rtsp_server;

struct rtsp_server *rtsp_server_new(struct loop *loop, const struct rtsp_setup *setup);
void rtsp_server_free(struct rtsp_server *rtsp);

/* Its socket, certificate and visitors. Borrowed. */
struct server *rtsp_server_peek(struct rtsp_server *rtsp);

#endif
