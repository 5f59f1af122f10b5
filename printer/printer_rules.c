/*
 * printer_rules: one function a field.
 */
#include "printer/printer_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "printer/models.h"

#define SHOWN_BYTES 49 /* of foreign text within a sentence */

static const char blanks[] = " \t\r\n\v\f";

/* Returns false, so that a rule can refuse in one line. */
static bool __attribute__((format(printf, 3, 4)))
complain(struct complaint *complaint, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->sentence, sizeof complaint->sentence, format, args);
	va_end(args);
	str_copy(complaint->remedy, sizeof complaint->remedy, remedy);
	return false;
}

/* Without the white space around it, cut to `cap`; false when it was cut. */
static bool
trim(const char *text, char *ret_text, size_t cap)
{
	const char *from = text + strspn(text, blanks);
	size_t len = strlen(from);

	while (len > 0 && strchr(blanks, from[len - 1]) != NULL)
		len--;
	return str_format(ret_text, cap, "%.*s", (int)len, from);
}

/* Fit for a sentence: short, and nothing in it steers a screen. */
static const char *
shown(const char *text, char ret_text[SHOWN_BYTES])
{
	str_copy(ret_text, SHOWN_BYTES, text);
	for (char *at = ret_text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			*at = '?';
	return ret_text;
}

static bool
is_between(char c, char first, char last)
{
	return c >= first && c <= last;
}

static char
to_upper(char c)
{
	return is_between(c, 'a', 'z') ? (char)(c - 'a' + 'A') : c;
}

static char
to_lower(char c)
{
	return is_between(c, 'A', 'Z') ? (char)(c - 'A' + 'a') : c;
}

/* -- serial ------------------------------------------------------------------------------------- */

bool
printer_rules_serial(const char *text, char ret_serial[PRINTER_SERIAL_BYTES], struct complaint *ret_complaint)
{
	static const char remedy[] = "It stands on the printer's label and in its menu, e.g. 01P00A000000001.";
	char show[SHOWN_BYTES];
	bool fits = trim(text, ret_serial, PRINTER_SERIAL_BYTES);

	if (!fits)
		return complain(ret_complaint, remedy, "The serial number is longer than %d characters.",
				PRINTER_SERIAL_BYTES - 1);
	if (ret_serial[0] == '\0')
		return complain(ret_complaint, remedy, "The serial number is missing.");
	for (char *at = ret_serial; *at != '\0'; at++) {
		*at = to_upper(*at);
		if (!is_between(*at, '0', '9') && !is_between(*at, 'A', 'Z') && *at != '_' && *at != '-')
			return complain(ret_complaint, remedy,
					"'%s' is no serial number: it has other characters than letters, digits, "
					"'-' and '_'.",
					shown(text + strspn(text, blanks), show));
	}
	return true;
}

void
printer_rules_doubt_serial(const char *serial, char *ret_sentence, size_t cap)
{
	size_t len = strlen(serial);

	ret_sentence[0] = '\0';
	if (len != PRINTER_SERIAL_USUAL)
		str_format(ret_sentence, cap,
			   "Its serial number has %zu characters, not %d as others: compare it with the label.", len,
			   PRINTER_SERIAL_USUAL);
	else if (model_by_serial(serial) == model_other())
		str_copy(ret_sentence, cap,
			 "Its serial number begins as that of no known model: compare it with the label.");
}

/* -- name ---------------------------------------------------------------------------------------- */

/* What steers a screen: C0, DEL, C1 (U+0080 to U+009F), line and paragraph ends, and what turns the direction of
 * writing (U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069). The text is well-formed UTF-8. */
static bool
has_control(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f))
			return true;
		if (*at != 0xe2 || at[1] == '\0')
			continue;
		if (at[1] == 0x80 && ((at[2] >= 0xa8 && at[2] <= 0xae) || at[2] == 0x8e || at[2] == 0x8f))
			return true;
		if (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
			return true;
	}
	return false;
}

bool
printer_rules_name(const char *text, const char *model, const char *serial, char ret_name[PRINTER_NAME_BYTES],
		   struct complaint *ret_complaint)
{
	static const char remedy[] = "Choose a name of 1 to 96 bytes in one line.";
	size_t len = strlen(serial);

	if (!trim(text, ret_name, PRINTER_NAME_BYTES))
		return complain(ret_complaint, remedy, "The name is longer than %d bytes.", PRINTER_NAME_BYTES - 1);
	if (!str_valid_utf8(ret_name, strlen(ret_name)) || has_control(ret_name))
		return complain(ret_complaint, remedy, "The name has a control character in it.");
	if (ret_name[0] == '\0')
		str_format(ret_name, PRINTER_NAME_BYTES, "%s %s", model_by_key(model)->name,
			   serial + (len > 4 ? len - 4 : 0));
	return true;
}

/* -- address ------------------------------------------------------------------------------------- */

static bool
take_v4(const struct in_addr *address, char ret_address[PRINTER_ADDRESS_BYTES], struct complaint *ret_complaint)
{
	static const char remedy[] = "The printer's network menu shows its address.";
	uint32_t number = ntohl(address->s_addr);

	inet_ntop(AF_INET, address, ret_address, PRINTER_ADDRESS_BYTES);
	if (number >> 24 == 0)
		return complain(ret_complaint, remedy, "%s is the address of no host.", ret_address);
	if (number == UINT32_MAX)
		return complain(ret_complaint, remedy, "%s is for everybody at once, not for one printer.",
				ret_address);
	if (number >> 28 == 14)
		return complain(ret_complaint, remedy, "%s is for groups (multicast), not for one printer.",
				ret_address);
	return true;
}

