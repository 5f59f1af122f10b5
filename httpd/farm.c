/*
 * farm: tables of the newest.
 */
#include "httpd/farm.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "ipc/role.h"
#include "ipc/terms.h"

struct worker {
	struct msg_printer_link *link;
	char *state;
	size_t state_len;
	char state_serial[33];
};

struct process {
	uint32_t key;
	struct msg_proc_status *status;
};

struct farm {
	struct msg_printer *printers[FARM_PRINTERS_MAX]; /* by their places */
	struct worker workers[FARM_WORKERS_MAX];	 /* by their slots */
	struct process processes[FARM_PROCESSES_MAX];
	struct msg_setting *settings[FARM_SETTINGS_MAX];
	struct msg_store_status *store;
	struct msg_fuse_status *fuse;
};

struct farm *
farm_new(void)
{
	struct farm *farm = calloc(1, sizeof *farm);

	ENSURE(farm != NULL);
	return farm;
}

void
farm_free(struct farm *farm)
{
	for (size_t i = 0; i < FARM_PRINTERS_MAX; i++)
		free(farm->printers[i]);
	for (size_t i = 0; i < FARM_WORKERS_MAX; i++) {
		free(farm->workers[i].link);
		free(farm->workers[i].state);
	}
	for (size_t i = 0; i < FARM_PROCESSES_MAX; i++)
		free(farm->processes[i].status);
	for (size_t i = 0; i < FARM_SETTINGS_MAX; i++)
		free(farm->settings[i]);
	free(farm->store);
	free(farm->fuse);
	free(farm);
}

/* -- taking in ------------------------------------------------------------------------------------- */

/* `*kept` becomes a copy of `message`, or nothing when it was cleared. */
static void
keep(void *kept, const struct header *header, const void *message, size_t size)
{
	void **place = kept;

	if (header->flags & HEADER_FLAG_CLEAR) {
		free(*place);
		*place = NULL;
		return;
	}
	if (*place == NULL)
		*place = malloc(size);
	ENSURE(*place != NULL);
	memcpy(*place, message, size);
}

static void
keep_state(struct worker *worker, const struct header *header, const struct msg_printer_state *message)
{
	free(worker->state);
	worker->state = NULL;
	if (header->flags & HEADER_FLAG_CLEAR)
		return;
	worker->state = malloc(message->json.len + 1);
	ENSURE(worker->state != NULL);
	memcpy(worker->state, message->json.bytes, message->json.len);
	worker->state[message->json.len] = '\0';
	worker->state_len = message->json.len;
	memcpy(worker->state_serial, message->serial, sizeof worker->state_serial);
}

static void
keep_process(struct farm *farm, const struct header *header, const struct msg_proc_status *message)
{
	struct process *free_one = NULL;

	for (size_t i = 0; i < FARM_PROCESSES_MAX; i++) {
		struct process *process = &farm->processes[i];
		if (process->status == NULL && free_one == NULL)
			free_one = process;
		if (process->status == NULL || process->key != header->retain_key)
			continue;
		keep(&process->status, header, message, sizeof *message);
		return;
	}
	if (free_one == NULL)
		return;
	free_one->key = header->retain_key;
	keep(&free_one->status, header, message, sizeof *message);
}

bool
farm_on_message(struct farm *farm, const struct header *header, const void *message)
{
	uint32_t key = header->retain_key;
	uint16_t slot = header->from_slot;

	switch (header->number) {
	case MESSAGE_PRINTER:
		if (key < FARM_PRINTERS_MAX)
			keep(&farm->printers[key], header, message, sizeof(struct msg_printer));
		return true;
	case MESSAGE_PRINTER_LINK:
		if (slot < FARM_WORKERS_MAX)
			keep(&farm->workers[slot].link, header, message, sizeof(struct msg_printer_link));
		return true;
	case MESSAGE_PRINTER_STATE:
		if (slot < FARM_WORKERS_MAX)
			keep_state(&farm->workers[slot], header, message);
		return true;
	case MESSAGE_PROC_STATUS:
		keep_process(farm, header, message);
		return true;
	case MESSAGE_SETTING:
		if (key < FARM_SETTINGS_MAX)
			keep(&farm->settings[key], header, message, sizeof(struct msg_setting));
		return true;
	case MESSAGE_STORE_STATUS:
		keep(&farm->store, header, message, sizeof(struct msg_store_status));
		return true;
	case MESSAGE_FUSE_STATUS:
		keep(&farm->fuse, header, message, sizeof(struct msg_fuse_status));
		return true;
	default:
		return false;
	}
}

