/*
 * virtual_desk: check, make, put into the batch.
 */
#include "stored/virtual_desk.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/models.h"
#include "stored/desk_inner.h"
#include "stored/printer_desk.h"
#include "stored/printer_desk_inner.h"
#include "stored/virtual_keys.h"
#include "stored/virtual_record.h"

#define PREFIX_OF_OTHERS "094"
#define NO_REAL_ONE "FUSE"
#define CODE_DIGITS 8
#define NUMBERS_MAX 254 /* N of 127.64.0.N */
#define CHAIN_MAX_BYTES 16384 /* as in VIRTUAL_MINE */

/* One that is being made. */
struct making {
	struct printer_record printer;
	struct virtual_record record;
	struct virtual_issuer issuer;
	struct tls_own_blob key;
	struct secret code;
};

/* -- what it is to be ---------------------------------------------------------------------------------- */

static bool
take_fields(const struct msg_virtual_add *message, struct making *making, struct complaint *complaint)
{
	const struct model *model;
	struct virtual_ams ams;

	if (!virtual_rules_model(message->model, &model, complaint) ||
	    !virtual_rules_nozzle(message->nozzle, making->record.nozzle, complaint) ||
	    !virtual_rules_ams(message->ams, model, &ams, complaint))
		return false;
	virtual_rules_write_ams(&ams, making->record.ams);
	str_copy(making->printer.model, sizeof making->printer.model, model->key);
	return message->exposed[strspn(message->exposed, " \t\r\n")] == '\0' ||
	       printer_rules_address(message->exposed, making->record.exposed, complaint);
}

static void
choose_serial(struct desk *desk, struct printer_record *printer)
{
	/* Without I and O, which look like digits. */
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	const char *prefix = model_by_key(printer->model)->serial_prefix;

	do {
		str_format(printer->serial, sizeof printer->serial, "%s" NO_REAL_ONE,
			   prefix[0] != '\0' ? prefix : PREFIX_OF_OTHERS);
		for (size_t len = strlen(printer->serial); len < PRINTER_SERIAL_USUAL; len++) {
			printer->serial[len] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
			printer->serial[len + 1] = '\0';
		}
	} while (printers_find(&desk->printers, printer->serial) != NULL);
}

/* Also of one that has gone to another address (fault changedAddress): 127.65.K.N. 0: it is exposed. */
static unsigned
number_of(const struct printer_record *printer)
{
	unsigned number;

	return sscanf(printer->address, "127.64.%*u.%u", &number) == 1 ||
			       sscanf(printer->address, "127.65.%*u.%u", &number) == 1 ? number : 0;
}

static bool
is_taken(const struct desk *desk, unsigned number, const struct printer_record *printer)
{
	for (size_t i = 0; i < PRINTERS_MAX; i++) {
		const struct printer_place *place = &desk->printers.places[i];
		if (place->is_kept && place->kept.is_virtual && number_of(&place->kept) == number)
			return true;
	}
	return printers_at(&desk->printers, printer) != NULL;
}

/* Without one that is free it keeps the last, and is refused as any printer whose address is another's. */
static void
choose_address(const struct desk *desk, const struct virtual_record *record, struct printer_record *printer)
{
	unsigned number = 0;

	if (record->exposed[0] != '\0') {
		str_copy(printer->address, sizeof printer->address, record->exposed);
		return;
	}
	do
		str_format(printer->address, sizeof printer->address, "127.64.0.%u", ++number);
	while (number < NUMBERS_MAX && is_taken(desk, number, printer));
}

static void
choose_code(struct secret *ret_code)
{
	uint8_t digits[CODE_DIGITS];

	for (size_t i = 0; i < sizeof digits; i++)
		digits[i] = (uint8_t)('0' + randombytes_uniform(10));
	ENSURE(secret_set(ret_code, digits, sizeof digits));
	sodium_memzero(digits, sizeof digits);
}

static enum outcome
make_certificate(struct desk *desk, struct making *making, struct fault *ret_fault)
{
	struct tls_own_facts facts;
	int64_t now_ms = clock_wall_ms();

	if (virtual_keys_issuer(desk->store, desk->vault, desk->printers.installation, now_ms, &making->issuer, ret_fault) !=
	    OUTCOME_DONE)
		return ret_fault->outcome;
	if (!tls_own_issue(&making->issuer.certificate, &making->issuer.key, making->printer.serial, now_ms,
			   &making->record.certificate, &making->key) ||
	    !tls_own_look(&making->record.certificate, &facts))
		return fault_say(ret_fault, OUTCOME_FAILED, "A certificate could not be made.");
	making->record.issuer = making->issuer.certificate;
	str_copy(making->printer.certificate_sha256, sizeof making->printer.certificate_sha256, facts.sha256);
	return fault_none(ret_fault);
}

