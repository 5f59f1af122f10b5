/*
 * Messages: every row of messages.def is permitted to those whom the design names and to nobody else; secrets go to
 * those who need them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"

#include "tests/unit/message_rig.h"

static void
check_requests_and_replies(const struct message_spec *spec)
{
	size_t count;
	const struct message_spec *specs = message_specs(&count);
	role_mask answered = 0;

	if (spec->kind != KIND_REQUEST)
		return;
	/* Who asks must be able to hear both answers that fit every request, and who is asked to give them. */
	assert_int_equal(spec->from & ~row(MESSAGE_DONE)->to, 0);
	assert_int_equal(spec->from & ~row(MESSAGE_REFUSED)->to, 0);
	assert_int_equal(spec->to & ~row(MESSAGE_DONE)->from, 0);
	assert_int_equal(spec->to & ~row(MESSAGE_REFUSED)->from, 0);
	/* One request has one addressee, and nobody asks himself. */
	assert_int_equal(spec->to & (spec->to - 1), 0);
	assert_int_equal(spec->to & spec->from, 0);
	for (size_t i = 0; i < count; i++)
		if (specs[i].kind == KIND_REPLY)
			answered |= specs[i].from;
	assert_int_equal(spec->to & ~answered, 0);
}

static void
every_request_has_one_receiver_that_can_answer(void **state)
{
	(void)state;
	each_row(check_requests_and_replies);
}

/* What a child takes as the supervisor's word must come from nobody else. */
static void
check_nobody_speaks_for_the_supervisor(const struct message_spec *spec)
{
	role_mask supervisor = ROLE_BIT(ROLE_SUPERVISOR);
	bool answer = spec->number == MESSAGE_DONE || spec->number == MESSAGE_REFUSED;

	if ((spec->from & supervisor) && !answer && spec->from != supervisor)
		fail_msg("%s is the supervisor's, but others may send it", spec->name);
}

static void
nobody_speaks_for_the_supervisor(void **state)
{
	static const enum message orders[] = { MESSAGE_WELCOME, MESSAGE_SYNCED, MESSAGE_PING,	   MESSAGE_STOP,
					       MESSAGE_LOG_LEVEL, MESSAGE_LISTENER, MESSAGE_PROC_STATUS };

	(void)state;
	each_row(check_nobody_speaks_for_the_supervisor);
	for (size_t i = 0; i < STR_ARRAY_LEN(orders); i++)
		for (unsigned from = 0; from < ROLE_LIMIT; from++)
			for (unsigned to = 0; to < ROLE_LIMIT; to++)
				if (from != ROLE_SUPERVISOR)
					assert_false(message_permitted(row(orders[i]), (enum role)from, to));
}

/* What is told to a person who asks for it, once: a setup code, a new token. And what the console shows. */
static bool
is_for_a_person(const struct message_spec *spec)
{
	return spec->number == MESSAGE_SETUP_CODE || spec->number == MESSAGE_TOKEN_MADE ||
	       spec->number == MESSAGE_SETUP_CODE_SHOW || spec->number == MESSAGE_VIRTUAL_ACCESS;
}

static void
check_ctl_only_asks(const struct message_spec *spec)
{
	if ((spec->from & ROLE_BIT(ROLE_CTL)) && spec->kind != KIND_REQUEST)
		fail_msg("fusectl may say %s, which is no request", spec->name);
	if ((spec->from & ROLE_BIT(ROLE_CTL)) && (spec->to & ROLE_BIT(ROLE_GATEWAYD)))
		fail_msg("fusectl may speak to a child that holds secrets: %s", spec->name);
	for (size_t i = 0; i < spec->field_count; i++)
		if ((spec->to & ROLE_BIT(ROLE_CTL)) && spec->fields[i].kind == FIELD_SECRET && !is_for_a_person(spec))
			fail_msg("fusectl may hear a secret: %s", spec->name);
}

/* worker/link/desk.c relies on it: a worker does nothing for another's printer. */
static void
check_workers_are_asked_by_serial(const struct message_spec *spec)
{
	if (spec->kind != KIND_REQUEST || !(spec->to & ROLE_BIT(ROLE_WORKER)))
		return;
	if (spec->field_count == 0 || strcmp(spec->fields[0].name, "serial") != 0 || spec->fields[0].offset != 0 ||
	    spec->fields[0].kind != FIELD_STR)
		fail_msg("%s does not begin with the printer's serial number", spec->name);
}

static void
what_a_worker_is_asked_begins_with_its_printer(void **state)
{
	(void)state;
	each_row(check_workers_are_asked_by_serial);
}

static void
fusectl_asks_and_does_nothing_else(void **state)
{
	(void)state;
	each_row(check_ctl_only_asks);
}

