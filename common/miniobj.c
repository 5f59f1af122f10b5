/*
 * miniobj: the way out when something that cannot be, is.
 */
#include "common/miniobj.h"

#include <signal.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/str.h"

void
miniobj_cannot_be(const char *what, const char *file, int line)
{
	char sentence[240];

	/* All in the message: it is these words that the obituary takes. */
	str_format(sentence, sizeof sentence, "met a state that cannot be: %s (%s:%d)", what, file, line);
	log_error(sentence);
	/* They are the last: a handler that tells of an abort would only hide them. */
#ifndef FUSE_FUZZ /* whose handler keeps the input that led here */
	signal(SIGABRT, SIG_DFL);
#endif
	abort();
}
