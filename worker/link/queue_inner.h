/*
 * queue_inner: what the files of the queue share, and nobody else sees. queue.c has the steps, queue_list.c the list,
 * queue_before.c what comes before the start, queue_upload.c the file on its way, queue_start.c the start, queue_print.c
 * the print, queue_storage.c what is left on the printer.
 */
#ifndef FUSE_WORKER_LINK_QUEUE_INNER_H
#define FUSE_WORKER_LINK_QUEUE_INNER_H

#include "printer/job_fault.h"
#include "worker/link/queue.h"

/* Why a job waits or ended so; `fault` names it for programs. */
struct job_words {
	char fault[33], sentence[241], remedy[401], evidence[241];
};

void job_words(struct job_words *words, const char *fault, const char *sentence, const char *remedy);
/* Those of a row of printer/job_faults.def. */
void job_words_of(struct job_words *words, enum job_fault fault, const struct queue_world *world);
/* As evidence: how the printer is, and what it shows. */
void job_words_see(struct job_words *words, const struct queue_world *world);

/* Step to `to`, which may be the same state when the words are others than the store has. True: a step is under
 * way. */
bool queue_step(struct queue *queue, struct job *job, enum job_state to, const struct job_words *words);
/* The same with nothing but a sentence, or the words of a fault. */
bool queue_step_says(struct queue *queue, struct job *job, enum job_state to, const char *sentence);
bool queue_step_for(struct queue *queue, struct job *job, enum job_state to, enum job_fault fault,
		    const struct queue_world *world);

/* A person wants it cancelled: the step to that, with the sentence. False: nobody does. */
bool queue_takes_cancel(struct queue *queue, struct job *job, const char *sentence, bool *ret_steps);

/* queue_look() is wanted at this time. */
void queue_wake_at(struct queue *queue, int64_t at_ms);

/* The printer as it stands in the world. */
bool queue_printer_is_idle(const struct queue_world *world); /* told to be IDLE, FINISH or FAILED */
bool queue_printer_is_live(const struct queue *queue,
			   const struct queue_world *world); /* linked and wholly known */
/* There may be a print on its plate, and nobody has said that it is clear. */
bool queue_plate_holds(const struct queue *queue, const struct queue_world *world);
/* It names this job as the one that it prints or printed last. */
bool job_is_shown(const struct job *job, const struct printer_state *state);
/* The number of what makes preflight's waits: storage, door, update, Developer Mode, faults. Never 0. */
uint64_t queue_sign(const struct queue_world *world);

/* -- each moves the job on as far as it goes now; true: a step is under way --------------------------- */

bool queue_move_before(struct queue *queue, struct job *job, unsigned ahead, const struct queue_world *world);
bool queue_move_upload(struct queue *queue, struct job *job, const struct queue_world *world);
bool queue_move_uploaded(struct queue *queue, struct job *job, unsigned ahead,
			 const struct queue_world *world);
bool queue_move_start(struct queue *queue, struct job *job, const struct queue_world *world);
bool queue_move_print(struct queue *queue, struct job *job, const struct queue_world *world);
bool queue_move_unknown(struct queue *queue, struct job *job, const struct queue_world *world);

/* Nothing keeps the start back but what preflight may find: that, then ARMED. True: a step is under way. */
bool queue_arm(struct queue *queue, struct job *job, const struct plates *plates,
	       const struct queue_world *world);
/* Ask for it, unless that was done. */
void queue_ask_plates(struct queue *queue, const struct job *job, const struct queue_world *world);

/* The worst that preflight finds against the job. False: nothing. `ret_waits`: it goes away at the printer. `words`
 * always get what was found as evidence. */
struct preflight;
bool queue_finds_against(const struct preflight *preflight, struct job_words *words, bool *ret_waits);
/* Preflight with the options of the job, borrowed until the next call; NULL: the options are none, `words` say so. */
const struct preflight *queue_preflight(const struct job *job, const struct plates *plates,
					const struct queue_world *world, struct print_options *ret_options,
					struct job_words *words);

/* The printer has answered something: is it our start that it refuses? */
void queue_note_reply(struct queue *queue, const struct report_summary *summary);
/* What a job's evidence has kept of the printer when it was armed (0: nothing). */
uint32_t job_error_of_evidence(const char *evidence);

/* A job has ended in `state` with some of its file on the printer at `path` ("" = it has not). */
void queue_leave_behind(struct queue *queue, const char *id, enum job_state state, const char *path);
void queue_clean_up(struct queue *queue, const struct queue_world *world);
/* The paths of what is left behind, one a line; "" = nothing. Static storage. */
const char *queue_leftover_paths(const struct queue *queue);
/* The record of this ended job names no file any more, or is gone itself. */
void queue_forget_leftover(struct queue *queue, const char *id);

/* -- the list -- */
void queue_want_list(struct queue *queue);
struct job *queue_find(const struct queue *queue, const char *id);
void queue_unlink(struct queue *queue, struct job *job);
void queue_forget_start(struct job *job); /* what was armed and not handed over will never be */
void queue_forget_put(struct queue *queue, const struct job *job); /* what came of its upload was told */

#endif
