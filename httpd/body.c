/*
 * body: JSON that came in.
 */
#include "httpd/body.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "printer/jsonin.h"

json_t *
body_parse(const void *bytes, size_t len, struct body_fault *ret_fault)
{
	struct jsonin_error error;
	json_t *json = jsonin_load(bytes, len, BODY_MAX_DEPTH, &error);

	*ret_fault = (struct body_fault){ .line = error.line, .column = error.column };
	switch (error.fault) {
	case JSONIN_FINE:
		break;
	case JSONIN_EMPTY:
		str_copy(ret_fault->sentence, sizeof ret_fault->sentence, "The request has no body, but needs one.");
		break;
	case JSONIN_TOO_DEEP:
		str_format(ret_fault->sentence, sizeof ret_fault->sentence, "The body is nested deeper than %d levels.",
			   BODY_MAX_DEPTH);
		break;
	case JSONIN_KEY_TWICE:
	case JSONIN_NO_JSON:
		str_format(ret_fault->sentence, sizeof ret_fault->sentence,
			   error.fault == JSONIN_KEY_TWICE ? "The body has a key twice, at line %d, column %d."
							   : "The body is not JSON: see line %d, column %d.",
			   error.line, error.column);
		break;
	}
	return json;
}

bool
body_keys_are(const json_t *object, const char *const *names, size_t count, char ret_fault[BODY_FAULT_BYTES])
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char shown[81];
		bool known = false;
		for (size_t i = 0; i < count && !known; i++)
			known = strcmp(key, names[i]) == 0;
		if (known)
			continue;
		str_copy(shown, sizeof shown, key);
		str_format(ret_fault, BODY_FAULT_BYTES, "There is no field \"%s\" here.", shown);
		return false;
	}
	return true;
}

bool
body_text(const json_t *object, const char *key, char *ret_text, size_t cap, bool *ret_present,
	  char ret_fault[BODY_FAULT_BYTES])
{
	const json_t *value = json_object_get(object, key);

	ret_text[0] = '\0';
	*ret_present = value != NULL;
	if (value == NULL)
		return true;
	if (!json_is_string(value)) {
		str_format(ret_fault, BODY_FAULT_BYTES, "\"%s\" must be a text.", key);
		return false;
	}
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	if (len >= cap) {
		str_format(ret_fault, BODY_FAULT_BYTES, "\"%s\" has more than %zu bytes.", key, cap - 1);
		return false;
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			str_format(ret_fault, BODY_FAULT_BYTES, "\"%s\" has control characters in it.", key);
			return false;
		}
	memcpy(ret_text, text, len + 1);
	return true;
}

bool
body_is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

bool
body_is_serial(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len >= 1 && len <= 32 && text[len] == '\0';
}

bool
body_fold_sha256(char *text)
{
	if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
		return false;
	for (char *at = text; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return true;
}
