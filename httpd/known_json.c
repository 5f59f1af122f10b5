/*
 * known_json: what is known, as JSON.
 */
#include "httpd/known_json.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls.h"
#include "ipc/role.h"
#include "ipc/settings.h"
#include "ipc/terms.h"
#include "printer/models.h"
#include "printer/state_json.h"

json_t *
known_json_text(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *
known_json_time(int64_t wall_ms)
{
	char text[CLOCK_UTC_BYTES];

	if (wall_ms <= 0)
		return json_null();
	clock_format_utc(wall_ms, text);
	return json_string(text);
}

static json_t *
port_json(uint32_t port)
{
	return port != 0 ? json_integer(port) : json_null();
}

static json_t *
tri_json(unsigned tri)
{
	return tri == TRI_UNKNOWN ? json_null() : json_boolean(tri == TRI_YES);
}

static json_t *
packed(json_t *json)
{
	ENSURE(json != NULL);
	return json;
}

/* Not tls_vouch_name(): that would bring OpenSSL along. */
const char *
known_json_vouch(unsigned vouch)
{
	return vouch == TLS_VOUCH_BAMBU ? "bambu-ca" : vouch == TLS_VOUCH_OWNER ? "owner-ca" : "unknown";
}

/* -- printers ------------------------------------------------------------------------------------------ */

static json_t *
certificate_json(const struct msg_printer_link *link)
{
	if (link->seen_sha256[0] == '\0')
		return json_null();
	return packed(json_pack("{s:o, s:s, s:o, s:s}", "serial", known_json_text(link->seen_serial), "sha256",
				link->seen_sha256, "issuer", known_json_text(link->seen_issuer), "verified",
				known_json_vouch(link->vouch)));
}

static json_t *
link_json(const struct msg_printer_link *link)
{
	json_t *json = packed(json_pack("{s:s, s:b, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "phase", link->phase, "online",
					link->online, "stale", link->stale, "fault", known_json_text(link->fault), "sentence",
					link->sentence, "remedy", known_json_text(link->remedy), "since",
					known_json_time(link->since_ms), "connectedAt", known_json_time(link->connected_ms),
					"receivedAt", known_json_time(link->received_ms), "nextTryAt",
					known_json_time(link->next_try_ms)));
	json_t *more = packed(json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "attempts", (json_int_t)link->attempts,
					"reconnects", (json_int_t)link->reconnects, "developerMode",
					tri_json(link->developer_mode), "firmware", known_json_text(link->firmware), "model",
					known_json_text(link->model), "certificate", certificate_json(link)));

	json_object_update(json, more);
	json_decref(more);
	return json;
}

/* A worker that does not run has nothing more to say: what it said last must not look like news. */
static void
mark_worker_down(json_t *link, const struct msg_proc_status *worker)
{
	char sentence[480];

	if (worker == NULL || worker->state == LIFE_UP)
		return;
	if (worker->state == LIFE_STARTING)
		str_copy(sentence, sizeof sentence, "Its process is starting.");
	else
		str_format(sentence, sizeof sentence, "Its process does not run (%s)%s%s.", life_state_name(worker->state),
			   worker->obituary[0] != '\0' ? ": it " : "", worker->obituary);
	json_object_set_new(link, "online", json_false());
	json_object_set_new(link, "stale", json_true());
	json_object_set_new(link, "fault", json_string("process"));
	json_object_set_new(link, "sentence", json_string(sentence));
	json_object_set_new(link, "remedy",
			    worker->state == LIFE_HELD ? json_string("Choose \"retry now\", or see the log for what it died of.") :
							 json_null());
}

/* Before its worker has told anything. */
static const struct msg_printer_link untold_link = { .phase = "setup", .stale = true,
						     .sentence = "Nothing is known of its link yet." };

