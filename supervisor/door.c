/*
 * door: accept, check, seat.
 */
#include "supervisor/door.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/terms.h"

#define DOOR_GROUP "fusectl" /* not "fuse": that is the file-system package's on many machines */
#define DOOR_NAME "fused.sock"
#define GROUPS_MAX 256
#define DOOR_QUEUE_FRAMES 8192 /* a whole ring of short log lines fits */

struct visitor {
	struct peer peer;
	struct door *door;
	bool here, leaving;
	bool is_owner; /* root, or Fuse's own user */
	bool follows;
	struct header follow_request;
	uint32_t missed_lines;
};

struct door {
	struct loop *loop;
	struct switchboard *board;
	int dir_fd, fd;
	struct loop_io *io;
	struct loop_timer *sweep; /* frees visitors that left, outside of their own callbacks */
	gid_t gid;
	uint32_t last_generation;
	struct visitor visitors[DOOR_VISITORS_MAX];
};

/* -- visitors --------------------------------------------------------------------------------- */

static void
leave(struct visitor *visitor)
{
	visitor->leaving = true;
	visitor->follows = false;
	loop_timer_set(visitor->door->sweep, 0);
}

static void
on_sweep(void *arg)
{
	struct door *door = arg;

	for (size_t i = 0; i < DOOR_VISITORS_MAX; i++) {
		struct visitor *visitor = &door->visitors[i];
		if (!visitor->here || !visitor->leaving)
			continue;
		switchboard_detach(door->board, &visitor->peer);
		visitor->here = false;
	}
}

/* Whoever may do these owns Fuse. Members of the group may use it, and prove the password like anybody else. */
static bool
is_for_the_owner(unsigned number)
{
	return number == MESSAGE_PASSWORD_CHANGE || number == MESSAGE_PASSWORD_FORGET;
}

static void
on_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	struct visitor *visitor = arg;

	if (is_for_the_owner(header->number) && !visitor->is_owner) {
		if (fd >= 0)
			close(fd);
		switchboard_say_refused(visitor->door->board, &visitor->peer, header, REFUSAL_FORBIDDEN,
					"Only root or the user of Fuse may do this.", "Run it with sudo.");
		return;
	}
	switchboard_on_frame(visitor->door->board, &visitor->peer, header, body, body_len, fd);
}

static void
on_closed(void *arg, const char *fault)
{
	struct visitor *visitor = arg;
	struct header nothing = { 0 };

	if (fault == channel_fault_other_build)
		/* It cannot read the words, but their header tells it the same. */
		switchboard_say_refused(visitor->door->board, &visitor->peer, &nothing, REFUSAL_INVALID,
					"fusectl and fused are of different builds.", "");
	else if (fault != NULL)
		log_warn("shows a visitor out", log_str("it", fault));
	leave(visitor);
}

void
door_show_out(struct door *door, struct peer *peer, const char *why)
{
	struct visitor *visitor = peer->owner;

	(void)door;
	log_warn("shows a visitor out", log_str("it", why));
	leave(visitor);
}

/* -- coming in ----------------------------------------------------------------------------------- */

