/*
 * fuse-worker: one printer's link. In this version it stands at its post: it is started for its
 * entry, locked in, watched and stopped; the link to the printer comes with the printer layer.
 */
#include "common/str.h"
#include "ipc/child.h"

static struct child *child;

static void
on_synced(void *arg)
{
	char sentence[120];

	(void)arg;
	str_format(sentence, sizeof sentence, "stands by for %s", child_entry_peek(child));
	child_ready(child, sentence);
}

int
main(void)
{
	const struct child_duties duties = { .on_synced = on_synced };

	child = child_new(ROLE_WORKER, SANDBOX_WORKER, NULL, 0, &duties);
	return child_run(child);
}
