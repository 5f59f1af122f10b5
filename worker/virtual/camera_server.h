/*
 * camera_server: the camera of models that send JPEG pictures (docs/protocol.md, "Cameras"): TLS at port 6000, a login of 80
 * bytes without an answer, then a picture a second, each behind a header of 16 bytes. A wrong login is closed without a
 * word, and one viewer is all that it takes.
 */
#ifndef FUSE_WORKER_VIRTUAL_CAMERA_SERVER_H
#define FUSE_WORKER_VIRTUAL_CAMERA_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/virtual/camera_scene.h"
#include "worker/virtual/server.h"

#define CAMERA_LOGIN_BYTES 80

struct camera_setup {
	bool (*is_code)(void *arg, const char *code, size_t len); /* is this the access code? */
	void (*look)(void *arg, struct camera_scene *scene);	   /* what is before it just now: all but at_ms */
	void *arg;
};

struct camera_server;

struct camera_server *camera_server_new(struct loop *loop, const struct camera_setup *setup);
void camera_server_free(struct camera_server *camera);

/* Its socket, certificate and visitors. Borrowed. */
struct server *camera_server_peek(struct camera_server *camera);

/* The code of a login of CAMERA_LOGIN_BYTES; its length, or -1 when that is no login of the user bblp. Pure. */
int camera_login_code(const uint8_t *login, const char **ret_code);

#endif
