/*
 * ps: one row a process, and below it how it last died.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "fusectl/ctl.h"
#include "ipc/terms.h"

static enum show_tone
tone_of(unsigned state)
{
	switch ((enum life_state)state) {
	case LIFE_UP:
		return TONE_GOOD;
	case LIFE_STARTING:
	case LIFE_STOPPING:
	case LIFE_BACKOFF:
		return TONE_WARN;
	case LIFE_HELD:
		return TONE_BAD;
	case LIFE_DOWN:
	case LIFE_STATE_COUNT:
		break;
	}
	return TONE_FAINT;
}

/* "landlock,seccomp" as an array. */
static json_t *
json_of_list(const char *comma_separated)
{
	json_t *list = json_array();
	char name[sizeof((struct msg_proc_status *)0)->unapplied];

	for (const char *at = comma_separated; *at != '\0';) {
		size_t len = strcspn(at, ",");
		str_format(name, sizeof name, "%.*s", (int)len, at);
		json_array_append_new(list, ctl_json_text(name));
		at += len + (at[len] == ',');
	}
	return list;
}

static json_t *
json_of_process(const struct msg_proc_status *proc, int64_t now_ms)
{
	char name[PROCESS_NAME_BYTES];
	bool runs = proc->pid != 0;
	json_t *json = json_object();

	ctl_process_name(proc, name);
	json_object_set_new(json, "process", ctl_json_text(name));
	json_object_set_new(json, "role", json_string(role_name((enum role)proc->role)));
	json_object_set_new(json, "entry", proc->entry[0] != '\0' ? ctl_json_text(proc->entry) : json_null());
	json_object_set_new(json, "state", json_string(life_state_name(proc->state)));
	json_object_set_new(json, "pid", runs ? json_integer(proc->pid) : json_null());
	json_object_set_new(json, "generation", json_integer(proc->generation));
	json_object_set_new(json, "restarts", json_integer(proc->restarts));
	json_object_set_new(json, "dropped", json_integer(proc->dropped));
	json_object_set_new(json, "startedAt", ctl_json_time(proc->since_ms));
	json_object_set_new(json, "readyAt", ctl_json_time(proc->ready_ms));
	json_object_set_new(json, "ageMs",
			    runs && proc->since_ms != 0 ? json_integer(now_ms - proc->since_ms) : json_null());
	json_object_set_new(json, "nextTryAt", ctl_json_time(proc->next_try_ms));
	json_object_set_new(json, "unapplied", json_of_list(proc->unapplied));
	json_object_set_new(json, "diedAt", ctl_json_time(proc->died_ms));
	json_object_set_new(json, "obituary",
			    proc->obituary[0] != '\0' ? ctl_json_text(proc->obituary) : json_null());
	return json;
}

static void
show_notes(struct show_table *table, const struct msg_proc_status *proc, int64_t now_ms)
{
	char text[800], words[SHOW_WORDS_BYTES];

	if (proc->next_try_ms != 0) {
		show_duration(proc->next_try_ms - now_ms, words);
		str_format(text, sizeof text, "Tried again in %s.", words);
		show_table_note(table, text);
	}
	if (proc->obituary[0] != '\0') {
		show_duration(now_ms - proc->died_ms, words);
		str_format(text, sizeof text, "Last death, %s ago: it %s.", words, proc->obituary);
		show_table_note(table, text);
	}
	if (proc->unapplied[0] != '\0') {
		str_format(text, sizeof text, "This machine cannot apply of its confinement: %s.", proc->unapplied);
		show_table_note(table, text);
	}
	if (proc->dropped != 0) {
		str_format(text, sizeof text, "It was too slow for %u messages; they were dropped.", proc->dropped);
		show_table_note(table, text);
	}
}

static void
show_row(struct show_table *table, const struct msg_proc_status *proc, int64_t now_ms)
{
	char name[PROCESS_NAME_BYTES], words[SHOW_WORDS_BYTES];
	bool runs = proc->pid != 0;

	ctl_process_name(proc, name);
	show_table_cell(table, TONE_PLAIN, name);
	show_table_cell(table, tone_of(proc->state), life_state_name(proc->state));
	if (runs)
		show_table_number(table, proc->pid);
	else
		show_table_cell(table, TONE_PLAIN, "-");
	show_table_number(table, proc->generation);
	show_duration(now_ms - proc->since_ms, words);
	show_table_cell(table, TONE_PLAIN, runs && proc->since_ms != 0 ? words : "-");
	show_table_number(table, proc->restarts);
	show_notes(table, proc, now_ms);
}

enum outcome
command_ps(struct ctl *ctl)
{
	static const char *const heads[] = { "PROCESS", "STATE", "PID", "GENERATION", "AGE", "RESTARTS" };
	struct process_list list;
	enum outcome outcome = ctl_processes(ctl, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl)) {
		json_t *rows = json_array();
		for (size_t i = 0; i < list.count; i++)
			json_array_append_new(rows, json_of_process(&list.rows[i], ctl->now_ms));
		ctl_print_json(stdout, json_pack("{s:o}", "processes", rows), false);
	} else {
		struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
		for (size_t i = 0; i < list.count; i++)
			show_row(table, &list.rows[i], ctl->now_ms);
		show_table_print(table);
		show_table_free(table);
	}
	free(list.rows);
	return OUTCOME_DONE;
}
