/*
 * worker: the parts of one printer's process and what they share: the link, what was read, the recent messages, and
 * who waits for an answer. Everything runs on the main loop.
 */
#ifndef FUSE_WORKER_LINK_WORKER_H
#define FUSE_WORKER_LINK_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/child.h"
#include "printer/report.h"
#include "printer/state_json.h"
#include "worker/link/commander.h"
#include "worker/link/doctor.h"
#include "worker/link/follow.h"
#include "worker/link/jobdesk.h"
#include "worker/link/link.h"
#include "worker/link/mqtt.h"
#include "worker/link/preview.h"
#include "worker/link/queue.h"
#include "worker/link/rawreport.h"
#include "worker/link/ring.h"
#include "worker/link/storagedesk.h"
#include "worker/link/tail.h"
#include "worker/link/transfer.h"

#define POST_GAP_MS 100 /* between two PRINTER_STATE messages */

struct worker {
	struct child *child;
	struct loop *loop;
	struct mqtt *mqtt;
	struct link link;
	struct report *report;
	struct printer_state state;
	struct ring *ring;
	struct rawreport *raw;
	struct tails *tails;
	struct commander commander;
	struct doctor doctor;
	struct follow follow;
	struct queue queue;
	struct jobdesk jobdesk;
	struct transfer transfer;
	struct previews previews;
	struct storagedesk storagedesk;
	uint32_t ftps_port;	       /* 0 = the standard one */
	struct loop_timer *time;       /* the link's next deadline, and what else waits */
	int64_t armed_ms;	       /* when it fires; 0 = it is not set */
	struct loop_timer *post_timer; /* posts what has changed */
	struct loop_timer *want_timer; /* asks stored again */
	uint32_t want_request;	       /* open PRINTER_WANT; 0 = none */
	bool ready;
	bool link_dirty, state_dirty;
	int64_t posted_ms;	       /* newest PRINTER_STATE */
	bool posted_stale;
	struct msg_printer_link posted_link;
};

/* -- post.c: what others see of it ---------------------------------------------------------- */

/* Something that PRINTER_LINK or PRINTER_STATE shows has changed; it goes out at the end of this turn. */
void worker_touch(struct worker *worker);
void worker_touch_state(struct worker *worker);
void worker_post(void *worker);
bool worker_is_stale(const struct worker *worker, int64_t now_ms);

/* -- desk.c: messages from other processes --------------------------------------------------- */

void desk_on_synced(void *worker);
void desk_on_message(void *worker, const struct header *header, const void *message, int fd);
void desk_on_stop(void *worker, uint32_t deadline_ms);
void desk_want(void *worker);
void desk_on_want_timer(void *worker);
void desk_on_tail_end(void *worker, void *cookie, bool complete);
void desk_say_firmware(struct worker *worker, const char *firmware);

/* -- main.c ------------------------------------------------------------------------------------ */

/* Hand it to MQTT, once, and keep it among the messages. False: it was not, and never will be. */
bool worker_publish(struct worker *worker, const struct command_payload *payload);

/* Set the timer to whatever is due next. After everything that moves the link. */
void worker_rearm(struct worker *worker);

#endif
