/*
 * metrics: Fuse, and each printer's link.
 */
#include "httpd/metrics.h"

#include <string.h>

#include "common/str.h"
#include "ipc/role.h"
#include "ipc/settings.h"
#include "ipc/terms.h"

#if defined __x86_64__
#define ARCH "x86_64"
#elif defined __aarch64__
#define ARCH "aarch64"
#elif defined __arm__
#define ARCH "arm"
#else
#define ARCH "other"
#endif

static double
seconds(int64_t ms)
{
	return (double)ms / 1000;
}

static void
add_time(struct exposition *exposition, enum metric metric, int64_t wall_ms, const char *serial)
{
	if (wall_ms > 0)
		exposition_add(exposition, metric, seconds(wall_ms), "serial", serial, NULL);
}

static void
add_process(struct exposition *exposition, const struct msg_proc_status *status)
{
	bool has_printer = status->role == ROLE_WORKER || status->role == ROLE_VIRTUAL;
	const char *role = role_name(status->role), *serial = has_printer ? status->entry : "";

	exposition_add(exposition, METRIC_PROCESS_UP, status->state == LIFE_UP, "role", role, "serial", serial, NULL);
	exposition_add(exposition, METRIC_PROCESS_RESTARTS, status->restarts, "role", role, "serial", serial, NULL);
	exposition_add(exposition, METRIC_PROCESS_DROPPED, status->dropped, "role", role, "serial", serial, NULL);
	if (status->since_ms > 0)
		exposition_add(exposition, METRIC_PROCESS_START_TIME, seconds(status->since_ms), "role", role, "serial", serial,
			       NULL);
	if (status->role == ROLE_HTTPD)
		add_time(exposition, METRIC_OWN_START_TIME, status->since_ms, "");
}

static void
add_store(struct exposition *exposition, const struct msg_store_status *store)
{
	if (store == NULL)
		return;
	for (unsigned health = 0; health < STORE_HEALTH_COUNT; health++)
		exposition_add(exposition, METRIC_STORE_HEALTH, store->health == health, "health", store_health_name(health),
			       NULL);
	exposition_add(exposition, METRIC_STORE_SIZE, (double)store->size_bytes, NULL);
	exposition_add(exposition, METRIC_STORE_RECORDS, (double)store->records, NULL);
	exposition_add(exposition, METRIC_STORE_COMMIT, store->commit_us / 1e6, NULL);
	add_time(exposition, METRIC_STORE_SNAPSHOT, store->snapshot_ms, "");
}

static void
add_files_and_jobs(struct exposition *exposition, const struct known *known)
{
	const struct msg_cache_status *cache = known_cache_peek(known);
	size_t states[JOB_STATE_COUNT] = { 0 };

	for (size_t i = 0; i < KNOWN_JOBS_MAX; i++) {
		const struct msg_job *job = known_job_at(known, i);
		if (job != NULL && job->state < JOB_STATE_COUNT)
			states[job->state]++;
	}
	for (unsigned state = 0; state < JOB_STATE_COUNT; state++)
		exposition_add(exposition, METRIC_JOBS, (double)states[state], "state", job_state_name(state), NULL);
	if (cache == NULL)
		return;
	exposition_add(exposition, METRIC_FILES, cache->files, NULL);
	exposition_add(exposition, METRIC_CACHE, (double)cache->used_bytes, NULL);
	exposition_add(exposition, METRIC_CACHE_LIMIT, (double)cache->limit_bytes, NULL);
}

