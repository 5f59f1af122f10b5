/*
 * fusectl asks Fuse something. Whatever answers (Fuse, another build, nobody, a stranger), the asker gets an
 * end in time and a sentence.
 *
 * The peer's answers are put into the socket before the question is asked: its first request_id is 1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/str.h"
#include "fusectl/client.h"
#include "ipc/terms.h"

static struct client client;
static struct failure failure;
static int peer;
static uint8_t frame[FRAME_MAX_BYTES + 1];
static unsigned parts;
static char last_part[64];

static int
meet(void **state)
{
	int ends[2], more = 1 << 20;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &more, sizeof more);
	peer = ends[1];
	client = (struct client){ .fd = ends[0], .timeout_ms = 1000, .path = "/run/f.sock" };
	client.frame = malloc(FRAME_MAX_BYTES);
	parts = 0;
	memset(&failure, 0, sizeof failure);
	return 0;
}

static int
part(void **state)
{
	(void)state;
	client_close(&client);
	if (peer >= 0)
		close(peer);
	return 0;
}

static void
peer_leaves(void)
{
	close(peer);
	peer = -1;
}

/* The peer says the struct of `number` under `request_id`. */
static size_t
lay_frame(enum message number, uint32_t request_id, const void *message)
{
	struct header header = { .from_role = ROLE_SUPERVISOR, .to_role = ROLE_CTL, .number = (uint16_t)number,
				 .request_id = request_id };

	header_encode(&header, frame);
	ssize_t body = message_encode(message_spec_peek(number), message, frame + HEADER_BYTES, BODY_MAX_BYTES);
	assert_true(body > 0);
	return HEADER_BYTES + (size_t)body;
}

static void
peer_says(enum message number, uint32_t request_id, const void *message)
{
	size_t len = lay_frame(number, request_id, message);

	assert_int_equal(send(peer, frame, len, MSG_DONTWAIT), len);
}

static void
peer_says_setting(uint32_t request_id, const char *name)
{
	struct msg_setting setting = { .value = "v" };

	str_copy(setting.name, sizeof setting.name, name);
	peer_says(MESSAGE_SETTING, request_id, &setting);
}

static void
on_part(void *arg, const void *message)
{
	(void)arg;
	parts++;
	str_copy(last_part, sizeof last_part, ((const struct msg_setting *)message)->name);
}

static enum outcome
recall(void)
{
	return client_recall(&client, MESSAGE_SETTING, on_part, NULL, &failure);
}

static void
expect_failure(enum outcome outcome, enum outcome awaited, const char *words)
{
	assert_int_equal(outcome, awaited);
	if (strstr(failure.sentence, words) == NULL)
		fail_msg("'%s' is not in: %s", words, failure.sentence);
}

/* -- a Fuse that does as agreed -------------------------------------------------------------------- */

static void
parts_come_in_order_until_done(void **state)
{
	uint8_t question[256];
	struct header header;
	struct msg_recall asked;

	(void)state;
	peer_says_setting(1, "first");
	peer_says_setting(1, "second");
	peer_says(MESSAGE_DONE, 1, &(struct msg_done){ "" });
	assert_int_equal(recall(), OUTCOME_DONE);
	assert_int_equal(parts, 2);
	assert_string_equal(last_part, "second");

	/* And the question was what the door awaits. */
	ssize_t len = recv(peer, question, sizeof question, MSG_DONTWAIT);
	assert_int_equal(header_decode(question, (size_t)len, &header), HEADER_FINE);
	assert_int_equal(header.from_role, 0);
	assert_int_equal(header.to_role, ROLE_SUPERVISOR);
	assert_int_equal(header.generation, 0);
	assert_int_equal(header.request_id, 1);
	assert_true(msg_recall_decode(question + HEADER_BYTES, (size_t)len - HEADER_BYTES, &asked));
	assert_int_equal(asked.number, MESSAGE_SETTING);
}

static void
each_question_has_a_number_of_its_own(void **state)
{
	(void)state;
	peer_says(MESSAGE_DONE, 1, &(struct msg_done){ "" });
	peer_says(MESSAGE_DONE, 2, &(struct msg_done){ "" });
	assert_int_equal(recall(), OUTCOME_DONE);
	assert_int_equal(recall(), OUTCOME_DONE);
}

