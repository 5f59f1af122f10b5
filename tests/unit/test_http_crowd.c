/*
 * httpd/crowd: who is let in, and who gives way for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "common/str.h"
#include "httpd/crowd.h"

#define NOW 100000

static struct crowd_guest guests[CROWD_MAX];
static size_t count;

static struct in6_addr
peer(const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return crowd_peer((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return crowd_peer((const struct sockaddr *)&v6);
}

static int
empty(void **state)
{
	(void)state;
	memset(guests, 0, sizeof guests);
	count = 0;
	return 0;
}

static void
come(size_t how_many, const char *address, enum crowd_stage stage, int64_t since_ms)
{
	for (size_t i = 0; i < how_many; i++)
		guests[count++] = (struct crowd_guest){ true, peer(address), stage, since_ms };
	assert_true(count <= CROWD_MAX);
}

static size_t
admit(const char *address)
{
	const struct in6_addr from = peer(address);

	return crowd_admit(guests, CROWD_MAX, &from, NOW);
}

static void
there_is_room_until_all_or_half_for_one_is_taken(void **state)
{
	(void)state;
	assert_int_equal(admit("10.0.0.1"), CROWD_ROOM);
	come(CROWD_PER_PEER_MAX - 1, "10.0.0.1", CROWD_WORK, 0);
	assert_int_equal(admit("10.0.0.1"), CROWD_ROOM);
	come(1, "10.0.0.1", CROWD_WORK, 0);
	assert_int_equal(admit("10.0.0.1"), CROWD_NO_ROOM);
	assert_int_equal(admit("10.0.0.2"), CROWD_ROOM);
	come(CROWD_MAX - CROWD_PER_PEER_MAX, "10.0.0.2", CROWD_WORK, 0);
	assert_int_equal(admit("10.0.0.3"), CROWD_NO_ROOM);
	guests[17].present = false;
	assert_int_equal(admit("10.0.0.3"), CROWD_ROOM);
}

static void
the_idle_give_way_first_and_the_oldest_of_them(void **state)
{
	static const struct { enum crowd_stage stage; int64_t since_ms; } order[] = {
		{ CROWD_IDLE, 500 },    { CROWD_IDLE, NOW },
		{ CROWD_HEADERS, 7 },   { CROWD_HEADERS, NOW },
		{ CROWD_BODY, 3 },      { CROWD_BODY, NOW - CROWD_PATIENCE_MS },
		{ CROWD_ANSWER, 1 },    { CROWD_ANSWER, NOW - CROWD_PATIENCE_MS },
	};

	(void)state;
	come(100, "10.0.0.1", CROWD_WORK, 0);
	come(100, "10.0.0.2", CROWD_BODY, NOW - CROWD_PATIENCE_MS + 1);
	come(CROWD_MAX - 200 - STR_ARRAY_LEN(order), "10.0.0.3", CROWD_ANSWER, NOW - CROWD_PATIENCE_MS + 1);
	for (size_t i = STR_ARRAY_LEN(order); i-- > 0;)
		come(1, "10.0.0.4", order[i].stage, order[i].since_ms);
	for (size_t i = 0; i < STR_ARRAY_LEN(order); i++) {
		assert_int_equal(admit("10.0.0.9"), count - 1 - i);
		guests[count - 1 - i].stage = CROWD_WORK;
	}
	assert_int_equal(admit("10.0.0.9"), CROWD_NO_ROOM);
}

/* One with many connections costs nobody else theirs: neither at its own limit nor when all is taken. */
static void
who_has_many_makes_room_among_its_own(void **state)
{
	(void)state;
	come(1, "10.0.0.7", CROWD_IDLE, 1);
	come(CROWD_PER_PEER_MAX - 1, "10.0.0.1", CROWD_WORK, 5);
	come(1, "10.0.0.1", CROWD_HEADERS, NOW);
	assert_int_equal(admit("10.0.0.1"), CROWD_PER_PEER_MAX);
	come(CROWD_MAX - CROWD_PER_PEER_MAX - 1 - CROWD_SHARE, "10.0.0.2", CROWD_HEADERS, 8);
	come(CROWD_SHARE, "10.0.0.3", CROWD_HEADERS, 9);
	assert_int_equal(count, CROWD_MAX);
	assert_int_equal(admit("10.0.0.3"), CROWD_MAX - CROWD_SHARE);
	assert_int_equal(admit("10.0.0.4"), 0); /* who has few may take the place of anyone who wants nothing */
	guests[0].stage = CROWD_WORK;
	assert_int_equal(admit("10.0.0.4"), CROWD_PER_PEER_MAX + 1);
	guests[CROWD_MAX - 1].present = false;
	assert_int_equal(admit("10.0.0.3"), CROWD_ROOM);
}

static void
who_has_many_that_all_work_takes_from_the_idle(void **state)
{
	(void)state;
	come(CROWD_SHARE + 5, "10.0.0.1", CROWD_WORK, 5);
	come(CROWD_MAX - CROWD_SHARE - 6, "10.0.0.2", CROWD_WORK, 5);
	come(1, "10.0.0.3", CROWD_IDLE, NOW);
	assert_int_equal(admit("10.0.0.1"), CROWD_MAX - 1);
}

/* A host with IPv6 has more addresses than there could be connections. */
static void
an_ipv6_network_is_one_peer(void **state)
{
	struct in6_addr one = peer("2001:db8:1:2::1"), other = peer("2001:db8:1:2:ffff:1:2:3"), far = peer("2001:db8:1:3::1");
	struct in6_addr v4 = peer("127.0.0.1"), v6 = peer("::1"), v4_more = peer("127.0.0.2");

	(void)state;
	assert_memory_equal(&one, &other, sizeof one);
	assert_memory_not_equal(&one, &far, sizeof one);
	assert_memory_not_equal(&v4, &v6, sizeof v4);
	assert_memory_not_equal(&v4, &v4_more, sizeof v4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_is_room_until_all_or_half_for_one_is_taken, empty),
		cmocka_unit_test_setup(the_idle_give_way_first_and_the_oldest_of_them, empty),
		cmocka_unit_test_setup(who_has_many_makes_room_among_its_own, empty),
		cmocka_unit_test_setup(who_has_many_that_all_work_takes_from_the_idle, empty),
		cmocka_unit_test(an_ipv6_network_is_one_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
