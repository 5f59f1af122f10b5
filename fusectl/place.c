/*
 * place: the order in which fused's own state folder is found, seen from fusectl.
 */
#include "fusectl/place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"

static bool
given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

bool
place_find(const struct place_hints *hints, char ret_path[PLACE_BYTES])
{
	if (given(hints->option))
		return str_copy(ret_path, PLACE_BYTES, hints->option);
	if (given(hints->fuse_socket))
		return str_copy(ret_path, PLACE_BYTES, hints->fuse_socket);
	if (given(hints->fuse_state))
		return str_format(ret_path, PLACE_BYTES, "%s/fused.sock", hints->fuse_state);
	if (given(hints->state_directory)) {
		int first = (int)strcspn(hints->state_directory, ":");
		return str_format(ret_path, PLACE_BYTES, "%.*s/fused.sock", first, hints->state_directory);
	}
	if (hints->uid == 0)
		return str_copy(ret_path, PLACE_BYTES, "/var/lib/fuse/fused.sock");
	if (given(hints->xdg_state_home) && hints->xdg_state_home[0] == '/')
		return str_format(ret_path, PLACE_BYTES, "%s/fuse/fused.sock", hints->xdg_state_home);
	if (given(hints->home))
		return str_format(ret_path, PLACE_BYTES, "%s/.local/state/fuse/fused.sock", hints->home);
	return false;
}

bool
place_is_own_default(const struct place_hints *hints)
{
	return !given(hints->option) && !given(hints->fuse_socket) && !given(hints->fuse_state) &&
	       !given(hints->state_directory) && hints->uid != 0;
}

void
place_hints_from_environment(const char *option, struct place_hints *ret_hints)
{
	*ret_hints = (struct place_hints){
		.option = option,
		.fuse_socket = getenv("FUSE_SOCKET"),
		.fuse_state = getenv("FUSE_STATE"),
		.state_directory = getenv("STATE_DIRECTORY"),
		.xdg_state_home = getenv("XDG_STATE_HOME"),
		.home = getenv("HOME"),
		.uid = geteuid(),
	};
}
