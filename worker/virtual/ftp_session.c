/*
 * ftp_session: what is answered. The words are those of vsftpd; some clients look for them.
 */
#include "worker/virtual/ftp_session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"

#define ENTRY_MAX_BYTES (CARD_NAME_MAX_BYTES + 96)

typedef enum ftp_do take_fn(struct ftp_session *session, const char *argument, int64_t now_seconds,
			    struct ftp_outbox *outbox);

#define TAKE(NAME)                                                                                                   \
	static enum ftp_do take_##NAME(struct ftp_session *session __attribute__((unused)),                          \
				       const char *argument __attribute__((unused)),                                 \
				       int64_t now_seconds __attribute__((unused)), struct ftp_outbox *outbox)

/* -- login --------------------------------------------------------------------------------------------------- */

TAKE(USER)
{
	session->user_given = true;
	session->user_is_ours = strcmp(argument, FTP_LOGIN_NAME) == 0;
	session->is_in = false;
	ftp_reply(outbox, 331, "Please specify the password.");
	return FTP_DO_REPLY;
}

TAKE(PASS)
{
	const struct ftp_printer *printer = session->printer;

	if (!session->user_given) {
		ftp_reply(outbox, 503, "Login with USER first.");
		return FTP_DO_REPLY;
	}
	session->user_given = false;
	session->is_in = printer->is_code(printer->arg, argument, strlen(argument)) && session->user_is_ours;
	if (session->is_in) {
		ftp_reply(outbox, 230, "Login successful.");
		return FTP_DO_REPLY;
	}
	ftp_reply(outbox, 530, "Login incorrect.");
	return ++session->failed_logins < FTP_LOGINS_MAX ? FTP_DO_REPLY : FTP_DO_HANG_UP;
}

TAKE(QUIT)
{
	ftp_reply(outbox, 221, "Goodbye.");
	return FTP_DO_HANG_UP;
}

TAKE(PBSZ)
{
	ftp_reply(outbox, 200, "PBSZ set to 0.");
	return FTP_DO_REPLY;
}

TAKE(PROT)
{
	if (strcasecmp(argument, "P") == 0) {
		session->is_private = true;
		ftp_reply(outbox, 200, "PROT now Private.");
	} else if (strcasecmp(argument, "C") == 0) {
		session->is_private = false;
		ftp_reply(outbox, 200, "PROT now Clear.");
	} else {
		ftp_reply(outbox, 536, "PROT not supported.");
	}
	return FTP_DO_REPLY;
}

/* -- small talk ------------------------------------------------------------------------------------------------ */

TAKE(NOOP)
{
	ftp_reply(outbox, 200, "NOOP ok.");
	return FTP_DO_REPLY;
}

TAKE(SYST)
{
	ftp_reply(outbox, 215, "UNIX Type: L8");
	return FTP_DO_REPLY;
}

TAKE(TYPE)
{
	if (strcasecmp(argument, "I") == 0 || strcasecmp(argument, "L8") == 0 || strcasecmp(argument, "L 8") == 0)
		ftp_reply(outbox, 200, "Switching to Binary mode.");
	else if (strcasecmp(argument, "A") == 0 || strcasecmp(argument, "A N") == 0)
		ftp_reply(outbox, 200, "Switching to ASCII mode.");
	else
		ftp_reply(outbox, 500, "Unrecognised TYPE command.");
	return FTP_DO_REPLY;
}

TAKE(MODE)
{
	if (strcasecmp(argument, "S") == 0)
		ftp_reply(outbox, 200, "Mode set to S.");
	else
		ftp_reply(outbox, 504, "Bad MODE command.");
	return FTP_DO_REPLY;
}

TAKE(STRU)
{
	if (strcasecmp(argument, "F") == 0)
		ftp_reply(outbox, 200, "Structure set to F.");
	else
		ftp_reply(outbox, 504, "Bad STRU command.");
	return FTP_DO_REPLY;
}

/* How long the next file is: good for a fault that cuts it at a share of that. */
TAKE(ALLO)
{
	int64_t bytes;

	session->announced_bytes = str_parse_int(argument, 0, INT64_MAX, &bytes) ? (uint64_t)bytes : 0;
	ftp_reply(outbox, 202, "ALLO command ignored.");
	return FTP_DO_REPLY;
}

TAKE(ABOR)
{
	(void)outbox;
	return FTP_DO_ABORT;
}

/* -- folders ---------------------------------------------------------------------------------------------------- */

