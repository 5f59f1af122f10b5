/*
 * Any bytes as what comes over HTTP: a request target, headers, a JSON body, a printer in it. Nothing is read or
 * written beyond its place, and what was taken keeps its bounds.
 * Covers: target_parse, target_host_is_ours, target_origin_is_host, body_parse, printer_body_parse, routes_find,
 *  framing_add, assets_take_gzip, assets_match, file_name_read, file_disposition, file_range_read, file_key_is_fine
 *
 * Input: a letter (t = target, o = Host and Origin, h = header lines, b = body, n = a file's name, r = a range of
 * 1000 bytes), then the text.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "httpd/assets.h"
#include "httpd/file_headers.h"
#include "httpd/framing.h"
#include "httpd/printer_body.h"
#include "httpd/routes.h"
#include "httpd/target.h"
#include "ipc/header.h"
#include "tests/fuzz/fuzz_rig.h"

#define TEXT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- targets ------------------------------------------------------------------------------------------ */

static void
check_piece(const struct target *target, const char *piece)
{
	must(piece >= target->store && piece < target->store + sizeof target->store);
	must(str_valid_utf8(piece, strlen(piece)));
}

static void
check_target(const char *text)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PATCH", "DELETE", "BREW" };
	struct target *target = malloc(sizeof *target);
	char allow[ROUTES_ALLOW_BYTES];
	struct route_names names;
	const struct route *route;

	must(target != NULL);
	enum target_fault fault = target_parse(text, target);
	must(fault != TARGET_TOO_LONG || strlen(text) > TARGET_MAX_BYTES);
	must(strlen(target->authority) < sizeof target->authority);
	must(target->segment_count <= TARGET_SEGMENTS_MAX && target->param_count <= TARGET_PARAMS_MAX);
	if (fault == TARGET_FINE) {
		for (size_t i = 0; i < target->segment_count; i++)
			check_piece(target, target->segments[i]);
		for (size_t i = 0; i < target->param_count; i++) {
			check_piece(target, target->params[i].name);
			check_piece(target, target->params[i].value);
			must(target_param_peek(target, target->params[i].name) == target->params[i].value);
		}
		for (size_t i = 0; i < STR_ARRAY_LEN(methods); i++) {
			enum route_outcome outcome = routes_find(methods[i], target, &route, &names, allow);
			must((outcome == ROUTE_FOUND) == (route != NULL));
			must((outcome == ROUTE_NO_PATH) == (allow[0] == '\0'));
			must(names.id[0] == '\0' || body_is_serial(names.id));
			must(strlen(names.job) <= 16 && names.number <= 999);
			must(names.sha256[0] == '\0' || strspn(names.sha256, "0123456789abcdef") == 64);
		}
	}
	free(target);
}

/* -- Host and Origin -------------------------------------------------------------------------------------- */

static void
check_origin(const char *text)
{
	char host[TEXT_MAX];

	str_copy(host, sizeof host, text);
	char *origin = strchr(host, '\n');
	if (origin != NULL)
		*origin++ = '\0';
	if (target_host_is_ours(host, "127.0.0.1:8888"))
		must(strncasecmp(host, "localhost", 9) == 0 || strncmp(host, "127.0.0.1", 9) == 0 ||
		     strncmp(host, "[::1]", 5) == 0);
	must(!target_host_is_ours("attacker.example", host) || strncasecmp(host, "attacker.example", 16) == 0);
	if (origin != NULL && target_origin_is_host(origin, host, strncasecmp(origin, "https", 5) == 0))
		must(strlen(host) > 0 && strlen(origin) > strlen(host));
}

/* -- other headers ------------------------------------------------------------------------------------------ */

static void
check_headers(char *text)
{
	struct framing framing = { 0 };
	unsigned lines = 0;

	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
		char *value = strchr(line, ':');
		if (value != NULL)
			*value++ = '\0';
		framing_add(&framing, line, value);
		must(!assets_take_gzip(value) || strchr(value, '*') != NULL || strcasestr(value, "gzip") != NULL);
		must(!assets_match(value, "\"tag\"") || strchr(value, '*') != NULL || strstr(value, "\"tag\"") != NULL);
	}
	must(framing.hosts + framing.lengths + framing.encodings <= lines);
	if (framing_fault(&framing) == NULL)
		must(framing.lengths + framing.encodings <= 1);
}

