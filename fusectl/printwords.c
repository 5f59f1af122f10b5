/*
 * printwords: trays and options as people write them.
 */
#include "fusectl/printwords.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"

#define PIECE_BYTES 160 /* a hotend for each of 32 filaments */
#define FIRST_HT 128
#define EXTERNAL_RIGHT 255 /* or the only one */
#define EXTERNAL_LEFT 254

/* The next piece between commas; false at the end. `ret_fits` is false for one that is too long. */
static bool
next_piece(const char **at, char ret_piece[PIECE_BYTES], bool *ret_fits)
{
	if (*at == NULL)
		return false;
	const char *comma = strchr(*at, ',');
	size_t len = comma != NULL ? (size_t)(comma - *at) : strlen(*at);
	*ret_fits = len < PIECE_BYTES;
	str_format(ret_piece, PIECE_BYTES, "%.*s", (int)(*ret_fits ? len : 0), *at);
	*at = comma != NULL ? comma + 1 : NULL;
	return true;
}

static json_t *
place(int ams_id, int slot_id)
{
	return json_pack("{s:i, s:i}", "amsId", ams_id, "slotId", slot_id);
}

/* NULL when it is no tray. */
static json_t *
read_tray(const char *word)
{
	int64_t number;
	char letter = (char)(word[0] | 0x20);

	if (strcmp(word, "-") == 0)
		return json_null();
	if (strcasecmp(word, "ext") == 0)
		return place(EXTERNAL_RIGHT, 0);
	if (strcasecmp(word, "ext2") == 0)
		return place(EXTERNAL_LEFT, 0);
	if (strncasecmp(word, "ht", 2) == 0 && str_parse_int(word + 2, 1, 8, &number))
		return place(FIRST_HT + (int)number - 1, 0);
	if (letter >= 'a' && letter <= 'd' && str_parse_int(word + 1, 1, 4, &number))
		return place(letter - 'a', (int)number - 1);
	return str_parse_int(word, -1, 255, &number) ? json_integer(number) : NULL;
}

json_t *
printwords_mapping(const char *text, struct failure *failure)
{
	json_t *mapping = json_array();
	char piece[PIECE_BYTES];
	bool fits;

	while (next_piece(&text, piece, &fits)) {
		json_t *tray = fits ? read_tray(piece) : NULL;
		if (tray == NULL) {
			failure_say(failure, OUTCOME_USAGE, "%s is no tray.", fits ? piece : "What is written there");
			failure_remedy(failure, "Trays are A1 to D4, ht1 to ht8, ext, or - for a filament that is not used.");
			json_decref(mapping);
			return NULL;
		}
		json_array_append_new(mapping, tray);
	}
	return mapping;
}

/* "1:17:-": a hotend for each filament; NULL when it is none. */
static json_t *
read_hotends(const char *text)
{
	json_t *hotends = json_array();
	int64_t number;

	for (const char *at = text; at != NULL; at = strchr(at, ':') != NULL ? strchr(at, ':') + 1 : NULL) {
		char word[8];
		if (!str_format(word, sizeof word, "%.*s", (int)strcspn(at, ":"), at) ||
		    (strcmp(word, "-") != 0 && !str_parse_int(word, 0, 255, &number))) {
			json_decref(hotends);
			return NULL;
		}
		json_array_append_new(hotends, strcmp(word, "-") == 0 ? json_null() : json_integer(number));
	}
	return hotends;
}

static bool
take_hotends(const char *name, const char *value, json_t *options, struct failure *failure)
{
	json_t *hotends = read_hotends(value);

	if (hotends == NULL) {
		failure_say(failure, OUTCOME_USAGE, "%s is no list of hotends.", value);
		failure_remedy(failure, "Write one for each filament with colons between them: 1 the left one, 16 to 21 those of the rack, "
					"- for one that is not used.");
		return false;
	}
	json_object_set_new(options, name, hotends);
	return true;
}

bool
printwords_options(const char *text, json_t *options, struct failure *failure)
{
	char piece[PIECE_BYTES];
	bool fits;

	while (next_piece(&text, piece, &fits)) {
		char *value = fits ? strchr(piece, '=') : NULL;
		if (value == NULL || value == piece) {
			failure_say(failure, OUTCOME_USAGE, "An option is written as NAME=VALUE, several with commas between them.");
			failure_remedy(failure, "For example: --option timelapse=true,bedLeveling=auto");
			return false;
		}
		*value++ = '\0';
		if (strcmp(piece, "nozzleMapping") == 0) {
			if (!take_hotends(piece, value, options, failure))
				return false;
			continue;
		}
		if (strcmp(value, "true") == 0 || strcmp(value, "on") == 0)
			json_object_set_new(options, piece, json_true());
		else if (strcmp(value, "false") == 0 || strcmp(value, "off") == 0)
			json_object_set_new(options, piece, json_false());
		else
			json_object_set_new(options, piece, json_string(value));
	}
	return true;
}
