/*
 * file_hasher: a queue, a thread, an eventfd.
 */
#include "stored/file_hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/tls_digest.h"

#define STACK_BYTES ((size_t)256 * 1024)
#define CHUNK_BYTES ((size_t)256 * 1024)

_Static_assert(TLS_SHA256_HEX_BYTES == FILE_SHA256_BYTES, "one form of a hash");

struct file_hasher {
	file_hasher_done_fn *done;
	void *arg;
	int wake_fd; /* an eventfd: a job is done */
	struct loop_io *io;
	bool has_thread;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t there_is_work;
	/* A ring: `finished` done, then `waiting` to be done; the first of those may be under work. */
	struct file_hasher_job jobs[FILE_HASHER_JOBS_MAX];
	unsigned first, finished, waiting;
};

/* -- one file ------------------------------------------------------------------------------------------ */

static int
write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

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
		int error = job->copy_fd < 0 ? 0 : write_all(job->copy_fd, chunk, (size_t)n);
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

/* -- the thread ---------------------------------------------------------------------------------------- */

static void *
work(void *arg)
{
	struct file_hasher *hasher = arg;
	const uint64_t one = 1;

	prctl(PR_SET_NAME, "file-hasher");
	for (;;) {
		pthread_mutex_lock(&hasher->mutex);
		while (hasher->waiting == 0)
			pthread_cond_wait(&hasher->there_is_work, &hasher->mutex);
		struct file_hasher_job *place =
			&hasher->jobs[(hasher->first + hasher->finished) % FILE_HASHER_JOBS_MAX];
		struct file_hasher_job job = *place;
		pthread_mutex_unlock(&hasher->mutex);
		file_hasher_work(&job);
		pthread_mutex_lock(&hasher->mutex);
		*place = job;
		hasher->waiting--;
		hasher->finished++;
		pthread_mutex_unlock(&hasher->mutex);
		if (write(hasher->wake_fd, &one, sizeof one) != (ssize_t)sizeof one)
			return NULL; /* cannot be: the counter is far from full */
	}
}

/* False: none is done. */
static bool
take_finished(struct file_hasher *hasher, struct file_hasher_job *ret_job)
{
	pthread_mutex_lock(&hasher->mutex);
	bool any = hasher->finished > 0;
	if (any) {
		*ret_job = hasher->jobs[hasher->first];
		hasher->first = (hasher->first + 1) % FILE_HASHER_JOBS_MAX;
		hasher->finished--;
	}
	pthread_mutex_unlock(&hasher->mutex);
	return any;
}

static void
on_done(void *arg, int fd, unsigned ready)
{
	struct file_hasher *hasher = arg;
	struct file_hasher_job job;
	uint64_t count;

	(void)ready;
	if (read(fd, &count, sizeof count) != (ssize_t)sizeof count)
		return;
	while (take_finished(hasher, &job))
		hasher->done(hasher->arg, &job);
}

/* -- life ------------------------------------------------------------------------------------------------ */

struct file_hasher *
file_hasher_new(struct loop *loop, file_hasher_done_fn *done, void *arg)
{
	struct file_hasher *hasher = calloc(1, sizeof *hasher);

	ENSURE(hasher != NULL);
	hasher->done = done;
	hasher->arg = arg;
	hasher->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hasher->wake_fd < 0) {
		free(hasher);
		return NULL;
	}
	pthread_mutex_init(&hasher->mutex, NULL);
	pthread_cond_init(&hasher->there_is_work, NULL);
	hasher->io = loop_io_new(loop, hasher->wake_fd, LOOP_READ, on_done, hasher);
	return hasher;
}

/* Signals are the main thread's. */
static bool
start_thread(struct file_hasher *hasher)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, &attributes, work, hasher);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error != 0)
		log_error("no thread for files is to be had", log_str("error", strerror(error)));
	return error == 0;
}

bool
file_hasher_add(struct file_hasher *hasher, const struct file_hasher_job *job)
{
	if (!hasher->has_thread)
		hasher->has_thread = start_thread(hasher);
	if (!hasher->has_thread)
		return false;
	pthread_mutex_lock(&hasher->mutex);
	unsigned used = hasher->finished + hasher->waiting;
	bool room = used < FILE_HASHER_JOBS_MAX;
	if (room) {
		hasher->jobs[(hasher->first + used) % FILE_HASHER_JOBS_MAX] = *job;
		hasher->waiting++;
		pthread_cond_signal(&hasher->there_is_work);
	}
	pthread_mutex_unlock(&hasher->mutex);
	return room;
}
