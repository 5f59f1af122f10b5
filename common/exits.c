/*
 * exits: look an exit code up in exits.def.
 */
#include "common/exits.h"

#include <stddef.h>

static const struct exit_meaning meanings[] = {
#define EXIT(name, number, policy, sentence, advice) \
	{ (number), EXIT_POLICY_##policy, #name, sentence, advice },
#include "common/exits.def"
#undef EXIT
};

const struct exit_meaning *
exit_meaning_peek(int code)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return NULL;
}
