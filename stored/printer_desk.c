/*
 * printer_desk: check, plan, put into the batch; when the disk has it, tell everybody.
 */
#include "stored/printer_desk.h"

#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "stored/desk_inner.h"
#include "stored/job_desk.h"
#include "stored/printer_desk_inner.h"
#include "stored/virtual_desk.h"

#define CHANGES(field) (1u << PRINTER_FIELD_##field)

/* -- telling ------------------------------------------------------------------------------------ */

static void
publish(struct desk *desk, uint32_t number)
{
	const struct printer_place *place = &desk->printers.places[number];
	struct msg_printer message;

	if (!place->is_kept) {
		child_clear(desk->child, MESSAGE_PRINTER, number);
		return;
	}
	printers_describe(place, &message);
	child_send(desk->child, MESSAGE_PRINTER, ROLE_NONE, SLOT_ALL, 0, number, &message, -1);
}

void
printer_desk_publish_all(struct desk *desk)
{
	for (uint32_t i = 0; i < PRINTERS_MAX; i++)
		publish(desk, i);
}

static void
tell_worker(struct desk *desk, const char *serial)
{
	struct msg_printer_changed changed;
	uint16_t slot;

	memset(&changed, 0, sizeof changed);
	if (peers_find_worker(&desk->peers, serial, &slot))
		child_send(desk->child, MESSAGE_PRINTER_CHANGED, ROLE_WORKER, slot, 0, 0, &changed, -1);
}

/* The item's change of a table; NULL = none. */
static const struct batch_op *
find_op(const struct batch_item *item, enum store_table table)
{
	for (size_t i = 0; i < item->op_count; i++)
		if (item->ops[i].table == table)
			return &item->ops[i];
	return NULL;
}

/* A secret that was set by its own name. */
static void
follow_up_secret(struct desk *desk, const struct batch_item *item)
{
	static const size_t prefix_len = sizeof PRINTERS_SECRET_PREFIX - 1;
	const struct batch_op *op = &item->ops[0];

	if (strncmp(op->key, PRINTERS_SECRET_PREFIX, prefix_len) != 0)
		return;
	struct printer_place *place = printers_find(&desk->printers, op->key + prefix_len);
	if (place == NULL || !place->is_kept)
		return;
	place->has_code = !op->removes;
	publish(desk, (uint32_t)(place - desk->printers.places));
	tell_worker(desk, place->kept.serial);
}

static void
follow_up_printer(struct desk *desk, const struct batch_item *item)
{
	const struct batch_op *secret = find_op(item, TABLE_SECRETS);
	struct printer_place *place = printers_find(&desk->printers, item->ops[0].key);

	printers_settle(place, true);
	if (find_op(item, TABLE_META) != NULL)
		desk->printers.installation_is_kept = true;
	if (secret != NULL && place->is_kept)
		place->has_code = !secret->removes;
	if (item->request.number == MESSAGE_PRINTER_SEEN)
		return; /* nobody else is told of that */
	publish(desk, (uint32_t)(place - desk->printers.places));
	if (!place->is_kept || item->request.number == MESSAGE_PLATE_USED) /* that is the worker's own word */
		return;
	tell_worker(desk, place->kept.serial);
	if (place->kept.is_virtual)
		virtual_desk_tell_name(desk, &place->kept);
}

void
printer_desk_follow_up(struct desk *desk, const struct batch_item *item)
{
	if (item->ops[0].table == TABLE_SECRETS)
		follow_up_secret(desk, item);
	else if (item->ops[0].table == TABLE_PRINTERS)
		follow_up_printer(desk, item);
}

void
printer_desk_give_up(struct desk *desk, const struct batch_item *item)
{
	if (item->ops[0].table == TABLE_PRINTERS)
		printers_settle(printers_find(&desk->printers, item->ops[0].key), false);
}

/* -- parts of a request -------------------------------------------------------------------------- */

void
printer_desk_refuse(struct desk *desk, const struct header *request, const struct complaint *complaint)
{
	child_reply_refused(desk->child, request, REFUSAL_INVALID, complaint->sentence, complaint->remedy);
}

