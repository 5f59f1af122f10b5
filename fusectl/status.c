/*
 * status: Fuse in one look: how it is, and what needs a person.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "fusectl/ctl.h"
#include "fusectl/farm.h"
#include "ipc/terms.h"

#define LABEL "  %-13s"
#define TEXT_INDENT 15

struct overview {
	struct msg_fuse_status fuse;
	bool fuse_known;
	struct process_list list;
	size_t counts[LIFE_STATE_COUNT];
	struct msg_store_status store;
	bool store_known;
	struct msg_access access;
	bool access_known;
	size_t printers, live, troubled; /* troubled: something is to be done, also where it is live */
};

static void
take_fuse(void *arg, const void *message)
{
	struct overview *view = arg;

	memcpy(&view->fuse, message, sizeof view->fuse);
	view->fuse_known = true;
}

static enum outcome
count_printers(struct ctl *ctl, struct overview *view)
{
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, FARM_LINKS | FARM_WORKERS, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	view->printers = farm.count;
	for (size_t i = 0; i < farm.count; i++) {
		/* What a link said last counts only while its process is there to say otherwise. */
		bool serves = farm.rows[i].has_worker && farm.rows[i].worker.state == LIFE_UP;
		view->live += serves && farm.rows[i].has_link && farm.rows[i].link.online ? 1 : 0;
		view->troubled += farm.rows[i].link.fault[0] != '\0' ? 1 : 0;
	}
	farm_free(&farm);
	return OUTCOME_DONE;
}

static enum outcome
fetch(struct ctl *ctl, struct overview *view)
{
	enum outcome outcome = ctl_recall(ctl, MESSAGE_FUSE_STATUS, take_fuse, view);

	if (outcome == OUTCOME_DONE && !view->fuse_known)
		outcome = failure_say(&ctl->failure, OUTCOME_FAILED, "Fuse did not say how it is.");
	if (outcome == OUTCOME_DONE)
		outcome = ctl_store_status(ctl, &view->store, &view->store_known);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_access(ctl, &view->access, &view->access_known);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_processes(ctl, &view->list);
	if (outcome == OUTCOME_DONE)
		outcome = count_printers(ctl, view);
	for (size_t i = 0; i < view->list.count; i++)
		if (view->list.rows[i].state < LIFE_STATE_COUNT)
			view->counts[view->list.rows[i].state]++;
	return outcome;
}

static bool
needs_attention(const struct msg_proc_status *proc)
{
	return proc->state == LIFE_HELD || proc->state == LIFE_BACKOFF;
}

static json_t *
json_of_counts(const struct overview *view)
{
	json_t *json = json_pack("{s:I}", "total", (json_int_t)view->list.count);

	for (unsigned i = 0; i < LIFE_STATE_COUNT; i++)
		json_object_set_new(json, life_state_name(i), json_integer((json_int_t)view->counts[i]));
	return json;
}

static json_t *
json_of_attention(const struct overview *view)
{
	json_t *list = json_array();
	char name[PROCESS_NAME_BYTES], remedy[PROCESS_NAME_BYTES + 16], sentence[600];

	for (size_t i = 0; i < view->list.count; i++) {
		const struct msg_proc_status *proc = &view->list.rows[i];
		if (!needs_attention(proc))
			continue;
		ctl_process_name(proc, name);
		str_format(remedy, sizeof remedy, "fusectl retry %s", name);
		str_format(sentence, sizeof sentence, "%s %s.", name, proc->obituary);
		json_array_append_new(list, json_pack("{s:o,s:s,s:o,s:o,s:o}", "process", ctl_json_text(name), "state",
						      life_state_name(proc->state), "sentence",
						      ctl_json_text(sentence), "remedy", ctl_json_text(remedy),
						      "nextTryAt", ctl_json_time(proc->next_try_ms)));
	}
	return list;
}

