/*
 * rest_jobs: orders, and what becomes of them. What a job may be, stored and the printer's worker decide; here it is
 * only bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/file_headers.h"
#include "httpd/known.h"
#include "httpd/print_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"

#define OPTIONS_MAX_BYTES 4096 /* of JOB_SUBMIT in messages.def */
#define PLATE_MAX 999
#define LIST_MAX KNOWN_JOBS_MAX

/* -- an order ------------------------------------------------------------------------------------------------ */

/* A JOB_SUBMIT, from which a PREFLIGHT differs in its key only. `options` is to be freed. */
struct order {
	struct msg_job_submit submit;
	char *options;
};

static bool
say(char *fault, const char *sentence)
{
	str_copy(fault, BODY_FAULT_BYTES, sentence);
	return false;
}

static bool
read_file(const json_t *body, struct order *order, char *fault)
{
	bool present;

	if (!body_text(body, "file", order->submit.sha256, sizeof order->submit.sha256, &present, fault))
		return false;
	return (present && body_fold_sha256(order->submit.sha256)) ||
	       say(fault, "\"file\" must be the SHA-256 of a file in the cache, 64 hex digits; GET /api/v1/files lists them.");
}

static bool
read_plate(const json_t *body, struct order *order, char *fault)
{
	const json_t *plate = json_object_get(body, "plate"), *stage_only = json_object_get(body, "stageOnly");
	json_int_t number = plate == NULL ? 1 : json_integer_value(plate);

	if ((plate != NULL && !json_is_integer(plate)) || number < 1 || number > PLATE_MAX)
		return say(fault, "\"plate\" must be the number of a plate in the file, from 1 to 999.");
	if (stage_only != NULL && !json_is_boolean(stage_only))
		return say(fault, "\"stageOnly\" must be true or false.");
	order->submit.plate = (uint32_t)number;
	order->submit.stage_only = json_is_true(stage_only);
	return true;
}

static bool
read_options(const json_t *body, struct order *order, char *fault)
{
	const json_t *options = json_object_get(body, "options");

	if (options == NULL)
		return true;
	if (!json_is_object(options))
		return say(fault, "\"options\" must be an object.");
	order->options = json_dumps(options, JSON_COMPACT);
	ENSURE(order->options != NULL);
	order->submit.options = (struct ipc_bytes){ (const uint8_t *)order->options, strlen(order->options) };
	return order->submit.options.len <= OPTIONS_MAX_BYTES || say(fault, "\"options\" have more than 4096 bytes.");
}

/* The printer of the path and the order of the body. False: the answer says what is wrong. Free the options. */
static bool
read_order(struct request *request, struct order *ret_order)
{
	static const char *const names[] = { "file", "plate", "stageOnly", "options" };
	const struct msg_printer *printer = rest_find_printer(request);
	const json_t *body = request_json_peek(request);
	char fault[BODY_FAULT_BYTES];

	*ret_order = (struct order){ 0 };
	if (printer == NULL)
		return false;
	str_copy(ret_order->submit.serial, sizeof ret_order->submit.serial, printer->serial);
	if (json_is_object(body) ? body_keys_are(body, names, STR_ARRAY_LEN(names), fault) &&
					   read_file(body, ret_order, fault) && read_plate(body, ret_order, fault) &&
					   read_options(body, ret_order, fault) :
				   say(fault, "The body must be an object with \"file\", and perhaps \"plate\", "
					      "\"stageOnly\", \"options\"."))
		return true;
	rest_answer_invalid(request, fault);
	return false;
}

static bool
read_key(struct request *request, char *ret_key, size_t cap)
{
	const char *key = request_header_peek(request, "Idempotency-Key");

	if (key == NULL)
		return true;
	if (file_key_is_fine(key))
		return str_copy(ret_key, cap, key);
	rest_answer_invalid(request, "Idempotency-Key must be 1 to 96 printable characters of ASCII.");
	return false;
}

/* -- a job that is ordered --------------------------------------------------------------------------------------- */

static void
on_submitted(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	const struct known *known = request_httpd(request)->known;
	const struct msg_job_submitted *submitted = request_expect(request, reply, MESSAGE_JOB_SUBMITTED);
	char location[48];

	(void)cookie;
	if (submitted == NULL)
		return;
	/* stored tells of a job before it says that it has it; if it is gone again already, its id is all that is told. */
	const struct msg_job *job = known_job_peek(known, submitted->id);
	json_t *json = job != NULL ? print_json_job(known, job) : json_pack("{s:s}", "id", submitted->id);
	str_format(location, sizeof location, "/api/v1/jobs/%s", submitted->id);
	if (submitted->was_there)
		answer_json(request, 200, json);
	else
		answer_created(request, location, json);
}

void
rest_job_submit(struct request *request)
{
	struct order order;

	if (read_order(request, &order) && read_key(request, order.submit.key, sizeof order.submit.key))
		request_ask(request, MESSAGE_JOB_SUBMIT, ROLE_STORED, 0, &order.submit, ASK_DEADLINE_MS, on_submitted);
	free(order.options);
}

void
rest_job_again(struct request *request)
{
	struct msg_job_again message = { 0 };

	str_copy(message.id, sizeof message.id, request_names_peek(request)->job);
	if (read_key(request, message.key, sizeof message.key))
		request_ask(request, MESSAGE_JOB_AGAIN, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_submitted);
}

