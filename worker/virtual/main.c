/*
 * fuse-virtual: plays one virtual printer. Started by fused as `fuse-virtual SERIAL --dir <state>/virtual/SERIAL`;
 * that folder is the only one that it reaches. fused gives it its sockets, the store says who it is.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/virtual/virtual.h"

#define ASK_AGAIN_MS 1000

static struct virtual virtual;
static uint32_t want_request, at_request; /* to the store; 0 = none is open */
static bool at_is_known;
static struct loop_timer *ask_again;

/* -- what it asks the store ------------------------------------------------------------------------------------- */

static void
ask(uint32_t *ret_request, enum message number, const void *message)
{
	*ret_request = child_next_request_id(virtual.child);
	child_send(virtual.child, number, ROLE_STORED, 0, *ret_request, 0, message, -1);
}

static void
ask_what_is_missing(void *arg)
{
	const struct msg_virtual_want want;
	struct msg_virtual_at at;

	(void)arg;
	if (virtual.machine == NULL) {
		ask(&want_request, MESSAGE_VIRTUAL_WANT, &want);
	} else if (!at_is_known) {
		doors_where(virtual.doors, &at);
		ask(&at_request, MESSAGE_VIRTUAL_AT, &at);
	}
}

static void
on_mine(struct msg_virtual_mine *mine)
{
	want_request = 0;
	if (virtual.machine != NULL)
		return;
	if (!virtual_begin(&virtual, mine))
		child_exit(virtual.child, EXIT_UNAVAILABLE);
	else
		ask_what_is_missing(NULL);
}

static void
on_answer(uint32_t request, const struct msg_refused *refused)
{
	const char *sentence = refused != NULL ? refused->sentence : NULL;

	if (virtual_on_moved(&virtual, request, sentence))
		return;
	if (request != want_request && request != at_request)
		return;
	at_is_known = request == at_request && refused == NULL;
	if (refused == NULL)
		return;
	log_debug("the store does not answer yet", log_str("it", sentence));
	loop_timer_set(ask_again, ASK_AGAIN_MS);
}

/* -- the child -------------------------------------------------------------------------------------------------- */

static void
on_synced(void *arg)
{
	(void)arg;
	ask_what_is_missing(NULL);
	child_ready(virtual.child, "plays a printer");
}

static void
on_message(void *arg, const struct header *header, const void *message, int fd)
{
	struct msg_virtual_mine mine;

	(void)arg;
	if (header->number == MESSAGE_VIRTUAL_SOCKET) {
		doors_take_socket(virtual.doors, message, fd);
		return;
	}
	if (virtual.testprint != NULL && testprint_on_reply(virtual.testprint, header, message, fd))
		return;
	if (fd >= 0)
		close(fd); /* no other message to us carries one */
	if (virtual.sliced != NULL && sliced_on_reply(virtual.sliced, header, message))
		return;
	switch (header->number) {
	case MESSAGE_VIRTUAL_MINE:
		memcpy(&mine, message, sizeof mine);
		on_mine(&mine);
		explicit_bzero(&mine, sizeof mine);
		break;
	case MESSAGE_VIRTUAL_NAMED:
		virtual_on_named(&virtual, ((const struct msg_virtual_named *)message)->name);
		break;
	case MESSAGE_VIRTUAL_CONTROL:
		virtual_on_control(&virtual, header, message);
		break;
	case MESSAGE_DONE:
		on_answer(header->request_id, NULL);
		break;
	case MESSAGE_REFUSED:
		on_answer(header->request_id, message);
		break;
	}
}

static void
on_stop(void *arg, uint32_t deadline_ms)
{
	(void)arg, (void)deadline_ms;
	loop_timer_free(ask_again);
	virtual_end(&virtual);
	child_exit(virtual.child, EXIT_DONE);
}

int
main(int argc, char **argv)
{
	static const struct child_duties duties = { on_synced, on_message, on_stop, NULL };

	if (argc != 4 || strcmp(argv[2], "--dir") != 0) { /* argv[1] is the entry, for ps(1) */
		fprintf(stderr, "fuse-virtual is a part of Fuse: fused starts it. Start `fused` instead.\n");
		return EXIT_USAGE;
	}
	umask(077);
	json_object_seed(0); /* jansson reads /dev/urandom for it, which is out of reach later */
	tls_init();
	testfile_init();
	virtual.dir = argv[3];
	virtual.child = child_new(ROLE_VIRTUAL, SANDBOX_VIRTUAL,
				  (const struct sandbox_path[]){ { .path = virtual.dir, .writable = true } },
				  1, &duties);
	virtual.loop = child_loop_peek(virtual.child);
	virtual.doors = doors_new(virtual.loop);
	ask_again = loop_timer_new(virtual.loop, ask_what_is_missing, NULL);
	return child_run(virtual.child);
}
