/*
 * stand: bind and give.
 */
#include "supervisor/stand.h"

#include <arpa/inet.h>
#include <errno.h>
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
#define MOVES_MAX 250
#define ADDRESS_BYTES 65

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

/* A socket at this port, or with `any_port` at any when that cannot be had. -1 with errno. */
static int
bind_one(union address *address, socklen_t len, bool is_udp, uint16_t port, bool any_port)
{
	int on = 1, fd = socket(address->any.sa_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, is_udp ? SO_BROADCAST : SO_REUSEADDR, &on, sizeof on);
	set_port(address, port);
	int bound = bind(fd, &address->any, len);
	if (bound != 0 && any_port && (errno == EACCES || errno == EADDRINUSE)) {
		set_port(address, 0);
		bound = bind(fd, &address->any, len);
	}
	if (bound == 0 && (is_udp || listen(fd, BACKLOG) == 0))
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
	union address address, bound;
	socklen_t len, bound_len = sizeof bound;

	if (!read_address(text, &address, &len))
		return;
	int fd = bind_one(&address, len, is_udp, port, true);
	if (fd < 0 || getsockname(fd, &bound.any, &bound_len) != 0) {
		log_warn("a virtual printer lacks a socket", log_str("process", proc->name), log_str("address", text),
			 log_str("for", virtual_purpose_name(purpose)), log_int("port", port), log_str("error", strerror(errno)));
	} else {
		str_copy(message.address, sizeof message.address, text);
		message.port = ntohs(bound.v4.sin_port);
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
	unsigned number;

	if (sscanf(address_of(proc), "127.64.0.%u", &number) != 1 && sscanf(address_of(proc), "127.65.%*u.%u", &number) != 1) {
		switchboard_say_refused(house->board, &proc->peer, request, REFUSAL_CONFLICT,
					"A virtual printer that others can reach stays at its address.", "");
		return;
	}
	str_format(text, sizeof text, "127.65.%u.%u", proc->moves++ % MOVES_MAX, number);
	give_all(proc, text);
	switchboard_say_done(house->board, &proc->peer, request, "");
}
