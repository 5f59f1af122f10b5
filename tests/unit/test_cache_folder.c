/*
 * The cache's files on a disk: who may still write to one, what is hashed, and what a start leaves there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>

#include "common/tls_digest.h"
#include "stored/cache_folder.h"
#include "stored/file_hasher.h"

#include "store_rig.h"

/* FIPS 180-2, B.1 and B.3 */
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static struct cache_folder folder;
static int write_fd, read_fd;

static int
set_up(void **state)
{
	rig_set_up(state);
	assert_int_equal(cache_folder_begin(&folder, rig_dir), 0);
	return 0;
}

static void
make_room(uint32_t ticket, const char *content)
{
	assert_int_equal(cache_folder_new_room(&folder, ticket, &write_fd, &read_fd), 0);
	assert_int_equal(write(write_fd, content, strlen(content)), (ssize_t)strlen(content));
}

static const char *
in_folder(const char *name)
{
	static char path[FILES_PATH_BYTES];

	files_path(path, folder.path, name);
	return path;
}

static void
keep_abc(void)
{
	make_room(1, "abc");
	close(write_fd);
	assert_int_equal(cache_folder_keep(&folder, 1, OF_ABC), 0);
	close(read_fd);
}

/* -- rooms ---------------------------------------------------------------------------------------------------- */

static void
as_long_as_anybody_can_write_it_is_known(void **state)
{
	(void)state;
	make_room(1, "abc");
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_STILL_OPEN);
	int other = dup(write_fd);
	close(write_fd);
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_STILL_OPEN);
	close(other);
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_CLOSED);
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_CLOSED);
	close(read_fd);
}

static void
a_mapping_that_can_write_counts_too(void **state)
{
	(void)state;
	assert_int_equal(cache_folder_new_room(&folder, 1, &write_fd, &read_fd), 0);
	close(write_fd);
	int both = open(in_folder("new-1"), O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(both, 4096), 0);
	void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, both, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	close(both);
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_STILL_OPEN);
	munmap(mapped, 4096);
	assert_int_equal(cache_folder_is_closed(read_fd), CACHE_CLOSED);
	close(read_fd);
}

/* Pipes know no leases, as some network file systems. */
static void
a_file_that_knows_no_leases_does_not_tell(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(cache_folder_is_closed(ends[0]), CACHE_UNTOLD);
	close(ends[0]);
	close(ends[1]);
}

