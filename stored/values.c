/*
 * values: one slot a row of settings.def.
 */
#include "stored/values.h"

#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

static void
load_one(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	char name[SETTING_NAME_BYTES], text[SETTING_VALUE_BYTES], value[SETTING_VALUE_BYTES], fault[240];

	if (!str_format(name, sizeof name, "%.*s", (int)key_len, (const char *)key) ||
	    !str_format(text, sizeof text, "%.*s", (int)len, (const char *)payload))
		return;
	const struct setting_spec *spec = setting_peek(name);
	if (spec == NULL) {
		log_info("keeps a setting that this version does not know", log_bytes("name", key, key_len));
		return;
	}
	if (setting_parse(spec, text, value, fault, sizeof fault))
		values_note(arg, spec, value);
	else
		log_warn("a kept setting is not allowed any more; its default counts", log_str("why", fault));
}

enum outcome
values_load(struct values *ret_values, struct store *store, struct fault *ret_fault)
{
	size_t count;

	settings_all(&count);
	ENSURE(count <= VALUES_MOST);
	memset(ret_values, 0, sizeof *ret_values);
	return store_each(store, TABLE_SETTINGS, load_one, ret_values, ret_fault);
}

void
values_note(struct values *values, const struct setting_spec *spec, const char *value)
{
	size_t row = setting_index(spec);

	values->is_set[row] = value != NULL;
	str_copy(values->set[row], SETTING_VALUE_BYTES, value != NULL ? value : "");
}

const char *
values_peek(const struct values *values, const struct setting_spec *spec)
{
	size_t row = setting_index(spec);

	return values->is_set[row] ? values->set[row] : spec->default_value;
}

int64_t
values_number(const struct values *values, const char *name)
{
	const struct setting_spec *spec = setting_peek(name);

	ENSURE(spec != NULL && spec->type == SETTING_TYPE_INT);
	return setting_number(values_peek(values, spec));
}

void
values_describe(const struct values *values, const struct setting_spec *spec, struct msg_setting *ret_message)
{
	memset(ret_message, 0, sizeof *ret_message);
	str_copy(ret_message->name, sizeof ret_message->name, spec->name);
	str_copy(ret_message->value, sizeof ret_message->value, values_peek(values, spec));
	ret_message->is_default = !values->is_set[setting_index(spec)];
}
