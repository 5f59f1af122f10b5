/*
 * scan: looks for printers, in a network or by their announcements. Rows appear as they are found; below them, on a
 * terminal, how far it is. Ctrl-C ends the search, and what was found stands.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ctl.h"
#include "fusectl/farm.h"
#include "fusectl/probe.h"
#include "ipc/probed.h"
#include "ipc/terms.h"

#define PATIENCE_S 60 /* without a word of the search */
#define ROW_FORMAT "%-15s  %-16s  %-10s  "

struct hunt {
	struct ctl *ctl;
	struct farm farm; /* to say which are added already */
	json_t *rows;	  /* with --json */
	unsigned found, added;
	bool listens, heads, progress_shown;
	struct msg_scan_done done;
};

/* -- what is known of a row ------------------------------------------------------------------------------ */

static json_t *
row_json(const struct hunt *hunt, const struct msg_scan_found *found)
{
	struct msg_probed probed;

	probed_of_found(found, &probed);
	json_t *json = probe_json(&probed);
	json_object_set_new(json, "address", ctl_json_text(found->address));
	json_object_set_new(json, "announced", json_boolean(found->announced));
	json_object_set_new(json, "connected", json_boolean(found->connected));
	json_object_set_new(json, "added", json_boolean(farm_peek(&hunt->farm, found->serial) != NULL));
	return json;
}

/* -- text ------------------------------------------------------------------------------------------------ */

static void
wipe_progress(struct hunt *hunt)
{
	if (hunt->progress_shown)
		fputs("\r\033[K", hunt->ctl->show.out);
	hunt->progress_shown = false;
}

static void
print_heads(struct hunt *hunt)
{
	const struct show *show = &hunt->ctl->show;
	char heads[80];

	if (hunt->heads)
		return;
	hunt->heads = true;
	str_format(heads, sizeof heads, ROW_FORMAT "%s", "ADDRESS", "SERIAL", "MODEL", "");
	show_text(show, TONE_STRONG, heads);
	fputc('\n', show->out);
}

static void
print_row(struct hunt *hunt, const struct msg_scan_found *found)
{
	const struct show *show = &hunt->ctl->show;
	const struct farm_printer *kept = farm_peek(&hunt->farm, found->serial);
	char text[200], note[700];
	unsigned indent = 2;

	print_heads(hunt);
	str_format(text, sizeof text, ROW_FORMAT, found->address, found->serial[0] != '\0' ? found->serial : "?", found->model);
	show_text(show, kept != NULL ? TONE_FAINT : TONE_PLAIN, text);
	show_text(show, kept != NULL ? TONE_FAINT : TONE_STRONG, kept != NULL ? kept->record.name : found->name);
	if (kept != NULL && strcmp(kept->record.address, found->address) == 0)
		str_copy(note, sizeof note, "added already");
	else if (kept != NULL)
		str_format(note, sizeof note, "added already, at %s", kept->record.address);
	else
		str_format(note, sizeof note, "%s%s%s", found->sentence, found->remedy[0] != '\0' ? " " : "", found->remedy);
	fputc('\n', show->out);
	fprintf(show->out, "%*s", (int)indent, "");
	show_wrapped(show, indent, indent, note);
	fflush(show->out);
}

/* -- what comes -------------------------------------------------------------------------------------------- */

static void
on_found(void *arg, const void *message)
{
	struct hunt *hunt = arg;
	const struct msg_scan_found *found = message;

	hunt->found++;
	hunt->added += farm_peek(&hunt->farm, found->serial) != NULL;
	if (ctl_wants_json(hunt->ctl)) {
		json_array_append_new(hunt->rows, row_json(hunt, found));
		return;
	}
	wipe_progress(hunt);
	print_row(hunt, found);
}

static void
on_progress(void *arg, const void *message)
{
	struct hunt *hunt = arg;
	const struct msg_scan_progress *progress = message;
	FILE *out = hunt->ctl->show.out;

	if (ctl_wants_json(hunt->ctl) || hunt->ctl->show.width == 0)
		return;
	wipe_progress(hunt);
	if (hunt->listens)
		fprintf(out, "listening: %u of %u s, %u found (Ctrl-C ends it)", progress->done / 1000, progress->total / 1000,
			hunt->found);
	else
		fprintf(out, "%u of %u addresses, %u found (Ctrl-C ends it)", progress->done, progress->total, hunt->found);
	hunt->progress_shown = true;
	fflush(out);
}

