/*
 * place: where Fuse's door for fusectl is.
 */
#ifndef FUSE_FUSECTL_PLACE_H
#define FUSE_FUSECTL_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define PLACE_BYTES PATH_MAX

/* What decides it; NULL or "" = not given. Borrowed. */
struct place_hints {
	const char *option;          /* --socket */
	const char *fuse_socket;     /* $FUSE_SOCKET */
	const char *fuse_state;      /* $FUSE_STATE */
	const char *state_directory; /* $STATE_DIRECTORY, as systemd sets it: the first of a colon-separated list */
	const char *xdg_state_home;  /* $XDG_STATE_HOME; does not count when relative, as its standard says */
	const char *home;            /* $HOME */
	uid_t uid;
};

/*
 * The socket's path: --socket, else $FUSE_SOCKET, else fused.sock in the state folder as fused finds it:
 * $FUSE_STATE, $STATE_DIRECTORY, /var/lib/fuse as root, $XDG_STATE_HOME/fuse, ~/.local/state/fuse. Pure.
 * False when nothing of this is known or it is longer than a path may be.
 */
bool place_find(const struct place_hints *hints, char ret_path[PLACE_BYTES]);

/* Nothing but the person's own home decides. */
bool place_is_own_default(const struct place_hints *hints);

/* The hints of this process's environment. */
void place_hints_from_environment(const char *option, struct place_hints *ret_hints);

#endif