static void
a_refusal_is_told_in_fuse_s_words(void **state)
{
	static const struct { enum refusal refusal; enum outcome outcome; } expected[] = {
		{ REFUSAL_BUSY, OUTCOME_REFUSED },        { REFUSAL_UNREACHABLE, OUTCOME_UNREACHABLE },
		{ REFUSAL_DIED, OUTCOME_FAILED },         { REFUSAL_NOT_FOUND, OUTCOME_NOT_FOUND },
		{ REFUSAL_INVALID, OUTCOME_REFUSED },     { REFUSAL_FORBIDDEN, OUTCOME_REFUSED },
		{ REFUSAL_READ_ONLY, OUTCOME_REFUSED },   { REFUSAL_NO_SPACE, OUTCOME_REFUSED },
		{ REFUSAL_CONFLICT, OUTCOME_REFUSED },    { REFUSAL_FAILED, OUTCOME_FAILED },
	};
	struct msg_refused refused = { .sentence = "No.", .remedy = "Ask nicely." };

	(void)state;
	assert_int_equal(STR_ARRAY_LEN(expected), REFUSAL_COUNT);
	for (uint32_t i = 0; i < REFUSAL_COUNT; i++) {
		refused.reason = (uint32_t)expected[i].refusal;
		peer_says(MESSAGE_REFUSED, i + 1, &refused);
		assert_int_equal(recall(), expected[i].outcome);
		assert_string_equal(failure.reason, refusal_name((unsigned)expected[i].refusal));
		assert_string_equal(failure.sentence, "No.");
		assert_string_equal(failure.remedy, "Ask nicely.");
	}
}

static void
a_door_that_takes_nobody_in_is_heard(void **state)
{
	struct msg_refused refused = { .reason = REFUSAL_BUSY, .sentence = "All seats are taken." };

	(void)state;
	peer_says(MESSAGE_REFUSED, 0, &refused);
	peer_leaves();
	expect_failure(recall(), OUTCOME_REFUSED, "All seats are taken.");
}

/* -- others -------------------------------------------------------------------------------------------- */

static void
a_silent_peer_is_left_when_time_is_up(void **state)
{
	int64_t begun_ms = clock_monotonic_ms();

	(void)state;
	expect_failure(recall(), OUTCOME_TIMED_OUT, "within 1 s");
	int64_t took_ms = clock_monotonic_ms() - begun_ms;
	assert_true(took_ms >= 1000 && took_ms < 5000);
}

static void
linger(void *arg, const void *message)
{
	on_part(arg, message);
	usleep(100 * 1000);
}

static void
time_that_our_own_reader_takes_is_not_held_against_fuse(void **state)
{
	(void)state;
	client.timeout_ms = 50;
	peer_says_setting(1, "first");
	peer_says_setting(1, "second");
	peer_says(MESSAGE_DONE, 1, &(struct msg_done){ "" });
	assert_int_equal(client_recall(&client, MESSAGE_SETTING, linger, NULL, &failure), OUTCOME_DONE);
	assert_int_equal(parts, 2);
}

static void
a_peer_that_goes_before_the_end_is_told(void **state)
{
	(void)state;
	peer_says_setting(1, "first");
	peer_leaves();
	expect_failure(recall(), OUTCOME_FAILED, "closed the connection");
	assert_int_equal(parts, 1);
}

static void
bytes_that_are_no_message_are_told(void **state)
{
	(void)state;
	assert_int_equal(send(peer, "HTTP/1.1 400 Bad Request\r\n\r\n..................", 46, 0), 46);
	expect_failure(recall(), OUTCOME_FAILED, "no message of Fuse");
	assert_int_equal(send(peer, "x", 1, 0), 1);
	expect_failure(recall(), OUTCOME_FAILED, "no message of Fuse");
}

static void
an_oversized_frame_is_told(void **state)
{
	(void)state;
	assert_int_equal(send(peer, frame, sizeof frame, MSG_DONTWAIT), sizeof frame);
	expect_failure(recall(), OUTCOME_FAILED, "more than a message may hold");
}

static void
another_build_is_named(void **state)
{
	(void)state;
	size_t len = lay_frame(MESSAGE_DONE, 1, &(struct msg_done){ "" });
	frame[32] ^= 1; /* its schema */
	assert_int_equal(send(peer, frame, len, 0), len);
	expect_failure(recall(), OUTCOME_REFUSED, "different builds");
}

