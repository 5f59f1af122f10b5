/*
 * The state folder: made, proved writable, held by one Fuse. Each way in which that can fail is one sentence
 * that says what to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/str.h"
#include "supervisor/statedir.h"

static char dir[64], inner[128];
static struct statedir_fault fault;

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_statedir.XXXXXX");
	assert_non_null(mkdtemp(dir));
	str_format(inner, sizeof inner, "%s/a/fuse", dir);
	return 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	str_format(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	return 0;
}

static const char *
below(const char *folder, const char *name)
{
	static char path[256];

	str_format(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
expect_refusal(const char *folder, int exit_code, const char *words)
{
	memset(&fault, 0, sizeof fault);
	assert_int_equal(statedir_open(folder, 0, &fault), -1);
	if (strstr(fault.sentence, words) == NULL)
		assert_string_equal(fault.sentence, words);
	assert_int_equal(fault.exit_code, exit_code);
	size_t len = strlen(fault.sentence);
	assert_int_equal(fault.sentence[len - 1], '.');
	/* Every one says what to do. */
	assert_true(strstr(fault.sentence, "--state") != NULL || strstr(fault.sentence, "Check ") != NULL);
}

/* -- as it should be ------------------------------------------------------------------------------ */

static void
the_folder_and_those_above_it_are_made(void **state)
{
	char text[32];

	(void)state;
	umask(027); /* as fused has it: the folders must still let the children's users through */
	int fd = statedir_open(inner, 0, &fault);
	umask(022);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(below(dir, "a")), 0755);
	assert_int_equal(mode_of(inner), 0751);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	str_format(text, sizeof text, "%d\n", (int)getpid());
	char held[32] = "";
	int file = open(below(inner, "fused.lock"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(file, held, sizeof held - 1), strlen(text));
	assert_string_equal(held, text);
	assert_int_not_equal(access(below(inner, ".probe"), F_OK), 0);
	close(file);
	close(fd);
}

static void
a_folder_that_is_there_is_taken_as_it_is(void **state)
{
	char with_slash[72];

	(void)state;
	write_file(below(dir, "fused.lock"), "4000000000000000000000000\nsome older text\n");
	write_file(below(dir, ".probe"), "left by a Fuse that was killed");
	str_format(with_slash, sizeof with_slash, "%s//", dir);
	int fd = statedir_open(with_slash, 0, &fault);
	assert_true(fd >= 0);
	/* mkdtemp() made it 0700; as root the children's users must get through, else nothing changes. */
	assert_int_equal(mode_of(dir), geteuid() == 0 ? 0711 : 0700);
	char held[64] = "";
	assert_true(pread(fd, held, sizeof held - 1, 0) > 0);
	assert_int_equal(strtol(held, NULL, 10), getpid());
	assert_null(strstr(held, "older"));
	close(fd);
}

/* -- another Fuse --------------------------------------------------------------------------------- */