struct printer_place *
printer_desk_find(struct desk *desk, const struct header *request, const char *text)
{
	char serial[PRINTER_SERIAL_BYTES];
	struct complaint complaint;

	if (!printer_rules_serial(text, serial, &complaint)) {
		printer_desk_refuse(desk, request, &complaint);
		return NULL;
	}
	struct printer_place *place = printers_find(&desk->printers, serial);
	if (place != NULL && place->is_planning) {
		desk_flush(desk);
		place = printers_find(&desk->printers, serial);
	}
	if (place == NULL)
		desk_refuse_with(desk, request, REFUSAL_NOT_FOUND, "`fusectl printers` lists them.",
				 "There is no printer with the serial number %s.", serial);
	return place;
}

static bool
refuse_shared_address(struct desk *desk, const struct header *request, const struct printer_record *record)
{
	const struct printer_record *other = printers_at(&desk->printers, record);

	if (other == NULL)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT,
			 "Give each printer its own address. Printers behind one address need MQTT ports of their own.",
			 "The printer '%s' (%s) is at %s port %u already.", other->name, other->serial, other->address,
			 other->mqtt_port != 0 ? other->mqtt_port : PRINTER_MQTT_PORT);
	return true;
}

/* Seal an access code; an empty one has the length 0. False when the request was refused. */
static bool
seal_code(struct desk *desk, const struct header *request, const char *serial, const struct secret *code,
	  uint8_t ret_sealed[VAULT_SEALED_MAX_BYTES], size_t *ret_len)
{
	char name[PRINTERS_SECRET_BYTES];
	struct fault fault;

	*ret_len = 0;
	if (code->len_bytes == 0)
		return true;
	if (vault_prepare(desk->vault, desk->store, &fault) != OUTCOME_DONE) {
		desk_refuse(desk, request, &fault);
		upkeep_note_commit(&desk->upkeep, &fault);
		return false;
	}
	printers_secret_name(serial, name);
	*ret_len = vault_seal(desk->vault, name, code, ret_sealed);
	return true;
}

struct batch_item *
printer_desk_put(struct desk *desk, const struct header *request, const struct printer_record *record)
{
	uint8_t bytes[PRINTER_RECORD_MAX_BYTES];
	struct batch_item *item = desk_new_item(desk, request);

	batch_add_op(item, TABLE_PRINTERS, record->serial, bytes, printer_record_encode(record, bytes));
	if (!desk->printers.installation_is_kept)
		batch_add_op(item, TABLE_META, STORE_META_INSTALLATION, desk->printers.installation,
			     strlen(desk->printers.installation));
	return item;
}

static void
add_code(struct batch_item *item, const char *serial, const uint8_t *sealed, size_t len)
{
	char name[PRINTERS_SECRET_BYTES];

	printers_secret_name(serial, name);
	batch_add_op(item, TABLE_SECRETS, name, len > 0 ? sealed : NULL, len);
}

/* -- adding ------------------------------------------------------------------------------------- */

/* Every field as it is kept. `doubts` gets a sentence for what is unusual. */
static bool
take_all(const struct msg_printer_add *message, struct printer_record *record, char *doubts, size_t cap,
	 struct complaint *complaint)
{
	char of_model[120];

	*record = (struct printer_record){ .mqtt_port = message->mqtt_port, .ftps_port = message->ftps_port,
					   .camera_port = message->camera_port, .detect_port = message->detect_port,
					   .starts_unasked = message->starts_unasked };
	if (!printer_rules_serial(message->serial, record->serial, complaint))
		return false;
	printer_rules_model(message->model, record->model, of_model, sizeof of_model);
	printer_rules_doubt_serial(record->serial, doubts, cap);
	if (doubts[0] == '\0')
		str_copy(doubts, cap, of_model);
	return printer_rules_name(message->name, record->model, record->serial, record->name, complaint) &&
	       printer_rules_address(message->address, record->address, complaint) &&
	       printer_rules_certificate(message->certificate_sha256, record->certificate_sha256, complaint);
}

static bool
refuse_known_serial(struct desk *desk, const struct header *request, const char *serial)
{
	struct printer_place *place = printers_find(&desk->printers, serial);

	/* What is in the batch is not yet true. */
	if (place != NULL && place->is_planning) {
		desk_flush(desk);
		place = printers_find(&desk->printers, serial);
	}
	if (place == NULL)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, "`fusectl printer edit` changes it, `fusectl printer show` shows it.",
			 "The serial number %s is that of '%s' already, at %s.", serial, place->kept.name,
			 place->kept.address);
	return true;
}

