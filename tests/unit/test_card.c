/*
 * The card of a virtual printer: a folder, of which nobody names anything beside it, with files that are there as a whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/str.h"
#include "worker/virtual/card.h"

static char dir[32];
static struct card *card;

static void
leads(const char *folder, const char *word, const char *expected)
{
	char path[CARD_PATH_BYTES];

	if (!card_path(folder, word, path))
		fail_msg("%s in %s is no path", word, folder);
	assert_string_equal(path, expected);
}

static void
is_no_path(const char *folder, const char *word)
{
	char path[CARD_PATH_BYTES];

	if (card_path(folder, word, path))
		fail_msg("%s in %s: %s", word, folder, path);
}

static void
test_paths(void **state)
{
	char word[600];

	(void)state;
	leads("/", "x", "/x");
	leads("/cache", "x y.gcode.3mf", "/cache/x y.gcode.3mf");
	leads("/cache", "/x", "/x");
	leads("/cache", "", "/cache");
	leads("/cache", "/", "/");
	leads("/cache", "..", "/");
	leads("/", "../../../etc/passwd", "/etc/passwd");
	leads("/cache", "./a//b/./../c/", "/cache/a/c");
	leads("/a/b/c/d", "e", "/a/b/c/d/e");
	leads("/", "...x", "/...x");
	is_no_path("/a/b/c/d/e", "f");
	is_no_path("/", "...");
	is_no_path("/", "a\nb");
	is_no_path("/", "a:b");
	is_no_path("/", "a\\b");
	is_no_path("/", "\xff");
	is_no_path("/", "tail ");
	memset(word, 'x', sizeof word);
	word[CARD_NAME_MAX_BYTES] = '\0';
	assert_true(card_path("/", word, (char[CARD_PATH_BYTES]){ 0 }));
	word[CARD_NAME_MAX_BYTES] = 'x';
	word[CARD_NAME_MAX_BYTES + 1] = '\0';
	is_no_path("/", word);
	memset(word, 'x', sizeof word);
	for (size_t i = 100; i < 500; i += 100)
		word[i] = '/';
	word[480] = '\0';
	is_no_path("/", word);
}

static void
put(const char *path, const char *content)
{
	struct card_upload *upload;

	assert_int_equal(card_upload_begin(card, path, &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, content, strlen(content)), CARD_FINE);
	assert_int_equal(card_upload_bytes(upload), strlen(content));
	assert_int_equal(card_upload_end(upload, UINT64_MAX), CARD_FINE);
}

static void
holds(const char *path, const char *content)
{
	struct card_entry entry;
	char bytes[64];
	int fd;

	assert_int_equal(card_read(card, path, &fd, &entry), CARD_FINE);
	assert_int_equal(entry.size_bytes, strlen(content));
	assert_int_equal(read(fd, bytes, sizeof bytes), strlen(content));
	assert_memory_equal(bytes, content, strlen(content));
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static void
counts(uint32_t files, uint64_t bytes)
{
	struct card_facts facts;

	card_get_facts(card, &facts);
	assert_int_equal(facts.total_bytes, CARD_SHOWN_BYTES);
	assert_int_equal(facts.files, files);
	assert_int_equal(facts.used_bytes, bytes);
}

static void
test_files(void **state)
{
	struct card_entry entry;

	(void)state;
	counts(0, 0);
	put("/a", "first");
	put("/cache/b", "second one");
	counts(2, 15);
	put("/a", "1");
	counts(2, 11);
	holds("/a", "1");
	assert_int_equal(card_rename(card, "/a", "/cache/b"), CARD_FINE);
	counts(1, 1);
	holds("/cache/b", "1");
	assert_int_equal(card_look(card, "/a", &entry), CARD_NOT_THERE);
	assert_int_equal(card_remove(card, "/cache/b"), CARD_FINE);
	assert_int_equal(card_remove(card, "/cache/b"), CARD_NOT_THERE);
	counts(0, 0);
}

static void
test_a_file_is_there_as_a_whole(void **state)
{
	struct card_upload *upload;

	(void)state;
	put("/a", "before");
	assert_int_equal(card_upload_begin(card, "/a", &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "afterwards", 10), CARD_FINE);
	holds("/a", "before");
	assert_int_equal(card_upload_end(upload, 5), CARD_FINE);
	holds("/a", "after");
	counts(1, 5);
	assert_int_equal(card_upload_begin(card, "/a", &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "nothing", 7), CARD_FINE);
	card_upload_abandon(upload);
	holds("/a", "after");
	counts(1, 5);
}

static void
test_folders(void **state)
{
	struct card_entry entry, *entries;
	size_t count;

	(void)state;
	assert_int_equal(card_look(card, "/cache", &entry), CARD_FINE);
	assert_true(entry.is_folder);
	assert_int_equal(card_make_folder(card, "/mine"), CARD_FINE);
	assert_int_equal(card_make_folder(card, "/mine"), CARD_IN_THE_WAY);
	put("/mine/x", "x");
	assert_int_equal(card_remove_folder(card, "/mine"), CARD_IN_THE_WAY);
	assert_int_equal(card_remove(card, "/mine"), CARD_IN_THE_WAY);
	assert_int_equal(card_remove_folder(card, "/mine/x"), CARD_IN_THE_WAY);
	assert_int_equal(card_list(card, "/mine", &entries, &count), CARD_FINE);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].name, "x");
	free(entries);
	assert_int_equal(card_list(card, "/mine/x", &entries, &count), CARD_FINE);
	assert_int_equal(count, 1);
	free(entries);
	assert_int_equal(card_list(card, "/nowhere", &entries, &count), CARD_NOT_THERE);
	assert_int_equal(card_upload_begin(card, "/mine", &(struct card_upload *){ NULL }), CARD_IN_THE_WAY);
	assert_int_equal(card_upload_begin(card, "/nowhere/x", &(struct card_upload *){ NULL }), CARD_NOT_THERE);
	assert_int_equal(card_upload_begin(card, "/mine/x/y", &(struct card_upload *){ NULL }), CARD_IN_THE_WAY);
	card_clear(card);
	assert_int_equal(card_look(card, "/mine", &entry), CARD_NOT_THERE);
	assert_int_equal(card_look(card, "/cache", &entry), CARD_FINE);
	counts(0, 0);
}

static void
test_links_lead_nowhere(void **state)
{
	struct card_entry entry, *entries;
	char path[64];
	size_t count;
	int fd;

	(void)state;
	str_format(path, sizeof path, "%s/card/etc", dir);
	assert_int_equal(symlink("/etc", path), 0);
	str_format(path, sizeof path, "%s/card/passwd", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(card_look(card, "/passwd", &entry), CARD_NOT_THERE);
	assert_int_equal(card_look(card, "/etc/passwd", &entry), CARD_IN_THE_WAY);
	assert_int_equal(card_read(card, "/passwd", &fd, &entry), CARD_IN_THE_WAY);
	assert_int_equal(card_list(card, "/", &entries, &count), CARD_FINE);
	for (size_t i = 0; i < count; i++)
		assert_true(strcmp(entries[i].name, "etc") != 0 && strcmp(entries[i].name, "passwd") != 0);
	free(entries);
	card_clear(card);
}

static void
test_absent_and_full(void **state)
{
	struct card_upload *upload;
	struct card_entry entry;
	struct card_facts facts;

	(void)state;
	put("/a", "x");
	assert_int_equal(card_state(card), STORAGE_NORMAL);
	assert_int_equal(card_upload_begin(card, "/b", &upload), CARD_FINE);
	card_set_absent(card, true);
	assert_int_equal(card_state(card), STORAGE_NONE);
	assert_int_equal(card_look(card, "/a", &entry), CARD_ABSENT);
	assert_int_equal(card_upload_write(upload, "x", 1), CARD_ABSENT);
	assert_int_equal(card_upload_end(upload, UINT64_MAX), CARD_ABSENT);
	card_get_facts(card, &facts);
	assert_int_equal(facts.total_bytes, 0);
	card_set_absent(card, false);
	card_set_full(card, true);
	assert_true(card_is_full(card));
	assert_int_equal(card_upload_begin(card, "/b", &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "x", 1), CARD_FULL);
	card_upload_abandon(upload);
	card_set_full(card, false);
	assert_false(card_is_full(card));
	counts(1, 1);
}

/* A file of holes costs this machine nothing, and the card its length. */
static void
test_it_takes_two_gigabytes(void **state)
{
	struct card_upload *upload;
	char path[64];

	(void)state;
	card_close(card);
	str_format(path, sizeof path, "%s/card/large", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, (off_t)CARD_REAL_MAX_BYTES - 10), 0);
	close(fd);
	card = card_open(dir, model_by_key("X1C"));
	assert_int_equal(card_upload_begin(card, "/b", &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "0123456789", 10), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "0", 1), CARD_FULL);
	assert_int_equal(card_upload_end(upload, UINT64_MAX), CARD_FINE);
	assert_true(card_is_full(card));
	assert_int_equal(card_remove(card, "/large"), CARD_FINE);
	counts(1, 10);
}

