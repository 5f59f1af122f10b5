/*
 * commander: commands on their way: published once each, answered when the printer has answered or has had its time.
 */
#ifndef FUSE_WORKER_LINK_COMMANDER_H
#define FUSE_WORKER_LINK_COMMANDER_H

#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"
#include "printer/command.h"
#include "printer/report.h"

#define COMMANDS_OPEN_MAX 16
#define COMMAND_ANSWER_MS 10000 /* busy printers answer late or never: then the state is what counts */

struct open_command {
	struct header request; /* request_id 0 = this place is free */
	uint32_t sequence_ids[COMMAND_PAYLOADS_MAX];
	unsigned unanswered;
	int64_t sent_ms;
	char name[24], sentence[160];
};

struct commander {
	struct open_command open[COMMANDS_OPEN_MAX];
};

struct worker;

/* A COMMAND for this worker. */
void commander_do(struct worker *worker, const struct header *request, const struct msg_command *message, int64_t now_ms);

/* The printer has answered something. */
void commander_on_reply(struct worker *worker, const struct report_summary *summary, int64_t now_ms);

/* The session is over: what it had not answered is told so. */
void commander_on_lost(struct worker *worker, int64_t now_ms);

void commander_on_time(struct worker *worker, int64_t now_ms);
int64_t commander_deadline_ms(const struct commander *commander);

#endif
