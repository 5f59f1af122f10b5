/*
 * access: who may use the web pages and REST beyond this machine: setup code, password, tokens.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/ctl.h"
#include "ipc/terms.h"

#define TOKENS_MAX 64

/* -- what is told ---------------------------------------------------------------------------------------- */

struct told {
	bool access_known, fuse_known;
	struct msg_access access;
	struct msg_fuse_status fuse;
};

static void
take_access(void *arg, const void *message)
{
	struct told *told = arg;

	memcpy(&told->access, message, sizeof told->access);
	told->access_known = true;
}

static void
take_fuse(void *arg, const void *message)
{
	struct told *told = arg;

	memcpy(&told->fuse, message, sizeof told->fuse);
	told->fuse_known = true;
}

enum outcome
ctl_access(struct ctl *ctl, struct msg_access *ret_access, bool *ret_known)
{
	struct told told = { 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_ACCESS, take_access, &told);

	*ret_access = told.access;
	*ret_known = told.access_known;
	return outcome;
}

void
ctl_group_fingerprint(const char *sha256, char ret_text[FINGERPRINT_TEXT_BYTES])
{
	size_t len = strlen(sha256), used = 0;

	for (size_t i = 0; i < len && used + 3 <= FINGERPRINT_TEXT_BYTES; i++) {
		if (i > 0 && i % 2 == 0)
			ret_text[used++] = ':';
		ret_text[used++] = sha256[i] >= 'a' && sha256[i] <= 'f' ? (char)(sha256[i] - 'a' + 'A') : sha256[i];
	}
	ret_text[used] = '\0';
}

/* -- the setup code ---------------------------------------------------------------------------------------- */

static void
take_code(void *arg, const void *message)
{
	struct secret *code = arg;

	*code = ((const struct msg_setup_code *)message)->code;
}

static void
print_code(const struct ctl *ctl, const struct told *told, const char *code)
{
	const struct show *show = &ctl->show;
	char text[400], fingerprint[FINGERPRINT_TEXT_BYTES];

	fputs("The setup code is ", show->out);
	show_text(show, TONE_STRONG, code);
	fputs(".\n", show->out);
	str_format(text, sizeof text, "Open http%s://%s/ and set the password with it.", told->fuse.http_guarded ? "s" : "",
		   told->fuse.http);
	show_wrapped(show, 0, 0, told->fuse.http[0] != '\0' ? text : "The web pages are off.");
	if (told->fuse_known && !told->fuse.http_guarded)
		show_wrapped(show, 0, 0,
			     "Nobody asks for a password there, as only this machine reaches it: nothing has to be done.");
	if (told->access.certificate_sha256[0] == '\0')
		return;
	ctl_group_fingerprint(told->access.certificate_sha256, fingerprint);
	str_format(text, sizeof text, "The browser will warn of a certificate that it does not know. Its SHA-256 must be %s",
		   fingerprint);
	if (!told->access.certificate_is_owners)
		show_wrapped(show, 0, 0, text);
}

enum outcome
command_setup_code(struct ctl *ctl)
{
	static const struct msg_setup_code_want want;
	struct secret code = { 0 };
	struct told told = { 0 };
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_SETUP_CODE_WANT, .message = &want,
						  .fd = -1, .reply_number = MESSAGE_SETUP_CODE, .on_reply = take_code,
						  .arg = &code };
	char text[16];
	enum outcome outcome = ctl_connect(ctl);

	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_recall(ctl, MESSAGE_FUSE_STATUS, take_fuse, &told);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_recall(ctl, MESSAGE_ACCESS, take_access, &told);
	if (outcome == OUTCOME_DONE) {
		str_format(text, sizeof text, "%.*s", (int)code.len_bytes, (const char *)secret_bytes_peek(&code));
		if (ctl_wants_json(ctl))
			ctl_print_json(stdout, json_pack("{s:o,s:o,s:o}", "setupCode", ctl_json_text(text), "http",
							 ctl_json_text(told.fuse.http), "certificateSha256",
							 told.access.certificate_sha256[0] != '\0'
								 ? ctl_json_text(told.access.certificate_sha256)
								 : json_null()), false);
		else
			print_code(ctl, &told, text);
		explicit_bzero(text, sizeof text);
	}
	secret_wipe(&code);
	return outcome;
}

/* -- the password ------------------------------------------------------------------------------------------- */

static enum outcome
forget_password(struct ctl *ctl)
{
	enum outcome outcome = ask_yes(ctl, "Forget the password, and log everybody out?", "Nothing was changed.",
				       "Only a person can confirm this, and nobody is there.");

	if (outcome != OUTCOME_DONE)
		return outcome;
	return ctl_request(ctl, ROLE_STORED, MESSAGE_PASSWORD_FORGET, &(struct msg_password_forget){},
			   "The password is forgotten.");
}

enum outcome
command_password(struct ctl *ctl)
{
	struct msg_password_change message = { 0 };

	if (ctl->args.given[OPTION_FORGET])
		return forget_password(ctl);
	enum outcome outcome = ctl_connect(ctl);
	if (outcome == OUTCOME_DONE)
		outcome = ask_new_password(ctl, &message.password);
	if (outcome == OUTCOME_DONE)
		outcome = ctl_request(ctl, ROLE_STORED, MESSAGE_PASSWORD_CHANGE, &message, "The password is set.");
	secret_wipe(&message.password);
	return outcome;
}

