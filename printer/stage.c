/*
 * stage: stages.def as a function.
 */
#include <inttypes.h>

#include "common/str.h"
#include "printer/hms.h"
#include "printer/state.h"

#define STAGE_IDLE_X1 (-1)
#define STAGE_IDLE_P1 255

const char *
stage_words(int32_t stage, char ret[24])
{
	switch (stage) {
#define STAGE(number, words) \
	case number:         \
		return words;
#include "printer/stages.def"
#undef STAGE
	case STAGE_IDLE_X1:
	case STAGE_IDLE_P1:
	case STATE_UNKNOWN:
		return "";
	default:
		str_format(ret, 24, "stage %" PRId32, stage);
		return ret;
	}
}
