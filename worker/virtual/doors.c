/*
 * doors: places and what stands in them.
 *
 * A listening socket is shut by shutdown(): Linux then refuses connections, and the socket keeps its port, since
 * that was bound by number (supervisor/stand.c), until listen() opens it again.
 */
#include "worker/virtual/doors.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"
#include "worker/virtual/announce.h"
#include "worker/virtual/detect_server.h"

#define DOORS_MAGIC 0x76646f72
#define SOCKETS_MAX 16
#define BACKLOG 16

struct door {
	enum virtual_purpose purpose;
	int fd;
	uint16_t port;
};

/* An address with all its sockets. */
struct place {
	char address[65];
	size_t count;
	struct door doors[SOCKETS_MAX];
};

struct doors {
	unsigned magic;
	struct loop *loop;
	struct place home, away;
	bool is_away, is_open, is_furnished, hides_video;
	struct broker *broker;
	struct ftp_server *files;
	struct detect_server *detect, *detect_tls;
	struct camera_server *camera; /* NULL: none, */
	struct rtsp_server *video;    /* or not of this kind */
	const struct nameplate *nameplate;
	struct loop_timer *announcer;
	bool announce_failed; /* and said so */
};

/* -- places ----------------------------------------------------------------------------------------------------- */

static void
leave(struct place *place)
{
	for (size_t i = 0; i < place->count; i++)
		close(place->doors[i].fd);
	*place = (struct place){ 0 };
}

static struct place *
here(struct doors *doors)
{
	return doors->is_away ? &doors->away : &doors->home;
}

static const struct door *
find(const struct place *place, enum virtual_purpose purpose)
{
	for (size_t i = 0; i < place->count; i++)
		if (place->doors[i].purpose == purpose)
			return &place->doors[i];
	return NULL;
}

static int
fd_of(const struct place *place, enum virtual_purpose purpose)
{
	const struct door *door = find(place, purpose);

	return door != NULL ? door->fd : -1;
}

static void
shut(const struct door *door)
{
	if (door->purpose != VIRTUAL_PURPOSE_ANNOUNCE)
		shutdown(door->fd, SHUT_RD);
}

static void
open_again(const struct door *door)
{
	if (door->purpose != VIRTUAL_PURPOSE_ANNOUNCE && listen(door->fd, BACKLOG) != 0)
		log_warn("cannot listen", log_str("for", virtual_purpose_name(door->purpose)),
			 log_int("port", door->port), log_str("error", strerror(errno)));
}

static bool
is_of_use(const struct msg_virtual_socket *socket, const struct place *place)
{
	return socket->purpose < VIRTUAL_PURPOSE_COUNT && place->count < SOCKETS_MAX;
}

/* Not the other kind of camera than its own, or one that is hidden: nobody shall wait there for an answer. */
static bool
is_played(const struct doors *doors, const struct door *door)
{
	return (door->purpose != VIRTUAL_PURPOSE_CAMERA || doors->camera != NULL) &&
	       (door->purpose != VIRTUAL_PURPOSE_VIDEO || (doors->video != NULL && !doors->hides_video));
}

/* Where its camera is. */
static enum virtual_purpose
camera_purpose(const struct doors *doors)
{
	return doors->video != NULL ? VIRTUAL_PURPOSE_VIDEO : VIRTUAL_PURPOSE_CAMERA;
}

static bool
has_camera(const struct doors *doors)
{
	return doors->camera != NULL || doors->video != NULL;
}

static struct server *
camera_peek(struct doors *doors)
{
	return doors->video != NULL ? rtsp_server_peek(doors->video) : camera_server_peek(doors->camera);
}

void
doors_take_socket(struct doors *doors, const struct msg_virtual_socket *socket, int fd)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	bool is_home = doors->home.address[0] == '\0' || strcmp(doors->home.address, socket->address) == 0;
	struct place *place = is_home ? &doors->home : &doors->away;

	if (fd < 0)
		return;
	if (strcmp(place->address, socket->address) != 0) {
		if (!is_home && doors->is_away)
			doors_go(doors, true);
		leave(place);
		str_copy(place->address, sizeof place->address, socket->address);
	}
	if (!is_of_use(socket, place)) {
		close(fd);
		return;
	}
	struct door *door = &place->doors[place->count++];
	*door = (struct door){ (enum virtual_purpose)socket->purpose, fd, (uint16_t)socket->port };
	shut(door); /* until doors_open() */
}

/* -- announcements ---------------------------------------------------------------------------------------------- */

