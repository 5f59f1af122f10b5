/*
 * scan: one search for each SCAN.
 */
#include "discovery/scan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "discovery/search.h"
#include "discovery/story.h"
#include "ipc/probed.h"
#include "printer/models.h"

#define ASK_EVERY_MS 3000 /* a printer that answers searches answers most of them */

struct scan {
	LIST_ENTRY(scan) next;
	struct house *house;
	struct header request;
	bool announced; /* it listens */
	struct cidr cidr;
	struct search *search;
	struct loop_timer *progress;
	int64_t asked_ms;
	uint32_t found;
	bool told_any;
	struct search_progress told;
};

static LIST_HEAD(, scan) scans = LIST_HEAD_INITIALIZER(scans);
static unsigned scan_count;

static void
forget(struct scan *scan)
{
	search_free(scan->search);
	loop_timer_free(scan->progress);
	LIST_REMOVE(scan, next);
	scan_count--;
	free(scan);
}

void
scan_forget_all(void)
{
	while (!LIST_EMPTY(&scans))
		forget(LIST_FIRST(&scans));
}

/* -- rows -------------------------------------------------------------------------------------------------- */

static void
show_address(uint32_t address, char *to, socklen_t cap)
{
	const struct in_addr in = { .s_addr = htonl(address) };

	ENSURE(inet_ntop(AF_INET, &in, to, cap) != NULL);
}

static void
fill_if_untold(char *field, size_t cap, const char *announced)
{
	if (field[0] == '\0')
		str_copy(field, cap, announced);
}

/* What it announced counts where the visit has told nothing; but never against its certificate. */
static void
take_announcement(const struct ssdp_announcement *announcement, struct msg_scan_found *found)
{
	if (found->serial[0] != '\0' && strcmp(found->serial, announcement->serial) != 0) {
		str_format(found->sentence, sizeof found->sentence, "It announces itself as %s, but another printer answers there: %s.",
			   announcement->serial, found->serial);
		return;
	}
	found->announced = true;
	fill_if_untold(found->serial, sizeof found->serial, announcement->serial);
	fill_if_untold(found->model_code, sizeof found->model_code, announcement->model_code);
	fill_if_untold(found->name, sizeof found->name, announcement->name);
	fill_if_untold(found->firmware, sizeof found->firmware, announcement->firmware);
	fill_if_untold(found->bind, sizeof found->bind, announcement->bind);
	fill_if_untold(found->connect, sizeof found->connect, announcement->connect);
	const struct model *model = model_by_code(found->model_code);
	if (found->model_code[0] != '\0' && model != model_other())
		str_copy(found->model, sizeof found->model, model->key);
	else if (strcmp(found->model, model_other()->key) == 0 || found->model[0] == '\0')
		str_copy(found->model, sizeof found->model, model_by_serial(found->serial)->key);
}

static void
fill_connected(const struct scan *scan, const char *serial, struct msg_scan_found *found)
{
	const struct house_printer *printer = house_printer_peek(scan->house, serial);

	ENSURE(printer != NULL);
	found->connected = true;
	str_copy(found->serial, sizeof found->serial, printer->serial);
	str_copy(found->model, sizeof found->model, printer->model);
	str_copy(found->name, sizeof found->name, printer->name);
	str_copy(found->sentence, sizeof found->sentence, "This printer is added and connected.");
}

static void
on_found(void *arg, const struct search_row *row)
{
	struct scan *scan = arg;
	struct msg_scan_found found = { 0 };

	show_address(row->address, found.address, sizeof found.address);
	if (row->findings == NULL) {
		fill_connected(scan, row->serial, &found);
	} else {
		struct msg_probed probed;
		story_tell(row->findings, clock_wall_ms(), &probed);
		probed_to_found(&probed, &found);
		if (row->findings->mqtt.has_certificate && probed.serial[0] != '\0')
			house_proved(scan->house, probed.serial, row->address);
	}
	if (row->announcement != NULL)
		take_announcement(row->announcement, &found);
	scan->found++;
	child_reply(scan->house->child, &scan->request, MESSAGE_SCAN_FOUND, &found, -1);
}

static const char *
connected_at(void *arg, uint32_t address)
{
	struct scan *scan = arg;
	const struct house_printer *printer = house_live_at(scan->house, address);

	return printer != NULL ? printer->serial : NULL;
}

/* -- the end ------------------------------------------------------------------------------------------------- */

static void
tell_nothing_found(const struct scan *scan, struct msg_scan_done *done)
{
	if (scan->announced) {
		str_copy(done->sentence, sizeof done->sentence, "No printer has announced itself.");
		str_copy(done->remedy, sizeof done->remedy,
			 "Switch on LAN Only Mode and Developer Mode at the printers. Printers in another network, behind Wi-Fi "
			 "isolation, or outside of a container that Fuse runs in, are not heard: search their network instead, "
			 "e.g. 192.168.0.0/24, or add one by its address.");
		return;
	}
	str_format(done->sentence, sizeof done->sentence, "No printer answers at the %u addresses of this network%s.", done->total,
		   done->machines > 0 ? ", only other machines do" : "");
	str_copy(done->remedy, sizeof done->remedy,
		 "Compare the network with the address on a printer's screen, and see that the printers are switched on and that no "
		 "firewall stands between (ports 8883, 990, 3000 and 3002).");
}

