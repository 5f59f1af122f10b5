/*
 * Names of files in the snapshots' folder: anybody may put any file there.
 * Covers: snapshot_parse_name, files_stamp_parse
 *
 * What is taken for a snapshot must have a name without a path in it, that tells its time in one way only.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "stored/files.h"
#include "stored/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[256], stamp[FILES_STAMP_BYTES];
	struct snapshot snapshot;
	int64_t wall_ms;

	if (size >= sizeof name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	if (files_stamp_parse(name, &wall_ms)) {
		files_stamp(wall_ms, stamp);
		ENSURE(wall_ms >= 0 && strncmp(stamp, name, strlen(stamp)) == 0);
	}
	if (snapshot_parse_name(name, &snapshot)) {
		ENSURE(strcmp(snapshot.name, name) == 0 && strchr(name, '/') == NULL);
		files_stamp(snapshot.wall_ms, stamp);
		ENSURE(strncmp(stamp, name, strlen(stamp)) == 0);
	}
	return 0;
}
