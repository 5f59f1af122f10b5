/*
 * files: the commands about the cache of print files, and about Fuse's own files on a printer.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/cache.h"
#include "fusectl/farm.h"
#include "ipc/terms.h"
#include "printer/filament_color.h"
#include "printer/print_amount.h"

#define COPY_BYTES 65536
#define PRINTER_S 90

/* -- files ------------------------------------------------------------------------------------------- */

static void
take_status(void *arg, const void *message)
{
	memcpy(arg, message, sizeof(struct msg_cache_status));
}

static json_t *
status_json(const struct msg_cache_status *status)
{
	return json_pack("{s:i, s:I, s:I, s:I}", "files", (int)status->files, "usedBytes", (json_int_t)status->used_bytes,
			 "limitBytes", (json_int_t)status->limit_bytes, "diskFreeBytes",
			 (json_int_t)status->disk_free_bytes);
}

static void
print_usage(const struct ctl *ctl, const struct msg_cache_status *status)
{
	char used[SHOW_WORDS_BYTES], limit[SHOW_WORDS_BYTES], text[200];

	show_size(status->used_bytes, used);
	show_size(status->limit_bytes, limit);
	str_format(text, sizeof text, "%u file%s, %s of %s (fusectl settings cacheMaxMib).", status->files,
		   status->files == 1 ? "" : "s", used, limit);
	show_wrapped(&ctl->show, 0, 0, text);
}

static enum show_tone
tone_of(const struct msg_file *file)
{
	return file->check == FILE_CHECK_PRINTABLE ? TONE_GOOD : file->check == FILE_CHECK_WAITING ? TONE_PLAIN : TONE_WARN;
}

static void
print_files(const struct ctl *ctl, const struct cache_list *list)
{
	static const char *const heads[] = { "FILE", "SIZE", "USED", "JOBS", "IT IS", "NAME" };
	static const size_t spare[] = { 3, 2 };
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	char text[SHOW_WORDS_BYTES + 8], words[SHOW_WORDS_BYTES];

	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < list->count; i++) {
		const struct msg_file *file = &list->rows[i];
		str_format(text, sizeof text, "%.12s", file->sha256);
		show_table_cell(table, TONE_FAINT, text);
		show_size(file->size_bytes, text);
		show_table_cell(table, TONE_PLAIN, text);
		show_duration(ctl->now_ms - file->used_ms, words);
		str_format(text, sizeof text, "%s ago", words);
		show_table_cell(table, TONE_PLAIN, text);
		show_table_number(table, file->open_jobs);
		show_table_cell(table, tone_of(file), file_check_name(file->check));
		show_table_cell(table, TONE_STRONG, file->name);
		if (file->sentence[0] != '\0')
			show_table_note(table, file->sentence);
	}
	show_table_print(table);
	show_table_free(table);
}

static enum outcome
clear_files(struct ctl *ctl)
{
	struct msg_files_clear clear;
	enum outcome outcome = ask_yes(ctl, "This deletes all cached files that no job needs. Do it?", "Nothing was deleted.",
				       "Deleting all cached files needs a yes, and nobody is there to say it.");

	return outcome == OUTCOME_DONE ? ctl_request(ctl, ROLE_STORED, MESSAGE_FILES_CLEAR, &clear, "The cache is cleared.")
				       : outcome;
}

enum outcome
command_files(struct ctl *ctl)
{
	struct msg_cache_status status = { 0 };
	struct cache_list list;

	if (ctl->args.given[OPTION_CLEAR])
		return clear_files(ctl);
	enum outcome outcome = cache_fetch(ctl, &list);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = ctl_recall(ctl, MESSAGE_CACHE_STATUS, take_status, &status);
	if (outcome == OUTCOME_DONE && ctl_wants_json(ctl)) {
		json_t *files = json_array();
		for (size_t i = 0; i < list.count; i++)
			json_array_append_new(files, cache_json(&list.rows[i]));
		ctl_print_json(stdout, json_pack("{s:o, s:o}", "files", files, "usage", status_json(&status)), false);
	} else if (outcome == OUTCOME_DONE) {
		if (list.count == 0)
			show_wrapped(&ctl->show, 0, 0, "No print files are kept. To add one: fusectl file add FILE");
		else
			print_files(ctl, &list);
		print_usage(ctl, &status);
	}
	cache_free(&list);
	return outcome;
}

