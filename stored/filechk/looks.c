/*
 * looks: see looks.h. What the bytes say counts more than the name.
 */
#include "stored/filechk/looks.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"

#define STL_HEAD_BYTES 84 /* 80 of anything, then how many triangles of 50 bytes there are */
#define STL_TRIANGLE_BYTES 50

static bool
begins(const uint8_t *head, size_t head_len, const char *with)
{
	return head_len >= strlen(with) && memcmp(head, with, strlen(with)) == 0;
}

static bool
is_named(const char *name, const char *ending)
{
	size_t len = strlen(name), ending_len = strlen(ending);

	return len > ending_len && strcasecmp(name + len - ending_len, ending) == 0;
}

static bool
is_binary_stl(const uint8_t *head, size_t head_len, uint64_t file_bytes)
{
	uint32_t triangles;

	if (head_len < STL_HEAD_BYTES)
		return false;
	memcpy(&triangles, head + 80, sizeof triangles);
	triangles = le32toh(triangles);
	return triangles > 0 && file_bytes == STL_HEAD_BYTES + (uint64_t)STL_TRIANGLE_BYTES * triangles;
}

static enum looks
by_name(const char *name)
{
	static const struct { const char *ending; enum looks looks; } endings[] = {
		{ ".stl", LOOKS_STL }, { ".step", LOOKS_STEP }, { ".stp", LOOKS_STEP }, { ".obj", LOOKS_OBJ },
		{ ".amf", LOOKS_OTHER_MODEL }, { ".ply", LOOKS_OTHER_MODEL }, { ".svg", LOOKS_OTHER_MODEL },
		{ ".f3d", LOOKS_OTHER_MODEL }, { ".scad", LOOKS_OTHER_MODEL }, { ".blend", LOOKS_OTHER_MODEL },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(endings); i++)
		if (is_named(name, endings[i].ending))
			return endings[i].looks;
	return LOOKS_OTHER;
}

enum looks
looks_parse(const uint8_t *head, size_t head_len, uint64_t file_bytes, const char *name)
{
	enum looks looks = by_name(name);

	if (file_bytes == 0 || head_len == 0)
		return LOOKS_EMPTY;
	if (begins(head, head_len, "PK\3\4") || begins(head, head_len, "PK\5\6"))
		return LOOKS_ZIP;
	if (begins(head, head_len, "GCDE"))
		return LOOKS_BINARY_GCODE;
	if (begins(head, head_len, "ISO-10303-21"))
		return LOOKS_STEP;
	if (is_binary_stl(head, head_len, file_bytes))
		return LOOKS_STL;
	if (memchr(head, '\0', head_len) != NULL)
		return looks;
	if (begins(head, head_len, "solid ") && looks == LOOKS_OTHER)
		return LOOKS_STL;
	return looks != LOOKS_OTHER ? looks : LOOKS_TEXT;
}
