/*
 * help: what --help says, made from commands.def, options.def and outcome.def.
 */
#ifndef FUSE_FUSECTL_HELP_H
#define FUSE_FUSECTL_HELP_H

#include "fusectl/ctl.h"

/* Explain `command`, or with NULL fusectl as a whole, as text or JSON. */
enum outcome help_print(const struct ctl *ctl, const struct command_row *command);

#endif
