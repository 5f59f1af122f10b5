/*
 * The log book's file: it is rotated, and comes back after whatever happened to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/logbook_rig.h"

static void
lines_go_to_a_file_that_only_owner_and_group_may_read(void **state)
{
	struct stat st;

	(void)state;
	write_files(FILE_BYTES, 3);
	say_all(1, 3);
	assert_string_equal(content("fuse.log"),
			    "ts=1970-01-01T00:00:01.000Z role=worker entry=A pid=7 lvl=info msg=line n=1.\n"
			    "ts=1970-01-01T00:00:02.000Z role=worker entry=A pid=7 lvl=info msg=line n=2.\n"
			    "ts=1970-01-01T00:00:03.000Z role=worker entry=A pid=7 lvl=info msg=line n=3.\n");
	assert_int_equal(stat(path("fuse.log"), &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	assert_int_equal(stat(logs, &st), 0);
	assert_int_equal(st.st_mode & 0027, 0);
	/* A new Fuse goes on where the old one ended. */
	logbook_free(book);
	book = logbook_new(logs, -1);
	write_files(FILE_BYTES, 3);
	say(4);
	assert_int_equal(count_lines(content("fuse.log")), 4);
}

static void
files_are_rotated_by_size_and_only_so_many_kept(void **state)
{
	static const char *const names[] = { "fuse.log.3", "fuse.log.2", "fuse.log.1", "fuse.log" };
	char together[512 * 1024] = "";

	(void)state;
	write_files(FILE_BYTES, 3);
	say_all(1, 8000);
	assert_false(exists("fuse.log.4"));
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++) {
		size_t size = strlen(content(names[i]));
		assert_true(size > 0 && size <= FILE_BYTES);
		if (i < 3)
			assert_true(size > FILE_BYTES - 100);
		strcat(together, content(names[i]));
	}
	/* From the oldest kept line to the newest, none is missing, none is there twice. */
	unsigned n = 8000 - count_lines(together);
	for (char *at = together; (at = strstr(at, " n=")) != NULL; at += 3)
		assert_int_equal(strtoul(at + 3, NULL, 10), ++n);
	assert_int_equal(n, 8000);
	/* Fewer are kept from now on: the oldest go at once. */
	write_files(FILE_BYTES, 1);
	assert_true(exists("fuse.log.1") && !exists("fuse.log.2") && !exists("fuse.log.3"));
}

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A rotation renames 2 → 3, 1 → 2, 0 → 1. Killed after any of them, the next start goes on. */
static void
a_kill_in_the_midst_of_a_rotation_loses_no_file(void **state)
{
	(void)state;
	write_files(FILE_BYTES, 3);
	say(1);
	put("fuse.log.2", "two\n"); /* 2 → 3 was done, then 1 → 2; 1 is free, and 0 is still full */
	put("fuse.log.3", "three\n");
	say_all(2, 1000);
	assert_true(file_has("fuse.log.1", 1));
	assert_string_equal(content("fuse.log.2"), "two\n");
	assert_string_equal(content("fuse.log.3"), "three\n");
	/* Or all was renamed, and the new file was not yet there. */
	rename(path("fuse.log"), path("fuse.log.1"));
	say(1001);
	assert_true(file_has("fuse.log", 1001));
}

static void
a_file_that_somebody_moves_deletes_or_empties_is_begun_anew(void **state)
{
	char command[128], moved[96];

	(void)state;
	write_files(FILE_BYTES, 3);
	say(1);
	str_format(moved, sizeof moved, "%s/moved", dir);
	assert_int_equal(rename(path("fuse.log"), moved), 0);
	say(2);
	assert_true(file_has("fuse.log", 2) && !file_has("fuse.log", 1));
	unlink(path("fuse.log"));
	say(3);
	assert_true(file_has("fuse.log", 3) && !file_has("fuse.log", 2));
	assert_int_equal(truncate(path("fuse.log"), 0), 0);
	say(4);
	assert_int_equal(count_lines(content("fuse.log")), 1);
	str_format(command, sizeof command, "rm -r %s", logs);
	assert_int_equal(system(command), 0);
	say(5);
	assert_true(file_has("fuse.log", 5));
}

static void
half_a_line_that_a_power_cut_left_does_not_swallow_the_next(void **state)
{
	(void)state;
	mkdir(logs, 0700);
	put("fuse.log", "ts=1970-01-01T00:00:01.000Z role=work");
	write_files(FILE_BYTES, 3);
	say(2);
	assert_non_null(strstr(content("fuse.log"), "role=work\nts=1970-01-01T00:00:02.000Z "));
}

static void
the_file_can_be_switched_off_and_on(void **state)
{
	struct logbook_file off = { .on = false };

	(void)state;
	say(1);
	assert_false(exists("fuse.log"));
	write_files(FILE_BYTES, 3);
	say(2);
	logbook_set_file(book, &off);
	say(3);
	write_files(FILE_BYTES, 3);
	say(4);
	assert_int_equal(count_lines(content("fuse.log")), 2);
	assert_true(file_has("fuse.log", 2) && file_has("fuse.log", 4));
}

