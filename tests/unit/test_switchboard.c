/*
 * The switchboard: who may say what to whom, who answers whom, and what is kept for whom comes later.
 * Peers are real sockets; the tests sit at their far ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "supervisor/switchboard.h"

struct seat {
	struct peer peer;
	int far_fd;
	char offence[OFFENCE_BYTES];
};

static struct loop *loop;
static struct switchboard *board;
static struct seat stored, httpd, worker[2], ctl;
static struct header heard; /* by the supervisor */

static const struct channel_limits limits = { .queue_frames = 512, .queue_bytes = 1 << 20, .frames_per_turn = 16 };

static void
nothing_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	(void)arg, (void)header, (void)body, (void)body_len, (void)fd;
}

static void
nothing_closed(void *arg, const char *fault)
{
	(void)arg, (void)fault;
}

static const struct channel_events channel_events = { nothing_frame, nothing_closed };

static void
on_message(void *arg, struct peer *peer, const struct header *header, const void *message, int fd)
{
	(void)arg, (void)peer, (void)message;
	heard = *header;
	if (fd >= 0)
		close(fd);
}

static void
on_offence(void *arg, struct peer *peer, const char *what)
{
	(void)arg;
	str_copy(((struct seat *)peer->owner)->offence, OFFENCE_BYTES, what);
}

static void
sit(struct seat *seat, enum role role, uint16_t slot, uint32_t generation)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	seat->offence[0] = '\0';
	seat->far_fd = fds[1];
	peer_init(&seat->peer, role, slot, generation, seat);
	seat->peer.channel = channel_new(loop, fds[0], &limits, &channel_events, seat);
	seat->peer.greeted = true;
	switchboard_attach(board, &seat->peer);
}

static void
rise(struct seat *seat)
{
	switchboard_detach(board, &seat->peer);
	close(seat->far_fd);
}

static int
open_board(void **state)
{
	static const struct switchboard_events board_events = { on_message, on_offence };

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	board = switchboard_new(&board_events, NULL);
	switchboard_add_place(board, ROLE_STORED, 0);
	switchboard_add_place(board, ROLE_HTTPD, 0);
	switchboard_add_place(board, ROLE_CTL, 0);
	for (uint16_t i = 0; i < 2; i++)
		switchboard_add_place(board, ROLE_WORKER, i);
	sit(&stored, ROLE_STORED, 0, 11);
	sit(&httpd, ROLE_HTTPD, 0, 12);
	sit(&worker[0], ROLE_WORKER, 0, 13);
	sit(&worker[1], ROLE_WORKER, 1, 14);
	sit(&ctl, ROLE_CTL, 0, 1);
	heard = (struct header){ 0 };
	return 0;
}

static int
close_board(void **state)
{
	struct seat *seats[] = { &stored, &httpd, &worker[0], &worker[1], &ctl };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(seats); i++)
		if (seats[i]->peer.channel != NULL)
			rise(seats[i]);
	switchboard_free(board);
	loop_free(loop);
	return 0;
}

/* `seat` says a message; its body is encoded as the table says. */
static void
says(struct seat *seat, struct header header, const void *message)
{
	uint8_t body[4096];
	ssize_t len = message_encode(message_spec_peek(header.number), message, body, sizeof body);

	assert_true(len >= 0);
	if (header.generation == 0)
		header.generation = seat->peer.generation;
	switchboard_on_frame(board, &seat->peer, &header, body, (size_t)len, -1);
}

