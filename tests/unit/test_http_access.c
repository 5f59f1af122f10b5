/*
 * Who may do what over HTTP, without a connection: sessions and their ends, how guessing is slowed, under which names
 * Fuse is served, what Cookie and Authorization say, and the verdict. Time is an argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "httpd/access.h"
#include "httpd/hosts.h"

#define DAY_MS ((int64_t)86400 * 1000)

/* -- sessions ------------------------------------------------------------------------------------------- */

static struct sessions sessions;

static uint32_t
find(const char *id, int64_t now_ms)
{
	return sessions_find(&sessions, id, strlen(id), now_ms);
}

static void
a_session_is_found_by_its_id_and_kept_by_its_hash(void **state)
{
	char id[SESSION_ID_BYTES], other[SESSION_ID_BYTES];

	(void)state;
	memset(&sessions, 0, sizeof sessions);
	uint32_t number = sessions_begin(&sessions, 1000, id);
	assert_int_equal(strlen(id), 43);
	assert_int_equal(find(id, 1001), number);
	assert_int_equal(sessions_find(&sessions, id, 42, 1001), 0);
	assert_int_equal(find("", 1001), 0);
	sessions_begin(&sessions, 1000, other);
	assert_string_not_equal(id, other);
	assert_int_not_equal(find(other, 1001), number);
	for (size_t i = 0; i + strlen(id) <= sizeof sessions; i++)
		assert_memory_not_equal((const char *)&sessions + i, id, strlen(id));
	sessions_end(&sessions, number);
	assert_int_equal(find(id, 1002), 0);
	assert_int_not_equal(find(other, 1002), 0);
	sessions_end_all(&sessions);
	assert_int_equal(find(other, 1002), 0);
}

static void
a_session_ends_after_a_week_unused_and_after_a_month(void **state)
{
	char id[SESSION_ID_BYTES], used[SESSION_ID_BYTES];

	(void)state;
	memset(&sessions, 0, sizeof sessions);
	uint32_t number = sessions_begin(&sessions, 0, id);
	assert_true(sessions_has(&sessions, number, SESSION_IDLE_MS - 1));
	assert_false(sessions_has(&sessions, number, SESSION_IDLE_MS));
	assert_int_equal(find(id, SESSION_IDLE_MS), 0);
	sessions_begin(&sessions, 0, used);
	for (int64_t day = 1; day < 30; day++)
		assert_int_not_equal(find(used, day * DAY_MS), 0);
	assert_int_equal(find(used, 30 * DAY_MS), 0);
}

static void
a_session_is_raised_for_five_minutes(void **state)
{
	char id[SESSION_ID_BYTES];

	(void)state;
	memset(&sessions, 0, sizeof sessions);
	uint32_t number = sessions_begin(&sessions, 0, id);
	assert_true(sessions_is_raised(&sessions, number, SESSION_RAISED_MS - 1));
	assert_false(sessions_is_raised(&sessions, number, SESSION_RAISED_MS));
	sessions_raise(&sessions, number, DAY_MS);
	assert_true(sessions_is_raised(&sessions, number, DAY_MS + SESSION_RAISED_MS - 1));
	assert_false(sessions_is_raised(&sessions, number + 1, DAY_MS));
}

static void
the_one_that_was_not_seen_longest_makes_room(void **state)
{
	char first[SESSION_ID_BYTES], second[SESSION_ID_BYTES], id[SESSION_ID_BYTES];

	(void)state;
	memset(&sessions, 0, sizeof sessions);
	sessions_begin(&sessions, 0, first);
	sessions_begin(&sessions, 1, second);
	for (int i = 2; i < SESSIONS_MAX; i++)
		sessions_begin(&sessions, i, id);
	assert_int_not_equal(find(first, 100), 0); /* it was seen now */
	sessions_begin(&sessions, 101, id);
	assert_int_not_equal(find(first, 102), 0);
	assert_int_equal(find(second, 102), 0);
}

/* -- tries ------------------------------------------------------------------------------------------------ */

static struct tries tries;

