/*
 * sandbox: lock the door from inside. The table of what stays allowed is sandbox.def.
 *
 * Landlock first, seccomp last: the filter does not allow the calls that set Landlock up. What
 * Landlock lacks on an older kernel is named for the log; without seccomp there is no going on.
 * The only door to libseccomp.
 */
#include "common/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/str.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZER_BUILD 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZER_BUILD 1
#endif
#ifndef SANITIZER_BUILD
#define SANITIZER_BUILD 0
#endif

/* -- the table as data ----------------------------------------------------------------------- */

/* What allows one system call: in any form, for this process's own id, or by the bits of an argument or two. */
struct call {
	const char *name;
	enum { ANY, OWN_PID, MASKED, MASKED_BOTH } condition;
	struct { unsigned arg; uint64_t mask, value; } only[2];
};

#define CALL(name) { #name, ANY, { { 0, 0, 0 } } },
#define CALL_OWN_PID(name) { #name, OWN_PID, { { 0, 0, 0 } } },
#define CALL_IF(name, arg, mask, value) { #name, MASKED, { { arg, mask, value } } },
#define CALL_IF_BOTH(name, arg, mask, value, arg_2, mask_2, value_2) \
	{ #name, MASKED_BOTH, { { arg, mask, value }, { arg_2, mask_2, value_2 } } },
#define GROUP(NAME, calls) static const struct call calls_of_##NAME[] = { calls { NULL, ANY, { { 0, 0, 0 } } } };
#include "common/sandbox.def"

enum group {
#define GROUP(NAME, calls) GROUP_##NAME,
#include "common/sandbox.def"
};

static const struct call *const groups[] = {
#define GROUP(NAME, calls) calls_of_##NAME,
#include "common/sandbox.def"
};

#define USES(NAME) | 1u << GROUP_##NAME
static const struct { const char *name; unsigned groups; } profiles[] = {
#define PROFILE(NAME, name, groups) { #name, 0 groups },
#include "common/sandbox.def"
};

/* -- Landlock -------------------------------------------------------------------------------- */

/*
 * The kernel's numbers (include/uapi/linux/landlock.h): Debian 12's headers end at version 2,
 * its newer kernels do not. Each right came with a version of the interface ("ABI").
 */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,     /* ABI 2; before, a file can never move to another folder */
	FS_TRUNCATE = 1 << 14,  /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
	NET_BIND_TCP = 1,       /* ABI 4 */
	NET_CONNECT_TCP = 2,    /* ABI 4 */
	SCOPE_SOCKETS = 1,      /* ABI 6: abstract unix sockets of others */
	SCOPE_SIGNALS = 2,      /* ABI 6: signals to others */

	FS_OF_A_FILE = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	FS_TO_READ = FS_READ_FILE | FS_READ_DIR,
	FS_TO_WRITE = FS_TO_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |
		      FS_REFER | FS_TRUNCATE,
};

struct landlock_ruleset {
	uint64_t fs, net, scopes;
};