static void
announce(struct doors *doors)
{
	const struct place *place = here(doors);
	struct sockaddr_in to = announce_to(place->address);
	char text[ANNOUNCE_MAX_BYTES];
	int fd = fd_of(place, VIRTUAL_PURPOSE_ANNOUNCE);

	if (fd < 0)
		return;
	size_t len = announce_write(doors->nameplate, place->address, text);
	bool failed = sendto(fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof to) < 0;
	if (failed && !doors->announce_failed)
		log_warn("cannot announce itself", log_str("error", strerror(errno)));
	doors->announce_failed = failed;
}

static void
on_announce_time(void *arg)
{
	struct doors *doors = arg;

	announce(doors);
	loop_timer_set(doors->announcer, ANNOUNCE_EVERY_MS);
}

/* -- open and shut ---------------------------------------------------------------------------------------------- */

static void
drop_visitors(struct doors *doors)
{
	server_drop_all(broker_server_peek(doors->broker));
	ftp_server_hang_up(doors->files);
	server_drop_all(detect_server_peek(doors->detect));
	server_drop_all(detect_server_peek(doors->detect_tls));
	if (has_camera(doors))
		server_drop_all(camera_peek(doors));
}

static void
serve_files_at(struct doors *doors, const struct place *place)
{
	struct ftp_port ports[FTP_SERVER_DATA_MAX];
	size_t count = 0;

	for (size_t i = 0; i < place->count && count < FTP_SERVER_DATA_MAX; i++)
		if (place->doors[i].purpose == VIRTUAL_PURPOSE_DATA)
			ports[count++] = (struct ftp_port){ place->doors[i].fd, place->doors[i].port };
	ftp_server_listen(doors->files, fd_of(place, VIRTUAL_PURPOSE_FTPS), ports, count);
}

static void
listen_at(struct doors *doors, const struct place *place)
{
	serve_files_at(doors, place);
	server_listen(broker_server_peek(doors->broker), fd_of(place, VIRTUAL_PURPOSE_MQTT));
	server_listen(detect_server_peek(doors->detect), fd_of(place, VIRTUAL_PURPOSE_DETECT));
	server_listen(detect_server_peek(doors->detect_tls), fd_of(place, VIRTUAL_PURPOSE_DETECT_TLS));
	if (has_camera(doors))
		server_listen(camera_peek(doors), fd_of(place, camera_purpose(doors)));
}

void
doors_open(struct doors *doors)
{
	static const struct place nowhere;

	ENSURE_OBJ(doors, DOORS_MAGIC);
	ENSURE(doors->is_furnished);
	doors_shut(doors);
	const struct place *place = here(doors);
	for (size_t i = 0; i < place->count; i++)
		if (is_played(doors, &place->doors[i]))
			open_again(&place->doors[i]);
	listen_at(doors, place->count > 0 ? place : &nowhere);
	doors->is_open = true;
	on_announce_time(doors);
}

void
doors_shut(struct doors *doors)
{
	static const struct place nowhere;

	ENSURE_OBJ(doors, DOORS_MAGIC);
	if (!doors->is_open)
		return;
	doors->is_open = false;
	loop_timer_cancel(doors->announcer);
	listen_at(doors, &nowhere);
	const struct place *place = here(doors);
	for (size_t i = 0; i < place->count; i++)
		shut(&place->doors[i]);
	drop_visitors(doors);
}

void
doors_show_video(struct doors *doors, bool shown)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	const struct door *door = find(here(doors), VIRTUAL_PURPOSE_VIDEO);

	if (doors->hides_video == !shown)
		return;
	doors->hides_video = !shown;
	if (doors->video == NULL || door == NULL || !doors->is_open)
		return;
	if (shown) {
		open_again(door);
	} else {
		shut(door);
		server_drop_all(rtsp_server_peek(doors->video));
	}
}

bool
doors_are_open(const struct doors *doors)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	return doors->is_open;
}

bool
doors_go(struct doors *doors, bool home)
{
	bool was_open = doors->is_open;

	ENSURE_OBJ(doors, DOORS_MAGIC);
	if (!home && doors->away.count == 0)
		return false;
	if (doors->is_away == !home)
		return true;
	doors_shut(doors);
	doors->is_away = !home;
	if (was_open)
		doors_open(doors);
	return true;
}

bool
doors_are_home(const struct doors *doors)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	return !doors->is_away;
}

void
doors_show(struct doors *doors, const struct identity *identity)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	ENSURE(doors->is_furnished);
	server_set_service(broker_server_peek(doors->broker), identity->single);
	server_set_service(detect_server_peek(doors->detect_tls), identity->single);
	ftp_server_set_service(doors->files, identity->files);
	if (has_camera(doors))
		server_set_service(camera_peek(doors), identity->single);
	drop_visitors(doors);
}

