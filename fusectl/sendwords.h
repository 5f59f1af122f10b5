/*
 * sendwords: the words behind `fusectl send PRINTER` to the command object of SendCommandRequest, by the printer
 * layer's own table (printer/command.h). Pure.
 */
#ifndef FUSE_FUSECTL_SENDWORDS_H
#define FUSE_FUSECTL_SENDWORDS_H

#include <jansson.h>

#include "fusectl/outcome.h"
#include "printer/command.h"

/* The row of a command, or NULL. */
const struct command_spec *sendwords_peek(const char *name);

/* {"command":words[0], …} from KEY=VALUE words. New reference; NULL with a USAGE failure. */
json_t *sendwords_build(const char *const *words, size_t count, struct failure *failure);

/* It interrupts or loses something: a person is asked first. */
bool sendwords_is_destructive(const char *command);

#endif
