/*
 * mailbox: a list under a mutex, and an eventfd that is readable exactly while the list is not empty, so that a
 * reader may leave letters for its next turn.
 */
#include "worker/link/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/miniobj.h"

#define MAILBOX_MAGIC 0x3a11b0c5u
#define LETTER_OVERHEAD_BYTES 32 /* of malloc, twice */

struct mailbox {
	unsigned magic;
	pthread_mutex_t lock;
	int fd;
	size_t most_bytes;
	/* Under the lock. */
	struct mail *first, **last;
	size_t bytes; /* of those that may be lost */
	uint32_t dropped;
	bool signalled;
};

struct mailbox *
mailbox_new(size_t most_bytes)
{
	struct mailbox *box = calloc(1, sizeof *box);

	ENSURE(box != NULL && pthread_mutex_init(&box->lock, NULL) == 0);
	box->magic = MAILBOX_MAGIC;
	box->most_bytes = most_bytes;
	box->last = &box->first;
	box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ENSURE(box->fd >= 0);
	return box;
}

void
mailbox_free(struct mailbox *box)
{
	if (box == NULL)
		return;
	ENSURE_OBJ(box, MAILBOX_MAGIC);
	mailbox_empty(box);
	close(box->fd);
	pthread_mutex_destroy(&box->lock);
	box->magic = 0;
	free(box);
}

int
mailbox_fd_peek(const struct mailbox *box)
{
	return box->fd;
}

static size_t
weight(const struct mail *letter)
{
	return letter->class == MAIL_MAY_BE_LOST ? sizeof *letter + letter->len + 1 + LETTER_OVERHEAD_BYTES : 0;
}

/* Under the lock: the descriptor says what the list is. */
static void
signal_state(struct mailbox *box)
{
	uint64_t count = 1;

	if ((box->first != NULL) == box->signalled)
		return;
	ssize_t result = box->signalled ? read(box->fd, &count, sizeof count) : write(box->fd, &count, sizeof count);
	ENSURE(result == sizeof count);
	box->signalled = !box->signalled;
}

static bool
append(struct mailbox *box, struct mail *copy)
{
	pthread_mutex_lock(&box->lock);
	bool fits = box->bytes + weight(copy) <= box->most_bytes || copy->class == MAIL_MUST_ARRIVE;
	if (fits) {
		*box->last = copy;
		box->last = &copy->next;
		box->bytes += weight(copy);
		signal_state(box);
	} else {
		box->dropped++;
	}
	pthread_mutex_unlock(&box->lock);
	return fits;
}

static bool
count_dropped(struct mailbox *box, const struct mail *letter)
{
	ENSURE(letter->class == MAIL_MAY_BE_LOST);
	pthread_mutex_lock(&box->lock);
	box->dropped++;
	pthread_mutex_unlock(&box->lock);
	return false;
}

bool
mailbox_post_taking(struct mailbox *box, const struct mail *letter, void *bytes, size_t len)
{
	ENSURE_OBJ(box, MAILBOX_MAGIC);
	struct mail *copy = malloc(sizeof *copy);
	uint8_t *ended = realloc(bytes, len + 1); /* malloc's blocks mostly have room for the NUL */
	if (copy == NULL || ended == NULL) {
		free(ended != NULL ? ended : bytes);
		free(copy);
		return count_dropped(box, letter);
	}
	ended[len] = '\0';
	*copy = *letter;
	copy->next = NULL;
	copy->len = len;
	copy->bytes = ended;
	if (append(box, copy))
		return true;
	mail_free(copy);
	return false;
}

bool
mailbox_post(struct mailbox *box, const struct mail *letter, const void *bytes, size_t len)
{
	ENSURE_OBJ(box, MAILBOX_MAGIC);
	uint8_t *copy = malloc(len + 1);
	if (copy == NULL)
		return count_dropped(box, letter);
	if (len > 0)
		memcpy(copy, bytes, len);
	return mailbox_post_taking(box, letter, copy, len);
}

struct mail *
mailbox_take(struct mailbox *box)
{
	ENSURE_OBJ(box, MAILBOX_MAGIC);
	pthread_mutex_lock(&box->lock);
	struct mail *letter = box->first;
	if (letter != NULL) {
		box->first = letter->next;
		if (box->first == NULL)
			box->last = &box->first;
		box->bytes -= weight(letter);
		letter->next = NULL;
		signal_state(box);
	}
	pthread_mutex_unlock(&box->lock);
	return letter;
}

void
mail_free(struct mail *letter)
{
	if (letter != NULL)
		free(letter->bytes);
	free(letter);
}

uint32_t
mailbox_take_dropped(struct mailbox *box)
{
	pthread_mutex_lock(&box->lock);
	uint32_t dropped = box->dropped;
	box->dropped = 0;
	pthread_mutex_unlock(&box->lock);
	return dropped;
}

void
mailbox_empty(struct mailbox *box)
{
	for (struct mail *letter; (letter = mailbox_take(box)) != NULL;)
		mail_free(letter);
	mailbox_take_dropped(box);
}
