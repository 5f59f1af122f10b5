/*
 * rtsp_request: see rtsp_request.h.
 */
#include "worker/virtual/rtsp_request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"

#define INTERLEAVED_BYTES 4
#define VERSION "RTSP/1.0"

/* A part of a line; not terminated. */
struct span {
	const char *at;
	size_t len;
};

const char *
rtsp_method_name(enum rtsp_method method)
{
	static const char *const names[] = {
#define X(NAME) #NAME,
		RTSP_METHODS(X)
#undef X
	};

	return method < RTSP_METHOD_COUNT ? names[method] : "?";
}

static bool
is_word(struct span span, const char *word)
{
	return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

static struct span
trim(struct span span)
{
	while (span.len > 0 && (*span.at == ' ' || *span.at == '\t')) {
		span.at++;
		span.len--;
	}
	while (span.len > 0 && strchr(" \t\r", span.at[span.len - 1]) != NULL)
		span.len--;
	return span;
}

/* Up to `end`, which is taken away, too. */
static struct span
cut(struct span *rest, char end)
{
	const char *at = rest->len > 0 ? memchr(rest->at, end, rest->len) : NULL;
	struct span first = { rest->at, at != NULL ? (size_t)(at - rest->at) : rest->len };
	size_t taken = at != NULL ? first.len + 1 : first.len;

	rest->at += taken;
	rest->len -= taken;
	return first;
}

/* False: it is too long, or not of what `is_fine` lets pass. */
static bool
copy(struct span from, int (*is_fine)(int c), char *to, size_t cap)
{
	if (from.len >= cap)
		return false;
	for (size_t i = 0; i < from.len; i++)
		if (!is_fine((unsigned char)from.at[i]))
			return false;
	memcpy(to, from.at, from.len);
	to[from.len] = '\0';
	return true;
}

/* -- the head ----------------------------------------------------------------------------------------------------- */

static int
is_of_url(int c)
{
	return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

static int
is_of_text(int c)
{
	return c >= ' ' && c < 0x7f;
}

static void
read_first_line(struct span line, struct rtsp_request *request)
{
	struct span method = cut(&line, ' '), url = cut(&line, ' ');

	while (request->method < RTSP_METHOD_COUNT && !is_word(method, rtsp_method_name(request->method)))
		request->method++;
	if (!copy(url, is_of_url, request->url, sizeof request->url) || url.len == 0)
		request->is_malformed = true;
	line = trim(line);
	if (line.len != strlen(VERSION) || strncmp(line.at, "RTSP/", 5) != 0)
		request->is_malformed = true;
	else
		request->is_other_version = !is_word(line, VERSION);
}

/* False: it is no number of a body that is borne. */
static bool
read_length(struct span value, size_t *ret_len)
{
	char digits[5];

	if (value.len == 0 || !copy(value, isdigit, digits, sizeof digits))
		return false;
	*ret_len = (size_t)atoi(digits);
	return *ret_len <= RTSP_BODY_MAX_BYTES;
}

/* False: the request's end cannot be found. */
static bool
read_header(struct span line, struct rtsp_request *request, size_t *body_len)
{
	struct span name = trim(cut(&line, ':')), value = trim(line);
	bool fine = true;

	if (is_word(name, "Content-Length"))
		return read_length(value, body_len);
	if (is_word(name, "CSeq"))
		fine = copy(value, isdigit, request->cseq, sizeof request->cseq);
	else if (is_word(name, "Session"))
		fine = copy(trim(cut(&value, ';')), isalnum, request->session, sizeof request->session);
	else if (is_word(name, "Transport"))
		fine = copy(value, is_of_text, request->transport, sizeof request->transport);
	else if (is_word(name, "Authorization"))
		fine = copy(value, is_of_text, request->authorization, sizeof request->authorization);
	if (!fine)
		request->is_malformed = true;
	return true;
}

/* Where the line's end is: how many bytes it has with that. 0: none. */
static size_t
line_length(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = len > 0 ? memchr(bytes, '\n', len) : NULL;

	return end != NULL ? (size_t)(end - bytes) + 1 : 0;
}

/* Up to its empty line; 0: it is not whole. */
static size_t
head_length(const uint8_t *bytes, size_t len)
{
	size_t at = 0, line;

	while ((line = line_length(bytes + at, len - at)) > 0) {
		bool is_empty = line == 1 || (line == 2 && bytes[at] == '\r');
		at += line;
		if (is_empty)
			return at;
	}
	return 0;
}

static int
read_request(const uint8_t *bytes, size_t len, struct rtsp_request *request)
{
	size_t head = head_length(bytes, len < RTSP_HEAD_MAX_BYTES ? len : RTSP_HEAD_MAX_BYTES), body = 0;
	struct span rest = { (const char *)bytes, head };

	if (head == 0)
		return len < RTSP_HEAD_MAX_BYTES ? 0 : -1;
	read_first_line(cut(&rest, '\n'), request);
	while (rest.len > 0)
		if (!read_header(cut(&rest, '\n'), request, &body))
			return -1;
	return len - head < body ? 0 : (int)(head + body);
}

/* Empty lines before a request are borne (RFC 2326, 4.1). */
static bool
is_empty_line(const uint8_t *bytes, size_t len)
{
	return bytes[0] == '\n' || (len > 1 && bytes[0] == '\r' && bytes[1] == '\n');
}

int
rtsp_request_parse(const uint8_t *bytes, size_t len, struct rtsp_request *ret_request, bool *ret_is_request)
{
	memset(ret_request, 0, sizeof *ret_request);
	*ret_is_request = false;
	if (len == 0)
		return 0;
	if (is_empty_line(bytes, len))
		return bytes[0] == '\n' ? 1 : 2;
	if (bytes[0] != '$') {
		*ret_is_request = true;
		return read_request(bytes, len, ret_request);
	}
	if (len < INTERLEAVED_BYTES)
		return 0;
	size_t packet = (size_t)bytes[2] << 8 | bytes[3];
	if (packet > RTSP_PACKET_MAX_BYTES)
		return -1;
	return len - INTERLEAVED_BYTES < packet ? 0 : (int)(INTERLEAVED_BYTES + packet);
}

/* -- what is in a header ------------------------------------------------------------------------------------------ */

bool
rtsp_url_leads_to(const char *url, const char *path, const char **ret_track)
{
	const char *host = strstr(url, "://"), *at = host != NULL ? strchr(host + 3, '/') : url;
	size_t len = strlen(path);

	if (at == NULL || strncmp(at, path, len) != 0 || strchr("/?", at[len]) == NULL)
		return false;
	at += len;
	*ret_track = *at == '/' ? at + 1 : "";
	return true;
}

static bool
read_channels(struct span value, uint8_t *ret_channel, uint8_t *ret_report_channel)
{
	char text[8];
	unsigned one, other;

	if (!copy(value, is_of_text, text, sizeof text) || sscanf(text, "%3u-%3u", &one, &other) != 2 || one > 255 ||
	    other > 255)
		return false;
	*ret_channel = (uint8_t)one;
	*ret_report_channel = (uint8_t)other;
	return true;
}

/* "RTP/AVP/TCP;unicast;interleaved=0-1" */
static bool
read_transport(struct span spec, uint8_t *ret_channel, uint8_t *ret_report_channel)
{
	static const char interleaved[] = "interleaved=";

	*ret_channel = 0;
	*ret_report_channel = 1;
	if (!is_word(trim(cut(&spec, ';')), "RTP/AVP/TCP"))
		return false;
	while (spec.len > 0) {
		struct span part = trim(cut(&spec, ';'));
		if (is_word(part, "multicast"))
			return false;
		if (part.len < strlen(interleaved) || strncasecmp(part.at, interleaved, strlen(interleaved)) != 0)
			continue;
		part.at += strlen(interleaved);
		part.len -= strlen(interleaved);
		if (!read_channels(part, ret_channel, ret_report_channel))
			return false;
	}
	return true;
}

bool
rtsp_transport_read(const char *transport, uint8_t *ret_channel, uint8_t *ret_report_channel)
{
	struct span rest = { transport, strlen(transport) };

	while (rest.len > 0)
		if (read_transport(cut(&rest, ','), ret_channel, ret_report_channel))
			return true;
	return false;
}