/* The next frame that came to `seat`; false when there is none. */
static bool
hears(struct seat *seat, struct header *ret_header, uint8_t *ret_body, size_t *ret_len)
{
	uint8_t frame[8192];
	ssize_t n = recv(seat->far_fd, frame, sizeof frame, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	assert_int_equal(header_decode(frame, (size_t)n, ret_header), HEADER_FINE);
	*ret_len = (size_t)n - HEADER_BYTES;
	memcpy(ret_body, frame + HEADER_BYTES, *ret_len);
	return true;
}

static uint8_t body[8192];
static size_t body_len;
static struct header header;

#define HEARS(seat) hears((seat), &header, body, &body_len)

static const struct msg_setting_set wish = { .name = "logLevel", .value = "debug" };
static const struct header to_stored = { .number = MESSAGE_SETTING_SET, .to_role = ROLE_STORED, .request_id = 7 };

static void
expect_refusal(struct seat *seat, enum refusal reason)
{
	struct msg_refused refused;

	assert_true(HEARS(seat));
	assert_int_equal(header.number, MESSAGE_REFUSED);
	assert_true(msg_refused_decode(body, body_len, &refused));
	assert_int_equal(refused.reason, reason);
	assert_true(strlen(refused.sentence) > 10);
}

static void
a_request_is_stamped_with_its_true_sender(void **state)
{
	(void)state;
	says(&ctl, to_stored, &wish);
	assert_true(HEARS(&stored));
	assert_int_equal(header.from_role, ROLE_CTL);
	assert_int_equal(header.from_slot, 0);
	assert_int_equal(header.generation, 1);
}

static void
an_answer_finds_its_way_back_once(void **state)
{
	struct msg_done done = { 0 };
	struct header reply = { .number = MESSAGE_DONE, .to_role = ROLE_CTL, .to_generation = 1, .request_id = 7 };

	(void)state;
	says(&ctl, to_stored, &wish);
	says(&stored, reply, &done);
	assert_true(HEARS(&ctl));
	assert_int_equal(header.request_id, 7);
	says(&stored, reply, &done);
	assert_non_null(strstr(stored.offence, "nobody waits for"));
	assert_false(HEARS(&ctl));
}

static void
a_worker_cannot_speak_for_another(void **state)
{
	struct msg_secret_want want = { .name = "printer/X" };
	struct header forged = { .number = MESSAGE_SECRET_WANT, .to_role = ROLE_STORED, .request_id = 3,
				 .from_role = ROLE_WORKER, .from_slot = 1 };

	(void)state;
	says(&worker[0], forged, &want);
	assert_non_null(strstr(worker[0].offence, "in the name of another"));
	assert_false(HEARS(&stored));
	forged = (struct header){ .number = MESSAGE_SECRET_WANT, .to_role = ROLE_STORED, .request_id = 3,
				  .from_role = ROLE_GATEWAYD };
	worker[0].peer.offended = false;
	says(&worker[0], forged, &want);
	assert_non_null(strstr(worker[0].offence, "in the name of another"));
	assert_false(HEARS(&stored));
}

static void
what_the_table_forbids_is_an_offence(void **state)
{
	(void)state;
	says(&worker[1], to_stored, &wish);
	assert_non_null(strstr(worker[1].offence, "sent SETTING_SET to stored, which a worker may not"));
	assert_false(HEARS(&stored));
	/* and the offender is not heard any more, whatever it says */
	struct msg_pong pong = { .sequence = 1 };
	says(&worker[1], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR }, &pong);
	assert_int_equal(heard.number, 0);
}

static void
unknown_numbers_and_oversized_bodies_are_offences(void **state)
{
	static uint8_t large[4000];
	struct header unknown = { .number = 999, .to_role = ROLE_SUPERVISOR, .generation = 13 };
	struct header pong = { .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR, .generation = 14 };

	(void)state;
	switchboard_on_frame(board, &worker[0].peer, &unknown, large, 0, -1);
	assert_non_null(strstr(worker[0].offence, "unknown number 999"));
	switchboard_on_frame(board, &worker[1].peer, &pong, large, sizeof large, -1);
	assert_non_null(strstr(worker[1].offence, "oversized PONG"));
}

static void
a_malformed_body_is_the_senders_offence(void **state)
{
	struct header ready = { .number = MESSAGE_READY, .to_role = ROLE_SUPERVISOR, .generation = 13 };

	(void)state;
	switchboard_on_frame(board, &worker[0].peer, &ready, (const uint8_t *)"\x91\xa1", 2, -1);
	assert_non_null(strstr(worker[0].offence, "malformed READY: it ends too early"));
}