/* A place for one more; NULL when it was refused. */
static struct printer_place *
new_place(struct desk *desk, const struct header *request)
{
	struct printer_place *place = printers_plan_new(&desk->printers);

	if (place == NULL) { /* what is being removed makes room */
		desk_flush(desk);
		place = printers_plan_new(&desk->printers);
	}
	if (place == NULL)
		desk_refuse_with(desk, request, REFUSAL_CONFLICT,
				 "Remove a printer that is no longer there, or use a second Fuse.",
				 "One Fuse has at most %d printers, and has them all.", PRINTERS_MAX);
	return place;
}

struct batch_item *
printer_desk_put_new(struct desk *desk, const struct header *request, struct printer_record *record,
		     const struct secret *code)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t sealed_len;

	if (refuse_known_serial(desk, request, record->serial) || refuse_shared_address(desk, request, record) ||
	    !seal_code(desk, request, record->serial, code, sealed, &sealed_len))
		return NULL;
	struct printer_place *place = new_place(desk, request);
	if (place == NULL)
		return NULL;
	record->place = place->planned.place;
	record->added_ms = record->changed_ms = clock_wall_ms();
	place->planned = *record;
	struct batch_item *item = printer_desk_put(desk, request, record);
	/* Without a code: also without one that an earlier printer of this serial may have left. */
	add_code(item, record->serial, sealed, sealed_len);
	return item;
}

static void
add_checked(struct desk *desk, const struct header *request, struct printer_record *record, const struct secret *code,
	    const char *doubts)
{
	struct batch_item *item = printer_desk_put_new(desk, request, record, code);

	if (item != NULL)
		str_format(item->sentence, sizeof item->sentence, "'%s' (%s) is added.%s%s", record->name, record->serial,
			   doubts[0] != '\0' ? " " : "", doubts);
}

void
printer_desk_add(struct desk *desk, const struct header *request, const struct msg_printer_add *message)
{
	struct printer_record record;
	struct complaint complaint;
	struct secret code;
	char doubts[120];

	if (take_all(message, &record, doubts, sizeof doubts, &complaint) &&
	    printer_rules_code(&message->access_code, &code, &complaint)) {
		add_checked(desk, request, &record, &code, doubts);
		secret_wipe(&code);
	} else {
		printer_desk_refuse(desk, request, &complaint);
	}
}

/* -- editing ------------------------------------------------------------------------------------ */

/* Those fields that the request names, over what is kept. */
static bool
take_named(const struct msg_printer_edit *message, struct printer_record *record, char *doubts, size_t cap,
	   struct complaint *complaint)
{
	doubts[0] = '\0';
	if (message->changes & CHANGES(MODEL))
		printer_rules_model(message->model, record->model, doubts, cap);
	if (message->changes & CHANGES(PORTS)) {
		record->mqtt_port = message->mqtt_port;
		record->ftps_port = message->ftps_port;
		record->camera_port = message->camera_port;
		record->detect_port = message->detect_port;
	}
	if (message->changes & CHANGES(STARTS_UNASKED))
		record->starts_unasked = message->starts_unasked;
	if ((message->changes & CHANGES(NAME)) &&
	    !printer_rules_name(message->name, record->model, record->serial, record->name, complaint))
		return false;
	if (message->changes & CHANGES(ADDRESS)) {
		if (!printer_rules_address(message->address, record->address, complaint))
			return false;
		record->moved_from[0] = '\0'; /* the owner's word counts now */
		record->moved_ms = 0;
	}
	return !(message->changes & CHANGES(CERTIFICATE)) ||
	       printer_rules_certificate(message->certificate_sha256, record->certificate_sha256, complaint);
}

static bool
stands_same(const struct printer_record *a, const struct printer_record *b)
{
	return strcmp(a->address, b->address) == 0 && a->mqtt_port == b->mqtt_port && a->ftps_port == b->ftps_port &&
	       a->camera_port == b->camera_port && a->detect_port == b->detect_port;
}

