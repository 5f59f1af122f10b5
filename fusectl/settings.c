/*
 * settings: list, show, set, put back to default. Values are checked here by the same table that
 * stored uses, all of them before the first is sent.
 */
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ctl.h"
#include "ipc/settings.h"

#define SETTINGS_MAX 256

/* The values as Fuse has them, in the table's order. */
struct values {
	bool known[SETTINGS_MAX];
	bool is_default[SETTINGS_MAX];
	char value[SETTINGS_MAX][SETTING_VALUE_BYTES];
};

/* What one word of the command line asks for. */
struct wish {
	const struct setting_spec *spec;
	bool changes;
	struct msg_setting_set set;
};

static void
take_setting(void *arg, const void *message)
{
	const struct msg_setting *setting = message;
	const struct setting_spec *spec = setting_peek(setting->name);
	struct values *values = arg;

	if (spec == NULL)
		return; /* of a build with another table: nothing here can explain it */
	size_t i = setting_index(spec);
	values->known[i] = true;
	values->is_default[i] = setting->is_default;
	str_copy(values->value[i], sizeof values->value[i], setting->value);
}

static enum outcome
fetch(struct ctl *ctl, struct values *values)
{
	size_t count;

	settings_all(&count);
	ENSURE(count <= SETTINGS_MAX);
	memset(values, 0, sizeof *values);
	enum outcome outcome = ctl_recall(ctl, MESSAGE_SETTING, take_setting, values);
	for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++) {
		if (values->known[i])
			continue;
		failure_say(&ctl->failure, OUTCOME_UNREACHABLE, "The store has not said yet what is set.");
		failure_remedy(&ctl->failure, "`fusectl ps` shows how its process, stored, is.");
		outcome = OUTCOME_UNREACHABLE;
	}
	return outcome;
}

static enum outcome
say_unknown(const char *name, struct failure *failure)
{
	const struct setting_spec *nearest = setting_nearest(name);

	failure_say(failure, OUTCOME_NOT_FOUND, "There is no setting '%s'.", name);
	if (nearest != NULL)
		failure_remedy(failure, "Did you mean '%s'?", nearest->name);
	else
		failure_remedy(failure, "`fusectl settings` lists them.");
	return OUTCOME_NOT_FOUND;
}

static enum outcome
take_wish(const char *word, bool to_default, struct wish *ret_wish, struct failure *failure)
{
	size_t name_len = strcspn(word, "=");
	const char *text = word[name_len] == '=' ? word + name_len + 1 : NULL;
	char name[SETTING_NAME_BYTES], fault[300];

	*ret_wish = (struct wish){ .changes = to_default || text != NULL };
	bool fits = str_format(name, sizeof name, "%.*s", (int)name_len, word);
	ret_wish->spec = fits ? setting_peek(name) : NULL;
	if (ret_wish->spec == NULL)
		return say_unknown(name, failure);
	str_copy(ret_wish->set.name, sizeof ret_wish->set.name, name);
	ret_wish->set.to_default = to_default;
	if (to_default && text != NULL)
		return failure_say(failure, OUTCOME_USAGE, "--default takes the name alone: --default %s.", name);
	if (text == NULL || setting_parse(ret_wish->spec, text, ret_wish->set.value, fault, sizeof fault))
		return OUTCOME_DONE;
	failure_say(failure, OUTCOME_REFUSED, "%s", fault);
	failure_remedy(failure, "`fusectl settings %s` shows what it takes.", name);
	failure->reason = "invalid";
	return OUTCOME_REFUSED;
}

/* Send the changes one by one; a failure says what had been set before it. */
static enum outcome
apply(struct ctl *ctl, const struct wish *wishes, size_t count)
{
	enum outcome outcome = ctl_connect(ctl);
	char before[FAILURE_TEXT_BYTES] = "";

	for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++) {
		struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_SETTING_SET,
						    .message = &wishes[i].set, .watch_fd = -1 };
		if (!wishes[i].changes)
			continue;
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
		size_t used = strlen(before);
		if (outcome == OUTCOME_DONE)
			str_format(before + used, sizeof before - used, "%s%s", used ? ", " : "", wishes[i].set.name);
		else if (used > 0)
			failure_add(&ctl->failure, " Set before that: %s.", before);
	}
	return outcome;
}

static json_t *
json_of_value(const struct setting_spec *spec, const char *value)
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
	return ctl_json_text(value);
}