static json_t *
printer_json(const struct known *known, const struct msg_printer *printer)
{
	const struct msg_printer_link *link = known_link_peek(known, printer->serial);
	json_t *link_part = link_json(link != NULL ? link : &untold_link);

	mark_worker_down(link_part, known_worker_peek(known, printer->serial));
	json_t *ports = packed(json_pack("{s:o, s:o, s:o, s:o}", "mqtt", port_json(printer->mqtt_port), "ftps",
					 port_json(printer->ftps_port), "camera", port_json(printer->camera_port), "detect",
					 port_json(printer->detect_port)));
	return packed(json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "serial", printer->serial, "name",
				printer->name, "address", printer->address, "model", printer->model, "modelName",
				model_by_key(printer->model)->name, "ports", ports, "certificateSha256",
				known_json_text(printer->certificate_sha256), "hasAccessCode", printer->has_access_code,
				"startsUnasked", printer->starts_unasked, "plateUsedAt",
				known_json_time(printer->plate_used_ms), "addedAt", known_json_time(printer->added_ms), "changedAt",
				known_json_time(printer->changed_ms), "movedFrom", known_json_text(printer->moved_from), "movedAt",
				known_json_time(printer->moved_ms), "link", link_part));
}

json_t *
known_json_printer(const struct known *known, const struct msg_printer *printer)
{
	json_t *json = printer_json(known, printer);
	json_t *controls = printer->is_virtual ? known_controls_peek(known, printer->serial) : NULL;

	json_object_set_new(json, "virtual", json_boolean(printer->is_virtual));
	json_object_set_new(json, "virtualControls", controls != NULL ? json_incref(controls) : json_null());
	return json;
}

json_t *
known_json_printers(const struct known *known)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	size_t count = known_printers(known, printers);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, known_json_printer(known, printers[i]));
	return packed(json_pack("{s:o}", "printers", list));
}

/* -- state ------------------------------------------------------------------------------------------------ */

/* What state_json writes for a printer that has told nothing. */
static char *
untold_state(const struct known *known, const struct msg_printer *printer, size_t *ret_len)
{
	const struct msg_printer_link *link = known_link_peek(known, printer->serial);
	const struct model *model = model_by_key(printer->model);
	struct printer_state *state = malloc(sizeof *state);
	char *text = malloc(STATE_JSON_MAX_BYTES);

	if (link == NULL)
		link = &untold_link;
	ENSURE(state != NULL && text != NULL);
	printer_state_init(state);
	const struct link_view view = { .serial = printer->serial, .name = printer->name, .address = printer->address,
					.phase = link->phase, .is_stale = true, .next_try_ms = link->next_try_ms,
					.attempts = link->attempts, .reconnects = link->reconnects,
					.silence_ms = model->silence_ms, .report_gap_ms = STATE_UNKNOWN,
					.developer_mode = TRI_UNKNOWN, .previous_firmware = "",
					.problem_count = 1,
					.problems = { { link->fault[0] != '\0' ? link->fault : "untold", link->sentence,
							link->remedy, true } } };
	*ret_len = state_json_write(model, state, &view, text, STATE_JSON_MAX_BYTES);
	ENSURE(*ret_len > 0);
	free(state);
	return text;
}

/* The worker that wrote it is gone, so nobody would say that the printer is not online any more. */
static char *
state_of_the_dead(const char *state, size_t len, size_t *ret_len)
{
	json_t *json = json_loadb(state, len, 0, NULL);

	if (!json_is_object(json)) {
		json_decref(json);
		return NULL;
	}
	json_object_set_new(json, "isOnline", json_false());
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	*ret_len = text != NULL ? strlen(text) : 0;
	return text;
}

char *
known_json_state(const struct known *known, const struct msg_printer *printer, size_t *ret_len)
{
	const struct msg_proc_status *worker = known_worker_peek(known, printer->serial);
	const char *state = known_state_peek(known, printer->serial, ret_len);
	char *text = NULL;

	if (state == NULL)
		return untold_state(known, printer, ret_len);
	if (worker == NULL || worker->state != LIFE_UP)
		text = state_of_the_dead(state, *ret_len, ret_len);
	if (text == NULL) {
		text = malloc(*ret_len + 1);
		ENSURE(text != NULL);
		memcpy(text, state, *ret_len + 1);
	}
	return text;
}

/* -- Fuse as a whole ----------------------------------------------------------------------------------------- */