/* -- tokens ---------------------------------------------------------------------------------------------------- */

struct token_list {
	size_t count;
	struct msg_token all[TOKENS_MAX];
};

static void
take_token(void *arg, const void *message)
{
	struct token_list *list = arg;

	if (list->count < TOKENS_MAX)
		memcpy(&list->all[list->count++], message, sizeof list->all[0]);
}

struct made {
	char id[9];
	struct secret token;
};

static void
take_made(void *arg, const void *message)
{
	struct made *made = arg;
	const struct msg_token_made *told = message;

	str_copy(made->id, sizeof made->id, told->id);
	made->token = told->token;
}

enum outcome
command_token_add(struct ctl *ctl)
{
	struct msg_token_add message = { .full = ctl->args.given[OPTION_FULL] };
	struct made made = { 0 };
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_TOKEN_ADD, .message = &message,
						  .fd = -1, .reply_number = MESSAGE_TOKEN_MADE, .on_reply = take_made,
						  .arg = &made };
	char text[SECRET_MAX_BYTES + 1];

	if (!str_valid_utf8(ctl->args.words[0], strlen(ctl->args.words[0])) ||
	    !str_copy(message.name, sizeof message.name, ctl->args.words[0]))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "The name of a token is text of at most 60 bytes.");
	enum outcome outcome = ctl_connect(ctl);
	if (outcome == OUTCOME_DONE)
		outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome != OUTCOME_DONE)
		return outcome;
	str_format(text, sizeof text, "%.*s", (int)made.token.len_bytes, (const char *)secret_bytes_peek(&made.token));
	if (ctl_wants_json(ctl)) {
		ctl_print_json(stdout, json_pack("{s:o,s:o,s:o,s:s}", "id", ctl_json_text(made.id), "name",
						 ctl_json_text(message.name), "token", ctl_json_text(text), "access",
						 message.full ? "full" : "read"), false);
	} else {
		/* The token alone on standard output, for scripts; the words beside it. */
		show_text(&ctl->show, TONE_PLAIN, text);
		fputc('\n', ctl->show.out);
		fprintf(stderr, "This is the only time that it is shown. It may %s.\n",
			message.full ? "read and change everything but passwords and tokens" : "read");
	}
	explicit_bzero(text, sizeof text);
	secret_wipe(&made.token);
	return OUTCOME_DONE;
}

static json_t *
token_json(const struct msg_token *token)
{
	return json_pack("{s:o,s:o,s:s,s:o,s:o}", "id", ctl_json_text(token->id), "name", ctl_json_text(token->name),
			 "access", token->full ? "full" : "read", "createdAt", ctl_json_time(token->created_ms), "lastUsedAt",
			 ctl_json_time(token->used_ms));
}

static void
write_day(int64_t wall_ms, char ret_day[CLOCK_UTC_BYTES])
{
	clock_format_utc(wall_ms, ret_day);
	ret_day[10] = '\0';
	if (wall_ms == 0)
		str_copy(ret_day, CLOCK_UTC_BYTES, "never");
}

static void
print_tokens(const struct ctl *ctl, const struct token_list *list)
{
	static const char *const heads[] = { "ID", "MAY", "MADE", "USED", "NAME" };
	char day[CLOCK_UTC_BYTES];

	if (list->count == 0) {
		show_wrapped(&ctl->show, 0, 0, "There are no tokens. To make one: fusectl token add NAME");
		return;
	}
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	for (size_t i = 0; i < list->count; i++) {
		show_table_cell(table, TONE_PLAIN, list->all[i].id);
		show_table_cell(table, TONE_PLAIN, list->all[i].full ? "change" : "read");
		write_day(list->all[i].created_ms, day);
		show_table_cell(table, TONE_PLAIN, day);
		write_day(list->all[i].used_ms, day);
		show_table_cell(table, TONE_PLAIN, day);
		show_table_cell(table, TONE_PLAIN, list->all[i].name);
	}
	show_table_print(table);
	show_table_free(table);
}

enum outcome
command_token_list(struct ctl *ctl)
{
	static struct token_list list;
	enum outcome outcome = ctl_recall(ctl, MESSAGE_TOKEN, take_token, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!ctl_wants_json(ctl)) {
		print_tokens(ctl, &list);
		return OUTCOME_DONE;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(array, token_json(&list.all[i]));
	ctl_print_json(stdout, json_pack("{s:o}", "tokens", array), false);
	return OUTCOME_DONE;
}

enum outcome
command_token_remove(struct ctl *ctl)
{
	static struct token_list list;
	struct msg_token_remove message = { 0 };
	enum outcome outcome = ctl_recall(ctl, MESSAGE_TOKEN, take_token, &list);

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.all[i].id, ctl->args.words[0]) == 0 || strcmp(list.all[i].name, ctl->args.words[0]) == 0)
			str_copy(message.id, sizeof message.id, list.all[i].id);
	if (message.id[0] == '\0') {
		failure_say(&ctl->failure, OUTCOME_NOT_FOUND, "There is no token '%s'.", ctl->args.words[0]);
		failure_remedy(&ctl->failure, "`fusectl token list` shows them.");
		return OUTCOME_NOT_FOUND;
	}
	return ctl_request(ctl, ROLE_STORED, MESSAGE_TOKEN_REMOVE, &message, "The token is removed.");
}
