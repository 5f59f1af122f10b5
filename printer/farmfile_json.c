/*
 * farmfile_json: the settings of a slicer, and lists.
 *
 * The slicers keep what they know of a printer in several tables of their settings, each by serial number. A printer
 * is every serial number in one that has codes or machines.
 */
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/farmfile_inner.h"
#include "printer/jsonin.h"

/* -- a list ------------------------------------------------------------------------------------------ */

/* A key that is there must be a text or null. */
static const char *const no_text[FARMFILE_COLUMN_COUNT] = {
	[FARMFILE_COLUMN_NAME] = "Its name is not a text.",
	[FARMFILE_COLUMN_ADDRESS] = "Its address is not a text.",
	[FARMFILE_COLUMN_SERIAL] = "Its serial number is not a text.",
	[FARMFILE_COLUMN_CODE] = "Its access code is not a text.",
	[FARMFILE_COLUMN_MODEL] = "Its model is not a text.",
	[FARMFILE_COLUMN_TYPE] = "Its type is not a text.",
};

/* Of several that are not blank, the first counts. */
static void
take_word(struct farmfile_words *words, enum farmfile_column column, const json_t *value)
{
	if (value == NULL || json_is_null(value) || !farmfile_is_blank(words->of[column]))
		return;
	if (json_is_string(value))
		words->of[column] = json_string_value(value);
	else if (words->fault == NULL)
		words->fault = no_text[column];
}

static bool
take_item(struct farmfile *file, unsigned line, json_t *item)
{
	struct farmfile_words words = { .fault = NULL };
	const char *key;
	json_t *value;

	if (!json_is_object(item))
		words.fault = "It is not an object with a printer's fields.";
	json_object_foreach(item, key, value)
	{
		enum farmfile_column column = farmfile_column_of(key);
		if (column != FARMFILE_COLUMN_COUNT)
			take_word(&words, column, value);
	}
	return farmfile_take(file, line, &words);
}

/* Walk to the bracket that opens the list: the first, or the first within "printers". */
static void
walk_to_list(struct jsonin_walk *walk, bool is_bare)
{
	static const char key[] = "printers";

	while (jsonin_walk_next(walk)) {
		if (is_bare)
			return;
		if (walk->mark == JSONIN_TEXT && walk->depth == 1 && walk->is_key && walk->text_len == sizeof key - 1 &&
		    memcmp(walk->text, key, sizeof key - 1) == 0) {
			jsonin_walk_next(walk);
			return;
		}
	}
}

/* Walk to where the next item of the list opens; its line. */
static unsigned
walk_to_item(struct jsonin_walk *walk, unsigned depth)
{
	while (jsonin_walk_next(walk))
		if (walk->mark == JSONIN_OPENS && walk->depth == depth + 1)
			break;
	return walk->mark_line;
}

static bool
read_list(struct farmfile *file, json_t *list, bool is_bare, const char *bytes, size_t len)
{
	struct jsonin_walk walk;
	json_t *item;
	size_t i;

	file->kind = FARMFILE_LIST;
	jsonin_walk_begin(&walk, bytes, len);
	walk_to_list(&walk, is_bare);
	unsigned depth = is_bare ? 1 : 2;
	json_array_foreach(list, i, item)
	{
		bool opens = json_is_object(item) || json_is_array(item);
		unsigned line = opens ? walk_to_item(&walk, depth) : walk.mark_line;
		if (!take_item(file, line, item))
			return false;
	}
	return true;
}

/* -- a slicer's settings ------------------------------------------------------------------------------- */

enum table { TABLE_MACHINES, TABLE_CODES, TABLE_USER_CODES, TABLE_USER_NAMES, TABLE_COUNT };

static const char *const table_names[TABLE_COUNT] = {
	[TABLE_MACHINES] = "local_machines",
	[TABLE_CODES] = "access_code",
	[TABLE_USER_CODES] = "user_access_code",
	[TABLE_USER_NAMES] = "user_dev_name",
};

