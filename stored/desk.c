/*
 * desk: requests in, answers out, one commit between them.
 */
#include "stored/desk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"

/* -- answers ------------------------------------------------------------------------------- */

static enum refusal
refusal_of(enum outcome outcome)
{
	if (outcome == OUTCOME_NO_SPACE)
		return REFUSAL_NO_SPACE;
	return outcome == OUTCOME_READ_ONLY ? REFUSAL_READ_ONLY : REFUSAL_FAILED;
}

static void
refuse(struct desk *desk, const struct header *request, const struct fault *fault)
{
	child_reply_refused(desk->child, request, refusal_of(fault->outcome), fault->sentence,
			    outcome_remedy(fault->outcome));
}

static void
publish_setting(struct desk *desk, const struct setting_spec *spec)
{
	struct msg_setting message;

	values_describe(&desk->values, spec, &message);
	child_send(desk->child, MESSAGE_SETTING, ROLE_NONE, SLOT_ALL, 0, (uint32_t)setting_index(spec),
		   &message, -1);
}

/* What follows from a change that is on the disk now; before its answer, so that whoever was
 * answered finds everybody told. */
static void
follow_up(struct desk *desk, const struct batch_item *item)
{
	char value[SETTING_VALUE_BYTES];

	if (item->table == TABLE_META) {
		upkeep_note_confirmed(&desk->upkeep);
	} else if (item->table == TABLE_SETTINGS) {
		const struct setting_spec *spec = setting_peek(item->key);
		str_format(value, sizeof value, "%.*s", (int)item->len, (const char *)item->payload);
		values_note(&desk->values, spec, item->removes ? NULL : value);
		publish_setting(desk, spec);
		upkeep_reschedule(&desk->upkeep);
	}
}

static void
answer(void *arg, const struct batch_item *item, const struct fault *fault)
{
	struct desk *desk = arg;

	if (fault->outcome == OUTCOME_DONE) {
		follow_up(desk, item);
		child_reply_done(desk->child, &item->request, item->sentence);
	} else {
		refuse(desk, &item->request, fault);
	}
	upkeep_note_commit(&desk->upkeep, fault);
}

static void
flush(void *arg)
{
	struct desk *desk = arg;

	child_doing("committing to disk");
	batch_flush(&desk->batch, desk->store, answer, desk);
	child_doing(NULL);
}

/* Room for one more change; it is committed when this turn of the loop is over. */
static struct batch_item *
new_item(struct desk *desk, const struct header *request, enum store_table table, const char *key)
{
	struct batch_item *item = batch_add(&desk->batch);

	if (item == NULL) {
		flush(desk);
		item = batch_add(&desk->batch);
	}
	item->request = *request;
	item->table = table;
	str_copy(item->key, sizeof item->key, key);
	loop_timer_set(desk->flush_timer, 0);
	return item;
}

/* -- settings ------------------------------------------------------------------------------ */

static void
refuse_unknown(struct desk *desk, const struct header *request, const char *name)
{
	const struct setting_spec *nearest = setting_nearest(name);
	char sentence[240], remedy[120];

	str_format(sentence, sizeof sentence, "There is no setting '%s'.", name);
	if (nearest != NULL)
		str_format(remedy, sizeof remedy, "Did you mean '%s'?", nearest->name);
	else
		str_copy(remedy, sizeof remedy, "`fusectl settings` lists them.");
	child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, sentence, remedy);
}

static void
set_setting(struct desk *desk, const struct header *request, const struct msg_setting_set *message)
{
	const struct setting_spec *spec = setting_peek(message->name);
	char value[SETTING_VALUE_BYTES] = "", fault[240];

	if (spec == NULL) {
		refuse_unknown(desk, request, message->name);
		return;
	}
	if (!message->to_default && !setting_parse(spec, message->value, value, fault, sizeof fault)) {
		child_reply_refused(desk->child, request, REFUSAL_INVALID, fault, spec->doc);
		return;
	}
	struct batch_item *item = new_item(desk, request, TABLE_SETTINGS, spec->name);
	item->removes = message->to_default;
	batch_set_payload(item, value, strlen(value));
	if (message->to_default)
		str_format(item->sentence, sizeof item->sentence, "%s is back at its default, %s.",
			   spec->name, spec->default_value);
	else
		str_format(item->sentence, sizeof item->sentence, "%s is %s now.", spec->name, value);
}

/* -- secrets ------------------------------------------------------------------------------- */

static bool
is_secret_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";

	return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static void
