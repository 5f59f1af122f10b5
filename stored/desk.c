/*
 * desk: requests in, answers out, one commit between them.
 */
#include "stored/desk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/crashpoint.h"
#include "common/exits.h"
#include "common/log.h"
#include "common/str.h"
#include "stored/desk_inner.h"
#include "stored/printer_desk.h"
#include "stored/virtual_desk.h"

/* -- answers ------------------------------------------------------------------------------- */

static enum refusal
refusal_of(enum outcome outcome)
{
	if (outcome == OUTCOME_NO_SPACE)
		return REFUSAL_NO_SPACE;
	return outcome == OUTCOME_READ_ONLY ? REFUSAL_READ_ONLY : REFUSAL_FAILED;
}

void
desk_refuse(struct desk *desk, const struct header *request, const struct fault *fault)
{
	child_reply_refused(desk->child, request, refusal_of(fault->outcome), fault->sentence,
			    outcome_remedy(fault->outcome));
}

void
desk_refuse_with(struct desk *desk, const struct header *request, enum refusal reason, const char *remedy,
		 const char *format, ...)
{
	char sentence[241];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	child_reply_refused(desk->child, request, reason, sentence, remedy);
}

static void
publish_setting(struct desk *desk, const struct setting_spec *spec)
{
	struct msg_setting message;

	values_describe(&desk->values, spec, &message);
	child_send(desk->child, MESSAGE_SETTING, ROLE_NONE, SLOT_ALL, 0, (uint32_t)setting_index(spec),
		   &message, -1);
}

static void
follow_up_setting(struct desk *desk, const struct batch_op *op)
{
	char value[SETTING_VALUE_BYTES];
	const struct setting_spec *spec = setting_peek(op->key);

	str_format(value, sizeof value, "%.*s", (int)op->len, (const char *)op->payload);
	values_note(&desk->values, spec, op->removes ? NULL : value);
	publish_setting(desk, spec);
	upkeep_reschedule(&desk->upkeep);
	file_desk_follow_setting(desk);
}

/* What follows from a change that is on the disk now; before its answer, so that whoever was
 * answered finds everybody told. */
static void
follow_up(struct desk *desk, const struct batch_item *item)
{
	if (item->ops[0].table == TABLE_META)
		upkeep_note_confirmed(&desk->upkeep);
	else if (item->ops[0].table == TABLE_SETTINGS)
		follow_up_setting(desk, &item->ops[0]);
	else
		printer_desk_follow_up(desk, item);
	job_desk_follow_up(desk, item);
}

static void
answer(void *arg, const struct batch_item *item, const struct fault *fault)
{
	struct desk *desk = arg;

	if (item->ops[0].table == TABLE_FILES) {
		file_desk_answer(desk, item, fault);
	} else if (fault->outcome == OUTCOME_DONE) {
		if (job_desk_is_step(item))
			crash_point("stored-committed");
		follow_up(desk, item);
		if (!job_desk_answer(desk, item) && !virtual_desk_answer(desk, item))
			child_reply_done(desk->child, &item->request, item->sentence);
	} else {
		printer_desk_give_up(desk, item);
		job_desk_give_up(desk, item);
		desk_refuse(desk, &item->request, fault);
	}
	upkeep_note_commit(&desk->upkeep, fault);
}

void
desk_flush(struct desk *desk)
{
	child_doing("committing to disk");
	for (size_t i = 0; i < desk->batch.count; i++)
		if (job_desk_is_step(&desk->batch.items[i]))
			crash_point("stored-before-commit");
	batch_flush(&desk->batch, desk->store, answer, desk);
	child_doing(NULL);
}

static void
on_flush_timer(void *arg)
{
	desk_flush(arg);
}

struct batch_item *
desk_new_item(struct desk *desk, const struct header *request)
{
	struct batch_item *item = batch_add(&desk->batch);

	if (item == NULL) {
		desk_flush(desk);
		item = batch_add(&desk->batch);
	}
	item->request = *request;
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
	struct batch_item *item = desk_new_item(desk, request);
	batch_add_op(item, TABLE_SETTINGS, spec->name, message->to_default ? NULL : value,
		     message->to_default ? 0 : strlen(value));
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
	if (virtual_desk_refuses_secret(desk, request, message->name))
		return;
	bool removes = message->value.len_bytes == 0;
	if (!removes && vault_prepare(desk->vault, desk->store, &fault) != OUTCOME_DONE) {
		desk_refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
		return;
	}
	struct batch_item *item = desk_new_item(desk, request);
	size_t len = removes ? 0 : vault_seal(desk->vault, message->name, &message->value, sealed);
	batch_add_op(item, TABLE_SECRETS, message->name, removes ? NULL : sealed, len);
	str_copy(item->sentence, sizeof item->sentence,
		 removes ? "The secret is removed." : "The secret is kept.");
}

