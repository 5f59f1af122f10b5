/*
 * fuse-discovery: finds printers on the network, says who is at an address, and where a printer went that has moved.
 * Started by fused as `fuse-discovery --ca <state>/ca.d`. Nothing secret ever comes here: it has no access codes to
 * give away, and what it hears is a hint until a certificate proves it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/str.h"
#include "common/tls.h"
#include "discovery/detect.h"
#include "discovery/house.h"
#include "discovery/locate.h"
#include "discovery/probe.h"
#include "discovery/scan.h"

#define STATUS_EVERY_MS 5000

static struct house house;
static struct loop_timer *status_timer;
static unsigned issuers;

static void
on_announcement(void *arg, const struct ssdp_announcement *announcement)
{
	(void)arg;
	house_announced(&house, announcement);
	locate_hear(announcement);
}

static void
on_status_time(void *arg)
{
	(void)arg;
	house_tell_status(&house);
	loop_timer_set(status_timer, STATUS_EVERY_MS);
}

static void
on_synced(void *arg)
{
	char sentence[160];
	const char *reason;

	(void)arg;
	listener_start(house.listener, child_loop_peek(house.child), on_announcement, NULL);
	status_timer = loop_timer_new(child_loop_peek(house.child), on_status_time, NULL);
	on_status_time(NULL);
	str_format(sentence, sizeof sentence, "looks for printers%s; %u issuer%s from ca.d",
		   listener_hears(house.listener, &reason) ? "" : " (without their announcements)", issuers,
		   issuers == 1 ? "" : "s");
	child_ready(house.child, sentence);
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	(void)arg;
	if (fd >= 0)
		close(fd); /* no message to us carries one */
	switch (header->number) {
	case MESSAGE_PRINTER:
		house_on_printer(&house, header, message);
		break;
	case MESSAGE_PRINTER_LINK:
		house_on_link(&house, header, message);
		break;
	case MESSAGE_PROBE:
		probe_begin(house.child, header, message);
		break;
	case MESSAGE_SCAN:
		scan_begin(&house, header, message);
		break;
	case MESSAGE_SCAN_CANCEL:
		scan_cancel(&house, header, message);
		break;
	case MESSAGE_LOCATE:
		locate_begin(&house, header, message);
		break;
	}
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg, (void)deadline_ms;
	probe_forget_all();
	scan_forget_all();
	locate_forget_all();
	loop_timer_free(status_timer);
	listener_free(house.listener);
	child_exit(house.child, EXIT_DONE);
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
	house.listener = listener_new();
	house.contained = access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
	house.child = child_new(ROLE_DISCOVERY, SANDBOX_DISCOVERY, NULL, 0, &duties);
	return child_run(house.child);
}
