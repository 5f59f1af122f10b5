/*
 * known: tables of the newest.
 */
#include "httpd/known.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "httpd/places.h"
#include "httpd/virtuals.h"
#include "ipc/role.h"
#include "ipc/terms.h"

_Static_assert(KNOWN_NOWHERE == PLACES_NONE, "known.h says what places.h does");

struct worker {
	struct msg_printer_link *link;
	struct msg_job_progress *progress;
	char *state;
	size_t state_len;
	char state_serial[33];
};

struct process {
	uint32_t key;
	struct msg_proc_status *status;
};

struct known {
	struct msg_printer *printers[KNOWN_PRINTERS_MAX]; /* by their places */
	struct worker workers[KNOWN_WORKERS_MAX];	 /* by their slots */
	struct process processes[KNOWN_PROCESSES_MAX];
	struct places *printer_places;		 /* of printers, by serial number */
	struct places *worker_places;		 /* of those processes that are workers, by their printers' */
	struct msg_file *files[KNOWN_FILES_MAX]; /* by their places */
	struct msg_job *jobs[KNOWN_JOBS_MAX];
	struct places *file_places, *job_places; /* of these, by hash and by id */
	struct msg_cache_status *cache;
	struct virtuals *virtuals;
	struct msg_setting *settings[KNOWN_SETTINGS_MAX];
	struct msg_store_status *store;
	struct msg_fuse_status *fuse;
	struct msg_discovery_status *discovery;
};

struct known *
known_new(void)
{
	struct known *known = calloc(1, sizeof *known);

	ENSURE(known != NULL);
	known->printer_places = places_new(KNOWN_PRINTERS_MAX);
	known->worker_places = places_new(KNOWN_PROCESSES_MAX);
	known->file_places = places_new(KNOWN_FILES_MAX);
	known->job_places = places_new(KNOWN_JOBS_MAX);
	known->virtuals = virtuals_new();
	return known;
}

