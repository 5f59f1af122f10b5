/*
 * detect: A5 A5, length of the whole frame (16 bits, little endian), JSON, A7 A7.
 */
#include "discovery/detect.h"

#include <jansson.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define HEAD_BYTES 4
#define TAIL_BYTES 2

void
detect_init(void)
{
	json_object_seed(0);
}

size_t
detect_request(uint8_t to[DETECT_REQUEST_BYTES])
{
	static const char json[] = "{\"login\":{\"command\":\"detect\",\"sequence_id\":\"20000\"}}";
	size_t len = HEAD_BYTES + sizeof json - 1 + TAIL_BYTES;

	ENSURE(len <= DETECT_REQUEST_BYTES);
	memcpy(to, (const uint8_t[]){ 0xa5, 0xa5, (uint8_t)len, 0 }, HEAD_BYTES);
	memcpy(to + HEAD_BYTES, json, sizeof json - 1);
	memset(to + len - TAIL_BYTES, 0xa7, TAIL_BYTES);
	return len;
}

/* A member that is a string, as harmless text. */
static void
copy_member(const json_t *object, const char *key, char *to, size_t cap)
{
	const json_t *member = json_object_get(object, key);

	to[0] = '\0';
	if (json_is_string(member))
		log_copy_harmless(to, cap, json_string_value(member), json_string_length(member));
}

/* `reason` is JSON again, inside the string: {"devmsg":"…","err_code":n}. If it is not, it is shown as it is. */
static void
read_refusal(const json_t *login, struct detect_reply *reply)
{
	const char *text = json_string_value(json_object_get(login, "reason"));
	json_t *reason = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;

	reply->refused = true;
	if (json_is_object(reason)) {
		copy_member(reason, "devmsg", reply->refusal, sizeof reply->refusal);
		reply->refusal_code = json_integer_value(json_object_get(reason, "err_code"));
	} else {
		copy_member(login, "reason", reply->refusal, sizeof reply->refusal);
	}
	json_decref(reason);
}

static enum detect_result
read_login(const json_t *login, struct detect_reply *reply, const char **ret_fault)
{
	const char *status = json_string_value(json_object_get(login, "status"));

	if (status != NULL && strcmp(status, "FAILURE") == 0) {
		read_refusal(login, reply);
		return DETECT_DONE;
	}
	copy_member(login, "id", reply->serial, sizeof reply->serial);
	copy_member(login, "model", reply->model_code, sizeof reply->model_code);
	copy_member(login, "name", reply->name, sizeof reply->name);
	copy_member(login, "version", reply->firmware, sizeof reply->firmware);
	copy_member(login, "bind", reply->bind, sizeof reply->bind);
	copy_member(login, "connect", reply->connect, sizeof reply->connect);
	if (reply->serial[0] != '\0')
		return DETECT_DONE;
	*ret_fault = "it names no serial number";
	return DETECT_BAD;
}

static enum detect_result
read_json(const char *text, size_t len, struct detect_reply *reply, const char **ret_fault)
{
	enum detect_result result = DETECT_BAD;
	/* Its depth is bounded by the size of the frame, and by jansson. */
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *login = json_object_get(root, "login");

	if (root == NULL)
		*ret_fault = "it does not answer in JSON";
	else if (!json_is_object(login))
		*ret_fault = "it answers something else than was asked";
	else
		result = read_login(login, reply, ret_fault);
	json_decref(root);
	return result;
}

enum detect_result
detect_decode(const uint8_t *bytes, size_t len, struct detect_reply *ret_reply, const char **ret_fault)
{
	memset(ret_reply, 0, sizeof *ret_reply);
	*ret_fault = "it answers something that is no frame of the detect service";
	for (size_t i = 0; i < len && i < 2; i++)
		if (bytes[i] != 0xa5)
			return DETECT_BAD;
	if (len < HEAD_BYTES)
		return DETECT_MORE;
	size_t total = (size_t)(bytes[2] | bytes[3] << 8);
	if (total < HEAD_BYTES + TAIL_BYTES)
		return DETECT_BAD;
	if (total > DETECT_REPLY_MAX_BYTES) {
		*ret_fault = "it announces an answer that is too long";
		return DETECT_BAD;
	}
	if (len < total)
		return DETECT_MORE;
	if (bytes[total - 2] != 0xa7 || bytes[total - 1] != 0xa7) {
		*ret_fault = "it answers with a wrong length";
		return DETECT_BAD;
	}
	return read_json((const char *)bytes + HEAD_BYTES, total - HEAD_BYTES - TAIL_BYTES, ret_reply, ret_fault);
}
