/*
 * printer_own: a printer and its worker: what that is told, and what it has seen; and the plate, of which the worker
 * says that it is used and a person that it is clear.
 */
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "stored/desk_inner.h"
#include "stored/printer_desk.h"
#include "stored/printer_desk_inner.h"

/* -- for its worker ------------------------------------------------------------------------------ */

struct printer_place *
printer_desk_own(struct desk *desk, const struct header *request)
{
	const char *serial = peers_entry_peek(&desk->peers, request);
	struct printer_place *place = serial != NULL ? printers_find(&desk->printers, serial) : NULL;

	if (place != NULL && place->is_kept)
		return place;
	child_reply_refused(desk->child, request, REFUSAL_NOT_FOUND, "There is no printer for this process.",
			    "");
	return NULL;
}

bool
printer_desk_code(struct desk *desk, const struct header *request, const struct printer_place *place,
		  struct secret *ret_code)
{
	char name[PRINTERS_SECRET_BYTES];
	struct fault fault;

	printers_secret_name(place->kept.serial, name);
	enum outcome outcome = desk_read_secret(desk, name, ret_code, &fault);
	if (outcome == OUTCOME_DONE || outcome == OUTCOME_ABSENT || outcome == OUTCOME_NO_KEY)
		return true;
	desk_refuse(desk, request, &fault);
	upkeep_note_commit(&desk->upkeep, &fault);
	return false;
}

void
printer_desk_want(struct desk *desk, const struct header *request)
{
	struct msg_printer_mine mine = { 0 };
	const struct printer_place *place = printer_desk_own(desk, request);

	if (place == NULL || !printer_desk_code(desk, request, place, &mine.access_code))
		return;
	const struct printer_record *kept = &place->kept;
	str_copy(mine.serial, sizeof mine.serial, kept->serial);
	str_copy(mine.name, sizeof mine.name, kept->name);
	str_copy(mine.address, sizeof mine.address, kept->address);
	str_copy(mine.model, sizeof mine.model, kept->model);
	mine.mqtt_port = kept->mqtt_port;
	mine.ftps_port = kept->ftps_port;
	mine.camera_port = kept->camera_port;
	mine.detect_port = kept->detect_port;
	str_copy(mine.certificate_sha256, sizeof mine.certificate_sha256, kept->certificate_sha256);
	str_copy(mine.installation, sizeof mine.installation, desk->printers.installation);
	str_copy(mine.firmware, sizeof mine.firmware, kept->firmware);
	str_copy(mine.previous_firmware, sizeof mine.previous_firmware, kept->previous_firmware);
	mine.firmware_ms = kept->firmware_ms;
	mine.starts_unasked = kept->starts_unasked;
	mine.plate_used_ms = kept->plate_used_ms;
	mine.plate_print = kept->plate_print;
	mine.is_virtual = kept->is_virtual;
	child_reply(desk->child, request, MESSAGE_PRINTER_MINE, &mine, -1);
	secret_wipe(&mine.access_code);
}

void
printer_desk_seen(struct desk *desk, const struct header *request, const struct msg_printer_seen *message)
{
	const struct printer_place *own = printer_desk_own(desk, request);

	if (own == NULL)
		return;
	if (!printer_rules_firmware(message->firmware)) {
		child_reply_refused(desk->child, request, REFUSAL_INVALID, "This is no firmware's version.",
				    "");
		return;
	}
	struct printer_place *place = printer_desk_find(desk, request, own->kept.serial);
	if (place == NULL)
		return;
	if (strcmp(place->kept.firmware, message->firmware) == 0) {
		child_reply_done(desk->child, request, "");
		return;
	}
	struct printer_record *record = printers_plan_change(place);
	str_copy(record->previous_firmware, sizeof record->previous_firmware, record->firmware);
	str_copy(record->firmware, sizeof record->firmware, message->firmware);
	record->firmware_ms = clock_wall_ms();
	printer_desk_put(desk, request, record);
}

struct printer_place *
printer_desk_own_at(struct desk *desk, const struct header *request, const char *told,
		    char ret_address[PRINTER_ADDRESS_BYTES])
{
	struct complaint complaint;
	const struct printer_place *own = printer_desk_own(desk, request);

	if (own == NULL)
		return NULL;
	if (printer_rules_address(told, ret_address, &complaint))
		return printer_desk_find(desk, request, own->kept.serial);
	printer_desk_refuse(desk, request, &complaint);
	return NULL;
}

/*
 * Also to an address that another printer is kept with: this one has proved itself there, so that one's record is old
 * (two printers have swapped), and it will be followed as well.
 */
void
printer_desk_moved(struct desk *desk, const struct header *request, const struct msg_printer_moved *message)
{
	char address[PRINTER_ADDRESS_BYTES];
	struct printer_place *place = printer_desk_own_at(desk, request, message->address, address);

	if (place == NULL)
		return;
	if (strcmp(place->kept.address, message->from) != 0) {
		desk_refuse_with(desk, request, REFUSAL_CONFLICT, "", "The address was changed meanwhile.");
		return;
	}
	struct printer_record *record = printers_plan_change(place);
	str_copy(record->moved_from, sizeof record->moved_from, record->address);
	str_copy(record->address, sizeof record->address, address);
	record->moved_ms = record->changed_ms = clock_wall_ms();
	struct batch_item *item = printer_desk_put(desk, request, record);
	str_format(item->sentence, sizeof item->sentence, "'%s' (%s) is at %s now.", record->name,
		   record->serial, address);
}

/* -- the plate ------------------------------------------------------------------------------------ */

void
printer_desk_plate_used(struct desk *desk, const struct header *request, const struct msg_plate_used *message)
{
	const struct printer_place *own = printer_desk_own(desk, request);
	struct printer_place *place = own != NULL ? printer_desk_find(desk, request, own->kept.serial) : NULL;

	if (place == NULL)
		return;
	struct printer_record *record = printers_plan_change(place);
	record->plate_used_ms = clock_wall_ms();
	record->plate_print = message->print;
	printer_desk_put(desk, request, record);
}

void
printer_desk_plate_clear(struct desk *desk, const struct header *request,
			 const struct msg_plate_clear *message)
{
	struct printer_place *place = printer_desk_find(desk, request, message->serial);
	char sentence[160];

	if (place == NULL)
		return;
	if (place->kept.plate_used_ms == 0) {
		str_format(sentence, sizeof sentence, "The plate of '%s' was clear already.",
			   place->kept.name);
		child_reply_done(desk->child, request, sentence);
		return;
	}
	/* Which print it was stays known: the printer goes on showing its end. */
	struct printer_record *record = printers_plan_change(place);
	record->plate_used_ms = 0;
	struct batch_item *item = printer_desk_put(desk, request, record);
	str_format(item->sentence, sizeof item->sentence, "The plate of '%s' is clear now.",
		   place->kept.name);
}