/* -- adding --------------------------------------------------------------------------------------------- */

static bool
refuse_too_many(struct desk *desk, const struct header *request)
{
	unsigned count = 0;

	for (size_t i = 0; i < PRINTERS_MAX; i++)
		count += desk->printers.places[i].is_kept && desk->printers.places[i].kept.is_virtual;
	if (count < VIRTUAL_PRINTERS_MAX)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, "Remove one of them first.",
			 "One Fuse has at most %d virtual printers, and has them all.", VIRTUAL_PRINTERS_MAX);
	return true;
}

static void
put(struct desk *desk, const struct header *request, struct making *making)
{
	uint8_t bytes[VIRTUAL_RECORD_MAX_BYTES];
	struct printer_record *printer = &making->printer;
	struct batch_item *item = printer_desk_put_new(desk, request, printer, &making->code);

	if (item == NULL)
		return;
	batch_add_op(item, TABLE_VIRTUAL, printer->serial, bytes, virtual_record_encode(&making->record, bytes));
	virtual_keys_add(item, desk->vault, printer->serial, &making->key);
	if (making->issuer.is_new)
		virtual_keys_add_issuer(item, desk->vault, &making->issuer);
	log_info("makes a virtual printer", log_str("printer", printer->serial), log_str("model", printer->model),
		 log_str("address", printer->address));
}

static void
add(struct desk *desk, const struct header *request, const struct msg_virtual_add *message)
{
	static struct making making; /* large */
	struct complaint complaint;
	struct fault fault;

	memset(&making, 0, sizeof making);
	desk_flush(desk); /* what is kept counts, and the issuer of one that came just before */
	if (refuse_too_many(desk, request))
		return;
	bool fine = take_fields(message, &making, &complaint);
	making.printer.is_virtual = true;
	if (fine)
		choose_serial(desk, &making.printer);
	if (!fine || !printer_rules_name(message->name, making.printer.model, making.printer.serial, making.printer.name,
					 &complaint)) {
		printer_desk_refuse(desk, request, &complaint);
		return;
	}
	choose_address(desk, &making.record, &making.printer);
	choose_code(&making.code);
	child_doing("making a key");
	if (make_certificate(desk, &making, &fault) == OUTCOME_DONE)
		put(desk, request, &making);
	else
		desk_refuse(desk, request, &fault);
	child_doing(NULL);
	sodium_memzero(&making, sizeof making);
}

/* -- an address of this machine ---------------------------------------------------------------------------- */

static struct virtual_order *
find_order(struct desk *desk, uint32_t request_id)
{
	for (size_t i = 0; i < VIRTUAL_ORDERS_MAX; i++)
		if (desk->virtuals.orders[i].request_id == request_id)
			return &desk->virtuals.orders[i];
	return NULL;
}

/* Which addresses this machine has is hidden from here. What is no address at all is refused by add(). */
static void
add_or_ask(struct desk *desk, const struct header *request, const struct msg_virtual_add *message)
{
	struct virtual_order *order = find_order(desk, 0);
	struct msg_virtual_place place = { 0 };
	struct complaint complaint;

	if (message->exposed[strspn(message->exposed, " \t\r\n")] == '\0' ||
	    !printer_rules_address(message->exposed, place.address, &complaint)) {
		add(desk, request, message);
		return;
	}
	if (order == NULL) {
		desk_refuse_with(desk, request, REFUSAL_BUSY, "Try again.", "Others are being made just now.");
		return;
	}
	*order = (struct virtual_order){ child_next_request_id(desk->child), *request, *message };
	if (child_send(desk->child, MESSAGE_VIRTUAL_PLACE, ROLE_SUPERVISOR, 0, order->request_id, 0, &place, -1) == CHANNEL_TAKEN)
		return;
	order->request_id = 0;
	desk_refuse_with(desk, request, REFUSAL_BUSY, "Try again.", "Fuse has too much to do just now.");
}

/* False: it is to no such question. `refused` NULL: it can be there. */
static bool
on_place(struct desk *desk, uint32_t request_id, const struct msg_refused *refused)
{
	struct virtual_order *order = request_id != 0 ? find_order(desk, request_id) : NULL;

	if (order == NULL)
		return false;
	order->request_id = 0;
	if (refused == NULL)
		add(desk, &order->asker, &order->add);
	else
		child_reply(desk->child, &order->asker, MESSAGE_REFUSED, refused, -1);
	return true;
}

