/*
 * commander: from a COMMAND to its COMMAND_RESULT.
 */
#include "worker/link/commander.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "worker/link/worker.h"

static void
finish(struct worker *worker, struct open_command *open, bool confirmed, const char *sentence, int64_t now_ms)
{
	struct msg_command_result result = { .confirmed = confirmed, .took_ms = (uint32_t)(now_ms - open->sent_ms) };
	struct header request = open->request;

	str_copy(result.sentence, sizeof result.sentence, sentence);
	open->request.request_id = 0;
	child_reply(worker->child, &request, MESSAGE_COMMAND_RESULT, &result, -1);
}

static void
refuse_by_fault(struct worker *worker, const struct header *request, enum refusal reason, enum link_fault fault,
		int64_t now_ms)
{
	char sentence[FAULT_SENTENCE_BYTES], remedy[FAULT_REMEDY_BYTES], short_remedy[241];
	struct fault_facts facts;

	link_facts(&worker->link, fault, &worker->state, now_ms, clock_wall_ms(), &facts);
	fault_sentence(fault, &facts, sentence);
	fault_remedy(fault, &facts, remedy);
	str_copy(short_remedy, sizeof short_remedy, remedy);
	child_reply_refused(worker->child, request, reason, sentence, short_remedy);
}

/* Why nothing can be sent just now; false when it can. */
static bool
is_refused(struct worker *worker, const struct header *request, const struct command_plan *plan, int64_t now_ms)
{
	if (!link_is_online(&worker->link)) {
		if (worker->link.fault != LINK_FAULT_NONE)
			refuse_by_fault(worker, request, REFUSAL_UNREACHABLE, worker->link.fault, now_ms);
		else
			child_reply_refused(worker->child, request, REFUSAL_UNREACHABLE,
					    "The printer is not connected yet.", "Try again in a moment.");
		return true;
	}
	if (link_is_upgrading(&worker->state)) {
		refuse_by_fault(worker, request, REFUSAL_CONFLICT, LINK_FAULT_UPGRADING, now_ms);
		return true;
	}
	if (plan->needs_developer_mode && worker->link.developer_mode == TRI_NO) {
		refuse_by_fault(worker, request, REFUSAL_FORBIDDEN, LINK_FAULT_DEVELOPER_MODE_OFF, now_ms);
		return true;
	}
	return false;
}

static struct open_command *
free_place(struct commander *commander)
{
	for (unsigned i = 0; i < COMMANDS_OPEN_MAX; i++)
		if (commander->open[i].request.request_id == 0)
			return &commander->open[i];
	return NULL;
}

static void
ask_full(struct worker *worker, const struct header *request, int64_t now_ms)
{
	struct msg_command_result result = { .confirmed = true };
	int64_t wait_ms = link_ask_full(&worker->link, now_ms);

	if (wait_ms == 0)
		str_copy(result.sentence, sizeof result.sentence, "The printer is asked for everything it knows.");
	else
		str_format(result.sentence, sizeof result.sentence,
			   "The printer is asked for everything in %" PRId64 " s: more often slows it down.",
			   (wait_ms + 999) / 1000);
	child_reply(worker->child, request, MESSAGE_COMMAND_RESULT, &result, -1);
}

static void
send_plan(struct worker *worker, struct open_command *open, const struct command_plan *plan, int64_t now_ms)
{
	for (unsigned i = 0; i < plan->payload_count; i++) {
		open->sequence_ids[i] = plan->payloads[i].sequence_id;
		worker->link.duties.publish(worker->link.duties.arg, &plan->payloads[i]);
	}
	open->unanswered = plan->payload_count;
	open->sent_ms = now_ms;
	str_copy(open->name, sizeof open->name, plan->name);
	str_copy(open->sentence, sizeof open->sentence, plan->sentence);
}

void
commander_do(struct worker *worker, const struct header *request, const struct msg_command *message, int64_t now_ms)
{
	static struct command_plan plan; /* large, and one at a time */
	struct command_refusal refusal;
	uint32_t sequence_id = worker->link.sequence_id;

	if (!command_plan(worker->link.model, &worker->state, message->json.bytes, message->json.len, &sequence_id, &plan,
			  &refusal)) {
		child_reply_refused(worker->child, request, refusal.reason, refusal.sentence, refusal.remedy);
		return;
	}
	if (is_refused(worker, request, &plan, now_ms))
		return;
	if (plan.is_pushall) {
		ask_full(worker, request, now_ms);
		return;
	}
	struct open_command *open = free_place(&worker->commander);
	if (open == NULL) {
		child_reply_refused(worker->child, request, REFUSAL_BUSY, "The printer has not answered earlier commands yet.",
				    "Try again in a few seconds.");
		return;
	}
	worker->link.sequence_id = sequence_id;
	open->request = *request;
	send_plan(worker, open, &plan, now_ms);
	if (strcmp(plan.name, "stop") == 0)
		queue_on_stop(&worker->queue, now_ms);
	log_info("sent a command", log_str("command", plan.name), log_str("does", plan.sentence));
}

