/*
 * probed: field by field, as PROBED_FIELDS of messages.def has them.
 */
#include "ipc/probed.h"

#include <string.h>

#include "common/str.h"

#define COPY_TEXT(name) str_copy(to->name, sizeof to->name, from->name)
#define COPY(name) (to->name = from->name)
#define COPY_ALL()                                                                                         \
	do {                                                                                               \
		COPY_TEXT(serial), COPY_TEXT(model), COPY_TEXT(model_code), COPY_TEXT(name);               \
		COPY_TEXT(firmware), COPY_TEXT(bind), COPY_TEXT(connect), COPY_TEXT(certificate_sha256);   \
		COPY_TEXT(issuer), COPY(vouch), COPY(mqtt_open), COPY(detect_answered);                    \
		COPY_TEXT(sentence), COPY_TEXT(remedy);                                                    \
	} while (0)

void
probed_to_found(const struct msg_probed *from, struct msg_scan_found *to)
{
	COPY_ALL();
}

void
probed_of_found(const struct msg_scan_found *from, struct msg_probed *to)
{
	memset(to, 0, sizeof *to);
	COPY_ALL();
}
