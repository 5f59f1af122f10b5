/*
 * law: judge a frame by its header.
 */
#include "supervisor/law.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

bool
law_floods(struct peer *peer)
{
	if (peer->rate_per_s == 0)
		return false;
	/* The clock is read every 64 frames only: it costs as much as a small message. */
	if (peer->window_frames++ % 64 == 0) {
		int64_t now_ms = clock_monotonic_ms();
		if (now_ms - peer->window_since_ms > FLOOD_WINDOW_MS) {
			peer->window_since_ms = now_ms;
			peer->window_frames = 1;
		}
	}
	return peer->window_frames > (uint64_t)peer->rate_per_s * (FLOOD_WINDOW_MS / 1000);
}

bool
law_permits(const struct peer *peer, const struct header *header, const struct message_spec *spec, size_t body_len,
	  int fd, char *ret_offence)
{
	const char *who = role_name(peer->role);
	bool to_many = spec->kind == KIND_EVENT || spec->kind == KIND_RETAINED;
	bool clears = (header->flags & HEADER_FLAG_CLEAR) != 0;

	*ret_offence = '\0';
	if ((header->from_role != 0 && header->from_role != peer->role) ||
	    (header->from_slot != 0 && header->from_slot != peer->slot))
		str_format(ret_offence, OFFENCE_BYTES, "sent %s in the name of another process", spec->name);
	else if (!message_permitted(spec, peer->role, header->to_role))
		str_format(ret_offence, OFFENCE_BYTES, "sent %s to %s, which a %s may not", spec->name,
			   header->to_role == 0 ? "all" : role_name(header->to_role), who);
	else if ((header->flags & ~HEADER_FLAG_CLEAR) != 0 || (clears && (spec->kind != KIND_RETAINED || body_len > 0)))
		str_format(ret_offence, OFFENCE_BYTES, "sent %s with flags that it cannot have", spec->name);
	else if ((fd >= 0) != (spec->carries_fd && !clears))
		str_format(ret_offence, OFFENCE_BYTES, "sent %s %s a descriptor", spec->name, fd >= 0 ? "with" : "without");
	else if (body_len > message_max_bytes(spec))
		str_format(ret_offence, OFFENCE_BYTES, "sent an oversized %s (%zu bytes, at most %zu)", spec->name,
			   body_len, message_max_bytes(spec));
	else if ((header->request_id == 0) != to_many)
		str_format(ret_offence, OFFENCE_BYTES, "sent %s %s a request number", spec->name,
			   to_many ? "with" : "without");
	else if (!to_many && header->to_slot == SLOT_ALL)
		str_format(ret_offence, OFFENCE_BYTES, "sent %s to no one in particular", spec->name);
	else if (peer->role != ROLE_CTL && peer->greeted == (header->number == MESSAGE_HELLO))
		str_format(ret_offence, OFFENCE_BYTES, "sent %s %s", spec->name,
			   peer->greeted ? "a second time" : "before HELLO");
	return *ret_offence == '\0';
}

bool
law_is_current(struct peer *peer, const struct header *header)
{
	if (peer->role == ROLE_CTL || header->number == MESSAGE_HELLO || header->generation == peer->generation)
		return true;
	if (peer->stale++ == 0)
		log_warn("messages of another incarnation are dropped", log_str("from", role_name(peer->role)),
			 log_int("slot", peer->slot), log_int("number", header->number),
			 log_int("generation", header->generation), log_int("now", peer->generation));
	return false;
}