TAKE(PWD)
{
	char quoted[2 * CARD_PATH_BYTES];

	ftp_format_quoted(session->folder, quoted, sizeof quoted);
	ftp_reply(outbox, 257, "%s is the current directory", quoted);
	return FTP_DO_REPLY;
}

TAKE(CWD)
{
	struct card *card = session->printer->card;
	struct card_entry entry;
	char path[CARD_PATH_BYTES];

	if (card_path(session->folder, argument, path) && card_look(card, path, &entry) == CARD_FINE && entry.is_folder) {
		str_copy(session->folder, sizeof session->folder, path);
		ftp_reply(outbox, 250, "Directory successfully changed.");
	} else {
		ftp_reply(outbox, 550, "Failed to change directory.");
	}
	return FTP_DO_REPLY;
}

TAKE(CDUP)
{
	return take_CWD(session, "..", now_seconds, outbox);
}

TAKE(MKD)
{
	char path[CARD_PATH_BYTES], quoted[2 * CARD_PATH_BYTES];

	if (!card_path(session->folder, argument, path) || card_make_folder(session->printer->card, path) != CARD_FINE) {
		ftp_reply(outbox, 550, "Create directory operation failed.");
		return FTP_DO_REPLY;
	}
	ftp_format_quoted(path, quoted, sizeof quoted);
	ftp_reply(outbox, 257, "%s created", quoted);
	return FTP_DO_REPLY;
}

TAKE(RMD)
{
	char path[CARD_PATH_BYTES];

	if (card_path(session->folder, argument, path) && card_remove_folder(session->printer->card, path) == CARD_FINE)
		ftp_reply(outbox, 250, "Remove directory operation successful.");
	else
		ftp_reply(outbox, 550, "Remove directory operation failed.");
	return FTP_DO_REPLY;
}

/* -- files -------------------------------------------------------------------------------------------------------- */

/* The file that is meant, if there is one. */
static bool
find_file(struct ftp_session *session, const char *argument, struct card_entry *ret_entry)
{
	char path[CARD_PATH_BYTES];

	return card_path(session->folder, argument, path) &&
	       card_look(session->printer->card, path, ret_entry) == CARD_FINE && !ret_entry->is_folder;
}

TAKE(SIZE)
{
	struct card_entry entry;

	if (find_file(session, argument, &entry))
		ftp_reply(outbox, 213, "%" PRIu64, entry.size_bytes);
	else
		ftp_reply(outbox, 550, "Could not get file size.");
	return FTP_DO_REPLY;
}

TAKE(MDTM)
{
	struct card_entry entry;
	char date[FTP_DATE_BYTES];

	if (find_file(session, argument, &entry)) {
		ftp_format_date(entry.seconds, date);
		ftp_reply(outbox, 213, "%s", date);
	} else {
		ftp_reply(outbox, 550, "Could not get file modification time.");
	}
	return FTP_DO_REPLY;
}

TAKE(DELE)
{
	char path[CARD_PATH_BYTES];

	if (card_path(session->folder, argument, path) && card_remove(session->printer->card, path) == CARD_FINE)
		ftp_reply(outbox, 250, "Delete operation successful.");
	else
		ftp_reply(outbox, 550, "Delete operation failed.");
	return FTP_DO_REPLY;
}

TAKE(RNFR)
{
	struct card_entry entry;
	char path[CARD_PATH_BYTES];

	session->rename_from[0] = '\0';
	if (card_path(session->folder, argument, path) && card_look(session->printer->card, path, &entry) == CARD_FINE) {
		str_copy(session->rename_from, sizeof session->rename_from, path);
		ftp_reply(outbox, 350, "Ready for RNTO.");
	} else {
		ftp_reply(outbox, 550, "RNFR command failed.");
	}
	return FTP_DO_REPLY;
}

TAKE(RNTO)
{
	char path[CARD_PATH_BYTES];

	if (session->rename_from[0] == '\0')
		ftp_reply(outbox, 503, "RNFR required first.");
	else if (card_path(session->folder, argument, path) &&
		 card_rename(session->printer->card, session->rename_from, path) == CARD_FINE)
		ftp_reply(outbox, 250, "Rename successful.");
	else
		ftp_reply(outbox, 550, "Rename failed.");
	session->rename_from[0] = '\0';
	return FTP_DO_REPLY;
}

/* -- transfers ---------------------------------------------------------------------------------------------------- */

void
ftp_transfer_fini(struct ftp_transfer *transfer)
{
	if (transfer->upload != NULL)
		card_upload_abandon(transfer->upload);
	if (transfer->fd >= 0)
		close(transfer->fd);
	free(transfer->text);
	*transfer = (struct ftp_transfer){ .fd = -1 };
}

