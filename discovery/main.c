/*
 * fuse-discovery: looks for printers on the network. In this version it stands at its post: started, locked in,
 * watched and stopped; the search itself comes with the printer layer.
 */
#include "ipc/child.h"

static struct child *child;

static void
on_synced(void *arg)
{
	(void)arg;
	child_ready(child, "stands by");
}

int
main(void)
{
	const struct child_duties duties = { .on_synced = on_synced };

	child = child_new(ROLE_DISCOVERY, SANDBOX_DISCOVERY, NULL, 0, &duties);
	return child_run(child);
}