/* -- file add, show, get, remove ------------------------------------------------------------------------ */

enum outcome
command_file_add(struct ctl *ctl)
{
	json_t *files = json_array();
	enum outcome outcome = OUTCOME_DONE;
	char sha256[65];
	bool was_there;

	for (size_t i = 0; outcome == OUTCOME_DONE && i < ctl->args.word_count; i++) {
		struct msg_file file;
		outcome = cache_add(ctl, ctl->args.words[i], sha256, &was_there);
		if (outcome == OUTCOME_DONE)
			outcome = cache_wait_checked(ctl, sha256, &file);
		if (outcome != OUTCOME_DONE)
			break;
		if (ctl_wants_json(ctl)) {
			json_array_append_new(files, cache_json(&file));
			continue;
		}
		show_text(&ctl->show, TONE_STRONG, file.name);
		fprintf(ctl->show.out, "  %.12s  %s\n  ", sha256, was_there ? "was there already" : "is kept");
		show_wrapped(&ctl->show, 2, 2, file.sentence);
		if (file.remedy[0] != '\0') {
			fputs("  ", ctl->show.out);
			show_wrapped(&ctl->show, 2, 2, file.remedy);
		}
	}
	if (outcome == OUTCOME_DONE && ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "files", files), false);
	json_decref(files);
	return outcome;
}

/* The file that the first word means, in `ret_file`. */
static enum outcome
find_file(struct ctl *ctl, struct msg_file *ret_file)
{
	const struct msg_file *file = NULL;
	struct cache_list list;
	enum outcome outcome = cache_fetch(ctl, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = cache_find(&list, ctl->args.words[0], &file, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		*ret_file = *file;
	cache_free(&list);
	return outcome;
}

static void
take_plates(void *arg, const void *message)
{
	const struct msg_file_plates *plates = message;

	*(json_t **)arg = json_loadb((const char *)plates->json.bytes, plates->json.len, 0, NULL);
}

static const char *
or_unknown(const char *words)
{
	return words[0] != '\0' ? words : "?";
}

/* "PLA orange": what the file tells of it. */
static void
name_filament(const json_t *filament, char *ret_name, size_t cap)
{
	const char *material = stat_text(filament, "material"), *color = filament_color_name(stat_text(filament, "color"));

	str_format(ret_name, cap, "%s%s%s", material[0] != '\0' ? material : "?", color[0] != '\0' ? " " : "", color);
}

static void
print_plate(const struct ctl *ctl, const json_t *file, const json_t *plate)
{
	double seconds = stat_number(plate, "seconds");
	char head[200], time[PRINT_AMOUNT_BYTES], weight[PRINT_AMOUNT_BYTES], name[64];
	const json_t *filament;
	size_t i;

	print_amount_time(seconds >= 0 ? (int64_t)seconds : -1, time);
	print_amount_weight(stat_number(plate, "grams"), weight);
	str_format(head, sizeof head, "plate %.0f%s%s  %s  %s", stat_number(plate, "plate"),
		   stat_text(plate, "name")[0] != '\0' ? " " : "", stat_text(plate, "name"), or_unknown(time), or_unknown(weight));
	show_text(&ctl->show, TONE_STRONG, head);
	fputc('\n', ctl->show.out);
	json_array_foreach(stat_at(plate, "filaments"), i, filament) {
		double index = stat_number(filament, "index");
		name_filament(json_array_get(stat_at(file, "filaments"), index >= 0 ? (size_t)index : 0), name, sizeof name);
		print_amount_weight(stat_number(filament, "grams"), weight);
		str_format(head, sizeof head, "  filament %.0f: %s  %s", index + 1, name, or_unknown(weight));
		show_text(&ctl->show, TONE_PLAIN, head);
		fputc('\n', ctl->show.out);
	}
}

enum outcome
command_file_show(struct ctl *ctl)
{
	struct msg_file file;
	struct msg_file_plates_want want;
	json_t *plates = NULL, *plate;
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_FILE_PLATES_WANT, .message = &want,
						  .fd = -1, .reply_number = MESSAGE_FILE_PLATES, .on_reply = take_plates,
						  .arg = &plates, .watch_fd = -1 };
	enum outcome outcome = find_file(ctl, &file);
	size_t i;

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(want.sha256, sizeof want.sha256, file.sha256);
	if (file.check != FILE_CHECK_UNPRINTABLE)
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl)) {
		json_t *json = cache_json(&file);
		json_object_set_new(json, "contents", plates != NULL ? plates : json_null());
		ctl_print_json(stdout, json, false);
		return OUTCOME_DONE;
	}
	show_text(&ctl->show, TONE_STRONG, file.name);
	fprintf(ctl->show.out, "\n%s\n", file.sha256);
	show_wrapped(&ctl->show, 0, 0, file.sentence);
	if (file.remedy[0] != '\0')
		show_wrapped(&ctl->show, 0, 0, file.remedy);
	json_array_foreach(json_object_get(plates, "plates"), i, plate)
		print_plate(ctl, plates, plate);
	json_decref(plates);
	return OUTCOME_DONE;
}

