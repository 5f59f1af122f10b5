/*
 * loop: libevent's core behind four small objects.
 *
 * Timers are our own: libevent sets a timerfd anew on every turn as long as one is waited for (or, with a coarse clock,
 * is up to 4 ms late), which is a system call for each message that a program handles. Ours is set when a deadline comes
 * before all others; one that has moved away meanwhile is left to pass.
 */
#include "common/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"

#define NEVER_US INT64_MAX

struct loop {
	struct event_base *base;
	struct loop_io *clock; /* a timerfd */
	int clock_fd;
	int64_t armed_us;      /* when it fires, on the monotonic clock; NEVER_US = it is not set */
	TAILQ_HEAD(timer_list, loop_timer) timers; /* those that are set, the first due first */
};

struct loop_io {
	struct loop *loop;
	struct event *event;
	int fd;
	unsigned interest;
	loop_io_fn *fn;
	void *arg;
};

struct loop_timer {
	TAILQ_ENTRY(loop_timer) next;
	struct loop *loop;
	int64_t due_us; /* NEVER_US: it is not set, and in no list */
	loop_timer_fn *fn;
	void *arg;
};

struct loop_signal {
	struct event *event;
	loop_signal_fn *fn;
	void *arg;
};

static void *
new_zeroed(size_t size)
{
	void *object = calloc(1, size);

	ENSURE(object != NULL);
	return object;
}

static loop_io_fn on_clock;

struct loop *
loop_new(void)
{
	struct event_base *base = event_base_new();
	int clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (base == NULL || clock_fd < 0) {
		if (base != NULL)
			event_base_free(base);
		if (clock_fd >= 0)
			close(clock_fd);
		return NULL;
	}
	struct loop *loop = new_zeroed(sizeof *loop);
	loop->base = base;
	loop->clock_fd = clock_fd;
	loop->armed_us = NEVER_US;
	TAILQ_INIT(&loop->timers);
	loop->clock = loop_io_new(loop, clock_fd, LOOP_READ, on_clock, loop);
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	loop_io_free(loop->clock);
	close(loop->clock_fd);
	event_base_free(loop->base);
	free(loop);
}

int
loop_run(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? -1 : 0;
}

void
loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;
	unsigned ready = (what & EV_READ ? LOOP_READ : 0u) | (what & EV_WRITE ? LOOP_WRITE : 0u);

	io->fn(io->arg, fd, ready);
}

struct loop_io *
loop_io_new(struct loop *loop, int fd, unsigned interest, loop_io_fn *fn, void *arg)
{
	struct loop_io *io = new_zeroed(sizeof *io);

	io->loop = loop;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	io->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_io, io);
	ENSURE(io->event != NULL);
	loop_io_set_interest(io, interest);
	return io;
}

void
loop_io_set_interest(struct loop_io *io, unsigned interest)
{
	if (io->interest == interest)
		return;
	event_del(io->event);
	io->interest = interest;
	if (interest == 0)
		return;
	short what = EV_PERSIST;
	if (interest & LOOP_READ)
		what |= EV_READ;
	if (interest & LOOP_WRITE)
		what |= EV_WRITE;
	ENSURE(event_assign(io->event, io->loop->base, io->fd, what, on_io, io) == 0);
	ENSURE(event_add(io->event, NULL) == 0);
}

void
loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	event_free(io->event);
	free(io);
}

/* -- timers ------------------------------------------------------------------------------ */

/* Whatever it was set to, and that it has fired, is forgotten with this. */
static void
arm(struct loop *loop, int64_t at_us)
{
	/* All zeros would disarm it. */
	struct timespec at = { .tv_sec = (time_t)(at_us / 1000000), .tv_nsec = (long)(at_us % 1000000) * 1000 + 1 };
	struct itimerspec when = { .it_value = at_us != NEVER_US ? at : (struct timespec){ 0, 0 } };

	ENSURE(timerfd_settime(loop->clock_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
	loop->armed_us = at_us;
}

/* All that were due when it began: those that are set meanwhile have their turn after the descriptors. */
static void
on_clock(void *arg, int fd, unsigned ready)
{
	struct loop *loop = arg;
	struct loop_timer *timer;
	int64_t now_us = clock_monotonic_us();

	(void)fd, (void)ready;
	loop->armed_us = now_us; /* it is set below, once for all */
	while ((timer = TAILQ_FIRST(&loop->timers)) != NULL && timer->due_us <= now_us &&
	       !event_base_got_break(loop->base)) {
		loop_timer_cancel(timer);
		timer->fn(timer->arg);
	}
	arm(loop, timer != NULL ? timer->due_us : NEVER_US);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *arg)
{
	struct loop_timer *timer = new_zeroed(sizeof *timer);

	timer->loop = loop;
	timer->due_us = NEVER_US;
	timer->fn = fn;
	timer->arg = arg;
	return timer;
}

void
loop_timer_set(struct loop_timer *timer, int64_t after_ms)
{
	struct timer_list *timers = &timer->loop->timers;
	struct loop_timer *before;

	ENSURE(after_ms >= 0);
	loop_timer_cancel(timer);
	timer->due_us = clock_monotonic_us() + after_ms * 1000;
	/* From the end: most have the same few distances, and what is set later is due later. */
	TAILQ_FOREACH_REVERSE(before, timers, timer_list, next)
		if (before->due_us <= timer->due_us)
			break;
	if (before != NULL)
		TAILQ_INSERT_AFTER(timers, before, timer, next);
	else
		TAILQ_INSERT_HEAD(timers, timer, next);
	if (timer->due_us < timer->loop->armed_us)
		arm(timer->loop, timer->due_us);
}

void
loop_timer_cancel(struct loop_timer *timer)
{
	if (timer->due_us == NEVER_US)
		return;
	TAILQ_REMOVE(&timer->loop->timers, timer, next);
	timer->due_us = NEVER_US;
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	loop_timer_cancel(timer);
	free(timer);
}

/* -- signals ----------------------------------------------------------------------------- */

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct loop_signal *watcher = arg;

	(void)what;
	watcher->fn(watcher->arg, (int)number);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signal_number, loop_signal_fn *fn, void *arg)
{
	struct loop_signal *watcher = new_zeroed(sizeof *watcher);

	watcher->fn = fn;
	watcher->arg = arg;
	watcher->event = evsignal_new(loop->base, signal_number, on_signal, watcher);
	ENSURE(watcher->event != NULL && evsignal_add(watcher->event, NULL) == 0);
	return watcher;
}

void
loop_signal_free(struct loop_signal *watcher)
{
	if (watcher == NULL)
		return;
	event_free(watcher->event);
	free(watcher);
}
