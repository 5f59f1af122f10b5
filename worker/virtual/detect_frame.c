/*
 * detect_frame: one question, one answer.
 */
#include "worker/virtual/detect_frame.h"

#include <jansson.h>
#include <string.h>

#include "common/miniobj.h"
#include "printer/jsonout.h"

#define HEAD_BYTES 4
#define TAIL_BYTES 2

static enum detect_ask
read_json(const char *text, size_t len)
{
	/* Its depth is bounded by the size of the frame, and by jansson. */
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(json_object_get(root, "login"), "command"));
	enum detect_ask ask =
		command != NULL && strcmp(command, "detect") == 0 ? DETECT_ASK_DETECT : DETECT_ASK_UNKNOWN;

	json_decref(root);
	return ask;
}

enum detect_ask
detect_frame_read(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < 2; i++)
		if (bytes[i] != 0xa5)
			return DETECT_ASK_UNKNOWN;
	if (len < HEAD_BYTES)
		return DETECT_ASK_MORE;
	size_t total = (size_t)(bytes[2] | bytes[3] << 8);
	if (total < HEAD_BYTES + TAIL_BYTES || total > DETECT_ASK_MAX_BYTES)
		return DETECT_ASK_UNKNOWN;
	if (len < total)
		return DETECT_ASK_MORE;
	if (bytes[total - 2] != 0xa7 || bytes[total - 1] != 0xa7)
		return DETECT_ASK_UNKNOWN;
	return read_json((const char *)bytes + HEAD_BYTES, total - HEAD_BYTES - TAIL_BYTES);
}

static size_t
write_json(const struct nameplate *nameplate, uint32_t number, char *to, size_t cap)
{
	struct jsonout out;

	jsonout_init(&out, to, cap);
	jsonout_open(&out, '{');
	jsonout_key(&out, "login");
	jsonout_open(&out, '{');
	jsonout_key(&out, "bind");
	jsonout_word(&out, "free");
	jsonout_key(&out, "command");
	jsonout_word(&out, "detect");
	jsonout_key(&out, "connect");
	jsonout_word(&out, "lan");
	jsonout_key(&out, "dev_cap");
	jsonout_int(&out, 1);
	jsonout_key(&out, "id");
	jsonout_text(&out, nameplate->serial, 64);
	jsonout_key(&out, "model");
	jsonout_text(&out, nameplate->model_code, 64);
	jsonout_key(&out, "name");
	jsonout_text(&out, nameplate->name, 400);
	jsonout_key(&out, "sequence_id");
	jsonout_int(&out, number);
	jsonout_key(&out, "version");
	jsonout_text(&out, nameplate->firmware, 64);
	jsonout_close(&out, '}');
	jsonout_close(&out, '}');
	return jsonout_finish(&out);
}

size_t
detect_frame_answer(const struct nameplate *nameplate, uint32_t number, uint8_t to[DETECT_ANSWER_MAX_BYTES])
{
	size_t len = write_json(nameplate, number, (char *)to + HEAD_BYTES,
				DETECT_ANSWER_MAX_BYTES - HEAD_BYTES - TAIL_BYTES);

	ENSURE(len > 0); /* all parts are bounded */
	len += HEAD_BYTES + TAIL_BYTES;
	memcpy(to, (const uint8_t[]){ 0xa5, 0xa5, (uint8_t)len, (uint8_t)(len >> 8) }, HEAD_BYTES);
	memset(to + len - TAIL_BYTES, 0xa7, TAIL_BYTES);
	return len;
}
