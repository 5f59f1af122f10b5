/*
 * sessions: 64 places.
 */
#include "httpd/sessions.h"

#include <string.h>

static bool
is_over(const struct session *session, int64_t now_ms)
{
	return now_ms - session->seen_ms >= SESSION_IDLE_MS || now_ms - session->begun_ms >= SESSION_LIFE_MS;
}

static void
end(struct session *session)
{
	explicit_bzero(session, sizeof *session);
}

static struct session *
by_number(const struct sessions *sessions, uint32_t number, int64_t now_ms)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct session *session = &sessions->all[i];
		if (session->used && session->number == number && !is_over(session, now_ms))
			return (struct session *)(uintptr_t)session;
	}
	return NULL;
}

uint32_t
sessions_begin(struct sessions *sessions, int64_t now_ms, char ret_id[SESSION_ID_BYTES])
{
	struct session *place = &sessions->all[0];

	for (size_t i = 0; i < SESSIONS_MAX && place->used; i++) {
		struct session *session = &sessions->all[i];
		if (!session->used || is_over(session, now_ms) || session->seen_ms < place->seen_ms)
			place = session;
		if (is_over(session, now_ms))
			end(session);
	}
	end(place);
	digest_random_text(ret_id);
	if (++sessions->last_number == 0)
		sessions->last_number = 1;
	*place = (struct session){ .used = true, .number = sessions->last_number, .begun_ms = now_ms, .seen_ms = now_ms,
				   .raised_until_ms = now_ms + SESSION_RAISED_MS };
	digest_of(ret_id, strlen(ret_id), place->digest);
	return place->number;
}

uint32_t
sessions_find(struct sessions *sessions, const char *id, size_t id_len, int64_t now_ms)
{
	uint8_t digest[DIGEST_BYTES];
	struct session *found = NULL;

	digest_of(id, id_len, digest);
	/* All are looked at, whichever it is. */
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (digest_equal(digest, sessions->all[i].digest) && sessions->all[i].used)
			found = &sessions->all[i];
	if (found == NULL)
		return 0;
	if (is_over(found, now_ms)) {
		end(found);
		return 0;
	}
	found->seen_ms = now_ms;
	return found->number;
}

bool
sessions_has(const struct sessions *sessions, uint32_t number, int64_t now_ms)
{
	return by_number(sessions, number, now_ms) != NULL;
}

void
sessions_raise(struct sessions *sessions, uint32_t number, int64_t now_ms)
{
	struct session *session = by_number(sessions, number, now_ms);

	if (session != NULL)
		session->raised_until_ms = now_ms + SESSION_RAISED_MS;
}

bool
sessions_is_raised(const struct sessions *sessions, uint32_t number, int64_t now_ms)
{
	const struct session *session = by_number(sessions, number, now_ms);

	return session != NULL && now_ms < session->raised_until_ms;
}

void
sessions_end(struct sessions *sessions, uint32_t number)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (sessions->all[i].used && sessions->all[i].number == number)
			end(&sessions->all[i]);
}

void
sessions_end_all(struct sessions *sessions)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		end(&sessions->all[i]);
}