static bool
is_same(const struct printer_record *a, const struct printer_record *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->model, b->model) == 0 && stands_same(a, b) &&
	       strcmp(a->certificate_sha256, b->certificate_sha256) == 0 && a->starts_unasked == b->starts_unasked;
}

/* What its own process decides, or was made with: that would not know of another. Its certificate may be approved anew,
 * as that of any printer that shows another one. */
static bool
refuse_for_virtual(struct desk *desk, const struct header *request, const struct printer_record *kept,
		   const struct printer_record *record, bool names_code)
{
	const char *what = names_code ? "access code" : strcmp(kept->model, record->model) != 0 ? "model"
			   : !stands_same(kept, record) ? "address" : NULL;

	if (!kept->is_virtual || what == NULL)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, "Remove it and add another one, if it is to be different.",
			 "'%s' is a virtual printer, whose %s cannot be changed.", kept->name, what);
	return true;
}

/* `code` is NULL when the request does not name it. */
static void
edit_checked(struct desk *desk, const struct header *request, struct printer_place *place,
	     struct printer_record *record, const struct secret *code, const char *doubts)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	char sentence[160];
	size_t sealed_len;

	if (is_same(record, &place->kept) && code == NULL) {
		str_format(sentence, sizeof sentence, "'%s' is as it was.", record->name);
		child_reply_done(desk->child, request, sentence);
		return;
	}
	if (refuse_for_virtual(desk, request, &place->kept, record, code != NULL))
		return;
	/* An address that a move has left with two printers is no reason to refuse a new name. */
	bool is_elsewhere = strcmp(record->address, place->kept.address) != 0 || record->mqtt_port != place->kept.mqtt_port;
	if ((is_elsewhere && refuse_shared_address(desk, request, record)) ||
	    (code != NULL && !seal_code(desk, request, record->serial, code, sealed, &sealed_len)))
		return;
	record->changed_ms = clock_wall_ms();
	*printers_plan_change(place) = *record;
	struct batch_item *item = printer_desk_put(desk, request, record);
	if (code != NULL)
		add_code(item, record->serial, sealed, sealed_len);
	str_format(item->sentence, sizeof item->sentence, "'%s' (%s) is changed.%s%s", record->name, record->serial,
		   doubts[0] != '\0' ? " " : "", doubts);
}

void
printer_desk_edit(struct desk *desk, const struct header *request, const struct msg_printer_edit *message)
{
	struct complaint complaint;
	struct secret code = { 0 };
	char doubts[120];
	bool names_code = (message->changes & CHANGES(ACCESS_CODE)) != 0;
	struct printer_place *place = printer_desk_find(desk, request, message->serial);

	if (place == NULL)
		return;
	if (message->changes == 0 || message->changes >> PRINTER_FIELD_COUNT != 0) {
		desk_refuse_with(desk, request, REFUSAL_INVALID, "Name what is to be changed.",
				 message->changes == 0 ? "This says nothing that is to be changed."
						       : "This names a field that no printer has.");
		return;
	}
	struct printer_record record = place->kept;
	if (take_named(message, &record, doubts, sizeof doubts, &complaint) &&
	    (!names_code || printer_rules_code(&message->access_code, &code, &complaint))) {
		edit_checked(desk, request, place, &record, names_code ? &code : NULL, doubts);
		secret_wipe(&code);
	} else {
		printer_desk_refuse(desk, request, &complaint);
	}
}

/* -- removing ----------------------------------------------------------------------------------- */

void
printer_desk_remove(struct desk *desk, const struct header *request, const struct msg_printer_remove *message)
{
	struct printer_place *place = printer_desk_find(desk, request, message->serial);

	if (place == NULL)
		return;
	const struct printer_record *record = &place->kept;
	job_desk_flush_planned(desk, record->serial);
	struct batch_item *item = desk_new_item(desk, request);
	printers_plan_removal(place);
	batch_add_op(item, TABLE_PRINTERS, record->serial, NULL, 0);
	add_code(item, record->serial, NULL, 0);
	if (record->is_virtual)
		virtual_desk_forget(item, record->serial);
	job_desk_end_all(desk, item, record->serial);
	str_format(item->sentence, sizeof item->sentence, "'%s' (%s) is removed.", record->name, record->serial);
}
