/*
 * The mailbox: in order, never beyond its bound, never a letter that must arrive lost, and a descriptor that tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/link/mailbox.h"

#define MOST_BYTES 4096

static struct mailbox *box;

static int
set_up(void **state)
{
	(void)state;
	box = mailbox_new(MOST_BYTES);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mailbox_free(box);
	return 0;
}

static bool
post(enum mail_class class, uint32_t tag, const void *bytes, size_t len)
{
	const struct mail letter = { .class = class, .session = 7, .kind = 3, .error = -1, .tag = tag, .at_ms = 99 };

	return mailbox_post(box, &letter, bytes, len);
}

static bool
readable(void)
{
	struct pollfd fd = { .fd = mailbox_fd_peek(box), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void
letters_come_as_they_were_posted(void **state)
{
	(void)state;
	assert_null(mailbox_take(box));
	assert_true(post(MAIL_MAY_BE_LOST, 1, "report", 6));
	assert_true(post(MAIL_MUST_ARRIVE, 2, NULL, 0));
	struct mail *letter = mailbox_take(box);
	assert_int_equal(letter->tag, 1);
	assert_int_equal(letter->session, 7);
	assert_int_equal(letter->kind, 3);
	assert_int_equal(letter->error, -1);
	assert_int_equal(letter->at_ms, 99);
	assert_int_equal(letter->len, 6);
	assert_memory_equal(letter->bytes, "report", 7);
	mail_free(letter);
	letter = mailbox_take(box);
	assert_int_equal(letter->tag, 2);
	assert_int_equal(letter->len, 0);
	assert_int_equal(letter->bytes[0], 0);
	mail_free(letter);
	assert_null(mailbox_take(box));
}

static void
a_block_is_moved_into_its_letter(void **state)
{
	const struct mail head = { .class = MAIL_MAY_BE_LOST, .tag = 5 };

	(void)state;
	assert_true(mailbox_post_taking(box, &head, strdup("report"), 6));
	assert_true(mailbox_post_taking(box, &head, NULL, 0));
	struct mail *letter = mailbox_take(box);
	assert_int_equal(letter->tag, 5);
	assert_int_equal(letter->len, 6);
	assert_memory_equal(letter->bytes, "report", 7);
	mail_free(letter);
	letter = mailbox_take(box);
	assert_int_equal(letter->len, 0);
	assert_int_equal(letter->bytes[0], 0);
	mail_free(letter);
	while (mailbox_post_taking(box, &head, malloc(1000), 1000)) /* what is dropped is freed: see valgrind */
		;
	assert_int_equal(mailbox_take_dropped(box), 1);
}

static void
the_descriptor_is_readable_exactly_while_something_waits(void **state)
{
	(void)state;
	assert_false(readable());
	post(MAIL_MAY_BE_LOST, 1, "a", 1);
	post(MAIL_MAY_BE_LOST, 2, "b", 1);
	assert_true(readable());
	mail_free(mailbox_take(box));
	assert_true(readable());
	mail_free(mailbox_take(box));
	assert_false(readable());
	post(MAIL_MUST_ARRIVE, 3, NULL, 0);
	assert_true(readable());
	mailbox_empty(box);
	assert_false(readable());
}

static unsigned
fill(void)
{
	char kilobyte[1000] = { 0 };
	unsigned taken = 0;

	while (post(MAIL_MAY_BE_LOST, taken, kilobyte, sizeof kilobyte))
		taken++;
	return taken;
}

static void
when_full_the_newest_is_dropped_and_counted(void **state)
{
	(void)state;
	unsigned taken = fill();
	assert_in_range(taken, 3, 4);
	assert_false(post(MAIL_MAY_BE_LOST, 1000, fill, 1000));
	assert_int_equal(mailbox_take_dropped(box), 2);
	assert_int_equal(mailbox_take_dropped(box), 0);
	for (unsigned i = 0; i < taken; i++) {
		struct mail *letter = mailbox_take(box);
		assert_int_equal(letter->tag, i);
		mail_free(letter);
	}
	assert_null(mailbox_take(box));
	assert_int_equal(fill(), taken); /* the room is there again */
}

static void
small_letters_count_with_their_heads(void **state)
{
	unsigned taken = 0;

	(void)state;
	while (post(MAIL_MAY_BE_LOST, taken, NULL, 0))
		taken++;
	assert_in_range(taken, 1, MOST_BYTES / sizeof(struct mail));
}

static void
a_letter_that_must_arrive_always_fits(void **state)
{
	struct mail *letter;
	unsigned found = 0;

	(void)state;
	fill();
	for (uint32_t i = 0; i < 100; i++)
		assert_true(post(MAIL_MUST_ARRIVE, 2000 + i, "judgement", 9));
	while ((letter = mailbox_take(box)) != NULL) {
		found += letter->tag == 2000 + found;
		mail_free(letter);
	}
	assert_int_equal(found, 100);
}

static void
emptied_it_is_as_new(void **state)
{
	(void)state;
	unsigned taken = fill();
	mailbox_empty(box);
	assert_null(mailbox_take(box));
	assert_int_equal(mailbox_take_dropped(box), 0);
	assert_int_equal(fill(), taken);
}

#define THREADS 4
#define LETTERS 2000

static void *
post_many(void *arg)
{
	uint32_t *first = arg;

	for (uint32_t i = 0; i < LETTERS; i++)
		post(i % 10 == 0 ? MAIL_MUST_ARRIVE : MAIL_MAY_BE_LOST, *first + i, "0123456789", 10);
	return NULL;
}

/* Of each thread in order; what is missing was counted. */
static void
threads_may_post_at_once(void **state)
{
	pthread_t threads[THREADS];
	uint32_t first[THREADS], next[THREADS];
	unsigned found = 0, must = 0, dropped = 0;

	(void)state;
	for (uint32_t t = 0; t < THREADS; t++) {
		next[t] = first[t] = t * LETTERS;
		assert_int_equal(pthread_create(&threads[t], NULL, post_many, &first[t]), 0);
	}
	while (must < THREADS * LETTERS / 10 || found + dropped < THREADS * LETTERS) {
		struct pollfd fd = { .fd = mailbox_fd_peek(box), .events = POLLIN };
		struct mail *letter;
		poll(&fd, 1, 10);
		while ((letter = mailbox_take(box)) != NULL) {
			uint32_t thread = letter->tag / LETTERS;
			assert_true(letter->tag >= next[thread]);
			next[thread] = letter->tag + 1;
			must += letter->class == MAIL_MUST_ARRIVE;
			found++;
			mail_free(letter);
		}
		dropped += mailbox_take_dropped(box);
	}
	for (unsigned t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	assert_int_equal(must, THREADS * LETTERS / 10);
	assert_int_equal(found + dropped, THREADS * LETTERS);
	assert_false(readable());
}

int
main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORY(letters_come_as_they_were_posted),
		STORY(a_block_is_moved_into_its_letter),
		STORY(the_descriptor_is_readable_exactly_while_something_waits),
		STORY(when_full_the_newest_is_dropped_and_counted),
		STORY(small_letters_count_with_their_heads),
		STORY(a_letter_that_must_arrive_always_fits),
		STORY(emptied_it_is_as_new),
		STORY(threads_may_post_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
