/*
 * preflight_finding: the rows of preflight.def by number and by name.
 */
#include <string.h>

#include "printer/preflight_parts.h"

static const char *const names[FINDING_COUNT] = {
#define FINDING(NAME, name, ...) [FINDING_##NAME] = name,
#include "printer/preflight.def"
#undef FINDING
};

static const enum preflight_kind kinds[FINDING_COUNT] = {
#define FINDING(NAME, name, KIND, doc) [FINDING_##NAME] = PREFLIGHT_##KIND,
#include "printer/preflight.def"
#undef FINDING
};

/* print_options.h keeps what a job accepts in the bits of an uint32_t. */
_Static_assert(FINDING_COUNT <= 32, "more findings than bits");

const char *
preflight_finding_name(enum preflight_finding finding)
{
	return (unsigned)finding < FINDING_COUNT ? names[finding] : "?";
}

enum preflight_kind
preflight_finding_kind(enum preflight_finding finding)
{
	return kinds[finding];
}

enum preflight_finding
preflight_finding_by_name(const char *name)
{
	unsigned finding = 0;

	while (finding < FINDING_COUNT && strcmp(names[finding], name) != 0)
		finding++;
	return (enum preflight_finding)finding;
}