static void
an_answer_to_something_else_is_told(void **state)
{
	struct msg_done done = { "" };

	(void)state;
	peer_says(MESSAGE_DONE, 7, &done); /* another's number */
	expect_failure(recall(), OUTCOME_FAILED, "an answer to something else");
	peer_says(MESSAGE_DONE, 0, &done); /* nobody's */
	expect_failure(recall(), OUTCOME_FAILED, "an answer to something else");
	peer_says(MESSAGE_STOP, 3, &(struct msg_stop){ 1 });
	expect_failure(recall(), OUTCOME_FAILED, "an answer to something else");
	size_t len = lay_frame(MESSAGE_DONE, 4, &done);
	frame[6] = frame[7] = 0xee; /* a number that the table does not know */
	assert_int_equal(send(peer, frame, len, 0), len);
	expect_failure(recall(), OUTCOME_FAILED, "an answer to something else");
}

static void
a_body_that_is_not_as_agreed_is_told(void **state)
{
	(void)state;
	size_t len = lay_frame(MESSAGE_DONE, 1, &(struct msg_done){ "all done" });
	assert_int_equal(send(peer, frame, len - 1, 0), len - 1);
	expect_failure(recall(), OUTCOME_FAILED, "not as agreed");
}

static void
an_answer_without_end_ends(void **state)
{
	uint32_t sent = 0;

	(void)state;
	/* As much as a socket holds at a time, in a process of its own. */
	size_t len = lay_frame(MESSAGE_SETTING, 1, &(struct msg_setting){ .name = "n" });
	pid_t child = fork();
	if (child == 0) {
		close(client.fd);
		while (send(peer, frame, len, MSG_NOSIGNAL) > 0 && sent++ < 10 * CLIENT_PARTS_MAX)
			;
		_exit(0);
	}
	expect_failure(recall(), OUTCOME_FAILED, "without end");
	assert_true(parts <= CLIENT_PARTS_MAX + 1);
}

static void
a_peer_that_reads_nothing_does_not_hold_us(void **state)
{
	uint8_t filler[4096] = { 0 };

	(void)state;
	while (send(client.fd, filler, sizeof filler, MSG_DONTWAIT) > 0)
		;
	expect_failure(recall(), OUTCOME_TIMED_OUT, "within 1 s");
}

static void
an_argument_that_no_message_can_carry_is_not_sent(void **state)
{
	struct msg_proc_retry retry = { "\xff" };
	struct client_question question = { .to = ROLE_SUPERVISOR, .number = MESSAGE_PROC_RETRY, .message = &retry,
					    .watch_fd = -1 };

	(void)state;
	expect_failure(client_ask(&client, &question, NULL, &failure), OUTCOME_USAGE, "UTF-8");
	assert_int_equal(recv(peer, frame, sizeof frame, MSG_DONTWAIT), -1);
}

static void
following_ends_when_nobody_reads_on(void **state)
{
	struct msg_logs logs = { .follow = true };
	int reader[2];
	struct client_question question = { .to = ROLE_SUPERVISOR, .number = MESSAGE_LOGS, .message = &logs,
					    .part_number = MESSAGE_SETTING, .on_part = on_part, .follow = true };

	(void)state;
	assert_int_equal(pipe(reader), 0);
	question.watch_fd = reader[1];
	close(reader[0]);
	peer_says_setting(1, "one");
	assert_int_equal(client_ask(&client, &question, NULL, &failure), OUTCOME_DONE);
	assert_int_equal(parts, 1);
	close(reader[1]);
}

/* -- several at once ---------------------------------------------------------------------------------- */

#define CALLS 3

static struct client_question questions[CALLS];
static struct client_call calls[CALLS];
static struct msg_diagnose diagnose = { "01P00A000000001" };
static char heard[CALLS][64];

static void
hear_step(void *arg, const void *message)
{
	char *to = arg;
	size_t used = strlen(to);

	str_format(to + used, sizeof heard[0] - used, "%s ", ((const struct msg_diagnosis_step *)message)->phase);
}

