/*
 * doorstep: what is said to whoever speaks plain HTTP where TLS is spoken: a browser in which somebody has typed the
 * address without https:// is shown the way, anybody else is told. Pure; nothing is done for such a request.
 */
#ifndef FUSE_HTTPD_DOORSTEP_H
#define FUSE_HTTPD_DOORSTEP_H

#include <stdbool.h>
#include <stddef.h>

#include "httpd/hosts.h"

#define DOORSTEP_LOOK_BYTES 4096 /* of what has come, at most */
#define DOORSTEP_ANSWER_BYTES 4096

/* Does this byte, the first one, begin TLS? */
bool doorstep_is_tls(unsigned char first);

/*
 * The answer to what has come so far: a redirection to https when that is the head of a GET or HEAD with a plain path
 * and a Host of ours, else 400. Returns its length.
 */
size_t doorstep_answer(const char *bytes, size_t len, const struct host_place *place,
		       char ret_answer[DOORSTEP_ANSWER_BYTES]);

#endif
