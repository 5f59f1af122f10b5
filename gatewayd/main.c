/*
 * fuse-gatewayd: the link to the cloud gateway. In this version it stands at its post: started, locked in,
 * watched and stopped; the link itself comes with activation.
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

	child = child_new(ROLE_GATEWAYD, SANDBOX_GATEWAYD, NULL, 0, &duties);
	return child_run(child);
}