struct conf {
	const json_t *tables[TABLE_COUNT]; /* NULL, or an object */
	const char *serials[FARMFILE_ROWS_MAX]; /* as they are written first */
	unsigned lines[FARMFILE_ROWS_MAX];
	size_t count;
};

static bool
find_tables(const json_t *json, struct conf *conf)
{
	for (enum table table = 0; table < TABLE_COUNT; table++) {
		const json_t *value = json_object_get(json, table_names[table]);
		conf->tables[table] = json_is_object(value) ? value : NULL;
	}
	return conf->tables[TABLE_MACHINES] != NULL || conf->tables[TABLE_CODES] != NULL ||
	       conf->tables[TABLE_USER_CODES] != NULL;
}

/* By its number among the serials; `count` when it is none of them. */
static size_t
find_serial(const struct conf *conf, const char *text, size_t len)
{
	size_t i = 0;

	while (i < conf->count && (strncasecmp(conf->serials[i], text, len) != 0 || conf->serials[i][len] != '\0'))
		i++;
	return i;
}

/* The slicers write an entry without a serial number where they have no printer. */
static bool
collect_serials(struct conf *conf)
{
	const char *key;
	json_t *value;

	for (enum table table = 0; table < TABLE_COUNT; table++)
		if (json_object_size(conf->tables[table]) > FARMFILE_ROWS_MAX)
			return false; /* this bounds the look-ups, too */
	for (enum table table = TABLE_MACHINES; table <= TABLE_USER_CODES; table++)
		json_object_foreach((json_t *)(uintptr_t)conf->tables[table], key, value)
		{
			if (farmfile_is_blank(key) || find_serial(conf, key, strlen(key)) < conf->count)
				continue;
			if (conf->count == FARMFILE_ROWS_MAX)
				return false;
			conf->serials[conf->count++] = key;
		}
	return true;
}

static bool
is_table(const struct jsonin_walk *walk)
{
	for (enum table table = TABLE_MACHINES; table <= TABLE_USER_CODES; table++)
		if (strlen(table_names[table]) == walk->text_len &&
		    memcmp(table_names[table], walk->text, walk->text_len) == 0)
			return true;
	return false;
}

/* Where each serial number stands first. */
static void
find_lines(struct conf *conf, const char *bytes, size_t len)
{
	struct jsonin_walk walk;
	bool within = false;

	jsonin_walk_begin(&walk, bytes, len);
	while (jsonin_walk_next(&walk)) {
		if (walk.mark != JSONIN_TEXT || !walk.is_key)
			continue;
		if (walk.depth == 1)
			within = is_table(&walk);
		else if (walk.depth == 2 && within) {
			size_t i = find_serial(conf, walk.text, walk.text_len);
			if (i < conf->count && conf->lines[i] == 0)
				conf->lines[i] = walk.mark_line;
		}
	}
}

/* What a table has of a serial number, in whatever case that is written. */
static const json_t *
look_up(const struct conf *conf, enum table table, const char *serial)
{
	const json_t *found = json_object_get(conf->tables[table], serial);
	const char *key;
	json_t *value;

	if (found != NULL)
		return found;
	json_object_foreach((json_t *)(uintptr_t)conf->tables[table], key, value)
	{
		if (strcasecmp(key, serial) == 0)
			return value;
	}
	return NULL;
}

/* Newer ones keep machines of all makes there. Bambu's are those of the agent "bbl", or of none: older ones have no
 * such word. */
static bool
is_of_other_agent(const json_t *machine)
{
	const char *agent = json_string_value(json_object_get(machine, "printer_agent_id"));

	return !farmfile_is_blank(agent) && strcasecmp(agent, "bbl") != 0;
}

