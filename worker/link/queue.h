/*
 * queue: one printer's print jobs as a state machine without I/O: what happened, what the printer looks like and what
 * time it is go in; what is to be done comes out through struct queue_duties. Driven by the worker's loop and by tests
 * alike. Which steps there are: printer/job.h. How a job goes, for a reader: docs/architecture.md, "A print job".
 *
 * What always holds:
 *	- A job moves by JOB_STEP alone, one at a time, and nothing is done before the store has answered DONE.
 *	- The start (project_file) is handed to MQTT at most once for a job, after ARMED is on disk, by the
 *	  incarnation of the worker that armed it. Whoever finds a job ARMED or SENT only watches.
 *	- Jobs go in the order of their coming; the first that has not ended has its turn, the others wait. A job
 *	  that is UNKNOWN keeps its turn: its start may still come, or a person must say what became of it.
 *	- A file begins its way to the printer, and is deleted there, only while that does not print. What is
 *	  deleted are files of jobs that have ended, as their records name them; never anything else.
 *	- A print that Fuse did not start is never claimed, stopped or cleaned up.
 *
 * What makes a job wait and what ends it: trouble that every job would have with this printer as it is now, and that
 * goes away at the printer (no link, busy, no storage, an update, Developer Mode off, an open door, a fault that it
 * reports, a lost upload), makes it WAIT and is looked at again with each report that changes something of it.
 * Trouble of this job (file, model, nozzle, slots) ends it as NOT_STARTED: a person has to decide, and `again` is
 * one click.
 */
#ifndef FUSE_WORKER_LINK_QUEUE_H
#define FUSE_WORKER_LINK_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"
#include "printer/command.h"
#include "printer/models.h"
#include "printer/plates.h"
#include "printer/project_file.h"
#include "printer/report.h"
#include "printer/state.h"

#ifndef QUEUE_HURRY
#define QUEUE_HURRY 1 /* the worker that stands still at crash points is built with more (Makefile) */
#endif

#define QUEUE_JOBS_MAX 1024 /* of one printer; the store keeps no more in all */
#define QUEUE_START_MS (180000 / QUEUE_HURRY) /* from the start that was sent to UNKNOWN; no reconnect meanwhile */
#define QUEUE_SETTLE_MS (10000 / QUEUE_HURRY) /* so long a printer must look idle before its print counts as gone … */
#define QUEUE_OTHER_MS (30000 / QUEUE_HURRY) /* … or busy with another before that counts */
#define QUEUE_STOP_GAP_MS (30000 / QUEUE_HURRY) /* a stop that does not help is sent again after this … */
#define QUEUE_STOPS_MAX 10	  /* … so many times in all */
#define QUEUE_STOPPED_MS 120000	  /* an end so soon after a person's stop came of it */
#define QUEUE_RETRY_FIRST_MS 500  /* after a step that the store did not take: doubles … */
#define QUEUE_RETRY_MAX_MS 30000  /* … to this */
#define QUEUE_PLATE_AGAIN_MS 2000 /* after a PLATE_USED that the store did not take */
#define QUEUE_UPLOADS_MAX 10	  /* that fail in a row while the printer is linked */
#define QUEUE_EXAMINE_MS 30000	  /* a file that is being examined is asked for again */
#define QUEUE_KNOW_MS (10000 / QUEUE_HURRY) /* linked for so long without a full report: it is asked for */
#define QUEUE_OFFLINE_MS 10000 /* so long a job says nothing of a printer that is not linked */
#define QUEUE_AWAY_MS 60000    /* a printer that was not heard for so long during a print is spoken of */
#define QUEUE_LEFTOVERS_MAX 32 /* files of ended jobs that wait to be deleted */
#define QUEUE_REMOVE_AGAIN_MS (600000 / QUEUE_HURRY) /* after a deletion that failed, … */
#define QUEUE_REMOVES_MAX 5	     /* … so often, … */
#define QUEUE_REMOVE_RARELY_MS (6 * 3600000) /* … then so seldom */

