/*
 * file_hasher: from one end of a file to the other.
 */
#include "stored/file_hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/tls_digest.h"
#include "stored/files.h"

#define CHUNK_BYTES ((size_t)256 * 1024)

_Static_assert(TLS_SHA256_HEX_BYTES == FILE_SHA256_BYTES, "one form of a hash");

/* Hash, and copy, all that is there, but no more than it should be. */
static int
read_through(const struct file_hasher_job *job, struct tls_sha256 *sum)
{
	static uint8_t chunk[CHUNK_BYTES]; /* of the one thread */
	uint64_t at = 0;

	for (;;) {
		ssize_t n = pread(job->read_fd, chunk, sizeof chunk, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return at == job->size_bytes ? 0 : EILSEQ;
		at += (uint64_t)n;
		if (at > job->size_bytes)
			return EILSEQ;
		tls_sha256_add(sum, chunk, (size_t)n);
		int error = job->copy_fd < 0 ? 0 : files_write_all(job->copy_fd, chunk, (size_t)n);
		if (error != 0)
			return error;
	}
}

void
file_hasher_work(struct file_hasher_job *job)
{
	int kept_fd = job->copy_fd < 0 ? job->read_fd : job->copy_fd;
	struct tls_sha256 *sum = tls_sha256_new();

	/* The disk is busy with the file while the processor is. */
	sync_file_range(job->read_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	job->error = read_through(job, sum);
	tls_sha256_end(sum, job->sha256);
	if (job->error == 0 && (fchmod(kept_fd, S_IRUSR) != 0 || fsync(kept_fd) != 0))
		job->error = errno;
}

static void
work(void *job)
{
	file_hasher_work(job);
}

const struct backroom_trade file_hasher_trade = { "file-hasher", "no thread for files is to be had",
						  sizeof(struct file_hasher_job), FILE_HASHER_JOBS_MAX, work };
