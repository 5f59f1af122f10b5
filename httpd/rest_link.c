/*
 * rest_link: what is asked of a printer's worker, of its place in the supervisor, and of discovery.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/stream.h"
#include "ipc/terms.h"

#define COMMAND_JSON_MAX_BYTES 4096 /* of COMMAND in messages.def */
#define DIAGNOSIS_DEADLINE_MS 60000
#define PROBE_DEADLINE_MS 20000
#define STEPS_MAX 64

/* -- commands -------------------------------------------------------------------------------------- */

static void
on_command(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (request_answer_failure(owner, reply))
		return;
	if (reply->number != MESSAGE_COMMAND_RESULT) {
		rest_answer_done(owner, 0, reply);
		return;
	}
	const struct msg_command_result *result = reply->message;
	answer_json(owner, 200, json_pack("{s:b, s:s, s:I}", "confirmed", result->confirmed, "sentence", result->sentence,
					  "tookMs", (json_int_t)result->took_ms));
}

/* `ids` is how the cloud names printers; here the path does. */
static const json_t *
find_command(struct request *request)
{
	static const char *const names[] = { "command", "ids" };
	const json_t *body = request_json_peek(request), *command = json_object_get(body, "command");
	char fault[BODY_FAULT_BYTES];

	if (!json_is_object(command))
		rest_answer_invalid(request, "The body must be {\"command\": {\"command\": NAME, …}}.");
	else if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault))
		rest_answer_invalid(request, fault);
	else
		return command;
	return NULL;
}

void
rest_printer_command(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	const json_t *command = printer != NULL ? find_command(request) : NULL;
	struct msg_command message = { 0 };
	uint16_t slot;

	if (command == NULL)
		return;
	char *text = json_dumps(command, JSON_COMPACT);
	ENSURE(text != NULL);
	message.json = (struct ipc_bytes){ (const uint8_t *)text, strlen(text) };
	str_copy(message.serial, sizeof message.serial, printer->serial);
	if (message.json.len > COMMAND_JSON_MAX_BYTES)
		rest_answer_invalid(request, "The command has more than 4096 bytes.");
	else if (rest_worker_slot(request, printer->serial, &slot))
		request_ask(request, MESSAGE_COMMAND, ROLE_WORKER, slot, &message, COMMAND_DEADLINE_MS, on_command);
	free(text);
}

/* -- diagnosis ---------------------------------------------------------------------------------------- */

struct diagnosis {
	struct stream *stream; /* as they come; else NULL and gathered: */
	json_t *steps;
};

static void
diagnosis_free(void *arg)
{
	struct diagnosis *diagnosis = arg;

	json_decref(diagnosis->steps);
	free(diagnosis);
}

static json_t *
step_json(const struct msg_diagnosis_step *step)
{
	json_t *json = json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "phase", step->phase, "outcome",
				 step_outcome_name(step->outcome), "fault", known_json_text(step->fault), "sentence",
				 step->sentence, "remedy", known_json_text(step->remedy), "tookMs",
				 step->took_ms > 0 ? json_integer(step->took_ms) : json_null());

	ENSURE(json != NULL);
	return json;
}

static void
put_json_line(struct stream *stream, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	ENSURE(text != NULL);
	stream_put_line(stream, text, strlen(text)); /* 64 steps always fit */
	free(text);
	json_decref(json);
}

static void
take_step(struct diagnosis *diagnosis, const struct msg_diagnosis_step *step)
{
	if (json_array_size(diagnosis->steps) >= STEPS_MAX)
		return;
	json_t *json = step_json(step);
	json_array_append(diagnosis->steps, json);
	if (diagnosis->stream != NULL)
		put_json_line(diagnosis->stream, json);
	else
		json_decref(json);
}

/* The status is out already: what kept it from its end is the last line. */
static void
end_stream(struct request *request, struct stream *stream, const struct reply *reply)
{
	const char *path = request_path_peek(request);

	if (reply->kind == REPLY_REFUSED) {
		const struct msg_refused *refused = reply->message;
		put_json_line(stream, json_pack("{s:o}", "problem", problem_to_json(problem_of_refusal(refused->reason),
										    refused->sentence, refused->remedy, path)));
	} else if (reply->kind == REPLY_TIMED_OUT) {
		put_json_line(stream, json_pack("{s:o}", "problem", problem_to_json(PROBLEM_TIMED_OUT,
						"The diagnosis took longer than a minute.", "", path)));
	}
	stream_end(stream, true);
}