/* What the machine looks at. */
struct queue_world {
	const struct model *model;
	const struct printer_state *state;
	bool online;		 /* linked, and heard within the silence limit */
	enum tri developer_mode; /* by all that the worker knows */
	bool store_holds;	 /* STORE_STATUS: no print may start */
	bool plate_used;	 /* as the store has it … */
	uint64_t plate_print;	 /* … and which print was seen there last; 0 = none yet */
	bool starts_unasked;
	bool exchange_free; /* a helper may be asked for now: no exchange with the printer's storage runs */
	uint32_t *sequence_id;	 /* the next number for a payload; moved on */
	int64_t now_ms;		 /* monotonic: no job waits by a clock that may jump */
};

/* A file to send. Borrowed until the duty returns. */
struct job_put {
	const char *id, *sha256, *path;
	uint64_t size_bytes;
	const char *remove; /* paths to delete before, one a line */
};

/* Each is answered later by the queue_on_… of its name, never from within. */
struct queue_duties {
	void (*want_jobs)(void *arg);
	void (*step)(void *arg, const struct msg_job_step *step);
	void (*want_plates)(void *arg, const char *sha256);
	void (*put)(void *arg, const struct job_put *put);
	void (*cancel_put)(void *arg);
	void (*list)(void *arg, const char *path);    /* how large is this file on the printer? */
	void (*remove)(void *arg, const char *paths); /* one a line */
	void (*note_plate)(void *arg, uint64_t print); /* PLATE_USED */
	/* At once: hand it to MQTT, once. False: it was not, and never will be. */
	bool (*publish)(void *arg, const struct command_payload *payload);
	void (*hold_link)(void *arg, int64_t until_ms); /* no reconnect for silence until then */
	void (*ask_full)(void *arg);			/* a full report, as soon as the printer bears it */
	void *arg;
};

/* One job: what the store keeps of it, and what this incarnation knows. */
struct job {
	struct job *next;
	char id[17], sha256[65];
	char path[REMOTE_PATH_BYTES]; /* where its file goes; "" = not decided */
	char *file_name, *options;    /* owned */
	uint64_t size_bytes;
	uint32_t plate, number, attempts;
	bool stage_only, cancel_wanted;
	enum job_state state;
	enum job_resolution resolved;
	enum gcode_state before; /* when it was armed */
	bool is_listed;		 /* in the list that is coming in */
	bool has_begun;		 /* it was seen to */

	uint64_t told;	  /* of the words that the store has; 0 = not known */
	bool has_file;	  /* some of it may be on the printer */
	bool is_checked;  /* since it last waited for something that preflight finds */
	bool is_verified; /* the printer has the whole file */
	int64_t try_ms;	  /* not before: after an upload that failed; 0 = at once */
	unsigned failures;
	uint64_t wait_sign; /* of what preflight waits for (queue_sign()); 0 = nothing */

	char objection[241]; /* of the store against its start; "" = none */
	struct command_payload *start; /* armed here and not handed over yet; owned */
	uint32_t start_sequence;       /* of what was handed over; 0 = by this incarnation nothing was */
	uint32_t error_before;	       /* print_error when it was armed */
	int64_t watch_until_ms;	       /* until then the printer may begin; 0 = the watch has not begun */
	bool watch_was_live;	       /* a report was heard in it */
	bool is_refused, is_unsigned;  /* the printer has answered so */
	char refusal[120];

	int64_t seen_ms;		     /* when the printer was last seen to print it; 0 = never */
	int32_t seen_minutes;		     /* that it had left then; STATE_UNKNOWN */
	int64_t idle_from_ms, other_from_ms; /* since when it looks so; 0 = it does not */
	int64_t stop_ms;		     /* of the last stop that was sent */
	int64_t stopped_ms;		     /* of the last one that a person sent through Fuse; 0 = none */
	unsigned stops;
};

/* The file of a job that has ended. */
struct leftover {
	char id[17], path[REMOTE_PATH_BYTES];
	enum job_state state;
	bool is_asked; /* the printer is deleting it */
	bool is_gone;  /* it has; the record still names it */
};