static void
a_descriptor_where_none_belongs_is_an_offence_and_is_closed(void **state)
{
	struct header pong = { .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR, .generation = 13 };
	int fd = dup(0);

	(void)state;
	switchboard_on_frame(board, &worker[0].peer, &pong, (const uint8_t *)"\x91\x01", 2, fd);
	assert_non_null(strstr(worker[0].offence, "with a descriptor"));
	assert_int_equal(dup(0), fd);
	close(fd);
}

static void
what_a_dead_incarnation_said_is_dropped(void **state)
{
	struct msg_pong pong = { .sequence = 1 };

	(void)state;
	says(&worker[0], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR, .generation = 5 }, &pong);
	assert_int_equal(heard.number, 0);
	assert_int_equal(worker[0].peer.stale, 1);
	assert_string_equal(worker[0].offence, "");
	says(&worker[0], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR }, &pong);
	assert_int_equal(heard.number, MESSAGE_PONG);
}

static void
before_hello_nothing_counts_and_hello_comes_once(void **state)
{
	struct msg_pong pong = { .sequence = 1 };
	struct msg_hello hello = { .version = "1" };

	(void)state;
	worker[0].peer.greeted = false;
	says(&worker[0], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR }, &pong);
	assert_non_null(strstr(worker[0].offence, "before HELLO"));
	says(&worker[1], (struct header){ .number = MESSAGE_HELLO, .to_role = ROLE_SUPERVISOR }, &hello);
	assert_non_null(strstr(worker[1].offence, "a second time"));
}

static void
a_request_to_one_that_does_not_run_is_refused_at_once(void **state)
{
	(void)state;
	rise(&stored);
	says(&ctl, to_stored, &wish);
	expect_refusal(&ctl, REFUSAL_UNREACHABLE);
}

static void
a_request_whose_receiver_dies_is_answered_all_the_same(void **state)
{
	(void)state;
	says(&ctl, to_stored, &wish);
	rise(&stored);
	expect_refusal(&ctl, REFUSAL_DIED);
	assert_int_equal(header.request_id, 7);
}

static void
the_257th_open_request_is_refused_busy(void **state)
{
	struct header request = to_stored;

	(void)state;
	for (uint32_t i = 1; i <= OPEN_REQUESTS_MAX; i++) {
		request.request_id = i;
		says(&ctl, request, &wish);
		assert_true(HEARS(&stored));
	}
	assert_false(HEARS(&ctl));
	request.request_id = 1000;
	says(&ctl, request, &wish);
	expect_refusal(&ctl, REFUSAL_BUSY);
	assert_false(HEARS(&stored));
}

static void
an_answer_to_a_requester_that_was_reborn_is_dropped(void **state)
{
	struct msg_secret_want want = { .name = "printer/X" };
	struct msg_done done = { 0 };

	(void)state;
	says(&worker[0], (struct header){ .number = MESSAGE_SECRET_WANT, .to_role = ROLE_STORED, .request_id = 3 }, &want);
	rise(&worker[0]);
	sit(&worker[0], ROLE_WORKER, 0, 99);
	says(&stored, (struct header){ .number = MESSAGE_DONE, .to_role = ROLE_WORKER, .to_generation = 13, .request_id = 3 }, &done);
	assert_string_equal(stored.offence, "");
	assert_false(HEARS(&worker[0]));
}