static bool
take_serial(struct farmfile *file, const struct conf *conf, size_t number)
{
	const char *serial = conf->serials[number];
	const json_t *machine = look_up(conf, TABLE_MACHINES, serial);
	struct farmfile_words words = { .model_is_code = true };

	if (is_of_other_agent(machine)) {
		file->left_out++;
		return true;
	}
	if (machine != NULL && !json_is_object(machine))
		words.fault = "What is said of its machine is not an object.";
	words.of[FARMFILE_COLUMN_SERIAL] = serial;
	/* What the person has written goes before what the slicer has seen. */
	take_word(&words, FARMFILE_COLUMN_NAME, look_up(conf, TABLE_USER_NAMES, serial));
	take_word(&words, FARMFILE_COLUMN_NAME, json_object_get(machine, "dev_name"));
	take_word(&words, FARMFILE_COLUMN_ADDRESS, json_object_get(machine, "dev_ip"));
	take_word(&words, FARMFILE_COLUMN_CODE, look_up(conf, TABLE_USER_CODES, serial));
	take_word(&words, FARMFILE_COLUMN_CODE, json_object_get(machine, "access_code"));
	take_word(&words, FARMFILE_COLUMN_CODE, look_up(conf, TABLE_CODES, serial));
	take_word(&words, FARMFILE_COLUMN_MODEL, json_object_get(machine, "printer_type"));
	unsigned line = conf->lines[number];
	return farmfile_take(file, line > 0 ? line : 1, &words);
}

static bool
read_conf(struct farmfile *file, struct conf *conf, const char *bytes, size_t len)
{
	file->kind = FARMFILE_CONF;
	if (!collect_serials(conf))
		return false;
	find_lines(conf, bytes, len);
	for (size_t i = 0; i < conf->count; i++)
		if (!take_serial(file, conf, i))
			return false;
	return true;
}

/* -- the whole ------------------------------------------------------------------------------------------ */

/* Some slicers write a last line behind the JSON: "# MD5 checksum 0123…". */
static size_t
without_checksum(const char *bytes, size_t len)
{
	static const char start[] = "# MD5 checksum";
	size_t end = len;

	while (end > 0 && strchr(" \t\r\n", bytes[end - 1]) != NULL)
		end--;
	const char *newline = memrchr(bytes, '\n', end);
	size_t from = newline == NULL ? 0 : (size_t)(newline + 1 - bytes);
	bool is_there = end - from >= sizeof start - 1 && memcmp(bytes + from, start, sizeof start - 1) == 0;
	return is_there ? from : len;
}

static bool
say_no_json(const struct jsonin_error *error, char *fault)
{
	if (error->fault == JSONIN_TOO_DEEP)
		str_format(fault, FARMFILE_FAULT_BYTES, "is nested deeper than %d levels", FARMFILE_DEPTH_MAX);
	else
		str_format(fault, FARMFILE_FAULT_BYTES,
			   error->fault == JSONIN_KEY_TWICE ? "has a key twice, at line %d, column %d"
							    : "is not whole JSON: see line %d, column %d",
			   error->line, error->column);
	return false;
}

bool
farmfile_read_json(struct farmfile *file, const char *bytes, size_t len, char ret_fault[FARMFILE_FAULT_BYTES])
{
	struct jsonin_error error;
	struct conf conf = { .count = 0 };

	len = without_checksum(bytes, len);
	json_t *json = jsonin_load(bytes, len, FARMFILE_DEPTH_MAX, &error);
	if (json == NULL)
		return say_no_json(&error, ret_fault);
	json_t *list = json_is_array(json) ? json : json_object_get(json, "printers");
	const char *said = NULL;
	if (json_is_array(list))
		said = read_list(file, list, list == json, bytes, len) ? NULL : FARMFILE_TOO_MANY;
	else if (find_tables(json, &conf))
		said = read_conf(file, &conf, bytes, len) ? NULL : FARMFILE_TOO_MANY;
	else
		said = "is JSON, but neither a slicer's settings with printers in them nor a list of printers";
	json_decref(json);
	if (said != NULL)
		str_copy(ret_fault, FARMFILE_FAULT_BYTES, said);
	return said == NULL;
}