bool
virtual_desk_answer(struct desk *desk, const struct batch_item *item)
{
	struct msg_virtual_added added = { 0 };

	if (item->request.number != MESSAGE_VIRTUAL_ADD)
		return false;
	str_copy(added.serial, sizeof added.serial, item->ops[0].key);
	child_reply(desk->child, &item->request, MESSAGE_VIRTUAL_ADDED, &added, -1);
	return true;
}

/* -- for the process that plays it ------------------------------------------------------------------------- */

/* What is kept of it. False when the request was refused. */
static bool
read_record(struct desk *desk, const struct header *request, const char *serial, struct virtual_record *ret_record)
{
	uint8_t bytes[VIRTUAL_RECORD_MAX_BYTES];
	const char *why = "is missing";
	struct fault fault;
	size_t len;
	enum outcome outcome = store_get(desk->store, TABLE_VIRTUAL, serial, strlen(serial), bytes, sizeof bytes, &len, &fault);

	if (outcome == OUTCOME_DONE && virtual_record_decode(bytes, len, ret_record, &why))
		return true;
	if (outcome == OUTCOME_DONE || outcome == OUTCOME_ABSENT) {
		log_error("what is kept of a virtual printer cannot be read", log_str("printer", serial), log_str("why", why));
		desk_refuse_with(desk, request, REFUSAL_FAILED, "Remove it and add another one.",
				 "What is kept of this virtual printer %s.", why);
	} else {
		desk_refuse(desk, request, &fault);
	}
	return false;
}

/* Its code and its key. False when the request was refused. */
static bool
take_secrets(struct desk *desk, const struct header *request, const struct printer_place *place,
	     struct secret *ret_code, struct secret ret_key[VIRTUAL_KEY_PIECES])
{
	struct fault fault;
	enum outcome outcome = virtual_keys_get(desk->store, desk->vault, place->kept.serial, ret_key, &fault);

	if (outcome == OUTCOME_ABSENT || outcome == OUTCOME_NO_KEY) {
		desk_refuse_with(desk, request, REFUSAL_FAILED, "Remove it and add another one.",
				 "The key of this virtual printer's certificate %s.",
				 outcome == OUTCOME_ABSENT ? "is missing" : "cannot be opened");
		return false;
	}
	if (outcome != OUTCOME_DONE) {
		desk_refuse(desk, request, &fault);
		return false;
	}
	return printer_desk_code(desk, request, place, ret_code);
}

static bool
write_chain(const struct virtual_record *record, char ret_chain[CHAIN_MAX_BYTES])
{
	if (!tls_own_to_pem(&record->certificate, ret_chain, CHAIN_MAX_BYTES))
		return false;
	size_t used = strlen(ret_chain);
	return tls_own_to_pem(&record->issuer, ret_chain + used, CHAIN_MAX_BYTES - used);
}

static void
want(struct desk *desk, const struct header *request)
{
	static struct virtual_record record; /* large */
	char chain[CHAIN_MAX_BYTES];
	struct msg_virtual_mine mine = { 0 };
	struct secret key[VIRTUAL_KEY_PIECES] = { 0 };
	const struct printer_place *place = printer_desk_own(desk, request);

	if (place == NULL || !read_record(desk, request, place->kept.serial, &record) ||
	    !take_secrets(desk, request, place, &mine.access_code, key))
		return;
	if (!write_chain(&record, chain)) {
		desk_refuse_with(desk, request, REFUSAL_FAILED, "Remove it and add another one.",
				 "The certificate of this virtual printer cannot be read.");
	} else {
		str_copy(mine.serial, sizeof mine.serial, place->kept.serial);
		str_copy(mine.name, sizeof mine.name, place->kept.name);
		str_copy(mine.model, sizeof mine.model, place->kept.model);
		str_copy(mine.nozzle, sizeof mine.nozzle, record.nozzle);
		str_copy(mine.ams, sizeof mine.ams, record.ams);
		str_copy(mine.exposed, sizeof mine.exposed, record.exposed);
		mine.chain = (struct ipc_bytes){ (const uint8_t *)chain, strlen(chain) };
		mine.key_0 = key[0];
		mine.key_1 = key[1];
		mine.key_2 = key[2];
		mine.key_3 = key[3];
		child_reply(desk->child, request, MESSAGE_VIRTUAL_MINE, &mine, -1);
	}
	sodium_memzero(key, sizeof key);
	sodium_memzero(&mine, sizeof mine);
}