/* Questions with the numbers 1 to CALLS. */
static void
begin_all(void)
{
	memset(heard, 0, sizeof heard);
	for (size_t i = 0; i < CALLS; i++) {
		questions[i] = (struct client_question){ .to = ROLE_WORKER, .to_slot = (uint16_t)(10 + i),
							 .number = MESSAGE_DIAGNOSE, .message = &diagnose,
							 .part_number = MESSAGE_DIAGNOSIS_STEP, .on_part = hear_step,
							 .arg = heard[i], .watch_fd = -1 };
		client_begin(&client, &questions[i], &calls[i]);
		assert_true(calls[i].open);
	}
}

static void
turn_until_all_end(void)
{
	while (calls[0].open || calls[1].open || calls[2].open)
		client_turn(&client, calls, CALLS, NULL, 0);
}

static void
peer_says_step(uint32_t request_id, const char *phase)
{
	struct msg_diagnosis_step step = { 0 };

	str_copy(step.phase, sizeof step.phase, phase);
	peer_says(MESSAGE_DIAGNOSIS_STEP, request_id, &step);
}

static void
answers_find_their_questions_in_any_order(void **state)
{
	struct header header;

	(void)state;
	peer_says_step(2, "b1");
	peer_says_step(3, "c1");
	peer_says(MESSAGE_DONE, 3, &(struct msg_done){ "third" });
	peer_says_step(1, "a1");
	peer_says_step(2, "b2");
	peer_says(MESSAGE_REFUSED, 2, &(struct msg_refused){ .reason = REFUSAL_DIED, .sentence = "Dead." });
	peer_says(MESSAGE_DONE, 1, &(struct msg_done){ "first" });
	begin_all();
	turn_until_all_end();
	assert_string_equal(heard[0], "a1 ");
	assert_string_equal(heard[1], "b1 b2 ");
	assert_string_equal(heard[2], "c1 ");
	assert_int_equal(calls[0].outcome, OUTCOME_DONE);
	assert_string_equal(calls[0].done.sentence, "first");
	assert_int_equal(calls[1].outcome, OUTCOME_FAILED);
	assert_string_equal(calls[1].failure.sentence, "Dead.");
	assert_string_equal(calls[2].done.sentence, "third");
	for (uint16_t i = 0; i < CALLS; i++) {
		ssize_t len = recv(peer, frame, sizeof frame, MSG_DONTWAIT);
		assert_int_equal(header_decode(frame, (size_t)len, &header), HEADER_FINE);
		assert_int_equal(header.to_slot, 10 + i);
	}
}

static void
one_that_is_late_leaves_the_others(void **state)
{
	(void)state;
	begin_all();
	calls[1].deadline_ms = clock_monotonic_ms() - 1;
	client_turn(&client, calls, CALLS, NULL, 0);
	assert_false(calls[1].open);
	assert_int_equal(calls[1].outcome, OUTCOME_TIMED_OUT);
	assert_true(calls[0].open && calls[2].open);
	/* What it says then is for nobody, and no fault of Fuse's. */
	peer_says_step(2, "late");
	peer_says(MESSAGE_DONE, 2, &(struct msg_done){ "" });
	peer_says(MESSAGE_DONE, 1, &(struct msg_done){ "" });
	peer_says(MESSAGE_DONE, 3, &(struct msg_done){ "" });
	turn_until_all_end();
	assert_string_equal(heard[1], "");
	assert_int_equal(calls[0].outcome, OUTCOME_DONE);
	assert_int_equal(calls[2].outcome, OUTCOME_DONE);
}

static void
a_lost_connection_is_the_end_of_all(void **state)
{
	(void)state;
	begin_all();
	peer_says(MESSAGE_DONE, 2, &(struct msg_done){ "" });
	shutdown(peer, SHUT_WR);
	turn_until_all_end();
	assert_int_equal(calls[0].outcome, OUTCOME_FAILED);
	assert_int_equal(calls[1].outcome, OUTCOME_DONE);
	assert_int_equal(calls[2].outcome, OUTCOME_FAILED);
	assert_non_null(strstr(calls[2].failure.sentence, "closed the connection"));
}

