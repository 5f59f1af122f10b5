/*
 * printwords: what stands behind `fusectl print` about how to print, to the options of a job (printer/print_options.h).
 * Pure.
 */
#ifndef FUSE_FUSECTL_PRINTWORDS_H
#define FUSE_FUSECTL_PRINTWORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "fusectl/outcome.h"

/* "A1,B3,-,ext": a tray for each filament of the project, in their order: unit A to D and slot 1 to 4, ht1 to ht8, ext or
 * ext2 (the external spools), or a number as ams_mapping has it; - for one that the plate does not use. A JSON list; NULL
 * with a USAGE failure. */
json_t *printwords_mapping(const char *text, struct failure *failure);

/* "timelapse=true,bedLeveling=auto,nozzleMapping=1:17:-" into `options`. False with a USAGE failure. */
bool printwords_options(const char *text, json_t *options, struct failure *failure);

#endif
