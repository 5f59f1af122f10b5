/*
 * fuse-upload: one exchange with a printer's storage, for the worker of its own number, and then it ends. The exchange
 * blocks on a thread; the main loop answers pings, tells how far it is, and hears when it is to be given up.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/child.h"
#include "worker/upload/exchange.h"

#define PROGRESS_GAP_MS 200
#define PROGRESS_LOG_MS 15000 /* a line in the log so often */
#define STACK_BYTES (256 * 1024)
#define LEAVE_MS 500 /* of the time that STOP gives, what is not for putting things in order */

static struct child *child;
static struct exchange exchange;
static struct {
	bool runs, is_stopping;
	atomic_bool is_over;
	pthread_t thread;
	struct header request;
	int changed_fd; /* an eventfd: the exchange has moved, or is over */
	struct loop_io *changed;
	struct loop_timer *progress_timer, *stop_timer;
	bool progress_waits; /* said lately */
	unsigned said_phase;
	int64_t said_bytes, logged_ms;
} work = { .said_phase = UPLOAD_PHASE_COUNT };

/* -- the thread ------------------------------------------------------------------------------------------- */

static void
ring(int fd)
{
	const uint64_t one = 1;

	/* It cannot be full: it counts. */
	ssize_t n = write(fd, &one, sizeof one);
	(void)n;
}

static void
on_change(void *arg)
{
	(void)arg;
	ring(work.changed_fd);
}

static void *
run(void *arg)
{
	(void)arg;
	exchange_run(&exchange);
	atomic_store(&work.is_over, true);
	ring(work.changed_fd);
	return NULL;
}

static void
start(const struct header *request, int64_t now_ms)
{
	pthread_attr_t attributes;

	work.runs = true;
	work.request = *request;
	exchange.start_ms = now_ms;
	exchange.on_change = on_change;
	child_doing("exchanging files with the printer");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	ENSURE(pthread_create(&work.thread, &attributes, run, NULL) == 0);
	pthread_attr_destroy(&attributes);
}

/* -- what is said of it -------------------------------------------------------------------------------------- */

/* For who reads the log while a slow printer takes a file. */
static void
log_progress(int64_t sent_bytes)
{
	int64_t now_ms = clock_monotonic_ms(), total_bytes = (int64_t)exchange.order.size_bytes;

	if (work.logged_ms == 0)
		work.logged_ms = now_ms;
	if (now_ms - work.logged_ms < PROGRESS_LOG_MS || total_bytes == 0)
		return;
	work.logged_ms = now_ms;
	log_info("is sending", log_str("path", exchange.order.path), log_int("percent", sent_bytes * 100 / total_bytes),
		 log_int("sent_bytes", sent_bytes), log_int("bytes", total_bytes));
}

static void
say_progress(void)
{
	unsigned phase = atomic_load(&exchange.phase);
	int64_t sent_bytes = atomic_load(&exchange.sent_bytes);
	struct msg_ftp_progress progress = { .sent_bytes = (uint64_t)sent_bytes };

	if (work.progress_waits || exchange.order.kind != EXCHANGE_PUT ||
	    (phase == work.said_phase && sent_bytes == work.said_bytes))
		return;
	log_progress(sent_bytes);
	str_copy(progress.phase, sizeof progress.phase, upload_phase_name((enum upload_phase)phase));
	child_reply(child, &work.request, MESSAGE_FTP_PROGRESS, &progress, -1);
	work.said_phase = phase;
	work.said_bytes = sent_bytes;
	work.progress_waits = true;
	loop_timer_set(work.progress_timer, PROGRESS_GAP_MS);
}

static void
on_progress_time(void *arg)
{
	(void)arg;
	work.progress_waits = false;
	say_progress();
}

static void
say_result(void)
{
	for (size_t i = 0; i < exchange.entry_count; i++) {
		struct msg_ftp_entry entry = { .size_bytes = (uint64_t)exchange.entries[i].size_bytes };
		str_copy(entry.name, sizeof entry.name, exchange.entries[i].name);
		child_reply(child, &work.request, MESSAGE_FTP_ENTRY, &entry, -1);
	}
	child_reply(child, &work.request, MESSAGE_FTP_RESULT, &exchange.result, -1);
}

