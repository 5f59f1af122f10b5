/*
 * switchboard: the middle of the star. It reads the header of each frame, checks by messages.def who
 * may say what to whom, stamps the sender, and forwards the body unopened. It keeps retained
 * messages and replays them, and it remembers open requests, so that each gets exactly one answer even
 * when the receiver dies.
 *
 * A peer that breaks the rules commits an offence: its owner is told in words (on_offence) and must
 * end it. Nothing of the offending frame goes any further.
 */
#ifndef FUSE_SUPERVISOR_SWITCHBOARD_H
#define FUSE_SUPERVISOR_SWITCHBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ipc/channel.h"
#include "ipc/message.h"
#include "ipc/terms.h"
#include "supervisor/shelf.h"

#define OFFENCE_BYTES 200
#define OPEN_REQUESTS_MAX 256     /* that one peer may owe an answer to */
#define FLOOD_WINDOW_MS 5000

/* A request that a peer has received and not yet answered. */
struct open_request {
	TAILQ_ENTRY(open_request) next;
	uint8_t from_role;
	uint16_t from_slot;
	uint32_t from_generation;
	uint32_t request_id;
	uint16_t number;
};

/* One end of a ray of the star: a child's incarnation, or a fusectl. Embedded in its owner. */
struct peer {
	unsigned magic;
	enum role role;
	uint16_t slot;
	uint32_t generation;
	struct channel *channel;
	bool greeted;           /* it may speak, and be spoken to by others */
	bool offended;          /* nothing more is heard from it */
	uint32_t rate_per_s;    /* above this over FLOOD_WINDOW_MS it floods; 0 = no bound */
	uint32_t window_frames; /* heard in this window */
	int64_t window_since_ms;
	uint32_t dropped;       /* frames that its full queue cost it */
	uint32_t stale;         /* frames of an incarnation that is not this one */
	TAILQ_HEAD(, open_request) open; /* what it owes answers to */
	size_t open_count;
	void *owner;
};

struct switchboard_events {
	/* A request, event or retained message for the supervisor itself; `message` is decoded (zeroed when the header
	 * has HEADER_FLAG_CLEAR: it is true no longer), `fd` (or -1) the callee's. */
	void (*on_message)(void *arg, struct peer *peer, const struct header *header, const void *message, int fd);
	/* The peer broke the rules: "sent a malformed READY: has bytes left over". */
	void (*on_offence)(void *arg, struct peer *peer, const char *what);
};

struct switchboard;

/* `now_ms` is read from the clock by the switchboard itself for flood windows only. */
struct switchboard *switchboard_new(const struct switchboard_events *events, void *arg);
void switchboard_free(struct switchboard *board);

/* A place in the star for (role, slot): its shelf of retained messages outlives its incarnations. */
void switchboard_add_place(struct switchboard *board, enum role role, uint16_t slot);
/* The place is gone for good: its retained messages are cleared at every receiver. */
void switchboard_remove_place(struct switchboard *board, enum role role, uint16_t slot);

/* Seat a peer (its role, slot, generation and owner are set; peer_init() was called). */
void peer_init(struct peer *peer, enum role role, uint16_t slot, uint32_t generation, void *owner);
void switchboard_attach(struct switchboard *board, struct peer *peer);
/* Its end: what it owed is answered REFUSED died, and its channel is freed. */
void switchboard_detach(struct switchboard *board, struct peer *peer);

/* A frame from `peer`. `fd` (or -1) is taken over. */
void switchboard_on_frame(struct switchboard *board, struct peer *peer, const struct header *header,
			  const uint8_t *body, size_t body_len, int fd);

/* Commit the offence that the channel has seen (`fault` of channel_events.on_closed). */
void switchboard_offend(struct switchboard *board, struct peer *peer, const char *what);

/* Say something as the supervisor to one peer. `request` (may be NULL) is what it answers. */
enum channel_result switchboard_say(struct switchboard *board, struct peer *peer, enum message number,
				    const struct header *request, const void *message, int fd);
void switchboard_say_done(struct switchboard *board, struct peer *peer, const struct header *request,
			  const char *sentence);
void switchboard_say_refused(struct switchboard *board, struct peer *peer, const struct header *request,
			     enum refusal reason, const char *sentence, const char *remedy);

/* Keep a retained message as the supervisor's own, and tell it to all who may receive it. */
void switchboard_publish(struct switchboard *board, enum message number, uint32_t retain_key, const void *message);
void switchboard_unpublish(struct switchboard *board, enum message number, uint32_t retain_key);

/* All retained messages that the peer may receive. */
void switchboard_replay(struct switchboard *board, struct peer *peer);

/* All retained messages of one number that fusectl may see, as parts of the answer to `request`. */
void switchboard_recall(struct switchboard *board, struct peer *peer, const struct header *request, unsigned number);

/* The seated peer of (role, slot), or NULL. */
struct peer *switchboard_find(struct switchboard *board, unsigned role, uint16_t slot);

#endif