static void
check_secrets(const struct message_spec *spec)
{
	role_mask holders = ROLE_BIT(ROLE_STORED) | ROLE_BIT(ROLE_WORKER) | ROLE_BIT(ROLE_GATEWAYD);

	for (size_t i = 0; i < spec->field_count; i++) {
		if (spec->fields[i].kind != FIELD_SECRET)
			continue;
		if (is_for_a_person(spec))
			continue;
		/* Of the printer that it is started for. */
		if (spec->from == ROLE_BIT(ROLE_WORKER))
			holders |= ROLE_BIT(ROLE_UPLOAD);
		/* The code and key of the printer that it plays. */
		if (spec->number == MESSAGE_VIRTUAL_MINE)
			holders |= ROLE_BIT(ROLE_VIRTUAL);
		/* The key of what it shows to browsers, and no other. */
		if (spec->number == MESSAGE_CERTIFICATE)
			holders |= ROLE_BIT(ROLE_HTTPD);
		if ((spec->to & ~holders) != 0)
			fail_msg("%s brings a secret to a role that must not know any", spec->name);
		/* What is retained stays in the supervisor's memory; a part or an event goes to many. */
		if (spec->kind != KIND_REQUEST && spec->kind != KIND_REPLY)
			fail_msg("%s carries a secret, but goes to more than one", spec->name);
	}
}

static void
secrets_go_from_stored_to_those_who_need_them(void **state)
{
	(void)state;
	each_row(check_secrets);
	assert_int_equal(row(MESSAGE_SECRET)->from, ROLE_BIT(ROLE_STORED));
	assert_int_equal(row(MESSAGE_SECRET)->to, ROLE_BIT(ROLE_WORKER) | ROLE_BIT(ROLE_GATEWAYD));
	assert_int_equal(row(MESSAGE_SECRET)->kind, KIND_REPLY);
	assert_int_equal(row(MESSAGE_SECRET_SET)->to, ROLE_BIT(ROLE_STORED));
	assert_false(message_permitted(row(MESSAGE_SECRET), ROLE_STORED, ROLE_HTTPD));
	assert_false(message_permitted(row(MESSAGE_SECRET), ROLE_STORED, ROLE_CTL));
	assert_false(message_permitted(row(MESSAGE_SECRET), ROLE_STORED, ROLE_SUPERVISOR));
	assert_false(message_permitted(row(MESSAGE_SECRET_WANT), ROLE_HTTPD, ROLE_STORED));
}

static void
a_worker_changes_nothing_that_others_rely_on(void **state)
{
	(void)state;
	assert_false(message_permitted(row(MESSAGE_SETTING), ROLE_WORKER, ROLE_HTTPD));
	assert_false(message_permitted(row(MESSAGE_SETTING_SET), ROLE_WORKER, ROLE_STORED));
	assert_false(message_permitted(row(MESSAGE_SECRET_SET), ROLE_WORKER, ROLE_STORED));
	assert_false(message_permitted(row(MESSAGE_PROC_RESTART), ROLE_WORKER, ROLE_SUPERVISOR));
	assert_false(message_permitted(row(MESSAGE_STORE_CONFIRM), ROLE_WORKER, ROLE_STORED));
	assert_false(message_permitted(row(MESSAGE_READY), ROLE_WORKER, ROLE_STORED));
	assert_true(message_permitted(row(MESSAGE_READY), ROLE_WORKER, ROLE_SUPERVISOR));
	assert_true(message_permitted(row(MESSAGE_SECRET_WANT), ROLE_WORKER, ROLE_STORED));
}

static void
check_addressee(const struct message_spec *spec)
{
	for (unsigned from = 0; from < ROLE_LIMIT + 2; from++) {
		for (unsigned to = 1; to < ROLE_LIMIT + 2; to++) {
			bool named = from < ROLE_LIMIT && to < ROLE_LIMIT && (spec->from >> from & 1) && (spec->to >> to & 1);
			assert_int_equal(message_permitted(spec, (enum role)from, to), named);
		}
		bool to_all = from < ROLE_LIMIT && (spec->from >> from & 1) &&
			      (spec->kind == KIND_EVENT || spec->kind == KIND_RETAINED);
		assert_int_equal(message_permitted(spec, (enum role)from, ROLE_NONE), to_all);
	}
}

static void
permission_is_the_table_and_nothing_else(void **state)
{
	(void)state;
	each_row(check_addressee);
}

static void
descriptors_go_only_with_rows_that_say_so(void **state)
{
	(void)state;
	assert_true(row(MESSAGE_LISTENER)->carries_fd);
	assert_false(row(MESSAGE_SETTING)->carries_fd);
	assert_false(row(MESSAGE_HELLO)->carries_fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_has_one_receiver_that_can_answer),
		cmocka_unit_test(nobody_speaks_for_the_supervisor),
		cmocka_unit_test(fusectl_asks_and_does_nothing_else),
		cmocka_unit_test(what_a_worker_is_asked_begins_with_its_printer),
		cmocka_unit_test(secrets_go_from_stored_to_those_who_need_them),
		cmocka_unit_test(a_worker_changes_nothing_that_others_rely_on),
		cmocka_unit_test(permission_is_the_table_and_nothing_else),
		cmocka_unit_test(descriptors_go_only_with_rows_that_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
