/*
 * logbook: the ring, the console, the file and the followers that every finished line goes to.
 */
#include "supervisor/logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/logfile.h"
#include "supervisor/logline.h"

#define LOGBOOK_MAGIC 0x106b00c5u

/* Lines one behind the other, each after its length (2 bytes), over the end and on at the start. */
struct ring {
	size_t first, used;
	size_t lines;
	char bytes[LOGBOOK_RING_BYTES];
};

/* The console or journal. Its descriptor may be shared with a shell, so it is not switched to
 * non-blocking itself. */
struct echo {
	int fd;      /* -1 = none */
	bool owned;  /* opened here */
	bool socket;
	bool half;   /* the last line went out in part */
	uint64_t lost;
};

struct logbook {
	unsigned magic;
	struct echo echo;
	struct logfile file;
	logbook_line_fn *listener;
	void *listener_arg;
	bool in_listener;
	struct ring ring;
};

static void
ring_read(const struct ring *ring, size_t offset, void *to, size_t len)
{
	size_t at = (ring->first + offset) % sizeof ring->bytes;
	size_t head = sizeof ring->bytes - at < len ? sizeof ring->bytes - at : len;

	memcpy(to, ring->bytes + at, head);
	memcpy((char *)to + head, ring->bytes, len - head);
}

static void
ring_append(struct ring *ring, const void *from, size_t len)
{
	size_t at = (ring->first + ring->used) % sizeof ring->bytes;
	size_t head = sizeof ring->bytes - at < len ? sizeof ring->bytes - at : len;

	memcpy(ring->bytes + at, from, head);
	memcpy(ring->bytes, (const char *)from + head, len - head);
	ring->used += len;
}

static void
ring_add_line(struct ring *ring, const char *line, size_t len)
{
	uint16_t prefix = (uint16_t)len, oldest;

	ENSURE(len < LOGBOOK_LINE_BYTES);
	while (ring->used + sizeof prefix + len > sizeof ring->bytes) {
		ring_read(ring, 0, &oldest, sizeof oldest);
		ring->first = (ring->first + sizeof oldest + oldest) % sizeof ring->bytes;
		ring->used -= sizeof oldest + oldest;
		ring->lines--;
	}
	ring_append(ring, &prefix, sizeof prefix);
	ring_append(ring, line, len);
	ring->lines++;
}

/* A terminal or pipe of our own description can be non-blocking without the shell's becoming so. A
 * regular file stays as it is: a second description would write over what others wrote. */
static void
echo_init(struct echo *echo, int fd)
{
	char name[32];
	struct stat st;

	*echo = (struct echo){ .fd = fd };
	if (fd < 0 || fstat(fd, &st) != 0) {
		echo->fd = -1;
		return;
	}
	echo->socket = S_ISSOCK(st.st_mode);
	if (!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode))
		return;
	str_format(name, sizeof name, "/proc/self/fd/%d", fd);
	int own = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return; /* a terminal of another user (su): poll() before each write has to do */
	echo->fd = own;
	echo->owned = true;
}

static void
echo_close(struct echo *echo)
{
	if (echo->owned)
		close(echo->fd);
	echo->fd = -1;
	echo->owned = false;
}