/* A process that holds the folder until it is killed. */
static pid_t
another_fuse(void)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (statedir_open(dir, 0, &fault) >= 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
a_second_fuse_is_refused_and_told_who_is_there(void **state)
{
	char sentence[256];

	(void)state;
	pid_t pid = another_fuse();
	str_format(sentence, sizeof sentence,
		   "Another Fuse (process %d) already works in %s. Stop it first, or give this one a folder of its own "
		   "with --state.",
		   (int)pid, dir);
	expect_refusal(dir, EXIT_TEMP_FAIL, sentence);
	end(pid);
	int fd = statedir_open(dir, 0, &fault);
	assert_true(fd >= 0);
	close(fd);
}

static void
children_of_a_fuse_that_died_are_waited_for(void **state)
{
	(void)state;
	pid_t pid = another_fuse();
	pid_t killer = fork();
	if (killer == 0) {
		usleep(300 * 1000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	int64_t before_ms = clock_monotonic_ms();
	int fd = statedir_open(dir, 10000, &fault);
	int64_t took_ms = clock_monotonic_ms() - before_ms;
	assert_true(fd >= 0);
	assert_in_range(took_ms, 200, 5000);
	close(fd);
	end(pid);
	waitpid(killer, NULL, 0);
}

static void
children_that_stay_are_told_from_a_fuse_that_lives(void **state)
{
	(void)state;
	pid_t child = another_fuse();
	/* The number in the file is its dead parent's. The largest that is none: nobody has it. */
	write_file(below(dir, "fused.lock"), "2147483647\n");
	expect_refusal(dir, EXIT_TEMP_FAIL, "Processes of a Fuse that has ended (process 2147483647), or a Fuse in another "
					    "container, still work in ");
	write_file(below(dir, "fused.lock"), "\033[2Jnobody\n");
	expect_refusal(dir, EXIT_TEMP_FAIL, "Another Fuse already works in ");
	end(child);
}

/* -- folders that cannot be used ------------------------------------------------------------------ */

static void
a_file_in_the_way_is_named(void **state)
{
	(void)state;
	write_file(below(dir, "file"), "");
	expect_refusal(below(dir, "file"), EXIT_CANT_CREATE, "is a file and no folder. Move that file away, or choose");
	expect_refusal(below(dir, "file/fuse"), EXIT_CANT_CREATE, "is a file and no folder. Move that file away");
	expect_refusal(below(dir, "file/a/fuse"), EXIT_CANT_CREATE, "is a file and no folder. Move that file away");
}

static void
links_that_lead_nowhere_are_named(void **state)
{
	(void)state;
	assert_int_equal(symlink("/nowhere", below(dir, "dead")), 0);
	expect_refusal(below(dir, "dead"), EXIT_CANT_CREATE, "it is a link that leads nowhere. Remove the link");
	assert_int_equal(symlink("loop", below(dir, "loop")), 0);
	expect_refusal(below(dir, "loop/fuse"), EXIT_CANT_CREATE, "links that go round in a circle. Remove the link");
	/* The lock is never written through a link. */
	assert_int_equal(symlink("elsewhere", below(dir, "fused.lock")), 0);
	expect_refusal(dir, EXIT_CANT_CREATE, "it is a link where Fuse expects none");
	assert_int_not_equal(access(below(dir, "elsewhere"), F_OK), 0);
}

static void
places_where_nothing_can_be_made_are_named(void **state)
{
	char longest[400];

	(void)state;
	expect_refusal("", EXIT_CANT_CREATE, "nothing can be made in that place. Choose another folder with --state.");
	expect_refusal("/proc/fuse", EXIT_CANT_CREATE, "nothing can be made in that place. Choose another folder");
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "/tmp/", 5);
	longest[300] = '\0';
	assert_int_equal(statedir_open(longest, 0, &fault), -1);
	assert_int_equal(fault.exit_code, EXIT_CANT_CREATE);
	assert_non_null(strstr(fault.sentence, "Cannot make the state folder /tmp/aaa"));
}

/* Runs `story` as a user who is not root. */
static void
as_nobody(void (*story)(void))
{
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	story();
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void
try_closed_folder(void)
{
	expect_refusal("/root/fuse", EXIT_NO_PERMISSION, "this user may not write there. Give the folder to the user that");
	expect_refusal("/usr/fuse", EXIT_NO_PERMISSION, "Cannot make the state folder /usr/fuse: this user may not");
}

static void
a_folder_of_another_user_is_named(void **state)
{
	(void)state;
	as_nobody(try_closed_folder);
	if (geteuid() != 0)
		return;
	chmod(dir, 0755);
	as_nobody(try_closed_folder);
	assert_int_equal(mkdir(below(dir, "theirs"), 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	expect_refusal(below(dir, "theirs"), EXIT_NO_PERMISSION, "Cannot write to the state folder ");
	assert_int_equal(seteuid(0), 0);
}

/* -- disks that cannot be used: in a namespace of the test's own ---------------------------------- */

static void
need_own_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	print_message("Not tried: no disk can be mounted here (it takes root).\n");
	skip();
}

static void
a_read_only_disk_is_named(void **state)
{
	(void)state;
	need_own_mounts();
	assert_int_equal(mount("tmpfs", dir, "tmpfs", 0, NULL), 0);
	write_file(below(dir, "fused.lock"), "");
	assert_int_equal(mount("none", dir, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_refusal(dir, EXIT_IO, "the disk is mounted read-only. Mount it writable, or choose another folder");
	expect_refusal(inner, EXIT_IO, "the disk is mounted read-only. Mount it writable, or choose another folder");
	assert_int_equal(umount(dir), 0);
}

static void
a_full_disk_is_named_even_when_a_file_can_be_made_on_it(void **state)
{
	char block[4096] = "";

	(void)state;
	need_own_mounts();
	assert_int_equal(mount("tmpfs", dir, "tmpfs", 0, "size=64k"), 0);
	write_file(below(dir, "fused.lock"), "12345678\n"); /* what is there can be written over, no more */
	int fd = open(below(dir, "ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, block, sizeof block) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
	expect_refusal(dir, EXIT_IO, "the disk is full. Make room on it, or choose a folder on another disk with --state.");
	assert_int_not_equal(access(below(dir, ".probe"), F_OK), 0);
	/* What has a database already goes on, and says what a person must do. */
	unlink(below(dir, "ballast"));
	assert_int_equal(mkdir(below(dir, "store"), 0700) | mkdir(below(dir, "store/db"), 0700), 0);
	write_file(below(dir, "store/db/data.mdb"), "a database");
	fd = open(below(dir, "ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, block, sizeof block) > 0)
		;
	close(fd);
	int lock = statedir_open(dir, 0, &fault);
	assert_true(lock >= 0);
	assert_non_null(strstr(fault.warning, "the disk is full. Make room on it"));
	close(lock);
	/* With another Fuse there, that is what matters. */
	unlink(below(dir, "ballast"));
	pid_t other = another_fuse();
	fd = open(below(dir, "ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, block, sizeof block) > 0)
		;
	close(fd);
	expect_refusal(dir, EXIT_TEMP_FAIL, "Another Fuse (process ");
	end(other);
	assert_int_equal(umount(dir), 0);
}

/* -- the store ------------------------------------------------------------------------------------ */

static void
need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("Not tried: only root can give files away.\n");
	skip();
}

static void
the_store_is_storeds_alone(void **state)
{
	(void)state;
	assert_int_equal(statedir_prepare_store(dir, geteuid(), getegid(), &fault), 0);
	assert_int_equal(mode_of(below(dir, "store")), 0700);
	/* Opened to others by hand: closed again. */
	chmod(below(dir, "store"), 0755);
	assert_int_equal(statedir_prepare_store(dir, geteuid(), getegid(), &fault), 0);
	assert_int_equal(mode_of(below(dir, "store")), 0700);
}

static void
expect_owner(const char *path, uid_t uid)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
}

static void
what_another_user_left_is_handed_over(void **state)
{
	(void)state;
	need_root();
	mkdir(below(dir, "store"), 0700);
	mkdir(below(dir, "store/snapshots"), 0700);
	write_file(below(dir, "store/snapshots/1"), "x");
	mkdir(below(dir, "outside"), 0755);
	write_file(below(dir, "outside/file"), "x");
	assert_int_equal(symlink("../outside", below(dir, "store/link")), 0);
	assert_int_equal(statedir_prepare_store(dir, 4321, 4321, &fault), 0);
	expect_owner(below(dir, "store"), 4321);
	expect_owner(below(dir, "store/snapshots/1"), 4321);
	/* A link is handed over, never what it leads to. */
	expect_owner(below(dir, "store/link"), 4321);
	expect_owner(below(dir, "outside"), 0);
	expect_owner(below(dir, "outside/file"), 0);
}

static void
a_second_name_of_a_file_elsewhere_is_not_given_away(void **state)
{
	char outside[128];

	(void)state;
	need_root();
	mkdir(below(dir, "store"), 0700);
	str_copy(outside, sizeof outside, below(dir, "shadow"));
	write_file(outside, "x");
	assert_int_equal(link(outside, below(dir, "store/mine")), 0);
	assert_int_equal(statedir_prepare_store(dir, 4321, 4321, &fault), -1);
	assert_int_equal(fault.exit_code, EXIT_NO_PERMISSION);
	assert_non_null(strstr(fault.sentence, "/store/mine has a second name elsewhere (a hard link)"));
	expect_owner(outside, 0);
}

static void
a_store_that_was_roots_is_refused_to_others(void **state)
{
	(void)state;
	need_root();
	mkdir(below(dir, "store"), 0755);
	write_file(below(dir, "store/data.mdb"), "x");
	chmod(dir, 0755);
	assert_int_equal(seteuid(65534), 0);
	int result = statedir_prepare_store(dir, 65534, 65534, &fault);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(result, -1);
	assert_int_equal(fault.exit_code, EXIT_NO_PERMISSION);
	assert_non_null(strstr(fault.sentence, " belongs to another user"));
	assert_non_null(strstr(fault.sentence, "chown -R 65534:65534"));
}

static void
a_store_on_another_disk_may_be_a_link(void **state)
{
	(void)state;
	mkdir(below(dir, "big"), 0755);
	assert_int_equal(symlink("big", below(dir, "store")), 0);
	assert_int_equal(statedir_prepare_store(dir, geteuid(), getegid(), &fault), 0);
	assert_int_equal(mode_of(below(dir, "big")), 0700);
	unlink(below(dir, "store"));
	write_file(below(dir, "store"), "");
	assert_int_equal(statedir_prepare_store(dir, geteuid(), getegid(), &fault), -1);
	assert_non_null(strstr(fault.sentence, "/store: it, or something on the way to it, is a file and no folder."));
}

/* -- virtual printers ------------------------------------------------------------------------------ */

#define SERIAL "00MFUSE00000001"

static void
make(const char *name, mode_t mode)
{
	int fd = open(below(dir, name), O_WRONLY | O_CREAT, mode);

	assert_true(fd >= 0);
	close(fd);
}

static void
make_card(void)
{
	assert_int_equal(statedir_prepare_virtual(dir, SERIAL, getuid(), getgid()), 0);
	assert_int_equal(mkdir(below(dir, "virtual/" SERIAL "/cache"), 0500), 0);
	make("virtual/" SERIAL "/kept.json", 0600);
	make("virtual/" SERIAL "/.hidden", 0000);
}

static void
the_folder_of_a_virtual_printer_goes_with_all_that_is_in_it(void **state)
{
	(void)state;
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), 0); /* not even <state>/virtual is there */
	make_card();
	assert_int_equal(statedir_prepare_virtual(dir, "OTHER", getuid(), getgid()), 0);
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), 0);
	assert_int_not_equal(access(below(dir, "virtual/" SERIAL), F_OK), 0);
	assert_int_equal(access(below(dir, "virtual/OTHER"), F_OK), 0);
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), 0);
}

static void
what_it_links_to_stays(void **state)
{
	(void)state;
	make_card();
	assert_int_equal(mkdir(below(dir, "mine"), 0700), 0);
	make("mine/file", 0600);
	assert_int_equal(symlink("../../mine", below(dir, "virtual/" SERIAL "/folder")), 0);
	assert_int_equal(symlink("../../mine/file", below(dir, "virtual/" SERIAL "/file")), 0);
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), 0);
	assert_int_equal(access(below(dir, "mine/file"), F_OK), 0);
	/* Also when the folder itself is one, or is none of ours. */
	assert_int_equal(symlink("../mine", below(dir, "virtual/" SERIAL)), 0);
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), -1);
	static const char *const others[] = { "", ".", "..", "../mine", "OTHER/../../mine" };
	for (size_t i = 0; i < STR_ARRAY_LEN(others); i++)
		assert_int_equal(statedir_remove_virtual(dir, others[i]), -1);
	assert_int_equal(access(below(dir, "mine/file"), F_OK), 0);
}

