/*
 * statedir: make, prove, lock. Every failure is one sentence that says what to do; which words and which exit
 * code belong to which error is one table.
 */
#include "supervisor/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exits.h"
#include "common/str.h"

#define LOCK_RETRY_MS 20
#define PROBE_BYTES 4096 /* a whole block: less may fit into a full disk's slack */

static const struct advice {
	int error;
	int exit_code;
	const char *what;
	const char *do_this;
} advices[] = {
	{ EROFS, EXIT_IO, "the disk is mounted read-only",
	  "Mount it writable, or choose another folder with --state" },
	{ ENOSPC, EXIT_IO, "the disk is full",
	  "Make room on it, or choose a folder on another disk with --state" },
	{ EDQUOT, EXIT_IO, "the disk quota is used up",
	  "Make room on it, or choose a folder on another disk with --state" },
	{ EIO, EXIT_IO, "the disk fails", "Check the disk and its cable, and the kernel's log (dmesg)" },
	{ EACCES, EXIT_NO_PERMISSION, "this user may not write there",
	  "Give the folder to the user that Fuse runs as, or choose another one with --state" },
	{ EPERM, EXIT_NO_PERMISSION, "this user may not do that there",
	  "Give the folder to the user that Fuse runs as, or choose another one with --state" },
	{ ENOTDIR, EXIT_CANT_CREATE, "it, or something on the way to it, is a file and no folder",
	  "Move that file away, or choose another folder with --state" },
	{ EEXIST, EXIT_CANT_CREATE, "it is a link that leads nowhere",
	  "Remove the link, or choose another folder with --state" },
	{ ELOOP, EXIT_CANT_CREATE, "it is a link where Fuse expects none, or links that go round in a circle",
	  "Remove the link, or choose another folder with --state" },
	{ ENAMETOOLONG, EXIT_CANT_CREATE, "its name is too long", "Choose a shorter one with --state" },
	{ ENOENT, EXIT_CANT_CREATE, "nothing can be made in that place",
	  "Choose another folder with --state" },
};

/* Returns -1, so that a caller can fail in one line. */
static int
fault_errno(struct statedir_fault *fault, const char *failed, const char *path, int error)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(advices); i++) {
		if (advices[i].error != error)
			continue;
		fault->exit_code = advices[i].exit_code;
		str_format(fault->sentence, sizeof fault->sentence, "%s %s: %s. %s.", failed, path, advices[i].what,
			   advices[i].do_this);
		return -1;
	}
	fault->exit_code = EXIT_CANT_CREATE;
	str_format(fault->sentence, sizeof fault->sentence,
		   "%s %s: %s. Choose another folder with --state if this one cannot be used.", failed, path,
		   strerror(error));
	return -1;
}

/* The umask may take what the children's users need to pass through. */
static int
make_folder(const char *path, mode_t mode)
{
	return mkdir(path, mode) == 0 ? chmod(path, mode) : -1;
}

/* The folder and what is missing above it. */
static int
make_folders(const char *dir, struct statedir_fault *fault)
{
	char path[PATH_MAX];

	if (dir[0] == '\0')
		return fault_errno(fault, "Cannot use the state folder", "\"\"", ENOENT);
	if (!str_copy(path, sizeof path, dir))
		return fault_errno(fault, "Cannot make the state folder", dir, ENAMETOOLONG);
	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		/* On a read-only disk mkdir() says so even of what exists. */
		if (access(path, F_OK) != 0 && make_folder(path, 0755) != 0 && errno != EEXIST)
			return fault_errno(fault, "Cannot make the folder", path, errno);
		*slash = '/';
	}
	if (access(path, F_OK) != 0 && make_folder(path, 0751) != 0 && errno != EEXIST)
		return fault_errno(fault, "Cannot make the state folder", path, errno);
	return 0;
}

