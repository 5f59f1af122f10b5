/*
 * server_pace: a large file takes minutes to be taken, and must not give way to newcomers for that (crowd.h); one who takes an
 * answer in drops must. So an answer begins anew to be waited for whenever another 64 KiB of it have arrived at the client: by
 * what the kernel knows, as the library tells nothing of it. The file stands alone because the kernel's own header, which has
 * that figure, and the C library's exclude each other.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "httpd/server_inner.h"

#define PACE_BYTES (64 * 1024) /* in CROWD_PATIENCE_MS: 13 KB a second is a slow client, less is none */

/* False: the kernel does not tell. */
static bool
bytes_taken(int fd, uint64_t *ret_bytes)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    len < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
		return false;
	*ret_bytes = info.tcpi_bytes_acked;
	return true;
}

void
server_note_pace(struct connection *connection, int64_t now_ms)
{
	uint64_t bytes;

	if (!connection->takes_answer || !bytes_taken(connection->fd, &bytes) || bytes - connection->taken_bytes < PACE_BYTES)
		return;
	connection->taken_bytes = bytes;
	connection->since_ms = now_ms;
}
