/*
 * logfmt: a log line of Fuse taken apart: name=value name="value with blanks" …
 */
#ifndef FUSE_FUSECTL_LOGFMT_H
#define FUSE_FUSECTL_LOGFMT_H

#include <stdbool.h>
#include <stddef.h>

#define LOGFMT_TEXT_BYTES 1408 /* more than the longest line: LOG_LINE in messages.def */

struct logfmt_field {
	char name[LOGFMT_TEXT_BYTES];
	char value[LOGFMT_TEXT_BYTES]; /* "" for a bare word */
};

/*
 * The next field from *at on (a terminated string), which moves behind it; false at the end. \" \\ \n \r
 * \t are undone, \xHH stays as it is: it stands for what should not be seen raw. Pure and total: what is
 * no logfmt comes out as bare words.
 */
bool logfmt_next(const char **at, struct logfmt_field *ret_field);

#endif
