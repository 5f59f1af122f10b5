/*
 * folder: what lies in a printer's storage: lists and deletions.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "worker/upload/exchange.h"
#include "worker/upload/times.h"

#define PIECE_BYTES 16384

/* -- LIST ----------------------------------------------------------------------------------------------- */

typedef void entry_fn(void *arg, enum ftp_entry_kind kind, const struct ftp_entry *entry);

/* What of a listing came last and has no end of line yet. */
struct listing {
	entry_fn *fn;
	void *arg;
	size_t total_bytes, line_bytes, known, strange;
	char line[1024];
	bool line_is_long;
};

static void
end_line(struct listing *listing)
{
	struct ftp_entry entry;
	size_t len = listing->line_bytes;

	while (len > 0 && listing->line[len - 1] == '\r')
		len--;
	if (!listing->line_is_long) {
		enum ftp_entry_kind kind = ftp_parse_entry(listing->line, len, &entry);
		if (kind == FTP_FILE || kind == FTP_FOLDER)
			listing->fn(listing->arg, kind, &entry);
		listing->known += kind != FTP_STRANGE;
		listing->strange += kind == FTP_STRANGE;
	}
	listing->line_bytes = 0;
	listing->line_is_long = false;
}

static void
take_piece(struct listing *listing, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			end_line(listing);
		else if (listing->line_bytes < sizeof listing->line)
			listing->line[listing->line_bytes++] = bytes[i];
		else
			listing->line_is_long = true;
	}
	listing->total_bytes += len;
}

static enum upload_fault
receive(struct exchange *exchange, struct line *data, struct listing *listing)
{
	static char piece[PIECE_BYTES];
	size_t n;

	for (;;) {
		enum line_end end = line_read(data, piece, sizeof piece, session_deadline_ms(&exchange->session, STALL_MS), &n);
		if (end == LINE_CLOSED)
			return UPLOAD_NONE;
		if (end != LINE_FINE)
			return session_fault_of_data(&exchange->session, data, end);
		take_piece(listing, piece, n);
		if (listing->total_bytes > EXCHANGE_LISTING_MAX_BYTES) {
			log_warn("the printer lists more than is read", log_int("bytes", EXCHANGE_LISTING_MAX_BYTES));
			return UPLOAD_UNREADABLE;
		}
	}
}

/* Each entry of the folder that is the present one. */
static enum upload_fault
list_present(struct exchange *exchange, entry_fn *fn, void *arg)
{
	struct session *session = &exchange->session;
	struct listing listing = { .fn = fn, .arg = arg };
	struct line data;
	bool begun;

	line_init(&data, &exchange->breaker);
	enum upload_fault fault = session_open_data(session, "LIST", NULL, &data, &begun);
	if (fault == UPLOAD_NONE)
		fault = receive(exchange, &data, &listing);
	line_close(&data);
	if (fault == UPLOAD_NONE)
		fault = session_await(session, session_deadline_ms(session, COMMAND_MS));
	if (fault == UPLOAD_NONE && session->reply.code / 100 != 2)
		fault = session_fault_of_reply(session);
	/* No word of it is understood: whether a file is there is not known. */
	if (fault == UPLOAD_NONE && listing.strange > 0 && listing.known == 0)
		fault = UPLOAD_UNREADABLE;
	return fault;
}

static enum upload_fault
list(struct exchange *exchange, const char *folder, entry_fn *fn, void *arg)
{
	enum upload_fault fault = session_do(&exchange->session, "CWD", folder, 2);

	return fault == UPLOAD_NONE ? list_present(exchange, fn, arg) : fault;
}

static void
keep_entry(void *arg, enum ftp_entry_kind kind, const struct ftp_entry *entry)
{
	struct exchange *exchange = arg;

	if (kind != FTP_FILE || exchange->entry_count == EXCHANGE_ENTRIES_MAX)
		return;
	if (exchange->entries == NULL)
		exchange->entries = calloc(EXCHANGE_ENTRIES_MAX, sizeof *exchange->entries);
	ENSURE(exchange->entries != NULL);
	exchange->entries[exchange->entry_count++] = *entry;
	if (exchange->entry_count == EXCHANGE_ENTRIES_MAX)
		log_warn("the printer lists more files than are told", log_int("told", EXCHANGE_ENTRIES_MAX));
}

