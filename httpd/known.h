/*
 * known: what the other processes have told and the supervisor replays: printers, their links and states, processes,
 * settings, the store, cached files, jobs, Fuse itself. Only the newest of each; pointers are good until the next message.
 *
 * Looking up by serial number, hash or job takes the same time however many there are: it is done at the rate of reports.
 */
#ifndef FUSE_HTTPD_KNOWN_H
#define FUSE_HTTPD_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"

#define KNOWN_PRINTERS_MAX 256
#define KNOWN_WORKERS_MAX 512   /* places of workers: a new one may come before an old one is gone */
#define KNOWN_PROCESSES_MAX 1024
#define KNOWN_SETTINGS_MAX 128
#define KNOWN_FILES_MAX 2048
#define KNOWN_JOBS_MAX 1024
#define KNOWN_NOWHERE SIZE_MAX

struct known;

struct known *known_new(void);
void known_free(struct known *known);

/* A RETAINED message. False when it is none that is kept here. */
bool known_on_message(struct known *known, const struct header *header, const void *message);

/* All printers, by name; returns how many. */
size_t known_printers(const struct known *known, const struct msg_printer *ret_printers[KNOWN_PRINTERS_MAX]);
const struct msg_printer *known_printer_peek(const struct known *known, const char *serial);

/* Of a printer; NULL when nothing was told yet. Link and state are those that its own worker has told: who that is,
 * the supervisor says, and what a worker tells of another's printer is not heard. */
const struct msg_proc_status *known_worker_peek(const struct known *known, const char *serial);
const struct msg_printer_link *known_link_peek(const struct known *known, const char *serial);
const char *known_state_peek(const struct known *known, const char *serial, size_t *ret_len);

/* The process that plays a virtual printer; NULL: it is not up. And what its controls are set to, borrowed until the next
 * message; NULL: it has not told, or is not up. */
const struct msg_proc_status *known_player_peek(const struct known *known, const char *serial);
json_t *known_controls_peek(const struct known *known, const char *serial);

size_t known_processes(const struct known *known, const struct msg_proc_status *ret_processes[KNOWN_PROCESSES_MAX]);
const struct msg_setting *known_setting_peek(const struct known *known, const char *name);
const struct msg_store_status *known_store_peek(const struct known *known);
const struct msg_fuse_status *known_fuse_peek(const struct known *known);
const struct msg_discovery_status *known_discovery_peek(const struct known *known);

/* Files and jobs stand at places, which stored has given them; NULL: nothing is there. By name: where it stands, or
 * KNOWN_NOWHERE. */
const struct msg_file *known_file_at(const struct known *known, size_t place);
size_t known_file_place(const struct known *known, const char *sha256);
const struct msg_file *known_file_peek(const struct known *known, const char *sha256);
const struct msg_cache_status *known_cache_peek(const struct known *known);
const struct msg_job *known_job_at(const struct known *known, size_t place);
size_t known_job_place(const struct known *known, const char *id);
const struct msg_job *known_job_peek(const struct known *known, const char *id);
/* The file of a job on its way, as the worker of the job's printer tells it; NULL: it is not. */
const struct msg_job_progress *known_progress_peek(const struct known *known, const struct msg_job *job);

/* Can Fuse do its work: does the store run, and keep what it is told? What printers do is no matter of Fuse's own
 * health. False: why not, and what to do; both good until the next message. */
bool known_is_ready(const struct known *known, const char **ret_sentence, const char **ret_remedy);

#endif
