/*
 * virtual_controls: what people turn. Most of it is the machine's own; here is what concerns its doors and its card.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/jsonout.h"
#include "worker/virtual/virtual.h"

#define TELL_EVERY_MS 1000

/* -- telling ---------------------------------------------------------------------------------------------------- */

static void
write_storage(struct jsonout *out, const struct card *card)
{
	struct card_facts facts;

	card_get_facts(card, &facts);
	jsonout_key(out, "storage");
	jsonout_open(out, '{');
	jsonout_key(out, "totalBytes");
	jsonout_int(out, (int64_t)facts.total_bytes);
	jsonout_key(out, "usedBytes");
	jsonout_int(out, (int64_t)facts.used_bytes);
	jsonout_key(out, "files");
	jsonout_int(out, facts.files);
	jsonout_close(out, '}');
}

static size_t
write_state(const struct virtual *virtual, char to[VIRTUAL_STATE_BYTES])
{
	struct jsonout out;

	jsonout_init(&out, to, VIRTUAL_STATE_BYTES);
	jsonout_open(&out, '{');
	controls_write(&out, machine_controls(virtual->machine));
	write_storage(&out, virtual->card);
	jsonout_key(&out, "exposed");
	jsonout_text(&out, virtual->exposed, 64);
	doors_write(virtual->doors, &out);
	jsonout_close(&out, '}');
	size_t len = jsonout_finish(&out);
	ENSURE(len > 0);
	return len;
}

void
virtual_tell_state(struct virtual *virtual, bool at_once)
{
	char json[VIRTUAL_STATE_BYTES];
	struct msg_virtual_state state = { .json = { (const uint8_t *)json, 0 } };
	int64_t now_ms = clock_monotonic_ms();

	if (!at_once && now_ms < virtual->told_ms + TELL_EVERY_MS)
		return;
	state.json.len = write_state(virtual, json);
	if (strcmp(json, virtual->told) == 0)
		return;
	str_copy(virtual->told, sizeof virtual->told, json);
	virtual->told_ms = now_ms;
	str_copy(state.serial, sizeof state.serial, virtual->nameplate.serial);
	child_send(virtual->child, MESSAGE_VIRTUAL_STATE, ROLE_NONE, SLOT_ALL, 0, child_slot(virtual->child),
		   &state, -1);
}

/* -- faults that are outside the machine ------------------------------------------------------------------------ */

static void
follow_certificate(struct virtual *virtual, bool other)
{
	if (other == virtual->shows_other)
		return;
	if (other && virtual->other.single == NULL &&
	    !identity_other(&virtual->other, virtual->dir, virtual->nameplate.serial))
		return;
	virtual->shows_other = other;
	doors_show(virtual->doors, other ? &virtual->other : &virtual->own);
}

/* As when somebody has it made a new one at its screen: who is logged in must do that again. */
static void
follow_code(struct virtual *virtual, bool refuses)
{
	struct broker *broker = doors_broker_peek(virtual->doors);

	if (refuses == virtual->refuses_code)
		return;
	virtual->refuses_code = refuses;
	broker_set_code(broker, refuses ? NULL : &virtual->code);
	server_drop_all(broker_server_peek(broker));
}

uint32_t
virtual_address(const struct virtual *virtual)
{
	struct in_addr address = { 0 };

	inet_pton(AF_INET, doors_address_peek(virtual->doors), &address);
	return address.s_addr;
}

/* False: there is no other place. */
static bool
go(struct virtual *virtual, bool home)
{
	if (doors_are_home(virtual->doors) == home)
		return true;
	if (!doors_go(virtual->doors, home))
		return false;
	machine_set_address(virtual->machine, virtual_address(virtual), doors_video_port(virtual->doors));
	return true;
}

static void
follow_storage(struct virtual *virtual, const struct controls *controls)
{
	card_set_absent(virtual->card, controls->faults[CONTROL_FAULT_NO_STORAGE]);
	card_set_full(virtual->card, controls->faults[CONTROL_FAULT_STORAGE_FULL]);
	machine_set_storage(virtual->machine, card_state(virtual->card));
}

void
virtual_follow_controls(struct virtual *virtual)
{
	const struct controls *controls = machine_controls(virtual->machine);

	follow_certificate(virtual, controls->faults[CONTROL_FAULT_CHANGED_CERTIFICATE]);
	follow_code(virtual, controls->faults[CONTROL_FAULT_WRONG_CODE]);
	follow_storage(virtual, controls);
	doors_show_video(virtual->doors, !controls->faults[CONTROL_FAULT_LIVE_VIEW_OFF]);
	if (!controls->faults[CONTROL_FAULT_CHANGED_ADDRESS])
		go(virtual, true);
}

