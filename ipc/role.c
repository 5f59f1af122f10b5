/*
 * role: names of those who take part in the star.
 */
#include "ipc/role.h"

#include <stddef.h>
#include <string.h>

static const struct { enum role role; const char *name; bool spawned; } roles[] = {
	{ ROLE_SUPERVISOR, "supervisor", false },
	{ ROLE_CTL, "fusectl", false },
#define PROC(ROLE, role, ...) { ROLE_##ROLE, #role, true },
#include "ipc/procs.def"
#undef PROC
};

#define PROC(ROLE, role, number, ...) \
	_Static_assert((number) > 2 && (number) < ROLE_LIMIT, "role numbers are 3 to 15: " #role);
#include "ipc/procs.def"
#undef PROC

#define ROLE_COUNT (sizeof roles / sizeof roles[0])

const char *
role_name(enum role role)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (roles[i].role == role)
			return roles[i].name;
	return "?";
}

enum role
role_by_name(const char *name)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (roles[i].spawned && strcmp(roles[i].name, name) == 0)
			return roles[i].role;
	return ROLE_NONE;
}

bool
role_is_known(unsigned number)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if ((unsigned)roles[i].role == number)
			return true;
	return false;
}
