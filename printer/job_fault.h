/*
 * job_fault: why a job waits, or ended as it did (printer/job_faults.def), in a name for programs and words for
 * people; and what a print_error after a start means for the job. Pure.
 */
#ifndef FUSE_PRINTER_JOB_FAULT_H
#define FUSE_PRINTER_JOB_FAULT_H

#include <stdint.h>

#include "printer/models.h"

/* FAULT(NAME, "name", sentence, remedy) of job_faults.def. NONE: nothing is wrong. */
enum job_fault {
	JOB_FAULT_NONE,
#define FAULT(NAME, ...) JOB_FAULT_##NAME,
#include "printer/job_faults.def"
#undef FAULT
	JOB_FAULT_COUNT
};

#define JOB_FAULT_SENTENCE_BYTES 241 /* the bounds of JOB, and the NUL */
#define JOB_FAULT_REMEDY_BYTES 401

struct job_fault_words {
	char sentence[JOB_FAULT_SENTENCE_BYTES], remedy[JOB_FAULT_REMEDY_BYTES];
};

/* "" of NONE and of what is no fault. Static. */
const char *job_fault_name(enum job_fault fault);
const char *job_fault_sentence(enum job_fault fault);

/* NONE when no row has this name. */
enum job_fault job_fault_by_name(const char *name);

/*
 * The words for this printer. For PRINT_ERROR what the `print_error` means (printer/hms.h) stands in; 0 = there was
 * none. All empty for NONE.
 */
void job_fault_words(enum job_fault fault, const struct model *model, uint32_t print_error,
		     struct job_fault_words *ret_words);

/*
 * What a print_error means for a job whose start was sent and that has not begun: one of start-… or
 * DEVELOPER_MODE_OFF for the errors that refuse a start, PRINT_ERROR for any other, NONE for 0, the echo of
 * somebody's cancel and mere notices.
 */
enum job_fault job_fault_of_print_error(uint32_t print_error);

#endif