static void
on_done(void *arg, const void *message)
{
	memcpy(&((struct hunt *)arg)->done, message, sizeof(struct msg_scan_done));
}

/* Ctrl-C is read from a descriptor, so that the search can be told. -1: it works as everywhere else. */
static int
catch_interrupt(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

static enum outcome
search(struct hunt *hunt, const struct msg_scan *scan)
{
	static struct client_call calls[2]; /* the search, and its end before its time */
	struct ctl *ctl = hunt->ctl;
	const struct client_question question = {
		.to = ROLE_DISCOVERY, .number = MESSAGE_SCAN, .message = scan, .fd = -1, .part_number = MESSAGE_SCAN_FOUND,
		.on_part = on_found, .progress_number = MESSAGE_SCAN_PROGRESS, .on_progress = on_progress,
		.reply_number = MESSAGE_SCAN_DONE, .on_reply = on_done, .arg = hunt,
		.timeout_ms = ctl_patience_ms(ctl, PATIENCE_S), .patient = true, .watch_fd = -1,
	};
	struct msg_scan_cancel cancel;
	const struct client_question stop = { .to = ROLE_DISCOVERY, .number = MESSAGE_SCAN_CANCEL, .message = &cancel,
					      .fd = -1, .watch_fd = -1 };
	struct pollfd interrupt = { .fd = catch_interrupt(), .events = POLLIN };

	client_begin(&ctl->client, &question, &calls[0]);
	while (calls[0].open) {
		struct signalfd_siginfo info;
		client_turn(&ctl->client, calls, 2, &interrupt, 1);
		if (!calls[0].open || calls[1].open || interrupt.revents == 0 ||
		    read(interrupt.fd, &info, sizeof info) <= 0)
			continue;
		cancel.scan_request = calls[0].request_id;
		client_begin(&ctl->client, &stop, &calls[1]);
	}
	if (interrupt.fd >= 0)
		close(interrupt.fd);
	if (calls[0].outcome != OUTCOME_DONE)
		ctl->failure = calls[0].failure;
	return calls[0].outcome;
}

/* -- the end ------------------------------------------------------------------------------------------------ */

static void
print_end(struct hunt *hunt)
{
	const struct show *show = &hunt->ctl->show;
	unsigned fresh = hunt->found - hunt->added;
	char text[120];

	wipe_progress(hunt);
	if (hunt->ctl->show.out != NULL && hunt->found > 0)
		fputc('\n', show->out);
	show_wrapped(show, 0, 0, hunt->done.sentence);
	if (hunt->done.remedy[0] != '\0')
		show_wrapped(show, 0, 0, hunt->done.remedy);
	if (fresh == 0)
		return;
	str_format(text, sizeof text, "%u of them %s not added yet: fusectl printer add --address ADDRESS", fresh,
		   fresh == 1 ? "is" : "are");
	show_wrapped(show, 0, 0, text);
}

enum outcome
command_scan(struct ctl *ctl)
{
	struct msg_scan scan = { .public_too = ctl->args.given[OPTION_PUBLIC] };
	struct hunt hunt = { .ctl = ctl, .listens = ctl->args.word_count == 0 };

	if (!hunt.listens && !str_copy(scan.cidr, sizeof scan.cidr, ctl->args.words[0]))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "Write the network like 192.168.0.0/24.");
	enum outcome outcome = farm_fetch(ctl, 0, &hunt.farm);
	if (outcome != OUTCOME_DONE)
		return outcome;
	hunt.rows = json_array();
	outcome = search(&hunt, &scan);
	if (outcome == OUTCOME_DONE && ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O, s:b, s:I, s:s, s:s}", "printers", hunt.rows, "cancelled",
						 hunt.done.cancelled, "machines", (json_int_t)hunt.done.machines, "sentence",
						 hunt.done.sentence, "remedy", hunt.done.remedy), false);
	else if (outcome == OUTCOME_DONE)
		print_end(&hunt);
	else
		wipe_progress(&hunt);
	/* All that can be wrong with what was asked is how the network is written. */
	if (outcome == OUTCOME_REFUSED && strcmp(ctl->failure.reason, refusal_name(REFUSAL_INVALID)) == 0)
		outcome = OUTCOME_USAGE;
	json_decref(hunt.rows);
	farm_free(&hunt.farm);
	return outcome;
}
