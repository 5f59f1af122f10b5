/*
 * console: what is for the eyes of whoever sits at this machine, and for no log that is kept: the setup code. It goes
 * to standard error, past the log book, when that is a terminal or the journal; else nowhere (`fusectl setup-code`
 * shows it in any case).
 */
#ifndef FUSE_SUPERVISOR_CONSOLE_H
#define FUSE_SUPERVISOR_CONSOLE_H

#include <stdbool.h>

#include "common/secret.h"

/* `pages` is the address where it is wanted, as bound; "" = off. False when there is no console. */
bool console_show_setup_code(const struct secret *code, const char *pages);

#endif
