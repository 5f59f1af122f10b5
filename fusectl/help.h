/*
 * help: what --help says, made from commands.def, options.def and outcome.def.
 */
#ifndef FUSE_FUSECTL_HELP_H
#define FUSE_FUSECTL_HELP_H

#include "fusectl/ctl.h"

/* Explain `command`, or the commands of `group`, or with both NULL fusectl as a whole, as text or JSON. */
enum outcome help_print(const struct ctl *ctl, const struct command_row *command, const char *group);

#endif
