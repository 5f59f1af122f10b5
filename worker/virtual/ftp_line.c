/*
 * ftp_line: see ftp_line.h.
 */
#include "worker/virtual/ftp_line.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define REPLY_MAX_BYTES (FTP_REPLIES_MAX_BYTES / 4)
#define HALF_A_YEAR_S (182 * 86400)
#define TELNET_COMMAND 0xf0 /* and above: nothing of a command's name */

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

static const struct { const char *name; enum argument argument; bool needs_login; } commands[] = {
#define FTP(NAME, argument, needs_login) { #NAME, ARGUMENT_##argument, needs_login },
#include "worker/virtual/ftp_commands.def"
};

const char *
ftp_command_name(enum ftp_command command)
{
	return command < FTP_COMMAND_COUNT ? commands[command].name : "?";
}

bool
ftp_command_needs_argument(enum ftp_command command)
{
	return command < FTP_COMMAND_COUNT && commands[command].argument == ARGUMENT_MUST;
}

bool
ftp_command_needs_login(enum ftp_command command)
{
	return command >= FTP_COMMAND_COUNT || commands[command].needs_login;
}

/* -- what comes ------------------------------------------------------------------------------------------- */

static enum ftp_command
find_command(const char *name, size_t len)
{
	for (unsigned i = 0; i < FTP_COMMAND_COUNT; i++)
		if (strlen(commands[i].name) == len && strncasecmp(commands[i].name, name, len) == 0)
			return (enum ftp_command)i;
	return FTP_COMMAND_COUNT;
}

static bool
is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	return str_valid_utf8(bytes, len);
}

void
ftp_line_read(const char *bytes, size_t len, struct ftp_line *ret_line)
{
	size_t word = 0;

	memset(ret_line, 0, sizeof *ret_line);
	ENSURE(len < sizeof ret_line->argument);
	/* Before ABOR clients send an interrupt of Telnet's. */
	for (; len > 0 && (unsigned char)*bytes >= TELNET_COMMAND; len--)
		bytes++;
	while (word < len && isalpha((unsigned char)bytes[word]))
		word++;
	ret_line->command = word == len || bytes[word] == ' ' ? find_command(bytes, word) : FTP_COMMAND_COUNT;
	bytes += word;
	len -= word;
	if (len > 0 && *bytes == ' ') {
		bytes++;
		len--;
	}
	ret_line->is_garbled = !is_text(bytes, len);
	if (!ret_line->is_garbled)
		memcpy(ret_line->argument, bytes, len);
}

size_t
ftp_inbox_room(struct ftp_inbox *inbox, char **ret_to)
{
	*ret_to = inbox->bytes + inbox->len;
	return sizeof inbox->bytes - inbox->len;
}

void
ftp_inbox_came(struct ftp_inbox *inbox, size_t len)
{
	ENSURE(len <= sizeof inbox->bytes - inbox->len);
	inbox->len += len;
}

static void
drop(struct ftp_inbox *inbox, size_t len)
{
	inbox->len -= len;
	memmove(inbox->bytes, inbox->bytes + len, inbox->len);
}

bool
ftp_inbox_take(struct ftp_inbox *inbox, struct ftp_line *ret_line)
{
	const char *end = memchr(inbox->bytes, '\n', inbox->len);

	if (end == NULL && inbox->len == sizeof inbox->bytes) {
		inbox->is_passing_over = true;
		inbox->len = 0;
	}
	if (end == NULL)
		return false;
	size_t len = (size_t)(end - inbox->bytes), whole = len + 1;
	if (inbox->is_passing_over) {
		memset(ret_line, 0, sizeof *ret_line);
		ret_line->command = FTP_COMMAND_COUNT;
		ret_line->is_too_long = true;
		inbox->is_passing_over = false;
	} else {
		ftp_line_read(inbox->bytes, len > 0 && inbox->bytes[len - 1] == '\r' ? len - 1 : len, ret_line);
	}
	drop(inbox, whole);
	return true;
}

/* -- what goes ---------------------------------------------------------------------------------------------- */

bool
ftp_outbox_has_room(const struct ftp_outbox *outbox)
{
	/* One command has two replies at most. */
	return sizeof outbox->bytes - outbox->len >= (size_t)(2 * REPLY_MAX_BYTES);
}

void
ftp_reply(struct ftp_outbox *outbox, unsigned code, const char *format, ...)
{
	char text[REPLY_MAX_BYTES - 8];
	va_list arguments;

	ENSURE(code >= 100 && code <= 599);
	va_start(arguments, format);
	int len = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	ENSURE(len >= 0);
	size_t room = sizeof outbox->bytes - outbox->len;
	if (room < REPLY_MAX_BYTES)
		return;
	outbox->len += (size_t)snprintf(outbox->bytes + outbox->len, room, "%u %s\r\n", code, text);
}

void
ftp_outbox_went(struct ftp_outbox *outbox, size_t len)
{
	ENSURE(len <= outbox->len - outbox->sent);
	outbox->sent += len;
	if (outbox->sent == outbox->len)
		outbox->len = outbox->sent = 0;
}

void
ftp_format_place(uint32_t address, uint16_t port, char ret_place[FTP_PLACE_BYTES])
{
	const unsigned char *octets = (const unsigned char *)&address;

	str_format(ret_place, FTP_PLACE_BYTES, "%u,%u,%u,%u,%u,%u", octets[0], octets[1], octets[2], octets[3],
		   (unsigned)port >> 8, (unsigned)port & 0xff);
}

void
ftp_format_quoted(const char *path, char *ret_text, size_t cap)
{
	size_t len = 0;

	ENSURE(cap >= 3);
	ret_text[len++] = '"';
	for (; *path != '\0' && len + 4 < cap; path++) {
		ret_text[len++] = *path;
		if (*path == '"')
			ret_text[len++] = '"';
	}
	ret_text[len++] = '"';
	ret_text[len] = '\0';
}

static void
split_time(int64_t seconds, struct tm *ret_tm)
{
	time_t time = (time_t)seconds;

	if (seconds < 0 || seconds > INT64_C(253402300799) || gmtime_r(&time, ret_tm) == NULL)
		*ret_tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
}

void
ftp_format_date(int64_t seconds, char ret_date[FTP_DATE_BYTES])
{
	struct tm tm;

	split_time(seconds, &tm);
	str_format(ret_date, FTP_DATE_BYTES, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		   tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Of any locale's: clients read these. */
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

size_t
ftp_format_entry(const char *name, bool is_folder, uint64_t size_bytes, int64_t seconds, int64_t now_seconds, char *to,
		 size_t cap)
{
	char when[16];
	struct tm tm;

	split_time(seconds, &tm);
	if (seconds > now_seconds || now_seconds - seconds > HALF_A_YEAR_S)
		str_format(when, sizeof when, "%s %02d  %04d", months[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900);
	else
		str_format(when, sizeof when, "%s %02d %02d:%02d", months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min);
	int len = snprintf(to, cap, "%s    %d 103      107      %12llu %s %s\r\n", is_folder ? "drwxr-xr-x" : "-rw-r--r--",
			   is_folder ? 2 : 1, (unsigned long long)size_bytes, when, name);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}