static bool
is_in_group(int fd, gid_t primary, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof groups;

	if (primary == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof groups[0]; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static bool
is_owner(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && (cred.uid == 0 || cred.uid == geteuid());
}

static bool
may_come_in(const struct door *door, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return false;
	if (cred.uid == 0 || cred.uid == geteuid() || (door->gid != 0 && is_in_group(fd, cred.gid, door->gid)))
		return true;
	log_warn("turns a visitor away", log_int("uid", cred.uid), log_int("visitor", cred.pid));
	return false;
}

static struct visitor *
free_seat(struct door *door)
{
	for (size_t i = 0; i < DOOR_VISITORS_MAX; i++)
		if (!door->visitors[i].here)
			return &door->visitors[i];
	return NULL;
}

/* Whoever cannot come in is told why: an answer to no request. */
static void
turn_away(int fd, enum refusal reason, const char *sentence, const char *remedy)
{
	struct msg_refused refused = { .reason = reason };
	struct header header = { .number = MESSAGE_REFUSED, .from_role = ROLE_SUPERVISOR, .to_role = ROLE_CTL };
	uint8_t frame[1024];

	str_copy(refused.sentence, sizeof refused.sentence, sentence);
	str_copy(refused.remedy, sizeof refused.remedy, remedy);
	header_encode(&header, frame);
	ssize_t len = msg_refused_encode(&refused, frame + HEADER_BYTES, sizeof frame - HEADER_BYTES);
	ENSURE(len >= 0);
	/* A fresh socket's buffer takes it; if it is not there any more, nobody needs the words. */
	if (send(fd, frame, HEADER_BYTES + (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a visitor left before it was turned away");
	close(fd);
}

static void
seat(struct door *door, struct visitor *visitor, int fd)
{
	static const struct channel_limits limits = { .queue_frames = DOOR_QUEUE_FRAMES, .queue_bytes = 4 << 20,
						      .frames_per_turn = 8 };
	static const struct channel_events events = { on_frame, on_closed };

	memset(visitor, 0, sizeof *visitor);
	visitor->door = door;
	visitor->is_owner = is_owner(fd);
	peer_init(&visitor->peer, ROLE_CTL, (uint16_t)(visitor - door->visitors), ++door->last_generation, visitor);
	visitor->peer.rate_per_s = 2000;
	visitor->peer.channel = channel_new(door->loop, fd, &limits, &events, visitor);
	if (visitor->peer.channel == NULL) {
		close(fd);
		return;
	}
	visitor->peer.greeted = true;
	visitor->here = true;
	switchboard_attach(door->board, &visitor->peer);
}

static void
on_knock(void *arg, int listen_fd, unsigned ready)
{
	struct door *door = arg;

	(void)ready;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct visitor *visitor = free_seat(door);
	if (!may_come_in(door, fd)) {
		turn_away(fd, REFUSAL_FORBIDDEN, "This user may not speak with Fuse.",
			  "Run fusectl as the user of Fuse, as root, or as a member of the group " DOOR_GROUP ".");
		return;
	}
	if (visitor == NULL) {
		log_warn("turns a visitor away: all seats are taken", log_int("seats", DOOR_VISITORS_MAX));
		turn_away(fd, REFUSAL_BUSY, "As many fusectl as Fuse can serve are connected.",
			  "End one of them (a `fusectl logs --follow`, perhaps), then try again.");
		return;
	}
	seat(door, visitor, fd);
}

/* -- followers of the log ----------------------------------------------------------------------------- */

void
door_follow(struct door *door, struct peer *peer, const struct header *request)
{
	struct visitor *visitor = peer->owner;

	(void)door;
	visitor->follows = true;
	visitor->follow_request = *request;
}

static bool
tell_line(struct door *door, struct visitor *visitor, const char *text, size_t len)
{
	struct msg_log_line message = { 0 };

	str_format(message.line, sizeof message.line, "%.*s", (int)len, text);
	return switchboard_say(door->board, &visitor->peer, MESSAGE_LOG_LINE, &visitor->follow_request, &message, -1) ==
	       CHANNEL_TAKEN;
}

void
door_tell_followers(struct door *door, const char *line, size_t len)
{
	char missed[80];

	for (size_t i = 0; i < DOOR_VISITORS_MAX; i++) {
		struct visitor *visitor = &door->visitors[i];
		if (!visitor->here || !visitor->follows)
			continue;
		if (visitor->missed_lines > 0) {
			str_format(missed, sizeof missed, "lvl=warn msg=\"%u lines were missed here\"", visitor->missed_lines);
			if (tell_line(door, visitor, missed, strlen(missed)))
				visitor->missed_lines = 0;
		}
		if (visitor->missed_lines > 0 || !tell_line(door, visitor, line, len))
			visitor->missed_lines++;
	}
}

/* -- the door itself ------------------------------------------------------------------------------------ */

/* Bound under a name of its own first: the door is never there with the wrong mode, and a socket that a killed
 * Fuse has left is replaced. The lock on the folder says that no other Fuse uses it. */
static int
bind_door(struct door *door, char *ret_fault, size_t cap)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* By way of the folder's descriptor: a path may be longer than a socket's name. */
	str_format(addr.sun_path, sizeof addr.sun_path, "/proc/self/fd/%d/%s.new", door->dir_fd, DOOR_NAME);
	unlinkat(door->dir_fd, DOOR_NAME ".new", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, 16) != 0 ||
	    (door->gid != 0 && fchownat(door->dir_fd, DOOR_NAME ".new", (uid_t)-1, door->gid, 0) != 0) ||
	    fchmodat(door->dir_fd, DOOR_NAME ".new", 0660, 0) != 0 ||
	    renameat(door->dir_fd, DOOR_NAME ".new", door->dir_fd, DOOR_NAME) != 0) {
		str_format(ret_fault, cap, "Fuse cannot open the door for fusectl (%s): %s.", DOOR_NAME, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

struct door *
door_new(struct loop *loop, struct switchboard *board, const char *state_dir, char *ret_fault, size_t cap)
{
	struct door *door = calloc(1, sizeof *door);
	const struct group *group = geteuid() == 0 ? getgrnam(DOOR_GROUP) : NULL;

	ENSURE(door != NULL);
	door->loop = loop;
	door->board = board;
	door->gid = group != NULL ? group->gr_gid : 0;
	door->dir_fd = open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	door->fd = door->dir_fd < 0 ? -1 : bind_door(door, ret_fault, cap);
	if (door->fd < 0) {
		if (door->dir_fd < 0)
			str_format(ret_fault, cap, "Fuse cannot open its folder %s: %s.", state_dir, strerror(errno));
		else
			close(door->dir_fd);
		free(door);
		return NULL;
	}
	for (uint16_t i = 0; i < DOOR_VISITORS_MAX; i++)
		switchboard_add_place(board, ROLE_CTL, i);
	door->sweep = loop_timer_new(loop, on_sweep, door);
	door->io = loop_io_new(loop, door->fd, LOOP_READ, on_knock, door);
	return door;
}

void
door_free(struct door *door)
{
	if (door == NULL)
		return;
	for (size_t i = 0; i < DOOR_VISITORS_MAX; i++) {
		if (!door->visitors[i].here)
			continue;
		channel_flush(door->visitors[i].peer.channel, 200);
		switchboard_detach(door->board, &door->visitors[i].peer);
	}
	loop_timer_free(door->sweep);
	loop_io_free(door->io);
	unlinkat(door->dir_fd, DOOR_NAME, 0);
	close(door->fd);
	close(door->dir_fd);
	free(door);
}
