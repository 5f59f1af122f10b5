/*
 * Any words as a command line on which somebody presses TAB: what is offered begins as it was typed and is
 * nothing that a shell would act on, whatever the processes and printers of the Fuse that answers are called.
 * Covers: complete_words, complete_offer
 *
 * Input: the words, each ended by a NUL byte; the last one is also the name of a process and of a printer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fusectl/complete.h"

#define WORDS_MAX (COMPLETE_WORDS_MAX + 8)
#define TEXT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *process_name;

static void
put(void *arg, const char *candidate)
{
	const struct complete_request *request = arg;

	for (const char *at = candidate; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("$`\"'\\;&|<>(){}[]*?!#~", *at) != NULL)
			abort();
	if (strncmp(candidate, request->typed + request->skip, strlen(request->typed) - request->skip) != 0)
		abort();
}

static void
offer_processes(const struct complete_request *request, const char *socket, bool only_waiting)
{
	(void)only_waiting;
	if (socket != NULL && strlen(socket) >= COMPLETE_WORD_BYTES)
		abort();
	complete_offer(request, process_name);
}

static void
offer_printers(const struct complete_request *request, const char *socket)
{
	offer_processes(request, socket, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complete_request request = { .processes = offer_processes, .printers = offer_printers };
	char text[TEXT_MAX + 1], *words[WORDS_MAX];
	size_t count = 0;

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && count < WORDS_MAX; at += strlen(text + at) + 1)
		words[count++] = text + at;
	process_name = count > 0 ? words[count - 1] : "";
	request.sink.put = put;
	request.sink.arg = &request;
	complete_words(&request, count, words);
	return 0;
}
