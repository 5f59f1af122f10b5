/*
 * farm: what the other processes have told and the supervisor replays: printers, their links and states, processes,
 * settings, the store, Fuse itself. Only the newest of each; pointers are good until the next message.
 */
#ifndef FUSE_HTTPD_FARM_H
#define FUSE_HTTPD_FARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/header.h"
#include "ipc/message.h"

#define FARM_PRINTERS_MAX 256
#define FARM_WORKERS_MAX 512   /* places of workers: a new one may come before an old one is gone */
#define FARM_PROCESSES_MAX 1024
#define FARM_SETTINGS_MAX 128

struct farm;

struct farm *farm_new(void);
void farm_free(struct farm *farm);

/* A RETAINED message. False when it is none that the farm keeps. */
bool farm_on_message(struct farm *farm, const struct header *header, const void *message);

/* All printers, by name; returns how many. */
size_t farm_printers(const struct farm *farm, const struct msg_printer *ret_printers[FARM_PRINTERS_MAX]);
const struct msg_printer *farm_printer_peek(const struct farm *farm, const char *serial);

/* Of a printer; NULL when nothing was told yet. */
const struct msg_proc_status *farm_worker_peek(const struct farm *farm, const char *serial);
const struct msg_printer_link *farm_link_peek(const struct farm *farm, const char *serial);
const char *farm_state_peek(const struct farm *farm, const char *serial, size_t *ret_len);

size_t farm_processes(const struct farm *farm, const struct msg_proc_status *ret_processes[FARM_PROCESSES_MAX]);
const struct msg_setting *farm_setting_peek(const struct farm *farm, const char *name);
const struct msg_store_status *farm_store_peek(const struct farm *farm);
const struct msg_fuse_status *farm_fuse_peek(const struct farm *farm);

#endif
