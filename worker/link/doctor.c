/*
 * doctor: exams, and what is said of each phase.
 */
#include "worker/link/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "common/str.h"
#include "worker/link/worker.h"

/* -- one step told ---------------------------------------------------------------------------- */

static void
tell(struct worker *worker, const struct exam *exam, const char *phase, enum step_outcome outcome, enum link_fault fault,
     const char *sentence, int64_t took_ms, int64_t now_ms, int64_t wall_ms)
{
	struct msg_diagnosis_step step = { .outcome = outcome, .took_ms = took_ms > 0 ? (uint32_t)took_ms : 0 };
	struct fault_facts facts;

	str_copy(step.phase, sizeof step.phase, phase);
	str_copy(step.sentence, sizeof step.sentence, sentence);
	if (fault != LINK_FAULT_NONE) {
		link_facts(&worker->link, fault, &worker->state, now_ms, wall_ms, &facts);
		str_copy(step.fault, sizeof step.fault, fault_id(fault));
		fault_sentence(fault, &facts, step.sentence);
		fault_remedy(fault, &facts, step.remedy);
	}
	child_reply(worker->child, &exam->request, MESSAGE_DIAGNOSIS_STEP, &step, -1);
}

static void
describe_identity(const struct link *link, char *ret, size_t cap)
{
	if (link->seen.vouch == TLS_VOUCH_BAMBU)
		str_format(ret, cap, "It is %s: Bambu Lab vouches for its certificate.", link->settings.serial);
	else if (link->seen.vouch == TLS_VOUCH_OWNER)
		str_format(ret, cap, "It is %s: an issuer from your ca.d folder vouches for its certificate.",
			   link->settings.serial);
	else
		str_format(ret, cap, "It is %s: its certificate is the one that you have approved.", link->settings.serial);
}

static void
describe_passed(const struct worker *worker, enum link_phase phase, int64_t now_ms, char *ret, size_t cap)
{
	const struct link *link = &worker->link;

	switch (phase) {
	case LINK_PHASE_SETUP:
		str_format(ret, cap, "Address %s and an access code are set.", link->settings.address);
		break;
	case LINK_PHASE_ROUTE:
		str_format(ret, cap, "%s can be reached.", link->settings.address);
		break;
	case LINK_PHASE_TCP:
		str_format(ret, cap, "It takes connections at port %u.", link->settings.port);
		break;
	case LINK_PHASE_TLS:
		str_copy(ret, cap, "It speaks securely.");
		break;
	case LINK_PHASE_IDENTITY:
		describe_identity(link, ret, cap);
		break;
	case LINK_PHASE_LOGIN:
		str_copy(ret, cap, "It accepts the access code.");
		break;
	case LINK_PHASE_SUBSCRIBE:
		str_copy(ret, cap, "It lets Fuse listen.");
		break;
	case LINK_PHASE_REPORTS:
		str_format(ret, cap, "It reports; the newest report is %.1f s old.",
			   (double)(now_ms - link->heard_ms) / 1000.0);
		break;
	case LINK_PHASE_LIVE:
	case LINK_PHASE_COUNT:
		str_copy(ret, cap, "");
		break;
	}
}

static void
tell_passed(struct worker *worker, const struct exam *exam, enum link_phase phase, int64_t now_ms, int64_t wall_ms)
{
	const struct link *link = &worker->link;
	int64_t took_ms = 0;
	char sentence[241];

	if (link->phase_ms[phase] != 0 && phase < LINK_PHASE_LIVE && link->phase_ms[phase + 1] != 0)
		took_ms = link->phase_ms[phase + 1] - link->phase_ms[phase];
	describe_passed(worker, phase, now_ms, sentence, sizeof sentence);
	tell(worker, exam, link_phase_name(phase), STEP_PASSED, LINK_FAULT_NONE, sentence, took_ms, now_ms, wall_ms);
}

/* -- what is to be known of a link that stands -------------------------------------------------- */