static void
each_step_gives_a_patient_question_its_time_again(void **state)
{
	(void)state;
	client.timeout_ms = 60000;
	begin_all();
	questions[0].patient = true;
	calls[0].deadline_ms = calls[1].deadline_ms = clock_monotonic_ms() + 5000;
	peer_says_step(1, "a");
	peer_says_step(2, "b");
	client_turn(&client, calls, CALLS, NULL, 0);
	client_turn(&client, calls, CALLS, NULL, 0);
	assert_true(calls[0].deadline_ms > clock_monotonic_ms() + 50000);
	assert_true(calls[1].deadline_ms <= clock_monotonic_ms() + 5000);
}

static void
take_result(void *arg, const void *message)
{
	str_copy(arg, 64, ((const struct msg_command_result *)message)->sentence);
}

static void
a_question_can_have_an_end_of_its_own(void **state)
{
	struct msg_command command = { .serial = "01P", .json = { (const uint8_t *)"{}", 2 } };
	char said[64] = "";
	struct client_question question = { .to = ROLE_WORKER, .number = MESSAGE_COMMAND, .message = &command,
					    .reply_number = MESSAGE_COMMAND_RESULT, .on_reply = take_result, .arg = said,
					    .watch_fd = -1 };

	(void)state;
	peer_says(MESSAGE_COMMAND_RESULT, 1, &(struct msg_command_result){ .sentence = "It is paused." });
	assert_int_equal(client_ask(&client, &question, NULL, &failure), OUTCOME_DONE);
	assert_string_equal(said, "It is paused.");
	/* DONE is not what was agreed for it. */
	peer_says(MESSAGE_DONE, 2, &(struct msg_done){ "" });
	expect_failure(client_ask(&client, &question, NULL, &failure), OUTCOME_FAILED, "an answer to something else");
}

