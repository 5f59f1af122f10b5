/*
 * rest_metrics: GET /metrics. Many printers' states take some time to read: a few at a time, and others have their
 * turn in between.
 */
#include <malloc.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/intake.h"
#include "httpd/metrics.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/server.h"

#define PRINTERS_AT_ONCE 8

struct scrape {
	struct request *request;
	struct exposition *exposition;
	struct loop_timer *timer;
	size_t count, next;
	char serials[KNOWN_PRINTERS_MAX][33]; /* a printer can go while this goes on */
};

static void
scrape_free(void *arg)
{
	struct scrape *scrape = arg;

	loop_timer_free(scrape->timer);
	exposition_free(scrape->exposition);
	free(scrape);
}

static struct metrics_own
measure_own(const struct httpd *httpd)
{
	struct metrics_own own = { 0 };
	struct timespec cpu;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
		own.cpu_seconds = (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9;
	struct mallinfo2 heap = mallinfo2();
	own.heap_bytes = heap.uordblks + heap.hblkhd;
	server_count(&own.connections, &own.gave_way, &own.turned_away);
	for (unsigned kind = 0; kind < LIVE_KIND_COUNT; kind++)
		own.websockets[kind] = live_count(httpd->live, kind);
	own.uploads = intake_count();
	return own;
}

static void
answer_scrape(struct scrape *scrape)
{
	size_t len;
	char *text = exposition_write(scrape->exposition, &len);

	answer_response(scrape->request, MHD_HTTP_OK, EXPOSITION_TYPE,
			MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE));
}

static void
on_turn(void *arg)
{
	struct scrape *scrape = arg;
	const struct known *known = request_httpd(scrape->request)->known;

	if (request_is_answered(scrape->request))
		return; /* Fuse stops */
	for (size_t i = 0; i < PRINTERS_AT_ONCE && scrape->next < scrape->count; i++) {
		const struct msg_printer *printer = known_printer_peek(known, scrape->serials[scrape->next++]);
		if (printer != NULL)
			metrics_add_printer(scrape->exposition, known, printer);
	}
	if (scrape->next < scrape->count)
		loop_timer_set(scrape->timer, 0);
	else
		answer_scrape(scrape);
}

void
rest_metrics(struct request *request)
{
	const struct msg_printer *printers[KNOWN_PRINTERS_MAX];
	struct httpd *httpd = request_httpd(request);
	struct scrape *scrape = calloc(1, sizeof *scrape);
	const struct metrics_own own = measure_own(httpd);

	ENSURE(scrape != NULL);
	scrape->request = request;
	scrape->exposition = exposition_new();
	scrape->timer = loop_timer_new(httpd->loop, on_turn, scrape);
	scrape->count = known_printers(httpd->known, printers);
	for (size_t i = 0; i < scrape->count; i++)
		str_copy(scrape->serials[i], sizeof scrape->serials[i], printers[i]->serial);
	request_set_work(request, scrape, scrape_free);
	metrics_add_fuse(scrape->exposition, httpd->known, &own);
	on_turn(scrape);
}
