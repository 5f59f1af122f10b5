/*
 * logbook_rig: what the tests of the log book share: a book in a folder of its own, lines with a number, and what is
 * found of them. Include it last.
 */
#ifndef FUSE_TESTS_LOGBOOK_RIG_H
#define FUSE_TESTS_LOGBOOK_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "supervisor/logbook.h"

#define RIG __attribute__((unused)) static

#define FILE_BYTES (64 * 1024)

static const struct logbook_origin worker = { "worker", "A", 7 };
static char dir[64], logs[80];
static struct logbook *book;

RIG int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_logbook.XXXXXX");
	assert_non_null(mkdtemp(dir));
	str_format(logs, sizeof logs, "%s/logs", dir);
	book = logbook_new(logs, -1);
	return 0;
}

RIG int
tear_down(void **state)
{
	char command[128];

	(void)state;
	logbook_free(book);
	str_format(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	return 0;
}

RIG void
write_files(uint64_t max_bytes, unsigned keep)
{
	struct logbook_file file = { .on = true, .max_bytes = max_bytes, .keep = keep };

	logbook_set_file(book, &file);
}

/* Line number `n`, said in second `n`. */
RIG void
say(unsigned n)
{
	char line[64];

	str_format(line, sizeof line, "lvl=info msg=line n=%u.", n);
	logbook_add(book, (int64_t)n * 1000, &worker, line, strlen(line));
}

RIG void
say_all(unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++)
		say(n);
}

RIG const char *
path(const char *name)
{
	static char text[128];

	str_format(text, sizeof text, "%s/%s", logs, name);
	return text;
}

/* What a file holds; "" when there is none. */
RIG const char *
content(const char *name)
{
	static char text[256 * 1024];
	FILE *file = fopen(path(name), "r");

	text[0] = '\0';
	if (file == NULL)
		return text;
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

RIG bool
file_has(const char *name, unsigned n)
{
	char wanted[32];

	str_format(wanted, sizeof wanted, " n=%u.\n", n);
	return strstr(content(name), wanted) != NULL;
}

RIG unsigned
count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

RIG bool
exists(const char *name)
{
	return access(path(name), F_OK) == 0;
}

struct found {
	size_t lines;
	char first[LOGBOOK_LINE_BYTES], last[LOGBOOK_LINE_BYTES];
};

RIG void
find(void *arg, const char *line, size_t len)
{
	struct found *found = arg;

	assert_int_equal(strlen(line), len);
	strcpy(found->lines == 0 ? found->first : found->last, line);
	found->lines++;
}

RIG struct found *
newest(size_t most)
{
	static struct found found;

	memset(&found, 0, sizeof found);
	logbook_newest(book, most, find, &found);
	return &found;
}

/* A row of a test that has a book. */
#define STORY(story) cmocka_unit_test_setup_teardown(story, set_up, tear_down)

#endif
