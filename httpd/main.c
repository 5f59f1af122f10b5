/*
 * fuse-httpd: people and programs. In this version it holds the two listening sockets that the
 * supervisor has bound, and tells whoever knocks that there are no pages yet; nothing that they send
 * is read.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "ipc/child.h"

static struct child *child;

static struct {
	int fd;
	struct loop_io *io;
} listeners[LISTENER_PURPOSE_COUNT];

static void
on_knock(void *arg, int listen_fd, unsigned ready)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
				     "Connection: close\r\n\r\n"
				     "Fuse is running, but this version has no web pages yet.\n"
				     "Use the command line: fusectl status\n";

	(void)arg;
	(void)ready;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	/* A fresh socket's buffer takes this whole; if not, the visitor sees less. */
	if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0)
		log_debug("a visitor left at once");
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	if (header->number != MESSAGE_LISTENER) {
		if (fd >= 0)
			close(fd);
		return;
	}
	const struct msg_listener *listener = message;
	if (listeners[listener->purpose].io != NULL) {
		close(fd);
		child_protocol_fault("a second socket for one purpose");
	}
	listeners[listener->purpose].fd = fd;
	listeners[listener->purpose].io = loop_io_new(child_loop_peek(child), fd, LOOP_READ, on_knock, NULL);
	log_info("listens", log_str("for", listener_purpose_name(listener->purpose)),
		 log_str("address", listener->address));
}

static void
on_synced(void *arg)
{
	char sentence[80];
	unsigned count = 0;

	(void)arg;
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++)
		count += listeners[i].io != NULL;
	str_format(sentence, sizeof sentence, "listens at %u address%s", count, count == 1 ? "" : "es");
	child_ready(child, sentence);
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg;
	(void)deadline_ms;
	for (size_t i = 0; i < LISTENER_PURPOSE_COUNT; i++) {
		if (listeners[i].io == NULL)
			continue;
		loop_io_free(listeners[i].io);
		close(listeners[i].fd);
	}
	child_exit(child, EXIT_DONE);
}

int
main(void)
{
	const struct child_duties duties = { .on_synced = on_synced, .on_message = on_message, .on_stop = on_stop };

	child = child_new(ROLE_HTTPD, SANDBOX_HTTPD, NULL, 0, &duties);
	return child_run(child);
}
