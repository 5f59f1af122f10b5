/*
 * complete: what may come next on a command line that is being typed. Pure but for the names of
 * processes and printers, which the caller finds out.
 *
 * Candidates end up on somebody's command line, where the shell would interpret them: only words of
 * A-Z a-z 0-9 . _ - / = get through, whatever a Fuse calls its processes and printers.
 */
#ifndef FUSE_FUSECTL_COMPLETE_H
#define FUSE_FUSECTL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLETE_WORDS_MAX 128
#define COMPLETE_WORD_BYTES 512

/* Takes one candidate. */
typedef void complete_put_fn(void *arg, const char *candidate);

struct complete_sink {
	complete_put_fn *put;
	void *arg;
};

/* Gives the names of processes to complete_offer(), which filters them. `socket` is what --socket says on
 * the line being typed, or NULL. */
struct complete_request;
typedef void complete_processes_fn(const struct complete_request *request, const char *socket,
				   bool only_waiting);

/* The same for the serial numbers and names of printers. */
typedef void complete_printers_fn(const struct complete_request *request, const char *socket);

struct complete_request {
	struct complete_sink sink;
	complete_processes_fn *processes;
	complete_printers_fn *printers;
	const char *typed; /* of the word being typed; filled in */
	size_t skip;       /* bytes of each candidate that the shell has already; filled in */
};

/*
 * `words` are those after "fusectl" up to the one being typed, which may be "". A shell that cuts words
 * at '=' ("logLevel", "=", "de") gets candidates for the last piece; one that does not, for the whole word.
 */
void complete_words(struct complete_request *request, size_t count, char *const *words);

/* Pass `candidate` on when it is harmless and begins with what is typed. */
void complete_offer(const struct complete_request *request, const char *candidate);

#endif
