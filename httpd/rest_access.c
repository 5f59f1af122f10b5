/*
 * rest_access: logging in and out, the password, and the tokens of programs. Whether a password is right stored says;
 * how often somebody may guess is counted here (tries.h).
 */
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/gate.h"
#include "httpd/known_json.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "ipc/terms.h"

#define HASH_DEADLINE_MS 30000 /* eight before this one, on a slow machine */
#define PASSWORD_BYTES (SECRET_MAX_BYTES + 1)

static struct access *
access_of(struct request *request)
{
	return request_httpd(request)->access;
}

/* -- bodies ---------------------------------------------------------------------------------------------- */

/* A text of the body as a secret. False, and answered, when it is something else or is `needed` and not there. */
static bool
take_secret(struct request *request, const char *key, bool needed, struct secret *ret_secret)
{
	char text[PASSWORD_BYTES], fault[BODY_FAULT_BYTES];
	bool present;

	secret_wipe(ret_secret);
	bool fine = body_text(request_json_peek(request), key, text, sizeof text, &present, fault);
	if (fine && needed && !present) {
		str_format(fault, sizeof fault, "\"%s\" is missing.", key);
		fine = false;
	}
	if (fine)
		secret_set(ret_secret, text, strlen(text));
	else
		rest_answer_invalid(request, fault);
	explicit_bzero(text, sizeof text);
	return fine;
}

static bool
is_object_of(struct request *request, const char *const *names, size_t count)
{
	char fault[BODY_FAULT_BYTES] = "The body must be an object.";

	if (json_is_object(request_json_peek(request)) && body_keys_are(request_json_peek(request), names, count, fault))
		return true;
	rest_answer_invalid(request, fault);
	return false;
}

/* -- tries ------------------------------------------------------------------------------------------------ */

/* One try begins. False, and answered, when it comes too soon. */
static bool
begin_try(struct request *request, enum tries_of what)
{
	struct tries *tries = &access_of(request)->tries[what];
	const struct in6_addr *address = &request_visitor(request)->address;
	int64_t now_ms = clock_monotonic_ms(), wait_ms = tries_wait_ms(tries, address, now_ms);

	if (wait_ms > 0) {
		answer_too_many_tries(request, wait_ms);
		return false;
	}
	tries_begin(tries, address, now_ms);
	return true;
}

/* What stored's answer means for the count: right, wrong, or neither. */
static void
end_try(struct request *request, enum tries_of what, const struct reply *reply)
{
	struct tries *tries = &access_of(request)->tries[what];
	const struct in6_addr *address = &request_visitor(request)->address;
	const struct msg_refused *refused = reply->kind == REPLY_REFUSED ? reply->message : NULL;

	if (refused != NULL && refused->reason == REFUSAL_FORBIDDEN)
		log_warn(what == TRIES_OF_SETUP_CODE ? "a wrong setup code" : "a wrong password",
			 log_bytes("at", request_path_peek(request), strlen(request_path_peek(request))));
	else if (reply->kind == REPLY_GIVEN)
		tries_right(tries, address, clock_monotonic_ms());
	else
		tries_void(tries, address);
}

/* -- sessions ----------------------------------------------------------------------------------------------- */

static json_t *
session_json(struct request *request, bool logged_in)
{
	const struct access *access = access_of(request);
	bool needed = !request_visitor(request)->this_machine;

	return json_pack("{s:b, s:b, s:b, s:b}", "loginNeeded", needed, "loggedIn", logged_in, "setupNeeded",
			 needed && access->known && !access->told.password_set, "secure", request_visitor(request)->secure);
}

void
rest_session(struct request *request)
{
	const struct pass *pass = request_pass(request);

	answer_json(request, 200, session_json(request, pass->session != 0 || pass->kind == PASS_TOKEN_READ ||
							pass->kind == PASS_TOKEN_FULL));
}

/* The password was entered: the session that is there is raised, or one begins. */
static void
let_in(struct request *request)
{
	struct sessions *sessions = &access_of(request)->sessions;
	int64_t now_ms = clock_monotonic_ms();
	uint32_t number = request_pass(request)->session;
	char id[SESSION_ID_BYTES];

	if (number != 0 && sessions_has(sessions, number, now_ms)) {
		sessions_raise(sessions, number, now_ms);
	} else {
		sessions_begin(sessions, now_ms, id);
		request_set_session_cookie(request, id);
		explicit_bzero(id, sizeof id);
		log_info("somebody has logged in");
	}
	answer_json(request, 200, session_json(request, true));
}

static void
answer_wrong(struct request *request, enum problem problem, const struct reply *reply)
{
	const struct msg_refused *refused = reply->kind == REPLY_REFUSED ? reply->message : NULL;

	if (refused != NULL && refused->reason == REFUSAL_FORBIDDEN)
		answer_problem(request, problem, refused->sentence, refused->remedy);
	else
		request_answer_failure(request, reply);
}

static void
answer_try(struct request *request, enum problem problem, const struct reply *reply)
{
	if (reply->kind == REPLY_GIVEN)
		let_in(request);
	else
		answer_wrong(request, problem, reply);
}

static void
on_checked(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	end_try(owner, TRIES_OF_PASSWORD, reply);
	answer_try(owner, PROBLEM_WRONG_PASSWORD, reply);
}