static enum link_fault
first_problem(const struct worker *worker, enum link_fault one, enum link_fault other, int64_t now_ms, int64_t wall_ms)
{
	enum link_fault faults[LINK_FAULT_COUNT];
	unsigned count = link_problems(&worker->link, &worker->state, now_ms, wall_ms, faults, LINK_FAULT_COUNT);

	for (unsigned i = 0; i < count; i++)
		if (faults[i] == one || faults[i] == other)
			return faults[i];
	return LINK_FAULT_NONE;
}

static void
tell_reports(struct worker *worker, const struct exam *exam, int64_t now_ms, int64_t wall_ms)
{
	enum link_fault fault = first_problem(worker, LINK_FAULT_BAD_REPORTS, LINK_FAULT_FLOODING, now_ms, wall_ms);

	if (fault == LINK_FAULT_NONE)
		tell_passed(worker, exam, LINK_PHASE_REPORTS, now_ms, wall_ms);
	else
		tell(worker, exam, link_phase_name(LINK_PHASE_REPORTS), STEP_WARNED, fault, "", 0, now_ms, wall_ms);
}

static void
tell_developer_mode(struct worker *worker, const struct exam *exam, int64_t now_ms, int64_t wall_ms)
{
	enum tri mode = worker->link.developer_mode;

	if (mode == TRI_NO)
		tell(worker, exam, "developer-mode", STEP_FAILED, LINK_FAULT_DEVELOPER_MODE_OFF, "", 0, now_ms, wall_ms);
	else if (mode == TRI_YES)
		tell(worker, exam, "developer-mode", STEP_PASSED, LINK_FAULT_NONE, "Developer Mode is on.", 0, now_ms, wall_ms);
	else
		tell(worker, exam, "developer-mode", STEP_SKIPPED, LINK_FAULT_NONE,
		     "The printer does not tell whether Developer Mode is on; commands will show it.", 0, now_ms, wall_ms);
}

static void
tell_storage(struct worker *worker, const struct exam *exam, int64_t now_ms, int64_t wall_ms)
{
	enum storage_state storage = worker->state.storage;

	if (storage == STORAGE_NORMAL)
		tell(worker, exam, "storage", STEP_PASSED, LINK_FAULT_NONE, "Its storage can be used.", 0, now_ms, wall_ms);
	else if (storage == STORAGE_UNKNOWN)
		tell(worker, exam, "storage", STEP_SKIPPED, LINK_FAULT_NONE, "The printer has not told about its storage.", 0,
		     now_ms, wall_ms);
	else
		tell(worker, exam, "storage", STEP_WARNED, LINK_FAULT_STORAGE_MISSING, "", 0, now_ms, wall_ms);
}

static void
tell_firmware(struct worker *worker, const struct exam *exam, int64_t now_ms, int64_t wall_ms)
{
	enum link_fault fault = first_problem(worker, LINK_FAULT_UPGRADING, LINK_FAULT_FIRMWARE_CHANGED, now_ms, wall_ms);
	char sentence[120];

	if (fault != LINK_FAULT_NONE) {
		tell(worker, exam, "firmware", STEP_WARNED, fault, "", 0, now_ms, wall_ms);
		return;
	}
	if (worker->link.settings.firmware[0] == '\0')
		str_copy(sentence, sizeof sentence, "The printer has not told its firmware.");
	else
		str_format(sentence, sizeof sentence, "Its firmware is %s.", worker->link.settings.firmware);
	tell(worker, exam, "firmware", worker->link.settings.firmware[0] == '\0' ? STEP_SKIPPED : STEP_PASSED,
	     LINK_FAULT_NONE, sentence, 0, now_ms, wall_ms);
}

/* -- exams ----------------------------------------------------------------------------------------- */

static void
end_exam(struct worker *worker, struct exam *exam, const char *sentence)
{
	struct header request = exam->request;

	exam->request.request_id = 0;
	child_reply_done(worker->child, &request, sentence);
}