static void
a_descriptor_goes_along_with_the_question(void **state)
{
	struct msg_report_want want = { "01P" };
	char control[CMSG_SPACE(sizeof(int))], byte = 'x';
	struct iovec iov = { frame, sizeof frame };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	int ends[2], passed = -1;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	struct client_question question = { .to = ROLE_WORKER, .number = MESSAGE_REPORT_WANT, .message = &want,
					    .fd = ends[1], .watch_fd = -1 };
	client_begin(&client, &question, &calls[0]);
	assert_true(calls[0].open);
	assert_int_equal(close(ends[1]), 0); /* it stayed ours */
	assert_true(recvmsg(peer, &message, MSG_DONTWAIT) > 0);
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	assert_non_null(head);
	assert_int_equal(head->cmsg_type, SCM_RIGHTS);
	memcpy(&passed, CMSG_DATA(head), sizeof passed);
	assert_int_equal(write(passed, &byte, 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(passed);
	close(ends[0]);
	/* A question that carries none carries none. */
	peer_says(MESSAGE_DONE, 2, &(struct msg_done){ "" });
	assert_int_equal(recall(), OUTCOME_DONE);
	message.msg_controllen = sizeof control;
	assert_true(recvmsg(peer, &message, MSG_DONTWAIT) > 0);
	assert_int_equal(message.msg_controllen, 0);
}

static void
other_descriptors_are_waited_for_too(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	struct pollfd also = { .fd = ends[0], .events = POLLIN };
	begin_all();
	assert_int_equal(write(ends[1], "x", 1), 1);
	client_turn(&client, calls, CALLS, &also, 1);
	assert_true(also.revents & POLLIN);
	assert_true(calls[0].open && calls[1].open && calls[2].open);
	close(ends[0]);
	close(ends[1]);
}

/* -- the way to the socket ------------------------------------------------------------------------------ */

static char folder[4096];

static int
make_folder(void **state)
{
	(void)state;
	str_copy(folder, sizeof folder, "/tmp/fusectl-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	memset(&failure, 0, sizeof failure);
	return 0;
}

static int
listen_in_folder(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	/* Bound from within: the folder's own path may be too long for a socket's name. */
	assert_int_equal(chdir(folder), 0);
	str_copy(address.sun_path, sizeof address.sun_path, "fused.sock");
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(listen(fd, 0), 0);
	return fd;
}

static enum outcome
open_in_folder(const char *name)
{
	static char path[8192];

	str_format(path, sizeof path, "%s/%s", folder, name);
	return client_open(&client, path, 300, &failure);
}

static int
remove_folder(void **state)
{
	char command[8192];

	(void)state;
	str_format(command, sizeof command, "rm -rf '%.30s'", folder);
	return system(command);
}

static void
where_nobody_listens_the_sentence_says_how_to_start(void **state)
{
	(void)state;
	expect_failure(open_in_folder("fused.sock"), OUTCOME_UNREACHABLE, "nothing listens there");
	assert_non_null(strstr(failure.remedy, "`fused`"));
	expect_failure(open_in_folder("no/such/fused.sock"), OUTCOME_UNREACHABLE, "nothing listens there");
	/* What a killed Fuse leaves behind. */
	close(listen_in_folder());
	expect_failure(open_in_folder("fused.sock"), OUTCOME_UNREACHABLE, "nothing listens there");
}

static void
what_is_no_socket_is_named(void **state)
{
	(void)state;
	expect_failure(open_in_folder("."), OUTCOME_UNREACHABLE, "is not Fuse's socket");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	str_format(address.sun_path, sizeof address.sun_path, "%s/stream", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	expect_failure(open_in_folder("stream"), OUTCOME_UNREACHABLE, "is not Fuse's socket");
	close(fd);
}

static void
a_path_longer_than_a_socket_s_name_works(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		size_t used = strlen(folder);
		str_format(folder + used, sizeof folder - used, "/a-folder-with-a-rather-long-name-%d", i);
		assert_int_equal(mkdir(folder, 0700), 0);
	}
	assert_true(strlen(folder) > 200);
	int fd = listen_in_folder();
	assert_int_equal(open_in_folder("fused.sock"), OUTCOME_DONE);
	client_close(&client);
	close(fd);
}

static void
a_path_that_no_system_takes_is_told(void **state)
{
	static char name[5000];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	expect_failure(open_in_folder(name), OUTCOME_USAGE, "longer than this system takes");
}

static void
a_full_door_is_left_when_time_is_up(void **state)
{
	struct client waiting[8];
	int count = 0;
	enum outcome outcome = OUTCOME_DONE;

	(void)state;
	int fd = listen_in_folder();
	while (count < 8 && outcome == OUTCOME_DONE) {
		outcome = open_in_folder("fused.sock");
		if (outcome == OUTCOME_DONE)
			waiting[count++] = client;
	}
	expect_failure(outcome, OUTCOME_TIMED_OUT, "did not open its door");
	while (count > 0)
		client_close(&waiting[--count]);
	close(fd);
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, meet, part)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PEER(parts_come_in_order_until_done),
		WITH_PEER(each_question_has_a_number_of_its_own),
		WITH_PEER(a_refusal_is_told_in_fuse_s_words),
		WITH_PEER(a_door_that_takes_nobody_in_is_heard),
		WITH_PEER(a_silent_peer_is_left_when_time_is_up),
		WITH_PEER(time_that_our_own_reader_takes_is_not_held_against_fuse),
		WITH_PEER(a_peer_that_goes_before_the_end_is_told),
		WITH_PEER(bytes_that_are_no_message_are_told),
		WITH_PEER(an_oversized_frame_is_told),
		WITH_PEER(another_build_is_named),
		WITH_PEER(an_answer_to_something_else_is_told),
		WITH_PEER(a_body_that_is_not_as_agreed_is_told),
		WITH_PEER(an_answer_without_end_ends),
		WITH_PEER(a_peer_that_reads_nothing_does_not_hold_us),
		WITH_PEER(an_argument_that_no_message_can_carry_is_not_sent),
		WITH_PEER(following_ends_when_nobody_reads_on),
		WITH_PEER(answers_find_their_questions_in_any_order),
		WITH_PEER(one_that_is_late_leaves_the_others),
		WITH_PEER(a_lost_connection_is_the_end_of_all),
		WITH_PEER(each_step_gives_a_patient_question_its_time_again),
		WITH_PEER(a_question_can_have_an_end_of_its_own),
		WITH_PEER(a_descriptor_goes_along_with_the_question),
		WITH_PEER(other_descriptors_are_waited_for_too),
		WITH_FOLDER(where_nobody_listens_the_sentence_says_how_to_start),
		WITH_FOLDER(what_is_no_socket_is_named),
		WITH_FOLDER(a_path_longer_than_a_socket_s_name_works),
		WITH_FOLDER(a_path_that_no_system_takes_is_told),
		WITH_FOLDER(a_full_door_is_left_when_time_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
