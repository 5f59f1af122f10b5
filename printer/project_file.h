/*
 * project_file: the one message that starts a print (docs/protocol.md, "Starting a print"), per model; and the names
 * and folders of files on the printer (remote_name.c). Pure.
 */
#ifndef FUSE_PRINTER_PROJECT_FILE_H
#define FUSE_PRINTER_PROJECT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "printer/command.h"
#include "printer/models.h"
#include "printer/plates.h"
#include "printer/print_options.h"

#define REMOTE_NAME_BYTES 97 /* ^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$ */
#define REMOTE_PATH_BYTES 131

struct project_file {
	const struct model *model;
	const struct plates *plates; /* of the file */
	const struct plate *plate;
	const struct print_options *options;
	const struct spool_place *mapping; /* by index of the project's filaments; as many as the file has */
	bool use_ams;
	const int32_t *nozzles; /* places of hotends in a rack, PLATES_FILAMENTS_MAX of them; NULL: nothing is said */
	uint32_t number;	 /* 1 to 2147483647: how the printer names this job in its reports */
	const char *remote_path; /* "/name" or "/folder/name" */
};

/*
 * Write the payload. Plain G-code gets the message for that, which carries neither number nor mapping: the printer
 * reports the print by the file's name only. False when the number or the path is none that may be sent.
 */
bool project_file_payload(const struct project_file *start, uint32_t *sequence_id, struct command_payload *ret_payload);

/*
 * The name that a job's file gets on the printer: what can be kept of `file_name`, then "-" and the job's id as its
 * tag, then ".gcode.3mf" or ".gcode". Same input, same name. `job_id` is one that stored made ("j" and fifteen of
 * Crockford's digits in lower case): by this form a name is known to be ours.
 */
void remote_name(const char *file_name, const char *job_id, enum file_kind kind, char ret_name[REMOTE_NAME_BYTES]);

/* Where it goes: a started file into the root; a staged one never there (models, staging_folder). */
void remote_path(const struct model *model, bool stage_only, const char *name, char ret_path[REMOTE_PATH_BYTES]);

/* The job's id in a name of ours; false, and "", when remote_name() cannot have made it. */
bool remote_name_is_ours(const char *name, char ret_job_id[17]);

/* The name by which the printer will show it and report it: the name without its ending. */
void remote_title(const char *name, char ret_title[REMOTE_NAME_BYTES]);

#endif
