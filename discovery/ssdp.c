/*
 * ssdp: lines of "Name: value". Names are compared without regard to case; the last one of a name counts.
 */
#include "discovery/ssdp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/str.h"
#include "discovery/cidr.h"

#define PRINTER_URN "urn:bambulab-com:device:3dprinter:1"
#define LINES_MAX 48

struct span {
	const char *at;
	size_t len;
};

struct headers {
	struct span type, nts, usn, location, model, name, signal, connect, bind, version;
};

/* -- lines --------------------------------------------------------------------------------------------- */

static bool
span_is(struct span span, const char *text)
{
	return span.len == strlen(text) && strncasecmp(span.at, text, span.len) == 0;
}

static struct span
trimmed(const char *at, size_t len)
{
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t' || at[len - 1] == '\r'))
		len--;
	while (len > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	return (struct span){ at, len };
}

static struct span
take_line(const char **at, const char *end)
{
	const char *from = *at, *stop = memchr(from, '\n', (size_t)(end - from));

	*at = stop != NULL ? stop + 1 : end;
	return trimmed(from, (size_t)((stop != NULL ? stop : end) - from));
}

static void
take_header(struct headers *headers, struct span line)
{
	const struct { const char *name; struct span *to; } rows[] = {
		{ "NT", &headers->type }, { "ST", &headers->type }, { "NTS", &headers->nts }, { "USN", &headers->usn },
		{ "Location", &headers->location }, { "DevModel.bambu.com", &headers->model },
		{ "DevName.bambu.com", &headers->name }, { "DevSignal.bambu.com", &headers->signal },
		{ "DevConnect.bambu.com", &headers->connect }, { "DevBind.bambu.com", &headers->bind },
		{ "DevVersion.bambu.com", &headers->version },
	};
	const char *colon = memchr(line.at, ':', line.len);

	if (colon == NULL)
		return;
	struct span name = trimmed(line.at, (size_t)(colon - line.at));
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		if (span_is(name, rows[i].name))
			*rows[i].to = trimmed(colon + 1, line.len - (size_t)(colon + 1 - line.at));
}

/* A search of somebody else's looks much the same: it is no announcement. */
static bool
begins_an_announcement(struct span line)
{
	static const char notify[] = "NOTIFY ", answer[] = "HTTP/1.1 200";

	return (line.len > strlen(notify) && strncasecmp(line.at, notify, strlen(notify)) == 0) ||
	       (line.len >= strlen(answer) && strncasecmp(line.at, answer, strlen(answer)) == 0);
}

/* -- values -------------------------------------------------------------------------------------------- */

static bool
take_serial(struct span usn, char serial[33])
{
	if (usn.len > 5 && strncasecmp(usn.at, "uuid:", 5) == 0)
		usn = (struct span){ usn.at + 5, usn.len - 5 };
	if (usn.len == 0 || usn.len > 32)
		return false;
	for (size_t i = 0; i < usn.len; i++) {
		unsigned char c = (unsigned char)usn.at[i];
		if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_'))
			return false;
		serial[i] = (char)toupper(c);
	}
	serial[usn.len] = '\0';
	return true;
}

/* "192.0.2.41", or "http://192.0.2.41:80/x" as some that are not printers' own firmware write. */
static bool
parse_location(struct span location, struct in_addr *ret_address)
{
	char text[INET_ADDRSTRLEN];

	for (size_t i = 0; i + 3 <= location.len; i++)
		if (memcmp(location.at + i, "://", 3) == 0) {
			location = (struct span){ location.at + i + 3, location.len - i - 3 };
			break;
		}
	size_t len = 0;
	while (len < location.len && (isdigit((unsigned char)location.at[len]) || location.at[len] == '.'))
		len++;
	if (len == 0 || len >= sizeof text)
		return false;
	memcpy(text, location.at, len);
	text[len] = '\0';
	return inet_pton(AF_INET, text, ret_address) == 1;
}

/* Whoever announces must not be able to send us anywhere: only within private networks, or to itself. */
static struct in_addr
take_address(struct span location, struct in_addr from)
{
	struct in_addr named;

	if (!parse_location(location, &named))
		return from;
	uint32_t address = ntohl(named.s_addr);
	bool loops = address >> 24 == 127, sender_loops = ntohl(from.s_addr) >> 24 == 127;
	if (named.s_addr == from.s_addr || (loops ? sender_loops : cidr_address_is_private(address)))
		return named;
	return from;
}

static void
copy(char *to, size_t cap, struct span from)
{
	log_copy_harmless(to, cap, from.len > 0 ? from.at : "", from.len);
}

static int
take_signal(struct span span)
{
	char text[8];
	int64_t dbm = 0;

	if (span.len == 0 || span.len >= sizeof text)
		return 0;
	memcpy(text, span.at, span.len);
	text[span.len] = '\0';
	return str_parse_int(text, -128, -1, &dbm) ? (int)dbm : 0;
}

bool
ssdp_parse(const void *bytes, size_t len, struct in_addr from, struct ssdp_announcement *ret_announcement)
{
	const char *at = bytes, *end = at + len;
	struct ssdp_announcement *told = ret_announcement;
	struct headers headers = { 0 };

	memset(told, 0, sizeof *told);
	if (len > SSDP_MAX_BYTES || !begins_an_announcement(take_line(&at, end)))
		return false;
	for (unsigned lines = 0; at < end && lines < LINES_MAX; lines++) {
		struct span line = take_line(&at, end);
		if (line.len == 0)
			break;
		take_header(&headers, line);
	}
	if (!span_is(headers.type, PRINTER_URN) || !take_serial(headers.usn, told->serial))
		return false;
	told->leaves = span_is(headers.nts, "ssdp:byebye");
	told->address = take_address(headers.location, from);
	told->signal_dbm = take_signal(headers.signal);
	copy(told->model_code, sizeof told->model_code, headers.model);
	copy(told->name, sizeof told->name, headers.name);
	copy(told->firmware, sizeof told->firmware, headers.version);
	copy(told->connect, sizeof told->connect, headers.connect);
	copy(told->bind, sizeof told->bind, headers.bind);
	return true;
}

size_t
ssdp_write_search(unsigned port, char to[SSDP_SEARCH_BYTES])
{
	str_format(to, SSDP_SEARCH_BYTES,
		   "M-SEARCH * HTTP/1.1\r\nHOST: " SSDP_GROUP ":%u\r\nMAN: \"ssdp:discover\"\r\nMX: 3\r\nST: " PRINTER_URN
		   "\r\n\r\n",
		   port);
	return strlen(to);
}
