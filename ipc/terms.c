/*
 * terms: names of the enums that messages carry.
 */
#include "ipc/terms.h"

#include <stddef.h>
#include <string.h>

#include "common/str.h"

#define X(name, text, ...) text,
static const char *const refusals[] = { REFUSALS(X) };
static const char *const life_states[] = { LIFE_STATES(X) };
static const char *const store_healths[] = { STORE_HEALTHS(X) };
static const char *const listener_purposes[] = { LISTENER_PURPOSES(X) };
static const char *const step_outcomes[] = { STEP_OUTCOMES(X) };
static const char *const printer_fields[] = { PRINTER_FIELDS_OF_EDIT(X) };
static const char *const virtual_purposes[] = { VIRTUAL_PURPOSES(X) };
static const char *const file_checks[] = { FILE_CHECKS(X) };
static const char *const file_kinds[] = { FILE_KINDS(X) };
static const char *const job_states[] = { JOB_STATES(X) };
static const char *const job_resolutions[] = { JOB_RESOLUTIONS(X) };
#undef X
#define X(name, text, has_ended, doc) has_ended,
static const bool job_endings[] = { JOB_STATES(X) };
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

const char *
virtual_purpose_name(unsigned purpose)
{
	return NAME_OF(virtual_purposes, purpose);
}

const char *
file_check_name(unsigned check)
{
	return NAME_OF(file_checks, check);
}

const char *
file_kind_name(unsigned kind)
{
	return NAME_OF(file_kinds, kind);
}

const char *
job_state_name(unsigned state)
{
	return NAME_OF(job_states, state);
}

const char *
job_resolution_name(unsigned resolution)
{
	return NAME_OF(job_resolutions, resolution);
}

bool
job_state_has_ended(unsigned state)
{
	return state < JOB_STATE_COUNT && job_endings[state];
}

enum job_state
job_state_by_name(const char *name)
{
	unsigned state = 0;

	while (state < JOB_STATE_COUNT && strcmp(job_states[state], name) != 0)
		state++;
	return (enum job_state)state;
}

enum job_resolution
job_resolution_by_name(const char *name)
{
	unsigned resolution = 0;

	while (resolution < JOB_RESOLUTION_COUNT && strcmp(job_resolutions[resolution], name) != 0)
		resolution++;
	return (enum job_resolution)resolution;
}
