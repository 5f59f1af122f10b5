/*
 * loop: the event loop of every program: descriptors, timers, signals. The only door to
 * libevent. One loop a process, one thread.
 */
#ifndef FUSE_COMMON_LOOP_H
#define FUSE_COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_turn;
struct loop_signal;

enum loop_ready { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_io_fn(void *arg, int fd, unsigned ready);
typedef void loop_timer_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signal_number);

/* A new loop, NULL when the system refuses (errno). loop_free() after all its watchers are freed. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Run until loop_stop(). Returns 0, or -1 when the loop itself failed. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Watch `fd` (not owned) for `interest` (LOOP_READ | LOOP_WRITE, may be 0 and set later).
 * Level-triggered. Aborts when memory is out: a watcher is made at start or for a new peer,
 * and a program that cannot watch cannot work. */
struct loop_io *loop_io_new(struct loop *loop, int fd, unsigned interest, loop_io_fn *fn, void *arg);
void loop_io_set_interest(struct loop_io *io, unsigned interest);
/* Free before closing the descriptor. NULL is fine; allowed from within its own callback. */
void loop_io_free(struct loop_io *io);

/* A one-shot timer; setting it again moves it. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_fn *fn, void *arg);
void loop_timer_set(struct loop_timer *timer, int64_t after_ms);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Something to do at the end of this turn of the loop, after what is ready now: once, however often it was asked for
 * meanwhile, and without a system call. */
struct loop_turn *loop_turn_new(struct loop *loop, loop_timer_fn *fn, void *arg);
void loop_turn_ask(struct loop_turn *turn);
void loop_turn_free(struct loop_turn *turn);

struct loop_signal *loop_signal_new(struct loop *loop, int signal_number, loop_signal_fn *fn, void *arg);
void loop_signal_free(struct loop_signal *watcher);

#endif