static void
a_folder_that_goes_deeper_than_any_is_left(void **state)
{
	char path[200];

	(void)state;
	make_card();
	str_copy(path, sizeof path, below(dir, "virtual/" SERIAL));
	for (int i = 0; i <= STATEDIR_VIRTUAL_DEPTH_MAX; i++) {
		strcat(path, "/d");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(statedir_remove_virtual(dir, SERIAL), 0);
}

#define STORY(story) cmocka_unit_test_setup_teardown(story, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_folder_and_those_above_it_are_made),
		STORY(a_folder_that_is_there_is_taken_as_it_is),
		STORY(a_second_fuse_is_refused_and_told_who_is_there),
		STORY(children_of_a_fuse_that_died_are_waited_for),
		STORY(children_that_stay_are_told_from_a_fuse_that_lives),
		STORY(a_file_in_the_way_is_named),
		STORY(links_that_lead_nowhere_are_named),
		STORY(places_where_nothing_can_be_made_are_named),
		STORY(a_folder_of_another_user_is_named),
		STORY(a_read_only_disk_is_named),
		STORY(a_full_disk_is_named_even_when_a_file_can_be_made_on_it),
		STORY(the_store_is_storeds_alone),
		STORY(what_another_user_left_is_handed_over),
		STORY(a_second_name_of_a_file_elsewhere_is_not_given_away),
		STORY(a_store_that_was_roots_is_refused_to_others),
		STORY(a_store_on_another_disk_may_be_a_link),
		STORY(the_folder_of_a_virtual_printer_goes_with_all_that_is_in_it),
		STORY(what_it_links_to_stays),
		STORY(a_folder_that_goes_deeper_than_any_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