static void
on_diagnosis(void *owner, unsigned cookie, const struct reply *reply)
{
	struct diagnosis *diagnosis = request_work(owner);

	(void)cookie;
	if (reply->kind == REPLY_PART) {
		if (reply->number == MESSAGE_DIAGNOSIS_STEP)
			take_step(diagnosis, reply->message);
	} else if (diagnosis->stream != NULL) {
		end_stream(owner, diagnosis->stream, reply);
	} else if (!request_answer_failure(owner, reply)) {
		answer_json(owner, 200, json_pack("{s:O}", "steps", diagnosis->steps));
	}
}

void
rest_printer_diagnosis(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_diagnose message = { 0 };
	uint16_t slot;

	if (printer == NULL || !rest_worker_slot(request, printer->serial, &slot))
		return;
	struct diagnosis *diagnosis = calloc(1, sizeof *diagnosis);
	ENSURE(diagnosis != NULL);
	diagnosis->steps = json_array();
	request_set_work(request, diagnosis, diagnosis_free);
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_ask(request, MESSAGE_DIAGNOSE, ROLE_WORKER, slot, &message, DIAGNOSIS_DEADLINE_MS, on_diagnosis);
	if (request_accepts(request, STREAM_NDJSON))
		diagnosis->stream = stream_answer_lines(request, STREAM_NDJSON, NULL, NULL);
}

/* -- reports and small orders ---------------------------------------------------------------------------- */

void
rest_printer_report(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_report_want message = { 0 };
	uint16_t slot;

	if (printer == NULL || !rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	stream_answer_from_worker(request, MESSAGE_REPORT_WANT, slot, &message, "application/json", false);
}

void
rest_printer_reconnect(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_reconnect message = { 0 };
	uint16_t slot;

	if (printer == NULL || !rest_worker_slot(request, printer->serial, &slot))
		return;
	str_copy(message.serial, sizeof message.serial, printer->serial);
	request_ask(request, MESSAGE_RECONNECT, ROLE_WORKER, slot, &message, ASK_DEADLINE_MS, rest_answer_done);
}

void
rest_printer_retry(struct request *request)
{
	const struct msg_printer *printer = rest_find_printer(request);
	struct msg_proc_retry message = { 0 };

	if (printer == NULL)
		return;
	str_format(message.process, sizeof message.process, "worker/%s", printer->serial);
	request_ask(request, MESSAGE_PROC_RETRY, ROLE_SUPERVISOR, 0, &message, ASK_DEADLINE_MS, rest_answer_done);
}

/* -- probe -------------------------------------------------------------------------------------------------- */

static void
on_probed(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (request_answer_failure(owner, reply))
		return;
	if (reply->number != MESSAGE_PROBED) {
		rest_answer_done(owner, 0, reply);
		return;
	}
	answer_json(owner, 200, known_json_probed(reply->message));
}

void
rest_probe(struct request *request)
{
	const char *address = request_text(request, "address");
	struct msg_probe message = { 0 };
	int64_t mqtt_port, detect_port;

	if (!request_number(request, "mqttPort", 1, 65535, 0, &mqtt_port) ||
	    !request_number(request, "detectPort", 1, 65535, 0, &detect_port))
		return;
	if (address == NULL || !body_is_address(address)) {
		answer_problem(request, PROBLEM_BAD_PARAMETER,
			       "\"address\" must be a numeric IPv4 or IPv6 address, e.g. 192.168.1.20.",
			       "The printer shows it on its screen, under its network settings.");
		return;
	}
	str_copy(message.address, sizeof message.address, address);
	message.mqtt_port = (uint32_t)mqtt_port;
	message.detect_port = (uint32_t)detect_port;
	request_ask(request, MESSAGE_PROBE, ROLE_DISCOVERY, 0, &message, PROBE_DEADLINE_MS, on_probed);
}
