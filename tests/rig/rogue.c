/*
 * rogue: a child that locks itself in and says hello as every child does, and then misbehaves as a test has
 * planned it. It stands in the place of a fuse-* program in a folder of its own (tests/integration/rig).
 *
 * The plan is the file rogue.plan beside the executable, read before it locks itself in; lines of
 *
 *	PROCESS WHEN WHAT [ARGUMENT [ARGUMENT]]      worker/alpha usr1 send_oversized_frame
 *
 *	PROCESS  as `fusectl ps` names it
 *	WHEN     before  it locks itself in, so before HELLO
 *	         start   instead of saying READY
 *	         ready   right after READY
 *	         usr1    at SIGUSR1, when all else is as it should be
 *	WHAT     a function of the table BEHAVIOURS below, without its do_
 *
 * Without a line for it, it is a good child. What it tries and survives it says in its log.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/child.h"

#define PLAN_LINES_MAX 8
#define WORD_BYTES 200

struct step {
	char process[WORD_BYTES], when[WORD_BYTES], what[WORD_BYTES], first[WORD_BYTES], second[WORD_BYTES];
};

static struct step plan[PLAN_LINES_MAX];
static size_t plan_count;
static struct child *child;
static enum role role;
static uint32_t generation;
static bool refuses_to_stop;
static struct loop_signal *usr1_watcher;

/* What it can do; the table of all is BEHAVIOURS below. */
#define BEHAVIOUR(name) static void do_##name(const struct step *step __attribute__((unused)))

#include "tests/rig/rogue_frames.h"

/* -- life ------------------------------------------------------------------------------------------- */

BEHAVIOUR(nothing)
{
}

BEHAVIOUR(exit)
{
	_exit(atoi(step->first));
}

BEHAVIOUR(segfault)
{
	volatile int *volatile nowhere = NULL;

	child_doing("reading what is not there");
	*nowhere = 1;
}

BEHAVIOUR(abort)
{
	child_doing("thinking about its end");
	abort();
}

BEHAVIOUR(cannot_be)
{
	bool sky_is_green = false;

	ENSURE(sky_is_green);
}

static void
sleep_forever(void)
{
	while (true) {
		struct timespec long_time = { .tv_sec = 1000 };
		nanosleep(&long_time, NULL);
	}
}

/* Reads nothing and answers nothing from now on. */
BEHAVIOUR(sleep)
{
	child_doing("sleeping on duty");
	sleep_forever();
}

BEHAVIOUR(spin)
{
	child_doing("running in circles");
	for (volatile unsigned long rounds = 0;; rounds++)
		;
}

/* Not even SIGABRT ends it. */
BEHAVIOUR(sleep_through_abort)
{
	signal(SIGABRT, SIG_IGN);
	sleep_forever();
}

BEHAVIOUR(ignore_stop)
{
	refuses_to_stop = true;
}

BEHAVIOUR(close_the_channel)
{
	close(CHILD_FD_CHANNEL);
	sleep_forever();
}

/* -- logs ------------------------------------------------------------------------------------------- */

static void
say(const void *bytes, size_t len)
{
	if (write(STDERR_FILENO, bytes, len) < 0)
		_exit(EXIT_IO);
}

BEHAVIOUR(log_much)
{
	char line[80];

	for (int i = 0; i < atoi(step->first); i++) {
		str_format(line, sizeof line, "lvl=info msg=\"chatter number %d\"\n", i);
		say(line, strlen(line));
	}
}

/* A line that wants to be two, the second from somebody else, and to colour a terminal. */
BEHAVIOUR(log_forged_lines)
{
	static const char forged[] = "lvl=info msg=\"\x1b[31mred\x1b[0m\" \rts=2020-01-01T00:00:00.000Z "
				     "role=supervisor pid=1 lvl=error msg=\"the house is on fire\"\n";

	say(forged, sizeof forged - 1);
}

BEHAVIOUR(log_without_end)
{
	char endless[5000];

	memset(endless, 'x', sizeof endless);
	for (int i = 0; i < 20; i++)
		say(endless, sizeof endless);
	say("\n", 1);
}