/* Else it is said what is missing. */
static bool
may_transfer(struct ftp_session *session, struct ftp_outbox *outbox)
{
	if (!session->has_passive)
		ftp_reply(outbox, 425, "Use PORT or PASV first.");
	else if (session->printer->model->ftps_is_vsftpd && !session->is_private)
		ftp_reply(outbox, 522, "Data connections must be encrypted.");
	else
		return true;
	return false;
}

static enum ftp_do
begin(struct ftp_session *session, struct ftp_transfer transfer)
{
	session->has_passive = false;
	session->transfer = transfer;
	return FTP_DO_TRANSFER;
}

/* A full card is told by a vsftpd when it writes, by the others at once; no card by both at once. */
static void
refuse_store(const struct ftp_session *session, enum card_fault fault, struct ftp_outbox *outbox)
{
	bool is_vsftpd = session->printer->model->ftps_is_vsftpd;

	if (fault == CARD_FULL && !is_vsftpd)
		ftp_reply(outbox, 552, "Exceeded storage allocation.");
	else if (fault == CARD_ABSENT && !is_vsftpd)
		ftp_reply(outbox, 550, "No storage.");
	else
		ftp_reply(outbox, 553, "Could not create file.");
}

TAKE(PASV)
{
	(void)outbox;
	return FTP_DO_PASSIVE;
}

TAKE(STOR)
{
	struct ftp_transfer transfer = { .kind = FTP_STORES, .fd = -1, .announced_bytes = session->announced_bytes };
	struct card *card = session->printer->card;
	char path[CARD_PATH_BYTES];

	session->announced_bytes = 0;
	if (!may_transfer(session, outbox))
		return FTP_DO_REPLY;
	enum card_fault fault = card_path(session->folder, argument, path) ? card_upload_begin(card, path, &transfer.upload)
									    : CARD_BAD_NAME;
	if (fault == CARD_FINE && !session->printer->model->ftps_is_vsftpd && card_is_full(card)) {
		card_upload_abandon(transfer.upload);
		fault = CARD_FULL;
	}
	if (fault == CARD_FINE)
		return begin(session, transfer);
	refuse_store(session, fault, outbox);
	return FTP_DO_REPLY;
}

TAKE(RETR)
{
	struct ftp_transfer transfer = { .kind = FTP_RETRIEVES, .fd = -1 };
	struct card_entry entry;
	char path[CARD_PATH_BYTES];

	if (!may_transfer(session, outbox))
		return FTP_DO_REPLY;
	if (card_path(session->folder, argument, path) &&
	    card_read(session->printer->card, path, &transfer.fd, &entry) == CARD_FINE)
		return begin(session, transfer);
	ftp_reply(outbox, 550, "Failed to open file.");
	return FTP_DO_REPLY;
}

/* Past options of ls. */
static const char *
skip_options(const char *argument)
{
	while (*argument == '-') {
		argument += strcspn(argument, " ");
		argument += strspn(argument, " ");
	}
	return argument;
}

static void
write_list(struct ftp_transfer *transfer, const struct card_entry *entries, size_t count, bool names_only,
	   int64_t now_seconds)
{
	size_t cap = count * ENTRY_MAX_BYTES + 1;

	transfer->text = malloc(cap);
	ENSURE(transfer->text != NULL);
	for (size_t i = 0; i < count; i++) {
		const struct card_entry *entry = &entries[i];
		char *to = transfer->text + transfer->text_len;
		size_t left = cap - transfer->text_len;
		if (names_only && str_format(to, left, "%s\r\n", entry->name))
			transfer->text_len += strlen(to);
		else if (!names_only)
			transfer->text_len += ftp_format_entry(entry->name, entry->is_folder, entry->size_bytes,
							       entry->seconds, now_seconds, to, left);
	}
}

static enum ftp_do
tell(struct ftp_session *session, const char *argument, bool names_only, int64_t now_seconds, struct ftp_outbox *outbox)
{
	struct ftp_transfer transfer = { .kind = FTP_TELLS, .fd = -1 };
	enum card_fault fault = CARD_NOT_THERE;
	struct card_entry *entries = NULL;
	char path[CARD_PATH_BYTES];
	size_t count = 0;

	if (!may_transfer(session, outbox))
		return FTP_DO_REPLY;
	if (card_path(session->folder, skip_options(argument), path))
		fault = card_list(session->printer->card, path, &entries, &count);
	if (fault == CARD_ABSENT && session->printer->model->storage != STORAGE_KIND_USB) {
		ftp_reply(outbox, 550, "No storage.");
		return FTP_DO_REPLY;
	}
	/* What is not there has an empty list, as with vsftpd; so has the place of a stick. */
	write_list(&transfer, entries, count, names_only, now_seconds);
	free(entries);
	return begin(session, transfer);
}

