/*
 * loop: libevent's core behind four small objects.
 */
#include "common/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "common/miniobj.h"

struct loop {
	struct event_base *base;
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
	struct event *event;
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

struct loop *
loop_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL) {
		/* A whole timer wheel on CLOCK_MONOTONIC_COARSE would be up to 4 ms late. */
		event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (base == NULL)
		return NULL;
	struct loop *loop = new_zeroed(sizeof *loop);
	loop->base = base;
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
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

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fn(timer->arg);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *arg)
{
	struct loop_timer *timer = new_zeroed(sizeof *timer);

	timer->fn = fn;
	timer->arg = arg;
	timer->event = evtimer_new(loop->base, on_timer, timer);
	ENSURE(timer->event != NULL);
	return timer;
}

void
loop_timer_set(struct loop_timer *timer, int64_t after_ms)
{
	struct timeval tv = { .tv_sec = (time_t)(after_ms / 1000), .tv_usec = (suseconds_t)(after_ms % 1000) * 1000 };

	ENSURE(after_ms >= 0);
	ENSURE(evtimer_add(timer->event, &tv) == 0);
}

void
loop_timer_cancel(struct loop_timer *timer)
{
	evtimer_del(timer->event);
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

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