static bool
take_v6(const struct in6_addr *address, char ret_address[PRINTER_ADDRESS_BYTES], struct complaint *ret_complaint)
{
	static const char remedy[] = "The printer's network menu shows its address.";

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		struct in_addr v4;
		memcpy(&v4, address->s6_addr + 12, sizeof v4);
		return take_v4(&v4, ret_address, ret_complaint);
	}
	inet_ntop(AF_INET6, address, ret_address, PRINTER_ADDRESS_BYTES);
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return complain(ret_complaint, remedy, "%s is the address of no host.", ret_address);
	if (IN6_IS_ADDR_MULTICAST(address))
		return complain(ret_complaint, remedy, "%s is for groups (multicast), not for one printer.",
				ret_address);
	return true;
}

bool
printer_rules_address(const char *text, char ret_address[PRINTER_ADDRESS_BYTES], struct complaint *ret_complaint)
{
	static const char remedy[] = "Write it in numbers, like 192.168.1.20; the printer's network menu shows it.";
	char trimmed[PRINTER_ADDRESS_BYTES], show[SHOWN_BYTES];
	struct in_addr v4;
	struct in6_addr v6;

	bool fits = trim(text, trimmed, sizeof trimmed);
	if (trimmed[0] == '\0')
		return complain(ret_complaint, remedy, "The printer's address is missing.");
	if (fits && inet_pton(AF_INET, trimmed, &v4) == 1)
		return take_v4(&v4, ret_address, ret_complaint);
	if (fits && inet_pton(AF_INET6, trimmed, &v6) == 1)
		return take_v6(&v6, ret_address, ret_complaint);
	const char *colon = strchr(trimmed, ':');
	if (colon != NULL && colon == strrchr(trimmed, ':'))
		return complain(ret_complaint, "Write the address alone; a port other than 8883 is a field of its own.",
				"'%s' is more than an address.", shown(trimmed, show));
	return complain(ret_complaint, remedy, "'%s' is no IP address.", shown(trimmed, show));
}

/* -- model and certificate ------------------------------------------------------------------------- */

void
printer_rules_model(const char *text, char ret_model[PRINTER_MODEL_BYTES], char *ret_sentence, size_t cap)
{
	char trimmed[PRINTER_MODEL_BYTES], show[SHOWN_BYTES];
	bool fits = trim(text, trimmed, sizeof trimmed);
	const struct model *model = trimmed[0] == '\0' || !fits ? model_other() : model_by_key(trimmed);

	ret_sentence[0] = '\0';
	str_copy(ret_model, PRINTER_MODEL_BYTES, model->key);
	if (model != model_other() || trimmed[0] == '\0')
		return;
	for (char *at = trimmed; *at != '\0'; at++)
		*at = to_lower(*at);
	if (strcmp(trimmed, "other") != 0)
		str_format(ret_sentence, cap, "The model '%s' is not known, so it counts as %s.", shown(text, show),
			   model->key);
}

bool
printer_rules_certificate(const char *text, char ret_certificate[PRINTER_CERTIFICATE_BYTES],
			  struct complaint *ret_complaint)
{
	static const char remedy[] = "It is a SHA-256: 64 hex digits, with or without colons; `fusectl probe` shows it.";
	size_t len = 0;

	for (const char *at = text + strspn(text, blanks); *at != '\0'; at++) {
		char c = to_lower(*at);
		if (c == ':' && len > 0 && len % 2 == 0)
			continue;
		if (strspn(at, blanks) == strlen(at))
			break;
		if ((!is_between(c, '0', '9') && !is_between(c, 'a', 'f')) || len == PRINTER_CERTIFICATE_BYTES - 1)
			return complain(ret_complaint, remedy, "This is no fingerprint of a certificate.");
		ret_certificate[len++] = c;
	}
	ret_certificate[len] = '\0';
	if (len != 0 && len != PRINTER_CERTIFICATE_BYTES - 1)
		return complain(ret_complaint, remedy, "The certificate's fingerprint has %zu digits instead of %d.", len,
				PRINTER_CERTIFICATE_BYTES - 1);
	return true;
}

/* -- access code and firmware ------------------------------------------------------------------------ */

static bool
is_blank(uint8_t byte)
{
	return byte != 0 && memchr(blanks, byte, sizeof blanks - 1) != NULL;
}

/* What is wrong is said without any of its characters. */
bool
printer_rules_code(const struct secret *given, struct secret *ret_code, struct complaint *ret_complaint)
{
	static const char remedy[] = "Copy it from the printer's screen, as it stands there; capitals matter.";
	const uint8_t *bytes = secret_bytes_peek(given);
	size_t from = 0, to = given->len_bytes;

	secret_wipe(ret_code);
	if (to == 0)
		return true;
	while (from < to && is_blank(bytes[from]))
		from++;
	while (to > from && is_blank(bytes[to - 1]))
		to--;
	if (to == from)
		return complain(ret_complaint, remedy, "The access code is nothing but white space.");
	if (to - from > PRINTER_CODE_MAX_BYTES)
		return complain(ret_complaint, remedy, "The access code is longer than %d characters.",
				PRINTER_CODE_MAX_BYTES);
	for (size_t i = from; i < to; i++)
		if (bytes[i] < ' ' || bytes[i] > '~')
			return complain(ret_complaint, remedy,
					"The access code has a character that no printer shows.");
	return secret_set(ret_code, bytes + from, to - from);
}

bool
printer_rules_firmware(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_between(text[i], '!', '~'))
			return false;
	return len >= 1 && len <= 24;
}