set_secret(struct desk *desk, const struct header *request, const struct msg_secret_set *message)
{
	struct fault fault;
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];

	if (!is_secret_name(message->name)) {
		child_reply_refused(
			desk->child, request, REFUSAL_INVALID,
			"The name of a secret consists of letters, digits, '.', '_', '-' and '/'.", "");
		return;
	}
	if (!peers_may_write(request, message->name)) {
		child_reply_refused(desk->child, request, REFUSAL_FORBIDDEN, "This secret is another's.", "");
		return;
	}
	bool removes = message->value.len_bytes == 0;
	if (!removes && vault_prepare(desk->vault, desk->store, &fault) != OUTCOME_DONE) {
		refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
		return;
	}
	struct batch_item *item = new_item(desk, request, TABLE_SECRETS, message->name);
	item->removes = removes;
	if (!removes)
		batch_set_payload(item, sealed,
				  vault_seal(desk->vault, message->name, &message->value, sealed));
	str_copy(item->sentence, sizeof item->sentence,
		 removes ? "The secret is removed." : "The secret is kept.");
}

static void
give_secret(struct desk *desk, const struct header *request, const struct msg_secret_want *message)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t len;
	struct fault fault;
	struct msg_secret reply;

	if (!peers_may_read(&desk->peers, request, message->name)) {
		log_warn("refused a secret to a process that it is not for",
			 log_str("from", role_name((enum role)request->from_role)),
			 log_int("slot", request->from_slot), log_str("secret", message->name));
		child_reply_refused(desk->child, request, REFUSAL_FORBIDDEN, "This secret is another's.", "");
		return;
	}
	enum outcome outcome = store_get(desk->store, TABLE_SECRETS, message->name, strlen(message->name),
					 sealed, sizeof sealed, &len, &fault);
	if (outcome == OUTCOME_ABSENT) {
		child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, "This secret has not been set.",
				    "");
	} else if (outcome != OUTCOME_DONE) {
		refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
	} else if (!vault_unseal(desk->vault, message->name, sealed, len, &reply.value)) {
		log_error("a secret cannot be opened with this key", log_str("secret", message->name));
		child_reply_refused(desk->child, request, REFUSAL_FAILED, "The secret cannot be opened.",
				    "Set it again.");
	} else {
		child_reply(desk->child, request, MESSAGE_SECRET, &reply, -1);
	}
	secret_wipe(&reply.value);
}

/* -- the rest ------------------------------------------------------------------------------ */

static void
confirm(struct desk *desk, const struct header *request)
{
	if (desk->upkeep.restored[0] == '\0') {
		child_reply_refused(desk->child, request, REFUSAL_CONFLICT,
				    "There is nothing to confirm: the database was not restored.", "");
		return;
	}
	struct batch_item *item = new_item(desk, request, TABLE_META, STORE_META_RESTORED);
	item->removes = true;
	str_copy(item->sentence, sizeof item->sentence, "Confirmed: prints may start again.");
}

void
desk_on_message(void *arg, const struct header *header, const void *message, int fd)
{
	struct desk *desk = arg;

	if (fd >= 0)
		close(fd); /* no message to us carries one */
	switch (header->number) {
	case MESSAGE_PROC_STATUS:
		peers_note(&desk->peers, header, message);
		break;
	case MESSAGE_SETTING_SET:
		set_setting(desk, header, message);
		break;
	case MESSAGE_SECRET_SET:
		set_secret(desk, header, message);
		break;
	case MESSAGE_SECRET_WANT:
		give_secret(desk, header, message);
		break;
	case MESSAGE_STORE_CONFIRM:
		confirm(desk, header);
		break;
	default:
		break; /* retained messages for all children come here, too: what others publish */
	}
}

void
desk_on_synced(void *arg)
{
	struct desk *desk = arg;
	char sentence[120];
	size_t count;
	const struct setting_spec *specs = settings_all(&count);

	for (size_t i = 0; i < count; i++)
		publish_setting(desk, &specs[i]);
	upkeep_publish(&desk->upkeep);
	unsigned long long secrets = store_count(desk->store, TABLE_SECRETS);
	str_format(sentence, sizeof sentence, "%zu settings, %llu secret%s", count, secrets,
		   secrets == 1 ? "" : "s");
	child_ready(desk->child, sentence);
}

void
desk_on_stop(void *arg, uint32_t deadline_ms)
{
	struct desk *desk = arg;

	(void)deadline_ms; /* a commit takes as long as the disk takes */
	flush(desk);
	child_exit(desk->child, EXIT_DONE);
}

enum outcome
desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault)
{
	desk->flush_timer = loop_timer_new(child_loop_peek(desk->child), flush, desk);
	if (values_load(&desk->values, desk->store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	return upkeep_begin(&desk->upkeep, desk->child, desk->store, &desk->values, dir, ret_fault);
}

void
desk_end(struct desk *desk)
{
	vault_close(desk->vault);
	store_close(desk->store);
}
