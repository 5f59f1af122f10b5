/*
 * switchboard: check, stamp, forward; keep, replay; remember who owes an answer.
 */
#include "supervisor/switchboard.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/law.h"
#include "supervisor/switchboard_inner.h"

#define PEER_MAGIC 0x9ee12u
#define SHELF_MAX_COUNT 512
#define SHELF_MAX_BYTES (256 * 1024)
/* stored has a message for each setting, each of 256 printers, 2048 files and 1024 jobs. */
#define STORED_SHELF_MAX_COUNT 4096
#define STORED_SHELF_MAX_BYTES (4 * 1024 * 1024)
#define OWN_SHELF_MAX_COUNT 2048
#define OWN_SHELF_MAX_BYTES (4 * 1024 * 1024)

/* Room for any decoded message, aligned for all. */
static union {
#define MSG(NAME, name, ...) struct msg_##name name;
#include "ipc/messages.def"
#undef MSG
	long long align;
} decoded;

/* -- places and peers ---------------------------------------------------------------------- */

struct switchboard *
switchboard_new(const struct switchboard_events *events, void *arg)
{
	struct switchboard *board = calloc(1, sizeof *board);

	ENSURE(board != NULL);
	board->events = *events;
	board->arg = arg;
	shelf_init(&board->own, OWN_SHELF_MAX_COUNT, OWN_SHELF_MAX_BYTES);
	return board;
}

void
switchboard_free(struct switchboard *board)
{
	if (board == NULL)
		return;
	for (unsigned role = 0; role < ROLE_LIMIT; role++) {
		for (size_t slot = 0; slot < board->places[role].count; slot++)
			if (board->places[role].at[slot].exists)
				shelf_fini(&board->places[role].at[slot].shelf);
		free(board->places[role].at);
	}
	shelf_fini(&board->own);
	free(board);
}

struct place *
switchboard_place(struct switchboard *board, unsigned role, uint16_t slot)
{
	if (role >= ROLE_LIMIT || slot >= board->places[role].count || !board->places[role].at[slot].exists)
		return NULL;
	return &board->places[role].at[slot];
}

void
switchboard_add_place(struct switchboard *board, enum role role, uint16_t slot)
{
	struct places *places = &board->places[role];

	if (slot >= places->count) {
		size_t count = (size_t)slot + 8;
		struct place *at = calloc(count, sizeof *at);
		ENSURE(at != NULL);
		for (size_t i = 0; i < places->count; i++) {
			at[i] = places->at[i];
			if (places->at[i].exists)
				shelf_move(&at[i].shelf, &places->at[i].shelf);
		}
		free(places->at);
		places->at = at;
		places->count = count;
	}
	ENSURE(!places->at[slot].exists);
	places->at[slot].exists = true;
	if (role == ROLE_STORED)
		shelf_init(&places->at[slot].shelf, STORED_SHELF_MAX_COUNT, STORED_SHELF_MAX_BYTES);
	else
		shelf_init(&places->at[slot].shelf, SHELF_MAX_COUNT, SHELF_MAX_BYTES);
}

struct peer *
switchboard_find(struct switchboard *board, unsigned role, uint16_t slot)
{
	struct place *place = switchboard_place(board, role, slot);

	return place != NULL ? place->peer : NULL;
}

void
peer_init(struct peer *peer, enum role role, uint16_t slot, uint32_t generation, void *owner)
{
	memset(peer, 0, sizeof *peer);
	peer->magic = PEER_MAGIC;
	peer->role = role;
	peer->slot = slot;
	peer->generation = generation;
	peer->owner = owner;
	TAILQ_INIT(&peer->open);
}

void
switchboard_attach(struct switchboard *board, struct peer *peer)
{
	ENSURE_OBJ(peer, PEER_MAGIC);
	struct place *place = switchboard_place(board, peer->role, peer->slot);
	ENSURE(place != NULL && place->peer == NULL);
	place->peer = peer;
}

/* -- saying things as the supervisor -------------------------------------------------------- */

size_t
switchboard_encode(enum message number, const void *message, uint8_t *body, size_t cap)
{
	const struct message_spec *spec = message_spec_peek(number);

	ENSURE(spec != NULL);
	ssize_t len = message_encode(spec, message, body, cap);
	ENSURE(len >= 0);
	return (size_t)len;
}

enum channel_result
switchboard_say(struct switchboard *board, struct peer *peer, enum message number, const struct header *request,
		const void *message, int fd)
{
	uint8_t body[4096];
	struct header header = { .number = (uint16_t)number, .from_role = ROLE_SUPERVISOR,
				 .to_role = (uint8_t)peer->role, .to_slot = peer->slot,
				 .request_id = request != NULL ? request->request_id : 0 };

	(void)board;
	size_t len = switchboard_encode(number, message, body, sizeof body);
	enum channel_result result = channel_post(peer->channel, &header, body, len, fd, request != NULL);
	if (result == CHANNEL_FULL)
		peer->dropped++;
	return result;
}

