/*
 * printer_body: a printer that comes in.
 */
#include "httpd/printer_body.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/models.h"

#define CHANGES(edit, FIELD) ((edit)->changes |= 1u << PRINTER_FIELD_##FIELD)

static bool
say(char *fault, const char *sentence)
{
	str_copy(fault, BODY_FAULT_BYTES, sentence);
	return false;
}

static bool
read_serial(const json_t *object, enum printer_body_use use, struct msg_printer_edit *edit, char *fault)
{
	bool present;

	if (!body_text(object, "serial", edit->serial, sizeof edit->serial, &present, fault))
		return false;
	if (use == PRINTER_BODY_EDIT)
		return !present || say(fault, "The serial number of a printer cannot be changed; remove it and add the other.");
	if (!present)
		return say(fault, "\"serial\" is missing: the printer's serial number.");
	for (char *at = edit->serial; *at != '\0'; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	return body_is_serial(edit->serial) ||
	       say(fault, "\"serial\" is no serial number: letters, digits, '-' and '_', at most 32.");
}

static bool
read_name(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	bool present;

	if (!body_text(object, "name", edit->name, sizeof edit->name, &present, fault))
		return false;
	if (present && edit->name[strspn(edit->name, " ")] == '\0')
		return say(fault, "\"name\" is empty.");
	if (present)
		CHANGES(edit, NAME);
	return true;
}

static bool
read_address(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	bool present;

	if (!body_text(object, "address", edit->address, sizeof edit->address, &present, fault))
		return false;
	if (!present)
		return true;
	CHANGES(edit, ADDRESS);
	return body_is_address(edit->address) ||
	       say(fault, "\"address\" must be a numeric IPv4 or IPv6 address, e.g. 192.168.1.20.");
}

static bool
read_model(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	char wanted[64];
	bool present;

	if (!body_text(object, "model", wanted, sizeof wanted, &present, fault))
		return false;
	if (!present)
		return true;
	const struct model *model = model_by_key(wanted), *other = model_other();
	/* The row of "Other" is also what an unknown word gives. */
	if (model == other && strcasecmp(wanted, other->key) != 0)
		return say(fault, "\"model\" is no model that Fuse knows; GET /api/v1/models lists them, \"Other\" fits any.");
	CHANGES(edit, MODEL);
	str_copy(edit->model, sizeof edit->model, model->key);
	return true;
}

static bool
read_port(const json_t *ports, const char *key, uint32_t *ret_port, char *fault)
{
	const json_t *port = json_object_get(ports, key);

	if (port == NULL || json_is_null(port))
		return true;
	if (!json_is_integer(port) || json_integer_value(port) < 1 || json_integer_value(port) > 65535) {
		str_format(fault, BODY_FAULT_BYTES, "\"ports.%s\" must be a number from 1 to 65535, or null.", key);
		return false;
	}
	*ret_port = (uint32_t)json_integer_value(port);
	return true;
}

static bool
read_ports(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	static const char *const names[] = { "mqtt", "ftps", "camera", "detect" };
	const json_t *ports = json_object_get(object, "ports");

	if (ports == NULL)
		return true;
	CHANGES(edit, PORTS);
	if (json_is_null(ports))
		return true;
	if (!json_is_object(ports))
		return say(fault, "\"ports\" must be an object with mqtt, ftps, camera, detect.");
	return body_keys_are(ports, names, STR_ARRAY_LEN(names), fault) &&
	       read_port(ports, "mqtt", &edit->mqtt_port, fault) && read_port(ports, "ftps", &edit->ftps_port, fault) &&
	       read_port(ports, "camera", &edit->camera_port, fault) &&
	       read_port(ports, "detect", &edit->detect_port, fault);
}

static bool
read_certificate(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	bool present;

	if (json_is_null(json_object_get(object, "certificateSha256"))) {
		CHANGES(edit, CERTIFICATE);
		return true;
	}
	if (!body_text(object, "certificateSha256", edit->certificate_sha256, sizeof edit->certificate_sha256, &present,
		       fault))
		return false;
	if (!present)
		return true;
	CHANGES(edit, CERTIFICATE);
	return body_fold_sha256(edit->certificate_sha256) ||
	       say(fault, "\"certificateSha256\" must be 64 hex digits, or null.");
}

static bool
read_access_code(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	const json_t *code = json_object_get(object, "accessCode");

	if (code == NULL)
		return true;
	CHANGES(edit, ACCESS_CODE);
	if (json_is_null(code))
		return true;
	const char *text = json_string_value(code);
	size_t len = json_string_length(code);
	bool fine = text != NULL && len >= 1 && len <= ACCESS_CODE_MAX_BYTES;
	for (size_t i = 0; fine && i < len; i++)
		fine = text[i] > ' ' && text[i] < 0x7f;
	if (!fine)
		return say(fault, "\"accessCode\" must be the code that the printer's screen shows: letters and digits "
				  "without blanks; or null.");
	return secret_set(&edit->access_code, text, len);
}

static bool
read_starts_unasked(const json_t *object, struct msg_printer_edit *edit, char *fault)
{
	const json_t *unasked = json_object_get(object, "startsUnasked");

	if (unasked == NULL)
		return true;
	CHANGES(edit, STARTS_UNASKED);
	edit->starts_unasked = json_is_true(unasked);
	return json_is_boolean(unasked) || say(fault, "\"startsUnasked\" must be true or false.");
}

/* A printer that is added without a name or model gets those that are known of its serial number. */
static bool
complete(struct msg_printer_edit *edit, char *fault)
{
	if (!(edit->changes & 1u << PRINTER_FIELD_ADDRESS))
		return say(fault, "\"address\" is missing: the printer's IP address.");
	if (edit->model[0] == '\0')
		str_copy(edit->model, sizeof edit->model, model_by_serial(edit->serial)->key);
	if (edit->name[0] == '\0')
		str_format(edit->name, sizeof edit->name, "%s %s", model_by_key(edit->model)->name, edit->serial);
	return true;
}

bool
printer_body_parse(const json_t *object, enum printer_body_use use, struct msg_printer_edit *ret_edit,
		   char ret_fault[BODY_FAULT_BYTES])
{
	static const char *const names[] = { "serial", "name", "address", "model", "ports", "certificateSha256",
					     "accessCode", "startsUnasked" };
	struct msg_printer_edit *edit = ret_edit;

	memset(edit, 0, sizeof *edit);
	if (!json_is_object(object))
		return say(ret_fault, "A printer must be an object.");
	bool fine = body_keys_are(object, names, STR_ARRAY_LEN(names), ret_fault) &&
		    read_serial(object, use, edit, ret_fault) && read_name(object, edit, ret_fault) &&
		    read_address(object, edit, ret_fault) && read_model(object, edit, ret_fault) &&
		    read_ports(object, edit, ret_fault) && read_certificate(object, edit, ret_fault) &&
		    read_starts_unasked(object, edit, ret_fault) && read_access_code(object, edit, ret_fault);
	if (fine && use == PRINTER_BODY_ADD)
		fine = complete(edit, ret_fault);
	else if (fine && edit->changes == 0)
		fine = say(ret_fault, "Nothing is to be changed: name at least one field.");
	if (!fine)
		secret_wipe(&edit->access_code);
	return fine;
}

void
printer_body_keep_ports(const json_t *object, const struct msg_printer *now, struct msg_printer_edit *edit)
{
	const json_t *ports = json_object_get(object, "ports");

	if (!json_is_object(ports))
		return;
	if (json_object_get(ports, "mqtt") == NULL)
		edit->mqtt_port = now->mqtt_port;
	if (json_object_get(ports, "ftps") == NULL)
		edit->ftps_port = now->ftps_port;
	if (json_object_get(ports, "camera") == NULL)
		edit->camera_port = now->camera_port;
	if (json_object_get(ports, "detect") == NULL)
		edit->detect_port = now->detect_port;
}

void
printer_body_to_add(const struct msg_printer_edit *edit, struct msg_printer_add *ret_add)
{
	struct msg_printer_add *add = ret_add;

	memset(add, 0, sizeof *add);
	str_copy(add->serial, sizeof add->serial, edit->serial);
	str_copy(add->name, sizeof add->name, edit->name);
	str_copy(add->address, sizeof add->address, edit->address);
	str_copy(add->model, sizeof add->model, edit->model);
	add->mqtt_port = edit->mqtt_port;
	add->ftps_port = edit->ftps_port;
	add->camera_port = edit->camera_port;
	add->detect_port = edit->detect_port;
	str_copy(add->certificate_sha256, sizeof add->certificate_sha256, edit->certificate_sha256);
	add->starts_unasked = edit->starts_unasked;
	add->access_code = edit->access_code;
}