/* -- answers --------------------------------------------------------------------------------- */

static struct open_command *
find_open(struct commander *commander, int64_t sequence_id, unsigned *ret_index)
{
	for (unsigned i = 0; i < COMMANDS_OPEN_MAX; i++) {
		struct open_command *open = &commander->open[i];
		if (open->request.request_id == 0)
			continue;
		for (unsigned k = 0; k < COMMAND_PAYLOADS_MAX; k++)
			if (open->sequence_ids[k] != 0 && open->sequence_ids[k] == sequence_id) {
				*ret_index = k;
				return open;
			}
	}
	return NULL;
}

static void
on_refused(struct worker *worker, struct open_command *open, const struct report_summary *summary, int64_t now_ms)
{
	struct header request = open->request;
	char sentence[241];

	open->request.request_id = 0;
	if (summary->refused_unsigned) {
		refuse_by_fault(worker, &request, REFUSAL_FORBIDDEN, LINK_FAULT_DEVELOPER_MODE_OFF, now_ms);
		return;
	}
	if (summary->reason[0] != '\0')
		str_format(sentence, sizeof sentence, "The printer refuses: \"%s\".", summary->reason);
	else
		str_format(sentence, sizeof sentence, "The printer refuses (error %u).",
			   summary->err_code != 0 ? summary->err_code : (unsigned)-summary->err_number);
	child_reply_refused(worker->child, &request, REFUSAL_CONFLICT, sentence, "Look at the printer's screen, then try again.");
}

/* Some refusals carry an error and no result. */
static bool
says_no(const struct report_summary *summary)
{
	return summary->result == REPORT_RESULT_FAIL || summary->refused_unsigned ||
	       (summary->result == REPORT_RESULT_NONE && (summary->err_code != 0 || summary->err_number < 0));
}

void
commander_on_reply(struct worker *worker, const struct report_summary *summary, int64_t now_ms)
{
	unsigned index;
	struct open_command *open = find_open(&worker->commander, summary->sequence_id, &index);

	if (open == NULL)
		return;
	if (says_no(summary)) {
		on_refused(worker, open, summary, now_ms);
		return;
	}
	open->sequence_ids[index] = 0;
	if (--open->unanswered == 0)
		finish(worker, open, true, open->sentence, now_ms);
}

static void
end_unanswered(struct worker *worker, struct open_command *open, const char *why, int64_t now_ms)
{
	char sentence[241];

	str_format(sentence, sizeof sentence, "%s: sent, but %s.", open->name, why);
	finish(worker, open, false, sentence, now_ms);
}

void
commander_on_lost(struct worker *worker, int64_t now_ms)
{
	for (unsigned i = 0; i < COMMANDS_OPEN_MAX; i++)
		if (worker->commander.open[i].request.request_id != 0)
			end_unanswered(worker, &worker->commander.open[i],
				       "the connection was lost before the printer answered; it is not sent again", now_ms);
}

void
commander_on_time(struct worker *worker, int64_t now_ms)
{
	for (unsigned i = 0; i < COMMANDS_OPEN_MAX; i++) {
		struct open_command *open = &worker->commander.open[i];
		if (open->request.request_id != 0 && now_ms - open->sent_ms >= COMMAND_ANSWER_MS)
			end_unanswered(worker, open, "the printer has not answered yet; its state shows whether it acts", now_ms);
	}
}

int64_t
commander_deadline_ms(const struct commander *commander)
{
	int64_t at_ms = INT64_MAX;

	for (unsigned i = 0; i < COMMANDS_OPEN_MAX; i++)
		if (commander->open[i].request.request_id != 0 && commander->open[i].sent_ms + COMMAND_ANSWER_MS < at_ms)
			at_ms = commander->open[i].sent_ms + COMMAND_ANSWER_MS;
	return at_ms;
}