void
switchboard_say_done(struct switchboard *board, struct peer *peer, const struct header *request, const char *sentence)
{
	struct msg_done done = { 0 };

	str_copy(done.sentence, sizeof done.sentence, sentence);
	switchboard_say(board, peer, MESSAGE_DONE, request, &done, -1);
}

void
switchboard_say_refused(struct switchboard *board, struct peer *peer, const struct header *request,
			enum refusal reason, const char *sentence, const char *remedy)
{
	struct msg_refused refused = { .reason = reason };

	str_copy(refused.sentence, sizeof refused.sentence, sentence);
	str_copy(refused.remedy, sizeof refused.remedy, remedy);
	switchboard_say(board, peer, MESSAGE_REFUSED, request, &refused, -1);
}

/* -- offences -------------------------------------------------------------------------------- */

void
switchboard_offend(struct switchboard *board, struct peer *peer, const char *what)
{
	if (peer->offended)
		return;
	peer->offended = true;
	board->events.on_offence(board->arg, peer, what);
}

/* -- open requests ---------------------------------------------------------------------------- */

static void
forget_request(struct peer *peer, struct open_request *request)
{
	TAILQ_REMOVE(&peer->open, request, next);
	peer->open_count--;
	free(request);
}

static struct open_request *
find_request(struct peer *peer, const struct header *reply)
{
	struct open_request *request;

	TAILQ_FOREACH(request, &peer->open, next)
		if (request->request_id == reply->request_id && request->from_role == reply->to_role &&
		    request->from_slot == reply->to_slot && request->from_generation == reply->to_generation)
			return request;
	return NULL;
}

static void
remember_request(struct peer *receiver, const struct header *header)
{
	struct open_request *request = calloc(1, sizeof *request);

	ENSURE(request != NULL);
	request->from_role = header->from_role;
	request->from_slot = header->from_slot;
	request->from_generation = header->generation;
	request->request_id = header->request_id;
	request->number = header->number;
	TAILQ_INSERT_TAIL(&receiver->open, request, next);
	receiver->open_count++;
}

void
switchboard_detach(struct switchboard *board, struct peer *peer)
{
	ENSURE_OBJ(peer, PEER_MAGIC);
	struct place *place = switchboard_place(board, peer->role, peer->slot);
	if (place != NULL && place->peer == peer)
		place->peer = NULL;
	while (!TAILQ_EMPTY(&peer->open)) {
		struct open_request *request = TAILQ_FIRST(&peer->open);
		struct peer *requester = switchboard_find(board, request->from_role, request->from_slot);
		struct header header = { .request_id = request->request_id };
		char sentence[160];
		if (requester != NULL && requester->generation == request->from_generation) {
			str_format(sentence, sizeof sentence,
				   "fuse-%s died before it answered; whether it was done is not known.",
				   role_name(peer->role));
			switchboard_say_refused(board, requester, &header, REFUSAL_DIED, sentence,
						"Look at the present state, then try again.");
		}
		forget_request(peer, request);
	}
	channel_free(peer->channel);
	peer->channel = NULL;
	peer->greeted = false;
	peer->magic = 0;
}

/* -- forwarding -------------------------------------------------------------------------------- */

/* Retained messages are kept for later, so to a full queue nothing of them is lost for good:
 * they pass its bound, which the shelves bound in turn. */
static void
deliver(struct peer *receiver, struct frame *frame, const struct header *header, const uint8_t *body,
	size_t body_len, int fd, bool beyond_limit)
{
	enum channel_result result;

	if (frame != NULL)
		result = channel_post_frame(receiver->channel, frame);
	else
		result = channel_post(receiver->channel, header, body, body_len, fd, beyond_limit);
	if (result == CHANNEL_FULL)
		receiver->dropped++;
}

bool
switchboard_addresses(const struct header *header, const struct peer *receiver)
{
	return receiver != NULL && receiver->greeted && !receiver->offended &&
	       (header->to_slot == SLOT_ALL || header->to_role == ROLE_NONE || header->to_slot == receiver->slot) &&
	       (header->to_generation == 0 || header->to_generation == receiver->generation);
}

/* To every child that the header means and the table permits. */
void
switchboard_forward_to_all(struct switchboard *board, const struct message_spec *spec, struct frame *frame,
	       const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	for (unsigned role = 0; role < ROLE_LIMIT; role++) {
		struct places *places = &board->places[role];
		if (role == ROLE_CTL || !(spec->to & ROLE_BIT(role)) ||
		    (header->to_role != ROLE_NONE && header->to_role != role))
			continue;
		for (size_t slot = 0; slot < places->count; slot++)
			if (switchboard_addresses(header, places->at[slot].peer))
				deliver(places->at[slot].peer, frame, header, body, body_len, fd, false);
	}
}