static void
a_room_that_is_dropped_is_empty_for_who_still_has_it(void **state)
{
	struct stat st;

	(void)state;
	make_room(1, "abc");
	cache_folder_drop_room(&folder, 1);
	assert_false(files_exists(in_folder("new-1")));
	assert_int_equal(fstat(read_fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(write_fd);
	close(read_fd);
}

static void
a_cache_that_was_deleted_by_hand_is_made_anew(void **state)
{
	(void)state;
	assert_int_equal(rmdir(folder.path), 0);
	keep_abc();
	assert_false(cache_folder_has_lost(&folder, OF_ABC, 3));
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static void
a_kept_file_is_opened_for_reading_only(void **state)
{
	int fd;

	(void)state;
	keep_abc();
	assert_int_equal(cache_folder_open(&folder, OF_ABC, 3, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
}

static void
a_file_that_was_changed_or_deleted_by_hand_is_not_given(void **state)
{
	int fd;

	(void)state;
	keep_abc();
	assert_int_equal(cache_folder_open(&folder, OF_ABC, 4, &fd), EILSEQ);
	assert_int_equal(fd, -1);
	assert_true(cache_folder_has_lost(&folder, OF_ABC, 4));
	assert_int_equal(cache_folder_remove(&folder, OF_ABC), 0);
	assert_int_equal(cache_folder_remove(&folder, OF_ABC), 0);
	assert_int_equal(cache_folder_open(&folder, OF_ABC, 3, &fd), ENOENT);
	assert_true(cache_folder_has_lost(&folder, OF_ABC, 3));
	assert_int_equal(mkfifo(in_folder(OF_ABC), 0600), 0);
	assert_int_equal(cache_folder_open(&folder, OF_ABC, 0, &fd), EILSEQ);
	assert_int_equal(unlink(in_folder(OF_ABC)), 0);
	assert_int_equal(symlink("/etc/passwd", in_folder(OF_ABC)), 0);
	assert_int_equal(cache_folder_open(&folder, OF_ABC, 0, &fd), ELOOP);
}

static void
plates_go_with_their_file(void **state)
{
	char json[8];
	size_t len;

	(void)state;
	keep_abc();
	assert_int_equal(cache_folder_get_plates(&folder, OF_ABC, json, sizeof json, &len), ENOENT);
	assert_int_equal(cache_folder_put_plates(&folder, OF_ABC, "{}", 2), 0);
	assert_int_equal(cache_folder_put_plates(&folder, OF_ABC, "{\"a\":1}", 7), 0);
	assert_int_equal(cache_folder_get_plates(&folder, OF_ABC, json, sizeof json, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(json, "{\"a\":1}", 7);
	assert_int_equal(cache_folder_remove(&folder, OF_ABC), 0);
	assert_int_equal(cache_folder_get_plates(&folder, OF_ABC, json, sizeof json, &len), ENOENT);
}

static bool
only_abc_is_known(void *arg, const char *sha256, uint64_t size_bytes)
{
	(void)arg;
	return strcmp(sha256, OF_ABC) == 0 && size_bytes == 3;
}

static void
a_start_removes_what_nobody_knows_of_and_nothing_else(void **state)
{
	static const char *const strays[] = { "new-7", "new-plates", OF_MILLION_A, OF_MILLION_A ".plates" };
	unsigned removed;

	(void)state;
	keep_abc();
	assert_int_equal(cache_folder_put_plates(&folder, OF_ABC, "{}", 2), 0);
	for (size_t i = 0; i < STR_ARRAY_LEN(strays); i++)
		assert_int_equal(files_write_new(in_folder(strays[i]), "x", 1), 0);
	assert_int_equal(files_write_new(in_folder("a person's own"), "x", 1), 0);
	assert_int_equal(cache_folder_scrub(&folder, only_abc_is_known, NULL, &removed), 0);
	assert_int_equal(removed, STR_ARRAY_LEN(strays));
	for (size_t i = 0; i < STR_ARRAY_LEN(strays); i++)
		assert_false(files_exists(in_folder(strays[i])));
	assert_true(files_exists(in_folder("a person's own")));
	assert_true(files_exists(in_folder(OF_ABC)));
	assert_true(files_exists(in_folder(OF_ABC ".plates")));
}

/* -- hashing -------------------------------------------------------------------------------------------------- */

static void
a_file_is_hashed_and_can_be_written_by_nobody(void **state)
{
	struct stat st;

	(void)state;
	make_room(1, "abc");
	struct file_hasher_job job = { .read_fd = read_fd, .copy_fd = -1, .size_bytes = 3 };
	file_hasher_work(&job);
	assert_int_equal(job.error, 0);
	assert_string_equal(job.sha256, OF_ABC);
	assert_int_equal(fstat(read_fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	close(write_fd);
	close(read_fd);
}

static void
a_file_of_another_size_than_it_should_have_is_refused(void **state)
{
	(void)state;
	make_room(1, "abcd");
	struct file_hasher_job job = { .read_fd = read_fd, .copy_fd = -1, .size_bytes = 3 };
	file_hasher_work(&job);
	assert_int_equal(job.error, EILSEQ);
	job.size_bytes = 5;
	file_hasher_work(&job);
	assert_int_equal(job.error, EILSEQ);
	close(write_fd);
	close(read_fd);
}

static void
a_copy_has_what_was_hashed(void **state)
{
	static char million[1000001];
	struct rig_bytes copied = { (uint8_t *)million, 1000000 };

	(void)state;
	memset(million, 'a', 1000000);
	make_room(1, million);
	int first_write = write_fd, first_read = read_fd;
	make_room(2, "");
	struct file_hasher_job job = { .read_fd = first_read, .copy_fd = write_fd, .size_bytes = 1000000 };
	file_hasher_work(&job);
	assert_int_equal(job.error, 0);
	assert_string_equal(job.sha256, OF_MILLION_A);
	assert_true(rig_same_bytes(in_folder("new-2"), copied));
	assert_int_equal(pwrite(first_write, "b", 1, 0), 1); /* whoever still can, changes only the first one */
	assert_true(rig_same_bytes(in_folder("new-2"), copied));
	close(first_write);
	close(first_read);
	close(write_fd);
	close(read_fd);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, rig_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(as_long_as_anybody_can_write_it_is_known),
		STORY(a_mapping_that_can_write_counts_too),
		STORY(a_file_that_knows_no_leases_does_not_tell),
		STORY(a_room_that_is_dropped_is_empty_for_who_still_has_it),
		STORY(a_cache_that_was_deleted_by_hand_is_made_anew),
		STORY(a_kept_file_is_opened_for_reading_only),
		STORY(a_file_that_was_changed_or_deleted_by_hand_is_not_given),
		STORY(plates_go_with_their_file),
		STORY(a_start_removes_what_nobody_knows_of_and_nothing_else),
		STORY(a_file_is_hashed_and_can_be_written_by_nobody),
		STORY(a_file_of_another_size_than_it_should_have_is_refused),
		STORY(a_copy_has_what_was_hashed),
	};

	tls_digest_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