static void
end(struct scan *scan, bool cancelled)
{
	struct search_progress progress = search_progress(scan->search);
	struct msg_scan_done done = { .total = progress.total, .found = scan->found, .machines = progress.machines,
				      .cancelled = cancelled };

	if (cancelled)
		str_format(done.sentence, sizeof done.sentence, "Stopped; %u printer%s found so far.", scan->found,
			   scan->found == 1 ? " was" : "s were");
	else if (progress.failed == progress.total && progress.total > 0)
		str_copy(done.sentence, sizeof done.sentence, "This machine cannot reach that network at all: there is no way to it.");
	else if (scan->found == 0)
		tell_nothing_found(scan, &done);
	else
		str_format(done.sentence, sizeof done.sentence, "%u printer%s found.", scan->found,
			   scan->found == 1 ? " was" : "s were");
	child_reply(scan->house->child, &scan->request, MESSAGE_SCAN_DONE, &done, -1);
	forget(scan);
}

static void
on_over(void *arg)
{
	end(arg, false);
}

static void
on_progress(void *arg)
{
	struct scan *scan = arg;
	struct search_progress now = search_progress(scan->search);
	int64_t now_ms = clock_monotonic_ms();

	if (scan->announced && now_ms - scan->asked_ms >= ASK_EVERY_MS) {
		scan->asked_ms = now_ms;
		listener_ask(scan->house->listener);
	}
	if (!scan->told_any || now.done != scan->told.done || now.machines != scan->told.machines) {
		const struct msg_scan_progress message = { .done = now.done, .total = now.total, .machines = now.machines };
		child_reply(scan->house->child, &scan->request, MESSAGE_SCAN_PROGRESS, &message, -1);
		scan->told = now;
		scan->told_any = true;
	}
	loop_timer_set(scan->progress, SCAN_PROGRESS_MS);
}

/* -- the beginning ------------------------------------------------------------------------------------------- */

static bool
refuse(struct house *house, const struct header *request, enum refusal reason, const char *sentence, const char *remedy)
{
	child_reply_refused(house->child, request, reason, sentence, remedy);
	return false;
}

static bool
may_begin(struct house *house, const struct header *request, const struct msg_scan *message, struct cidr *ret_cidr)
{
	char fault[CIDR_FAULT_BYTES];
	const char *reason;

	if (scan_count == SCANS_MAX)
		return refuse(house, request, REFUSAL_BUSY, "Other searches are running just now.",
			      "Wait until they are over, or stop one.");
	if (message->cidr[0] == '\0') {
		if (listener_hears(house->listener, &reason))
			return true;
		str_format(fault, sizeof fault, "Printers cannot be heard announcing themselves: %s.", reason);
		return refuse(house, request, REFUSAL_CONFLICT, fault,
			      "Search the printers' network instead, e.g. 192.168.0.0/24.");
	}
	if (!cidr_parse(message->cidr, ret_cidr, fault))
		return refuse(house, request, REFUSAL_INVALID, fault, "");
	if (cidr_is_public(ret_cidr) && !message->public_too)
		return refuse(house, request, REFUSAL_FORBIDDEN, "This network is on the public internet, not in your house.",
			      "Printers have addresses like 192.168.0.30 or 10.0.0.30. If you are sure that the network is yours, "
			      "say so and search it all the same.");
	return true;
}

void
scan_begin(struct house *house, const struct header *request, const struct msg_scan *message)
{
	struct cidr cidr = { 0 };
	struct loop *loop = child_loop_peek(house->child);

	if (!may_begin(house, request, message, &cidr))
		return;
	struct scan *scan = calloc(1, sizeof *scan);
	ENSURE(scan != NULL);
	const struct search_duties duties = { .found = on_found, .over = on_over, .connected = connected_at, .arg = scan };
	scan->house = house;
	scan->request = *request;
	scan->announced = message->cidr[0] == '\0';
	scan->cidr = cidr;
	LIST_INSERT_HEAD(&scans, scan, next);
	scan_count++;
	scan->search = scan->announced ? search_announced_new(loop, &duties) : search_network_new(loop, &cidr, &duties);
	scan->progress = loop_timer_new(loop, on_progress, scan);
	on_progress(scan);
	/* Who was heard of lately need not be waited for. */
	for (size_t i = 0; scan->announced && i < house->sightings.count; i++)
		if (sighting_is_fresh(&house->sightings.rows[i], clock_monotonic_ms()))
			search_hear(&house->sightings.rows[i].announcement);
	log_info("search for printers begins", log_str("network", scan->announced ? "announcements" : message->cidr));
}

void
scan_cancel(struct house *house, const struct header *request, const struct msg_scan_cancel *message)
{
	struct scan *scan;

	LIST_FOREACH (scan, &scans, next)
		if (scan->request.from_role == request->from_role && scan->request.from_slot == request->from_slot &&
		    scan->request.generation == request->generation && scan->request.request_id == message->scan_request)
			break;
	if (scan != NULL)
		end(scan, true);
	child_reply_done(house->child, request, scan != NULL ? "The search is stopped." : "The search is over already.");
}
