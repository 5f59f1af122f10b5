/*
 * tail: readers with a line that is half written each.
 */
#include "worker/link/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/report.h"

#define SWEEP_MS 2000 /* how soon the leaving of a reader is noticed when there is nothing to write */
#define TURN_BYTES (256 * 1024) /* written to one reader before others have their turn */

struct tail {
	struct tails *tails;
	int fd; /* -1 = free */
	struct loop_io *io;
	void *cookie;
	struct ring_reader *reader; /* NULL: only `line` */
	bool follow;
	uint64_t last; /* without `follow`: where what was kept at the beginning ends */
	char *line; /* being written */
	size_t len, written;
};

struct tails {
	struct loop *loop;
	struct ring *ring;
	void (*on_end)(void *arg, void *cookie, bool complete);
	void *arg;
	struct loop_timer *sweep_timer;
	struct tail all[TAILS_MAX];
};

/* -- a message as a line --------------------------------------------------------------------- */

/* The name of the section and its command, found without parsing all of it: keys stand at depth one and two. */
static void
find_name(const char *p, size_t len, char *ret, size_t cap)
{
	char section[24] = "", command[40] = "", key[24] = "";
	int depth = 0;
	bool is_key = false, in_command = false;

	for (size_t i = 0; i < len && command[0] == '\0'; i++) {
		if (p[i] == '{' || p[i] == '[') {
			depth++;
			is_key = p[i] == '{';
		} else if (p[i] == '}' || p[i] == ']') {
			depth--;
		} else if (p[i] == ',') {
			is_key = true;
		} else if (p[i] == '"') {
			size_t start = ++i;
			while (i < len && p[i] != '"')
				i += p[i] == '\\' ? 2 : 1;
			size_t bytes = i < len ? i - start : 0;
			if (in_command && !is_key) {
				str_format(command, sizeof command, "%.*s", (int)(bytes < 39 ? bytes : 39), p + start);
			} else if (is_key) {
				str_format(key, sizeof key, "%.*s", (int)(bytes < 23 ? bytes : 23), p + start);
				if (depth == 1)
					str_copy(section, sizeof section, key);
				in_command = depth == 2 && strcmp(key, "command") == 0;
			}
			is_key = false;
		}
	}
	str_format(ret, cap, "%s%s%s", section, command[0] != '\0' ? "." : "", command);
}

struct text {
	char *bytes;
	size_t len;
};

static void
put(struct text *text, const void *bytes, size_t len)
{
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void
put_string(struct text *text, const char *from, size_t len)
{
	static const char hex[] = "0123456789abcdef";

	put(text, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			put(text, &c, 1);
		} else {
			/* No text may be broken UTF-8: what is not ASCII is shown byte by byte. */
			const char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
			put(text, escape, sizeof escape);
		}
	}
	put(text, "\"", 1);
}

/* JSON that the report reader took (or that we wrote): on one line, and well-formed UTF-8. */
static void
put_payload(struct text *text, const uint8_t *payload, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t width = payload[i] < 0x80 ? 1 : payload[i] >= 0xf0 ? 4 : payload[i] >= 0xe0 ? 3 : 2;
		if (payload[i] < 0x20)
			put(text, " ", 1);
		else if (width > 1 && (i + width > len || !str_valid_utf8(payload + i, width)))
			put(text, "?", 1);
		else {
			put(text, payload + i, width);
			i += width - 1;
		}
	}
}

static bool
is_whole_json(const struct ring_message *message)
{
	return message->len < RING_PAYLOAD_MAX_BYTES &&
	       (message->direction == RING_SENT || message->kind != REPORT_BAD);
}

static void
write_line(struct tail *tail, const struct ring_message *message)
{
	struct text text = { malloc(message->len * 6 + 512), 0 };
	char name[72], at[CLOCK_UTC_BYTES], head[200];
	bool whole = is_whole_json(message);

	ENSURE(text.bytes != NULL);
	find_name((const char *)message->payload, whole ? message->len : 0, name, sizeof name);
	clock_format_utc(message->at_ms, at);
	str_format(head, sizeof head, "{\"number\":%llu,\"at\":\"%s\",\"direction\":\"%s\",\"kind\":\"%s\",\"name\":",
		   (unsigned long long)message->number, at, message->direction == RING_SENT ? "sent" : "received",
		   message->direction == RING_SENT ? "request" : report_kind_name(message->kind));
	put(&text, head, strlen(head));
	put_string(&text, name, strlen(name));
	str_format(head, sizeof head, ",\"bytes\":%zu,\"%s\":", message->len, whole ? "payload" : "text");
	put(&text, head, strlen(head));
	if (whole)
		put_payload(&text, message->payload, message->len);
	else
		put_string(&text, (const char *)message->payload, message->len);
	put(&text, "}\n", 2);
	tail->line = text.bytes;
	tail->len = text.len;
	tail->written = 0;
}

static void
write_missed(struct tail *tail, uint64_t missed)
{
	tail->line = malloc(64);
	ENSURE(tail->line != NULL);
	str_format(tail->line, 64, "{\"missed\":%llu}\n", (unsigned long long)missed);
	tail->len = strlen(tail->line);
	tail->written = 0;
}

/* -- readers ---------------------------------------------------------------------------------- */