static void
take_given(void *arg, const void *message)
{
	memcpy(arg, message, sizeof(struct msg_file_given));
}

static enum outcome
copy_out(struct ctl *ctl, int from_fd, const char *path, uint64_t size_bytes)
{
	bool to_stdout = strcmp(path, "-") == 0;
	int to_fd = to_stdout ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	char buffer[COPY_BYTES];
	uint64_t done_bytes = 0;
	ssize_t got = 0;

	if (to_fd < 0)
		return failure_say(&ctl->failure, OUTCOME_FAILED, "Could not make %s: %s.", path, strerror(errno));
	while ((got = read(from_fd, buffer, sizeof buffer)) > 0) {
		for (ssize_t put = 0, n; put < got; put += n) {
			n = write(to_fd, buffer + put, (size_t)(got - put));
			if (n <= 0) {
				failure_say(&ctl->failure, OUTCOME_FAILED, "Could not write %s: %s.", path, strerror(errno));
				if (!to_stdout)
					close(to_fd);
				return OUTCOME_FAILED;
			}
		}
		done_bytes += (uint64_t)got;
	}
	if (!to_stdout && close(to_fd) != 0)
		got = -1;
	if (got < 0 || done_bytes != size_bytes)
		return failure_say(&ctl->failure, OUTCOME_FAILED, "%s is not whole.", path);
	return OUTCOME_DONE;
}

enum outcome
command_file_get(struct ctl *ctl)
{
	struct msg_file file;
	struct msg_file_want want;
	struct msg_file_given given = { 0 };
	int fd = -1;
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_FILE_WANT, .message = &want, .fd = -1,
						  .reply_number = MESSAGE_FILE_GIVEN, .on_reply = take_given, .arg = &given,
						  .ret_fd = &fd, .watch_fd = -1 };
	enum outcome outcome = find_file(ctl, &file);

	if (outcome != OUTCOME_DONE)
		return outcome;
	const char *path = ctl->args.word_count > 1 ? ctl->args.words[1] : file.name;
	if (path == file.name && strchr(path, '/') != NULL)
		return failure_say(&ctl->failure, OUTCOME_USAGE, "Name the file that it shall be written to.");
	str_copy(want.sha256, sizeof want.sha256, file.sha256);
	outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome == OUTCOME_DONE && fd < 0)
		outcome = failure_say(&ctl->failure, OUTCOME_FAILED, "Fuse gave no file.");
	if (outcome == OUTCOME_DONE)
		outcome = copy_out(ctl, fd, path, given.size_bytes);
	if (fd >= 0)
		close(fd);
	if (outcome == OUTCOME_DONE && strcmp(path, "-") != 0)
		ctl_say_done(ctl, "The file is written.");
	return outcome;
}