/* -- looking up -------------------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct msg_printer *const *one = a, *const *other = b;
	int order = strcasecmp((*one)->name, (*other)->name);

	return order != 0 ? order : strcmp((*one)->serial, (*other)->serial);
}

size_t
farm_printers(const struct farm *farm, const struct msg_printer *ret_printers[FARM_PRINTERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < FARM_PRINTERS_MAX; i++)
		if (farm->printers[i] != NULL)
			ret_printers[count++] = farm->printers[i];
	qsort(ret_printers, count, sizeof ret_printers[0], by_name);
	return count;
}

const struct msg_printer *
farm_printer_peek(const struct farm *farm, const char *serial)
{
	for (size_t i = 0; i < FARM_PRINTERS_MAX; i++)
		if (farm->printers[i] != NULL && strcmp(farm->printers[i]->serial, serial) == 0)
			return farm->printers[i];
	return NULL;
}

const struct msg_proc_status *
farm_worker_peek(const struct farm *farm, const char *serial)
{
	for (size_t i = 0; i < FARM_PROCESSES_MAX; i++) {
		const struct msg_proc_status *status = farm->processes[i].status;
		if (status != NULL && status->role == ROLE_WORKER && strcmp(status->entry, serial) == 0)
			return status;
	}
	return NULL;
}

/* What a worker told counts for the printer that it serves; its slot may have served another before. */
const struct msg_printer_link *
farm_link_peek(const struct farm *farm, const char *serial)
{
	for (size_t i = 0; i < FARM_WORKERS_MAX; i++)
		if (farm->workers[i].link != NULL && strcmp(farm->workers[i].link->serial, serial) == 0)
			return farm->workers[i].link;
	return NULL;
}

const char *
farm_state_peek(const struct farm *farm, const char *serial, size_t *ret_len)
{
	for (size_t i = 0; i < FARM_WORKERS_MAX; i++) {
		const struct worker *worker = &farm->workers[i];
		if (worker->state == NULL || strcmp(worker->state_serial, serial) != 0)
			continue;
		*ret_len = worker->state_len;
		return worker->state;
	}
	*ret_len = 0;
	return NULL;
}

static int
by_process(const void *a, const void *b)
{
	const struct msg_proc_status *const *one = a, *const *other = b;

	if ((*one)->role != (*other)->role)
		return (*one)->role < (*other)->role ? -1 : 1;
	return strcmp((*one)->entry, (*other)->entry);
}

size_t
farm_processes(const struct farm *farm, const struct msg_proc_status *ret_processes[FARM_PROCESSES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < FARM_PROCESSES_MAX; i++)
		if (farm->processes[i].status != NULL)
			ret_processes[count++] = farm->processes[i].status;
	qsort(ret_processes, count, sizeof ret_processes[0], by_process);
	return count;
}

const struct msg_setting *
farm_setting_peek(const struct farm *farm, const char *name)
{
	for (size_t i = 0; i < FARM_SETTINGS_MAX; i++)
		if (farm->settings[i] != NULL && strcmp(farm->settings[i]->name, name) == 0)
			return farm->settings[i];
	return NULL;
}

const struct msg_store_status *
farm_store_peek(const struct farm *farm)
{
	return farm->store;
}

const struct msg_fuse_status *
farm_fuse_peek(const struct farm *farm)
{
	return farm->fuse;
}
