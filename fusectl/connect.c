/*
 * connect: find the way to Fuse's socket, or say in words why there is none. Of client.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/client.h"

#define RETRY_MS 20 /* a door with a full queue says EAGAIN, and poll() cannot wait for it */

static enum outcome
say_not_there(const char *path, struct failure *failure)
{
	failure_say(failure, OUTCOME_UNREACHABLE, "Fuse does not answer at %s: nothing listens there.", path);
	failure_remedy(failure,
		       "Start it with `fused` (or `systemctl start fuse`), or name its socket with --socket.");
	return OUTCOME_UNREACHABLE;
}

/* Who may come in, as the socket's owner and group say it. */
static enum outcome
say_not_permitted(const char *path, struct failure *failure)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		failure_say(failure, OUTCOME_REFUSED, "You may not look into the folder of Fuse's socket %s.", path);
		failure_remedy(failure, "Run fusectl as root or as the user whom Fuse runs as (sudo fusectl).");
		return OUTCOME_REFUSED;
	}
	const struct passwd *user = getpwuid(st.st_uid);
	const struct group *group = getgrgid(st.st_gid);
	const char *owner = user != NULL ? user->pw_name : "its owner";
	const char *members = group != NULL ? group->gr_name : "its group";
	failure_say(failure, OUTCOME_REFUSED,
		    "You may not talk to the Fuse at %s: only root, %s and members of the group %s may.", path, owner,
		    members);
	if (group != NULL && st.st_gid != 0)
		failure_remedy(failure, "Use sudo, or join the group (sudo usermod -aG %s $USER) and log in again.",
			       members);
	else
		failure_remedy(failure, "Use sudo.");
	return OUTCOME_REFUSED;
}

static enum outcome
say_why_not(const char *path, int error, struct failure *failure)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return say_not_there(path, failure);
	case EACCES:
	case EPERM:
		return say_not_permitted(path, failure);
	case ENAMETOOLONG:
		failure_say(failure, OUTCOME_USAGE, "The socket's path is longer than this system takes.");
		return OUTCOME_USAGE;
	case ENOTSOCK:
	case EPROTOTYPE:
		failure_say(failure, OUTCOME_UNREACHABLE, "%s is not Fuse's socket.", path);
		failure_remedy(failure, "Fuse's is called fused.sock and stands in its state folder.");
		return OUTCOME_UNREACHABLE;
	default:
		return failure_say(failure, OUTCOME_UNREACHABLE, "Fuse cannot be reached at %s: %s.", path,
				   strerror(error));
	}
}

/* The address of the socket at `path`. One that does not fit is reached through `ret_pin`, a descriptor
 * of the socket's file that must stay open while connecting. Returns 0 or an errno. */
static int
address_of(const char *path, struct sockaddr_un *ret_address, int *ret_pin)
{
	struct stat st;

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*ret_pin = -1;
	if (stat(path, &st) != 0)
		return errno;
	if (!S_ISSOCK(st.st_mode))
		return ENOTSOCK;
	if (str_copy(ret_address->sun_path, sizeof ret_address->sun_path, path))
		return 0;
	*ret_pin = open(path, O_PATH | O_CLOEXEC);
	if (*ret_pin < 0)
		return errno;
	str_format(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d", *ret_pin);
	return 0;
}

static int
connect_until(int fd, const struct sockaddr_un *address, int64_t deadline_ms)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (clock_monotonic_ms() >= deadline_ms)
			return ETIMEDOUT;
		poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

enum outcome
client_open(struct client *client, const char *path, int timeout_ms, struct failure *failure)
{
	struct sockaddr_un address;
	int pin;

	*client = (struct client){ .fd = -1, .timeout_ms = timeout_ms, .path = path };
	int error = address_of(path, &address, &pin);
	if (error != 0)
		return say_why_not(path, error, failure);
	client->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	error = client->fd < 0 ? errno : connect_until(client->fd, &address, clock_monotonic_ms() + timeout_ms);
	if (pin >= 0)
		close(pin);
	if (error != 0) {
		client_close(client);
		if (error != ETIMEDOUT)
			return say_why_not(path, error, failure);
		failure_say(failure, OUTCOME_TIMED_OUT, "Fuse did not open its door at %s within %d s.", path,
			    timeout_ms / 1000);
		failure_remedy(failure, "It may be busy or stuck: its log says more. --timeout SECONDS waits longer.");
		return OUTCOME_TIMED_OUT;
	}
	client->frame = malloc(FRAME_MAX_BYTES);
	ENSURE(client->frame != NULL);
	return OUTCOME_DONE;
}

void
client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->frame);
	client->fd = -1;
	client->frame = NULL;
}
