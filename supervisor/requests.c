/*
 * requests: answer what is asked of the supervisor itself.
 */
#include "supervisor/requests.h"

#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"
#include "supervisor/console.h"
#include "supervisor/door.h"
#include "supervisor/house.h"
#include "supervisor/stand.h"

static void
refuse_unknown_process(struct house *house, struct peer *peer, const struct header *request, const char *name)
{
	char sentence[200];

	str_format(sentence, sizeof sentence, "There is no process %s.", name);
	switchboard_say_refused(house->board, peer, request, REFUSAL_NOT_FOUND, sentence, "`fusectl ps` lists them.");
}

static bool
refuse_while_stopping(struct house *house, struct peer *peer, const struct header *request)
{
	if (house->phase != HOUSE_STOPPING)
		return false;
	switchboard_say_refused(house->board, peer, request, REFUSAL_CONFLICT, "Fuse is stopping.", "");
	return true;
}

static void
restart_process(struct house *house, struct peer *peer, const struct header *request, const char *name)
{
	char sentence[200];

	if (refuse_while_stopping(house, peer, request))
		return;
	if (name[0] == '\0') {
		switchboard_say_done(house->board, peer, request, "All processes are stopped in order and started anew.");
		house_restart(house);
		return;
	}
	struct proc *proc = house_find_proc(house, name);
	if (proc == NULL) {
		refuse_unknown_process(house, peer, request, name);
		return;
	}
	str_format(sentence, sizeof sentence, "%s is stopped and started anew.", proc->name);
	switchboard_say_done(house->board, peer, request, sentence);
	log_info("a person restarts a process", log_str("process", proc->name));
	proc_event(proc, LIFE_EV_RESTART, NULL);
}

static void
retry_process(struct house *house, struct peer *peer, const struct header *request, const char *name)
{
	char sentence[200];

	if (refuse_while_stopping(house, peer, request))
		return;
	struct proc *proc = house_find_proc(house, name);
	if (proc == NULL) {
		refuse_unknown_process(house, peer, request, name);
		return;
	}
	if (proc->life.state != LIFE_HELD && proc->life.state != LIFE_BACKOFF) {
		str_format(sentence, sizeof sentence, "%s is %s; there is nothing to retry.", proc->name,
			   life_state_name(proc->life.state));
		switchboard_say_refused(house->board, peer, request, REFUSAL_CONFLICT, sentence, "");
		return;
	}
	str_format(sentence, sizeof sentence, "%s is started now.", proc->name);
	switchboard_say_done(house->board, peer, request, sentence);
	log_info("a person retries a process", log_str("process", proc->name));
	proc_event(proc, LIFE_EV_RETRY, NULL);
}

static void
reload(struct house *house, struct peer *peer, const struct header *request)
{
	char sentence[240];

	if (refuse_while_stopping(house, peer, request))
		return;
	if (house_reload(house, sentence, sizeof sentence))
		switchboard_say_done(house->board, peer, request, sentence);
	else
		switchboard_say_refused(house->board, peer, request, REFUSAL_INVALID, sentence,
					"Mend the line; until then the old configuration stays in force.");
}

struct line_target {
	struct house *house;
	struct peer *peer;
	const struct header *request;
};

static void
send_line(void *arg, const char *line, size_t len)
{
	struct line_target *target = arg;
	struct msg_log_line message = { 0 };

	str_format(message.line, sizeof message.line, "%.*s", (int)len, line);
	switchboard_say(target->house->board, target->peer, MESSAGE_LOG_LINE, target->request, &message, -1);
}

static void
show_logs(struct house *house, struct peer *peer, const struct header *request, const struct msg_logs *logs)
{
	struct line_target target = { house, peer, request };

	if (logs->follow && peer->role != ROLE_CTL && !follow_begin(&house->followers, house->board, request)) {
		switchboard_say_refused(house->board, peer, request, REFUSAL_BUSY, "As many as can follow the log already.",
					"End one of them.");
		return;
	}
	logbook_newest(house->logbook, logs->lines, send_line, &target);
	if (logs->follow && peer->role == ROLE_CTL)
		door_follow(house->door, peer, request);
	else if (!logs->follow)
		switchboard_say_done(house->board, peer, request, "");
}

/* A child could not decode what another had sent it: the sender pays, if it is still the same one. */
static void
blame(struct house *house, struct peer *witness, const struct msg_bad_message *bad)
{
	struct peer *sender = switchboard_find(house->board, bad->role, (uint16_t)bad->slot);
	const struct message_spec *spec = message_spec_peek(bad->number);
	char what[OFFENCE_BYTES];

	if (sender == NULL || sender->generation != bad->generation || spec == NULL ||
	    !(spec->to & ROLE_BIT(witness->role)) || !(spec->from & ROLE_BIT(sender->role)))
		return;
	str_format(what, sizeof what, "sent a malformed %s to a %s: it %s", spec->name, role_name(witness->role), bad->fault);
	switchboard_offend(house->board, sender, what);
}

static void
on_message(void *arg, struct peer *peer, const struct header *header, const void *message, int fd)
{
	struct house *house = arg;

	if (fd >= 0)
		close(fd); /* no message to the supervisor carries one */
	switch (header->number) {
	case MESSAGE_RECALL:
		switchboard_recall(house->board, peer, header, ((const struct msg_recall *)message)->number);
		break;
	case MESSAGE_PROC_RESTART:
		restart_process(house, peer, header, ((const struct msg_proc_restart *)message)->process);
		break;
	case MESSAGE_PROC_RETRY:
		retry_process(house, peer, header, ((const struct msg_proc_retry *)message)->process);
		break;
	case MESSAGE_RELOAD:
		reload(house, peer, header);
		break;
	case MESSAGE_LOGS:
		show_logs(house, peer, header, message);
		break;
	case MESSAGE_HELPER_WANT:
		helpers_want(house, peer, header, message);
		break;
	case MESSAGE_HELPER_END:
		helpers_end(house, peer, message);
		break;
	case MESSAGE_VIRTUAL_MOVE:
		stand_move(peer->owner, header);
		break;
	case MESSAGE_VIRTUAL_PLACE:
		stand_try(house, peer, header, message);
		break;
	case MESSAGE_LOGS_END:
		follow_end(&house->followers, house->board, peer, ((const struct msg_logs_end *)message)->logs_request);
		break;
	case MESSAGE_BAD_MESSAGE:
		blame(house, peer, message);
		break;
	case MESSAGE_SETTING: {
		const struct msg_setting *setting = message;
		house_on_setting(house, setting->name, setting->value);
		break;
	}
	case MESSAGE_PRINTER:
		house_on_printer(house, header->retain_key, message);
		break;
	case MESSAGE_SETUP_CODE_SHOW:
		if (house_is_guarded(house, LISTENER_HTTP) || house_is_guarded(house, LISTENER_STATS))
			console_show_setup_code(&((const struct msg_setup_code_show *)message)->code,
						house->listeners[LISTENER_HTTP].address);
		break;
	case MESSAGE_STORE_STATUS:
		break; /* fusectl recalls it; the supervisor has no use for it yet */
	default:
		if (peer->role != ROLE_CTL)
			proc_on_message(peer->owner, header, message);
		break;
	}
}

static void
on_offence(void *arg, struct peer *peer, const char *what)
{
	struct house *house = arg;

	if (peer->role == ROLE_CTL)
		door_show_out(house->door, peer, what);
	else
		proc_event(peer->owner, LIFE_EV_OFFENCE, what);
}

const struct switchboard_events requests_events = { on_message, on_offence };
