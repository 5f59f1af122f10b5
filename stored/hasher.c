/*
 * hasher: a queue, a thread, an eventfd.
 */
#include "stored/hasher.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define PASSES 2
#define MEMORY_BYTES ((size_t)64 << 20)
#define STACK_BYTES ((size_t)256 * 1024)

_Static_assert(crypto_pwhash_STRBYTES == HASHER_HASH_BYTES, "hasher.h says what libsodium does");

struct hasher {
	hasher_done_fn *done;
	void *arg;
	int wake_fd; /* an eventfd: a job is done */
	struct loop_io *io;
	bool has_thread;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t there_is_work;
	/* A ring: `finished` done, then `waiting` to be done; the first of those may be under work. */
	struct hasher_job jobs[HASHER_JOBS_MAX];
	unsigned first, finished, waiting;
};

void
hasher_work(struct hasher_job *job)
{
	const char *present = (const char *)secret_bytes_peek(&job->present);

	job->hash[HASHER_HASH_BYTES - 1] = '\0';
	job->right = !job->checks || crypto_pwhash_str_verify(job->hash, present, job->present.len_bytes) == 0;
	job->made = job->makes && job->right &&
		    crypto_pwhash_str_alg(job->hash, (const char *)secret_bytes_peek(&job->fresh), job->fresh.len_bytes,
					  PASSES, MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void *
work(void *arg)
{
	static struct hasher_job job; /* large, and of one thread */
	struct hasher *hasher = arg;
	const uint64_t one = 1;

	prctl(PR_SET_NAME, "hasher");
	for (;;) {
		pthread_mutex_lock(&hasher->mutex);
		while (hasher->waiting == 0)
			pthread_cond_wait(&hasher->there_is_work, &hasher->mutex);
		struct hasher_job *place = &hasher->jobs[(hasher->first + hasher->finished) % HASHER_JOBS_MAX];
		job = *place;
		pthread_mutex_unlock(&hasher->mutex);
		hasher_work(&job);
		pthread_mutex_lock(&hasher->mutex);
		*place = job;
		hasher->waiting--;
		hasher->finished++;
		pthread_mutex_unlock(&hasher->mutex);
		explicit_bzero(&job, sizeof job);
		if (write(hasher->wake_fd, &one, sizeof one) != (ssize_t)sizeof one)
			return NULL; /* cannot be: the counter is far from full */
	}
}

static void
on_done(void *arg, int fd, unsigned ready)
{
	static struct hasher_job job;
	struct hasher *hasher = arg;
	uint64_t count;

	(void)ready;
	if (read(fd, &count, sizeof count) != (ssize_t)sizeof count)
		return;
	for (;;) {
		pthread_mutex_lock(&hasher->mutex);
		bool any = hasher->finished > 0;
		if (any) {
			struct hasher_job *place = &hasher->jobs[hasher->first];
			job = *place;
			explicit_bzero(place, sizeof *place);
			hasher->first = (hasher->first + 1) % HASHER_JOBS_MAX;
			hasher->finished--;
		}
		pthread_mutex_unlock(&hasher->mutex);
		if (!any)
			return;
		hasher->done(hasher->arg, &job);
		explicit_bzero(&job, sizeof job);
	}
}

struct hasher *
hasher_new(struct loop *loop, hasher_done_fn *done, void *arg)
{
	struct hasher *hasher = calloc(1, sizeof *hasher);

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
start_thread(struct hasher *hasher)
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
		log_error("no thread for passwords is to be had", log_str("error", strerror(error)));
	return error == 0;
}

bool
hasher_add(struct hasher *hasher, const struct hasher_job *job)
{
	if (!hasher->has_thread)
		hasher->has_thread = start_thread(hasher);
	if (!hasher->has_thread)
		return false;
	pthread_mutex_lock(&hasher->mutex);
	unsigned used = hasher->finished + hasher->waiting;
	bool room = used < HASHER_JOBS_MAX;
	if (room) {
		hasher->jobs[(hasher->first + used) % HASHER_JOBS_MAX] = *job;
		hasher->waiting++;
		pthread_cond_signal(&hasher->there_is_work);
	}
	pthread_mutex_unlock(&hasher->mutex);
	return room;
}