static json_t *
json_of_access(const struct overview *view)
{
	const struct msg_access *access = &view->access;

	return json_pack("{s:b,s:b,s:o,s:o,s:o}", "asksForPassword", view->fuse.http_guarded, "passwordSet",
			 access->password_set, "certificateSha256",
			 access->certificate_sha256[0] != '\0' ? ctl_json_text(access->certificate_sha256) : json_null(),
			 "certificateValidUntil", ctl_json_time(access->certificate_until_ms), "certificateTrouble",
			 access->certificate_trouble[0] != '\0' ? ctl_json_text(access->certificate_trouble) : json_null());
}

static void
print_json(const struct ctl *ctl, const struct overview *view)
{
	const struct msg_fuse_status *fuse = &view->fuse;
	json_t *json = json_object();

	json_object_set_new(json, "version", ctl_json_text(fuse->version));
	json_object_set_new(json, "pid", json_integer(fuse->pid));
	json_object_set_new(json, "startedAt", ctl_json_time(fuse->started_ms));
	json_object_set_new(json, "uptimeMs", json_integer(ctl->now_ms - fuse->started_ms));
	json_object_set_new(json, "stopping", json_boolean(fuse->stopping));
	json_object_set_new(json, "sentence", ctl_json_text(fuse->sentence));
	json_object_set_new(json, "stateDir", ctl_json_text(fuse->state_dir));
	json_object_set_new(json, "http", fuse->http[0] != '\0' ? ctl_json_text(fuse->http) : json_null());
	json_object_set_new(json, "stats", fuse->stats[0] != '\0' ? ctl_json_text(fuse->stats) : json_null());
	json_object_set_new(json, "access", json_of_access(view));
	json_object_set_new(json, "printers", json_pack("{s:I,s:I,s:I}", "total", (json_int_t)view->printers, "live",
							(json_int_t)view->live, "withProblems", (json_int_t)view->troubled));
	json_object_set_new(json, "processes", json_of_counts(view));
	json_object_set_new(json, "store", view->store_known ? ctl_store_json(&view->store) : json_null());
	json_object_set_new(json, "attention", json_of_attention(view));
	ctl_print_json(stdout, json, false);
}

static void
line(const struct show *show, const char *label, const char *text)
{
	fprintf(show->out, LABEL, label);
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT, text);
}

static void
print_counts(const struct show *show, const struct overview *view)
{
	char text[256];
	size_t used;

	str_format(text, sizeof text, "%zu", view->list.count);
	for (unsigned i = 0, n = 0; i < LIFE_STATE_COUNT; i++) {
		if (view->counts[i] == 0)
			continue;
		used = strlen(text);
		str_format(text + used, sizeof text - used, "%s %zu %s", n++ == 0 ? ":" : ",", view->counts[i],
			   life_state_name(i));
	}
	line(show, "Processes", text);
}

static void
print_printers(const struct show *show, const struct overview *view)
{
	char text[160];

	if (view->printers == 0)
		str_copy(text, sizeof text, "none yet; to add one: fusectl printer add --address ADDRESS");
	else if (view->troubled == 0)
		str_format(text, sizeof text, "%zu: %zu live", view->printers, view->live);
	else
		str_format(text, sizeof text, "%zu: %zu live, %zu with problems (`fusectl printers` says which)", view->printers,
			   view->live, view->troubled);
	line(show, "Printers", text);
}

static void
print_store(const struct show *show, const struct overview *view)
{
	if (!view->store_known) {
		line(show, "Store", "not heard of yet; `fusectl ps` says how its process is");
		return;
	}
	fprintf(show->out, LABEL, "Store");
	const char *health = store_health_name(view->store.health);
	show_text(show, view->store.health == STORE_GOOD ? TONE_GOOD : TONE_BAD, health);
	fputs(": ", show->out);
	show_wrapped(show, TEXT_INDENT, TEXT_INDENT + strlen(health) + 2, view->store.sentence);
	if (view->store.remedy[0] != '\0')
		show_wrapped(show, TEXT_INDENT, 0, view->store.remedy);
	if (view->store.holds_prints)
		show_wrapped(show, TEXT_INDENT, 0,
			     "No print starts until you have looked at the restored state: fusectl store confirm");
}

