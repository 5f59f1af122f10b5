/*
 * ctl: what one run of fusectl knows, and the functions of its commands (commands.def).
 *
 * A command fetches what it needs first and writes to standard output only when it has all of it, so
 * that a failure leaves standard output empty (with --json: the error document and nothing else).
 */
#ifndef FUSE_FUSECTL_CTL_H
#define FUSE_FUSECTL_CTL_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "fusectl/args.h"
#include "fusectl/client.h"
#include "fusectl/outcome.h"
#include "fusectl/place.h"
#include "fusectl/show.h"

struct ctl {
	struct args args;
	struct show show; /* standard output */
	char path[PLACE_BYTES];
	struct client client;
	struct failure failure; /* why the command did not return OUTCOME_DONE */
	int64_t now_ms;         /* wall clock, for ages */
};

#define COMMAND(id, ...) enum outcome command_##id(struct ctl *ctl);
#include "fusectl/commands.def"
#undef COMMAND

static inline bool
ctl_wants_json(const struct ctl *ctl)
{
	return ctl->args.given[OPTION_JSON];
}

/* Connect, when it is not done yet. */
enum outcome ctl_connect(struct ctl *ctl);

/* Connect and fetch the retained messages of one number. */
enum outcome ctl_recall(struct ctl *ctl, enum message number, client_part_fn *on_part, void *arg);

/* Connect, send a request that is answered by DONE or REFUSED, and say how it went: its sentence, or
 * `fallback` when it has none; in JSON {"done":true,"sentence":…}. */
enum outcome ctl_request(struct ctl *ctl, enum role to, enum message number, const void *message,
			 const char *fallback);

/* Say a sentence as the whole answer: as text, or {"done":true,"sentence":…}. */
void ctl_say_done(const struct ctl *ctl, const char *sentence);

/* The answer time of questions that may well take a while: --timeout when it is given, else `usual_s`. */
int ctl_patience_ms(const struct ctl *ctl, int usual_s);

/* Print `document` (stolen) as JSON: pretty, or on one line with `compact`. Only harmless ASCII comes out. */
void ctl_print_json(FILE *out, json_t *document, bool compact);

/* A wall clock time as RFC 3339, or null for 0. */
json_t *ctl_json_time(int64_t wall_ms);

/* Foreign text as JSON; what is not UTF-8 is escaped as show_safe() does. "" gives "". */
json_t *ctl_json_text(const char *text);

/* `role` or `role/entry`, as PROCESS arguments are written. */
#define PROCESS_NAME_BYTES 96
void ctl_process_name(const struct msg_proc_status *proc, char ret_name[PROCESS_NAME_BYTES]);

/* All processes, by role and slot. Heap; the caller frees `ret_list->rows`. */
struct process_list {
	struct msg_proc_status *rows;
	size_t count, cap;
};
enum outcome ctl_processes(struct ctl *ctl, struct process_list *ret_list);

/* How the store is. `ret_known` is false while it has not reported yet. */
enum outcome ctl_store_status(struct ctl *ctl, struct msg_store_status *ret_status, bool *ret_known);
json_t *ctl_store_json(const struct msg_store_status *status);

/* Whether there is a password, and which certificate is shown. `ret_known` is false while the store has not told. */
enum outcome ctl_access(struct ctl *ctl, struct msg_access *ret_access, bool *ret_known);

/* A fingerprint as browsers show it: "AB:CD:…". */
#define FINGERPRINT_TEXT_BYTES 97
void ctl_group_fingerprint(const char *sha256, char ret_text[FINGERPRINT_TEXT_BYTES]);

/* fusectl completion-words WORD…: the candidates for the last word, one a line (complete.h). */
void ctl_completion_words(int count, char **words);

#endif
