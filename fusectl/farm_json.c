/*
 * farm_json: records and links as JSON, in the words of REST; and looks into a stat. Of farm.h.
 */
#include <math.h>
#include <string.h>

#include "common/str.h"
#include "fusectl/farm.h"
#include "printer/state.h"

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? ctl_json_text(text) : json_null();
}

static json_t *
port_or_null(uint32_t port)
{
	return port != 0 ? json_integer(port) : json_null();
}

json_t *
farm_json_record(const struct msg_printer *record)
{
	json_t *json = json_object();

	json_object_set_new(json, "serial", ctl_json_text(record->serial));
	json_object_set_new(json, "name", ctl_json_text(record->name));
	json_object_set_new(json, "address", ctl_json_text(record->address));
	json_object_set_new(json, "model", ctl_json_text(record->model));
	json_object_set_new(json, "ports",
			    json_pack("{s:o,s:o,s:o,s:o}", "mqtt", port_or_null(record->mqtt_port), "ftps",
				      port_or_null(record->ftps_port), "camera", port_or_null(record->camera_port),
				      "detect", port_or_null(record->detect_port)));
	json_object_set_new(json, "certificateSha256", text_or_null(record->certificate_sha256));
	json_object_set_new(json, "hasAccessCode", json_boolean(record->has_access_code));
	json_object_set_new(json, "addedAt", ctl_json_time(record->added_ms));
	json_object_set_new(json, "changedAt", ctl_json_time(record->changed_ms));
	json_object_set_new(json, "movedFrom", record->moved_from[0] != '\0' ? ctl_json_text(record->moved_from) : json_null());
	json_object_set_new(json, "movedAt", ctl_json_time(record->moved_ms));
	json_object_set_new(json, "startsUnasked", json_boolean(record->starts_unasked));
	json_object_set_new(json, "plateUsedAt", ctl_json_time(record->plate_used_ms));
	json_object_set_new(json, "virtual", json_boolean(record->is_virtual));
	return json;
}

const char *
farm_vouch_word(unsigned vouch)
{
	/* enum tls_vouch; common/tls is not part of fusectl, which speaks with no printer. */
	static const char *const words[] = { "unknown", "bambu-ca", "owner-ca" };

	return words[vouch < STR_ARRAY_LEN(words) ? vouch : 0];
}

static json_t *
json_of_tri(unsigned tri)
{
	return tri == TRI_YES ? json_string("on") : tri == TRI_NO ? json_string("off") : json_null();
}

json_t *
farm_json_link(const struct msg_printer_link *link)
{
	json_t *json = json_object(), *seen = json_object();

	json_object_set_new(seen, "serial", text_or_null(link->seen_serial));
	json_object_set_new(seen, "certificateSha256", text_or_null(link->seen_sha256));
	json_object_set_new(seen, "issuer", text_or_null(link->seen_issuer));
	json_object_set_new(seen, "verified", json_string(farm_vouch_word(link->vouch)));
	json_object_set_new(json, "phase", ctl_json_text(link->phase));
	json_object_set_new(json, "online", json_boolean(link->online));
	json_object_set_new(json, "stale", json_boolean(link->stale));
	json_object_set_new(json, "fault", text_or_null(link->fault));
	json_object_set_new(json, "sentence", ctl_json_text(link->sentence));
	json_object_set_new(json, "remedy", ctl_json_text(link->remedy));
	json_object_set_new(json, "since", ctl_json_time(link->since_ms));
	json_object_set_new(json, "connectedAt", ctl_json_time(link->connected_ms));
	json_object_set_new(json, "receivedAt", ctl_json_time(link->received_ms));
	json_object_set_new(json, "nextTryAt", ctl_json_time(link->next_try_ms));
	json_object_set_new(json, "attempts", json_integer(link->attempts));
	json_object_set_new(json, "reconnects", json_integer(link->reconnects));
	json_object_set_new(json, "seen", seen);
	json_object_set_new(json, "developerMode", json_of_tri(link->developer_mode));
	json_object_set_new(json, "firmware", text_or_null(link->firmware));
	json_object_set_new(json, "model", text_or_null(link->model));
	return json;
}

json_t *
farm_json(const struct farm_printer *printer)
{
	json_t *stat = printer->stat != NULL ? json_incref(printer->stat) : json_null();
	json_t *link = printer->has_link ? farm_json_link(&printer->link) : json_null();

	return json_pack("{s:o,s:o,s:o}", "record", farm_json_record(&printer->record), "link", link, "stat", stat);
}

/* -- looks into a stat ------------------------------------------------------------------------------------ */

const json_t *
stat_at(const json_t *json, const char *path)
{
	char key[64];

	for (const char *at = path; json != NULL && *at != '\0';) {
		size_t len = strcspn(at, ".");
		str_format(key, sizeof key, "%.*s", (int)len, at);
		json = json_object_get(json, key);
		at += len + (at[len] == '.');
	}
	return json;
}

const char *
stat_text(const json_t *json, const char *path)
{
	const char *text = json_string_value(stat_at(json, path));

	return text != NULL ? text : "";
}

double
stat_number(const json_t *json, const char *path)
{
	const json_t *number = stat_at(json, path);

	return json_is_number(number) ? json_number_value(number) : NAN;
}

bool
stat_true(const json_t *json, const char *path)
{
	return json_is_true(stat_at(json, path));
}