/* -- names, ranges, keys ------------------------------------------------------------------------------------- */

static void
check_name(const char *text)
{
	char name[FILE_NAME_BYTES], disposition[FILE_DISPOSITION_BYTES];
	const char *fault;

	for (int percent = 0; percent <= 1; percent++) {
		bool fine = file_name_read(text, percent != 0, name, &fault);
		must(fine == (fault == NULL) && fine == (name[0] != '\0'));
		must(strpbrk(name, "/\\\r\n\t") == NULL && str_valid_utf8(name, strlen(name)));
		file_disposition(name, disposition);
		for (const char *at = disposition; *at != '\0'; at++)
			must(*at >= 0x20 && *at < 0x7f);
		/* The fallback is one quoted string, and the rest is there: nothing was cut. */
		const char *first = strchr(disposition, '"'), *second = strchr(first + 1, '"');
		must(second == first + 1 + strlen(name) && strncmp(second, "\"; filename*=UTF-8''", 20) == 0);
		must(strchr(second + 1, '"') == NULL);
	}
	must(!file_key_is_fine(text) || (strlen(text) >= 1 && strlen(text) <= FILE_KEY_MAX_BYTES));
}

static void
check_range(const char *text)
{
	uint64_t from, len;

	switch (file_range_read(text, 1000, &from, &len)) {
	case FILE_RANGE_WHOLE:
		must(from == 0 && len == 1000);
		break;
	case FILE_RANGE_PART:
		must(len >= 1 && from < 1000 && from + len <= 1000);
		break;
	case FILE_RANGE_NONE:
		break;
	}
}

/* -- bodies --------------------------------------------------------------------------------------------------- */

static void
check_edit(const struct msg_printer_edit *edit, enum printer_body_use use)
{
	static uint8_t body[BODY_MAX_BYTES];
	struct msg_printer_add add;

	must(use == PRINTER_BODY_EDIT ? edit->serial[0] == '\0' : body_is_serial(edit->serial));
	must(edit->changes < 1u << PRINTER_FIELD_COUNT && edit->changes != 0);
	must(edit->address[0] == '\0' || body_is_address(edit->address));
	must(edit->access_code.len_bytes <= ACCESS_CODE_MAX_BYTES);
	/* It is within the bounds of the message that it becomes. */
	must(msg_printer_edit_encode(edit, body, sizeof body) > 0);
	printer_body_to_add(edit, &add);
	must(msg_printer_add_encode(&add, body, sizeof body) > 0);
	if (use == PRINTER_BODY_ADD)
		must(add.name[0] != '\0' && add.model[0] != '\0' && add.address[0] != '\0');
}

static void
check_body(const char *text, size_t len)
{
	struct body_fault fault;
	json_t *json = body_parse(text, len, &fault);

	if (json == NULL) {
		must(fault.sentence[0] != '\0' && strlen(fault.sentence) < sizeof fault.sentence);
		return;
	}
	for (int use = PRINTER_BODY_ADD; use <= PRINTER_BODY_EDIT_ONE_OF_MANY; use++) {
		struct msg_printer_edit edit;
		char sentence[BODY_FAULT_BYTES] = "";
		if (printer_body_parse(json, (enum printer_body_use)use, &edit, sentence)) {
			check_edit(&edit, (enum printer_body_use)use);
		} else {
			must(sentence[0] != '\0' && str_valid_utf8(sentence, strlen(sentence)));
			must(edit.access_code.len_bytes == 0);
		}
	}
	json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > TEXT_MAX - 1)
		return 0;
	/* On the heap and as long as it is, so that a sanitizer sees one byte too many. */
	char *text = malloc(size);
	must(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 't')
		check_target(text);
	else if (data[0] == 'o')
		check_origin(text);
	else if (data[0] == 'h')
		check_headers(text);
	else if (data[0] == 'n')
		check_name(text);
	else if (data[0] == 'r')
		check_range(text);
	else if (data[0] == 'b')
		check_body(text, size - 1);
	free(text);
	return 0;
}
