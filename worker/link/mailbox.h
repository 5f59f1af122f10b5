/*
 * mailbox: letters from a library's threads to the main loop. Posting returns at once; taking is for the loop alone,
 * which watches mailbox_fd_peek() for reading.
 *
 * It holds at most so many bytes of letters that may be lost (reports); when they are full the newest is dropped and
 * counted. Letters that must not be lost (what became of the session) always fit: they are few by their nature.
 */
#ifndef FUSE_WORKER_LINK_MAILBOX_H
#define FUSE_WORKER_LINK_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mail_class { MAIL_MAY_BE_LOST, MAIL_MUST_ARRIVE };

struct mail {
	struct mail *next;  /* the mailbox's own */
	enum mail_class class;
	uint32_t session;   /* of the sender; its reader passes over those of sessions that are no more */
	unsigned kind;
	int error;
	uint32_t tag;
	int64_t at_ms;	    /* wall clock */
	size_t len;
	uint8_t *bytes;	    /* and a NUL after them */
};

struct mailbox;

/* Before lock-in: it makes an eventfd. `most_bytes` counts the letters' heads too. */
struct mailbox *mailbox_new(size_t most_bytes);
/* When no thread posts any more. */
void mailbox_free(struct mailbox *box);
int mailbox_fd_peek(const struct mailbox *box);

/* Post a copy of `letter`'s fields (but next, len and bytes) and of `len` bytes; from any thread. False when it was
 * dropped. Aborts when memory for a letter that must arrive is out. */
bool mailbox_post(struct mailbox *box, const struct mail *letter, const void *bytes, size_t len);

/* The same, but `bytes` (of malloc's, `len` of them) become the letter's, or are freed. */
bool mailbox_post_taking(struct mailbox *box, const struct mail *letter, void *bytes, size_t len);

/* The oldest letter, to be given back with mail_free(); NULL when there is none. */
struct mail *mailbox_take(struct mailbox *box);
void mail_free(struct mail *letter);

/* How many were dropped since the last call. */
uint32_t mailbox_take_dropped(struct mailbox *box);

/* Throw away what waits, and the count of what was dropped. */
void mailbox_empty(struct mailbox *box);

#endif
