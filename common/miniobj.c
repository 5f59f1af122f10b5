/*
 * miniobj: the way out when something that cannot be, is.
 */
#include "common/miniobj.h"

#include <stdlib.h>

#include "common/log.h"

void
miniobj_cannot_be(const char *what, const char *file, int line)
{
	log_error("met a state that cannot be", log_str("what", what), log_str("file", file), log_int("line", line));
	abort();
}
