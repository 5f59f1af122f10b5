/*
 * terms: names of the enums that messages carry.
 */
#include "ipc/terms.h"

#include <stddef.h>

#include "common/str.h"

#define X(name, text, ...) text,
static const char *const refusals[] = { REFUSALS(X) };
static const char *const life_states[] = { LIFE_STATES(X) };
static const char *const store_healths[] = { STORE_HEALTHS(X) };
static const char *const listener_purposes[] = { LISTENER_PURPOSES(X) };
static const char *const step_outcomes[] = { STEP_OUTCOMES(X) };
static const char *const printer_fields[] = { PRINTER_FIELDS_OF_EDIT(X) };
#undef X

#define NAME_OF(table, index) ((index) < STR_ARRAY_LEN(table) ? (table)[index] : "?")

const char *
refusal_name(unsigned refusal)
{
	return NAME_OF(refusals, refusal);
}

const char *
life_state_name(unsigned state)
{
	return NAME_OF(life_states, state);
}

const char *
store_health_name(unsigned health)
{
	return NAME_OF(store_healths, health);
}

const char *
listener_purpose_name(unsigned purpose)
{
	return NAME_OF(listener_purposes, purpose);
}

const char *
step_outcome_name(unsigned outcome)
{
	return NAME_OF(step_outcomes, outcome);
}

const char *
printer_field_name(unsigned field)
{
	return NAME_OF(printer_fields, field);
}
