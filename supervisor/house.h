/*
 * house: fused as a whole: what it holds, how it comes up, reloads, and goes down in order.
 */
#ifndef FUSE_SUPERVISOR_HOUSE_H
#define FUSE_SUPERVISOR_HOUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "ipc/role.h"
#include "ipc/terms.h"
#include "supervisor/config.h"
#include "supervisor/entries.h"
#include "supervisor/follow.h"
#include "supervisor/helpers.h"
#include "supervisor/listener.h"
#include "supervisor/logbook.h"
#include "supervisor/notify.h"
#include "supervisor/proc.h"
#include "supervisor/switchboard.h"

struct door;

#define HOUSE_STOP_TOTAL_MS 19000 /* all children, from the first STOP; DESIGN promises 20 s */

/* Where the house stands. */
enum house_phase {
	HOUSE_STARTING, /* stored is being started; the others wait for what it has to say */
	HOUSE_RUNNING,
	HOUSE_STOPPING, /* rank by rank; then it ends, or starts anew (restart_after) */
};

/* What is the same for all processes of a role. */
struct role_kit {
	const struct proc_spec *spec;
	struct spawn_identity identity;
	int binary_fd; /* -1: its binary is missing */
	char binary_path[4200];
};

struct house {
	struct loop *loop;
	struct config config;
	struct config_args args;
	struct logbook *logbook;
	struct logbook_file log_file;
	struct notify notify;
	struct switchboard *board;
	struct door *door;
	struct followers followers;
	struct helpers helpers;
	struct listener listeners[LISTENER_PURPOSE_COUNT];
	int lock_fd;
	struct role_kit kits[ROLE_LIMIT];
	struct entries printers; /* each has a worker */
	TAILQ_HEAD(, proc) procs;
	uint32_t last_generation;
	struct loop_timer *tick, *phase_timer, *advance;
	int64_t last_tick_ms, started_wall_ms;
	enum house_phase phase;
	bool announced;       /* systemd and the log know that we are ready */
	bool restart_after;   /* stop, then start again */
	unsigned stop_rank;   /* the rank that is being stopped */
	int exit_code;
	enum log_level setting_level; /* the setting logLevel */
	char why_stopping[240];
};

/* Start the children. The house's parts are in place (main.c). */
void house_open(struct house *house);

/* Stop everything in order and leave with `exit_code`; `why` for the log and fusectl. A second call hurries: SIGKILL. */
void house_close(struct house *house, int exit_code, const char *why);

/* Stop everything in order and start it anew. */
void house_restart(struct house *house);

/* Read the configuration again; change only what changed. False with the sentence of what is wrong: then
 * nothing changed. */
bool house_reload(struct house *house, char *ret_sentence, size_t cap);

/* A process changed its state: publish it, and see whether the house moves on. The process may be freed. */
void house_on_proc_changed(struct house *house, struct proc *proc);

/* Publish FUSE_STATUS and tell systemd. */
void house_publish(struct house *house);

/* Is this listener reached from beyond this machine, so that the password is asked there? */
bool house_is_guarded(const struct house *house, enum listener_purpose purpose);

/* "worker/X", "httpd" → the process; NULL when there is none. */
struct proc *house_find_proc(struct house *house, const char *name);

/* The level that children shall log from. */
enum log_level house_log_level(const struct house *house);
void house_apply_log_level(struct house *house);

/* The supervisor hears of a printer of stored's: the one at this place; its serial "" = there is none (any more). */
void house_on_printer(struct house *house, uint32_t place, const struct msg_printer *printer);

/* The supervisor hears a setting of stored's. */
void house_on_setting(struct house *house, const char *name, const char *value);

#endif
