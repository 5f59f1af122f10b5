/*
 * process: restart, retry, reload: what the supervisor is asked to do.
 */
#include "common/str.h"
#include "fusectl/ctl.h"

/* A name that no process can have is not sent: it would not fit. */
static enum outcome
copy_process(struct ctl *ctl, char *ret_process, size_t cap)
{
	const char *process = ctl->args.word_count > 0 ? ctl->args.words[0] : "";

	if (str_copy(ret_process, cap, process))
		return OUTCOME_DONE;
	failure_say(&ctl->failure, OUTCOME_NOT_FOUND, "No process has so long a name.");
	failure_remedy(&ctl->failure, "`fusectl ps` lists them.");
	return OUTCOME_NOT_FOUND;
}

enum outcome
command_restart(struct ctl *ctl)
{
	struct msg_proc_restart restart;
	enum outcome outcome = copy_process(ctl, restart.process, sizeof restart.process);
	char done[sizeof restart.process + 32];

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl->args.word_count > 0)
		str_format(done, sizeof done, "%s is being restarted.", restart.process);
	else
		str_copy(done, sizeof done, "All processes are being restarted.");
	return ctl_request(ctl, ROLE_SUPERVISOR, MESSAGE_PROC_RESTART, &restart, done);
}

enum outcome
command_retry(struct ctl *ctl)
{
	struct msg_proc_retry retry;
	enum outcome outcome = copy_process(ctl, retry.process, sizeof retry.process);
	char done[sizeof retry.process + 32];

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_format(done, sizeof done, "%s is being started.", retry.process);
	return ctl_request(ctl, ROLE_SUPERVISOR, MESSAGE_PROC_RETRY, &retry, done);
}

enum outcome
command_reload(struct ctl *ctl)
{
	return ctl_request(ctl, ROLE_SUPERVISOR, MESSAGE_RELOAD, &(struct msg_reload){},
			   "The configuration was read again.");
}
