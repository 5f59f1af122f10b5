/*
 * access: the rules, on what is known.
 */
#include "httpd/access.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"

#define DAY_MS ((int64_t)86400 * 1000)

struct access *
access_new(void)
{
	struct access *access = calloc(1, sizeof *access);

	ENSURE(access != NULL);
	return access;
}

void
access_free(struct access *access)
{
	free(access);
}

/* -- what stored tells ------------------------------------------------------------------------------------ */

static void
note_access(struct access *access, const struct msg_access *told)
{
	if (access->known && told->epoch != access->told.epoch)
		sessions_end_all(&access->sessions);
	access->told = *told;
	access->known = true;
}

static void
note_token(struct access *access, uint32_t place, const struct msg_token *told, bool gone)
{
	if (place >= ACCESS_TOKENS_MAX)
		return;
	struct access_token *token = &access->tokens[place];
	int64_t told_day = strcmp(token->told.id, told->id) == 0 ? token->told_day : 0;
	memset(token, 0, sizeof *token);
	if (gone || !digest_from_hex(told->sha256, token->digest))
		return;
	token->used = true;
	token->told = *told;
	token->told_day = told_day;
}

bool
access_on_message(struct access *access, const struct header *header, const void *message)
{
	bool gone = (header->flags & HEADER_FLAG_CLEAR) != 0;

	if (header->number == MESSAGE_ACCESS && !gone)
		note_access(access, message);
	else if (header->number == MESSAGE_TOKEN)
		note_token(access, header->retain_key, message, gone);
	else
		return header->number == MESSAGE_ACCESS;
	return true;
}

/* -- who it is --------------------------------------------------------------------------------------------- */

/* All are looked at, whichever it is. */
static size_t
find_token(const struct access *access, const struct credential *bearer)
{
	uint8_t digest[DIGEST_BYTES];
	size_t found = ACCESS_TOKENS_MAX;

	digest_of(bearer->text, bearer->len, digest);
	for (size_t i = 0; i < ACCESS_TOKENS_MAX; i++)
		if (digest_equal(digest, access->tokens[i].digest) && access->tokens[i].used)
			found = i;
	return found;
}

void
access_identify(struct access *access, const struct visitor *visitor, int64_t now_ms, struct pass *ret_pass,
		bool *ret_wrong_token)
{
	*ret_pass = (struct pass){ .kind = PASS_NONE };
	*ret_wrong_token = false;
	if (visitor->session.text != NULL)
		ret_pass->session =
			sessions_find(&access->sessions, visitor->session.text, visitor->session.len, now_ms);
	if (visitor->this_machine) {
		ret_pass->kind = PASS_THIS_MACHINE;
	} else if (visitor->bearer.text != NULL) {
		/* Whoever shows a token is judged by it, whatever cookies come along. */
		ret_pass->session = 0;
		size_t place = find_token(access, &visitor->bearer);
		*ret_wrong_token = place == ACCESS_TOKENS_MAX;
		if (*ret_wrong_token)
			return;
		ret_pass->kind = access->tokens[place].told.full ? PASS_TOKEN_FULL : PASS_TOKEN_READ;
		ret_pass->token_place = place;
		str_copy(ret_pass->token_id, sizeof ret_pass->token_id, access->tokens[place].told.id);
	} else if (ret_pass->session != 0) {
		ret_pass->kind = PASS_SESSION;
	}
}

/* -- what it may --------------------------------------------------------------------------------------------- */

bool
access_is_raised(const struct access *access, const struct pass *pass, int64_t now_ms)
{
	return pass->kind == PASS_THIS_MACHINE ||
	       (pass->kind == PASS_SESSION && sessions_is_raised(&access->sessions, pass->session, now_ms));
}

/* A token is too long to be guessed; a stranger that goes on trying is slowed all the same, and whoever has the right
 * one never is. */
static enum access_verdict
judge_wrong_token(struct access *access, const struct visitor *visitor, int64_t now_ms, int64_t *ret_wait_ms)
{
	struct tries *tries = &access->tries[TRIES_OF_TOKEN];

	*ret_wait_ms = tries_wait_ms(tries, &visitor->address, now_ms);
	if (*ret_wait_ms > 0)
		return ACCESS_TOO_MANY_TRIES;
	tries_begin(tries, &visitor->address, now_ms);
	return ACCESS_LOGIN_NEEDED;
}

static enum access_verdict
judge_pass(const struct access *access, const struct pass *pass, enum route_access wanted, bool reads, int64_t now_ms)
{
	switch (pass->kind) {
	case PASS_NONE:
		return access->known && !access->told.password_set ? ACCESS_SETUP_NEEDED : ACCESS_LOGIN_NEEDED;
	case PASS_THIS_MACHINE:
		return ACCESS_GRANTED;
	case PASS_SESSION:
		return wanted == ROUTE_RAISED && !access_is_raised(access, pass, now_ms) ? ACCESS_PASSWORD_NEEDED
											 : ACCESS_GRANTED;
	case PASS_TOKEN_READ:
	case PASS_TOKEN_FULL:
		break;
	}
	if (wanted != ROUTE_LOGIN)
		return ACCESS_NOT_BY_TOKEN;
	return reads || pass->kind == PASS_TOKEN_FULL ? ACCESS_GRANTED : ACCESS_READ_ONLY;
}

enum access_verdict
access_judge(struct access *access, const struct visitor *visitor, enum route_access wanted, bool reads, int64_t now_ms,
	     struct pass *ret_pass, int64_t *ret_wait_ms)
{
	bool wrong_token;

	*ret_wait_ms = 0;
	access_identify(access, visitor, now_ms, ret_pass, &wrong_token);
	if (wanted == ROUTE_OPEN)
		return ACCESS_GRANTED;
	if (wrong_token)
		return judge_wrong_token(access, visitor, now_ms, ret_wait_ms);
	return judge_pass(access, ret_pass, wanted, reads, now_ms);
}

bool
access_still_holds(const struct access *access, const struct pass *pass, int64_t now_ms)
{
	switch (pass->kind) {
	case PASS_NONE:
		return false;
	case PASS_THIS_MACHINE:
		return true;
	case PASS_SESSION:
		return sessions_has(&access->sessions, pass->session, now_ms);
	case PASS_TOKEN_READ:
	case PASS_TOKEN_FULL:
		break;
	}
	const struct access_token *token = &access->tokens[pass->token_place];
	return token->used && strcmp(token->told.id, pass->token_id) == 0;
}

bool
access_is_news(struct access *access, const struct pass *pass, int64_t wall_ms)
{
	if (pass->kind != PASS_TOKEN_READ && pass->kind != PASS_TOKEN_FULL)
		return false;
	struct access_token *token = &access->tokens[pass->token_place];
	int64_t day = wall_ms / DAY_MS;
	if (token->told.used_ms / DAY_MS == day || token->told_day == day)
		return false;
	token->told_day = day;
	return true;
}
