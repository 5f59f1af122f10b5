/*
 * fusectl asks Fuse several things at once, each with its answers, its time and its end; and what else a question may
 * have: an end of its own, a descriptor, others that are waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>

#include <cmocka.h>

#include "common/clock.h"
#include "ipc/terms.h"

#include "tests/unit/client_rig.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PEER(answers_find_their_questions_in_any_order),
		WITH_PEER(one_that_is_late_leaves_the_others),
		WITH_PEER(a_lost_connection_is_the_end_of_all),
		WITH_PEER(each_step_gives_a_patient_question_its_time_again),
		WITH_PEER(a_question_can_have_an_end_of_its_own),
		WITH_PEER(a_descriptor_goes_along_with_the_question),
		WITH_PEER(other_descriptors_are_waited_for_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