void
virtual_forget_move(struct virtual *virtual)
{
	struct control_change change = { .after = *machine_controls(virtual->machine) };

	if (!change.after.faults[CONTROL_FAULT_CHANGED_ADDRESS])
		return;
	change.after.faults[CONTROL_FAULT_CHANGED_ADDRESS] = false;
	machine_control(virtual->machine, &change, clock_monotonic_ms());
}

/* -- VIRTUAL_CONTROL -------------------------------------------------------------------------------------------- */

static void
begin_testprint(struct virtual *virtual, const struct header *asker)
{
	if (testprint_begin(virtual->testprint))
		virtual->testprint_asker = *asker;
	else
		child_reply_refused(virtual->child, asker, REFUSAL_BUSY,
				    "A test print is being made already.", "Wait for it.");
}

void
virtual_on_testprint_end(void *arg, const struct msg_refused *refused, const char *sentence)
{
	struct virtual *virtual = arg;

	if (refused == NULL)
		child_reply_done(virtual->child, &virtual->testprint_asker, sentence);
	else
		child_reply(virtual->child, &virtual->testprint_asker, MESSAGE_REFUSED, refused, -1);
}

static void
apply(struct virtual *virtual, const struct header *asker, const struct control_change *change)
{
	machine_control(virtual->machine, change, clock_monotonic_ms());
	virtual_follow_controls(virtual);
	virtual_settle(virtual, true);
	virtual_keep(virtual, false); /* what was turned stays so, whatever comes next */
	if (change->action == CONTROL_DO_TEST_PRINT)
		begin_testprint(virtual, asker);
	else
		child_reply_done(virtual->child, asker, "");
}

static bool
wants_to_go(const struct virtual *virtual, const struct control_change *change)
{
	return change->after.faults[CONTROL_FAULT_CHANGED_ADDRESS] &&
	       !machine_controls(virtual->machine)->faults[CONTROL_FAULT_CHANGED_ADDRESS];
}

/* The other sockets must be there first. */
static void
ask_for_sockets(struct virtual *virtual, const struct header *asker, const struct msg_virtual_control *control)
{
	const struct msg_virtual_move move;

	virtual->move_request = child_next_request_id(virtual->child);
	virtual->move_asker = *asker;
	str_format(virtual->move_json, sizeof virtual->move_json, "%.*s", (int)control->json.len,
		   (const char *)control->json.bytes);
	child_send(virtual->child, MESSAGE_VIRTUAL_MOVE, ROLE_SUPERVISOR, 0, virtual->move_request, 0, &move, -1);
}

void
virtual_on_control(struct virtual *virtual, const struct header *header, const struct msg_virtual_control *control)
{
	struct control_change change;
	char sentence[200];

	if (virtual->machine == NULL)
		child_reply_refused(virtual->child, header, REFUSAL_BUSY,
				    "This virtual printer is still starting.", "Try again.");
	else if (strcmp(control->serial, virtual->nameplate.serial) != 0)
		child_reply_refused(virtual->child, header, REFUSAL_NOT_FOUND, "That is another virtual printer.", "");
	else if (!controls_read(machine_controls(virtual->machine), control->json.bytes, control->json.len,
				&change, sentence, sizeof sentence))
		child_reply_refused(virtual->child, header, REFUSAL_INVALID, sentence, "");
	else if (!wants_to_go(virtual, &change))
		apply(virtual, header, &change);
	else if (virtual->move_request != 0)
		child_reply_refused(virtual->child, header, REFUSAL_BUSY, "It is about to move already.", "Try again.");
	else
		ask_for_sockets(virtual, header, control);
}

bool
virtual_on_moved(struct virtual *virtual, uint32_t request_id, const char *sentence)
{
	struct control_change change;
	char fault[200];

	if (request_id == 0 || request_id != virtual->move_request)
		return false;
	virtual->move_request = 0;
	if (sentence == NULL && !go(virtual, false))
		sentence = "It could not get another address.";
	/* Something else may have been turned meanwhile. */
	if (sentence == NULL && controls_read(machine_controls(virtual->machine), virtual->move_json,
					      strlen(virtual->move_json), &change, fault, sizeof fault))
		apply(virtual, &virtual->move_asker, &change);
	else
		child_reply_refused(virtual->child, &virtual->move_asker, REFUSAL_CONFLICT,
				    sentence != NULL ? sentence : fault, "");
	return true;
}