/* An existing folder must be one; and root's children, who have users of their own, must get through. */
static int
check_folder(const char *dir, struct statedir_fault *fault)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return fault_errno(fault, "Cannot use the state folder", dir, errno == ENOENT ? EEXIST : errno);
	if (!S_ISDIR(st.st_mode))
		return fault_errno(fault, "Cannot use the state folder", dir, ENOTDIR);
	if (geteuid() == 0 && !(st.st_mode & S_IXOTH) && chmod(dir, (st.st_mode & 07777) | 0011) != 0)
		return fault_errno(fault, "Cannot open the state folder for Fuse's own users:", dir, errno);
	return 0;
}

static int64_t
read_holder(int fd)
{
	char text[24] = "";
	int64_t pid;

	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return str_parse_int(text, 1, INT32_MAX, &pid) ? pid : 0;
}

static int
fault_locked(int fd, const char *dir, struct statedir_fault *fault)
{
	int64_t pid = read_holder(fd);
	char who[48] = "";

	fault->exit_code = EXIT_TEMP_FAIL;
	if (pid > 0)
		str_format(who, sizeof who, " (process %lld)", (long long)pid);
	/* Its number lives on in the file when it was killed; its children hold the lock until they are gone. */
	if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
		str_format(fault->sentence, sizeof fault->sentence,
			   "Processes of a Fuse that has ended%s, or a Fuse in another container, still work in %s. "
			   "Wait a moment and start again, or give this one a folder of its own with --state.",
			   who, dir);
	else
		str_format(fault->sentence, sizeof fault->sentence,
			   "Another Fuse%s already works in %s. Stop it first, or give this one a folder of its own "
			   "with --state.",
			   who, dir);
	return -1;
}

static int
take_lock(int fd, const char *dir, int64_t wait_ms, struct statedir_fault *fault)
{
	const struct timespec pause = { .tv_nsec = LOCK_RETRY_MS * 1000000L };
	int64_t until_ms = clock_monotonic_ms() + wait_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			fault->exit_code = EXIT_IO;
			str_format(fault->sentence, sizeof fault->sentence,
				   "The state folder %s cannot be locked: %s. Choose a folder on a local disk with "
				   "--state.",
				   dir, strerror(errno));
			return -1;
		}
		if (clock_monotonic_ms() >= until_ms)
			return fault_locked(fd, dir, fault);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A full disk keeps Fuse from changing things, not from doing its work, when its database is there. */
static bool
can_do_without_space(const char *dir, struct statedir_fault *fault, int error)
{
	char path[PATH_MAX];

	if ((error != ENOSPC && error != EDQUOT) || !str_format(path, sizeof path, "%s/store/db/data.mdb", dir) ||
	    access(path, F_OK) != 0)
		return false;
	str_copy(fault->warning, sizeof fault->warning, fault->sentence);
	fault->sentence[0] = '\0';
	fault->exit_code = 0;
	return true;
}

