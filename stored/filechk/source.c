/*
 * source: pread(), until all is there.
 */
#include "stored/filechk/source.h"

#include <errno.h>
#include <unistd.h>

bool
source_read(int fd, uint64_t at, void *to, size_t len)
{
	uint8_t *bytes = to;

	while (len > 0) {
		ssize_t got = pread(fd, bytes, len, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return true;
}
