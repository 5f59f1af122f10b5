/*
 * Any bytes as a change of a virtual printer's controls: it is read, and what comes of it can be written and read again, or
 * it is refused in words that may stand on a screen and changes nothing.
 * At most 2100 bytes an input.
 * Covers: controls_read, controls_write
 */
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "tests/fuzz/fuzz_rig.h"
#include "worker/virtual/controls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_words(const char *text, size_t cap)
{
	ENSURE(text[0] != '\0');
	must_be_harmless(text, cap);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_change change;
	struct controls now;
	struct jsonout out;
	char sentence[200], text[8192];

	controls_init(&now);
	if (!controls_read(&now, data, size, &change, sentence, sizeof sentence)) {
		check_words(sentence, sizeof sentence);
		ENSURE(memcmp(&change.after, &now, sizeof now) == 0 && change.action == CONTROL_DO_NOTHING);
		return 0;
	}
	ENSURE(change.after.time_factor >= 1 && change.after.time_factor <= CONTROLS_TIME_FACTOR_MAX);
	ENSURE(change.after.cut_upload_percent <= 99 && change.after.error_count <= CONTROLS_ERRORS_MAX);
	jsonout_init(&out, text, sizeof text);
	jsonout_open(&out, '{');
	controls_write(&out, &change.after);
	jsonout_close(&out, '}');
	size_t len = jsonout_finish(&out);
	ENSURE(len > 0 && str_valid_utf8(text, len));
	/* It says more than a change may, but for "errors": without them it is one. */
	char *errors = strstr(text, ",\"errors\"");
	ENSURE(errors != NULL);
	memcpy(errors, "}", 2);
	ENSURE(controls_read(&now, text, strlen(text), &change, sentence, sizeof sentence));
	return 0;
}
