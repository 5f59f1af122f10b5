/*
 * check: one short-lived process reads everything; how it ends is the answer.
 */
#include "stored/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/str.h"
#include "stored/files.h"
#include "stored/store.h"

/* In the checker: say what was found, and end. */
_Noreturn static void
check_and_report(const char *file, int report_fd)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	struct store_counts counts;
	struct fault fault;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < STR_ARRAY_LEN(fatal); i++)
		signal(fatal[i], SIG_DFL); /* whatever its parent does about them, the checker just dies */
	struct store *store = store_open(file, STORE_MODE_READ, &fault);
	if (store != NULL)
		store_verify(store, &counts, &fault);
	store_close(store);
	if (write(report_fd, &fault, sizeof fault) != (ssize_t)sizeof fault)
		_exit(1);
	_exit(0);
}

/* Read the report until it is whole, the checker is gone, or the time is over. */
static bool
await_report(int fd, int64_t timeout_ms, struct fault *ret_fault, bool *ret_late)
{
	uint8_t *at = (uint8_t *)ret_fault;
	size_t have = 0;
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;

	*ret_late = false;
	while (have < sizeof *ret_fault) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left_ms = end_ms - clock_monotonic_ms();
		int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			*ret_late = true;
			return false;
		}
		ssize_t n = read(fd, at + have, sizeof *ret_fault - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	ret_fault->sentence[sizeof ret_fault->sentence - 1] = '\0';
	return true;
}

/* The checker said what it found: which of it can be believed, and what it means. */
static enum outcome
judge_report(struct fault *fault)
{
	switch (fault->outcome) {
	case OUTCOME_DONE:
	case OUTCOME_ABSENT:
	case OUTCOME_TOO_NEW:
	case OUTCOME_READ_ONLY:
	case OUTCOME_STARVED:
		return fault->outcome;
	case OUTCOME_NO_SPACE:
	case OUTCOME_TOO_BIG:
	case OUTCOME_DAMAGED:
	case OUTCOME_NO_KEY:
	case OUTCOME_FAILED:
		break;
	}
	return fault->outcome = OUTCOME_DAMAGED;
}

static enum outcome
judge_silence(pid_t checker, bool late, int64_t timeout_ms, struct fault *ret_fault)
{
	char sentence[160];
	int status = 0;

	if (late)
		kill(checker, SIGKILL);
	while (waitpid(checker, &status, 0) < 0 && errno == EINTR)
		continue;
	if (late)
		str_format(sentence, sizeof sentence,
			   "The database could not be checked within %lld seconds.",
			   (long long)timeout_ms / 1000);
	else if (WIFSIGNALED(status))
		str_format(sentence, sizeof sentence,
			   "The database is damaged: reading it crashed the checker (%s).",
			   strsignal(WTERMSIG(status)));
	else
		str_format(sentence, sizeof sentence,
			   "The database is damaged: reading it stopped the checker.");
	return fault_say(ret_fault, OUTCOME_DAMAGED, sentence);
}

enum outcome
check_database(const char *file, int64_t timeout_ms, struct fault *ret_fault)
{
	int ends[2];
	bool late;

	if (!files_exists(file))
		return fault_say(ret_fault, OUTCOME_ABSENT, "There is no database.");
	if (pipe(ends) != 0)
		return fault_say(ret_fault, OUTCOME_STARVED, "Could not start the check of the database.");
	pid_t checker = fork();
	if (checker == 0) {
		close(ends[0]);
		check_and_report(file, ends[1]);
	}
	close(ends[1]);
	if (checker < 0) {
		close(ends[0]);
		return fault_say(ret_fault, OUTCOME_STARVED, "Could not start the check of the database.");
	}
	bool told = await_report(ends[0], timeout_ms, ret_fault, &late);
	close(ends[0]);
	if (!told)
		return judge_silence(checker, late, timeout_ms, ret_fault);
	while (waitpid(checker, NULL, 0) < 0 && errno == EINTR)
		continue;
	return judge_report(ret_fault);
}
