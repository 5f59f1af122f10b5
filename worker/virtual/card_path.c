/*
 * card_path: names as FAT takes them, and where they lead.
 */
#include <string.h>

#include "common/str.h"
#include "worker/virtual/card.h"

static bool
is_name(const char *name, size_t len)
{
	if (len == 0 || len > CARD_NAME_MAX_BYTES || name[len - 1] == '.' || name[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || strchr("\"*:<>?\\|", name[i]) != NULL)
			return false;
	return str_valid_utf8(name, len);
}

/* One level up, if there is one. */
static void
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	if (slash == path)
		memcpy(path, "/", sizeof "/");
}

static bool
go_down(char path[CARD_PATH_BYTES], const char *name, size_t len)
{
	size_t at = strlen(path);
	unsigned depth = 0;

	for (size_t i = 0; i < at; i++)
		depth += path[i] == '/';
	if (at == 1)
		at = depth = 0;
	if (!is_name(name, len) || depth > CARD_DEPTH_MAX || at + 1 + len >= CARD_PATH_BYTES)
		return false;
	path[at] = '/';
	memcpy(path + at + 1, name, len);
	path[at + 1 + len] = '\0';
	return true;
}

bool
card_path(const char *folder, const char *word, char ret_path[CARD_PATH_BYTES])
{
	size_t len;

	str_copy(ret_path, CARD_PATH_BYTES, *word == '/' ? "/" : folder);
	for (; *word != '\0'; word += len) {
		word += strspn(word, "/");
		len = strcspn(word, "/");
		if (len == 0 || (len == 1 && word[0] == '.'))
			continue;
		if (len == 2 && word[0] == '.' && word[1] == '.')
			go_up(ret_path);
		else if (!go_down(ret_path, word, len))
			return false;
	}
	return true;
}
