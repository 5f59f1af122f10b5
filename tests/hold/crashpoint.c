/*
 * crashpoint: the tests' (common/crashpoint.h). fused reads the name of a point from the file that FUSE_HOLD_FILE names,
 * whenever it starts a child; the child stands still there, with a line in its log, until a test lets it go on (SIGCONT)
 * or ends it. An empty or missing file: nobody stands still.
 */
#include "common/crashpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

#define VARIABLE "FUSE_HOLD_AT"

void
crash_point(const char *name)
{
	const char *wanted = getenv(VARIABLE);

	if (wanted == NULL || strcmp(wanted, name) != 0)
		return;
	log_info("stands still at a crash point", log_str("point", name));
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
}

const char *
crash_point_environment(void)
{
	static char text[100];
	const char *path = getenv("FUSE_HOLD_FILE");
	char name[64] = "";
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	if (file == NULL)
		return NULL;
	if (fscanf(file, "%63s", name) != 1)
		name[0] = '\0';
	fclose(file);
	snprintf(text, sizeof text, VARIABLE "=%s", name);
	return name[0] != '\0' ? text : NULL;
}