static void
end_tail(struct tail *tail, bool complete)
{
	void *cookie = tail->cookie;
	struct tails *tails = tail->tails;

	loop_io_free(tail->io);
	close(tail->fd);
	ring_reader_free(tail->reader);
	free(tail->line);
	*tail = (struct tail){ .tails = tails, .fd = -1 };
	tails->on_end(tails->arg, cookie, complete);
}

/* The next line to write; false when there is none now. */
static bool
next_line(struct tail *tail)
{
	struct ring_message message;

	if (tail->reader == NULL || !ring_next(tail->reader, &message))
		return false;
	if (!tail->follow && message.number > tail->last)
		return false; /* a printer that floods must not keep it for ever */
	uint64_t missed = ring_reader_missed(tail->reader);
	if (missed == 0) {
		write_line(tail, &message);
		return true;
	}
	/* Say so first; the message itself is read again. */
	uint64_t number = message.number;
	ring_reader_free(tail->reader);
	tail->reader = ring_reader_new(tail->tails->ring, number);
	write_missed(tail, missed);
	return true;
}

static void
on_writable(void *arg, int fd, unsigned ready)
{
	struct tail *tail = arg;
	size_t turn = 0;

	(void)ready;
	while (turn < TURN_BYTES) {
		if (tail->written == tail->len) {
			free(tail->line);
			tail->line = NULL;
			tail->len = tail->written = 0;
			if (!next_line(tail)) {
				if (tail->follow)
					loop_io_set_interest(tail->io, 0);
				else
					end_tail(tail, true);
				return;
			}
		}
		ssize_t n = write(fd, tail->line + tail->written, tail->len - tail->written);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				end_tail(tail, false); /* EPIPE: it has gone away */
			return;
		}
		tail->written += (size_t)n;
		turn += (size_t)n;
	}
}

/* A follower that waits watches for nothing: look whether it is still there. */
static void
sweep(void *arg)
{
	struct tails *tails = arg;
	bool waits = false;

	for (unsigned i = 0; i < TAILS_MAX; i++) {
		struct pollfd look = { .fd = tails->all[i].fd };
		if (look.fd < 0)
			continue;
		if (poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP)))
			end_tail(&tails->all[i], false);
		else
			waits = true;
	}
	if (waits)
		loop_timer_set(tails->sweep_timer, SWEEP_MS);
}

struct tails *
tails_new(struct loop *loop, struct ring *ring, void (*on_end)(void *arg, void *cookie, bool complete), void *arg)
{
	struct tails *tails = calloc(1, sizeof *tails);

	ENSURE(tails != NULL);
	*tails = (struct tails){ .loop = loop, .ring = ring, .on_end = on_end, .arg = arg };
	for (unsigned i = 0; i < TAILS_MAX; i++)
		tails->all[i] = (struct tail){ .tails = tails, .fd = -1 };
	tails->sweep_timer = loop_timer_new(loop, sweep, tails);
	return tails;
}

void
tails_free(struct tails *tails)
{
	if (tails == NULL)
		return;
	for (unsigned i = 0; i < TAILS_MAX; i++)
		if (tails->all[i].fd >= 0)
			end_tail(&tails->all[i], false);
	loop_timer_free(tails->sweep_timer);
	free(tails);
}

/* epoll takes no plain files, and a file would be no reader. */
static bool
is_pipe(int fd)
{
	return fcntl(fd, F_GETPIPE_SZ) >= 0;
}

static struct tail *
new_tail(struct tails *tails, int fd, void *cookie)
{
	for (unsigned i = 0; i < TAILS_MAX; i++) {
		struct tail *tail = &tails->all[i];
		if (tail->fd >= 0)
			continue;
		int flags = fcntl(fd, F_GETFL);
		if (!is_pipe(fd) || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
			break;
		tail->fd = fd;
		tail->cookie = cookie;
		tail->io = loop_io_new(tails->loop, fd, LOOP_WRITE, on_writable, tail);
		return tail;
	}
	close(fd);
	return NULL;
}

bool
tails_add(struct tails *tails, int fd, bool follow, unsigned most, void *cookie)
{
	struct tail *tail = new_tail(tails, fd, cookie);
	struct ring_figures figures;
	uint64_t from;

	if (tail == NULL)
		return false;
	ring_figures(tails->ring, &figures);
	from = figures.first;
	if (most != 0 && figures.messages > most)
		from = figures.last - most + 1;
	tail->follow = follow;
	tail->last = figures.last;
	if (follow)
		loop_timer_set(tails->sweep_timer, SWEEP_MS);
	tail->reader = ring_reader_new(tails->ring, from);
	return true;
}

bool
tails_add_text(struct tails *tails, int fd, char *text, size_t len, void *cookie)
{
	struct tail *tail = new_tail(tails, fd, cookie);

	if (tail == NULL) {
		free(text);
		return false;
	}
	tail->line = text;
	tail->len = len;
	return true;
}

void
tails_wake(struct tails *tails)
{
	for (unsigned i = 0; i < TAILS_MAX; i++)
		if (tails->all[i].fd >= 0 && tails->all[i].follow)
			loop_io_set_interest(tails->all[i].io, LOOP_WRITE);
}

bool
tails_followed(const struct tails *tails)
{
	for (unsigned i = 0; i < TAILS_MAX; i++)
		if (tails->all[i].fd >= 0 && tails->all[i].follow)
			return true;
	return false;
}