/* Permissions say little about a disk: only what was really written and synced is proof. */
static int
prove_writable(const char *dir, struct statedir_fault *fault)
{
	static const char block[PROBE_BYTES];
	char path[PATH_MAX];

	str_format(path, sizeof path, "%s/.probe", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault_errno(fault, "Cannot write to the state folder", dir, errno);
	ssize_t n = write(fd, block, sizeof block);
	int error = n == (ssize_t)sizeof block ? 0 : n < 0 ? errno : ENOSPC;
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	close(fd);
	if (unlink(path) != 0 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	fault_errno(fault, "Cannot write to the state folder", dir, error);
	return can_do_without_space(dir, fault, error) ? 0 : -1;
}

static int
write_pid(const char *path, const char *dir, struct statedir_fault *fault)
{
	char text[24];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return fault_errno(fault, "Cannot write to the state folder", dir, errno);
	str_format(text, sizeof text, "%d\n", (int)getpid());
	size_t len = strlen(text);
	/* Written over what is there, then cut: the file is never empty for somebody who looks meanwhile. */
	ssize_t n = pwrite(fd, text, len, 0);
	int error = n == (ssize_t)len ? 0 : n >= 0 ? ENOSPC : errno;
	if (error == 0 && ftruncate(fd, (off_t)len) != 0)
		error = errno;
	close(fd);
	return error == 0 ? 0 : fault_errno(fault, "Cannot write to the state folder", dir, error);
}

int
statedir_open(const char *state_dir, int64_t wait_ms, struct statedir_fault *ret_fault)
{
	char path[PATH_MAX];

	*ret_fault = (struct statedir_fault){ 0 };
	if (make_folders(state_dir, ret_fault) != 0 || check_folder(state_dir, ret_fault) != 0)
		return -1;
	if (!str_format(path, sizeof path, "%s/fused.lock", state_dir))
		return fault_errno(ret_fault, "Cannot use the state folder", state_dir, ENAMETOOLONG);
	/* To read only: every child inherits it, and none shall fill the disk through it. */
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0)
		return fault_errno(ret_fault, "Cannot write to the state folder", state_dir, errno);
	/* The lock first: whoever holds it matters more than a full disk. */
	if (take_lock(fd, state_dir, wait_ms, ret_fault) != 0 || prove_writable(state_dir, ret_fault) != 0 ||
	    write_pid(path, state_dir, ret_fault) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* nftw() has no argument for its callback; one start, one thread. */
static struct {
	uid_t uid;
	gid_t gid;
	struct statedir_fault *fault;
} handing_over;

static int
hand_over(const char *path, const struct stat *st, int type, struct FTW *place)
{
	struct statedir_fault *fault = handing_over.fault;

	(void)place;
	if (type == FTW_NS || type == FTW_DNR)
		return fault_errno(fault, "Cannot look into", path, EACCES);
	if (st->st_uid == handing_over.uid && st->st_gid == handing_over.gid)
		return 0;
	/* A second name may be one outside of the store, and its file is not ours to give away. */
	if (S_ISREG(st->st_mode) && st->st_nlink > 1) {
		fault->exit_code = EXIT_NO_PERMISSION;
		str_format(fault->sentence, sizeof fault->sentence,
			   "The file %s has a second name elsewhere (a hard link), so it is not given to Fuse's own "
			   "user. Copy it to a file of its own.",
			   path);
		return -1;
	}
	if (lchown(path, handing_over.uid, handing_over.gid) == 0)
		return 0;
	fault->exit_code = EXIT_NO_PERMISSION;
	str_format(fault->sentence, sizeof fault->sentence,
		   "%s belongs to another user, whom a Fuse ran as before (%s). Run Fuse as that user, or as root: "
		   "chown -R %u:%u to that folder.",
		   path, strerror(errno), (unsigned)handing_over.uid, (unsigned)handing_over.gid);
	return -1;
}

int
statedir_prepare_store(const char *state_dir, uid_t uid, gid_t gid, struct statedir_fault *ret_fault)
{
	char name[PATH_MAX], path[PATH_MAX];
	struct stat st;

	*ret_fault = (struct statedir_fault){ 0 };
	if (!str_format(name, sizeof name, "%s/store", state_dir))
		return fault_errno(ret_fault, "Cannot make the folder", state_dir, ENAMETOOLONG);
	if (mkdir(name, 0700) != 0 && errno != EEXIST)
		return fault_errno(ret_fault, "Cannot make the folder", name, errno);
	/* An owner may have put it on another disk and left a link. */
	if (realpath(name, path) == NULL)
		return fault_errno(ret_fault, "Cannot use the folder", name, errno == ENOENT ? EEXIST : errno);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return fault_errno(ret_fault, "Cannot use the folder", name, ENOTDIR);
	handing_over.uid = uid;
	handing_over.gid = gid;
	handing_over.fault = ret_fault;
	if (nftw(path, hand_over, 16, FTW_PHYS) != 0)
		return ret_fault->exit_code != 0 ? -1 : fault_errno(ret_fault, "Cannot look into", name, errno);
	if ((st.st_mode & 07777) != 0700 && chmod(path, 0700) != 0)
		return fault_errno(ret_fault, "Cannot close the folder to others:", name, errno);
	return 0;
}

/* -- virtual printers ------------------------------------------------------------------------------ */

void
statedir_virtual(const char *state_dir, const char *entry, char *ret_path, size_t cap)
{
	str_format(ret_path, cap, "%s/virtual/%s", state_dir, entry);
}

/* By descriptor: nobody swaps the folder under our hands for a link. */
static int
own_folder(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = fchown(fd, uid, gid) == 0 ? fchmod(fd, mode) : -1;
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int
statedir_prepare_virtual(const char *state_dir, const char *entry, uid_t uid, gid_t gid)
{
	char path[PATH_MAX];

	/* An entry is a word of letters and digits (entries.c), but dots are among them. */
	if (entry[0] == '.') {
		errno = EINVAL;
		return -1;
	}
	str_format(path, sizeof path, "%s/virtual", state_dir);
	if (own_folder(path, 0711, geteuid(), getegid()) != 0)
		return -1;
	statedir_virtual(state_dir, entry, path, sizeof path);
	return own_folder(path, 0700, uid, gid);
}

struct removal {
	dev_t device;
	unsigned left; /* so many entries may still go */
};

static int remove_folder(int parent, const char *name, struct removal *removal, unsigned depth);

static int
fail_with(int error)
{
	errno = error;
	return -1;
}

static int
remove_entry(int folder, const char *name, struct removal *removal, unsigned depth)
{
	if (removal->left-- == 0)
		return fail_with(E2BIG);
	/* A link goes, and not what it leads to. Linux says EISDIR of a folder. */
	if (unlinkat(folder, name, 0) == 0)
		return 0;
	return errno == EISDIR ? remove_folder(folder, name, removal, depth + 1) : -1;
}

/* Takes the descriptor. */
static int
empty_folder(int fd, struct removal *removal, unsigned depth)
{
	const struct dirent *entry;
	int result = 0;
	DIR *folder = fdopendir(fd);

	if (folder == NULL) {
		int saved = errno;
		close(fd);
		return fail_with(saved);
	}
	while (result == 0 && (errno = 0, entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = remove_entry(fd, entry->d_name, removal, depth);
	int saved = errno;
	closedir(folder);
	errno = saved;
	return result == 0 && saved != 0 ? -1 : result;
}

/* It becomes ours first: root without the right to others' files (etc/fuse.service) may empty only its own. */
static int
remove_folder(int parent, const char *name, struct removal *removal, unsigned depth)
{
	struct stat st;

	if (depth > STATEDIR_VIRTUAL_DEPTH_MAX)
		return fail_with(ELOOP);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int error = fstat(fd, &st) != 0 ? errno : st.st_dev != removal->device ? EXDEV
		    : fchown(fd, geteuid(), getegid()) != 0 || fchmod(fd, 0700) != 0 ? errno : 0;
	if (error != 0) {
		close(fd);
		return fail_with(error);
	}
	return empty_folder(fd, removal, depth) == 0 ? unlinkat(parent, name, AT_REMOVEDIR) : -1;
}

int
statedir_remove_virtual(const char *state_dir, const char *entry)
{
	char path[PATH_MAX];
	struct stat st;

	if (entry[0] == '\0' || entry[0] == '.' || strchr(entry, '/') != NULL)
		return fail_with(EINVAL);
	str_format(path, sizeof path, "%s/virtual", state_dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	struct removal removal = { .left = STATEDIR_VIRTUAL_FILES_MAX };
	int result = fstat(fd, &st);
	if (result == 0) {
		removal.device = st.st_dev;
		result = remove_folder(fd, entry, &removal, 0);
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return result != 0 && saved == ENOENT ? 0 : result;
}
