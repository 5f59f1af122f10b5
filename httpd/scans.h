/*
 * scans: searches for printers that were begun over HTTP, and what each has found so far. They go on without their
 * visitor, and are kept until there are newer ones.
 */
#ifndef FUSE_HTTPD_SCANS_H
#define FUSE_HTTPD_SCANS_H

#include <jansson.h>
#include <stdbool.h>

#include "httpd/httpd.h"
#include "httpd/pending.h"
#include "ipc/message.h"

#define SCANS_KEPT 16
#define SCAN_ROWS_MAX 1024 /* of one; a /16 full of printers is more than any farm */
#define SCAN_ID_BYTES 33

struct scans;
struct scan;

struct scans *scans_new(struct httpd *httpd);
void scans_free(struct scans *scans);

/*
 * Begin one. `on_first` is called once: with a REPLY_PART when it runs, or with what kept it from running (then it is
 * forgotten). scan_set_waiter(scan, NULL, NULL) when nobody waits for that any more.
 */
struct scan *scan_begin(struct scans *scans, const struct msg_scan *message, reply_fn *on_first, void *owner);
void scan_set_waiter(struct scan *scan, reply_fn *on_first, void *owner);

struct scan *scan_find(struct scans *scans, const char *id); /* NULL: there is none */
const char *scan_id_peek(const struct scan *scan);
/* Stop it when it runs; forget it when it is over. */
void scan_end(struct scan *scan);

/* Where the newest search that met this printer has found it; NULL: none has. Good until a search ends or finds more. */
const char *scans_address_peek(const struct scans *scans, const char *serial);

/* New reference. */
json_t *scan_json(const struct scan *scan);
json_t *scans_json(const struct scans *scans);

#endif
