/*
 * helpers: who asks, who is started for it, and what becomes of that.
 *
 * The slot of a helper says whose it is: place of the asker × `most` + 0 … most - 1. Where only one role may ask, the place
 * of an asker is its slot.
 */
#include "supervisor/helpers.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "supervisor/house.h"

#define ASKERS_OF_A_ROLE 32 /* of any but the last one */

static const struct proc_spec *
spec_of(unsigned role)
{
	size_t count;
	const struct proc_spec *specs = proc_specs(&count);

	for (size_t i = 0; i < count; i++)
		if (specs[i].role == role)
			return &specs[i];
	return NULL;
}

static struct proc *
find_helper(struct house *house, enum role role, uint16_t slot)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if (proc->spec->role == role && proc->slot == slot)
			return proc;
	return NULL;
}

static struct helper_want *
find_want(struct helpers *helpers, enum role role, uint16_t slot)
{
	for (size_t i = 0; i < HELPER_WANTS_MAX; i++)
		if (helpers->wants[i].waits && helpers->wants[i].role == role && helpers->wants[i].slot == slot)
			return &helpers->wants[i];
	return NULL;
}

/* Who asked, unless it has died since. */
static struct peer *
asker_of(struct house *house, const struct helper_want *want)
{
	struct peer *peer = switchboard_find(house->board, want->request.from_role, want->request.from_slot);

	return peer != NULL && peer->generation == want->request.generation ? peer : NULL;
}

static void
answer_ready(struct house *house, struct helper_want *want)
{
	struct msg_helper helper = { .slot = want->slot };
	struct peer *asker = asker_of(house, want);

	want->waits = false;
	if (asker != NULL)
		switchboard_say(house->board, asker, MESSAGE_HELPER, &want->request, &helper, -1);
}

static void
answer_failed(struct house *house, struct helper_want *want, const struct proc *proc)
{
	struct peer *asker = asker_of(house, want);
	char sentence[241];

	want->waits = false;
	if (asker == NULL)
		return;
	str_format(sentence, sizeof sentence, "%s %s", proc->spec->binary,
		   proc->obituary[0] != '\0' ? proc->obituary : "ended before it was ready");
	switchboard_say_refused(house->board, asker, &want->request, REFUSAL_FAILED, sentence, "`fusectl logs` tells more.");
}

/* Starts the process of a want, unless the one before it is still there. */
static void
start(struct house *house, const struct helper_want *want)
{
	const struct proc_spec *spec = spec_of(want->role);
	const struct peer *asker = asker_of(house, want);
	char entry[ENTRY_BYTES];

	if (asker == NULL || find_helper(house, want->role, want->slot) != NULL)
		return;
	const struct proc *owner = asker->owner;
	if (spec->most > 1)
		str_format(entry, sizeof entry, "%u", want->slot % spec->most + 1);
	else
		str_copy(entry, sizeof entry, owner->entry);
	struct proc *proc = proc_new(house, spec, want->slot, entry);
	proc->works_for = asker->generation;
	proc_event(proc, LIFE_EV_WANT, NULL);
}

/* Roles that may ask have their askers side by side: those of the lowest number first. */
static unsigned
place_of(const struct proc_spec *spec, const struct peer *asker)
{
	role_mask before = (role_mask)(spec->helper_of & (ROLE_BIT(asker->role) - 1));

	return (unsigned)__builtin_popcount(before) * ASKERS_OF_A_ROLE + asker->slot;
}

/* A slot of the asker's for one more: free, else one whose helper will be gone. False: a want waits at each. */
static bool
choose_slot(struct house *house, const struct proc_spec *spec, const struct peer *asker, uint16_t *ret_slot)
{
	bool found = false;
	unsigned place = place_of(spec, asker);

	for (unsigned i = 0; i < spec->most; i++) {
		uint16_t slot = (uint16_t)(place * spec->most + i);
		if (find_want(&house->helpers, spec->role, slot) != NULL)
			continue;
		if (find_helper(house, spec->role, slot) == NULL) {
			*ret_slot = slot;
			return true;
		}
		if (!found)
			*ret_slot = slot;
		found = true;
	}
	return found;
}

void
helpers_want(struct house *house, struct peer *peer, const struct header *request, const struct msg_helper_want *message)
{
	const struct proc_spec *spec = spec_of(message->role);
	struct helper_want *want = NULL;
	uint16_t slot = 0;

	if (spec == NULL || !(spec->helper_of & ROLE_BIT(peer->role))) {
		switchboard_say_refused(house->board, peer, request, REFUSAL_FORBIDDEN, "No such process works for you.", "");
		return;
	}
	if (house->phase == HOUSE_STOPPING) {
		switchboard_say_refused(house->board, peer, request, REFUSAL_CONFLICT, "Fuse is stopping.", "");
		return;
	}
	for (size_t i = 0; i < HELPER_WANTS_MAX && want == NULL; i++)
		if (!house->helpers.wants[i].waits)
			want = &house->helpers.wants[i];
	if (want == NULL || !choose_slot(house, spec, peer, &slot)) {
		switchboard_say_refused(house->board, peer, request, REFUSAL_BUSY,
					"As many as may be work for you already, and the next one waits.", "Try again.");
		return;
	}
	*want = (struct helper_want){ .waits = true, .request = *request, .role = spec->role, .slot = slot };
	start(house, want);
}

void
helpers_end(struct house *house, const struct peer *peer, const struct msg_helper_end *end)
{
	struct proc *proc = find_helper(house, (enum role)end->role, (uint16_t)end->slot);

	if (proc != NULL && (proc->spec->helper_of & ROLE_BIT(peer->role)) && proc->works_for == peer->generation)
		proc_event(proc, LIFE_EV_UNWANT, NULL);
}

/* Whoever it works for is gone (and perhaps there anew): nobody hears what it does. */
static void
end_orphans(struct house *house, const struct proc *asker)
{
	struct proc *proc;

	TAILQ_FOREACH(proc, &house->procs, next)
		if ((proc->spec->helper_of & ROLE_BIT(asker->spec->role)) &&
		    proc->slot / proc->spec->most == place_of(proc->spec, &asker->peer) &&
		    (asker->pid == 0 || proc->works_for != asker->peer.generation) && proc->life.wanted)
			proc_event(proc, LIFE_EV_UNWANT, NULL);
}

void
helpers_on_proc_changed(struct house *house, struct proc *proc)
{
	struct helper_want *want;

	end_orphans(house, proc);
	if (proc->spec->helper_of == 0 || (want = find_want(&house->helpers, proc->spec->role, proc->slot)) == NULL ||
	    want->request.generation != proc->works_for)
		return;
	/* A want of the same asker may also wait for this one's end: that is not answered by its start or death. */
	if (proc->life.state == LIFE_UP && !proc->was_told) {
		proc->was_told = true;
		answer_ready(house, want);
	} else if (proc->life.state == LIFE_DOWN && !proc->was_told) {
		answer_failed(house, want, proc);
	}
}

void
helpers_go_on(struct house *house)
{
	for (size_t i = 0; i < HELPER_WANTS_MAX; i++) {
		struct helper_want *want = &house->helpers.wants[i];
		if (!want->waits)
			continue;
		if (asker_of(house, want) == NULL)
			want->waits = false;
		else
			start(house, want);
	}
}
