/*
 * fields: what a person may write for a serial number, an address, a model, a fingerprint, a port.
 */
#include "fusectl/fields.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/models.h"

static bool __attribute__((format(printf, 2, 3)))
say(char *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault, FIELD_FAULT_BYTES, format, args);
	va_end(args);
	return false;
}

bool
field_serial(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES])
{
	if (text[0] == '\0')
		return say(ret_fault, "it has no serial number");
	if (!str_copy(printer->serial, sizeof printer->serial, text))
		return say(ret_fault, "its serial number is longer than 32 characters");
	for (char *at = printer->serial; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		if ((*at < '0' || *at > '9') && (*at < 'A' || *at > 'Z') && *at != '-' && *at != '_')
			return say(ret_fault, "its serial number '%.40s' has other characters than letters, digits, - and _",
				   text);
	}
	return true;
}

bool
field_name(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES])
{
	if (!str_copy(printer->name, sizeof printer->name, text))
		return say(ret_fault, "its name is longer than 96 bytes");
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
		if (*at < ' ' || *at == 0x7f)
			return say(ret_fault, "its name has a control character or more than one line");
	return str_valid_utf8(text, strlen(text)) || say(ret_fault, "its name is not text in UTF-8");
}

bool
field_address(const char *text, char *ret_address, size_t cap, char ret_fault[FIELD_FAULT_BYTES])
{
	unsigned char parsed[sizeof(struct in6_addr)];

	if (text[0] == '\0')
		return say(ret_fault, "it has no address");
	if (inet_pton(AF_INET, text, parsed) == 1 || inet_pton(AF_INET6, text, parsed) == 1)
		return str_copy(ret_address, cap, text);
	const char *colon = strchr(text, ':');
	if (colon != NULL && colon == strrchr(text, ':') && strchr(text, '.') != NULL)
		return say(ret_fault, "'%.60s' is more than an address; a port goes with --mqtt-port", text);
	return say(ret_fault, "'%.60s' is no IP address in numbers, such as 192.168.1.30", text);
}

/* "X1C, X1E, …", as far as there is room. */
static void
list_models(char *to, size_t cap)
{
	size_t count, used = 0;
	const struct model *models = models_all(&count);

	to[0] = '\0';
	for (size_t i = 0; i < count && used < cap; i++) {
		str_format(to + used, cap - used, "%s%s", i > 0 ? ", " : "", models[i].key);
		used = strlen(to);
	}
}

bool
field_model(const char *text, struct msg_printer_add *printer, char ret_fault[FIELD_FAULT_BYTES])
{
	const struct model *other = model_other();
	const struct model *model = text[0] == '\0' ? model_by_serial(printer->serial) : model_by_key(text);
	char all[FIELD_FAULT_BYTES - 60];

	if (model == other && text[0] != '\0' && strcasecmp(text, other->key) != 0) {
		list_models(all, sizeof all);
		return say(ret_fault, "'%.30s' is none of the models %s", text, all);
	}
	return str_copy(printer->model, sizeof printer->model, model->key);
}

bool
field_sha256(const char *text, char *ret_sha256, size_t cap, char ret_fault[FIELD_FAULT_BYTES])
{
	size_t len = 0;

	for (const char *at = text; *at != '\0'; at++) {
		char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
		if (c == ':' && len > 0 && len % 2 == 0)
			continue;
		if (strchr("0123456789abcdef", c) == NULL || len == 64 || len + 1 >= cap)
			return say(ret_fault, "this is no fingerprint of a certificate: 64 hex digits, colons or not");
		ret_sha256[len++] = c;
	}
	ret_sha256[len] = '\0';
	return len == 0 || len == 64 || say(ret_fault, "this fingerprint has %zu digits in place of 64", len);
}

bool
field_port(const char *text, const char *option, uint32_t *ret_port, char ret_fault[FIELD_FAULT_BYTES])
{
	int64_t port;

	if (!str_parse_int(text, 0, 65535, &port))
		return say(ret_fault, "--%s takes a port from 1 to 65535, or 0 for the standard one, not '%.20s'", option,
			   text);
	*ret_port = (uint32_t)port;
	return true;
}

void
field_default_name(struct msg_printer_add *printer)
{
	size_t len = strlen(printer->serial);

	str_format(printer->name, sizeof printer->name, "%s %s", model_by_key(printer->model)->name,
		   printer->serial + (len > 4 ? len - 4 : 0));
}