enum upload_fault
folder_list(struct exchange *exchange, const char *folder)
{
	session_enter(&exchange->session, UPLOAD_PHASE_LIST);
	str_copy(exchange->facts.path, sizeof exchange->facts.path, folder);
	return list(exchange, folder, keep_entry, exchange);
}

/* -- the size of one ------------------------------------------------------------------------------------------ */

struct sought {
	const char *name;
	int64_t size_bytes; /* -1 = not seen */
};

static void
compare_entry(void *arg, enum ftp_entry_kind kind, const struct ftp_entry *entry)
{
	struct sought *sought = arg;

	if (kind == FTP_FILE && strcmp(entry->name, sought->name) == 0)
		sought->size_bytes = entry->size_bytes;
}

enum upload_fault
folder_find(struct exchange *exchange, const char *path, int64_t *ret_bytes)
{
	const char *slash = strrchr(path, '/');
	struct sought sought = { slash + 1, -1 };
	char folder[SESSION_PATH_MAX_BYTES + 1];
	size_t len = slash == path ? 1 : (size_t)(slash - path);

	memcpy(folder, path, len);
	folder[len] = '\0';
	enum upload_fault fault = list(exchange, folder, compare_entry, &sought);
	*ret_bytes = sought.size_bytes;
	return fault;
}

/* -- DELE --------------------------------------------------------------------------------------------------------- */

/* Most say "550" when it is not there, and when it cannot be deleted: its size tells which, or its folder's list. */
static enum upload_fault
is_gone(struct exchange *exchange, const char *path)
{
	struct session *session = &exchange->session;
	struct ftp_reply of_dele = session->reply;
	int64_t bytes = 0; /* it is there, as far as is known */
	enum upload_fault fault = session_ask(session, "SIZE", path);

	if (fault != UPLOAD_NONE || session->reply.code == 550)
		return fault;
	if (session->reply.code != 213) {
		fault = folder_find(exchange, path, &bytes);
		if (!session->stands || (fault == UPLOAD_NONE && bytes < 0))
			return fault;
	}
	exchange->facts.code = of_dele.code;
	str_copy(exchange->facts.reply, sizeof exchange->facts.reply, of_dele.text);
	return upload_fault_of_reply(UPLOAD_PHASE_CLEAN, of_dele.code);
}

enum upload_fault
folder_delete(struct exchange *exchange, const char *path)
{
	struct session *session = &exchange->session;
	enum upload_fault fault = session_ask(session, "DELE", path);

	str_copy(exchange->facts.path, sizeof exchange->facts.path, path);
	if (fault != UPLOAD_NONE || session->reply.code / 100 == 2)
		return fault;
	bool may_be_gone = session->reply.code == 450 || (session->reply.code >= 550 && session->reply.code <= 553);
	return may_be_gone ? is_gone(exchange, path) : session_fault_of_reply(session);
}

enum upload_fault
folder_delete_ordered(struct exchange *exchange)
{
	const struct order *order = &exchange->order;
	enum upload_fault first = UPLOAD_NONE;
	struct upload_facts of_first;
	const char *path = order->paths;

	session_enter(&exchange->session, UPLOAD_PHASE_CLEAN);
	for (size_t i = 0; i < order->path_count; i++, path += strlen(path) + 1) {
		enum upload_fault fault = folder_delete(exchange, path);
		if (fault == UPLOAD_NONE) {
			log_info("is not at the printer any more", log_str("path", path));
			continue;
		}
		log_warn("could not delete a file at the printer", log_str("path", path),
			 log_str("fault", upload_fault_id(fault)), log_int("code", exchange->facts.code),
			 log_str("reply", exchange->facts.reply));
		if (!exchange->session.stands)
			return fault;
		if (first == UPLOAD_NONE && order->kind == EXCHANGE_REMOVE) {
			first = fault;
			of_first = exchange->facts;
		}
	}
	if (first != UPLOAD_NONE)
		exchange->facts = of_first;
	return first;
}
