/*
 * body: JSON that came in.
 */
#include "httpd/body.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

static void
wipe_and_free(void *memory)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void
body_init(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	json_object_seed(0); /* reads /dev/urandom, which is out of reach later */
}

/* jansson would recurse 2048 levels deep. Brackets within texts do not count; whether the text is JSON at all is
 * for jansson to say. */
static bool
is_too_deep(const char *bytes, size_t len)
{
	unsigned depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > BODY_MAX_DEPTH)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

json_t *
body_parse(const void *bytes, size_t len, struct body_fault *ret_fault)
{
	json_error_t error;

	memset(ret_fault, 0, sizeof *ret_fault);
	if (len == 0) {
		str_copy(ret_fault->sentence, sizeof ret_fault->sentence, "The request has no body, but needs one.");
		return NULL;
	}
	if (is_too_deep(bytes, len)) {
		str_format(ret_fault->sentence, sizeof ret_fault->sentence, "The body is nested deeper than %d levels.",
			   BODY_MAX_DEPTH);
		return NULL;
	}
	json_t *json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		/* The library's words can quote the body, an access code in it too: only the place is given back. */
		ret_fault->line = error.line > 0 ? error.line : 1;
		ret_fault->column = error.column > 0 ? error.column : 1;
		str_format(ret_fault->sentence, sizeof ret_fault->sentence,
			   json_error_code(&error) == json_error_duplicate_key ?
				   "The body has a key twice, at line %d, column %d." :
				   "The body is not JSON: see line %d, column %d.",
			   ret_fault->line, ret_fault->column);
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