void
known_free(struct known *known)
{
	for (size_t i = 0; i < KNOWN_PRINTERS_MAX; i++)
		free(known->printers[i]);
	for (size_t i = 0; i < KNOWN_WORKERS_MAX; i++) {
		free(known->workers[i].link);
		free(known->workers[i].progress);
		free(known->workers[i].state);
	}
	for (size_t i = 0; i < KNOWN_PROCESSES_MAX; i++)
		free(known->processes[i].status);
	for (size_t i = 0; i < KNOWN_SETTINGS_MAX; i++)
		free(known->settings[i]);
	for (size_t i = 0; i < KNOWN_FILES_MAX; i++)
		free(known->files[i]);
	for (size_t i = 0; i < KNOWN_JOBS_MAX; i++)
		free(known->jobs[i]);
	places_free(known->printer_places);
	places_free(known->worker_places);
	places_free(known->file_places);
	places_free(known->job_places);
	free(known->cache);
	virtuals_free(known->virtuals);
	free(known->store);
	free(known->fuse);
	free(known->discovery);
	free(known);
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
keep_printer(struct known *known, const struct header *header, const struct msg_printer *message)
{
	size_t place = header->retain_key;

	keep(&known->printers[place], header, message, sizeof *message);
	places_set(known->printer_places, place, known->printers[place] != NULL ? message->serial : NULL);
}

static void
keep_file(struct known *known, const struct header *header, const struct msg_file *message)
{
	size_t place = header->retain_key;

	keep(&known->files[place], header, message, sizeof *message);
	places_set(known->file_places, place, known->files[place] != NULL ? message->sha256 : NULL);
}

static void
keep_job(struct known *known, const struct header *header, const struct msg_job *message)
{
	size_t place = header->retain_key;

	keep(&known->jobs[place], header, message, sizeof *message);
	places_set(known->job_places, place, known->jobs[place] != NULL ? message->id : NULL);
}

static void
keep_process_at(struct known *known, size_t place, const struct header *header, const struct msg_proc_status *message)
{
	struct process *process = &known->processes[place];

	process->key = header->retain_key;
	keep(&process->status, header, message, sizeof *message);
	bool is_worker = process->status != NULL && message->role == ROLE_WORKER;
	places_set(known->worker_places, place, is_worker ? message->entry : NULL);
}

static void
keep_process(struct known *known, const struct header *header, const struct msg_proc_status *message)
{
	size_t free_one = KNOWN_PROCESSES_MAX;

	for (size_t i = KNOWN_PROCESSES_MAX; i-- > 0;) {
		if (known->processes[i].status == NULL) {
			free_one = i;
		} else if (known->processes[i].key == header->retain_key) {
			keep_process_at(known, i, header, message);
			return;
		}
	}
	if (free_one < KNOWN_PROCESSES_MAX)
		keep_process_at(known, free_one, header, message);
}

bool
known_on_message(struct known *known, const struct header *header, const void *message)
{
	uint32_t key = header->retain_key;
	uint16_t slot = header->from_slot;

	switch (header->number) {
	case MESSAGE_PRINTER:
		if (key < KNOWN_PRINTERS_MAX)
			keep_printer(known, header, message);
		return true;
	case MESSAGE_PRINTER_LINK:
		if (slot < KNOWN_WORKERS_MAX)
			keep(&known->workers[slot].link, header, message, sizeof(struct msg_printer_link));
		return true;
	case MESSAGE_PRINTER_STATE:
		if (slot < KNOWN_WORKERS_MAX)
			keep_state(&known->workers[slot], header, message);
		return true;
	case MESSAGE_PROC_STATUS:
		keep_process(known, header, message);
		return true;
	case MESSAGE_FILE:
		if (key < KNOWN_FILES_MAX)
			keep_file(known, header, message);
		return true;
	case MESSAGE_CACHE_STATUS:
		keep(&known->cache, header, message, sizeof(struct msg_cache_status));
		return true;
	case MESSAGE_JOB:
		if (key < KNOWN_JOBS_MAX)
			keep_job(known, header, message);
		return true;
	case MESSAGE_JOB_PROGRESS:
		if (slot < KNOWN_WORKERS_MAX)
			keep(&known->workers[slot].progress, header, message, sizeof(struct msg_job_progress));
		return true;
	case MESSAGE_VIRTUAL_STATE:
		virtuals_note(known->virtuals, header, message);
		return true;
	case MESSAGE_SETTING:
		if (key < KNOWN_SETTINGS_MAX)
			keep(&known->settings[key], header, message, sizeof(struct msg_setting));
		return true;
	case MESSAGE_STORE_STATUS:
		keep(&known->store, header, message, sizeof(struct msg_store_status));
		return true;
	case MESSAGE_FUSE_STATUS:
		keep(&known->fuse, header, message, sizeof(struct msg_fuse_status));
		return true;
	case MESSAGE_DISCOVERY_STATUS:
		keep(&known->discovery, header, message, sizeof(struct msg_discovery_status));
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
known_printers(const struct known *known, const struct msg_printer *ret_printers[KNOWN_PRINTERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < KNOWN_PRINTERS_MAX; i++)
		if (known->printers[i] != NULL)
			ret_printers[count++] = known->printers[i];
	qsort(ret_printers, count, sizeof ret_printers[0], by_name);
	return count;
}

const struct msg_printer *
known_printer_peek(const struct known *known, const char *serial)
{
	size_t place = places_find(known->printer_places, serial);

	return place != PLACES_NONE ? known->printers[place] : NULL;
}

const struct msg_proc_status *
known_worker_peek(const struct known *known, const char *serial)
{
	size_t place = places_find(known->worker_places, serial);

	return place != PLACES_NONE ? known->processes[place].status : NULL;
}

/* What was told from the place of the worker that serves this printer. That place may have served another before. */
static const struct worker *
worker_of(const struct known *known, const char *serial)
{
	const struct msg_proc_status *status = known_worker_peek(known, serial);

	return status != NULL && status->slot < KNOWN_WORKERS_MAX ? &known->workers[status->slot] : NULL;
}

const struct msg_printer_link *
known_link_peek(const struct known *known, const char *serial)
{
	const struct worker *worker = worker_of(known, serial);

	if (worker == NULL || worker->link == NULL || strcmp(worker->link->serial, serial) != 0)
		return NULL;
	return worker->link;
}

const char *
known_state_peek(const struct known *known, const char *serial, size_t *ret_len)
{
	const struct worker *worker = worker_of(known, serial);

	*ret_len = 0;
	if (worker == NULL || worker->state == NULL || strcmp(worker->state_serial, serial) != 0)
		return NULL;
	*ret_len = worker->state_len;
	return worker->state;
}

const struct msg_file *
known_file_at(const struct known *known, size_t place)
{
	return place < KNOWN_FILES_MAX ? known->files[place] : NULL;
}

size_t
known_file_place(const struct known *known, const char *sha256)
{
	return places_find(known->file_places, sha256);
}

const struct msg_file *
known_file_peek(const struct known *known, const char *sha256)
{
	return known_file_at(known, known_file_place(known, sha256));
}

const struct msg_cache_status *
known_cache_peek(const struct known *known)
{
	return known->cache;
}

const struct msg_job *
known_job_at(const struct known *known, size_t place)
{
	return place < KNOWN_JOBS_MAX ? known->jobs[place] : NULL;
}

size_t
known_job_place(const struct known *known, const char *id)
{
	return places_find(known->job_places, id);
}

const struct msg_job *
known_job_peek(const struct known *known, const char *id)
{
	return known_job_at(known, known_job_place(known, id));
}

const struct msg_job_progress *
known_progress_peek(const struct known *known, const struct msg_job *job)
{
	const struct msg_proc_status *status = known_worker_peek(known, job->serial);
	const struct worker *worker = worker_of(known, job->serial);

	/* Of a worker that has died it is no news any more. */
	if (status == NULL || status->state != LIFE_UP || worker == NULL || worker->progress == NULL ||
	    strcmp(worker->progress->id, job->id) != 0)
		return NULL;
	return worker->progress;
}

/* Seldom, and only for printers that are virtual: all processes are looked at. */
const struct msg_proc_status *
known_player_peek(const struct known *known, const char *serial)
{
	for (size_t i = 0; i < KNOWN_PROCESSES_MAX; i++) {
		const struct msg_proc_status *status = known->processes[i].status;
		if (status != NULL && status->role == ROLE_VIRTUAL && status->state == LIFE_UP &&
		    strcmp(status->entry, serial) == 0)
			return status;
	}
	return NULL;
}

json_t *
known_controls_peek(const struct known *known, const char *serial)
{
	const struct msg_proc_status *player = known_player_peek(known, serial);

	return player != NULL ? virtuals_controls_peek(known->virtuals, player->slot, serial) : NULL;
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
known_processes(const struct known *known, const struct msg_proc_status *ret_processes[KNOWN_PROCESSES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < KNOWN_PROCESSES_MAX; i++)
		if (known->processes[i].status != NULL)
			ret_processes[count++] = known->processes[i].status;
	qsort(ret_processes, count, sizeof ret_processes[0], by_process);
	return count;
}

const struct msg_setting *
known_setting_peek(const struct known *known, const char *name)
{
	for (size_t i = 0; i < KNOWN_SETTINGS_MAX; i++)
		if (known->settings[i] != NULL && strcmp(known->settings[i]->name, name) == 0)
			return known->settings[i];
	return NULL;
}

const struct msg_store_status *
known_store_peek(const struct known *known)
{
	return known->store;
}

const struct msg_fuse_status *
known_fuse_peek(const struct known *known)
{
	return known->fuse;
}

const struct msg_discovery_status *
known_discovery_peek(const struct known *known)
{
	return known->discovery;
}

bool
known_is_ready(const struct known *known, const char **ret_sentence, const char **ret_remedy)
{
	bool stored_is_up = false;

	for (size_t i = 0; i < KNOWN_PROCESSES_MAX; i++) {
		const struct msg_proc_status *status = known->processes[i].status;
		if (status != NULL && status->role == ROLE_STORED && status->state == LIFE_UP)
			stored_is_up = true;
	}
	*ret_sentence = "The store does not run just now.";
	*ret_remedy = "It is started again by itself; GET /api/v1/status shows when.";
	if (!stored_is_up || known->store == NULL)
		return false;
	*ret_sentence = known->store->sentence;
	*ret_remedy = known->store->remedy;
	return known->store->health != STORE_READ_ONLY && known->store->health != STORE_FULL;
}