static void
forward_request(struct switchboard *board, struct peer *peer, const struct header *header, const uint8_t *body,
		size_t body_len, int fd)
{
	struct peer *receiver = switchboard_find(board, header->to_role, header->to_slot);
	char sentence[160];

	bool runs = switchboard_addresses(header, receiver);
	enum channel_result result = runs ? CHANNEL_FULL : CHANNEL_GONE;
	if (runs && receiver->open_count < OPEN_REQUESTS_MAX)
		result = channel_post(receiver->channel, header, body, body_len, fd, false);
	if (result == CHANNEL_TAKEN) {
		remember_request(receiver, header);
		return;
	}
	/* It does not run, or has died and we have not buried it yet. */
	if (result == CHANNEL_GONE) {
		str_format(sentence, sizeof sentence, "fuse-%s does not run just now.", role_name(header->to_role));
		switchboard_say_refused(board, peer, header, REFUSAL_UNREACHABLE, sentence,
					"It is started again by itself; `fusectl ps` shows when. Then try again.");
		return;
	}
	str_format(sentence, sizeof sentence, "fuse-%s has as much to do as it can take.", role_name(header->to_role));
	switchboard_say_refused(board, peer, header, REFUSAL_BUSY, sentence, "Try again in a moment.");
}

static void
forward_reply(struct switchboard *board, struct peer *peer, const struct message_spec *spec,
	      const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	struct open_request *request = find_request(peer, header);
	char offence[OFFENCE_BYTES];

	if (request == NULL) {
		str_format(offence, sizeof offence, "sent %s as an answer that nobody waits for", spec->name);
		switchboard_offend(board, peer, offence);
		return;
	}
	if (spec->kind == KIND_REPLY)
		forget_request(peer, request);
	struct peer *requester = switchboard_find(board, header->to_role, header->to_slot);
	/* A requester that died and came back did not ask this. */
	if (requester != NULL && requester->generation == header->to_generation && !requester->offended)
		deliver(requester, NULL, header, body, body_len, fd, true);
}

static void
take_for_supervisor(struct switchboard *board, struct peer *peer, const struct message_spec *spec,
		    const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	char offence[OFFENCE_BYTES];
	const char *fault = NULL;
	bool clears = (header->flags & HEADER_FLAG_CLEAR) != 0;

	if (clears)
		memset(&decoded, 0, sizeof decoded);
	if (clears || message_decode(spec, body, body_len, &decoded, &fault)) {
		board->events.on_message(board->arg, peer, header, &decoded, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	str_format(offence, sizeof offence, "sent a malformed %s: it %s", spec->name, fault);
	switchboard_offend(board, peer, offence);
}

static void
route(struct switchboard *board, struct peer *peer, const struct message_spec *spec, const struct header *header,
      const uint8_t *body, size_t body_len, int fd)
{
	switch (spec->kind) {
	case KIND_REQUEST:
		forward_request(board, peer, header, body, body_len, fd);
		break;
	case KIND_REPLY:
	case KIND_PART:
		forward_reply(board, peer, spec, header, body, body_len, fd);
		break;
	case KIND_EVENT:
		switchboard_forward_to_all(board, spec, NULL, header, body, body_len, fd);
		break;
	case KIND_RETAINED:
		/* The supervisor is among the receivers of some: it hears them as they pass. */
		switchboard_forward_retained(board, peer, spec, header, body, body_len);
		if ((spec->to & ROLE_BIT(ROLE_SUPERVISOR)) && header->to_role == ROLE_NONE && !peer->offended)
			take_for_supervisor(board, peer, spec, header, body, body_len, -1);
		break;
	}
	if (fd >= 0)
		close(fd); /* what was forwarded has a duplicate */
}

void
switchboard_on_frame(struct switchboard *board, struct peer *peer, const struct header *received, const uint8_t *body,
		     size_t body_len, int fd)
{
	ENSURE_OBJ(peer, PEER_MAGIC);
	const struct message_spec *spec = message_spec_peek(received->number);
	struct header header = *received;
	char offence[OFFENCE_BYTES] = "";

	if (peer->offended)
		goto drop;
	if (law_floods(peer))
		str_format(offence, sizeof offence, "floods: it sent more than %u messages within %d s",
			   peer->rate_per_s * (FLOOD_WINDOW_MS / 1000), FLOOD_WINDOW_MS / 1000);
	else if (spec == NULL)
		str_format(offence, sizeof offence, "sent a message of unknown number %u", received->number);
	else
		law_permits(peer, received, spec, body_len, fd, offence);
	if (offence[0] != '\0') {
		switchboard_offend(board, peer, offence);
		goto drop;
	}
	if (!law_is_current(peer, received))
		goto drop;
	header.from_role = (uint8_t)peer->role;
	header.from_slot = peer->slot;
	header.generation = peer->generation;
	if (header.to_role == ROLE_SUPERVISOR)
		take_for_supervisor(board, peer, spec, &header, body, body_len, fd);
	else
		route(board, peer, spec, &header, body, body_len, fd);
	return;
drop:
	if (fd >= 0)
		close(fd);
}