void
metrics_add_fuse(struct exposition *exposition, const struct known *known, const struct metrics_own *own)
{
	static const struct msg_proc_status *processes[KNOWN_PROCESSES_MAX];
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	const struct msg_fuse_status *fuse = known_fuse_peek(known);
	size_t count = known_processes(known, processes);
	const char *sentence, *remedy;

	exposition_add(exposition, METRIC_BUILD_INFO, 1, "version", FUSE_VERSION, "arch", ARCH, NULL);
	if (fuse != NULL)
		add_time(exposition, METRIC_START_TIME, fuse->started_ms, "");
	exposition_add(exposition, METRIC_READY, known_is_ready(known, &sentence, &remedy), NULL);
	exposition_add(exposition, METRIC_GATEWAY_CONNECTED, 0, NULL); /* this version has no link to one */
	/* A printer's old worker may still stop when its new one is there already: that one is the worker. */
	for (size_t i = 0; i < count; i++)
		if (processes[i]->role != ROLE_WORKER || known_worker_peek(known, processes[i]->entry) == processes[i])
			add_process(exposition, processes[i]);
	add_store(exposition, known_store_peek(known));
	exposition_add(exposition, METRIC_HTTP_CONNECTIONS, (double)own->connections, NULL);
	exposition_add(exposition, METRIC_HTTP_GAVE_WAY, (double)own->gave_way, NULL);
	exposition_add(exposition, METRIC_HTTP_TURNED_AWAY, (double)own->turned_away, NULL);
	exposition_add(exposition, METRIC_WEBSOCKETS, (double)own->websockets[LIVE_EVENTS], "kind", "events", NULL);
	exposition_add(exposition, METRIC_WEBSOCKETS, (double)own->websockets[LIVE_STATISTICS], "kind", "statistics", NULL);
	exposition_add(exposition, METRIC_UPLOADS, (double)own->uploads, NULL);
	add_files_and_jobs(exposition, known);
	exposition_add(exposition, METRIC_CPU, own->cpu_seconds, NULL);
	exposition_add(exposition, METRIC_HEAP, (double)own->heap_bytes, NULL);
	exposition_add(exposition, METRIC_PRINTERS, (double)known_printers(known, printers), NULL);
}

/* -- a printer's link --------------------------------------------------------------------------------- */

static void
add_phase(struct exposition *exposition, const char *serial, const char *phase)
{
	static const char *const phases[] = { "setup", "route",	    "tcp",     "tls", "identity",
					      "login", "subscribe", "reports", "live" };

	for (size_t i = 0; i < STR_ARRAY_LEN(phases); i++)
		exposition_add(exposition, METRIC_PRINTER_PHASE, strcmp(phases[i], phase) == 0, "serial", serial, "phase",
			       phases[i], NULL);
}

void
metrics_add_printer(struct exposition *exposition, const struct known *known, const struct msg_printer *printer)
{
	static const struct msg_printer_link untold = { .phase = "setup" };
	const struct msg_proc_status *worker = known_worker_peek(known, printer->serial);
	const struct msg_printer_link *link = known_link_peek(known, printer->serial);
	bool runs = worker != NULL && worker->state == LIFE_UP;
	const char *serial = printer->serial;
	char nozzle[METRICS_NOZZLE_BYTES] = "";
	size_t len;

	link = link != NULL ? link : &untold;
	bool up = runs && link->online;
	const char *json = up ? known_state_peek(known, serial, &len) : NULL;
	exposition_add(exposition, METRIC_PRINTER_UP, up, "serial", serial, NULL);
	add_phase(exposition, serial, runs ? link->phase : "setup");
	const char *fault = runs ? link->fault : "process";
	if (fault[0] != '\0')
		exposition_add(exposition, METRIC_PRINTER_PROBLEM, 1, "serial", serial, "problem", fault, NULL);
	exposition_add(exposition, METRIC_PRINTER_RECONNECTS, link->reconnects, "serial", serial, NULL);
	add_time(exposition, METRIC_PRINTER_REPORT, link->received_ms, serial);
	const struct msg_setting *old_names = known_setting_peek(known, "metricsBambulabNames");
	metrics_add_state(exposition, serial, json != NULL ? json : "", json != NULL ? len : 0,
			  old_names != NULL && setting_truth(old_names->value), nozzle);
	exposition_add(exposition, METRIC_PRINTER_INFO, 1, "serial", serial, "name", printer->name, "model", printer->model,
		       "firmware", link->firmware, "nozzle_diameter", nozzle, NULL);
}