void
rest_session_begin(struct request *request)
{
	static const char *const names[] = { "password" };
	struct msg_password_check message = { 0 };

	if (!is_object_of(request, names, STR_ARRAY_LEN(names)) ||
	    !take_secret(request, "password", true, &message.password))
		return;
	if (begin_try(request, TRIES_OF_PASSWORD))
		request_ask(request, MESSAGE_PASSWORD_CHECK, ROLE_STORED, 0, &message, HASH_DEADLINE_MS, on_checked);
	secret_wipe(&message.password);
}

void
rest_session_end(struct request *request)
{
	if (request_pass(request)->session != 0)
		sessions_end(&access_of(request)->sessions, request_pass(request)->session);
	request_set_session_cookie(request, "");
	answer_nothing(request);
}

/* -- the password -------------------------------------------------------------------------------------------- */

static void
on_set_up(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	end_try(owner, TRIES_OF_SETUP_CODE, reply);
	answer_try(owner, PROBLEM_WRONG_CODE, reply);
}

void
rest_setup(struct request *request)
{
	static const char *const names[] = { "code", "password" };
	struct msg_password_first message = { 0 };

	if (is_object_of(request, names, STR_ARRAY_LEN(names)) && take_secret(request, "code", true, &message.code) &&
	    take_secret(request, "password", true, &message.password) && begin_try(request, TRIES_OF_SETUP_CODE))
		request_ask(request, MESSAGE_PASSWORD_FIRST, ROLE_STORED, 0, &message, HASH_DEADLINE_MS, on_set_up);
	secret_wipe(&message.code);
	secret_wipe(&message.password);
}

/* stored has told of the new password before it answered, so every session is over, this one too. */
static void
on_changed(void *owner, unsigned cookie, const struct reply *reply)
{
	if (cookie == TRIES_OF_PASSWORD)
		end_try(owner, TRIES_OF_PASSWORD, reply);
	answer_try(owner, PROBLEM_WRONG_PASSWORD, reply);
}

/* A session that is raised has proved the password; this machine, which needs no session, proves it here. */
void
rest_password_change(struct request *request)
{
	static const char *const names[] = { "password", "current" };
	struct msg_password_change message = { .proved = request_pass(request)->kind == PASS_SESSION };
	unsigned cookie = message.proved ? TRIES_OF_COUNT : TRIES_OF_PASSWORD;

	if (is_object_of(request, names, STR_ARRAY_LEN(names)) &&
	    take_secret(request, "password", true, &message.password) &&
	    take_secret(request, "current", false, &message.present) &&
	    (message.proved || begin_try(request, TRIES_OF_PASSWORD)))
		request_ask_with(request, MESSAGE_PASSWORD_CHANGE, ROLE_STORED, &message, HASH_DEADLINE_MS, on_changed, cookie);
	secret_wipe(&message.present);
	secret_wipe(&message.password);
}

/* -- tokens ---------------------------------------------------------------------------------------------------- */

static json_t *
token_json(const struct msg_token *token)
{
	char day[CLOCK_UTC_BYTES];

	clock_format_utc(token->used_ms, day);
	day[10] = '\0'; /* to the day */
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", token->id, "name", token->name, "access",
			 token->full ? "full" : "read", "createdAt", known_json_time(token->created_ms), "lastUsedOn",
			 token->used_ms != 0 ? json_string(day) : json_null());
}

void
rest_tokens(struct request *request)
{
	const struct access *access = access_of(request);
	json_t *list = json_array();

	for (size_t i = 0; i < ACCESS_TOKENS_MAX; i++)
		if (access->tokens[i].used)
			json_array_append_new(list, token_json(&access->tokens[i].told));
	answer_json(request, 200, json_pack("{s:o}", "tokens", list));
}

static void
on_made(void *owner, unsigned cookie, const struct reply *reply)
{
	const struct msg_token_made *made = reply->message;

	(void)cookie;
	if (request_answer_failure(owner, reply))
		return;
	answer_json(owner, 201, json_pack("{s:s, s:s%}", "id", made->id, "token",
					  (const char *)secret_bytes_peek(&made->token), (size_t)made->token.len_bytes));
}

void
rest_token_add(struct request *request)
{
	static const char *const names[] = { "name", "access" };
	struct msg_token_add message = { 0 };
	char fault[BODY_FAULT_BYTES], may[8];
	bool present, says;

	if (!is_object_of(request, names, STR_ARRAY_LEN(names)))
		return;
	if (!body_text(request_json_peek(request), "name", message.name, sizeof message.name, &present, fault) ||
	    !body_text(request_json_peek(request), "access", may, sizeof may, &says, fault)) {
		rest_answer_invalid(request, fault);
		return;
	}
	message.full = strcmp(may, "full") == 0;
	if (!present || !says || (!message.full && strcmp(may, "read") != 0)) {
		rest_answer_invalid(request, "The body must be {\"name\": NAME, \"access\": \"read\" or \"full\"}.");
		return;
	}
	request_ask(request, MESSAGE_TOKEN_ADD, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_made);
}

static void
on_removed(void *owner, unsigned cookie, const struct reply *reply)
{
	(void)cookie;
	if (!request_answer_failure(owner, reply))
		answer_nothing(owner);
}

void
rest_token_remove(struct request *request)
{
	const char *id = request_text(request, "id");
	struct msg_token_remove message = { 0 };

	if (id == NULL || strlen(id) >= sizeof message.id) {
		answer_problem(request, PROBLEM_BAD_PARAMETER, "\"id\" must be the id of a token.",
			       "GET /api/v1/tokens tells it.");
		return;
	}
	str_copy(message.id, sizeof message.id, id);
	request_ask(request, MESSAGE_TOKEN_REMOVE, ROLE_STORED, 0, &message, ASK_DEADLINE_MS, on_removed);
}