static void
print_access(const struct show *show, const struct overview *view)
{
	const struct msg_access *access = &view->access;
	char text[300], fingerprint[FINGERPRINT_TEXT_BYTES];

	if ((!view->fuse.http_guarded && !view->fuse.stats_guarded) || !view->access_known)
		return;
	line(show, "Access", access->password_set ? "with the password, or a token"
						  : "nobody yet: no password is set; `fusectl setup-code` says how");
	if (access->certificate_sha256[0] != '\0') {
		ctl_group_fingerprint(access->certificate_sha256, fingerprint);
		str_format(text, sizeof text, "%s, SHA-256 %s", access->certificate_is_owners ? "yours, from tls.d" : "Fuse's own",
			   fingerprint);
		line(show, "Certificate", text);
	}
	if (access->certificate_trouble[0] != '\0')
		show_wrapped(show, TEXT_INDENT, 0, access->certificate_trouble);
}

static void
print_attention(const struct show *show, const struct overview *view, int64_t now_ms)
{
	char text[800], name[PROCESS_NAME_BYTES], when[SHOW_WORDS_BYTES];

	for (size_t i = 0; i < view->list.count; i++) {
		const struct msg_proc_status *proc = &view->list.rows[i];
		if (!needs_attention(proc))
			continue;
		ctl_process_name(proc, name);
		show_duration(proc->next_try_ms - now_ms, when);
		fputc('\n', show->out);
		show_text(show, proc->state == LIFE_HELD ? TONE_BAD : TONE_WARN, name);
		str_format(text, sizeof text, " is %s, the next try is in %s. It %s.", life_state_name(proc->state), when,
			   proc->obituary);
		show_wrapped(show, 2, strlen(name), text);
		str_format(text, sizeof text, "To try it now: fusectl retry %s", name);
		show_wrapped(show, 2, 0, text);
	}
}

static void
print_text(const struct ctl *ctl, const struct overview *view)
{
	const struct show *show = &ctl->show;
	const struct msg_fuse_status *fuse = &view->fuse;
	char text[400], uptime[SHOW_WORDS_BYTES];

	show_duration(ctl->now_ms - fuse->started_ms, uptime);
	str_format(text, sizeof text, "Fuse %s, running for %s (pid %u)%s%s", fuse->version, uptime, fuse->pid,
		   fuse->sentence[0] != '\0' ? ": " : "", fuse->sentence);
	show_wrapped(show, 2, 2, text);
	str_format(text, sizeof text, "http%s://%s/", fuse->http_guarded ? "s" : "", fuse->http);
	line(show, "Web pages", fuse->http[0] != '\0' ? text : "off");
	str_format(text, sizeof text, "ws%s://%s/", fuse->stats_guarded ? "s" : "", fuse->stats);
	line(show, "Statistics", fuse->stats[0] != '\0' ? text : "off");
	print_access(show, view);
	line(show, "State folder", fuse->state_dir);
	print_printers(show, view);
	print_counts(show, view);
	print_store(show, view);
	print_attention(show, view, ctl->now_ms);
}

enum outcome
command_status(struct ctl *ctl)
{
	struct overview *view = calloc(1, sizeof *view);

	if (view == NULL)
		return failure_say(&ctl->failure, OUTCOME_FAILED, "Out of memory.");
	enum outcome outcome = fetch(ctl, view);
	if (outcome == OUTCOME_DONE && ctl_wants_json(ctl))
		print_json(ctl, view);
	else if (outcome == OUTCOME_DONE)
		print_text(ctl, view);
	free(view->list.rows);
	free(view);
	return outcome;
}
