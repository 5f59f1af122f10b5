/*
 * child: the common life of every child.
 */
#include "ipc/child.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define FLUSH_AT_EXIT_MS 1000

/* Room for any decoded message, aligned for all. */
union any_message {
#define MSG(NAME, name, ...) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
	long long align;
};

struct child {
	enum role role;
	struct loop *loop;
	struct channel *channel;
	struct loop_signal *on_term;
	struct child_duties duties;
	uint32_t generation, slot, next_request_id;
	char entry[65];
	int exit_code;
	bool stopping;
};

/* -- last words ---------------------------------------------------------------------------- */

static const char *volatile doing_now;

void
child_doing(const char *what)
{
	doing_now = what;
}

/* A sanitizer build has a handler of its own, which says more. */
#if !defined(__SANITIZE_ADDRESS__)
/* Only calls that are safe in a signal handler. */
static void
append_text(char *line, size_t cap, size_t *used, const char *text)
{
	while (*text != '\0' && *used < cap)
		line[(*used)++] = *text++;
}

static void
on_fatal_signal(int number)
{
	static const struct { int number; const char *name; } names[] = {
		{ SIGSEGV, "a bad memory access" }, { SIGBUS, "memory that is not there" },
		{ SIGABRT, "an abort" }, { SIGFPE, "an impossible calculation" }, { SIGILL, "an illegal instruction" },
	};
	char line[256];
	size_t used = 0;

	append_text(line, sizeof line, &used, "lvl=error msg=\"met ");
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		if (names[i].number == number)
			append_text(line, sizeof line, &used, names[i].name);
	append_text(line, sizeof line, &used, " while ");
	append_text(line, sizeof line, &used, doing_now != NULL ? doing_now : "waiting for work");
	append_text(line, sizeof line, &used, "\"\n");
	ssize_t written = write(STDERR_FILENO, line, used);
	(void)written; /* nobody listens: there is nothing left to do */
	raise(number); /* SA_RESETHAND: now it ends us as it would have */
}

static void
catch_fatal_signals(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	static uint8_t stack[16384];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_handler = on_fatal_signal, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK) };

	sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < STR_ARRAY_LEN(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}
#else
static void
catch_fatal_signals(void)
{
}
#endif

/* -- sending ------------------------------------------------------------------------------- */

static bool
has_secret(const struct message_spec *spec)
{
	for (size_t i = 0; i < spec->field_count; i++)
		if (spec->fields[i].kind == FIELD_SECRET)
			return true;
	return false;
}

static enum channel_result
send_message(struct child *child, struct header *header, const void *message, int fd, bool beyond_limit)
{
	static uint8_t body[BODY_MAX_BYTES];
	const struct message_spec *spec = message_spec_peek(header->number);

	ENSURE(spec != NULL);
	ssize_t len = message_encode(spec, message, body, sizeof body);
	ENSURE(len >= 0);
	header->generation = child->generation;
	enum channel_result result = channel_post(child->channel, header, body, (size_t)len, fd, beyond_limit);
	if (has_secret(spec))
		explicit_bzero(body, (size_t)len);
	return result;
}

enum channel_result
child_send(struct child *child, enum message number, enum role to_role, uint16_t to_slot, uint32_t request_id,
	   uint32_t retain_key, const void *message, int fd)
{
	struct header header = { .number = (uint16_t)number, .to_role = (uint8_t)to_role, .to_slot = to_slot,
				 .request_id = request_id, .retain_key = retain_key };

	/* The supervisor waits for these two before it does anything else with us. */
	return send_message(child, &header, message, fd, number == MESSAGE_READY || number == MESSAGE_PONG);
}

enum channel_result
child_clear(struct child *child, enum message number, uint32_t retain_key)
{
	struct header header = { .flags = HEADER_FLAG_CLEAR, .number = (uint16_t)number, .to_slot = SLOT_ALL,
				 .retain_key = retain_key, .generation = child->generation };

	return channel_post(child->channel, &header, NULL, 0, -1, false);
}

