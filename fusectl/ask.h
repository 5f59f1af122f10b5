/*
 * ask: what a person or a file is asked for: a yes, an access code, a whole small file.
 */
#ifndef FUSE_FUSECTL_ASK_H
#define FUSE_FUSECTL_ASK_H

#include <stddef.h>

#include "common/secret.h"
#include "fusectl/ctl.h"

/* Somebody sits at standard input. */
bool ask_is_person(void);

/*
 * A question that wants a yes: `question` is put to the terminal with " [y/N] ". DONE when agreed or --yes was
 * given; FAILED with `no` as its sentence when not; USAGE, saying `nobody` and how to go on without one, when
 * nobody is there.
 */
enum outcome ask_yes(struct ctl *ctl, const char *question, const char *no, const char *nobody);

/* A plain yes or no; false when nobody is there. */
bool ask_whether(const char *question);

/*
 * The access code: from --code-file when it is given ("-" is standard input), else typed on the terminal without
 * being shown, else the first line of standard input. White space around it goes. Empty = none was given. What can be
 * no code is USAGE; none of its characters is ever told.
 */
enum outcome ask_code(struct ctl *ctl, const char *prompt, struct secret *ret_code);

/* A code as text, checked as stored will check it. USAGE with the reason, which does not show it. */
enum outcome ask_check_code(const char *text, size_t len, struct secret *ret_code, struct failure *failure);

/* A new password: typed twice on the terminal without being shown, else the first line of standard input, as it
 * stands. What is no password, or was typed in two ways, is USAGE. */
enum outcome ask_new_password(struct ctl *ctl, struct secret *ret_password);

/* A whole file, or standard input for "-", of at most `most_bytes`; terminated. The caller frees; wipe it with
 * ask_free(). */
enum outcome ask_file(const char *path, size_t most_bytes, char **ret_bytes, size_t *ret_len,
		      struct failure *failure);
void ask_free(char *bytes, size_t len);

#endif
