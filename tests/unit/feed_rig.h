/*
 * feed_rig: what the tests of httpd/feed share: a feed, what becomes known to it, and its time. Include it last.
 *
 *	feed_open(feed, true);
 *	tell_worker(3, "A", LIFE_UP);
 *	settle();
 */
#ifndef FUSE_TESTS_FEED_RIG_H
#define FUSE_TESTS_FEED_RIG_H

#include "common/str.h"
#include "httpd/feed.h"
#include "ipc/role.h"
#include "ipc/terms.h"

static struct known *known;
static struct feed *feed;
static int64_t now_ms;

static int
set_up(void **state)
{
	(void)state;
	now_ms = 1000;
	known = known_new();
	feed = feed_new(known);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	feed_free(feed);
	known_free(known);
	assert_int_equal(payloads_bytes(), 0);
	return 0;
}

/* NULL: it is no more. */
static void
tell(unsigned number, uint16_t slot, uint32_t key, const void *message)
{
	static const union {
		struct msg_printer printer;
		struct msg_printer_link link;
		struct msg_printer_state state;
		struct msg_proc_status process;
		struct msg_file file;
		struct msg_job job;
		struct msg_job_progress progress;
	} nothing;
	struct header header = { .number = (uint16_t)number, .from_slot = slot, .retain_key = key,
				 .flags = message == NULL ? HEADER_FLAG_CLEAR : 0 };

	message = message != NULL ? message : &nothing;
	assert_true(known_on_message(known, &header, message));
	feed_on_message(feed, &header, message);
}

static void
tell_worker(uint16_t slot, const char *serial, enum life_state life)
{
	struct msg_proc_status status = { .role = ROLE_WORKER, .slot = slot, .state = life };

	str_copy(status.entry, sizeof status.entry, serial);
	tell(MESSAGE_PROC_STATUS, 0, 100u + slot, &status);
}

static void
settle(void)
{
	now_ms += FEED_STATUS_GAP_MS;
	feed_settle(feed, now_ms);
}

#endif