static json_t *
json_of_setting(const struct setting_spec *spec, const struct values *values)
{
	static const char *const types[] = { "bool", "int", "choice", "text" };
	char range[300];
	size_t i = setting_index(spec);
	json_t *json = json_object();

	setting_describe_range(spec, range, sizeof range);
	json_object_set_new(json, "name", json_string(spec->name));
	json_object_set_new(json, "value", json_of_value(spec, values->value[i]));
	json_object_set_new(json, "isDefault", json_boolean(values->is_default[i]));
	json_object_set_new(json, "default", json_of_value(spec, spec->default_value));
	json_object_set_new(json, "type", json_string(types[spec->type]));
	json_object_set_new(json, "unit", json_string(spec->unit));
	json_object_set_new(json, "range", ctl_json_text(range));
	json_object_set_new(json, "description", ctl_json_text(spec->doc));
	if (spec->type == SETTING_TYPE_INT) {
		json_object_set_new(json, "min", json_integer(spec->min));
		json_object_set_new(json, "max", json_integer(spec->max));
	}
	return json;
}

static void
print_list(const struct ctl *ctl, const struct values *values)
{
	static const char *const heads[] = { "SETTING", "VALUE", "UNIT", "STATE", "WHAT IT IS" };
	size_t count;
	const struct setting_spec *specs = settings_all(&count);
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));

	for (size_t i = 0; i < count; i++) {
		show_table_cell(table, TONE_PLAIN, specs[i].name);
		show_table_cell(table, values->is_default[i] ? TONE_PLAIN : TONE_STRONG, values->value[i]);
		show_table_cell(table, TONE_PLAIN, specs[i].unit);
		show_table_cell(table, TONE_FAINT, values->is_default[i] ? "default" : "set");
		show_table_cell(table, TONE_PLAIN, specs[i].doc);
	}
	show_table_print(table);
	show_table_free(table);
}

/* One setting with all that is to say about it. */
static void
print_one(const struct show *show, const struct setting_spec *spec, const struct values *values)
{
	char text[700], range[300];
	size_t i = setting_index(spec);
	const char *blank = spec->unit[0] != '\0' ? " " : "";

	setting_describe_range(spec, range, sizeof range);
	str_format(text, sizeof text, "%s = %s%s%s%s", spec->name, values->value[i], blank, spec->unit,
		   values->is_default[i] ? " (the default)" : "");
	show_wrapped(show, 0, 0, text);
	show_wrapped(show, 2, 0, spec->doc);
	str_format(text, sizeof text, "It takes %s; the default is %s.", range, spec->default_value);
	show_wrapped(show, 2, 0, text);
}

static void
print_changed(const struct show *show, const struct setting_spec *spec, const struct values *values)
{
	char text[400];
	size_t i = setting_index(spec);
	const char *blank = spec->unit[0] != '\0' ? " " : "";

	str_format(text, sizeof text, "%s is now %s%s%s%s.", spec->name, values->value[i], blank, spec->unit,
		   values->is_default[i] ? ", the default" : "");
	show_wrapped(show, 0, 0, text);
}

static void
print_wishes(const struct ctl *ctl, const struct wish *wishes, size_t count, const struct values *values)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if (ctl_wants_json(ctl))
			json_array_append_new(list, json_of_setting(wishes[i].spec, values));
		else if (wishes[i].changes)
			print_changed(&ctl->show, wishes[i].spec, values);
		else
			print_one(&ctl->show, wishes[i].spec, values);
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "settings", list), false);
	json_decref(list);
}

static void
print_all(const struct ctl *ctl, const struct values *values)
{
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	if (!ctl_wants_json(ctl)) {
		print_list(ctl, values);
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_of_setting(&specs[i], values));
	ctl_print_json(stdout, json_pack("{s:o}", "settings", list), false);
}

enum outcome
command_settings(struct ctl *ctl)
{
	static struct wish wishes[ARGS_WORDS_MAX];
	static struct values values;
	size_t count = ctl->args.word_count;
	bool to_default = ctl->args.given[OPTION_DEFAULT];
	enum outcome outcome = OUTCOME_DONE;

	if (to_default && count == 0) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "--default needs the names of the settings.");
		failure_remedy(&ctl->failure, "For example: fusectl settings --default logLevel");
		return OUTCOME_USAGE;
	}
	for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++)
		outcome = take_wish(ctl->args.words[i], to_default, &wishes[i], &ctl->failure);
	if (outcome == OUTCOME_DONE)
		outcome = apply(ctl, wishes, count);
	if (outcome == OUTCOME_DONE)
		outcome = fetch(ctl, &values);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (count == 0)
		print_all(ctl, &values);
	else
		print_wishes(ctl, wishes, count, &values);
	return OUTCOME_DONE;
}