TAKE(LIST)
{
	return tell(session, argument, false, now_seconds, outbox);
}

TAKE(NLST)
{
	return tell(session, argument, true, now_seconds, outbox);
}

/* -- the machine --------------------------------------------------------------------------------------------------- */

static take_fn *const takes[FTP_COMMAND_COUNT] = {
#define IS(NAME) [FTP_##NAME] = take_##NAME
	IS(USER), IS(PASS), IS(QUIT), IS(PBSZ), IS(PROT), IS(NOOP), IS(SYST), IS(TYPE), IS(MODE), IS(STRU), IS(ALLO),
	IS(PWD), IS(CWD), IS(CDUP), IS(PASV), IS(STOR), IS(RETR), IS(LIST), IS(NLST), IS(SIZE), IS(MDTM), IS(DELE),
	IS(MKD), IS(RMD), IS(RNFR), IS(RNTO), IS(ABOR),
#undef IS
};

void
ftp_session_begin(struct ftp_session *session, const struct ftp_printer *printer, struct ftp_outbox *outbox)
{
	*session = (struct ftp_session){ .printer = printer, .folder = "/", .transfer = { .fd = -1 } };
	ftp_reply(outbox, 220, printer->model->ftps_is_vsftpd ? "(vsFTPd 3.0.3)" : "FTP server ready.");
}

enum ftp_do
ftp_session_take(struct ftp_session *session, const struct ftp_line *line, int64_t now_seconds, struct ftp_outbox *outbox)
{
	enum ftp_command command = line->command;

	if (line->is_too_long)
		ftp_reply(outbox, 500, "Input line too long.");
	else if (!session->is_in && ftp_command_needs_login(command))
		ftp_reply(outbox, 530, "Please login with USER and PASS.");
	else if (command == FTP_COMMAND_COUNT)
		ftp_reply(outbox, 500, "Unknown command.");
	else if (takes[command] == NULL)
		ftp_reply(outbox, 502, "Command not implemented.");
	else if (line->is_garbled || (ftp_command_needs_argument(command) && line->argument[0] == '\0'))
		ftp_reply(outbox, 501, "Syntax error in parameters.");
	else
		return takes[command](session, line->argument, now_seconds, outbox);
	return FTP_DO_REPLY;
}

void
ftp_session_is_passive(struct ftp_session *session, uint32_t address, uint16_t port, struct ftp_outbox *outbox)
{
	char place[FTP_PLACE_BYTES];

	session->has_passive = port != 0;
	if (port == 0) {
		ftp_reply(outbox, 425, "Failed to establish connection.");
		return;
	}
	ftp_format_place(session->printer->model->ftps_hides_address ? 0 : address, port, place);
	ftp_reply(outbox, 227, "Entering Passive Mode (%s).", place);
}

void
ftp_session_says_begin(struct ftp_session *session, enum ftp_transfer_kind kind, struct ftp_outbox *outbox)
{
	static const char *const words[] = {
		[FTP_STORES] = "Ok to send data.", [FTP_RETRIEVES] = "Opening BINARY mode data connection.",
		[FTP_TELLS] = "Here comes the directory listing.",
	};

	(void)session;
	ftp_reply(outbox, 150, "%s", words[kind]);
}

void
ftp_session_says_end(struct ftp_session *session, enum ftp_transfer_kind kind, enum ftp_end end, struct ftp_outbox *outbox)
{
	static const struct { unsigned code; const char *words; } ends[] = {
		[FTP_END_GOOD] = { 226, "Transfer complete." },
		[FTP_END_NO_CONNECTION] = { 425, "Failed to establish connection." },
		[FTP_END_NO_TLS] = { 425, "TLS handshake failed." },
		[FTP_END_NO_SESSION] = { 522, "SSL connection failed: session reuse required" },
		[FTP_END_CUT_OFF] = { 426, "Failure reading network stream." },
		[FTP_END_FULL] = { 452, "Insufficient storage space." },
		[FTP_END_BROKEN] = { 451, "Failure writing to local file." },
	};

	(void)session;
	ftp_reply(outbox, ends[end].code, "%s",
		  kind == FTP_TELLS && end == FTP_END_GOOD ? "Directory send OK." : ends[end].words);
}
