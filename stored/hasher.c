/*
 * hasher: argon2id, by libsodium.
 */
#include "stored/hasher.h"

#include <sodium.h>

#define PASSES 2
#define MEMORY_BYTES ((size_t)64 << 20)

_Static_assert(crypto_pwhash_STRBYTES == HASHER_HASH_BYTES, "hasher.h says what libsodium does");

void
hasher_work(struct hasher_job *job)
{
	const char *present = (const char *)secret_bytes_peek(&job->present);

	job->hash[HASHER_HASH_BYTES - 1] = '\0';
	job->right = !job->checks || crypto_pwhash_str_verify(job->hash, present, job->present.len_bytes) == 0;
	job->made = job->makes && job->right &&
		    crypto_pwhash_str_alg(job->hash, (const char *)secret_bytes_peek(&job->fresh), job->fresh.len_bytes,
					  PASSES, MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void
work(void *job)
{
	hasher_work(job);
}

const struct backroom_trade hasher_trade = { "hasher", "no thread for passwords is to be had",
					     sizeof(struct hasher_job), HASHER_JOBS_MAX, work };
