/*
 * camera_server: a viewer logs in and is shown pictures.
 */
#include "worker/virtual/camera_server.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "worker/virtual/camera_picture.h"

#define CAMERA_MAGIC 0x7663616d
#define VIEWER_MAGIC 0x76766965
#define LOGIN_MS 10000
#define PICTURE_EVERY_MS 1000
#define HEADER_BYTES 16
#define USER_AT 16
#define CODE_AT 48
#define FIELD_BYTES 32
#define LOGIN_TYPE 0x3000

struct camera_server {
	unsigned magic;
	struct loop *loop;
	struct server *server;
	struct camera_setup setup;
};

struct viewer {
	unsigned magic;
	struct camera_server *camera;
	struct visitor *visitor;
	struct loop_timer *next;
	bool is_in;
};

static uint32_t
read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void
write_u32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

int
camera_login_code(const uint8_t *login, const char **ret_code)
{
	const char *user = (const char *)login + USER_AT, *code = (const char *)login + CODE_AT;

	if (read_u32(login) != CAMERA_LOGIN_BYTES - USER_AT || read_u32(login + 4) != LOGIN_TYPE ||
	    strnlen(user, FIELD_BYTES) != 4 || memcmp(user, "bblp", 4) != 0)
		return -1;
	*ret_code = code;
	return (int)strnlen(code, FIELD_BYTES);
}

static void
show(void *arg)
{
	struct viewer *viewer = arg;
	const struct camera_setup *setup = &viewer->camera->setup;
	static uint8_t frame[HEADER_BYTES + CAMERA_PICTURE_MAX_BYTES];
	struct camera_scene scene = { .at_ms = clock_monotonic_ms() };

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	setup->look(setup->arg, &scene);
	size_t len = camera_picture(&scene, frame + HEADER_BYTES);
	memset(frame, 0, HEADER_BYTES);
	write_u32(frame, (uint32_t)len);
	frame[8] = 1;
	loop_timer_set(viewer->next, PICTURE_EVERY_MS);
	/* The header by itself, as printers do: some viewers take whatever one read gives for it. */
	visitor_send(viewer->visitor, frame, HEADER_BYTES);
	visitor_send(viewer->visitor, frame + HEADER_BYTES, len);
}

static void *
on_come(void *arg, struct visitor *visitor)
{
	struct viewer *viewer = calloc(1, sizeof *viewer);
	struct camera_server *camera = arg;

	ENSURE(viewer != NULL);
	*viewer = (struct viewer){ .magic = VIEWER_MAGIC, .camera = camera, .visitor = visitor };
	viewer->next = loop_timer_new(camera->loop, show, viewer);
	return viewer;
}

/* Behind its login a viewer has nothing to say; whatever comes is passed over. */
static size_t
on_bytes(void *guest, const uint8_t *bytes, size_t len)
{
	struct viewer *viewer = guest;
	const struct camera_setup *setup = &viewer->camera->setup;
	const char *code;

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	if (viewer->is_in)
		return len;
	if (len < CAMERA_LOGIN_BYTES)
		return 0;
	int code_len = camera_login_code(bytes, &code);
	if (code_len < 0 || !setup->is_code(setup->arg, code, (size_t)code_len)) {
		visitor_end(viewer->visitor, true);
		return len;
	}
	viewer->is_in = true;
	visitor_welcome(viewer->visitor);
	visitor_expect(viewer->visitor, 0);
	loop_timer_set(viewer->next, 0);
	return len;
}

static void
on_leave(void *guest)
{
	struct viewer *viewer = guest;

	ENSURE_OBJ(viewer, VIEWER_MAGIC);
	loop_timer_free(viewer->next);
	viewer->magic = 0;
	free(viewer);
}

struct camera_server *
camera_server_new(struct loop *loop, const struct camera_setup *setup)
{
	struct camera_server *camera = calloc(1, sizeof *camera);

	ENSURE(camera != NULL);
	*camera = (struct camera_server){ .magic = CAMERA_MAGIC, .loop = loop, .setup = *setup };
	camera->server = server_new(loop,
				    &(struct server_rules){ .name = "camera", .most = 1, .stranger_ms = LOGIN_MS,
							    .in_max_bytes = 16384,
							    .out_max_bytes = 2 * CAMERA_PICTURE_MAX_BYTES },
				    &(struct server_duties){ on_come, on_bytes, on_leave, camera });
	return camera;
}

void
camera_server_free(struct camera_server *camera)
{
	if (camera == NULL)
		return;
	ENSURE_OBJ(camera, CAMERA_MAGIC);
	server_free(camera->server);
	camera->magic = 0;
	free(camera);
}

struct server *
camera_server_peek(struct camera_server *camera)
{
	ENSURE_OBJ(camera, CAMERA_MAGIC);
	return camera->server;
}
