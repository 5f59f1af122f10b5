/*
 * Any text as the name or the value of a setting: refused with a sentence, or taken in a canonical
 * form that parses to itself. Input: a row's number, then the text.
 * Covers: setting_parse
 * Covers: setting_parse, setting_nearest
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "ipc/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512], value[SETTING_VALUE_BYTES], again[SETTING_VALUE_BYTES], fault[240];
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	if (size < 1 || size - 1 >= sizeof text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	const struct setting_spec *spec = &specs[data[0] % count];
	if (setting_parse(spec, text, value, fault, sizeof fault)) {
		ENSURE(fault[0] == '\0');
		ENSURE(setting_parse(spec, value, again, fault, sizeof fault) && strcmp(value, again) == 0);
		ENSURE(spec->type != SETTING_TYPE_INT ||
		       (setting_number(value) >= spec->min && setting_number(value) <= spec->max));
	} else {
		ENSURE(value[0] == '\0' && strstr(fault, " must be ") != NULL);
	}
	const struct setting_spec *nearest = setting_nearest(text);
	ENSURE(setting_peek(text) == NULL || nearest == setting_peek(text));
	return 0;
}
