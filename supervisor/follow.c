/*
 * follow: httpd's followers of the log.
 */
#include "supervisor/follow.h"

#include <string.h>

#include "common/str.h"

/* NULL when it is gone: then it does not follow any more either. */
static struct peer *
peer_of(struct follower *follower, struct switchboard *board)
{
	struct peer *peer = switchboard_find(board, follower->request.from_role, follower->request.from_slot);

	if (peer != NULL && peer->generation == follower->request.generation)
		return peer;
	follower->follows = false;
	return NULL;
}

bool
follow_begin(struct followers *followers, struct switchboard *board, const struct header *request)
{
	for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &followers->at[i];
		if (follower->follows && peer_of(follower, board) != NULL)
			continue;
		*follower = (struct follower){ .follows = true, .request = *request };
		return true;
	}
	return false;
}

void
follow_end(struct followers *followers, struct switchboard *board, struct peer *peer, uint32_t request_id)
{
	for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &followers->at[i];
		if (!follower->follows || peer_of(follower, board) != peer || follower->request.request_id != request_id)
			continue;
		follower->follows = false;
		switchboard_say_done(board, peer, &follower->request, "");
	}
}

static bool
tell(struct switchboard *board, struct peer *peer, const struct follower *follower, const char *text, size_t len)
{
	struct msg_log_line message = { 0 };

	str_format(message.line, sizeof message.line, "%.*s", (int)len, text);
	return switchboard_say(board, peer, MESSAGE_LOG_LINE, &follower->request, &message, -1) == CHANNEL_TAKEN;
}

void
follow_tell(struct followers *followers, struct switchboard *board, const char *line, size_t len)
{
	char missed[80];

	for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &followers->at[i];
		struct peer *peer = follower->follows ? peer_of(follower, board) : NULL;
		if (peer == NULL)
			continue;
		if (follower->missed_lines > 0) {
			str_format(missed, sizeof missed, "lvl=warn msg=\"%u lines were missed here\"", follower->missed_lines);
			if (tell(board, peer, follower, missed, strlen(missed)))
				follower->missed_lines = 0;
		}
		if (follower->missed_lines > 0 || !tell(board, peer, follower, line, len))
			follower->missed_lines++;
	}
}