static json_t *
process_json(const struct msg_proc_status *status)
{
	char name[80];

	str_format(name, sizeof name, status->entry[0] != '\0' ? "%s/%s" : "%s%s", role_name(status->role), status->entry);
	json_t *json = packed(json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I}", "process", name, "role",
					role_name(status->role), "state", life_state_name(status->state), "pid",
					status->pid != 0 ? json_integer(status->pid) : json_null(), "generation",
					(json_int_t)status->generation, "restarts", (json_int_t)status->restarts, "dropped",
					(json_int_t)status->dropped));
	json_t *more = packed(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "startedAt", known_json_time(status->since_ms),
					"readyAt", known_json_time(status->ready_ms), "nextTryAt",
					known_json_time(status->next_try_ms), "diedAt", known_json_time(status->died_ms),
					"obituary", known_json_text(status->obituary), "unapplied",
					known_json_text(status->unapplied)));

	json_object_update(json, more);
	json_decref(more);
	return json;
}

static json_t *
processes_json(const struct known *known)
{
	static const struct msg_proc_status *processes[KNOWN_PROCESSES_MAX];
	size_t count = known_processes(known, processes);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, process_json(processes[i]));
	return list;
}

static json_t *
store_json(const struct msg_store_status *store)
{
	if (store == NULL)
		return json_null();
	return packed(json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:I, s:o}", "health", store_health_name(store->health),
				"sentence", store->sentence, "remedy", known_json_text(store->remedy), "holdsPrints",
				store->holds_prints, "records", (json_int_t)store->records, "sizeBytes",
				(json_int_t)store->size_bytes, "commitMicroseconds", (json_int_t)store->commit_us,
				"snapshotAt", known_json_time(store->snapshot_ms)));
}

static json_t *
counts_json(const struct known *known)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	size_t count = known_printers(known, printers), online = 0, faulty = 0, held = 0;

	for (size_t i = 0; i < count; i++) {
		const struct msg_printer_link *link = known_link_peek(known, printers[i]->serial);
		const struct msg_proc_status *worker = known_worker_peek(known, printers[i]->serial);
		bool up = worker != NULL && worker->state == LIFE_UP;
		online += up && link != NULL && link->online;
		faulty += !up || (link != NULL && link->fault[0] != '\0');
		held += worker != NULL && worker->state == LIFE_HELD;
	}
	return packed(json_pack("{s:I, s:I, s:I, s:I}", "printers", (json_int_t)count, "online", (json_int_t)online,
				"withFault", (json_int_t)faulty, "held", (json_int_t)held));
}

json_t *
known_json_status(const struct known *known, int64_t now_ms)
{
	static const struct msg_fuse_status untold;
	const struct msg_fuse_status *fuse = known_fuse_peek(known) != NULL ? known_fuse_peek(known) : &untold;
	int64_t uptime_ms = fuse->started_ms > 0 && now_ms > fuse->started_ms ? now_ms - fuse->started_ms : 0;

	json_t *json = packed(json_pack("{s:s, s:o, s:I, s:s, s:b, s:s, s:o, s:o, s:o}", "version", fuse->version, "startedAt",
					known_json_time(fuse->started_ms), "uptimeSeconds", (json_int_t)(uptime_ms / 1000),
					"sentence", fuse->sentence, "stopping", fuse->stopping, "http", fuse->http, "stats",
					known_json_text(fuse->stats), "counts", counts_json(known), "store",
					store_json(known_store_peek(known))));
	json_object_set_new(json, "processes", processes_json(known));
	return json;
}

/* -- what discovery finds ------------------------------------------------------------------------------------ */

json_t *
known_json_probed(const struct msg_probed *probed)
{
	json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "serial", known_json_text(probed->serial), "model",
				 probed->model, "modelCode", known_json_text(probed->model_code), "name",
				 known_json_text(probed->name), "firmware", known_json_text(probed->firmware), "bind",
				 known_json_text(probed->bind), "connect", known_json_text(probed->connect));
	json_t *more = json_pack("{s:o, s:o, s:s, s:b, s:b, s:s, s:o}", "certificateSha256",
				 known_json_text(probed->certificate_sha256), "issuer", known_json_text(probed->issuer),
				 "verified", known_json_vouch(probed->vouch), "mqttOpen", probed->mqtt_open, "detectAnswered",
				 probed->detect_answered, "sentence", probed->sentence, "remedy",
				 known_json_text(probed->remedy));
	ENSURE(json != NULL && more != NULL);
	json_object_update(json, more);
	json_decref(more);
	return json;
}

