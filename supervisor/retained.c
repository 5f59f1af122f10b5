/*
 * retained: the switchboard's memory. The latest of each retained message is kept on the shelf of its sender's
 * place, passed on when it changes, and replayed to who comes later.
 */
#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/switchboard_inner.h"

void
switchboard_forward_retained(struct switchboard *board, struct peer *peer, const struct message_spec *spec,
			     const struct header *header, const uint8_t *body, size_t body_len)
{
	struct place *place = switchboard_place(board, peer->role, peer->slot);
	char offence[OFFENCE_BYTES];

	ENSURE(place != NULL);
	struct frame *frame = frame_new(header, body, body_len);
	if (header->flags & HEADER_FLAG_CLEAR) {
		if (shelf_clear(&place->shelf, header))
			switchboard_forward_to_all(board, spec, frame, header, body, body_len, -1);
	} else if (shelf_put(&place->shelf, frame)) {
		switchboard_forward_to_all(board, spec, frame, header, body, body_len, -1);
	} else {
		str_format(offence, sizeof offence, "wants more retained messages kept than there is room for (%s)",
			   spec->name);
		switchboard_offend(board, peer, offence);
	}
	frame_unref(frame);
}

static void
publish_frame(struct switchboard *board, const struct message_spec *spec, struct frame *frame)
{
	switchboard_forward_to_all(board, spec, frame, &frame->header, NULL, 0, -1);
}

void
switchboard_publish(struct switchboard *board, enum message number, uint32_t retain_key, const void *message)
{
	uint8_t body[4096];
	const struct message_spec *spec = message_spec_peek(number);
	struct header header = { .number = (uint16_t)number, .from_role = ROLE_SUPERVISOR, .retain_key = retain_key };

	size_t len = switchboard_encode(number, message, body, sizeof body);
	struct frame *frame = frame_new(&header, body, len);
	ENSURE(shelf_put(&board->own, frame));
	publish_frame(board, spec, frame);
	frame_unref(frame);
}

void
switchboard_unpublish(struct switchboard *board, enum message number, uint32_t retain_key)
{
	struct header header = { .number = (uint16_t)number, .from_role = ROLE_SUPERVISOR, .retain_key = retain_key,
				 .flags = HEADER_FLAG_CLEAR };

	if (!shelf_clear(&board->own, &header))
		return;
	struct frame *frame = frame_new(&header, NULL, 0);
	publish_frame(board, message_spec_peek(number), frame);
	frame_unref(frame);
}

void
switchboard_remove_place(struct switchboard *board, enum role role, uint16_t slot)
{
	struct place *place = switchboard_place(board, role, slot);
	struct kept *kept;

	ENSURE(place != NULL && place->peer == NULL);
	TAILQ_FOREACH(kept, &place->shelf.list, next) {
		struct header header = kept->frame->header;
		header.flags = HEADER_FLAG_CLEAR;
		struct frame *frame = frame_new(&header, NULL, 0);
		publish_frame(board, message_spec_peek(header.number), frame);
		frame_unref(frame);
	}
	shelf_fini(&place->shelf);
	place->exists = false;
}

static void
replay_shelf(struct shelf *shelf, struct peer *peer)
{
	struct kept *kept;

	TAILQ_FOREACH(kept, &shelf->list, next) {
		const struct header *header = &kept->frame->header;
		const struct message_spec *spec = message_spec_peek(header->number);
		if ((spec->to & ROLE_BIT(peer->role)) && switchboard_addresses(header, peer) &&
		    (header->to_role == ROLE_NONE || header->to_role == peer->role))
			channel_post_frame(peer->channel, kept->frame);
	}
}

void
switchboard_replay(struct switchboard *board, struct peer *peer)
{
	replay_shelf(&board->own, peer);
	for (unsigned role = 0; role < ROLE_LIMIT; role++)
		for (size_t slot = 0; slot < board->places[role].count; slot++)
			if (board->places[role].at[slot].exists)
				replay_shelf(&board->places[role].at[slot].shelf, peer);
}

static void
recall_shelf(struct shelf *shelf, struct peer *peer, const struct header *request, unsigned number)
{
	struct kept *kept;

	TAILQ_FOREACH(kept, &shelf->list, next) {
		struct header header = kept->frame->header;
		size_t body_len;
		const uint8_t *body = frame_body_peek(kept->frame, &body_len);
		if (header.number != number)
			continue;
		header.request_id = request->request_id;
		if (channel_post(peer->channel, &header, body, body_len, -1, true) == CHANNEL_FULL)
			peer->dropped++;
	}
}

void
switchboard_recall(struct switchboard *board, struct peer *peer, const struct header *request, unsigned number)
{
	const struct message_spec *spec = message_spec_peek(number);

	if (spec == NULL || spec->kind != KIND_RETAINED || !(spec->to & ROLE_BIT(peer->role))) {
		switchboard_say_refused(board, peer, request, REFUSAL_INVALID,
					"There is no retained message of this number for you.", "");
		return;
	}
	recall_shelf(&board->own, peer, request, number);
	for (unsigned role = 0; role < ROLE_LIMIT; role++)
		for (size_t slot = 0; slot < board->places[role].count; slot++)
			if (board->places[role].at[slot].exists)
				recall_shelf(&board->places[role].at[slot].shelf, peer, request, number);
	switchboard_say_done(board, peer, request, "");
}