#include "tests/rig/rogue_attempts.h"

/* In the store's place. ARGUMENTS: the printer's serial, its place. */
BEHAVIOUR(publish_printer)
{
	struct msg_printer printer = { .model = "Other" };

	str_copy(printer.serial, sizeof printer.serial, step->first);
	child_send(child, MESSAGE_PRINTER, ROLE_NONE, SLOT_ALL, 0, (uint32_t)atoi(step->second), &printer, -1);
}

/* ARGUMENTS: the secret's name, and what it should be. What comes is told in on_message(). */
BEHAVIOUR(want_secret)
{
	struct msg_secret_want want = { 0 };

	str_copy(want.name, sizeof want.name, step->first);
	child_send(child, MESSAGE_SECRET_WANT, ROLE_STORED, 0, child_next_request_id(child), 0, &want, -1);
}

/* ARGUMENTS: anything, and what its access code should be. What comes is told in on_message(). */
BEHAVIOUR(want_printer)
{
	struct msg_printer_want want;

	memset(&want, 0, sizeof want);
	child_send(child, MESSAGE_PRINTER_WANT, ROLE_STORED, 0, child_next_request_id(child), 0, &want, -1);
}

/* ARGUMENT: the version. */
BEHAVIOUR(say_firmware)
{
	struct msg_printer_seen seen = { 0 };

	str_copy(seen.firmware, sizeof seen.firmware, step->first);
	child_send(child, MESSAGE_PRINTER_SEEN, ROLE_STORED, 0, child_next_request_id(child), 0, &seen, -1);
}

/* ARGUMENT: the role. What comes of it is told in on_message(). */
BEHAVIOUR(want_helper)
{
	struct msg_helper_want want = { .role = role_by_name(step->first) };

	child_send(child, MESSAGE_HELPER_WANT, ROLE_SUPERVISOR, 0, child_next_request_id(child), 0, &want, -1);
	log_info("wants a helper");
}

/* ARGUMENTS: the role and the slot. */
BEHAVIOUR(end_helper)
{
	struct msg_helper_end end = { .role = role_by_name(step->first), .slot = (uint32_t)atoi(step->second) };

	child_send(child, MESSAGE_HELPER_END, ROLE_SUPERVISOR, 0, 0, 0, &end, -1);
}

#define BEHAVIOURS(X)                                                                             \
	X(flood) X(send_malformed) X(send_malformed_to_stored) X(send_oversized_frame)            \
	X(send_oversized_body) X(send_unknown_number) X(send_forbidden)                           \
	X(send_to_forbidden_receiver) X(send_stale) X(send_as_supervisor) X(send_as_another_slot) \
	X(send_nothing) X(send_a_descriptor) X(send_many_descriptors) X(send_garbage)             \
	X(send_a_short_frame) X(send_a_second_hello) X(answer_nobody) X(be_of_another_build)      \
	X(nothing) X(exit) X(segfault) X(abort) X(cannot_be) X(sleep) X(spin)                     \
	X(sleep_through_abort) X(ignore_stop) X(close_the_channel)                                \
	X(log_much) X(log_forged_lines) X(log_without_end)                                        \
	X(read_file) X(write_file) X(unlink_file) X(connect_tcp) X(connect_unix)                  \
	X(make_socket_pair) X(execute) X(fork) X(trace) X(signal) X(signal_thread)                \
	X(signal_by_owner) X(read_memory) X(get_executable_memory) X(become_root) X(mount)        \
	X(give_up_the_lock) X(write_into_the_lock) X(publish_printer) X(want_secret)          \
	X(want_printer) X(say_firmware) X(want_helper) X(end_helper)

static const struct { const char *what; void (*does)(const struct step *step); } behaviours[] = {
#define X(name) { #name, do_##name },
	BEHAVIOURS(X)
#undef X
};

/* -- the plan ----------------------------------------------------------------------------------------- */

