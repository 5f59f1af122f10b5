/*
 * printers: 256 places.
 */
#include "stored/printers.h"

#include <string.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/vault.h"

/* -- loading ------------------------------------------------------------------------------------ */

static struct printer_place *
lowest_free(struct printers *printers)
{
	for (size_t i = 0; i < PRINTERS_MAX; i++)
		if (!printers->places[i].is_kept && !printers->places[i].is_planned)
			return &printers->places[i];
	return NULL;
}

static void
load_one(void *arg, const void *key, size_t key_len, const uint8_t *payload, size_t len)
{
	struct printers *printers = arg;
	struct printer_record record;
	const char *fault;

	if (!printer_record_decode(key, key_len, payload, len, &record, &fault)) {
		log_error("a kept printer cannot be read; it is left alone", log_bytes("serial", key, key_len),
			  log_str("why", fault));
		return;
	}
	struct printer_place *place = &printers->places[record.place];
	if (place->is_kept) /* no Fuse writes that, but nothing depends on it either */
		place = lowest_free(printers);
	if (place == NULL) {
		log_error("there are more printers than places; this one is left alone",
			  log_str("serial", record.serial));
		return;
	}
	record.place = (uint32_t)(place - printers->places);
	*place = (struct printer_place){ .is_kept = true, .is_planned = true, .kept = record, .planned = record };
}

/* Whether there is a code, and not the code. */
static enum outcome
look_for_code(struct printer_place *place, struct store *store, struct fault *ret_fault)
{
	char name[PRINTERS_SECRET_BYTES];
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	size_t len;

	printers_secret_name(place->kept.serial, name);
	enum outcome outcome =
		store_get(store, TABLE_SECRETS, name, strlen(name), sealed, sizeof sealed, &len, ret_fault);
	place->has_code = outcome == OUTCOME_DONE;
	return outcome == OUTCOME_ABSENT ? fault_none(ret_fault) : outcome;
}

static enum outcome
load_installation(struct printers *printers, struct store *store, struct fault *ret_fault)
{
	char text[STORE_META_VALUE_BYTES];
	uint8_t random[(PRINTERS_INSTALLATION_BYTES - 1) / 2];
	enum outcome outcome = store_get_meta(store, STORE_META_INSTALLATION, text, ret_fault);

	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	printers->installation_is_kept = strlen(text) == PRINTERS_INSTALLATION_BYTES - 1 &&
					 strspn(text, "0123456789abcdef") == PRINTERS_INSTALLATION_BYTES - 1;
	if (printers->installation_is_kept) {
		str_copy(printers->installation, sizeof printers->installation, text);
	} else {
		randombytes_buf(random, sizeof random);
		str_hex(random, sizeof random, printers->installation);
	}
	return fault_none(ret_fault);
}

enum outcome
printers_load(struct printers *ret_printers, struct store *store, struct fault *ret_fault)
{
	memset(ret_printers, 0, sizeof *ret_printers);
	if (load_installation(ret_printers, store, ret_fault) != OUTCOME_DONE ||
	    store_each(store, TABLE_PRINTERS, load_one, ret_printers, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	for (size_t i = 0; i < PRINTERS_MAX; i++)
		if (ret_printers->places[i].is_kept &&
		    look_for_code(&ret_printers->places[i], store, ret_fault) != OUTCOME_DONE)
			return ret_fault->outcome;
	return fault_none(ret_fault);
}

/* -- looking ------------------------------------------------------------------------------------ */

size_t
printers_count(const struct printers *printers)
{
	size_t count = 0;

	for (size_t i = 0; i < PRINTERS_MAX; i++)
		count += printers->places[i].is_kept;
	return count;
}

void
printers_secret_name(const char *serial, char ret_name[PRINTERS_SECRET_BYTES])
{
	ENSURE(str_format(ret_name, PRINTERS_SECRET_BYTES, PRINTERS_SECRET_PREFIX "%s", serial));
}

struct printer_place *
printers_find(struct printers *printers, const char *serial)
{
	for (size_t i = 0; i < PRINTERS_MAX; i++) {
		struct printer_place *place = &printers->places[i];
		if ((place->is_kept && strcmp(place->kept.serial, serial) == 0) ||
		    (place->is_planned && strcmp(place->planned.serial, serial) == 0))
			return place;
	}
	return NULL;
}

static bool
shares_address(const struct printer_record *a, const struct printer_record *b)
{
	uint32_t a_port = a->mqtt_port != 0 ? a->mqtt_port : PRINTER_MQTT_PORT;
	uint32_t b_port = b->mqtt_port != 0 ? b->mqtt_port : PRINTER_MQTT_PORT;

	return a_port == b_port && strcmp(a->address, b->address) == 0 && strcmp(a->serial, b->serial) != 0;
}

const struct printer_record *
printers_at(const struct printers *printers, const struct printer_record *record)
{
	for (size_t i = 0; i < PRINTERS_MAX; i++) {
		const struct printer_place *place = &printers->places[i];
		if (place->is_planned && shares_address(&place->planned, record))
			return &place->planned;
		if (place->is_kept && shares_address(&place->kept, record))
			return &place->kept;
	}
	return NULL;
}

void
printers_describe(const struct printer_place *place, struct msg_printer *ret_message)
{
	const struct printer_record *kept = &place->kept;

	*ret_message = (struct msg_printer){ .mqtt_port = kept->mqtt_port, .ftps_port = kept->ftps_port,
					     .camera_port = kept->camera_port, .detect_port = kept->detect_port,
					     .has_access_code = place->has_code, .added_ms = kept->added_ms,
					     .changed_ms = kept->changed_ms, .moved_ms = kept->moved_ms,
					     .starts_unasked = kept->starts_unasked,
					     .plate_used_ms = kept->plate_used_ms, .is_virtual = kept->is_virtual };
	str_copy(ret_message->serial, sizeof ret_message->serial, kept->serial);
	str_copy(ret_message->name, sizeof ret_message->name, kept->name);
	str_copy(ret_message->address, sizeof ret_message->address, kept->address);
	str_copy(ret_message->model, sizeof ret_message->model, kept->model);
	str_copy(ret_message->certificate_sha256, sizeof ret_message->certificate_sha256, kept->certificate_sha256);
	str_copy(ret_message->moved_from, sizeof ret_message->moved_from, kept->moved_from);
}

/* -- planning ----------------------------------------------------------------------------------- */

struct printer_place *
printers_plan_new(struct printers *printers)
{
	struct printer_place *place = lowest_free(printers);

	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof *place);
	place->planned.place = (uint32_t)(place - printers->places);
	place->is_planned = place->is_planning = true;
	return place;
}

struct printer_record *
printers_plan_change(struct printer_place *place)
{
	ENSURE(place->is_kept && !place->is_planning);
	place->planned = place->kept;
	place->is_planning = true;
	return &place->planned;
}

void
printers_plan_removal(struct printer_place *place)
{
	ENSURE(place->is_kept && !place->is_planning);
	place->is_planned = false;
	place->is_planning = true;
}

void
printers_settle(struct printer_place *place, bool done)
{
	ENSURE(place->is_planning);
	place->is_planning = false;
	if (done) {
		place->is_kept = place->is_planned;
		place->kept = place->planned;
	} else {
		place->is_planned = place->is_kept;
		place->planned = place->kept;
	}
	if (!place->is_kept)
		memset(place, 0, sizeof *place);
}
