/*
 * models: the rows of models.def, and how a printer is told to be one of them. Pure.
 */
#include "printer/models.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"

static const struct model models[] = {
#define MODEL(key_, ...) { .key = key_, __VA_ARGS__ },
#include "printer/models.def"
#undef MODEL
};

#define MODEL(key_, ...) _Static_assert(sizeof key_ <= MODEL_KEY_BYTES, "too long a key: " key_);
#include "printer/models.def"
#undef MODEL

const struct model *
models_all(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(models);
	return models;
}

const struct model *
model_other(void)
{
	return &models[STR_ARRAY_LEN(models) - 1];
}

static bool
is_filler(char c)
{
	return c == ' ' || c == '-' || c == '_';
}

/* Are two names the same but for case, blanks and dashes? `len` is that of `a`. */
static bool
is_same_name(const char *a, size_t len, const char *b)
{
	const char *end = a + len;

	for (;;) {
		while (a < end && is_filler(*a))
			a++;
		while (is_filler(*b))
			b++;
		if (a == end || *b == '\0')
			return a == end && *b == '\0';
		if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++))
			return false;
	}
}

/* Is the name one of the comma-separated list? A list of NULL or "" has none. */
static bool
is_listed(const char *list, const char *name)
{
	if (list == NULL || name[strspn(name, " -_")] == '\0')
		return false;
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		if (is_same_name(list, len, name))
			return true;
		list += len;
		list += *list == ',';
	}
	return false;
}

const struct model *
model_by_key(const char *key)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++)
		if (is_same_name(key, strlen(key), models[i].key) || is_same_name(key, strlen(key), models[i].name))
			return &models[i];
	return model_other();
}

/* The code without its generation: "O1D" of "O1D-V2". */
static void
cut_generation(char *code)
{
	char *dash = strrchr(code, '-');

	if (dash != NULL && (dash[1] == 'V' || dash[1] == 'v') && dash[2] != '\0' &&
	    dash[2 + strspn(dash + 2, "0123456789")] == '\0')
		*dash = '\0';
}

const struct model *
model_by_code(const char *code)
{
	char plain[40];

	if (!str_copy(plain, sizeof plain, code))
		return model_other();
	cut_generation(plain);
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++)
		if (is_listed(models[i].codes, plain))
			return &models[i];
	return model_other();
}

const struct model *
model_by_serial(const char *serial)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++) {
		size_t len = strlen(models[i].serial_prefix);
		if (len > 0 && strncasecmp(serial, models[i].serial_prefix, len) == 0)
			return &models[i];
	}
	return model_other();
}

/* The module tells its printer by product_name. AMS units have product names too: those are in no list. */
static const struct model *
by_product(const struct module *module)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++)
		if (is_listed(models[i].products, module->product))
			return &models[i];
	return model_other();
}

/* Boards of one kind stand in several models: a hw_ver counts only where nothing else is told. */
static const struct model *
by_board(const struct module *module)
{
	if (strcmp(module->name, "ap") != 0 || module->project[0] != '\0')
		return model_other();
	for (size_t i = 0; i < STR_ARRAY_LEN(models); i++)
		if (is_listed(models[i].boards, module->hardware))
			return &models[i];
	return model_other();
}

static const struct model *
by_project(const struct module *module)
{
	return model_by_code(module->project);
}

const struct model *
model_by_modules(const struct printer_state *state)
{
	static const struct model *(*const by_trust[])(const struct module *module) = { by_product, by_project,
											  by_board };

	for (size_t i = 0; i < STR_ARRAY_LEN(by_trust); i++) {
		for (uint32_t j = 0; j < state->module_count && j < STATE_MODULES_MAX; j++) {
			const struct model *model = by_trust[i](&state->modules[j]);
			if (model != model_other())
				return model;
		}
	}
	return model_other();
}

enum tri
model_door_open(const struct model *model, const struct printer_state *state)
{
	if (model->door == DOOR_HOME_FLAG)
		return state->door_by_home_flag;
	if (model->door == DOOR_STAT)
		return state->door_by_stat;
	return model == model_other() ? state->door_open : TRI_UNKNOWN;
}

enum tri
model_lid_open(const struct model *model, const struct printer_state *state)
{
	return model->door == DOOR_STAT ? state->lid_open : TRI_UNKNOWN;
}
