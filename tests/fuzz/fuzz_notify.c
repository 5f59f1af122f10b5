/*
 * Any values of the variables by which systemd tells where it listens and how long it waits.
 * Covers: notify_init
 *
 * Input: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, each ended by a NUL byte. Nothing is sent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/notify.h"

#define TEXT_MAX 600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
	char text[TEXT_MAX + 1];
	struct notify notify;
	size_t at = 0;

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < 3 && at < size; i++) {
		setenv(names[i], text + at, 1);
		at += strlen(text + at) + 1;
	}
	notify_init(&notify);
	for (size_t i = 0; i < 3; i++)
		if (getenv(names[i]) != NULL)
			abort();
	if (notify.fd < 0 && notify.watchdog_ms != 0)
		abort();
	if (notify.watchdog_ms < 0 || notify.address_bytes > sizeof notify.address)
		abort();
	notify_fini(&notify);
	return 0;
}