enum channel_result
child_reply(struct child *child, const struct header *request, enum message number, const void *message, int fd)
{
	struct header header = { .number = (uint16_t)number, .to_role = request->from_role,
				 .to_slot = request->from_slot, .to_generation = request->generation,
				 .request_id = request->request_id };

	return send_message(child, &header, message, fd, true);
}

enum channel_result
child_reply_done(struct child *child, const struct header *request, const char *sentence)
{
	struct msg_done done = { 0 };

	str_copy(done.sentence, sizeof done.sentence, sentence);
	return child_reply(child, request, MESSAGE_DONE, &done, -1);
}

enum channel_result
child_reply_refused(struct child *child, const struct header *request, enum refusal reason, const char *sentence,
		    const char *remedy)
{
	struct msg_refused refused = { .reason = reason };

	str_copy(refused.sentence, sizeof refused.sentence, sentence);
	str_copy(refused.remedy, sizeof refused.remedy, remedy);
	return child_reply(child, request, MESSAGE_REFUSED, &refused, -1);
}

uint32_t
child_next_request_id(struct child *child)
{
	if (++child->next_request_id == 0)
		child->next_request_id = 1;
	return child->next_request_id;
}

void
child_ready(struct child *child, const char *sentence)
{
	struct msg_ready ready = { 0 };

	str_copy(ready.sentence, sizeof ready.sentence, sentence);
	child_send(child, MESSAGE_READY, ROLE_SUPERVISOR, 0, 0, 0, &ready, -1);
}

/* -- receiving ------------------------------------------------------------------------------ */

void
child_protocol_fault(const char *what)
{
	log_error("the supervisor broke the rules between us", log_str("what", what));
	_exit(EXIT_PROTOCOL);
}

static void
welcome(struct child *child, const struct msg_welcome *message)
{
	child->generation = message->generation;
	child->slot = message->slot;
	str_copy(child->entry, sizeof child->entry, message->entry);
	log_set_level((enum log_level)message->log_level);
}

static void
stop(struct child *child, uint32_t deadline_ms)
{
	if (child->stopping)
		return;
	child->stopping = true;
	child_doing("stopping");
	if (child->duties.on_stop != NULL)
		child->duties.on_stop(child->duties.arg, deadline_ms);
	else
		child_exit(child, EXIT_DONE);
}

/* Messages that mean the same to every child; false when it is the role's own. */
static bool
handle_common(struct child *child, const struct header *header, const union any_message *message)
{
	switch (header->number) {
	case MESSAGE_WELCOME:
		welcome(child, &message->welcome);
		return true;
	case MESSAGE_SYNCED:
		if (child->duties.on_synced != NULL)
			child->duties.on_synced(child->duties.arg);
		return true;
	case MESSAGE_PING: {
		struct msg_pong pong = { .sequence = message->ping.sequence };
		child_send(child, MESSAGE_PONG, ROLE_SUPERVISOR, 0, 0, 0, &pong, -1);
		return true;
	}
	case MESSAGE_LOG_LEVEL:
		log_set_level((enum log_level)message->log_level.level);
		return true;
	case MESSAGE_STOP:
		stop(child, message->stop.deadline_ms);
		return true;
	default:
		return false;
	}
}

/* What another process wrote is not as agreed: it is forgotten here, and its sender answers for it. */
static void
report_bad_message(struct child *child, const struct header *header, const char *fault)
{
	struct msg_bad_message bad = { .role = header->from_role, .slot = header->from_slot,
				       .generation = header->generation, .number = header->number };

	if (header->from_role == ROLE_SUPERVISOR)
		child_protocol_fault(fault);
	str_copy(bad.fault, sizeof bad.fault, fault);
	log_warn("a message could not be understood", log_str("from", role_name(header->from_role)),
		 log_int("slot", header->from_slot), log_int("number", header->number), log_str("fault", fault));
	child_send(child, MESSAGE_BAD_MESSAGE, ROLE_SUPERVISOR, 0, 0, 0, &bad, -1);
}

