/*
 * message_rig: the rows of ipc/messages.def, for tests that walk them: a new row is tested by being there. Include it
 * last.
 */
#ifndef FUSE_TESTS_MESSAGE_RIG_H
#define FUSE_TESTS_MESSAGE_RIG_H

#include "ipc/message.h"

#define RIG __attribute__((unused)) static

RIG const struct message_spec *
row(enum message number)
{
	const struct message_spec *spec = message_spec_peek(number);

	assert_non_null(spec);
	return spec;
}

/* Calls `check` for every row. */
RIG void
each_row(void (*check)(const struct message_spec *spec))
{
	size_t count;
	const struct message_spec *specs = message_specs(&count);

	for (size_t i = 0; i < count; i++)
		check(&specs[i]);
}

#endif
