/*
 * knock: connect, and wait for what the kernel says.
 */
#include "discovery/knock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/miniobj.h"

struct knock {
	knock_end_fn *on_end;
	void *arg;
	int fd;
	int error; /* of connect() itself; 0 = it is on its way */
	struct loop_io *io;
	struct loop_timer *timer;
};

static void
hang_up(struct knock *knock)
{
	loop_io_free(knock->io);
	knock->io = NULL;
	if (knock->fd >= 0)
		close(knock->fd);
	knock->fd = -1;
}

static enum knock_end
end_of(int error)
{
	switch (error) {
	case 0:
		return KNOCK_OPEN;
	case ECONNREFUSED:
		return KNOCK_REFUSED;
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ECONNRESET:
		return KNOCK_NOBODY;
	default:
		return KNOCK_FAILED;
	}
}

/* Its owner may have freed it when this returns. */
static void
finish(struct knock *knock, int error)
{
	hang_up(knock);
	loop_timer_cancel(knock->timer);
	knock->on_end(knock->arg, end_of(error));
}

static void
on_ready(void *arg, int fd, unsigned ready)
{
	int error = 0;
	socklen_t len = sizeof error;

	(void)ready;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	finish(arg, error);
}

static void
on_time(void *arg)
{
	struct knock *knock = arg;

	finish(knock, knock->error != 0 ? knock->error : ETIMEDOUT);
}

static int
begin_to_connect(struct knock *knock, struct loop *loop, uint32_t address, uint16_t port)
{
	const struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(port),
					   .sin_addr.s_addr = htonl(address) };
	/* Closed with a reset: a search must not leave hundreds of connections waiting for their end. */
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	knock->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (knock->fd < 0 || setsockopt(knock->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0 ||
	    (connect(knock->fd, (const struct sockaddr *)&there, sizeof there) != 0 && errno != EINPROGRESS))
		return errno;
	knock->io = loop_io_new(loop, knock->fd, LOOP_WRITE, on_ready, knock);
	return 0;
}

struct knock *
knock_new(struct loop *loop, uint32_t address, uint16_t port, knock_end_fn *on_end, void *arg)
{
	struct knock *knock = calloc(1, sizeof *knock);

	ENSURE(knock != NULL);
	knock->on_end = on_end;
	knock->arg = arg;
	knock->fd = -1;
	knock->timer = loop_timer_new(loop, on_time, knock);
	knock->error = begin_to_connect(knock, loop, address, port);
	loop_timer_set(knock->timer, knock->error != 0 ? 0 : KNOCK_MS);
	return knock;
}

void
knock_free(struct knock *knock)
{
	if (knock == NULL)
		return;
	hang_up(knock);
	loop_timer_free(knock->timer);
	free(knock);
}
