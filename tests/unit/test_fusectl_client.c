/*
 * fusectl asks Fuse something. Whatever answers (Fuse, another build, nobody, a stranger), the asker gets an end in
 * time and a sentence. Several questions at once: test_fusectl_calls.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "common/clock.h"
#include "ipc/terms.h"

#include "tests/unit/client_rig.h"

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
		WITH_FOLDER(where_nobody_listens_the_sentence_says_how_to_start),
		WITH_FOLDER(what_is_no_socket_is_named),
		WITH_FOLDER(a_path_longer_than_a_socket_s_name_works),
		WITH_FOLDER(a_path_that_no_system_takes_is_told),
		WITH_FOLDER(a_full_door_is_left_when_time_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