static void
retained_messages_reach_all_and_are_replayed_to_who_comes_later(void **state)
{
	struct msg_setting setting = { .name = "logLevel", .value = "info" };
	struct msg_setting got;

	(void)state;
	for (uint32_t key = 0; key < 3; key++)
		says(&stored, (struct header){ .number = MESSAGE_SETTING, .retain_key = key }, &setting);
	str_copy(setting.value, sizeof setting.value, "debug");
	says(&stored, (struct header){ .number = MESSAGE_SETTING, .retain_key = 1 }, &setting);
	assert_int_equal(heard.number, MESSAGE_SETTING); /* the supervisor is among its receivers */
	for (int i = 0; i < 4; i++)
		assert_true(HEARS(&worker[0]));
	assert_false(HEARS(&worker[0]));
	rise(&worker[0]);
	sit(&worker[0], ROLE_WORKER, 0, 20);
	switchboard_replay(board, &worker[0].peer);
	for (uint32_t key = 0; key < 3; key++) {
		assert_true(HEARS(&worker[0]));
		assert_int_equal(header.retain_key, key);
		assert_int_equal(header.from_role, ROLE_STORED);
		assert_true(msg_setting_decode(body, body_len, &got));
		assert_string_equal(got.value, key == 1 ? "debug" : "info");
	}
	assert_false(HEARS(&worker[0]));
	assert_false(HEARS(&ctl)); /* a fusectl gets them when it asks */
	switchboard_recall(board, &ctl.peer, &(struct header){ .request_id = 5 }, MESSAGE_SETTING);
	for (int i = 0; i < 3; i++)
		assert_true(HEARS(&ctl) && header.number == MESSAGE_SETTING && header.request_id == 5);
	assert_true(HEARS(&ctl) && header.number == MESSAGE_DONE);
}

static void
the_supervisor_hears_also_that_something_is_true_no_longer(void **state)
{
	struct msg_printer printer = { .serial = "01P00A000000001", .model = "P1S" };
	struct header clear = { .number = MESSAGE_PRINTER, .retain_key = 9, .flags = HEADER_FLAG_CLEAR,
				.generation = 11, .to_slot = SLOT_ALL };

	(void)state;
	says(&stored, (struct header){ .number = MESSAGE_PRINTER, .retain_key = 9 }, &printer);
	assert_int_equal(heard.number, MESSAGE_PRINTER);
	assert_int_equal(heard.flags, 0);
	heard = (struct header){ 0 };
	switchboard_on_frame(board, &stored.peer, &clear, NULL, 0, -1);
	assert_int_equal(heard.number, MESSAGE_PRINTER);
	assert_int_equal(heard.retain_key, 9);
	assert_int_equal(heard.flags, HEADER_FLAG_CLEAR);
	/* Without its flag an empty one is malformed. */
	heard = (struct header){ 0 };
	clear.flags = 0;
	switchboard_on_frame(board, &stored.peer, &clear, NULL, 0, -1);
	assert_int_equal(heard.number, 0);
	assert_non_null(strstr(stored.offence, "sent a malformed PRINTER"));
}

static void
a_place_that_goes_takes_its_retained_messages_along(void **state)
{
	struct msg_store_status status = { .sentence = "fine" };

	(void)state;
	says(&stored, (struct header){ .number = MESSAGE_STORE_STATUS }, &status);
	assert_true(HEARS(&httpd));
	rise(&stored);
	switchboard_remove_place(board, ROLE_STORED, 0);
	assert_true(HEARS(&httpd));
	assert_int_equal(header.flags, HEADER_FLAG_CLEAR);
	assert_int_equal(header.number, MESSAGE_STORE_STATUS);
	switchboard_replay(board, &worker[1].peer);
	assert_true(HEARS(&worker[1])); /* the live one from above */
	assert_true(HEARS(&worker[1])); /* its clearing */
	assert_false(HEARS(&worker[1]));
}

static void
a_sender_that_invents_keys_is_stopped(void **state)
{
	struct msg_setting setting = { .name = "x" };
	struct msg_printer_link link = { .serial = "01P" };

	(void)state;
	for (uint32_t key = 0; key < 600 && worker[0].offence[0] == '\0'; key++)
		says(&worker[0], (struct header){ .number = MESSAGE_PRINTER_LINK, .retain_key = key }, &link);
	assert_non_null(strstr(worker[0].offence, "more retained messages"));
	for (uint32_t key = 0; key < 4200 && stored.offence[0] == '\0'; key++)
		says(&stored, (struct header){ .number = MESSAGE_SETTING, .retain_key = key }, &setting);
	assert_non_null(strstr(stored.offence, "more retained messages"));
}

