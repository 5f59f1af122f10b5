/*
 * house_reload: what may change while the house is open: settings of the log, and the configuration.
 */
#include "supervisor/house.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "ipc/settings.h"

/* -- log level and settings ---------------------------------------------------------------------------- */

enum log_level
house_log_level(const struct house *house)
{
	return house->config.log_level_given ? house->config.log_level : house->setting_level;
}

void
house_apply_log_level(struct house *house)
{
	struct msg_log_level message = { .level = (uint32_t)house_log_level(house) };
	struct proc *proc;

	if (message.level == (uint32_t)log_level())
		return;
	log_set_level((enum log_level)message.level);
	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->pid != 0 && proc->peer.greeted)
			switchboard_say(house->board, &proc->peer, MESSAGE_LOG_LEVEL, NULL, &message, -1);
}

void
house_on_setting(struct house *house, const char *name, const char *value)
{
	if (strcmp(name, "logLevel") == 0 && log_level_parse(value, &house->setting_level))
		house_apply_log_level(house);
	else if (strcmp(name, "logToFile") == 0)
		house->log_file.on = setting_truth(value);
	else if (strcmp(name, "logFileMaxKib") == 0)
		house->log_file.max_bytes = (uint64_t)setting_number(value) * 1024;
	else if (strcmp(name, "logFileKeep") == 0)
		house->log_file.keep = (unsigned)setting_number(value);
	else
		return;
	logbook_set_file(house->logbook, &house->log_file);
}

/* -- reload ---------------------------------------------------------------------------------------------- */

/* New sockets first: when one cannot be had, nothing has changed. */
static bool
reload_listeners(struct house *house, const struct config *fresh, bool *ret_changed, char *ret_sentence, size_t cap)
{
	const char *const wanted[] = { fresh->http, fresh->stats };
	const char *const present[] = { house->config.http, house->config.stats };
	static const char *const options[] = { "--http", "--stats" };
	struct listener opened[LISTENER_PURPOSE_COUNT] = { { .fd = -1 }, { .fd = -1 } };

	*ret_changed = false;
	for (unsigned i = 0; i < LISTENER_PURPOSE_COUNT; i++) {
		if (strcmp(wanted[i], present[i]) == 0)
			continue;
		if (!listener_open(&opened[i], wanted[i], options[i], ret_sentence, cap)) {
			listener_close(&opened[0]);
			return false;
		}
	}
	for (unsigned i = 0; i < LISTENER_PURPOSE_COUNT; i++) {
		if (strcmp(wanted[i], present[i]) == 0)
			continue;
		listener_close(&house->listeners[i]);
		house->listeners[i] = opened[i];
		*ret_changed = true;
	}
	return true;
}

bool
house_reload(struct house *house, char *ret_sentence, size_t cap)
{
	static struct config fresh; /* large */
	struct config_fault fault;
	struct proc *httpd;
	bool listeners_changed, access_changed;

	if (!config_load(&house->args, &fresh, &fault)) {
		str_copy(ret_sentence, cap, fault.sentence);
		return false;
	}
	if (strcmp(fresh.state_dir, house->config.state_dir) != 0) {
		str_format(ret_sentence, cap, "The state folder cannot change while Fuse runs. Stop Fuse and start it again.");
		return false;
	}
	if (!reload_listeners(house, &fresh, &listeners_changed, ret_sentence, cap))
		return false;
	access_changed = fresh.local_access != house->config.local_access ||
			 strcmp(fresh.trusted_proxy, house->config.trusted_proxy) != 0;
	house->config = fresh;
	house_apply_log_level(house);
	httpd = house_find_proc(house, "httpd");
	if ((listeners_changed || access_changed) && httpd != NULL && house->phase == HOUSE_RUNNING)
		proc_event(httpd, LIFE_EV_RESTART, NULL);
	str_format(ret_sentence, cap, "Configuration read%s.", listeners_changed ? "; the pages have a new address" : "");
	log_info("configuration read again", log_bool("new_address", listeners_changed));
	loop_timer_set(house->advance, 0);
	return true;
}
