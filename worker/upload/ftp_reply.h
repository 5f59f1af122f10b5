/*
 * ftp_reply: what an FTP server answers, from bytes that may be anything (RFC 959, 4.2; RFC 3659, 4). Pure.
 */
#ifndef FUSE_WORKER_UPLOAD_FTP_REPLY_H
#define FUSE_WORKER_UPLOAD_FTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTP_TEXT_BYTES 161	   /* of a reply's text with its NUL: what is longer is cut */
#define FTP_LINE_MAX_BYTES 512	   /* of a line that counts; the rest of a longer one is passed over */
#define FTP_REPLY_MAX_BYTES 16384  /* of a reply with all its lines; what says more talks nonsense */

struct ftp_reply {
	unsigned code; /* 100 to 599 */
	char text[FTP_TEXT_BYTES]; /* of its last line, or its first when that has none; harmless UTF-8 */
};

/* One reply at a time, a zeroed one to begin with. */
struct ftp_reader {
	struct ftp_reply reply;
	bool continues; /* its first line ended in "-" */
	size_t total_bytes, line_bytes;
	char line[FTP_LINE_MAX_BYTES];
};

enum ftp_step {
	FTP_MORE,   /* all was taken, the reply is not whole */
	FTP_WHOLE,  /* reader->reply is one; the reader begins anew with the next byte */
	FTP_BROKEN, /* this is no FTP: nothing that follows can be understood */
};

/* Take bytes up to the end of one reply; *ret_used says how many were taken. */
enum ftp_step ftp_reply_parse(struct ftp_reader *reader, const void *bytes, size_t len, size_t *ret_used);

/* The port in the text of a 227: the last two of its six numbers. The address is none of our business: it is often one
 * that cannot be reached. False when there is none. */
bool ftp_parse_pasv(const char *text, uint16_t *ret_port);

/* The number in the text of a 213. False when it is none, or beyond INT64_MAX. */
bool ftp_parse_size(const char *text, int64_t *ret_bytes);

#endif
