/*
 * ftp_session: one client of the file server, as a state machine: commands in, replies out, and what is to be done with a
 * data connection. It touches the card and no socket; time is an argument.
 *
 * It speaks as the model's own server does (printer/models.h): like a vsftpd, or like the small one of P1 and A1 models.
 */
#ifndef FUSE_WORKER_VIRTUAL_FTP_SESSION_H
#define FUSE_WORKER_VIRTUAL_FTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "printer/models.h"
#include "worker/virtual/card.h"
#include "worker/virtual/ftp_line.h"

#define FTP_LOGIN_NAME "bblp"
#define FTP_LOGINS_MAX 3 /* that fail; then it hangs up */

/* The printer, for its sessions. */
struct ftp_printer {
	const struct model *model;
	struct card *card;
	/* Is this the access code? */
	bool (*is_code)(void *arg, const char *code, size_t len);
	void *arg;
};

/* What the wire has to do after a command. */
enum ftp_do {
	FTP_DO_REPLY,	 /* nothing but to send what was replied */
	FTP_DO_PASSIVE,	 /* open a port for data, then ftp_session_is_passive() */
	FTP_DO_TRANSFER, /* data goes now: `transfer` says what */
	FTP_DO_ABORT,	 /* the transfer that goes on, if any */
	FTP_DO_HANG_UP,	 /* once the replies are sent */
};

enum ftp_transfer_kind { FTP_STORES, FTP_RETRIEVES, FTP_TELLS };

struct ftp_transfer {
	enum ftp_transfer_kind kind;
	struct card_upload *upload; /* of FTP_STORES */
	int fd;			    /* of FTP_RETRIEVES: the file */
	char *text;		    /* of FTP_TELLS: a list; heap */
	size_t text_len;
	uint64_t announced_bytes; /* of FTP_STORES, by ALLO; 0 = not */
};
/* Give up what it holds. */
void ftp_transfer_fini(struct ftp_transfer *transfer);

/* How a transfer ended. */
enum ftp_end {
	FTP_END_GOOD,
	FTP_END_NO_CONNECTION, /* 425: nobody came */
	FTP_END_NO_TLS,	       /* 425: its handshake failed */
	FTP_END_NO_SESSION,    /* 522 */
	FTP_END_CUT_OFF,       /* 426 */
	FTP_END_FULL,	       /* 452 */
	FTP_END_BROKEN,	       /* 451 */
};

struct ftp_session {
	const struct ftp_printer *printer;
	bool user_given, user_is_ours, is_in, is_private, has_passive;
	unsigned failed_logins;
	uint64_t announced_bytes;
	char folder[CARD_PATH_BYTES], rename_from[CARD_PATH_BYTES]; /* "" = none */
	struct ftp_transfer transfer; /* of FTP_DO_TRANSFER: the wire takes it */
};

/* A client is there and TLS stands: the first reply. */
void ftp_session_begin(struct ftp_session *session, const struct ftp_printer *printer, struct ftp_outbox *outbox);

/* One command. `now_seconds`: wall clock, for lists. */
enum ftp_do ftp_session_take(struct ftp_session *session, const struct ftp_line *line, int64_t now_seconds,
			     struct ftp_outbox *outbox);

/* The port that was wanted is open there (first octet in the low byte), or (port 0) there is none. */
void ftp_session_is_passive(struct ftp_session *session, uint32_t address, uint16_t port, struct ftp_outbox *outbox);

/* The data connection stands: 150, and only then TLS on it. */
void ftp_session_says_begin(struct ftp_session *session, enum ftp_transfer_kind kind, struct ftp_outbox *outbox);
void ftp_session_says_end(struct ftp_session *session, enum ftp_transfer_kind kind, enum ftp_end end,
			  struct ftp_outbox *outbox);

#endif
