/*
 * setup_code: make, compare.
 */
#include "stored/setup_code.h"

#include <ctype.h>
#include <string.h>

#include <sodium.h>

#define GROUP 4
#define CHARACTERS (2 * GROUP)

void
setup_code_make(struct setup_code *code)
{
	char text[CHARACTERS + 1];

	for (size_t i = 0; i < CHARACTERS; i++)
		text[i + (i >= GROUP)] = SETUP_CODE_ALPHABET[randombytes_uniform(sizeof SETUP_CODE_ALPHABET - 1)];
	text[GROUP] = '-';
	secret_set(&code->code, text, sizeof text);
	sodium_memzero(text, sizeof text);
	code->wrong = 0;
}

void
setup_code_forget(struct setup_code *code)
{
	secret_wipe(&code->code);
	code->wrong = 0;
}

/* As it is made: upper case, the dash in its place. What has too many characters becomes nothing. */
static void
fold(const struct secret *typed, char ret_text[CHARACTERS + 1])
{
	const uint8_t *bytes = secret_bytes_peek(typed);
	size_t count = 0;

	memset(ret_text, ' ', CHARACTERS + 1);
	ret_text[GROUP] = '-';
	for (uint32_t i = 0; i < typed->len_bytes; i++) {
		if (bytes[i] == '-' || bytes[i] == ' ')
			continue;
		if (count < CHARACTERS)
			ret_text[count + (count >= GROUP)] = (char)toupper(bytes[i]);
		count++;
	}
	if (count != CHARACTERS)
		memset(ret_text, ' ', CHARACTERS + 1);
}

bool
setup_code_try(struct setup_code *code, const struct secret *typed, bool *ret_renewed)
{
	char text[CHARACTERS + 1];

	fold(typed, text);
	bool right = code->code.len_bytes == sizeof text &&
		     sodium_memcmp(text, secret_bytes_peek(&code->code), sizeof text) == 0;
	sodium_memzero(text, sizeof text);
	*ret_renewed = !right && ++code->wrong >= SETUP_CODE_TRIES;
	if (*ret_renewed)
		setup_code_make(code);
	return right;
}