static void
on_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	static union any_message message;
	struct child *child = arg;
	const struct message_spec *spec = message_spec_peek(header->number);
	const char *fault = NULL;

	if (spec == NULL)
		child_protocol_fault("unknown message number");
	if (header->flags & HEADER_FLAG_CLEAR)
		memset(&message, 0, sizeof message);
	else if (!message_decode(spec, body, body_len, &message, &fault))
		report_bad_message(child, header, fault);
	if (fault != NULL || handle_common(child, header, &message) || child->duties.on_message == NULL) {
		if (fd >= 0)
			close(fd);
	} else {
		child->duties.on_message(child->duties.arg, header, &message, fd);
	}
	/* It may have held a secret: neither the struct nor the receive buffer keeps it. */
	if (has_secret(spec)) {
		explicit_bzero(&message, sizeof message);
		explicit_bzero((void *)(uintptr_t)body, body_len);
	}
}

static void
on_closed(void *arg, const char *fault)
{
	struct child *child = arg;

	if (fault == channel_fault_other_build) {
		log_error("is of another build than fused");
		child->exit_code = EXIT_PROTOCOL;
	} else if (fault != NULL) {
		child_protocol_fault(fault);
	} else {
		child->exit_code = EXIT_ORPHANED;
	}
	loop_stop(child->loop);
}

static void
on_sigterm(void *arg, int number)
{
	(void)number;
	stop(arg, 1000);
}

/* -- life ---------------------------------------------------------------------------------- */

static void
set_process_name(enum role role)
{
	char name[16];

	str_format(name, sizeof name, "fuse-%s", role_name(role));
	prctl(PR_SET_NAME, name);
}

static struct child *
connect_to_supervisor(enum role role, const struct child_duties *duties)
{
	/* At its start stored tells 256 printers and 1024 jobs in one go. */
	static const struct channel_limits limits = { .queue_frames = 2048, .queue_bytes = 4 << 20,
						      .frames_per_turn = 64 };
	static const struct channel_events events = { on_frame, on_closed };
	struct child *child = calloc(1, sizeof *child);

	ENSURE(child != NULL);
	child->role = role;
	child->duties = *duties;
	child->loop = loop_new();
	ENSURE(child->loop != NULL);
	child->channel = channel_new(child->loop, CHILD_FD_CHANNEL, &limits, &events, child);
	if (child->channel == NULL) {
		fprintf(stderr, "fuse-%s is a part of Fuse: fused starts it. Start `fused` instead.\n", role_name(role));
		exit(EXIT_USAGE);
	}
	child->on_term = loop_signal_new(child->loop, SIGTERM, on_sigterm, child);
	return child;
}

struct child *
child_new(enum role role, enum sandbox_profile profile, const struct sandbox_path *paths, size_t path_count,
	  const struct child_duties *duties)
{
	struct msg_hello hello = { 0 };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	mallopt(M_ARENA_MAX, 1);
	tzset(); /* reads /etc/localtime, which is out of reach later */
	set_process_name(role);
	struct child *child = connect_to_supervisor(role, duties);
	catch_fatal_signals();
	if (sandbox_enter(profile, paths, path_count, hello.unapplied, sizeof hello.unapplied) != 0) {
		log_error("cannot lock itself in");
		exit(EXIT_NO_CONFINEMENT);
	}
	str_copy(hello.version, sizeof hello.version, FUSE_VERSION);
	child_send(child, MESSAGE_HELLO, ROLE_SUPERVISOR, 0, 0, 0, &hello, -1);
	return child;
}

int
child_run(struct child *child)
{
	if (loop_run(child->loop) != 0)
		child->exit_code = EXIT_OS;
	channel_flush(child->channel, FLUSH_AT_EXIT_MS);
	int code = child->exit_code;
	loop_signal_free(child->on_term);
	channel_free(child->channel);
	loop_free(child->loop);
	free(child);
	return code;
}

void
child_exit(struct child *child, int code)
{
	child->exit_code = code;
	loop_stop(child->loop);
}

struct loop *
child_loop_peek(struct child *child)
{
	return child->loop;
}

uint32_t
child_slot(const struct child *child)
{
	return child->slot;
}

const char *
child_entry_peek(const struct child *child)
{
	return child->entry;
}
