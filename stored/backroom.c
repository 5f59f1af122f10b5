/*
 * backroom: a queue, a thread, an eventfd.
 */
#include "stored/backroom.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"

#define STACK_BYTES ((size_t)256 * 1024)

struct backroom {
	const struct backroom_trade *trade;
	backroom_done_fn *done;
	void *arg;
	int wake_fd; /* an eventfd: a job is done */
	struct loop_io *io;
	bool has_thread;
	uint8_t *under_work, *handed_back; /* a job each: of the thread, of the loop */
	pthread_mutex_t mutex;		   /* guards what follows */
	pthread_cond_t there_is_work;
	/* A ring: `finished` done, then `waiting` to be done; the first of those may be under work. */
	uint8_t *jobs;
	unsigned first, finished, waiting;
};

static uint8_t *
place_of(const struct backroom *room, unsigned nth)
{
	return room->jobs + (room->first + nth) % room->trade->jobs_max * room->trade->job_bytes;
}

static void *
work(void *arg)
{
	struct backroom *room = arg;
	size_t bytes = room->trade->job_bytes;
	const uint64_t one = 1;

	prctl(PR_SET_NAME, room->trade->thread_name);
	for (;;) {
		pthread_mutex_lock(&room->mutex);
		while (room->waiting == 0)
			pthread_cond_wait(&room->there_is_work, &room->mutex);
		uint8_t *place = place_of(room, room->finished);
		memcpy(room->under_work, place, bytes);
		pthread_mutex_unlock(&room->mutex);
		room->trade->work(room->under_work);
		pthread_mutex_lock(&room->mutex);
		memcpy(place, room->under_work, bytes);
		room->waiting--;
		room->finished++;
		pthread_mutex_unlock(&room->mutex);
		explicit_bzero(room->under_work, bytes);
		if (write(room->wake_fd, &one, sizeof one) != (ssize_t)sizeof one)
			return NULL; /* cannot be: the counter is far from full */
	}
}

/* False: none is done. */
static bool
take_finished(struct backroom *room)
{
	pthread_mutex_lock(&room->mutex);
	bool any = room->finished > 0;
	if (any) {
		uint8_t *place = place_of(room, 0);
		memcpy(room->handed_back, place, room->trade->job_bytes);
		explicit_bzero(place, room->trade->job_bytes);
		room->first = (room->first + 1) % room->trade->jobs_max;
		room->finished--;
	}
	pthread_mutex_unlock(&room->mutex);
	return any;
}

static void
on_done(void *arg, int fd, unsigned ready)
{
	struct backroom *room = arg;
	uint64_t count;

	(void)ready;
	if (read(fd, &count, sizeof count) != (ssize_t)sizeof count)
		return;
	while (take_finished(room)) {
		room->done(room->arg, room->handed_back);
		explicit_bzero(room->handed_back, room->trade->job_bytes);
	}
}

static uint8_t *
room_for_jobs(const struct backroom_trade *trade, unsigned count)
{
	uint8_t *jobs = calloc(count, trade->job_bytes);

	ENSURE(jobs != NULL);
	return jobs;
}

struct backroom *
backroom_new(struct loop *loop, const struct backroom_trade *trade, backroom_done_fn *done, void *arg)
{
	int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (wake_fd < 0)
		return NULL;
	struct backroom *room = calloc(1, sizeof *room);
	ENSURE(room != NULL);
	room->trade = trade;
	room->done = done;
	room->arg = arg;
	room->wake_fd = wake_fd;
	room->jobs = room_for_jobs(trade, trade->jobs_max);
	room->under_work = room_for_jobs(trade, 1);
	room->handed_back = room_for_jobs(trade, 1);
	pthread_mutex_init(&room->mutex, NULL);
	pthread_cond_init(&room->there_is_work, NULL);
	room->io = loop_io_new(loop, wake_fd, LOOP_READ, on_done, room);
	return room;
}

/* Signals are the main thread's. */
static bool
start_thread(struct backroom *room)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, &attributes, work, room);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error != 0)
		log_error(room->trade->no_thread, log_str("error", strerror(error)));
	return error == 0;
}

bool
backroom_add(struct backroom *room, const void *job)
{
	if (!room->has_thread)
		room->has_thread = start_thread(room);
	if (!room->has_thread)
		return false;
	pthread_mutex_lock(&room->mutex);
	unsigned used = room->finished + room->waiting;
	bool fits = used < room->trade->jobs_max;
	if (fits) {
		memcpy(place_of(room, used), job, room->trade->job_bytes);
		room->waiting++;
		pthread_cond_signal(&room->there_is_work);
	}
	pthread_mutex_unlock(&room->mutex);
	return fits;
}
