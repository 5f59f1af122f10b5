/*
 * notify: one datagram a message, without libsystemd. A message that cannot go out is lost: systemd would
 * notice a service that is not ready or not petted by its own clock.
 */
#include "supervisor/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/str.h"

#define MESSAGE_BYTES 640
#define STATUS_BYTES 480

static bool
take_address(const char *text, struct notify *notify)
{
	size_t len = strlen(text);
	struct sockaddr_un *address = &notify->address;

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof address->sun_path)
		return false;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, text, len);
	/* An abstract name has no terminator, a path does: both count in the length. */
	bool abstract = text[0] == '@';
	if (abstract)
		address->sun_path[0] = '\0';
	notify->address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (abstract ? 0 : 1));
	return true;
}

/* Half of what systemd waits; 0 when no watchdog is meant for this process. */
static int64_t
watchdog_period_ms(const char *usec_text, const char *pid_text)
{
	int64_t usec, pid;

	if (usec_text == NULL || !str_parse_int(usec_text, 1, INT64_MAX, &usec))
		return 0;
	if (pid_text != NULL && (!str_parse_int(pid_text, 1, INT32_MAX, &pid) || pid != getpid()))
		return 0;
	return usec / 2000 > 0 ? usec / 2000 : 1;
}

void
notify_init(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET");

	memset(notify, 0, sizeof *notify);
	notify->fd = -1;
	if (name != NULL && take_address(name, notify))
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify->fd >= 0)
		notify->watchdog_ms = watchdog_period_ms(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_fini(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
	notify->watchdog_ms = 0;
}

static void
say(struct notify *notify, const char *message)
{
	char copy[MESSAGE_BYTES];

	if (notify->fd < 0)
		return;
	str_copy(copy, sizeof copy, message);
	struct iovec part = { .iov_base = copy, .iov_len = strlen(copy) };
	struct msghdr datagram = {
		.msg_name = &notify->address,
		.msg_namelen = notify->address_bytes,
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	/* A lost message is not worth a word: see the head of this file. */
	if (sendmsg(notify->fd, &datagram, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

/* One line a variable: a newline within a status would set another one. */
static void
say_with_status(struct notify *notify, const char *before, const char *status)
{
	char line[STATUS_BYTES], message[MESSAGE_BYTES];

	str_copy(line, sizeof line, status);
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	str_format(message, sizeof message, "%sSTATUS=%s", before, line);
	say(notify, message);
}

void
notify_ready(struct notify *notify, const char *status)
{
	say_with_status(notify, "READY=1\n", status);
}

void
notify_status(struct notify *notify, const char *status)
{
	say_with_status(notify, "", status);
}

void
notify_reloading(struct notify *notify, int64_t monotonic_us)
{
	char message[96];

	str_format(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)monotonic_us);
	say(notify, message);
}

void
notify_stopping(struct notify *notify, const char *status)
{
	say_with_status(notify, "STOPPING=1\n", status);
}

void
notify_pet(struct notify *notify, int64_t now_ms)
{
	if (notify->fd < 0 || notify->watchdog_ms == 0 || now_ms < notify->next_pet_ms)
		return;
	notify->next_pet_ms = now_ms + notify->watchdog_ms;
	say(notify, "WATCHDOG=1");
}
