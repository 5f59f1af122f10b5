/*
 * rest_settings: GET gives every setting with all that its row says; PATCH takes {"name": value, …}, null for the
 * default. All values are checked before the first is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "ipc/settings.h"

struct changes {
	size_t count, next;
	struct msg_setting_set each[];
};

void
rest_settings(struct request *request)
{
	answer_json(request, 200, known_json_settings(request_httpd(request)->known));
}

/* A value of the type that the row has, as the table writes it. */
static bool
value_as_text(const struct setting_spec *spec, const json_t *value, char *to, size_t cap)
{
	switch (spec->type) {
	case SETTING_TYPE_BOOL:
		return json_is_boolean(value) && str_copy(to, cap, json_is_true(value) ? "true" : "false");
	case SETTING_TYPE_INT:
		return json_is_integer(value) && str_format(to, cap, "%lld", (long long)json_integer_value(value));
	case SETTING_TYPE_CHOICE:
	case SETTING_TYPE_TEXT:
		break;
	}
	return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value) &&
	       str_copy(to, cap, json_string_value(value));
}

static bool
read_change(const char *name, const json_t *value, struct msg_setting_set *ret_set, char fault[BODY_FAULT_BYTES])
{
	const struct setting_spec *spec = setting_peek(name);
	char text[SETTING_VALUE_BYTES], shown[61], range[120];

	str_copy(shown, sizeof shown, name);
	if (spec == NULL) {
		const struct setting_spec *nearest = setting_nearest(name);
		str_format(fault, BODY_FAULT_BYTES, "There is no setting \"%s\"%s%s%s.", shown,
			   nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest->name : "",
			   nearest != NULL ? "\"?" : "");
		return false;
	}
	str_copy(ret_set->name, sizeof ret_set->name, spec->name);
	ret_set->to_default = json_is_null(value);
	if (ret_set->to_default)
		return true;
	if (value_as_text(spec, value, text, sizeof text))
		return setting_parse(spec, text, ret_set->value, fault, BODY_FAULT_BYTES);
	setting_describe_range(spec, range, sizeof range);
	str_format(fault, BODY_FAULT_BYTES, "\"%s\" must be %s, or null for the default.", spec->name, range);
	return false;
}

static void ask_next(struct request *request, struct changes *changes);

static void
on_set(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (!request_answer_failure(owner, reply))
		ask_next(owner, request_work(owner));
}

static void
ask_next(struct request *request, struct changes *changes)
{
	if (changes->next == changes->count) {
		rest_settings(request);
		return;
	}
	request_ask(request, MESSAGE_SETTING_SET, ROLE_STORED, 0, &changes->each[changes->next++], ASK_DEADLINE_MS, on_set);
}

void
rest_settings_change(struct request *request)
{
	const json_t *body = request_json_peek(request);
	char fault[BODY_FAULT_BYTES];
	struct changes *changes;
	const char *name;
	json_t *value;

	if (!json_is_object(body) || json_object_size(body) == 0) {
		rest_answer_invalid(request, "The body must be an object with at least one setting.");
		return;
	}
	changes = calloc(1, sizeof *changes + json_object_size(body) * sizeof changes->each[0]);
	ENSURE(changes != NULL);
	request_set_work(request, changes, free);
	json_object_foreach((json_t *)(uintptr_t)body, name, value)
	{
		if (!read_change(name, value, &changes->each[changes->count++], fault)) {
			rest_answer_invalid(request, fault);
			return;
		}
	}
	ask_next(request, changes);
}
