/*
 * fuse-virtual.
 */
#include <stdio.h>

#include "common/exits.h"
#include "ipc/child.h"

static struct child *child;

static void
on_synced(void *arg)
{
	(void)arg;
	child_ready(child, "plays a printer");
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	(void)header;
	(void)message;
	(void)fd;
}

int
main(void)
{
	static const struct child_duties duties = { on_synced, on_message, NULL, NULL };

	child = child_new(ROLE_VIRTUAL, SANDBOX_VIRTUAL, NULL, 0, &duties);
	return child_run(child);
}