/* For a person, who tries another program with it. */
static void
tell_access(struct desk *desk, const struct header *request, const char *serial)
{
	static struct virtual_record record; /* large */
	char issuer[CHAIN_MAX_BYTES];
	struct msg_virtual_access access = { 0 };
	const struct printer_place *place = printer_desk_find(desk, request, serial);

	if (place == NULL)
		return;
	if (!place->kept.is_virtual) {
		desk_refuse_with(desk, request, REFUSAL_FORBIDDEN, "Its own screen shows it.",
				 "'%s' is a real printer: its access code is not told.", place->kept.name);
		return;
	}
	if (!read_record(desk, request, place->kept.serial, &record) ||
	    !printer_desk_code(desk, request, place, &access.access_code))
		return;
	if (!tls_own_to_pem(&record.issuer, issuer, sizeof issuer)) {
		desk_refuse_with(desk, request, REFUSAL_FAILED, "Remove it and add another one.",
				 "The certificate of this virtual printer cannot be read.");
	} else {
		access.issuer = (struct ipc_bytes){ (const uint8_t *)issuer, strlen(issuer) };
		child_reply(desk->child, request, MESSAGE_VIRTUAL_ACCESS, &access, -1);
	}
	secret_wipe(&access.access_code);
}

/* Its own word of where it is counts as far as it is of this machine or where the owner has exposed it: elsewhere it
 * cannot be. */
static bool
may_be_at(struct desk *desk, const struct header *request, const char *serial, const char *address)
{
	static struct virtual_record record; /* large */

	if (strncmp(address, "127.", 4) == 0)
		return true;
	if (!read_record(desk, request, serial, &record))
		return false;
	if (strcmp(record.exposed, address) == 0)
		return true;
	desk_refuse_with(desk, request, REFUSAL_INVALID, "", "A virtual printer cannot be at %s.", address);
	return false;
}

static void
note_at(struct desk *desk, const struct header *request, const struct msg_virtual_at *message)
{
	char address[PRINTER_ADDRESS_BYTES];
	struct printer_place *place = printer_desk_own_at(desk, request, message->address, address);

	if (place == NULL || !may_be_at(desk, request, place->kept.serial, address))
		return;
	const struct printer_record *kept = &place->kept;
	if (strcmp(kept->address, address) == 0 && kept->mqtt_port == message->mqtt_port &&
	    kept->ftps_port == message->ftps_port && kept->camera_port == message->camera_port &&
	    kept->detect_port == message->detect_port) {
		child_reply_done(desk->child, request, "");
		return;
	}
	struct printer_record *record = printers_plan_change(place);
	str_copy(record->address, sizeof record->address, address);
	record->mqtt_port = message->mqtt_port;
	record->ftps_port = message->ftps_port;
	record->camera_port = message->camera_port;
	record->detect_port = message->detect_port;
	record->moved_from[0] = '\0';
	record->moved_ms = 0;
	record->changed_ms = clock_wall_ms();
	printer_desk_put(desk, request, record);
}

void
virtual_desk_tell_name(struct desk *desk, const struct printer_record *printer)
{
	struct msg_virtual_named named = { 0 };
	uint16_t slot;

	str_copy(named.name, sizeof named.name, printer->name);
	if (peers_find_player(&desk->peers, printer->serial, &slot))
		child_send(desk->child, MESSAGE_VIRTUAL_NAMED, ROLE_VIRTUAL, slot, 0, 0, &named, -1);
}

/* -- the rest ------------------------------------------------------------------------------------------------ */

void
virtual_desk_forget(struct batch_item *item, const char *serial)
{
	batch_add_op(item, TABLE_VIRTUAL, serial, NULL, 0);
	virtual_keys_forget(item, serial);
}

bool
virtual_desk_refuses_secret(struct desk *desk, const struct header *request, const char *name)
{
	static const size_t prefix_len = sizeof PRINTERS_SECRET_PREFIX - 1;
	const struct printer_place *place = strncmp(name, PRINTERS_SECRET_PREFIX, prefix_len) == 0 ?
						    printers_find(&desk->printers, name + prefix_len) : NULL;

	if (place == NULL || !place->is_kept || !place->kept.is_virtual)
		return false;
	desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "'%s' is a virtual printer, whose access code cannot be changed.",
			 place->kept.name);
	return true;
}

bool
virtual_desk_on_message(struct desk *desk, const struct header *header, const void *message)
{
	switch (header->number) {
	case MESSAGE_VIRTUAL_ADD:
		add_or_ask(desk, header, message);
		return true;
	case MESSAGE_DONE:
		return on_place(desk, header->request_id, NULL);
	case MESSAGE_REFUSED:
		return on_place(desk, header->request_id, message);
	case MESSAGE_VIRTUAL_WANT:
		want(desk, header);
		return true;
	case MESSAGE_VIRTUAL_ACCESS_WANT:
		tell_access(desk, header, ((const struct msg_virtual_access_want *)message)->serial);
		return true;
	case MESSAGE_VIRTUAL_AT:
		note_at(desk, header, message);
		return true;
	default:
		return false;
	}
}