struct landlock_path {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

#define RULESET_VERSION 1 /* flag: tell the version */
#define RULE_PATH_BENEATH 1

#ifndef SYS_landlock_create_ruleset /* the same numbers on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

static void
append_unapplied(char *list, size_t cap, const char *what)
{
	size_t used = strlen(list);

	str_format(list + used, cap - used, "%s%s", used ? "," : "", what);
}

/* What this kernel's version of Landlock can take away; what it cannot is added to the list. A profile that may
 * connect may do so to any port: where its peers listen is not known beforehand. */
static struct landlock_ruleset
landlock_rights(long abi, unsigned chosen, char *unapplied, size_t cap)
{
	struct landlock_ruleset rights = { .fs = FS_ABI_1 };
	uint64_t network = chosen & 1u << GROUP_CONNECT ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
	const struct { long abi; uint64_t *where, what; const char *name; } later[] = {
		{ 2, &rights.fs, FS_REFER, NULL },
		{ 3, &rights.fs, FS_TRUNCATE, "landlock-truncate" },
		{ 4, &rights.net, network, "landlock-network" },
		{ 5, &rights.fs, FS_IOCTL_DEV, "landlock-ioctl" },
		{ 6, &rights.scopes, SCOPE_SOCKETS, "landlock-sockets" },
		{ 6, &rights.scopes, SCOPE_SIGNALS, "landlock-signals" },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(later); i++) {
		if (abi >= later[i].abi)
			*later[i].where |= later[i].what;
		else if (later[i].name != NULL)
			append_unapplied(unapplied, cap, later[i].name);
	}
	return rights;
}

/* Leave `path` reachable. One that cannot be opened is skipped: it stays unreachable. */
static int
landlock_allow(int ruleset, uint64_t handled, const struct sandbox_path *path)
{
	struct landlock_path rule = { .allowed = handled & (path->writable ? FS_TO_WRITE : FS_TO_READ) };
	struct stat status;

	rule.fd = open(path->path, O_PATH | O_CLOEXEC);
	if (rule.fd < 0)
		return 0;
	if (fstat(rule.fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed &= FS_OF_A_FILE;
	long result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	int kept = errno;
	close(rule.fd);
	errno = kept;
	return result < 0 ? -1 : 0;
}

static int
landlock_allow_all(int ruleset, uint64_t handled, const struct sandbox_path *paths, size_t path_count)
{
	/* Not /proc/self alone: procfs may give a process a new inode, which the rule would not know. */
	static const struct sandbox_path of_sanitizer = { "/proc", false };

	for (size_t i = 0; i < path_count; i++)
		if (landlock_allow(ruleset, handled, &paths[i]) != 0)
			return -1;
	return SANITIZER_BUILD ? landlock_allow(ruleset, handled, &of_sanitizer) : 0;
}

static void
landlock_enter(unsigned chosen, const struct sandbox_path *paths, size_t path_count, char *unapplied, size_t cap)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
	struct landlock_ruleset rights;
	int ruleset = -1;

	if (abi >= 1) {
		rights = landlock_rights(abi, chosen, unapplied, cap);
		/* Older kernels know a shorter struct, and take a longer one whose rest is zero. */
		ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
	}
	if (ruleset < 0 || landlock_allow_all(ruleset, rights.fs, paths, path_count) != 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
		unapplied[0] = '\0'; /* the parts are missing with the whole */
		append_unapplied(unapplied, cap, "landlock");
	}
	if (ruleset >= 0)
		close(ruleset);
}

/* -- seccomp --------------------------------------------------------------------------------- */

static int
allow_call(scmp_filter_ctx filter, const struct call *call)
{
	int number = seccomp_syscall_resolve_name(call->name);

	if (number == __NR_SCMP_ERROR)
		return 0; /* newer than this libseccomp: it stays forbidden */
	struct scmp_arg_cmp only[2];
	for (size_t i = 0; i < STR_ARRAY_LEN(only); i++)
		only[i] = (struct scmp_arg_cmp){ call->only[i].arg, SCMP_CMP_MASKED_EQ, call->only[i].mask,
						 call->only[i].value };
	if (call->condition == OWN_PID)
		only[0] = (struct scmp_arg_cmp){ 0, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)getpid() };
	unsigned count = call->condition == ANY ? 0 : call->condition == MASKED_BOTH ? 2 : 1;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, only);
}

static int
allow_groups(scmp_filter_ctx filter, unsigned chosen)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(groups); i++) {
		if (!(chosen & 1u << i))
			continue;
		for (const struct call *call = groups[i]; call->name != NULL; call++) {
			int result = allow_call(filter, call);
			if (result != 0)
				return result;
		}
	}
	return 0;
}

/* Returns 0, or a negative errno as libseccomp gives it. */
static int
seccomp_enter(unsigned chosen)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = -ENOMEM;

	if (filter == NULL)
		return result;
	if ((result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)) == 0 &&
	    (result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) == 0 &&
	    (result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) == 0 &&
	    (result = allow_groups(filter, chosen)) == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

int
sandbox_enter(enum sandbox_profile profile, const struct sandbox_path *paths, size_t path_count,
	      char *ret_unapplied, size_t cap)
{
	if (cap > 0)
		ret_unapplied[0] = '\0';
	if (profile >= SANDBOX_PROFILE_COUNT || cap == 0) {
		errno = EINVAL;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -1;
	unsigned chosen = profiles[profile].groups | (SANITIZER_BUILD ? 1u << GROUP_SANITIZER : 0);
	landlock_enter(chosen, paths, path_count, ret_unapplied, cap);
	if (SANITIZER_BUILD)
		append_unapplied(ret_unapplied, cap, "sanitizer-build");
	int result = seccomp_enter(chosen);
	if (result != 0) {
		errno = -result;
		return -1;
	}
	return 0;
}

const char *
sandbox_profile_name(enum sandbox_profile profile)
{
	return profile < SANDBOX_PROFILE_COUNT ? profiles[profile].name : "?";
}