static void
read_plan(const char *process)
{
	char path[4096 + 16], line[1000];
	ssize_t n = readlink("/proc/self/exe", path, 4096);
	struct step step;

	ENSURE(n > 0 && n < 4096);
	path[n] = '\0';
	str_copy(strrchr(path, '/'), 16, "/rogue.plan");
	FILE *file = fopen(path, "re");
	while (file != NULL && plan_count < PLAN_LINES_MAX && fgets(line, sizeof line, file) != NULL) {
		memset(&step, 0, sizeof step);
		if (sscanf(line, "%199s %199s %199s %199s %199s", step.process, step.when, step.what, step.first,
			   step.second) >= 3 && strcmp(step.process, process) == 0)
			plan[plan_count++] = step;
	}
	if (file != NULL)
		fclose(file);
}

/* Returns how many steps there were. */
static size_t
carry_out(const char *when)
{
	size_t count = 0;

	for (size_t i = 0; i < plan_count; i++) {
		bool known = false;
		if (strcmp(plan[i].when, when) != 0)
			continue;
		for (size_t j = 0; j < STR_ARRAY_LEN(behaviours); j++)
			if (strcmp(behaviours[j].what, plan[i].what) == 0) {
				known = true;
				behaviours[j].does(&plan[i]);
			}
		if (!known)
			log_error("the plan says what the rogue cannot do", log_str("what", plan[i].what));
		count++;
	}
	return count;
}

/* -- a child ------------------------------------------------------------------------------------------ */

static void
on_usr1(void *arg, int number)
{
	(void)arg;
	(void)number;
	carry_out("usr1");
}

static void
on_synced(void *arg)
{
	(void)arg;
	if (carry_out("start") > 0)
		return;
	child_ready(child, "ready for mischief");
	carry_out("ready");
}

/* The planned step that expects this very secret; NULL when none does. */
static const struct step *
find_expecting(const char *what, const struct secret *secret)
{
	for (size_t i = 0; i < plan_count; i++) {
		size_t len = strlen(plan[i].second);
		if (strcmp(plan[i].what, what) == 0 && len == secret->len_bytes &&
		    memcmp(plan[i].second, secret_bytes_peek(secret), len) == 0)
			return &plan[i];
	}
	return NULL;
}

/* Tell which of the planned secrets came, but not the secret. */
static void
tell_secret(const struct secret *secret)
{
	const struct step *step = find_expecting("want_secret", secret);

	if (step != NULL)
		log_info("got the secret as it should be", log_str("secret", step->first));
	else
		log_info("got a secret that it should not be", log_int("bytes", secret->len_bytes));
}

static void
tell_printer(const struct msg_printer_mine *mine)
{
	bool as_planned = find_expecting("want_printer", &mine->access_code) != NULL;

	log_info("got its printer", log_str("serial", mine->serial), log_str("address", mine->address),
		 log_str("installation", mine->installation), log_str("firmware", mine->firmware),
		 log_str("previous", mine->previous_firmware), log_int("firmware_ms", mine->firmware_ms),
		 log_str("code", mine->access_code.len_bytes == 0 ? "no" : as_planned ? "yes" : "another"));
}

