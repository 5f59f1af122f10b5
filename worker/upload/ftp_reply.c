/*
 * ftp_reply: lines to replies. A reply is one line "nnn text", or lines from "nnn-text" to "nnn text" with the same number.
 */
#include "worker/upload/ftp_reply.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code that a line begins with; 0 when it begins otherwise. */
static unsigned
code_of(const char *line, size_t len)
{
	if (len < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]) ||
	    (len > 3 && line[3] != ' ' && line[3] != '-'))
		return 0;
	return (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 + (unsigned)(line[2] - '0');
}

static void
take_text(struct ftp_reader *reader, const char *line, size_t len)
{
	if (len > 4)
		log_copy_harmless(reader->reply.text, sizeof reader->reply.text, line + 4, len - 4);
}

/* One whole line without its end. */
static enum ftp_step
take_line(struct ftp_reader *reader, const char *line, size_t len)
{
	unsigned code = code_of(line, len);
	bool goes_on = len > 3 && line[3] == '-';

	if (reader->continues) {
		if (code != reader->reply.code || goes_on)
			return FTP_MORE;
		take_text(reader, line, len);
		return FTP_WHOLE;
	}
	if (len == 0)
		return FTP_MORE; /* some servers say an empty line for good measure */
	if (code == 0)
		return FTP_BROKEN;
	reader->reply = (struct ftp_reply){ .code = code };
	take_text(reader, line, len);
	reader->continues = goes_on;
	return goes_on ? FTP_MORE : FTP_WHOLE;
}

static enum ftp_step
end_line(struct ftp_reader *reader)
{
	size_t len = reader->line_bytes;

	while (len > 0 && reader->line[len - 1] == '\r')
		len--;
	reader->line_bytes = 0;
	enum ftp_step step = take_line(reader, reader->line, len);
	if (step == FTP_WHOLE) {
		reader->continues = false;
		reader->total_bytes = 0;
	}
	return step;
}

enum ftp_step
ftp_reply_parse(struct ftp_reader *reader, const void *bytes, size_t len, size_t *ret_used)
{
	const char *p = bytes;
	enum ftp_step step = FTP_MORE;
	size_t i;

	for (i = 0; i < len && step == FTP_MORE; i++) {
		if (++reader->total_bytes > FTP_REPLY_MAX_BYTES)
			step = FTP_BROKEN;
		else if (p[i] == '\n')
			step = end_line(reader);
		else if (reader->line_bytes < sizeof reader->line)
			reader->line[reader->line_bytes++] = p[i];
	}
	*ret_used = i;
	return step;
}

/* Six numbers of one byte each, with commas between them, and blanks behind these. */
static bool
read_six(const char *p, unsigned numbers[6])
{
	for (int i = 0; i < 6; i++) {
		unsigned digits = 0;
		numbers[i] = 0;
		while (i > 0 && *p == ' ')
			p++;
		for (; is_digit(*p) && digits < 3; p++, digits++)
			numbers[i] = numbers[i] * 10 + (unsigned)(*p - '0');
		if (digits == 0 || numbers[i] > 255 || (i < 5 ? *p++ != ',' : is_digit(*p)))
			return false;
	}
	return true;
}

bool
ftp_parse_pasv(const char *text, uint16_t *ret_port)
{
	unsigned numbers[6];

	for (const char *p = text; *p != '\0'; p++) {
		if (!is_digit(*p) || (p > text && (is_digit(p[-1]) || p[-1] == ',')) || !read_six(p, numbers))
			continue;
		*ret_port = (uint16_t)(numbers[4] << 8 | numbers[5]);
		return *ret_port != 0;
	}
	return false;
}

bool
ftp_parse_size(const char *text, int64_t *ret_bytes)
{
	char digits[21];
	size_t blanks = strspn(text, " "), len = strspn(text + blanks, "0123456789");

	if (len >= sizeof digits || strspn(text + blanks + len, " ") != strlen(text + blanks + len))
		return false;
	memcpy(digits, text + blanks, len);
	digits[len] = '\0';
	return str_parse_int(digits, 0, INT64_MAX, ret_bytes);
}
