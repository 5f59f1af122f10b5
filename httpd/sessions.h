/*
 * sessions: who has logged in with a browser. In memory only, so they end with fuse-httpd; of a session's id only the
 * hash is kept. Pure but for the randomness of ids; times are monotonic milliseconds.
 */
#ifndef FUSE_HTTPD_SESSIONS_H
#define FUSE_HTTPD_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd/digest.h"

#define SESSIONS_MAX 64
#define SESSION_IDLE_MS ((int64_t)7 * 86400 * 1000)
#define SESSION_LIFE_MS ((int64_t)30 * 86400 * 1000)
#define SESSION_RAISED_MS ((int64_t)5 * 60 * 1000)
#define SESSION_ID_BYTES DIGEST_RANDOM_TEXT_BYTES

struct session {
	bool used;
	uint32_t number; /* never given twice */
	uint8_t digest[DIGEST_BYTES];
	int64_t begun_ms, seen_ms;
	int64_t raised_until_ms;
};

struct sessions {
	uint32_t last_number;
	struct session all[SESSIONS_MAX];
};

/* A new one, raised; when there are too many the one that was not seen longest goes. Returns its number. */
uint32_t sessions_begin(struct sessions *sessions, int64_t now_ms, char ret_id[SESSION_ID_BYTES]);

/* The number of the one with this id, or 0. It counts as seen. */
uint32_t sessions_find(struct sessions *sessions, const char *id, size_t id_len, int64_t now_ms);

/* Is it there still? */
bool sessions_has(const struct sessions *sessions, uint32_t number, int64_t now_ms);

/* The password was entered in it: for SESSION_RAISED_MS it may do what needs that. */
void sessions_raise(struct sessions *sessions, uint32_t number, int64_t now_ms);
bool sessions_is_raised(const struct sessions *sessions, uint32_t number, int64_t now_ms);

void sessions_end(struct sessions *sessions, uint32_t number);
void sessions_end_all(struct sessions *sessions);

#endif