/* Write into the descriptor that came along. */
static void
answer_into(const struct header *request, int fd, const char *serial)
{
	char text[100];

	str_format(text, sizeof text, "written by the worker of %s\n", serial);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		child_reply_refused(child, request, REFUSAL_FAILED, "There is no descriptor to write to.", "");
	else
		child_reply_done(child, request, "");
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	const struct msg_refused *refused = message;

	(void)arg;
	if (header->number == MESSAGE_SECRET)
		tell_secret(&((const struct msg_secret *)message)->value);
	else if (header->number == MESSAGE_PRINTER_MINE)
		tell_printer(message);
	else if (header->number == MESSAGE_HELPER)
		log_info("has a helper", log_int("slot", ((const struct msg_helper *)message)->slot));
	else if (header->number == MESSAGE_PRINTER_CHANGED)
		log_info("its printer has changed");
	else if (header->number == MESSAGE_DONE)
		log_info("was told that it is done");
	else if (header->number == MESSAGE_PRINTER_WANT) /* it is in the store's place, and keeps none */
		child_reply_refused(child, header, REFUSAL_NOT_FOUND, "There is no printer here.", "");
	else if (header->number == MESSAGE_REPORT_WANT)
		answer_into(header, fd, ((const struct msg_report_want *)message)->serial);
	else if (header->number == MESSAGE_MESSAGES_WANT)
		answer_into(header, fd, ((const struct msg_messages_want *)message)->serial);
	else if (header->number == MESSAGE_REFUSED)
		log_info("was refused", log_str("reason", refusal_name(refused->reason)),
			 log_str("sentence", refused->sentence));
	if (fd >= 0)
		close(fd);
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg;
	(void)deadline_ms;
	if (refuses_to_stop)
		return;
	loop_signal_free(usr1_watcher);
	child_exit(child, EXIT_DONE);
}

/* WELCOME tells the incarnation; ipc/child.c keeps it to itself, so look without taking it away. */
static void
learn_generation(void)
{
	static uint8_t frame[FRAME_MAX_BYTES];
	struct pollfd welcome_comes = { .fd = CHILD_FD_CHANNEL, .events = POLLIN };
	struct msg_welcome welcome;
	struct header header;

	poll(&welcome_comes, 1, 10000);
	ssize_t n = recv(CHILD_FD_CHANNEL, frame, sizeof frame, MSG_PEEK);
	if (n > HEADER_BYTES && header_decode(frame, (size_t)n, &header) == HEADER_FINE &&
	    header.number == MESSAGE_WELCOME &&
	    msg_welcome_decode(frame + HEADER_BYTES, (size_t)n - HEADER_BYTES, &welcome))
		generation = welcome.generation;
}

/* What the role's real main.c gives it. */
static struct child *
lock_in(int argc, char **argv)
{
	static const struct child_duties duties = { .on_synced = on_synced, .on_message = on_message,
						    .on_stop = on_stop };
	struct sandbox_path store = { argc > 2 ? argv[2] : "", true };

	switch (role) {
	case ROLE_STORED:
		return child_new(role, SANDBOX_STORED, &store, 1, &duties);
	case ROLE_GATEWAYD:
		return child_new(role, SANDBOX_GATEWAYD, NULL, 0, &duties);
	case ROLE_HTTPD:
		return child_new(role, SANDBOX_HTTPD, NULL, 0, &duties);
	case ROLE_DISCOVERY:
		return child_new(role, SANDBOX_DISCOVERY, NULL, 0, &duties);
	case ROLE_WORKER:
		return child_new(role, SANDBOX_WORKER, NULL, 0, &duties);
	case ROLE_UPLOAD:
		return child_new(role, SANDBOX_UPLOAD, NULL, 0, &duties);
	case ROLE_VIRTUAL:
		return child_new(role, SANDBOX_VIRTUAL, NULL, 0, &duties);
	case ROLE_FILECHK:
		return child_new(role, SANDBOX_FILECHK, NULL, 0, &duties);
	case ROLE_NONE:
	case ROLE_SUPERVISOR:
	case ROLE_CTL:
	case ROLE_LIMIT:
		break;
	}
	fprintf(stderr, "rogue: fused starts it as fuse-<role> in a test\n");
	exit(EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	char process[WORD_BYTES];
	const char *name = strncmp(argv[0], "fuse-", 5) == 0 ? argv[0] + 5 : argv[0];

	role = role_by_name(name);
	str_format(process, sizeof process, role == ROLE_WORKER && argc > 1 ? "%s/%s" : "%s%s", name,
		   role == ROLE_WORKER && argc > 1 ? argv[1] : "");
	read_plan(process);
	carry_out("before");
	child = lock_in(argc, argv);
	learn_generation();
	usr1_watcher = loop_signal_new(child_loop_peek(child), SIGUSR1, on_usr1, NULL);
	return child_run(child);
}