static void
what_is_no_file_is_not_written_to(void **state)
{
	char elsewhere[96];

	(void)state;
	mkdir(logs, 0700);
	/* Opening a FIFO for writing would wait for a reader; a link would lead elsewhere. */
	assert_int_equal(mkfifo(path("fuse.log"), 0600), 0);
	write_files(FILE_BYTES, 3);
	say(1);
	assert_non_null(strstr(newest(1)->first, "lvl=error msg=\"the log file takes no lines"));
	unlink(path("fuse.log"));
	str_format(elsewhere, sizeof elsewhere, "%s/elsewhere", dir);
	assert_int_equal(symlink(elsewhere, path("fuse.log")), 0);
	say(2);
	assert_int_equal(access(elsewhere, F_OK), -1);
}

/* Not all of a hundred lines find room, then there is some again; `fill` and `free_up` make it so. */
static void
outlive_a_full_disk(void (*fill)(void), void (*free_up)(void), const char *why)
{
	char wanted[128];

	write_files(100 * FILE_BYTES, 3);
	say(1);
	fill();
	unsigned before = count_lines(content("fuse.log"));
	say_all(1000, 1099);
	/* It is said once, in memory, and a line stands whole in the file or not at all. */
	unsigned complaints = 0;
	str_format(wanted, sizeof wanted, "msg=\"the log file takes no lines (%s): ", why);
	for (size_t i = 1; i <= 102; i++)
		complaints += strstr(newest(i)->first, wanted) != NULL;
	assert_int_equal(complaints, 1);
	unsigned written = count_lines(content("fuse.log")) - before;
	assert_true(written < 100);
	const char *text = content("fuse.log");
	assert_int_equal(text[strlen(text) - 1], '\n');
	free_up();
	say(2000);
	str_format(wanted, sizeof wanted, "lvl=warn msg=\"the log file takes lines again\" lost=%u", 100 - written);
	assert_non_null(strstr(newest(1)->first, wanted));
	assert_non_null(strstr(content("fuse.log"), wanted));
	assert_true(file_has("fuse.log", 2000));
}

static struct rlimit usual_limit;

static void
limit_size(void)
{
	struct stat st;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual_limit), 0);
	limit = usual_limit;
	assert_int_equal(stat(path("fuse.log"), &st), 0);
	limit.rlim_cur = (rlim_t)st.st_size + 200; /* two lines and a half */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
unlimit_size(void)
{
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual_limit), 0);
}

static void
a_file_that_may_not_grow_goes_off_and_comes_back(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	outlive_a_full_disk(limit_size, unlimit_size, strerror(EFBIG));
}

static void
fill_disk(void)
{
	char block[4096] = "";
	int fd = open(path("ballast"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof block) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
free_disk(void)
{
	assert_int_equal(unlink(path("ballast")), 0);
}

static bool
write_to(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

/* Mounts of a namespace of our own vanish with the test. Who is not root may be it in a namespace of users. */
static bool
enter_namespace(void)
{
	char users[32], groups[32];

	str_format(users, sizeof users, "0 %d 1", (int)getuid());
	str_format(groups, sizeof groups, "0 %d 1", (int)getgid());
	return unshare(CLONE_NEWNS) == 0 ||
	       (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_to("/proc/self/setgroups", "deny") &&
		write_to("/proc/self/gid_map", groups) && write_to("/proc/self/uid_map", users));
}

static bool
mount_small_disk(void)
{
	assert_int_equal(mkdir(logs, 0700), 0);
	return enter_namespace() && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", logs, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") == 0;
}

static void
a_full_disk_switches_the_file_off_until_there_is_room(void **state)
{
	(void)state;
	if (!mount_small_disk()) {
		print_message("Not tried: no small disk can be mounted here (it takes root or user namespaces).\n");
		skip();
	}
	outlive_a_full_disk(fill_disk, free_disk, strerror(ENOSPC));
	assert_int_equal(umount2(logs, MNT_DETACH), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(lines_go_to_a_file_that_only_owner_and_group_may_read),
		STORY(files_are_rotated_by_size_and_only_so_many_kept),
		STORY(a_kill_in_the_midst_of_a_rotation_loses_no_file),
		STORY(a_file_that_somebody_moves_deletes_or_empties_is_begun_anew),
		STORY(half_a_line_that_a_power_cut_left_does_not_swallow_the_next),
		STORY(the_file_can_be_switched_off_and_on),
		STORY(what_is_no_file_is_not_written_to),
		STORY(a_file_that_may_not_grow_goes_off_and_comes_back),
		STORY(a_full_disk_switches_the_file_off_until_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
