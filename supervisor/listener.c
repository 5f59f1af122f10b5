/*
 * listener: bind, listen, and say plainly why not.
 */
#include "supervisor/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/str.h"

/* Beyond it, the kernel lets a visitor knock again after a second: a crowd must not fill it. It takes what it can
 * (net.core.somaxconn). */
#define LISTEN_BACKLOG 4096

/* Split ADDR:PORT; config.c has checked its form. */
static bool
resolve(const char *address, struct sockaddr_storage *ret_addr, socklen_t *ret_len)
{
	char host[CONFIG_ADDRESS_BYTES];
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	const char *from = address[0] == '[' ? address + 1 : address;

	str_copy(host, sizeof host, from);
	char *colon = strrchr(host, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	if (address[0] == '[' && colon > host && colon[-1] == ']')
		colon[-1] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return false;
	memcpy(ret_addr, found->ai_addr, found->ai_addrlen);
	*ret_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static void
write_bound_address(struct listener *listener)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	char host[64] = "?", port[8] = "?";

	if (getsockname(listener->fd, (struct sockaddr *)&addr, &len) == 0)
		getnameinfo((struct sockaddr *)&addr, len, host, sizeof host, port, sizeof port,
			    NI_NUMERICHOST | NI_NUMERICSERV);
	str_format(listener->address, sizeof listener->address, addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void
write_fault(const char *address, const char *option, int error, char *ret_fault, size_t cap)
{
	if (error == EADDRINUSE)
		str_format(ret_fault, cap, "%s is taken by another program (or another Fuse). Stop that, or give Fuse another "
			   "address or port: %s ADDR:PORT.", address, option);
	else if (error == EADDRNOTAVAIL)
		str_format(ret_fault, cap, "%s is no address of this machine. Give one that is: %s ADDR:PORT.", address, option);
	else if (error == EACCES)
		str_format(ret_fault, cap, "The system does not permit this user to listen at %s. Take a port from 1024 up: "
			   "%s ADDR:PORT.", address, option);
	else
		str_format(ret_fault, cap, "Fuse cannot listen at %s: %s.", address, strerror(error));
}

bool
listener_open(struct listener *listener, const char *address, const char *option, char *ret_fault, size_t cap)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int on = 1;

	listener->fd = -1;
	listener->address[0] = '\0';
	if (strcmp(address, "off") == 0)
		return true;
	if (!resolve(address, &addr, &len)) {
		str_format(ret_fault, cap, "%s is no ADDR:PORT (such as 127.0.0.1:8888).", address);
		return false;
	}
	int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    (addr.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
	    bind(fd, (struct sockaddr *)&addr, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
		write_fault(address, option, errno, ret_fault, cap);
		if (fd >= 0)
			close(fd);
		return false;
	}
	listener->fd = fd;
	write_bound_address(listener);
	return true;
}

bool
listener_is_local(const char *address, bool any_loopback)
{
	struct sockaddr_storage addr;
	socklen_t len;

	if (!resolve(address, &addr, &len))
		return false;
	if (addr.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)&addr)->sin6_addr);
	uint32_t number = ntohl(((const struct sockaddr_in *)(const void *)&addr)->sin_addr.s_addr);
	return number == INADDR_LOOPBACK || (any_loopback && number >> 24 == IN_LOOPBACKNET);
}

void
listener_close(struct listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
	listener->address[0] = '\0';
}
