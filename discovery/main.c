/*
 * fuse-discovery: says who is at an address of the network. Started by fused as `fuse-discovery --ca <state>/ca.d`.
 * Nothing secret ever comes here: it has no access codes to give away.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/str.h"
#include "common/tls.h"
#include "discovery/detect.h"
#include "discovery/probe.h"
#include "ipc/child.h"

static struct child *child;
static unsigned issuers;

static void
on_synced(void *arg)
{
	char sentence[120];

	(void)arg;
	str_format(sentence, sizeof sentence, "probes addresses on request; %u issuer%s from ca.d", issuers,
		   issuers == 1 ? "" : "s");
	child_ready(child, sentence);
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	if (fd >= 0)
		close(fd); /* no message to us carries one */
	if (header->number == MESSAGE_PROBE)
		probe_begin(child, header, message);
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg, (void)deadline_ms;
	probe_forget_all();
	child_exit(child, EXIT_DONE);
}

int
main(int argc, char **argv)
{
	const struct child_duties duties = { .on_synced = on_synced, .on_message = on_message, .on_stop = on_stop };

	if (argc != 3 || strcmp(argv[1], "--ca") != 0) {
		fprintf(stderr, "fuse-discovery is a part of Fuse: fused starts it. Start `fused` instead.\n");
		return EXIT_USAGE;
	}
	tls_init();
	detect_init();
	issuers = tls_load_owner_issuers(argv[2]);
	child = child_new(ROLE_DISCOVERY, SANDBOX_DISCOVERY, NULL, 0, &duties);
	return child_run(child);
}