static void
a_flood_is_an_offence(void **state)
{
	struct msg_pong pong = { .sequence = 1 };

	(void)state;
	worker[0].peer.rate_per_s = 100;
	for (int i = 0; i < 500; i++)
		says(&worker[0], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR }, &pong);
	assert_string_equal(worker[0].offence, "");
	for (int i = 0; i < 2; i++)
		says(&worker[0], (struct header){ .number = MESSAGE_PONG, .to_role = ROLE_SUPERVISOR }, &pong);
	assert_non_null(strstr(worker[0].offence, "floods"));
}

static void
places_can_grow_without_losing_what_is_kept(void **state)
{
	struct msg_store_status status = { .sentence = "fine" };

	(void)state;
	says(&stored, (struct header){ .number = MESSAGE_STORE_STATUS }, &status);
	while (HEARS(&worker[1]))
		continue;
	for (uint16_t slot = 2; slot < 200; slot++)
		switchboard_add_place(board, ROLE_WORKER, slot);
	switchboard_add_place(board, ROLE_STORED, 100);
	switchboard_replay(board, &worker[1].peer);
	assert_true(HEARS(&worker[1]));
	assert_int_equal(header.number, MESSAGE_STORE_STATUS);
	assert_ptr_equal(switchboard_find(board, ROLE_WORKER, 1), &worker[1].peer);
}

static void
many_that_are_kept_are_found_replaced_and_cleared(void **state)
{
	struct header clear = { .number = MESSAGE_SETTING, .retain_key = 51, .flags = HEADER_FLAG_CLEAR };
	struct msg_setting setting = { .name = "x", .value = "old" };
	unsigned replayed = 0, fresh = 0;

	(void)state;
	for (uint32_t key = 0; key < 100; key++)
		says(&stored, (struct header){ .number = MESSAGE_SETTING, .retain_key = key }, &setting);
	switchboard_add_place(board, ROLE_STORED, 100); /* places move */
	str_copy(setting.value, sizeof setting.value, "new");
	says(&stored, (struct header){ .number = MESSAGE_SETTING, .retain_key = 50 }, &setting);
	clear.generation = stored.peer.generation;
	switchboard_on_frame(board, &stored.peer, &clear, NULL, 0, -1);
	while (HEARS(&worker[1]))
		continue;
	switchboard_replay(board, &worker[1].peer);
	while (HEARS(&worker[1])) {
		assert_int_not_equal(header.retain_key, 51);
		assert_true(msg_setting_decode(body, body_len, &setting));
		fresh += strcmp(setting.value, "new") == 0;
		replayed++;
	}
	assert_int_equal(replayed, 99);
	assert_int_equal(fresh, 1);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_board, close_board)
	const struct CMUnitTest tests[] = {
		STORY(a_request_is_stamped_with_its_true_sender),
		STORY(an_answer_finds_its_way_back_once),
		STORY(a_worker_cannot_speak_for_another),
		STORY(what_the_table_forbids_is_an_offence),
		STORY(unknown_numbers_and_oversized_bodies_are_offences),
		STORY(a_malformed_body_is_the_senders_offence),
		STORY(a_descriptor_where_none_belongs_is_an_offence_and_is_closed),
		STORY(what_a_dead_incarnation_said_is_dropped),
		STORY(before_hello_nothing_counts_and_hello_comes_once),
		STORY(a_request_to_one_that_does_not_run_is_refused_at_once),
		STORY(a_request_whose_receiver_dies_is_answered_all_the_same),
		STORY(the_257th_open_request_is_refused_busy),
		STORY(an_answer_to_a_requester_that_was_reborn_is_dropped),
		STORY(retained_messages_reach_all_and_are_replayed_to_who_comes_later),
		STORY(the_supervisor_hears_also_that_something_is_true_no_longer),
		STORY(a_place_that_goes_takes_its_retained_messages_along),
		STORY(a_sender_that_invents_keys_is_stopped),
		STORY(a_flood_is_an_offence),
		STORY(places_can_grow_without_losing_what_is_kept),
		STORY(many_that_are_kept_are_found_replaced_and_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