/* -- what is known of them ------------------------------------------------------------------------------------------ */

static bool
refuse_parameter(struct request *request, const char *detail)
{
	answer_problem(request, PROBLEM_BAD_PARAMETER, detail, "");
	return false;
}

static bool
read_filter(struct request *request, struct job_filter *ret_filter)
{
	const char *state = request_text(request, "state");
	int64_t most;

	*ret_filter = (struct job_filter){ .serial = request_text(request, "printer"), .state = JOB_STATE_COUNT };
	if (!request_number(request, "limit", 1, LIST_MAX, LIST_MAX, &most))
		return false;
	ret_filter->most = (size_t)most;
	if (ret_filter->serial != NULL && !body_is_serial(ret_filter->serial))
		return refuse_parameter(request, "\"printer\" must be a serial number.");
	return state == NULL || job_filter_read_state(ret_filter, state) ||
	       refuse_parameter(request, "\"state\" must be open, ended or the name of a state.");
}

void
rest_jobs(struct request *request)
{
	struct job_filter filter;

	if (read_filter(request, &filter) && rest_store_has_told(request))
		answer_json(request, 200, print_json_jobs(request_httpd(request)->known, &filter));
}

/* The job that the path names. NULL: there is none, and the answer says so. */
static const struct msg_job *
find_job(struct request *request)
{
	const char *id = request_names_peek(request)->job;
	const struct msg_job *job = known_job_peek(request_httpd(request)->known, id);
	char detail[80];

	if (job != NULL)
		return job;
	if (!rest_store_has_told(request))
		return NULL;
	str_format(detail, sizeof detail, "There is no job %s here.", id);
	answer_problem(request, PROBLEM_NOT_FOUND, detail, "GET /api/v1/jobs lists them.");
	return NULL;
}

static void
on_story(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	const struct msg_job_story *told = request_expect(request, reply, MESSAGE_JOB_STORY);
	struct body_fault fault;

	(void)cookie;
	if (told == NULL)
		return;
	const struct msg_job *job = find_job(request);
	if (job == NULL)
		return;
	json_t *json = print_json_job(request_httpd(request)->known, job);
	json_t *story = body_parse(told->json.bytes, told->json.len, &fault);
	json_object_set_new(json, "story", json_is_array(story) ? json_incref(story) : json_array());
	json_decref(story);
	answer_json(request, 200, json);
}

void
rest_job(struct request *request)
{
	struct msg_job_story_want message = { 0 };

	if (find_job(request) == NULL)
		return;
	str_copy(message.id, sizeof message.id, request_names_peek(request)->job);
	request_ask(request, MESSAGE_JOB_STORY_WANT, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_story);
}

/* -- what a person does to them -------------------------------------------------------------------------------------- */

void
rest_job_cancel(struct request *request)
{
	struct msg_job_cancel message = { 0 };

	str_copy(message.id, sizeof message.id, request_names_peek(request)->job);
	request_ask(request, MESSAGE_JOB_CANCEL, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}

void
rest_job_resolve(struct request *request)
{
	static const char *const names[] = { "outcome" };
	const json_t *body = request_json_peek(request);
	struct msg_job_resolve message = { 0 };
	char fault[BODY_FAULT_BYTES], outcome[16];
	bool present;

	if (!json_is_object(body)) {
		rest_answer_invalid(request, "The body must be an object with \"outcome\".");
		return;
	}
	if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault) ||
	    !body_text(body, "outcome", outcome, sizeof outcome, &present, fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	message.resolution = job_resolution_by_name(outcome);
	if (message.resolution == JOB_RESOLUTION_NONE || message.resolution == JOB_RESOLUTION_COUNT) {
		rest_answer_invalid(request, "\"outcome\" must be not-started, started, done or failed.");
		return;
	}
	str_copy(message.id, sizeof message.id, request_names_peek(request)->job);
	request_ask(request, MESSAGE_JOB_RESOLVE, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}

/* -- at the printer ----------------------------------------------------------------------------------------------------- */

void
rest_printer_plate_clear(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_plate_clear message = { 0 };

	if (printer == NULL)
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_ask(request, MESSAGE_PLATE_CLEAR, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}

static void
on_preflight(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct msg_preflight_result *result = request_expect(owner, reply, MESSAGE_PREFLIGHT_RESULT);

	(void)cookie;
	if (result != NULL)
		answer_text(owner, "application/json", result->json.bytes, result->json.len, true);
}

void
rest_printer_preflight(struct request *request)
{
	struct msg_preflight message = { 0 };
	struct order order;
	uint16_t slot;

	if (read_order(request, &order) && rest_worker_slot(request, order.submit.serial, &slot)) {
		str_copy(message.serial, sizeof message.serial, order.submit.serial);
		str_copy(message.sha256, sizeof message.sha256, order.submit.sha256);
		message.plate = order.submit.plate;
		message.stage_only = order.submit.stage_only;
		message.options = order.submit.options;
		request_ask(request, MESSAGE_PREFLIGHT, ROLE_WORKER, slot, &message, COMMAND_DEADLINE_MS, on_preflight);
	}
	free(order.options);
}
