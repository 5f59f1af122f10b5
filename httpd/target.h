/*
 * target: what a request line and its headers say about where a request goes and where it comes from: path,
 * query, Host, Origin. Pure. Everything in it is hostile until it has passed here.
 */
#ifndef FUSE_HTTPD_TARGET_H
#define FUSE_HTTPD_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_MAX_BYTES 2048
#define TARGET_AUTHORITY_BYTES 128
#define TARGET_SEGMENTS_MAX 8
#define TARGET_PARAMS_MAX 8

enum target_fault {
	TARGET_FINE,
	TARGET_TOO_LONG,  /* longer than TARGET_MAX_BYTES */
	TARGET_MALFORMED, /* no path, bad percent-encoding, NUL, no UTF-8, a parameter twice or too many */
};

struct target_param {
	const char *name, *value; /* decoded */
};

struct target {
	char authority[TARGET_AUTHORITY_BYTES]; /* "host[:port]" of an absolute-form target, else "" */
	char path[TARGET_MAX_BYTES + 1]; /* as it came, without the query */
	char store[TARGET_MAX_BYTES + 1]; /* the decoded pieces that the pointers below point into */
	const char *segments[TARGET_SEGMENTS_MAX];
	size_t segment_count; /* more than TARGET_SEGMENTS_MAX: no such path; then this is 0 */
	struct target_param params[TARGET_PARAMS_MAX];
	size_t param_count;
};

/* Read a request target in origin-form ("/api/v1/logs?lines=5"; RFC 9112, 3.2.1) or, as some proxies' clients send it,
 * in absolute-form ("http://localhost:8888/livez"). An encoded '/' never parts segments. `ret_target` points into itself: do not copy it. */
enum target_fault target_parse(const char *raw, struct target *ret_target);

/* Is it below /api, where programs ask? */
bool target_is_api(const struct target *target);

/* The value of a parameter, or NULL. */
const char *target_param_peek(const struct target *target, const char *name);

/* Does a Host header name this machine: localhost, 127.0.0.1, [::1], or the host of `bound` ("127.0.0.1:8888",
 * "[::1]:8888"), with any port? A name that a page elsewhere has had pointed here (DNS rebinding) does not. */
bool target_host_is_ours(const char *host, const char *bound);

/* How many bytes of "host[:port]" are the host; 0 when it is malformed. */
size_t target_host_len(const char *authority);

/* Does an Origin header name the very host and port that `host` (the Host header) does, by the scheme https (`secure`)
 * or http? */
bool target_origin_is_host(const char *origin, const char *host, bool secure);

#endif