/* -- making ----------------------------------------------------------------------------------------------------- */

struct doors *
doors_new(struct loop *loop)
{
	struct doors *doors = calloc(1, sizeof *doors);

	ENSURE(doors != NULL);
	doors->magic = DOORS_MAGIC;
	doors->loop = loop;
	doors->announcer = loop_timer_new(loop, on_announce_time, doors);
	return doors;
}

void
doors_furnish(struct doors *doors, const struct doors_setup *setup)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	ENSURE(!doors->is_furnished);
	doors->nameplate = setup->nameplate;
	doors->broker = broker_new(doors->loop, setup->broker, setup->on_request, setup->arg);
	doors->files = ftp_server_new(doors->loop, setup->files);
	doors->detect = detect_server_new(doors->loop, true, setup->nameplate);
	doors->detect_tls = detect_server_new(doors->loop, false, setup->nameplate);
	if (setup->camera != NULL)
		doors->camera = camera_server_new(doors->loop, setup->camera);
	else if (setup->video != NULL)
		doors->video = rtsp_server_new(doors->loop, setup->video);
	doors->is_furnished = true;
}

void
doors_free(struct doors *doors)
{
	if (doors == NULL)
		return;
	ENSURE_OBJ(doors, DOORS_MAGIC);
	loop_timer_free(doors->announcer);
	broker_free(doors->broker);
	ftp_server_free(doors->files);
	detect_server_free(doors->detect);
	detect_server_free(doors->detect_tls);
	camera_server_free(doors->camera);
	rtsp_server_free(doors->video);
	leave(&doors->home);
	leave(&doors->away);
	doors->magic = 0;
	free(doors);
}

struct broker *
doors_broker_peek(struct doors *doors)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	return doors->broker;
}

/* -- telling ---------------------------------------------------------------------------------------------------- */

static uint16_t
standard_port(enum virtual_purpose purpose)
{
	static const uint16_t ports[] = {
#define X(NAME, name, port, is_udp) [VIRTUAL_PURPOSE_##NAME] = port,
		VIRTUAL_PURPOSES(X)
#undef X
	};

	return ports[purpose];
}

/* 0: the standard one. */
static uint32_t
odd_port(const struct place *place, enum virtual_purpose purpose)
{
	const struct door *door = find(place, purpose);

	return door == NULL || door->port == standard_port(purpose) ? 0 : door->port;
}

void
doors_where(const struct doors *doors, struct msg_virtual_at *ret_at)
{
	const struct place *home = &doors->home;

	ENSURE_OBJ(doors, DOORS_MAGIC);
	*ret_at = (struct msg_virtual_at){ .mqtt_port = odd_port(home, VIRTUAL_PURPOSE_MQTT),
					   .ftps_port = odd_port(home, VIRTUAL_PURPOSE_FTPS),
					   .camera_port = has_camera(doors) ? odd_port(home, camera_purpose(doors)) : 0,
					   .detect_port = odd_port(home, VIRTUAL_PURPOSE_DETECT) };
	str_copy(ret_at->address, sizeof ret_at->address, home->address);
}

const char *
doors_address_peek(const struct doors *doors)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	return doors->is_away ? doors->away.address : doors->home.address;
}

uint16_t
doors_video_port(const struct doors *doors)
{
	ENSURE_OBJ(doors, DOORS_MAGIC);
	const struct door *door = find(doors->is_away ? &doors->away : &doors->home, VIRTUAL_PURPOSE_VIDEO);

	return door != NULL ? door->port : 0;
}

static void
write_port(struct jsonout *out, const struct place *place, const char *name, enum virtual_purpose purpose)
{
	const struct door *door = find(place, purpose);

	if (door == NULL)
		return;
	jsonout_key(out, name);
	jsonout_int(out, door->port);
}

void
doors_write(const struct doors *doors, struct jsonout *out)
{
	const struct place *place = doors->is_away ? &doors->away : &doors->home;

	ENSURE_OBJ(doors, DOORS_MAGIC);
	jsonout_key(out, "address");
	jsonout_text(out, place->address, 64);
	jsonout_key(out, "ports");
	jsonout_open(out, '{');
	write_port(out, place, "mqtt", VIRTUAL_PURPOSE_MQTT);
	write_port(out, place, "ftps", VIRTUAL_PURPOSE_FTPS);
	if (has_camera(doors))
		write_port(out, place, "camera", camera_purpose(doors));
	write_port(out, place, "detect", VIRTUAL_PURPOSE_DETECT);
	jsonout_close(out, '}');
}