static void
on_changed(void *arg, int fd, unsigned ready)
{
	uint64_t count;

	(void)arg, (void)ready;
	ssize_t n = read(fd, &count, sizeof count);
	(void)n; /* what it says stands in the exchange */
	if (!atomic_load(&work.is_over)) {
		say_progress();
		return;
	}
	pthread_join(work.thread, NULL);
	work.runs = false;
	say_result();
	exchange_fini(&exchange);
	child_exit(child, EXIT_DONE);
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

static bool
take_order(const struct header *header, const void *message, int fd, const char **ret_fault)
{
	switch (header->number) {
	case MESSAGE_FTP_PUT:
		return order_of_put(message, fd, &exchange.order, ret_fault);
	case MESSAGE_FTP_LIST:
		return order_of_list(message, &exchange.order, ret_fault);
	default:
		return order_of_remove(message, &exchange.order, ret_fault);
	}
}

static void
refuse(const struct header *header, int fd, enum refusal reason, const char *sentence)
{
	if (fd >= 0)
		close(fd);
	child_reply_refused(child, header, reason, sentence, "");
}

static void
on_request(const struct header *header, const void *message, int fd)
{
	const char *fault;

	if (header->from_role != ROLE_WORKER || header->from_slot != child_slot(child))
		refuse(header, fd, REFUSAL_FORBIDDEN, "This process serves another printer's worker.");
	else if (work.runs || work.is_stopping)
		refuse(header, fd, REFUSAL_BUSY, "This process does one exchange only.");
	else if (!take_order(header, message, fd, &fault))
		refuse(header, -1, REFUSAL_INVALID, fault);
	else
		start(header, clock_monotonic_ms());
}

static void
cancel(void)
{
	if (work.runs)
		ring(exchange.breaker.fd);
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	switch (header->number) {
	case MESSAGE_FTP_PUT:
	case MESSAGE_FTP_LIST:
	case MESSAGE_FTP_REMOVE:
		on_request(header, message, fd);
		return;
	case MESSAGE_FTP_CANCEL:
		if (header->from_role == ROLE_WORKER && header->from_slot == child_slot(child))
			cancel();
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

/* -- life ------------------------------------------------------------------------------------------------------------- */

static void
on_synced(void *arg)
{
	(void)arg;
	child_ready(child, "ready for one exchange of files");
}

static void
on_stop_time(void *arg)
{
	(void)arg;
	log_warn("leaves without having put things in order at the printer");
	child_exit(child, EXIT_DONE);
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg;
	work.is_stopping = true;
	if (!work.runs) {
		child_exit(child, EXIT_DONE);
		return;
	}
	cancel();
	loop_timer_set(work.stop_timer, deadline_ms > LEAVE_MS ? deadline_ms - LEAVE_MS : 0);
}

static void
set_up(void)
{
	struct loop *loop = child_loop_peek(child);

	exchange.breaker.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	work.changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ENSURE(exchange.breaker.fd >= 0 && work.changed_fd >= 0);
	work.changed = loop_io_new(loop, work.changed_fd, LOOP_READ, on_changed, NULL);
	work.progress_timer = loop_timer_new(loop, on_progress_time, NULL);
	work.stop_timer = loop_timer_new(loop, on_stop_time, NULL);
}

int
main(int argc, char **argv)
{
	static const struct child_duties duties = { on_synced, on_message, on_stop, NULL };

	if (argc != 4 || strcmp(argv[2], "--ca") != 0) { /* argv[1] is the worker's entry, for ps(1) */
		fprintf(stderr, "fuse-upload is a part of Fuse: fused starts it. Start `fused` instead.\n");
		return EXIT_USAGE;
	}
	tls_init();
	tls_load_owner_issuers(argv[3]);
	child = child_new(ROLE_UPLOAD, SANDBOX_UPLOAD, NULL, 0, &duties);
	set_up();
	return child_run(child);
}