/* The attempt that is watched has broken, or waits in vain. */
static bool
is_broken(const struct link *link, const struct exam *exam)
{
	if (link->fault == LINK_FAULT_NONE || !fault_breaks(link->fault))
		return false;
	return !link->attempting || link->silent || link->attempt_number != exam->attempt;
}

/* One that was taken away again and again has yet to hold. */
static bool
is_whole(const struct link *link)
{
	return link_is_online(link) && link->fault != LINK_FAULT_TAKEN_OVER;
}

/* All phases before it have passed. */
static enum link_phase
reached_phase(const struct link *link, bool whole, bool broken)
{
	if (whole)
		return LINK_PHASE_LIVE;
	if (broken)
		return fault_phase(link->fault);
	return link->phase < LINK_PHASE_REPORTS ? link->phase : LINK_PHASE_REPORTS;
}

static void
look(struct worker *worker, struct exam *exam, int64_t now_ms, int64_t wall_ms)
{
	const struct link *link = &worker->link;
	bool whole = is_whole(link), broken = is_broken(link, exam);
	bool late = now_ms - exam->since_ms >= EXAM_MAX_MS;
	enum link_phase reached = reached_phase(link, whole, broken);
	char sentence[120];

	for (; exam->next < reached; exam->next++)
		if (exam->next == LINK_PHASE_REPORTS)
			tell_reports(worker, exam, now_ms, wall_ms);
		else
			tell_passed(worker, exam, exam->next, now_ms, wall_ms);
	if (whole) {
		tell_developer_mode(worker, exam, now_ms, wall_ms);
		tell_storage(worker, exam, now_ms, wall_ms);
		tell_firmware(worker, exam, now_ms, wall_ms);
		end_exam(worker, exam, "The printer is linked and reports.");
	} else if (broken || late) {
		enum link_fault fault = broken || link->fault != LINK_FAULT_NONE ? link->fault : LINK_FAULT_SILENT;
		tell(worker, exam, link_phase_name(reached), STEP_FAILED, fault, "", 0, now_ms, wall_ms);
		str_format(sentence, sizeof sentence, "The link breaks at: %s.", link_phase_name(reached));
		end_exam(worker, exam, sentence);
	}
}

void
doctor_look(struct worker *worker, int64_t now_ms, int64_t wall_ms)
{
	for (unsigned i = 0; i < EXAMS_MAX; i++)
		if (worker->doctor.exams[i].request.request_id != 0)
			look(worker, &worker->doctor.exams[i], now_ms, wall_ms);
}

void
doctor_begin(struct worker *worker, const struct header *request, int64_t now_ms, int64_t wall_ms)
{
	struct exam *exam = NULL;

	for (unsigned i = 0; i < EXAMS_MAX && exam == NULL; i++)
		if (worker->doctor.exams[i].request.request_id == 0)
			exam = &worker->doctor.exams[i];
	if (exam == NULL) {
		child_reply_refused(worker->child, request, REFUSAL_BUSY, "Others are looking at this printer just now.",
				    "Try again in a moment.");
		return;
	}
	*exam = (struct exam){ .request = *request, .next = LINK_PHASE_SETUP, .since_ms = now_ms };
	if (worker->link.settings.access_code.len_bytes > 0 && !worker->link.attempting)
		link_reconnect(&worker->link, now_ms, wall_ms);
	exam->attempt = worker->link.attempt_number;
	look(worker, exam, now_ms, wall_ms);
}

int64_t
doctor_deadline_ms(const struct doctor *doctor)
{
	int64_t at_ms = INT64_MAX;

	for (unsigned i = 0; i < EXAMS_MAX; i++)
		if (doctor->exams[i].request.request_id != 0 && doctor->exams[i].since_ms + EXAM_MAX_MS < at_ms)
			at_ms = doctor->exams[i].since_ms + EXAM_MAX_MS;
	return at_ms;
}
