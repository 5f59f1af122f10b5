/*
 * crashpoint: the product's: nothing happens.
 */
#include "common/crashpoint.h"

#include <stddef.h>

void
crash_point(const char *name)
{
	(void)name;
}

const char *
crash_point_environment(void)
{
	return NULL;
}
