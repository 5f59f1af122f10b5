/*
 * rest_scans: searches for printers, and which networks there are to be searched.
 */
#include <string.h>

#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/known.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/scans.h"

/* -- beginning ------------------------------------------------------------------------------------------- */

static bool
refuse(struct request *request, const char *sentence)
{
	rest_answer_invalid(request, sentence);
	return false;
}

static bool
take_scan(struct request *request, struct msg_scan *ret_scan)
{
	static const char *const names[] = { "type", "cidr", "publicToo" };
	const json_t *body = request_json_peek(request), *public_too;
	char fault[BODY_FAULT_BYTES], type[16];
	bool has_type, has_cidr;

	memset(ret_scan, 0, sizeof *ret_scan);
	if (!json_is_object(body))
		return refuse(request, "The body must be {\"type\": \"ssdp\"} or {\"type\": \"subnet\", \"cidr\": …}.");
	if (!body_keys_are(body, names, STR_ARRAY_LEN(names), fault) ||
	    !body_text(body, "type", type, sizeof type, &has_type, fault) ||
	    !body_text(body, "cidr", ret_scan->cidr, sizeof ret_scan->cidr, &has_cidr, fault))
		return refuse(request, fault);
	bool listens = has_type && strcmp(type, "ssdp") == 0;
	if (!listens && !(has_type && strcmp(type, "subnet") == 0))
		return refuse(request, "\"type\" must be \"ssdp\" or \"subnet\".");
	if (listens && has_cidr)
		return refuse(request, "A search of type \"ssdp\" has no \"cidr\": it listens.");
	if (!listens && ret_scan->cidr[0] == '\0')
		return refuse(request, "\"cidr\" is missing: the network to be searched, like 192.168.0.0/24.");
	public_too = json_object_get(body, "publicToo");
	if (public_too != NULL && !json_is_boolean(public_too))
		return refuse(request, "\"publicToo\" must be true or false.");
	ret_scan->public_too = json_is_true(public_too);
	return true;
}

/* The visitor has gone: the search goes on without it. */
static void
stop_waiting(void *work)
{
	scan_set_waiter(work, NULL, NULL);
}

static void
on_first(void *owner, unsigned cookie, const struct reply *reply)
{
	struct request *request = owner;
	struct scan *scan = request_work(request);
	char location[80];

	(void)cookie;
	request_drop_work(request); /* the scan may be forgotten when this returns */
	if (request_answer_failure(request, reply))
		return;
	str_format(location, sizeof location, "/api/v1/scans/%s", scan_id_peek(scan));
	answer_created(request, location, scan_json(scan));
}

void
rest_scans_begin(struct request *request)
{
	struct msg_scan message;

	if (!take_scan(request, &message))
		return;
	struct scan *scan = scan_begin(request_httpd(request)->scans, &message, on_first, request);
	request_set_work(request, scan, stop_waiting);
}

/* -- looking and ending ------------------------------------------------------------------------------------ */

static struct scan *
find(struct request *request)
{
	struct scan *scan = scan_find(request_httpd(request)->scans, request_id_peek(request));

	if (scan == NULL)
		answer_problem(request, PROBLEM_NOT_FOUND, "There is no such search, or it was long ago.",
			       "POST /api/v1/scans begins one.");
	return scan;
}

void
rest_scans(struct request *request)
{
	answer_json(request, 200, scans_json(request_httpd(request)->scans));
}

void
rest_scan(struct request *request)
{
	const struct scan *scan = find(request);

	if (scan != NULL)
		answer_json(request, 200, scan_json(scan));
}

void
rest_scan_end(struct request *request)
{
	struct scan *scan = find(request);

	if (scan == NULL)
		return;
	scan_end(scan);
	answer_nothing(request);
}

/* -- networks ------------------------------------------------------------------------------------------------ */

static json_t *
split_networks(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t len = strcspn(text, ", ");
		if (len > 0)
			json_array_append_new(list, json_stringn(text, len));
		text += len + strspn(text + len, ", ");
	}
	return list;
}

void
rest_networks(struct request *request)
{
	const struct known *known = request_httpd(request)->known;
	const struct msg_discovery_status *status = known_discovery_peek(known);
	const struct msg_setting *saved = known_setting_peek(known, "scanNetworks");

	if (status == NULL) {
		answer_problem(request, PROBLEM_UNREACHABLE, "The search for printers does not run just now.",
			       "It is started again by itself: try again in a moment.");
		return;
	}
	answer_json(request, 200,
		    json_pack("{s:b, s:b, s:I, s:o, s:o, s:s, s:o}", "hears", status->hears, "container", status->contained,
			      "announced", (json_int_t)status->announced, "networks", split_networks(status->networks), "saved",
			      split_networks(saved != NULL ? saved->value : ""), "sentence", status->sentence, "remedy",
			      known_json_text(status->remedy)));
}
