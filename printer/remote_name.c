/*
 * remote_name: names of our files on a printer (printer/project_file.h). Letters that all firmware takes, the job's
 * id where we find it again, and nothing that a shell, a URL or a FTP server could take for something else.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "printer/project_file.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define CROCKFORD "0123456789abcdefghjkmnpqrstvwxyz"
#define ID_LEN 16
#define TAG_LEN (1 + ID_LEN)

/* The longest first: a name ends with the first that fits. */
static const char *const endings[] = { ".gcode.3mf", ".gcode", ".3mf" };

static const char *
ending_of_kind(enum file_kind kind)
{
	return kind == FILE_KIND_GCODE ? ".gcode" : ".gcode.3mf";
}

/* Without the ending that it has, in whatever case. */
static size_t
len_without_ending(const char *name, size_t len)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(endings); i++) {
		size_t ending = strlen(endings[i]);
		if (len >= ending && strncasecmp(name + len - ending, endings[i], ending) == 0)
			return len - ending;
	}
	return len;
}

static bool
is_kept(char c, bool is_first)
{
	return c != '\0' && strchr(is_first ? LETTERS DIGITS "_" : LETTERS DIGITS "_.-", c) != NULL;
}

/* What is between the folders before a name and its ending. */
static size_t
find_base(const char *file_name, const char **ret_base)
{
	const char *base = file_name;

	for (const char *c = file_name; *c != '\0'; c++)
		if (*c == '/' || *c == '\\')
			base = c + 1;
	*ret_base = base;
	return len_without_ending(base, strlen(base));
}

/* Bytes that cannot be kept become "_", one for each row of them. Returns the length. */
static size_t
keep(const char *base, size_t len, size_t max, char *to)
{
	bool was_lost = false;
	size_t used = 0;

	for (size_t i = 0; i < len && used < max; i++) {
		bool fits = is_kept(base[i], used == 0);
		if (fits || !was_lost)
			to[used++] = fits ? base[i] : '_';
		was_lost = !fits;
	}
	return used;
}

void
remote_name(const char *file_name, const char *job_id, enum file_kind kind, char ret_name[REMOTE_NAME_BYTES])
{
	const char *base, *ending = ending_of_kind(kind);
	size_t len = find_base(file_name, &base), max = REMOTE_NAME_BYTES - 1 - TAG_LEN - strlen(ending);
	size_t used = keep(base, len, max, ret_name);

	if (used == 0)
		used = keep("print", 5, max, ret_name);
	ret_name[used++] = '-';
	for (size_t i = 0; i < ID_LEN && job_id[i] != '\0'; i++)
		ret_name[used++] = is_kept(job_id[i], true) ? job_id[i] : '_';
	str_copy(ret_name + used, REMOTE_NAME_BYTES - used, ending);
}

void
remote_path(const struct model *model, bool stage_only, const char *name, char ret_path[REMOTE_PATH_BYTES])
{
	str_format(ret_path, REMOTE_PATH_BYTES, "%s/%s", stage_only ? model->staging_folder : "", name);
}

static bool
is_id(const char *text)
{
	return text[0] == 'j' && strspn(text + 1, CROCKFORD) >= ID_LEN - 1;
}

bool
remote_name_is_ours(const char *name, char ret_job_id[17])
{
	size_t len = strlen(name), base;
	const char *ending;

	ret_job_id[0] = '\0';
	for (unsigned kind = 0; kind < FILE_KIND_COUNT; kind++) {
		ending = ending_of_kind((enum file_kind)kind);
		if (len < strlen(ending) + TAG_LEN + 1 || len >= REMOTE_NAME_BYTES)
			continue;
		base = len - strlen(ending) - TAG_LEN;
		if (strcmp(name + len - strlen(ending), ending) != 0 || name[base] != '-' || !is_id(name + base + 1))
			continue;
		for (size_t i = 0; i < base; i++)
			if (!is_kept(name[i], i == 0))
				return false;
		memcpy(ret_job_id, name + base + 1, ID_LEN);
		ret_job_id[ID_LEN] = '\0';
		return true;
	}
	return false;
}

void
remote_title(const char *name, char ret_title[REMOTE_NAME_BYTES])
{
	str_format(ret_title, REMOTE_NAME_BYTES, "%.*s", (int)len_without_ending(name, strlen(name)), name);
}
