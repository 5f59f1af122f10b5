/*
 * owner_desk: passwords are hashed beside the loop (hasher.h) and kept when that is done; all else is answered at
 * once.
 */
#include "stored/owner_desk.h"

#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/desk_inner.h"

/* -- telling --------------------------------------------------------------------------------------------- */

static void
publish_access(struct desk *desk)
{
	const struct owner_desk *own = &desk->owner;
	struct msg_access message = { .password_set = own->kept.password_set, .epoch = own->kept.epoch,
				      .certificate_is_owners = own->certificate.is_owners,
				      .certificate_until_ms = own->certificate.own.not_after_ms };

	str_copy(message.certificate_sha256, sizeof message.certificate_sha256, own->certificate.own.sha256);
	str_copy(message.certificate_trouble, sizeof message.certificate_trouble, own->certificate.trouble);
	child_send(desk->child, MESSAGE_ACCESS, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
}

static void
publish_token(struct desk *desk, size_t place)
{
	const struct owner_token *token = &desk->owner.kept.tokens[place];
	struct msg_token message = { .full = token->full, .created_ms = token->created_ms, .used_ms = token->used_ms };

	if (token->id[0] == '\0') {
		child_clear(desk->child, MESSAGE_TOKEN, (uint32_t)place);
		return;
	}
	str_copy(message.id, sizeof message.id, token->id);
	str_copy(message.name, sizeof message.name, token->name);
	str_hex(token->sha256, sizeof token->sha256, message.sha256);
	child_send(desk->child, MESSAGE_TOKEN, ROLE_NONE, SLOT_ALL, 0, (uint32_t)place, &message, -1);
}

static void
show_code(struct desk *desk)
{
	struct msg_setup_code_show message = { .code = desk->owner.code.code };

	child_send(desk->child, MESSAGE_SETUP_CODE_SHOW, ROLE_SUPERVISOR, 0, 0, 0, &message, -1);
	secret_wipe(&message.code);
}

/* After each change of the password. */
static void
follow_password(struct desk *desk)
{
	if (desk->owner.kept.password_set) {
		setup_code_forget(&desk->owner.code);
	} else {
		setup_code_make(&desk->owner.code);
		show_code(desk);
	}
	publish_access(desk);
}

void
owner_desk_publish_all(struct desk *desk)
{
	for (size_t i = 0; i < OWNER_TOKENS_MAX; i++)
		publish_token(desk, i);
	follow_password(desk);
}

/* -- the password ------------------------------------------------------------------------------------------ */

static void
refuse(struct desk *desk, const struct header *request, enum refusal reason, const char *sentence, const char *remedy)
{
	child_reply_refused(desk->child, request, reason, sentence, remedy);
}

static void
hash_later(struct desk *desk, struct hasher_job *job)
{
	if (!backroom_add(desk->owner.hasher, job))
		refuse(desk, &job->request, REFUSAL_BUSY, "Too many passwords are being checked.", "Try again in a moment.");
	explicit_bzero(job, sizeof *job);
}

static bool
refuse_bad_password(struct desk *desk, const struct header *request, const struct secret *password)
{
	char sentence[160];

	if (owner_password_is_fine(password, sentence))
		return false;
	refuse(desk, request, REFUSAL_INVALID, sentence, "Choose one that you use nowhere else; a few words are fine.");
	return true;
}

static void
set_first(struct desk *desk, const struct header *request, const struct msg_password_first *message)
{
	struct hasher_job job = { .request = *request, .makes = true, .fresh = message->password };
	bool renewed;

	if (desk->owner.kept.password_set) {
		refuse(desk, request, REFUSAL_CONFLICT, "A password is set already.",
		       "Log in with it. If it is lost: `fusectl password --forget`, as root on the machine.");
	} else if (!setup_code_try(&desk->owner.code, &message->code, &renewed)) {
		if (renewed) {
			log_warn("a wrong setup code was tried too often; there is a new one");
			show_code(desk);
		}
		refuse(desk, request, REFUSAL_FORBIDDEN, "This is not the setup code.",
		       "Fuse's console shows it, and so does `fusectl setup-code` on the machine.");
	} else if (!refuse_bad_password(desk, request, &message->password)) {
		hash_later(desk, &job);
		return;
	}
	explicit_bzero(&job, sizeof job);
}

static void
check(struct desk *desk, const struct header *request, const struct msg_password_check *message)
{
	struct hasher_job job = { .request = *request, .checks = true, .present = message->password };

	if (!desk->owner.kept.password_set) {
		refuse(desk, request, REFUSAL_CONFLICT, "No password is set yet.", "Set one with the setup code.");
		explicit_bzero(&job, sizeof job);
		return;
	}
	str_copy(job.hash, sizeof job.hash, desk->owner.kept.hash);
	hash_later(desk, &job);
}

static void
change(struct desk *desk, const struct header *request, const struct msg_password_change *message)
{
	bool proved = message->proved || request->from_role == ROLE_CTL || !desk->owner.kept.password_set;
	struct hasher_job job = { .request = *request, .checks = !proved, .makes = true, .present = message->present,
				  .fresh = message->password };

	if (refuse_bad_password(desk, request, &message->password)) {
		explicit_bzero(&job, sizeof job);
		return;
	}
	str_copy(job.hash, sizeof job.hash, desk->owner.kept.hash);
	hash_later(desk, &job);
}

static void
forget(struct desk *desk, const struct header *request)
{
	struct fault fault;

	if (!desk->owner.kept.password_set) {
		refuse(desk, request, REFUSAL_CONFLICT, "No password is set.", "`fusectl setup-code` shows how to set one.");
		return;
	}
	if (owner_forget_password(&desk->owner.kept, &fault) == OUTCOME_DONE) {
		log_info("the password is forgotten; everybody is logged out");
		follow_password(desk);
		child_reply_done(desk->child, request,
				 "The password is forgotten and everybody logged out. `fusectl setup-code` shows the code to set "
				 "a new one; tokens stay as they are.");
	} else {
		desk_refuse(desk, request, &fault);
	}
	upkeep_note_commit(&desk->upkeep, &fault);
}

static void
keep_password(struct desk *desk, const struct hasher_job *job)
{
	struct fault fault;

	if (owner_set_password(&desk->owner.kept, job->hash, &fault) == OUTCOME_DONE) {
		log_info("a password is set");
		follow_password(desk);
		child_reply_done(desk->child, &job->request, "The password is set.");
	} else {
		desk_refuse(desk, &job->request, &fault);
	}
	upkeep_note_commit(&desk->upkeep, &fault);
}

static void
on_hashed(void *arg, const void *done)
{
	const struct hasher_job *job = done;
	struct desk *desk = arg;
	bool is_first = job->request.number == MESSAGE_PASSWORD_FIRST;

	if (!job->right)
		refuse(desk, &job->request, REFUSAL_FORBIDDEN, "This is not the password.", "");
	else if (!job->makes)
		child_reply_done(desk->child, &job->request, "This is the password.");
	else if (!job->made)
		refuse(desk, &job->request, REFUSAL_FAILED, "The password could not be hashed: there is too little memory.",
		       "Free some memory on this machine.");
	else if (is_first && desk->owner.kept.password_set) /* somebody was quicker */
		refuse(desk, &job->request, REFUSAL_CONFLICT, "A password is set already.", "Log in with it.");
	else
		keep_password(desk, job);
}

static void
give_code(struct desk *desk, const struct header *request)
{
	struct msg_setup_code message = { .code = desk->owner.code.code };

	if (desk->owner.kept.password_set)
		refuse(desk, request, REFUSAL_CONFLICT, "A password is set, so there is no setup code.",
		       "If it is lost: `fusectl password --forget`, as root.");
	else
		child_reply(desk->child, request, MESSAGE_SETUP_CODE, &message, -1);
	secret_wipe(&message.code);
}

/* -- tokens ------------------------------------------------------------------------------------------------- */

static void
add_token(struct desk *desk, const struct header *request, const struct msg_token_add *message)
{
	struct msg_token_made made = { 0 };
	struct fault fault;
	char sentence[160];
	size_t place;

	if (!owner_token_name_is_fine(&desk->owner.kept, message->name, sentence)) {
		refuse(desk, request, REFUSAL_INVALID, sentence, "");
		return;
	}
	if (owner_add_token(&desk->owner.kept, message->name, message->full, clock_wall_ms(), &place, &made.token,
			     &fault) == OUTCOME_DONE) {
		log_info("made a token", log_str("name", message->name), log_bool("full", message->full));
		publish_token(desk, place);
		str_copy(made.id, sizeof made.id, desk->owner.kept.tokens[place].id);
		child_reply(desk->child, request, MESSAGE_TOKEN_MADE, &made, -1);
	} else {
		desk_refuse(desk, request, &fault);
	}
	secret_wipe(&made.token);
	upkeep_note_commit(&desk->upkeep, &fault);
}

static void
remove_token(struct desk *desk, const struct header *request, const struct msg_token_remove *message)
{
	size_t place = owner_find_token(&desk->owner.kept, message->id);
	struct fault fault;

	if (place == OWNER_TOKENS_MAX) {
		refuse(desk, request, REFUSAL_NOT_FOUND, "There is no such token.", "`fusectl token list` shows them.");
		return;
	}
	log_info("removes a token", log_str("name", desk->owner.kept.tokens[place].name));
	if (owner_remove_token(&desk->owner.kept, place, &fault) == OUTCOME_DONE) {
		publish_token(desk, place);
		child_reply_done(desk->child, request, "The token is removed: it opens nothing any more.");
	} else {
		desk_refuse(desk, request, &fault);
	}
	upkeep_note_commit(&desk->upkeep, &fault);
}

static void
note_used(struct desk *desk, const struct msg_token_used *message)
{
	size_t place = owner_find_token(&desk->owner.kept, message->id);
	struct fault fault;

	if (place == OWNER_TOKENS_MAX)
		return; /* removed meanwhile */
	if (owner_note_used(&desk->owner.kept, place, clock_wall_ms(), &fault) == OUTCOME_DONE)
		publish_token(desk, place);
	upkeep_note_commit(&desk->upkeep, &fault);
}

/* -- the certificate ------------------------------------------------------------------------------------------ */

static void
cut_key(const struct tls_own_blob *key, struct msg_certificate *message)
{
	struct secret *const pieces[] = { &message->key_0, &message->key_1, &message->key_2, &message->key_3,
					  &message->key_4, &message->key_5, &message->key_6, &message->key_7 };
	_Static_assert(STR_ARRAY_LEN(pieces) * SECRET_MAX_BYTES >= TLS_OWN_KEY_MAX_BYTES, "the longest key fits");

	for (size_t at = 0, i = 0; at < key->len; at += SECRET_MAX_BYTES, i++)
		secret_set(pieces[i], key->bytes + at,
			   key->len - at < SECRET_MAX_BYTES ? key->len - at : SECRET_MAX_BYTES);
}

static void
give_certificate(struct desk *desk, const struct header *request)
{
	static struct certificate certificate; /* large */
	static struct msg_certificate message;
	struct owner_desk *own = &desk->owner;
	const char *const bound[] = { own->bound[LISTENER_HTTP], own->bound[LISTENER_STATS] };
	struct tls_own_names names;
	struct fault fault;

	certificate_names(bound, STR_ARRAY_LEN(bound), &names);
	desk_flush(desk);
	if (certificate_get(desk->store, desk->vault, own->folder, &names, clock_wall_ms(), &certificate, &fault) ==
	    OUTCOME_DONE) {
		own->certificate = certificate.facts;
		memset(&message, 0, sizeof message);
		message.chain = (struct ipc_bytes){ (const uint8_t *)certificate.chain, certificate.chain_len };
		cut_key(&certificate.key, &message);
		publish_access(desk);
		child_reply(desk->child, request, MESSAGE_CERTIFICATE, &message, -1);
	} else {
		desk_refuse(desk, request, &fault);
	}
	sodium_memzero(&certificate.key, sizeof certificate.key);
	sodium_memzero(&message, sizeof message);
	upkeep_note_commit(&desk->upkeep, &fault);
}

/* -- life -------------------------------------------------------------------------------------------------------- */

bool
owner_desk_on_message(struct desk *desk, const struct header *header, const void *message)
{
	switch (header->number) {
	case MESSAGE_PASSWORD_FIRST:
		set_first(desk, header, message);
		return true;
	case MESSAGE_PASSWORD_CHECK:
		check(desk, header, message);
		return true;
	case MESSAGE_PASSWORD_CHANGE:
		change(desk, header, message);
		return true;
	case MESSAGE_PASSWORD_FORGET:
		forget(desk, header);
		return true;
	case MESSAGE_SETUP_CODE_WANT:
		give_code(desk, header);
		return true;
	case MESSAGE_TOKEN_ADD:
		add_token(desk, header, message);
		return true;
	case MESSAGE_TOKEN_REMOVE:
		remove_token(desk, header, message);
		return true;
	case MESSAGE_TOKEN_USED:
		note_used(desk, message);
		return true;
	case MESSAGE_CERTIFICATE_WANT:
		give_certificate(desk, header);
		return true;
	case MESSAGE_FUSE_STATUS: {
		const struct msg_fuse_status *fuse = message;
		str_copy(desk->owner.bound[LISTENER_HTTP], sizeof desk->owner.bound[0], fuse->http);
		str_copy(desk->owner.bound[LISTENER_STATS], sizeof desk->owner.bound[0], fuse->stats);
		return true;
	}
	default:
		return false;
	}
}

enum outcome
owner_desk_begin(struct desk *desk, const char *dir, struct fault *ret_fault)
{
	certificate_folder(dir, desk->owner.folder);
	if (owner_load(&desk->owner.kept, desk->store, desk->vault, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	desk->owner.hasher = backroom_new(child_loop_peek(desk->child), &hasher_trade, on_hashed, desk);
	return desk->owner.hasher != NULL ? fault_none(ret_fault)
					   : fault_say(ret_fault, OUTCOME_STARVED, "No descriptor is to be had.");
}
