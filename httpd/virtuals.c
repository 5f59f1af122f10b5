/*
 * virtuals: a small table.
 */
#include "httpd/virtuals.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/jsonin.h"

struct one {
	char serial[33];
	json_t *controls; /* NULL: nothing was told */
};

struct virtuals {
	struct one all[VIRTUALS_MAX]; /* by the slots of their processes */
};

struct virtuals *
virtuals_new(void)
{
	struct virtuals *virtuals = calloc(1, sizeof *virtuals);

	ENSURE(virtuals != NULL);
	return virtuals;
}

void
virtuals_free(struct virtuals *virtuals)
{
	for (size_t i = 0; i < VIRTUALS_MAX; i++)
		json_decref(virtuals->all[i].controls);
	free(virtuals);
}

void
virtuals_note(struct virtuals *virtuals, const struct header *header, const struct msg_virtual_state *message)
{
	struct jsonin_error error;

	if (header->from_slot >= VIRTUALS_MAX)
		return;
	struct one *one = &virtuals->all[header->from_slot];
	json_decref(one->controls);
	one->controls = NULL;
	if (header->flags & HEADER_FLAG_CLEAR)
		return;
	str_copy(one->serial, sizeof one->serial, message->serial);
	json_t *controls = jsonin_load(message->json.bytes, message->json.len, VIRTUALS_DEPTH_MAX, &error);
	if (json_is_object(controls)) {
		one->controls = controls;
	} else {
		json_decref(controls);
		log_warn("a virtual printer's controls cannot be read", log_str("printer", one->serial));
	}
}

json_t *
virtuals_controls_peek(const struct virtuals *virtuals, size_t slot, const char *serial)
{
	if (slot >= VIRTUALS_MAX || strcmp(virtuals->all[slot].serial, serial) != 0)
		return NULL;
	return virtuals->all[slot].controls;
}
