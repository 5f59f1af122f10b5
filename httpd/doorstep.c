/*
 * doorstep: just enough of HTTP to send it away.
 */
#include "httpd/doorstep.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

#define TLS_HANDSHAKE 22 /* the type of the record that a ClientHello comes in */
#define TARGET_MAX 1024
#define HOST_MAX 270

bool
doorstep_is_tls(unsigned char first)
{
	return first == TLS_HANDSHAKE;
}

/* The bytes up to what ends them, as text. False when they do not end, are too long, or have anything but visible
 * ASCII that may stand in a Location. */
static bool
take_word(const char *bytes, size_t len, const char *ends, char *to, size_t cap)
{
	size_t i = 0;

	while (i < len && strchr(ends, bytes[i]) == NULL) {
		if (i + 1 == cap || bytes[i] <= ' ' || bytes[i] >= 0x7f || strchr("\"<>\\^`{|}", bytes[i]) != NULL)
			return false;
		to[i] = bytes[i];
		i++;
	}
	to[i] = '\0';
	return i > 0 && i < len && bytes[i] != '\0';
}

static bool
take_target(const char *bytes, size_t len, char ret_target[TARGET_MAX])
{
	size_t skip = len > 4 && memcmp(bytes, "GET ", 4) == 0 ? 4 : len > 5 && memcmp(bytes, "HEAD ", 5) == 0 ? 5 : 0;

	return skip > 0 && take_word(bytes + skip, len - skip, " ", ret_target, TARGET_MAX) && ret_target[0] == '/';
}

static bool
take_host(const char *bytes, size_t len, char ret_host[HOST_MAX])
{
	const char *end = bytes + len, *line = memchr(bytes, '\n', len);

	while (line != NULL) {
		line++;
		if (end - line > 5 && strncasecmp(line, "Host:", 5) == 0) {
			line += 5;
			while (line < end && *line == ' ')
				line++;
			return take_word(line, (size_t)(end - line), "\r\n", ret_host, HOST_MAX);
		}
		line = memchr(line, '\n', (size_t)(end - line));
	}
	return false;
}

size_t
doorstep_answer(const char *bytes, size_t len, const struct host_place *place, char ret_answer[DOORSTEP_ANSWER_BYTES])
{
	static const char words[] = "Fuse speaks HTTPS here. Write https:// before the address.\n";
	char target[TARGET_MAX], host[HOST_MAX], status[sizeof target + sizeof host + 80] = "400 Bad Request\r\n";

	if (take_target(bytes, len, target) && take_host(bytes, len, host) && host_judge(host, place) != HOST_FOREIGN)
		str_format(status, sizeof status, "308 Permanent Redirect\r\nLocation: https://%s%s\r\n", host, target);
	str_format(ret_answer, DOORSTEP_ANSWER_BYTES,
		   "HTTP/1.1 %sContent-Type: text/plain\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
		   "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n%s",
		   status, strlen(words), words);
	return strlen(ret_answer);
}
