/*
 * ftp_line: the lines of an FTP control connection as a server sees them: commands out of the bytes that came, and the
 * replies, listings and dates that go back (RFC 959, RFC 3659). Pure and bounded; any bytes give commands or faults.
 */
#ifndef FUSE_WORKER_VIRTUAL_FTP_LINE_H
#define FUSE_WORKER_VIRTUAL_FTP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTP_LINE_MAX_BYTES 512 /* of a command, with its end; a longer one is passed over and answered 500 */
#define FTP_REPLIES_MAX_BYTES 4096

enum ftp_command {
#define FTP(NAME, ...) FTP_##NAME,
#include "worker/virtual/ftp_commands.def"
	FTP_COMMAND_COUNT, /* none of them */
};

struct ftp_line {
	enum ftp_command command;
	char argument[FTP_LINE_MAX_BYTES]; /* UTF-8 without control characters; "" = none */
	bool is_too_long, is_garbled;	   /* 500; 501: the argument is no such text */
};

/* -- what comes ------------------------------------------------------------------------------------------- */

/* Zeroed = empty. */
struct ftp_inbox {
	size_t len;
	bool is_passing_over; /* the rest of a line that was too long */
	char bytes[FTP_LINE_MAX_BYTES];
};

/* Where the next bytes go, and how many fit: never none when ftp_inbox_take() had nothing more. Then ftp_inbox_came(). */
size_t ftp_inbox_room(struct ftp_inbox *inbox, char **ret_to);
void ftp_inbox_came(struct ftp_inbox *inbox, size_t len);

/* The next whole line; false when there is none yet. */
bool ftp_inbox_take(struct ftp_inbox *inbox, struct ftp_line *ret_line);

/* Read one line, without its end. */
void ftp_line_read(const char *bytes, size_t len, struct ftp_line *ret_line);

const char *ftp_command_name(enum ftp_command command); /* "USER"; "?" for none */
bool ftp_command_needs_argument(enum ftp_command command);
bool ftp_command_needs_login(enum ftp_command command);

/* -- what goes ---------------------------------------------------------------------------------------------- */

/* Zeroed = empty. */
struct ftp_outbox {
	size_t len, sent;
	char bytes[FTP_REPLIES_MAX_BYTES];
};

/* A reply of one line. What does not fit any more is left out: who does not read what was said before has no use for it. */
void ftp_reply(struct ftp_outbox *outbox, unsigned code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Is there room for what one command can be answered? Else take no further command. */
bool ftp_outbox_has_room(const struct ftp_outbox *outbox);

/* So much of it went. */
void ftp_outbox_went(struct ftp_outbox *outbox, size_t len);

/* 227's six numbers: "127,64,0,1,195,80". `address`: first octet in the low byte, as in struct in_addr. */
#define FTP_PLACE_BYTES 24
void ftp_format_place(uint32_t address, uint16_t port, char ret_place[FTP_PLACE_BYTES]);

/* A path in 257's quotes, those in it doubled. */
void ftp_format_quoted(const char *path, char *ret_text, size_t cap);

/* MDTM's "20260810120000". `seconds` since 1970, UTC. */
#define FTP_DATE_BYTES 16
void ftp_format_date(int64_t seconds, char ret_date[FTP_DATE_BYTES]);

/* A line of LIST as Unix's ls has it, with its end; months of this half year with the time of day, others with the year.
 * Returns its length; 0 when it does not fit. */
size_t ftp_format_entry(const char *name, bool is_folder, uint64_t size_bytes, int64_t seconds, int64_t now_seconds,
			char *to, size_t cap);

#endif