/* -- tables ---------------------------------------------------------------------------------------------------- */

static json_t *
value_json(const struct setting_spec *spec, const char *value)
{
	switch (spec->type) {
	case SETTING_TYPE_BOOL:
		return json_boolean(setting_truth(value));
	case SETTING_TYPE_INT:
		return json_integer(setting_number(value));
	case SETTING_TYPE_CHOICE:
	case SETTING_TYPE_TEXT:
		break;
	}
	return json_string(value);
}

static json_t *
choices_json(const struct setting_spec *spec)
{
	json_t *list = json_array();

	for (const char *at = spec->choices; *at != '\0';) {
		size_t len = strcspn(at, "|");
		json_array_append_new(list, json_stringn(at, len));
		at += len + (at[len] == '|');
	}
	return list;
}

static json_t *
setting_json(const struct known *known, const struct setting_spec *spec)
{
	static const char *const types[] = { "boolean", "integer", "choice", "text" };
	const struct msg_setting *setting = known_setting_peek(known, spec->name);
	char range[120];

	setting_describe_range(spec, range, sizeof range);
	json_t *json = packed(json_pack("{s:s, s:s, s:o, s:o, s:b, s:s, s:o, s:s}", "name", spec->name, "type",
					types[spec->type], "value",
					value_json(spec, setting != NULL ? setting->value : spec->default_value), "default",
					value_json(spec, spec->default_value), "isDefault",
					setting == NULL || setting->is_default, "range", range, "unit",
					known_json_text(spec->unit), "doc", spec->doc));
	if (spec->type == SETTING_TYPE_CHOICE)
		json_object_set_new(json, "choices", choices_json(spec));
	if (spec->type == SETTING_TYPE_INT || spec->type == SETTING_TYPE_TEXT) {
		json_object_set_new(json, "min", json_integer(spec->min));
		json_object_set_new(json, "max", json_integer(spec->max));
	}
	return json;
}

json_t *
known_json_settings(const struct known *known)
{
	size_t count;
	const struct setting_spec *specs = settings_all(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, setting_json(known, &specs[i]));
	return packed(json_pack("{s:o}", "settings", list));
}

static json_t *
ams_kinds_json(unsigned kinds)
{
	json_t *list = json_array();

	for (enum ams_kind kind = AMS_KIND_UNKNOWN + 1; kinds >> kind != 0; kind++)
		if (kinds & 1u << kind)
			json_array_append_new(list, json_string(ams_kind_id(kind)));
	return list;
}

static json_t *
model_json(const struct model *model)
{
	static const char *const cameras[] = { "unknown", "jpeg", "rtsps" };
	static const char *const storages[] = { "unknown", "microsd", "usb" };

	return packed(json_pack("{s:s, s:s, s:o, s:s, s:s, s:I, s:b, s:I, s:I, s:o, s:o, s:s, s:s}", "key", model->key, "name",
				model->name, "serialPrefix", known_json_text(model->serial_prefix), "camera",
				cameras[model->camera], "storage", storages[model->storage], "extruders",
				(json_int_t)model->extruders, "hasChamberSensor", model->has_chamber_sensor,
				"nozzleMaxCelsius", (json_int_t)model->nozzle_max_celsius, "bedMaxCelsius",
				(json_int_t)model->bed_max_celsius, "chamberTargetMaxCelsius",
				model->chamber_target_max_celsius > 0 ? json_integer(model->chamber_target_max_celsius) :
									 json_null(),
				"amsKinds", ams_kinds_json(model->ams_kinds), "accessCodeMenu", model->access_code_menu,
				"developerModeMenu", model->developer_mode_menu));
}

json_t *
known_json_models(void)
{
	size_t count;
	const struct model *models = models_all(&count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, model_json(&models[i]));
	return packed(json_pack("{s:o}", "models", list));
}
