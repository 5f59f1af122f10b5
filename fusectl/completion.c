/*
 * completion: the script for bash, which is etc/fusectl.bash word for word, and what it asks fusectl for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusectl/complete.h"
#include "fusectl/farm.h"
#include "ipc/terms.h"

#define ANSWER_S 1 /* who presses TAB does not wait longer for names */

/* The file itself, put into the program by the assembler: one script, one truth. */
__asm__(".pushsection .rodata\n"
	".global completion_script\n"
	"completion_script:\n"
	".incbin \"etc/fusectl.bash\"\n"
	".byte 0\n"
	".popsection\n");
extern const char completion_script[];

enum outcome
command_completion(struct ctl *ctl)
{
	if (strcmp(ctl->args.words[0], "bash") != 0) {
		failure_say(&ctl->failure, OUTCOME_NOT_FOUND, "There is no completion for '%s'.", ctl->args.words[0]);
		failure_remedy(&ctl->failure, "There is one for bash: fusectl completion bash");
		return OUTCOME_NOT_FOUND;
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:s}", "script", completion_script), false);
	else
		fputs(completion_script, stdout);
	return OUTCOME_DONE;
}

static void
put_line(void *arg, const char *candidate)
{
	(void)arg;
	puts(candidate);
}

/* Quietly nothing when Fuse does not run. */
static void
offer_processes(const struct complete_request *request, const char *socket, bool only_waiting)
{
	static struct ctl ctl;
	struct process_list list;
	char name[PROCESS_NAME_BYTES];

	ctl = (struct ctl){ .client.fd = -1, .args.timeout_s = ANSWER_S };
	ctl.args.values[OPTION_SOCKET] = socket;
	if (ctl_processes(&ctl, &list) == OUTCOME_DONE) {
		for (size_t i = 0; i < list.count; i++) {
			bool waits = list.rows[i].state == LIFE_HELD || list.rows[i].state == LIFE_BACKOFF;
			ctl_process_name(&list.rows[i], name);
			if (waits || !only_waiting)
				complete_offer(request, name);
		}
		free(list.rows);
	}
	client_close(&ctl.client);
}

static void
offer_printers(const struct complete_request *request, const char *socket)
{
	static struct ctl ctl;
	struct farm farm;

	ctl = (struct ctl){ .client.fd = -1, .args.timeout_s = ANSWER_S };
	ctl.args.values[OPTION_SOCKET] = socket;
	if (farm_fetch(&ctl, 0, &farm) == OUTCOME_DONE) {
		for (size_t i = 0; i < farm.count; i++) {
			complete_offer(request, farm.rows[i].record.name);
			complete_offer(request, farm.rows[i].record.serial);
		}
		farm_free(&farm);
	}
	client_close(&ctl.client);
}

void
ctl_completion_words(int count, char **words)
{
	struct complete_request request = { .sink = { put_line, NULL }, .processes = offer_processes,
					    .printers = offer_printers };

	complete_words(&request, (size_t)count, words);
}