enum outcome
desk_read_secret(struct desk *desk, const char *name, struct secret *ret_secret, struct fault *ret_fault)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t len;

	secret_wipe(ret_secret);
	if (store_get(desk->store, TABLE_SECRETS, name, strlen(name), sealed, sizeof sealed, &len, ret_fault) !=
	    OUTCOME_DONE)
		return ret_fault->outcome;
	if (vault_unseal(desk->vault, name, sealed, len, ret_secret))
		return fault_none(ret_fault);
	log_error("a secret cannot be opened with this key", log_str("secret", name));
	return fault_say(ret_fault, OUTCOME_NO_KEY, "The secret cannot be opened.");
}

static void
give_secret(struct desk *desk, const struct header *request, const struct msg_secret_want *message)
{
	struct fault fault;
	struct msg_secret reply;

	if (!peers_may_read(&desk->peers, request, message->name)) {
		log_warn("refused a secret to a process that it is not for",
			 log_str("from", role_name((enum role)request->from_role)),
			 log_int("slot", request->from_slot), log_str("secret", message->name));
		child_reply_refused(desk->child, request, REFUSAL_FORBIDDEN, "This secret is another's.", "");
		return;
	}
	enum outcome outcome = desk_read_secret(desk, message->name, &reply.value, &fault);
	if (outcome == OUTCOME_DONE) {
		child_reply(desk->child, request, MESSAGE_SECRET, &reply, -1);
	} else if (outcome == OUTCOME_ABSENT) {
		child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, "This secret has not been set.",
				    "");
	} else if (outcome == OUTCOME_NO_KEY) {
		child_reply_refused(desk->child, request, REFUSAL_FAILED, fault.sentence, "Set it again.");
	} else {
		desk_refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
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
	struct batch_item *item = desk_new_item(desk, request);
	batch_add_op(item, TABLE_META, STORE_META_RESTORED, NULL, 0);
	str_copy(item->sentence, sizeof item->sentence, "Confirmed: prints may start again.");
}

void
desk_on_message(void *arg, const struct header *header, const void *message, int fd)
{
	struct desk *desk = arg;

	if (file_desk_on_message(desk, header, message, fd))
		return;
	if (fd >= 0)
		close(fd); /* no other message to us carries one */
	switch (header->number) {
	case MESSAGE_PROC_STATUS:
		peers_note(&desk->peers, header, message);
		file_desk_note_process(desk, header, message);
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
	case MESSAGE_PRINTER_ADD:
		printer_desk_add(desk, header, message);
		break;
	case MESSAGE_PRINTER_EDIT:
		printer_desk_edit(desk, header, message);
		break;
	case MESSAGE_PRINTER_REMOVE:
		printer_desk_remove(desk, header, message);
		break;
	case MESSAGE_PRINTER_WANT:
		printer_desk_want(desk, header);
		break;
	case MESSAGE_PRINTER_SEEN:
		printer_desk_seen(desk, header, message);
		break;
	case MESSAGE_PRINTER_MOVED:
		printer_desk_moved(desk, header, message);
		break;
	case MESSAGE_PLATE_USED:
		printer_desk_plate_used(desk, header, message);
		break;
	case MESSAGE_PLATE_CLEAR:
		printer_desk_plate_clear(desk, header, message);
		break;
	default:
		if (!job_desk_on_message(desk, header, message) && !virtual_desk_on_message(desk, header, message))
			owner_desk_on_message(desk, header, message);
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
	printer_desk_publish_all(desk);
	job_desk_publish_all(desk);
	owner_desk_publish_all(desk);
	file_desk_open(desk);
	upkeep_publish(&desk->upkeep); /* last: whoever has heard this knows what there is */
	unsigned long long secrets = store_count(desk->store, TABLE_SECRETS);
	size_t printers = printers_count(&desk->printers), jobs = jobs_count(&desk->job.jobs);
	str_format(sentence, sizeof sentence, "%zu settings, %llu secret%s, %zu printer%s, %zu job%s", count, secrets,
		   secrets == 1 ? "" : "s", printers, printers == 1 ? "" : "s", jobs, jobs == 1 ? "" : "s");
	child_ready(desk->child, sentence);
}

void
desk_on_stop(void *arg, uint32_t deadline_ms)
{
	struct desk *desk = arg;

	(void)deadline_ms; /* a commit takes as long as the disk takes */
	desk_flush(desk);
	child_exit(desk->child, EXIT_DONE);
}

enum outcome
desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault)
{
	desk->flush_timer = loop_timer_new(child_loop_peek(desk->child), on_flush_timer, desk);
	if (values_load(&desk->values, desk->store, ret_fault) != OUTCOME_DONE ||
	    printers_load(&desk->printers, desk->store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	if (file_desk_begin(desk, dir, ret_fault) != OUTCOME_DONE || /* before the jobs, which need its files */
	    job_desk_begin(desk, dir, ret_fault) != OUTCOME_DONE || owner_desk_begin(desk, dir, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	return upkeep_begin(&desk->upkeep, desk->child, desk->store, &desk->values, dir, ret_fault);
}

void
desk_end(struct desk *desk)
{
	job_desk_end(desk);
	vault_close(desk->vault);
	store_close(desk->store);
}