enum outcome
command_file_remove(struct ctl *ctl)
{
	struct msg_file file;
	struct msg_file_remove remove;
	enum outcome outcome = find_file(ctl, &file);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(remove.sha256, sizeof remove.sha256, file.sha256);
	return ctl_request(ctl, ROLE_STORED, MESSAGE_FILE_REMOVE, &remove, "The file is deleted from the cache.");
}

/* -- on a printer ------------------------------------------------------------------------------------------ */

struct listing {
	struct ctl *ctl;
	json_t *rows;
};

static void
take_printer_file(void *arg, const void *message)
{
	const struct msg_printer_file *file = message;

	json_array_append_new(((struct listing *)arg)->rows,
			      json_pack("{s:o, s:I, s:o}", "path", ctl_json_text(file->path), "sizeBytes",
					(json_int_t)file->size_bytes, "job",
					file->job[0] != '\0' ? ctl_json_text(file->job) : json_null()));
}

static void
print_printer_files(const struct ctl *ctl, const json_t *rows)
{
	static const char *const heads[] = { "SIZE", "JOB", "PATH" };
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	char size[SHOW_WORDS_BYTES];
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		show_wrapped(&ctl->show, 0, 0, "No file of Fuse's is on the printer.");
	json_array_foreach(rows, i, row) {
		show_size((uint64_t)stat_number(row, "sizeBytes"), size);
		show_table_cell(table, TONE_PLAIN, size);
		show_table_cell(table, TONE_PLAIN, stat_text(row, "job"));
		show_table_cell(table, TONE_STRONG, stat_text(row, "path"));
	}
	if (json_array_size(rows) > 0)
		show_table_print(table);
	show_table_free(table);
}

static enum outcome
remove_from_printer(struct ctl *ctl, const struct farm_printer *printer, const char *path)
{
	struct msg_printer_file_remove remove;
	struct client_question question;
	struct msg_done done;
	enum outcome outcome = farm_question(printer, MESSAGE_PRINTER_FILE_REMOVE, &question, &ctl->failure);

	if (!str_copy(remove.path, sizeof remove.path, path))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "There is no such file.");
	str_copy(remove.serial, sizeof remove.serial, printer->record.serial);
	question.message = &remove;
	question.timeout_ms = ctl_patience_ms(ctl, PRINTER_S);
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, &done, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : "The file is deleted from the printer.");
	return outcome;
}

enum outcome
command_printer_files(struct ctl *ctl)
{
	struct listing listing = { .ctl = ctl };
	struct msg_printer_files_want want;
	struct client_question question;
	struct farm_printer *printer;
	struct farm farm;
	enum outcome outcome = farm_fetch_one(ctl, ctl->args.words[0], FARM_WORKERS, &farm, &printer);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl->args.given[OPTION_DELETE]) {
		outcome = remove_from_printer(ctl, printer, ctl->args.values[OPTION_DELETE]);
		farm_free(&farm);
		return outcome;
	}
	outcome = farm_question(printer, MESSAGE_PRINTER_FILES_WANT, &question, &ctl->failure);
	str_copy(want.serial, sizeof want.serial, printer->record.serial);
	question.message = &want;
	question.part_number = MESSAGE_PRINTER_FILE;
	question.on_part = take_printer_file;
	question.arg = &listing;
	question.timeout_ms = ctl_patience_ms(ctl, PRINTER_S);
	listing.rows = json_array();
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome == OUTCOME_DONE && ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "files", listing.rows), false);
	else if (outcome == OUTCOME_DONE)
		print_printer_files(ctl, listing.rows);
	json_decref(listing.rows);
	farm_free(&farm);
	return outcome;
}
