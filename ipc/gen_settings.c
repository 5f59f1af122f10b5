/*
 * gen_settings: writes docs/settings.md from settings.def to standard output (make docs).
 */
#include <stdio.h>

#include "ipc/settings.h"

/* A cell of a Markdown table: a bar would end it. */
static void
print_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

int
main(void)
{
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	printf("# Settings\n\n"
	       "Generated from `ipc/settings.def` by `make docs`; change it there.\n\n"
	       "`fusectl settings` shows them, `fusectl settings NAME=VALUE` changes one, and\n"
	       "`fusectl settings --default NAME` puts its default back. A change is on disk before it is\n"
	       "confirmed, and in force at once.\n\n"
	       "| name | allowed | default | what it does |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < count; i++) {
		char range[200];
		setting_describe_range(&specs[i], range, sizeof range);
		printf("| `%s` | ", specs[i].name);
		print_cell(range);
		printf(" | `");
		print_cell(specs[i].default_value);
		printf("` | ");
		print_cell(specs[i].doc);
		printf(" |\n");
	}
	return ferror(stdout) || fflush(stdout) != 0 ? 1 : 0;
}