static bool
echo_write(struct echo *echo, const char *bytes, size_t len)
{
	struct pollfd ready = { .fd = echo->fd, .events = POLLOUT };

	if (poll(&ready, 1, 0) <= 0)
		return false;
	/* Nobody will ever read it again: the terminal was closed, the pipe's reader has gone. */
	if (ready.revents & (POLLERR | POLLHUP | POLLNVAL)) {
		echo_close(echo);
		return false;
	}
	ssize_t n = echo->socket ? send(echo->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
				 : write(echo->fd, bytes, len);
	/* A file on a full disk may take lines again; a closed thing will not. */
	if (n < 0 && (errno == EPIPE || errno == EIO || errno == EBADF || errno == ECONNRESET))
		echo_close(echo);
	echo->half = n > 0 && (size_t)n < len;
	return n == (ssize_t)len;
}

static void
echo_line(struct echo *echo, const char *line, size_t len)
{
	char text[96];

	if (echo->fd < 0)
		return;
	if (echo->half && !echo_write(echo, "\n", 1)) {
		echo->lost++;
		return;
	}
	if (echo->lost > 0) {
		str_format(text, sizeof text, "lvl=warn msg=\"this console took no lines for a while\" lost=%llu\n",
			   (unsigned long long)echo->lost);
		if (!echo_write(echo, text, strlen(text))) {
			echo->lost++;
			return;
		}
		echo->lost = 0;
	}
	if (!echo_write(echo, line, len))
		echo->lost++;
}

struct logbook *
logbook_new(const char *dir, int echo_fd)
{
	struct logbook *book = calloc(1, sizeof *book);

	ENSURE(book != NULL);
	book->magic = LOGBOOK_MAGIC;
	echo_init(&book->echo, echo_fd);
	logfile_init(&book->file, dir);
	return book;
}

void
logbook_free(struct logbook *book)
{
	if (book == NULL)
		return;
	ENSURE_OBJ(book, LOGBOOK_MAGIC);
	echo_close(&book->echo);
	logfile_fini(&book->file);
	book->magic = 0;
	free(book);
}

void
logbook_set_file(struct logbook *book, const struct logbook_file *file)
{
	ENSURE_OBJ(book, LOGBOOK_MAGIC);
	logfile_set(&book->file, file);
}

/* To all but the file. `line` has its newline behind its `len` bytes, before and after. */
static void
publish(struct logbook *book, char *line, size_t len)
{
	ring_add_line(&book->ring, line, len);
	echo_line(&book->echo, line, len + 1);
	/* What a listener itself causes to be logged does not come back to it. */
	if (book->listener == NULL || book->in_listener)
		return;
	book->in_listener = true;
	line[len] = '\0';
	book->listener(book->listener_arg, line, len);
	line[len] = '\n';
	book->in_listener = false;
}

/* What the book says of itself; returns the line's length without its newline. */
static size_t
say(struct logbook *book, int64_t wall_ms, const char *said, char ret_line[LOGBOOK_LINE_BYTES + 1])
{
	struct logbook_origin origin = { .role = "supervisor", .entry = "", .pid = getpid() };
	size_t len = logline_format(wall_ms, &origin, said, strlen(said), ret_line);

	ret_line[len] = '\n';
	publish(book, ret_line, len);
	return len;
}

static void
say_failed(struct logbook *book, int64_t wall_ms, int error)
{
	char said[LOG_LINE_BYTES], line[LOGBOOK_LINE_BYTES + 1];

	str_format(said, sizeof said,
		   "lvl=error msg=\"the log file takes no lines (%s): new ones are only kept in memory until it does\" "
		   "folder=",
		   strerror(error));
	size_t used = strlen(said);
	log_append_value(said, sizeof said, &used, book->file.dir, strlen(book->file.dir));
	say(book, wall_ms, said, line);
}

static void
say_recovered(struct logbook *book, int64_t wall_ms, uint64_t lost)
{
	char said[LOG_LINE_BYTES], line[LOGBOOK_LINE_BYTES + 1];
	uint64_t still_lost;

	str_format(said, sizeof said, "lvl=warn msg=\"the log file takes lines again\" lost=%llu",
		   (unsigned long long)lost);
	size_t len = say(book, wall_ms, said, line);
	if (logfile_write(&book->file, wall_ms, line, len + 1, &still_lost) == LOGFILE_FAILED)
		say_failed(book, wall_ms, errno);
}

void
logbook_add(struct logbook *book, int64_t wall_ms, const struct logbook_origin *origin, const void *bytes,
	    size_t len)
{
	char line[LOGBOOK_LINE_BYTES + 1];
	uint64_t lost;

	ENSURE_OBJ(book, LOGBOOK_MAGIC);
	size_t line_len = logline_format(wall_ms, origin, bytes, len, line);
	line[line_len] = '\n';
	publish(book, line, line_len);
	switch (logfile_write(&book->file, wall_ms, line, line_len + 1, &lost)) {
	case LOGFILE_FAILED:
		say_failed(book, wall_ms, errno);
		break;
	case LOGFILE_RECOVERED:
		say_recovered(book, wall_ms, lost);
		break;
	case LOGFILE_WRITTEN:
	case LOGFILE_LOST:
		break;
	}
}

void
logbook_newest(const struct logbook *book, size_t most_lines, logbook_line_fn *fn, void *arg)
{
	const struct ring *ring = &book->ring;
	char line[LOGBOOK_LINE_BYTES];
	size_t offset = 0;

	ENSURE_OBJ(book, LOGBOOK_MAGIC);
	for (size_t n = ring->lines; n > 0; n--) {
		uint16_t len;
		ring_read(ring, offset, &len, sizeof len);
		if (n <= most_lines) {
			ring_read(ring, offset + sizeof len, line, len);
			line[len] = '\0';
			fn(arg, line, len);
		}
		offset += sizeof len + len;
	}
}

void
logbook_set_listener(struct logbook *book, logbook_line_fn *fn, void *arg)
{
	ENSURE_OBJ(book, LOGBOOK_MAGIC);
	book->listener = fn;
	book->listener_arg = arg;
}
