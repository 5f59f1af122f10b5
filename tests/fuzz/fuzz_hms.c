/*
 * Any health code, print error and stage, of any model: words that fit their places and may stand on a screen. Input:
 * model, attr, code.
 * Covers: hms_describe, print_error_describe, stage_words
 * At most 9 bytes an input
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "printer/hms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct hms_text *text, size_t code_len)
{
	ENSURE(strnlen(text->code, sizeof text->code) == code_len);
	ENSURE(text->module[0] != '\0' && strnlen(text->module, sizeof text->module) < sizeof text->module);
	ENSURE(text->message[0] != '\0' && text->message[strlen(text->message) - 1] == '.');
	ENSURE(strncmp(text->link, "https://", 8) == 0 && strlen(text->link) < sizeof text->link - 1);
	ENSURE(text->is_known || text->remedy[0] == '\0');
	ENSURE((unsigned)text->severity <= HMS_INFO && str_valid_utf8(text->message, strlen(text->message)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t attr, code;
	char room[24];
	struct hms_text text;
	size_t count;
	const struct model *models = models_all(&count);

	if (size < 9)
		return 0;
	memcpy(&attr, data + 1, 4);
	memcpy(&code, data + 5, 4);
	hms_describe(&models[data[0] % count], attr, code, &text);
	check(&text, 19);
	if (print_error_describe(&models[data[0] % count], attr, &text)) {
		ENSURE((attr & 0xffff) >= 0x4000);
		check(&text, 9);
	}
	ENSURE(strlen(stage_words((int32_t)code, room)) < 60);
	return 0;
}
