/*
 * listener: two sockets, bound for all interfaces. Printers send to 255.255.255.255, which needs no membership; the
 * group is joined for those that send there.
 */
#include "discovery/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define REFRESH_MS 30000
#define AT_ONCE 64 /* datagrams in one turn of the loop */

static const unsigned ports[] = { SSDP_PORT, SSDP_PORT_OLD };
#define PORTS STR_ARRAY_LEN(ports)

struct listener {
	int fds[PORTS]; /* -1: not to be had */
	int error;	/* why */
	struct loop_io *ios[PORTS];
	struct loop_timer *refresh;
	listener_fn *on_announcement;
	void *arg;
	struct network networks[NETWORKS_MAX];
	size_t network_count;
	int64_t second_ms; /* since when `heard` counts */
	unsigned heard;
	struct loop_timer *pause; /* until the second is over */
	unsigned pauses;
};

static int
open_socket(unsigned port)
{
	const struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* A slicer on this machine listens there, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
	    bind(fd, (const struct sockaddr *)&here, sizeof here) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct listener *
listener_new(void)
{
	struct listener *listener = calloc(1, sizeof *listener);

	ENSURE(listener != NULL);
	for (size_t i = 0; i < PORTS; i++) {
		listener->fds[i] = open_socket(ports[i]);
		if (listener->fds[i] >= 0)
			continue;
		listener->error = errno;
		log_warn("cannot listen for printers", log_int("port", ports[i]), log_str("error", strerror(errno)));
	}
	return listener;
}

bool
listener_hears(const struct listener *listener, const char **ret_reason)
{
	*ret_reason = listener->error == EADDRINUSE ? "another program has the ports" : strerror(listener->error);
	return listener->fds[0] >= 0 || listener->fds[1] >= 0;
}

/* -- networks ------------------------------------------------------------------------------------------------ */

static int
any_fd(const struct listener *listener)
{
	return listener->fds[0] >= 0 ? listener->fds[0] : listener->fds[1];
}

static void
join_on(struct listener *listener, const struct network *network)
{
	struct ip_mreqn group = { .imr_address = network->address };

	inet_pton(AF_INET, SSDP_GROUP, &group.imr_multiaddr);
	/* Being a member already is fine (EADDRINUSE). */
	for (size_t i = 0; i < PORTS; i++)
		if (listener->fds[i] >= 0 &&
		    setsockopt(listener->fds[i], IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) != 0 &&
		    errno != EADDRINUSE)
			log_debug("cannot join the group", log_str("interface", network->interface),
				  log_str("error", strerror(errno)));
}

static void
look_for_networks(struct listener *listener)
{
	if (any_fd(listener) < 0)
		return;
	listener->network_count = networks_list(any_fd(listener), listener->networks);
	for (size_t i = 0; i < listener->network_count; i++)
		if (listener->networks[i].multicast)
			join_on(listener, &listener->networks[i]);
}

static void
on_refresh(void *arg)
{
	struct listener *listener = arg;

	look_for_networks(listener);
	loop_timer_set(listener->refresh, REFRESH_MS);
	if (listener->pauses > 0)
		log_warn("too many announcements: some were passed over", log_int("seconds", listener->pauses));
	listener->pauses = 0;
}

size_t
listener_networks(const struct listener *listener, const struct network **ret_networks)
{
	*ret_networks = listener->networks;
	return listener->network_count;
}

/* -- hearing --------------------------------------------------------------------------------------------------- */

static void
listen_for(struct listener *listener, unsigned interest)
{
	for (size_t i = 0; i < PORTS; i++)
		if (listener->ios[i] != NULL)
			loop_io_set_interest(listener->ios[i], interest);
}

static void
on_pause_over(void *arg)
{
	listen_for(arg, LOOP_READ);
}

/* False: it was the last one of this second. */
static bool
count_one(struct listener *listener)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms - listener->second_ms >= 1000) {
		listener->second_ms = now_ms;
		listener->heard = 0;
	}
	if (++listener->heard < LISTENER_PER_SECOND)
		return true;
	/* Even to read and forget them would cost a third of a core when somebody sends as fast as he can. */
	listen_for(listener, 0);
	loop_timer_set(listener->pause, listener->second_ms + 1000 - now_ms);
	listener->pauses++;
	return false;
}

static void
on_datagrams(void *arg, int fd, unsigned ready)
{
	struct listener *listener = arg;
	char bytes[SSDP_MAX_BYTES + 1];
	struct ssdp_announcement announcement;

	(void)ready;
	for (unsigned i = 0; i < AT_ONCE; i++) {
		struct sockaddr_in from = { 0 };
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		bool go_on = count_one(listener);
		if (ssdp_parse(bytes, (size_t)n, from.sin_addr, &announcement))
			listener->on_announcement(listener->arg, &announcement);
		if (!go_on)
			return;
	}
}

void
listener_start(struct listener *listener, struct loop *loop, listener_fn *on_announcement, void *arg)
{
	listener->on_announcement = on_announcement;
	listener->arg = arg;
	for (size_t i = 0; i < PORTS; i++)
		if (listener->fds[i] >= 0)
			listener->ios[i] = loop_io_new(loop, listener->fds[i], LOOP_READ, on_datagrams, listener);
	listener->pause = loop_timer_new(loop, on_pause_over, listener);
	listener->refresh = loop_timer_new(loop, on_refresh, listener);
	on_refresh(listener);
}

/* -- asking ----------------------------------------------------------------------------------------------------- */

static void
ask_on(struct listener *listener, const struct network *network, size_t which)
{
	char text[SSDP_SEARCH_BYTES];
	struct ip_mreqn out = { .imr_address = network->address };
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)ports[which]) };
	size_t len = ssdp_write_search(ports[which], text);
	int fd = listener->fds[which];

	inet_pton(AF_INET, SSDP_GROUP, &there.sin_addr);
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) != 0 ||
	    sendto(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&there, sizeof there) < 0)
		log_debug("cannot ask for printers", log_str("interface", network->interface),
			  log_str("error", strerror(errno)));
}

void
listener_ask(struct listener *listener)
{
	look_for_networks(listener);
	for (size_t i = 0; i < listener->network_count; i++)
		for (size_t which = 0; which < PORTS; which++)
			if (listener->networks[i].multicast && listener->fds[which] >= 0)
				ask_on(listener, &listener->networks[i], which);
}

void
listener_free(struct listener *listener)
{
	for (size_t i = 0; i < PORTS; i++) {
		loop_io_free(listener->ios[i]);
		if (listener->fds[i] >= 0)
			close(listener->fds[i]);
	}
	loop_timer_free(listener->pause);
	loop_timer_free(listener->refresh);
	free(listener);
}
