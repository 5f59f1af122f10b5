/*
 * help: what --help says, made from commands.def, options.def and outcome.def.
 */
#ifndef FUSE_FUSECTL_HELP_H
#define FUSE_FUSECTL_HELP_H

#include <jansson.h>

#include "fusectl/args.h"
#include "fusectl/show.h"

void help_print_all(const struct show *show);
void help_print_command(const struct show *show, const struct command_row *command);

/* {"commands":[…]} of all commands, or of `only` one. New reference. */
json_t *help_json(const struct command_row *only);

#endif
