/*
 * print_json: cached files and jobs, as the JSON that REST and the events WebSocket give (docs/jobs.md). All functions
 * return new references. Times are as in known_json.h; texts that are empty stay empty.
 */
#ifndef FUSE_HTTPD_PRINT_JSON_H
#define FUSE_HTTPD_PRINT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "httpd/known.h"
#include "ipc/terms.h"

json_t *print_json_file(const struct known *known, const struct msg_file *file);
/* How full the cache is; null before anybody has told. */
json_t *print_json_cache(const struct known *known);
/* All files, the newest first, and the cache. */
json_t *print_json_files(const struct known *known);

json_t *print_json_job(const struct known *known, const struct msg_job *job);

/* Which jobs are wanted. */
struct job_filter {
	const char *serial;   /* of their printer; NULL: any */
	bool open, ended;     /* neither: any of `state` */
	enum job_state state; /* JOB_STATE_COUNT: any */
	size_t most;
};

/* Read ?state=: "open", "ended" or the name of a state. False: it is none of these. */
bool job_filter_read_state(struct job_filter *filter, const char *text);

/* Those that fit, the newest first. */
json_t *print_json_jobs(const struct known *known, const struct job_filter *filter);

#endif