enum put_phase { PUT_NONE, PUT_RUNS, PUT_OVER };

struct queue {
	struct queue_duties duties;
	struct job *first;
	unsigned count;
	int64_t wake_ms; /* when time alone moves something */

	/* -- the list -- */
	bool is_known; /* a list has come */
	bool is_listing, list_is_stale;
	int64_t list_again_ms; /* 0 = no need */

	/* -- the step that is under way -- */
	bool is_stepping;
	struct msg_job_step step;
	uint64_t step_told;
	int64_t step_again_ms, step_wait_ms;

	/* -- what is in a file -- */
	char plates_for[17]; /* the job that they were asked for; "" = none */
	int64_t plates_again_ms;

	/* -- the printer's storage -- */
	enum put_phase put;
	char put_for[17];
	bool put_is_cancelled;
	struct msg_ftp_result put_result;
	char list_for[17]; /* the job whose file is looked at; "" = none */
	bool is_removing;
	int64_t remove_again_ms;
	unsigned remove_failures, leftover_count;
	bool has_more_leftovers; /* than there is room for: the list is wanted again when these are gone */
	struct leftover leftovers[QUEUE_LEFTOVERS_MAX]; /* oldest first */

	/* -- the printer -- */
	bool knows_printer;			 /* a full report came in this session */
	int64_t online_from_ms, offline_from_ms; /* since when; 0 = it is not */
	bool asked_full;
	bool saw_print;	    /* it was busy when it was last looked at */
	bool saw_end;	    /* since it is known, it was looked at for the end of a print that nobody saw */
	bool plate_pending; /* PLATE_USED is not answered */
	int64_t plate_again_ms;
};

void queue_init(struct queue *queue, const struct queue_duties *duties);
void queue_fini(struct queue *queue);

/* JOBS_CHANGED, or the worker's beginning: the list is wanted (anew). */
void queue_on_changed(struct queue *queue, const struct queue_world *world);
/* The list: each job, then its end; `good` false: it broke off. */
void queue_on_mine(struct queue *queue, const struct msg_job_mine *mine);
void queue_on_list_end(struct queue *queue, const struct queue_world *world, bool good);

void queue_on_step_done(struct queue *queue, const struct queue_world *world);
void queue_on_step_refused(struct queue *queue, const struct queue_world *world,
			   const struct msg_refused *refused);

/* What is in the file; NULL: refused. */
void queue_on_plates(struct queue *queue, const struct queue_world *world, const struct plates *plates,
		     const struct msg_refused *refused);

void queue_on_put_end(struct queue *queue, const struct queue_world *world,
		      const struct msg_ftp_result *result);
/* `size_bytes` -1: the folder was read, and the file is not in it. */
void queue_on_listed(struct queue *queue, const struct queue_world *world, bool good, int64_t size_bytes);
void queue_on_removed(struct queue *queue, const struct queue_world *world, bool good);
void queue_on_plate_noted(struct queue *queue, const struct queue_world *world, bool good);

/* A person's command to stop goes to the printer: it is of the print that runs. */
void queue_on_stop(struct queue *queue, int64_t now_ms);

/* A report was read; `world->state` is what it left. */
void queue_on_report(struct queue *queue, const struct queue_world *world,
		     const struct report_summary *summary);
/* The session is over. Nothing is done yet: queue_look(). */
void queue_on_lost(struct queue *queue);

/* Something of the world has changed, or time has passed. */
void queue_look(struct queue *queue, const struct queue_world *world);
/* When queue_look() is due; INT64_MAX = not by time alone. */
int64_t queue_deadline_ms(const struct queue *queue);

/* A start was sent, and the printer has not shown what comes of it: leave the link alone. */
bool queue_start_is_pending(const struct queue *queue, int64_t now_ms);
/* The open job whose file is, or goes, there; NULL: none. */
const struct job *queue_by_path(const struct queue *queue, const char *path);

#endif