static void
test_a_thousand_entries(void **state)
{
	char path[32];
	unsigned made = 0;

	(void)state;
	for (; made < 2 * CARD_ENTRIES_MAX; made++) {
		str_format(path, sizeof path, "/folder%u", made);
		if (card_make_folder(card, path) != CARD_FINE)
			break;
	}
	assert_in_range(made, 900, CARD_ENTRIES_MAX);
	assert_int_equal(card_make_folder(card, "/one-more"), CARD_FULL);
	assert_int_equal(card_upload_begin(card, "/one-more", &(struct card_upload *){ NULL }), CARD_FULL);
	card_clear(card);
	assert_int_equal(card_make_folder(card, "/one-more"), CARD_FINE);
}

static void
test_what_arrived_when_the_power_failed_is_gone(void **state)
{
	struct card_upload *upload;
	char command[80];

	(void)state;
	put("/a", "stays");
	assert_int_equal(card_upload_begin(card, "/b", &upload), CARD_FINE);
	assert_int_equal(card_upload_write(upload, "half", 4), CARD_FINE);
	struct card *again = card_open(dir, model_by_key("X1C"));
	assert_non_null(again);
	str_format(command, sizeof command, "test -z \"$(ls %s/arriving)\"", dir);
	assert_int_equal(system(command), 0);
	card_upload_abandon(upload);
	card_close(card);
	card = again;
	counts(1, 5);
	holds("/a", "stays");
}

static void
test_no_folder_no_card(void **state)
{
	(void)state;
	assert_null(card_open("/tmp/there/is/none", model_by_key("X1C")));
	assert_int_equal(errno, ENOENT);
}

static int
prepare(void **state)
{
	(void)state;
	str_copy(dir, sizeof dir, "/tmp/test-card-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	card = card_open(dir, model_by_key("X1C"));
	return card != NULL ? 0 : -1;
}

static int
tidy(void **state)
{
	char command[64];

	(void)state;
	card_close(card);
	str_format(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
#define ON_A_CARD(test) cmocka_unit_test_setup_teardown(test, prepare, tidy)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		ON_A_CARD(test_files),
		ON_A_CARD(test_a_file_is_there_as_a_whole),
		ON_A_CARD(test_folders),
		ON_A_CARD(test_links_lead_nowhere),
		ON_A_CARD(test_absent_and_full),
		ON_A_CARD(test_it_takes_two_gigabytes),
		ON_A_CARD(test_a_thousand_entries),
		ON_A_CARD(test_what_arrived_when_the_power_failed_is_gone),
		cmocka_unit_test(test_no_folder_no_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
