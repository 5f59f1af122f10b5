/*
 * export: the printers as a file that `fusectl import` reads: CSV, or a list in JSON. Never access codes: of real
 * printers fusectl is told none. Virtual printers are left out: elsewhere nobody would play them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/farm.h"

#define TEXT_BYTES 200

static json_t *
row_json(const struct msg_printer *record)
{
	json_t *json = json_object();

	json_object_set_new(json, "name", ctl_json_text(record->name));
	json_object_set_new(json, "ip", ctl_json_text(record->address));
	json_object_set_new(json, "serial", ctl_json_text(record->serial));
	json_object_set_new(json, "model", ctl_json_text(record->model));
	return json;
}

/* A spreadsheet takes what begins so for a formula; behind a blank, which an import passes over, it is text. */
static bool
is_formula(const char *text)
{
	return text[0] != '\0' && strchr("=+-@", text[0]) != NULL;
}

static void
put_field(FILE *out, const char *text, char end)
{
	bool quoted = strpbrk(text, ",;\"\r\n\t") != NULL;

	if (quoted)
		fputc('"', out);
	if (is_formula(text))
		fputc(' ', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
	fputc(end, out);
}

static void
write_csv(FILE *out, const struct farm *farm)
{
	fputs("name,address,serial,model\n", out);
	for (size_t i = 0; i < farm->count; i++) {
		const struct msg_printer *record = &farm->rows[i].record;
		if (record->is_virtual)
			continue;
		put_field(out, record->name, ',');
		put_field(out, record->address, ',');
		put_field(out, record->serial, ',');
		put_field(out, record->model, '\n');
	}
}

static void
write_json(FILE *out, const struct farm *farm)
{
	json_t *list = json_array();

	for (size_t i = 0; i < farm->count; i++)
		if (!farm->rows[i].record.is_virtual)
			json_array_append_new(list, row_json(&farm->rows[i].record));
	ctl_print_json(out, json_pack("{s:i, s:o, s:o}", "fuseExport", 1, "exportedAt", ctl_json_time(clock_wall_ms()),
				      "printers", list), false);
}

/* A file of its own, which nobody else reads: an address and a serial number are somebody's business. */
static enum outcome
write_file(struct ctl *ctl, const char *path, const struct farm *farm)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL) {
		if (fd >= 0)
			close(fd);
		return failure_say(&ctl->failure, OUTCOME_FAILED, "Could not make %s: %s.", path, strerror(errno));
	}
	if (ctl_wants_json(ctl))
		write_json(out, farm);
	else
		write_csv(out, farm);
	bool is_bad = ferror(out) != 0;
	if (fclose(out) != 0 || is_bad)
		return failure_say(&ctl->failure, OUTCOME_FAILED, "%s is not whole: %s.", path, strerror(errno));
	return OUTCOME_DONE;
}

static void
say_what(const struct farm *farm, const char *path)
{
	size_t played = 0;
	struct show show;
	char text[TEXT_BYTES + 300];

	for (size_t i = 0; i < farm->count; i++)
		played += farm->rows[i].record.is_virtual;
	size_t real = farm->count - played;
	str_format(text, sizeof text, "%zu printer%s%s%s. Access codes are not among it%s.", real, real == 1 ? "" : "s",
		   path != NULL ? " in " : "", path != NULL ? path : "",
		   played > 0 ? ", and virtual printers are left out" : "");
	show_init(&show, stderr);
	show_wrapped(&show, 0, 0, text);
}

enum outcome
command_export(struct ctl *ctl)
{
	const char *path = ctl->args.word_count > 0 ? ctl->args.words[0] : "-";
	bool to_stdout = strcmp(path, "-") == 0;
	struct farm farm;
	enum outcome outcome = farm_fetch(ctl, 0, &farm);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!to_stdout)
		outcome = write_file(ctl, path, &farm);
	else if (ctl_wants_json(ctl))
		write_json(stdout, &farm);
	else
		write_csv(stdout, &farm);
	/* On standard error, so that what is written to a pipe is the file and nothing else. */
	if (outcome == OUTCOME_DONE && !(to_stdout && ctl_wants_json(ctl)))
		say_what(&farm, to_stdout ? NULL : path);
	farm_free(&farm);
	return outcome;
}