static struct in6_addr
address_of(const char *text)
{
	struct in6_addr address = { 0 };

	if (inet_pton(AF_INET, text, &address.s6_addr[12]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

/* A try at `now_ms`; returns how long it had to wait (and was not made). */
static int64_t
try_from(const char *from, int64_t now_ms)
{
	struct in6_addr address = address_of(from);
	int64_t wait_ms = tries_wait_ms(&tries, &address, now_ms);

	if (wait_ms == 0)
		tries_begin(&tries, &address, now_ms);
	return wait_ms;
}

static void
guessing_waits_twice_as_long_each_time_up_to_a_minute(void **state)
{
	int64_t now_ms = 0;

	(void)state;
	memset(&tries, 0, sizeof tries);
	for (int i = 0; i < TRIES_FREE; i++)
		assert_int_equal(try_from("10.0.0.1", now_ms), 0);
	for (int64_t wait_ms = 1000; wait_ms <= 4 * TRIES_WAIT_MAX_MS; wait_ms *= 2) {
		int64_t due_ms = wait_ms < TRIES_WAIT_MAX_MS ? wait_ms : TRIES_WAIT_MAX_MS;
		assert_int_equal(try_from("10.0.0.1", now_ms), due_ms);
		assert_int_equal(try_from("10.0.0.1", now_ms + due_ms - 1), 1);
		now_ms += due_ms;
		assert_int_equal(try_from("10.0.0.1", now_ms), 0);
	}
	assert_int_equal(try_from("10.0.0.2", now_ms), 0);
	/* A quarter of an hour without one, and all is forgiven. */
	assert_int_equal(try_from("10.0.0.1", now_ms + TRIES_FORGIVEN_MS), 0);
	assert_int_equal(try_from("10.0.0.1", now_ms + TRIES_FORGIVEN_MS), 0);
}

static void
many_at_once_are_no_way_round(void **state)
{
	int made = 0;

	(void)state;
	memset(&tries, 0, sizeof tries);
	for (int i = 0; i < 100; i++)
		made += try_from("10.0.0.1", 5) == 0;
	assert_int_equal(made, TRIES_FREE);
}

static void
the_right_one_forgives_and_is_remembered(void **state)
{
	struct in6_addr owner = address_of("10.0.0.1");
	char from[16];

	(void)state;
	memset(&tries, 0, sizeof tries);
	for (int i = 0; i < TRIES_FREE; i++)
		try_from("10.0.0.1", 0);
	tries_right(&tries, &owner, 0);
	assert_int_equal(try_from("10.0.0.1", 0), 0);
	/* Strangers from everywhere: each is slowed by the others, the owner is not. */
	for (int i = 0; i < 100; i++) {
		str_format(from, sizeof from, "10.1.0.%d", i + 1);
		try_from(from, 10);
	}
	assert_true(try_from("10.2.0.1", 10) > 0);
	assert_true(try_from("10.2.0.1", 10) <= TRIES_WAIT_MAX_IN_TOTAL_MS);
	assert_int_equal(try_from("10.0.0.1", 10), 0);
	/* A month later it is a stranger too. */
	for (int i = 0; i < 100; i++) {
		str_format(from, sizeof from, "10.3.0.%d", i + 1);
		try_from(from, TRIES_REMEMBERED_MS);
	}
	assert_true(try_from("10.0.0.1", TRIES_REMEMBERED_MS) > 0);
}

static void
a_network_of_ipv6_is_one_guesser(void **state)
{
	char from[40];
	int made = 0;

	(void)state;
	memset(&tries, 0, sizeof tries);
	for (int i = 0; i < 20; i++) {
		str_format(from, sizeof from, "2001:db8:1:2::%x", i + 1);
		made += try_from(from, 0) == 0;
	}
	assert_int_equal(made, TRIES_FREE);
	assert_int_equal(try_from("2001:db8:1:3::1", 0), 0);
}

static void
what_was_neither_right_nor_wrong_does_not_count(void **state)
{
	struct in6_addr address = address_of("10.0.0.1");

	(void)state;
	memset(&tries, 0, sizeof tries);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(try_from("10.0.0.1", 0), 0);
		tries_void(&tries, &address);
	}
	tries_void(&tries, &address);
	assert_int_equal(tries.total.wrong, 0);
}

static void
more_addresses_than_places_push_out_no_owner(void **state)
{
	struct in6_addr owner = address_of("192.168.1.2");
	char from[24];

	(void)state;
	memset(&tries, 0, sizeof tries);
	tries_right(&tries, &owner, 0);
	for (int i = 0; i < 2 * TRIES_PEERS_MAX; i++) {
		/* Spread over hours, so that none has to wait. */
		str_format(from, sizeof from, "10.%d.%d.1", i / 200, i % 200 + 1);
		try_from(from, (i + 1) * TRIES_FORGIVEN_MS);
	}
	assert_int_equal(tries_wait_ms(&tries, &owner, 2 * TRIES_PEERS_MAX * TRIES_FORGIVEN_MS), 0);
	bool there = false;
	for (size_t i = 0; i < TRIES_PEERS_MAX; i++)
		there = there || memcmp(&tries.peers[i].address, &owner, sizeof owner) == 0;
	assert_true(there);
}

/* -- names ----------------------------------------------------------------------------------------------------- */

static void
a_network_listener_is_served_under_its_own_names(void **state)
{
	const struct host_place place = { true, "0.0.0.0:8888", "192.168.1.5", "shed", "farm.example, b.example" };
	static const char *const ours[] = { "192.168.1.5", "192.168.1.5:8888", "shed", "SHED:1", "shed.local", "Fuse.Local",
					    "farm.example:443", "b.example" };
	static const char *const foreign[] = { "", "0.0.0.0", "localhost", "127.0.0.1", "[::1]", "192.168.1.50", "shed.locals",
					       "xshed", ".local", "a.farm.example", "farm.example.", "example", "farm.example,",
					       "b.example:x", ", ", "192.168.1.5@attacker.example" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(ours); i++)
		assert_int_equal(host_judge(ours[i], &place), HOST_OURS);
	for (size_t i = 0; i < STR_ARRAY_LEN(foreign); i++)
		assert_int_equal(host_judge(foreign[i], &place), HOST_FOREIGN);
}

static void
this_machine_is_this_machine_only_at_its_own_listener(void **state)
{
	struct host_place place = { false, "127.0.0.1:8888", "127.0.0.1", "shed", "" };

	(void)state;
	assert_int_equal(host_judge("localhost:8888", &place), HOST_THIS_MACHINE);
	assert_int_equal(host_judge("127.0.0.1", &place), HOST_THIS_MACHINE);
	assert_int_equal(host_judge("shed.local", &place), HOST_OURS);
	place.guarded = true;
	assert_int_equal(host_judge("localhost", &place), HOST_OURS);
	assert_int_equal(host_judge("127.0.0.1", &place), HOST_OURS);
	place.bound = "[::]:8888";
	place.local = "fd00::5";
	place.hostname = "";
	assert_int_equal(host_judge("[fd00::5]:8888", &place), HOST_OURS);
	assert_int_equal(host_judge("[fd00::5", &place), HOST_FOREIGN);
	assert_int_equal(host_judge("fd00::5", &place), HOST_FOREIGN);
	assert_int_equal(host_judge("localhost", &place), HOST_FOREIGN);
	assert_int_equal(host_judge(".local", &place), HOST_FOREIGN);
}

/* -- headers ------------------------------------------------------------------------------------------------------ */

static void
assert_cookie(const char *header, const char *value)
{
	struct credential found = credential_of_cookie(header, "fuse_session");

	if (value == NULL) {
		assert_null(found.text);
	} else {
		assert_non_null(found.text);
		assert_int_equal(found.len, strlen(value));
		assert_memory_equal(found.text, value, found.len);
	}
}

static void
a_cookie_is_found_among_others(void **state)
{
	char longest[400] = "fuse_session=";

	(void)state;
	assert_cookie("fuse_session=abc", "abc");
	assert_cookie("a=1; fuse_session=abc; b=2", "abc");
	assert_cookie("  fuse_session=abc  ;x", "abc");
	assert_cookie("fuse_session=first; fuse_session=second", "first");
	assert_cookie("__Host-fuse_session=abc", NULL);
	assert_cookie("xfuse_session=abc; fuse_session2=abc; fuse_session", NULL);
	assert_cookie("fuse_session=", NULL);
	assert_cookie("fuse_session=a b", NULL);
	assert_cookie("fuse_session=\"abc\"", NULL);
	assert_cookie("fuse_session=a,b", NULL);
	assert_cookie("", NULL);
	assert_cookie(";;; ;", NULL);
	memset(longest + 13, 'x', CREDENTIAL_MAX_BYTES);
	assert_cookie(longest, longest + 13);
	longest[13 + CREDENTIAL_MAX_BYTES] = 'x';
	assert_cookie(longest, NULL);
}

static void
a_bearer_is_one_word(void **state)
{
	(void)state;
	struct credential found = credential_of_bearer("bearer   abc-_.~+/=");
	assert_int_equal(found.len, 10);
	assert_null(credential_of_bearer("Bearer").text);
	assert_null(credential_of_bearer("Bearer ").text);
	assert_null(credential_of_bearer("Bearer a b").text);
	assert_null(credential_of_bearer("BearerX abc").text);
	assert_null(credential_of_bearer("Basic YTpi").text);
	assert_null(credential_of_bearer("").text);
}

/* -- the verdict ---------------------------------------------------------------------------------------------------- */

static struct access *who;
static struct pass pass;
static int64_t wait_ms;

static int
set_up(void **state)
{
	struct header header = { .number = MESSAGE_ACCESS };
	struct msg_access told = { .password_set = true, .epoch = 7 };

	(void)state;
	who = access_new();
	access_on_message(who, &header, &told);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	access_free(who);
	return 0;
}

static void
tell_token(uint32_t place, const char *token, bool full)
{
	struct header header = { .number = MESSAGE_TOKEN, .retain_key = place };
	struct msg_token told = { .full = full };
	uint8_t digest[DIGEST_BYTES];

	str_format(told.id, sizeof told.id, "%08x", place);
	digest_of(token, strlen(token), digest);
	str_hex(digest, sizeof digest, told.sha256);
	assert_true(access_on_message(who, &header, &told));
}

static struct visitor
with_token(const char *token)
{
	return (struct visitor){ .bearer = { token, strlen(token) } };
}

static enum access_verdict
judge(const struct visitor *visitor, enum route_access wanted, bool reads, int64_t now_ms)
{
	return access_judge(who, visitor, wanted, reads, now_ms, &pass, &wait_ms);
}

static void
a_stranger_gets_what_is_open_to_all(void **state)
{
	struct visitor stranger = { 0 };
	struct header header = { .number = MESSAGE_ACCESS };
	struct msg_access none = { .password_set = false };

	(void)state;
	assert_int_equal(judge(&stranger, ROUTE_OPEN, false, 0), ACCESS_GRANTED);
	for (int wanted = ROUTE_LOGIN; wanted <= ROUTE_RAISED; wanted++)
		assert_int_equal(judge(&stranger, wanted, true, 0), ACCESS_LOGIN_NEEDED);
	access_on_message(who, &header, &none);
	assert_int_equal(judge(&stranger, ROUTE_LOGIN, true, 0), ACCESS_SETUP_NEEDED);
	stranger.this_machine = true;
	for (int wanted = ROUTE_OPEN; wanted <= ROUTE_RAISED; wanted++)
		assert_int_equal(judge(&stranger, wanted, false, 0), ACCESS_GRANTED);
}

static void
a_session_may_all_but_needs_the_password_anew(void **state)
{
	char id[SESSION_ID_BYTES];
	struct header header = { .number = MESSAGE_ACCESS };
	struct msg_access same = { .password_set = true, .epoch = 7 }, other = { .password_set = true, .epoch = 8 };

	(void)state;
	sessions_begin(&who->sessions, 0, id);
	struct visitor owner = { .session = { id, strlen(id) } };
	for (int wanted = ROUTE_OPEN; wanted <= ROUTE_RAISED; wanted++)
		assert_int_equal(judge(&owner, wanted, false, 1), ACCESS_GRANTED);
	assert_int_equal(judge(&owner, ROUTE_RAISED, false, SESSION_RAISED_MS), ACCESS_PASSWORD_NEEDED);
	assert_int_equal(judge(&owner, ROUTE_OWNER, false, SESSION_RAISED_MS), ACCESS_GRANTED);
	assert_true(access_still_holds(who, &pass, SESSION_RAISED_MS));
	/* The store starts anew and says the same; then there is another password. */
	access_on_message(who, &header, &same);
	assert_int_equal(judge(&owner, ROUTE_LOGIN, false, SESSION_RAISED_MS), ACCESS_GRANTED);
	access_on_message(who, &header, &other);
	assert_false(access_still_holds(who, &pass, SESSION_RAISED_MS));
	assert_int_equal(judge(&owner, ROUTE_LOGIN, false, SESSION_RAISED_MS), ACCESS_LOGIN_NEEDED);
}

static void
a_token_may_what_it_is_made_for(void **state)
{
	char id[SESSION_ID_BYTES];
	struct visitor reader = with_token("fuse_reader"), robot = with_token("fuse_robot");
	struct header gone = { .number = MESSAGE_TOKEN, .flags = HEADER_FLAG_CLEAR, .retain_key = 63 };

	(void)state;
	tell_token(0, "fuse_reader", false);
	tell_token(63, "fuse_robot", true);
	assert_int_equal(judge(&reader, ROUTE_LOGIN, true, 0), ACCESS_GRANTED);
	assert_int_equal(judge(&reader, ROUTE_LOGIN, false, 0), ACCESS_READ_ONLY);
	assert_int_equal(judge(&robot, ROUTE_LOGIN, false, 0), ACCESS_GRANTED);
	sessions_begin(&who->sessions, 0, id);
	robot.session = (struct credential){ id, strlen(id) };
	assert_int_equal(judge(&robot, ROUTE_OWNER, true, 0), ACCESS_NOT_BY_TOKEN);
	assert_int_equal(judge(&robot, ROUTE_RAISED, true, 0), ACCESS_NOT_BY_TOKEN);
	assert_true(access_still_holds(who, &pass, 0));
	access_on_message(who, &gone, &(struct msg_token){ 0 });
	assert_false(access_still_holds(who, &pass, 0));
	assert_int_equal(judge(&robot, ROUTE_LOGIN, true, 0), ACCESS_LOGIN_NEEDED);
}

static void
wrong_tokens_wait_and_right_ones_never_do(void **state)
{
	struct visitor wrong = with_token("fuse_wrong"), right = with_token("fuse_reader");

	(void)state;
	tell_token(0, "fuse_reader", false);
	for (int i = 0; i < TRIES_FREE; i++)
		assert_int_equal(judge(&wrong, ROUTE_LOGIN, true, 0), ACCESS_LOGIN_NEEDED);
	assert_int_equal(judge(&wrong, ROUTE_LOGIN, true, 0), ACCESS_TOO_MANY_TRIES);
	assert_int_equal(wait_ms, 1000);
	assert_int_equal(judge(&right, ROUTE_LOGIN, true, 0), ACCESS_GRANTED);
	assert_int_equal(judge(&wrong, ROUTE_OPEN, true, 0), ACCESS_GRANTED);
}

static void
a_token_is_told_of_once_a_day(void **state)
{
	struct visitor reader = with_token("fuse_reader");

	(void)state;
	tell_token(5, "fuse_reader", false);
	judge(&reader, ROUTE_LOGIN, true, 0);
	assert_true(access_is_news(who, &pass, 20000 * DAY_MS + 1));
	assert_false(access_is_news(who, &pass, 20001 * DAY_MS - 1));
	assert_true(access_is_news(who, &pass, 20001 * DAY_MS));
	assert_false(access_is_news(who, &(struct pass){ .kind = PASS_THIS_MACHINE }, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_found_by_its_id_and_kept_by_its_hash),
		cmocka_unit_test(a_session_ends_after_a_week_unused_and_after_a_month),
		cmocka_unit_test(a_session_is_raised_for_five_minutes),
		cmocka_unit_test(the_one_that_was_not_seen_longest_makes_room),
		cmocka_unit_test(guessing_waits_twice_as_long_each_time_up_to_a_minute),
		cmocka_unit_test(many_at_once_are_no_way_round),
		cmocka_unit_test(the_right_one_forgives_and_is_remembered),
		cmocka_unit_test(a_network_of_ipv6_is_one_guesser),
		cmocka_unit_test(what_was_neither_right_nor_wrong_does_not_count),
		cmocka_unit_test(more_addresses_than_places_push_out_no_owner),
		cmocka_unit_test(a_network_listener_is_served_under_its_own_names),
		cmocka_unit_test(this_machine_is_this_machine_only_at_its_own_listener),
		cmocka_unit_test(a_cookie_is_found_among_others),
		cmocka_unit_test(a_bearer_is_one_word),
		cmocka_unit_test_setup_teardown(a_stranger_gets_what_is_open_to_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_session_may_all_but_needs_the_password_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_token_may_what_it_is_made_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_tokens_wait_and_right_ones_never_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_token_is_told_of_once_a_day, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
