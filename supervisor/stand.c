/*
 * stand: bind and give.
 */
#include "supervisor/stand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "supervisor/house.h"

#define BACKLOG 32
#define FREE_PORT_TRIES 3 /* somebody may have it before us */
#define MOVES_MAX 250
#define ADDRESS_BYTES 65
#define NAMED_MAX 4 /* addresses in a sentence */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool
read_address(const char *text, union address *ret_address, socklen_t *ret_len)
{
	memset(ret_address, 0, sizeof *ret_address);
	if (inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1) {
		ret_address->v4.sin_family = AF_INET;
		*ret_len = sizeof ret_address->v4;
		return true;
	}
	ret_address->v6.sin6_family = AF_INET6;
	*ret_len = sizeof ret_address->v6;
	return inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1;
}

/* Both families have the port at the same place. */
static void
set_port(union address *address, uint16_t port)
{
	address->v4.sin_port = htons(port);
}

/* A socket that is bound there. -1 with errno. */
static int
bind_at(const union address *address, socklen_t len, bool is_udp)
{
	int on = 1, fd = socket(address->any.sa_family,
				(is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, is_udp ? SO_BROADCAST : SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &address->any, len) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* A port that is free now, into `address`. */
static bool
find_port(union address *address, socklen_t len, bool is_udp)
{
	union address bound;
	socklen_t bound_len = sizeof bound;

	set_port(address, 0);
	int fd = bind_at(address, len, is_udp);
	bool found = fd >= 0 && getsockname(fd, &bound.any, &bound_len) == 0;
	if (found)
		set_port(address, ntohs(bound.v4.sin_port));
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return found;
}

/* A socket at this port, or when it cannot be had, or is 0, at any. Any port is bound by its number, too: the
 * kernel takes one that it chose itself back when the printer is switched off (worker/virtual/doors.c). -1 with
 * errno. */
static int
bind_one(union address *address, socklen_t len, bool is_udp, uint16_t port)
{
	int fd = -1;

	set_port(address, port);
	if (port != 0)
		fd = bind_at(address, len, is_udp);
	for (unsigned i = 0;
	     i < FREE_PORT_TRIES && fd < 0 && (port == 0 || errno == EACCES || errno == EADDRINUSE); i++)
		if (find_port(address, len, is_udp))
			fd = bind_at(address, len, is_udp);
	if (fd < 0 || is_udp || listen(fd, BACKLOG) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void
give_one(struct proc *proc, const char *text, enum virtual_purpose purpose, bool is_udp, uint16_t port)
{
	struct msg_virtual_socket message = { .purpose = purpose };
	union address address;
	socklen_t len;

	if (!read_address(text, &address, &len))
		return;
	int fd = bind_one(&address, len, is_udp, port);
	if (fd < 0) {
		log_warn("a virtual printer lacks a socket", log_str("process", proc->name),
			 log_str("address", text), log_str("for", virtual_purpose_name(purpose)),
			 log_int("port", port), log_str("error", strerror(errno)));
	} else {
		str_copy(message.address, sizeof message.address, text);
		message.port = ntohs(address.v4.sin_port);
		switchboard_say(proc->house->board, &proc->peer, MESSAGE_VIRTUAL_SOCKET, NULL, &message, fd);
	}
	if (fd >= 0)
		close(fd);
}

static void
give_all(struct proc *proc, const char *text)
{
#define X(NAME, name, port, is_udp) \
	for (unsigned i = 0; i < (VIRTUAL_PURPOSE_##NAME == VIRTUAL_PURPOSE_DATA ? STAND_DATA_SOCKETS : 1u); i++) \
		give_one(proc, text, VIRTUAL_PURPOSE_##NAME, is_udp, port);
	VIRTUAL_PURPOSES(X)
#undef X
}

static const char *
address_of(const struct proc *proc)
{
	size_t place = entries_place(&proc->house->printers, proc->entry);

	return place < ENTRIES_MAX ? proc->house->printers.address[place] : "";
}

void
stand_give(struct proc *proc)
{
	give_all(proc, address_of(proc));
}

void
stand_move(struct proc *proc, const struct header *request)
{
	struct house *house = proc->house;
	char text[ADDRESS_BYTES];
	unsigned number, place = MOVES_MAX - 1;

	if (sscanf(address_of(proc), "127.64.0.%u", &number) != 1 &&
	    sscanf(address_of(proc), "127.65.%u.%u", &place, &number) != 2) {
		switchboard_say_refused(house->board, &proc->peer, request, REFUSAL_CONFLICT,
					"A virtual printer that others can reach stays at its address.", "");
		return;
	}
	/* Not to where it stands already: an earlier incarnation may have gone there. */
	str_format(text, sizeof text, "127.65.%u.%u",
		   (place + 1 + proc->moves++ % (MOVES_MAX - 1)) % MOVES_MAX, number);
	give_all(proc, text);
	switchboard_say_done(house->board, &proc->peer, request, "");
}

/* -- where one could stand ---------------------------------------------------------------------------------------- */

/* One at which others reach this machine. */
static bool
is_for_others(const struct ifaddrs *one)
{
	return one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET && (one->ifa_flags & IFF_UP) &&
	       !(one->ifa_flags & IFF_LOOPBACK);
}

/* " (it has A, B)"; "" when there are none. */
static void
write_own_addresses(char *to, size_t cap)
{
	struct ifaddrs *all;
	char text[INET_ADDRSTRLEN];
	size_t used = 0;
	unsigned count = 0;

	to[0] = '\0';
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *one = all; one != NULL && count < NAMED_MAX; one = one->ifa_next) {
		union address address;
		if (!is_for_others(one))
			continue;
		memcpy(&address, one->ifa_addr, sizeof address.v4);
		inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
		str_format(to + used, cap - used, "%s%s", count++ == 0 ? " (it has " : ", ", text);
		used = strlen(to);
	}
	if (count > 0)
		str_format(to + used, cap - used, ")");
	freeifaddrs(all);
}

void
stand_try(struct house *house, struct peer *peer, const struct header *request, const struct msg_virtual_place *place)
{
	char own[128], sentence[320];
	union address address;
	socklen_t len;
	int fd = -1;

	if (read_address(place->address, &address, &len))
		fd = bind_at(&address, len, false);
	if (fd >= 0) {
		close(fd);
		switchboard_say_done(house->board, peer, request, "");
		return;
	}
	write_own_addresses(own, sizeof own);
	str_format(sentence, sizeof sentence, "The computer on which Fuse runs has no address %s%s.", place->address, own);
	switchboard_say_refused(house->board, peer, request, REFUSAL_CONFLICT, sentence,
				"Expose it at one of the addresses of that computer.");
}
