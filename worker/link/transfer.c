/*
 * transfer: asking for a helper and for the file at once, the order when both are there, and the end.
 */
#include "worker/link/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/job_fault.h"
#include "worker/link/worker.h"

bool
transfer_is_free(const struct transfer *transfer)
{
	return transfer->kind == TRANSFER_NONE;
}

/* -- how far it is ------------------------------------------------------------------------------- */

/* Bytes a second over the samples that are kept; 0 = not known. */
static uint32_t
take_sample(struct transfer *transfer, uint64_t bytes, int64_t now_ms)
{
	struct transfer_sample *samples = transfer->samples;

	if (transfer->sample_count == TRANSFER_SAMPLES)
		memmove(&samples[0], &samples[1], (size_t)--transfer->sample_count * sizeof samples[0]);
	samples[transfer->sample_count++] = (struct transfer_sample){ now_ms, bytes };
	int64_t took_ms = now_ms - samples[0].at_ms;
	if (took_ms <= 0 || bytes < samples[0].bytes)
		return 0;
	uint64_t rate = (bytes - samples[0].bytes) * 1000 / (uint64_t)took_ms;
	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

static void
say_progress(struct worker *worker, const char *phase, uint64_t sent_bytes)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_job_progress message = { .sent_bytes = sent_bytes,
					    .total_bytes = transfer->size_bytes,
					    .since_ms = transfer->since_ms };

	str_copy(message.serial, sizeof message.serial, child_entry_peek(worker->child));
	str_copy(message.id, sizeof message.id, transfer->job);
	str_copy(message.phase, sizeof message.phase, phase);
	message.rate_bytes_per_s = take_sample(transfer, sent_bytes, clock_monotonic_ms());
	child_send(worker->child, MESSAGE_JOB_PROGRESS, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
}

void
transfer_say_nothing(struct worker *worker)
{
	struct msg_job_progress message = { 0 };

	str_copy(message.serial, sizeof message.serial, child_entry_peek(worker->child));
	child_send(worker->child, MESSAGE_JOB_PROGRESS, ROLE_NONE, SLOT_ALL, 0, 0, &message, -1);
}

/* -- the end ---------------------------------------------------------------------------------------- */

static void
end_helper(struct worker *worker)
{
	struct msg_helper_end end = { .role = ROLE_UPLOAD, .slot = worker->transfer.slot };

	child_send(worker->child, MESSAGE_HELPER_END, ROLE_SUPERVISOR, 0, 0, 0, &end, -1);
}

static void
finish(struct worker *worker, const struct msg_ftp_result *result)
{
	struct transfer *transfer = &worker->transfer;
	struct transfer was = *transfer;

	if (was.has_helper)
		end_helper(worker);
	if (was.has_file)
		close(was.fd);
	free(was.lines);
	memset(transfer, 0, sizeof *transfer);
	if (was.kind == TRANSFER_PUT)
		transfer_say_nothing(worker);
	log_debug("an exchange with the printer's storage is over", log_bool("good", result->good),
		  log_str("fault", result->fault), log_int("sent_bytes", (int64_t)result->sent_bytes),
		  log_int("took_ms", result->took_ms));
	was.on_end(worker, result);
}

static void
finish_badly(struct worker *worker, const char *fault, const char *sentence, const char *remedy,
	     bool try_again)
{
	struct msg_ftp_result result = { .try_again = try_again, .remote_bytes = -1 };

	str_copy(result.fault, sizeof result.fault, fault);
	str_copy(result.sentence, sizeof result.sentence, sentence);
	str_copy(result.remedy, sizeof result.remedy, remedy);
	finish(worker, &result);
}

/* -- the beginning -------------------------------------------------------------------------------------- */

static struct transfer *
begin(struct worker *worker, enum transfer_kind kind, transfer_end_fn *on_end)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_helper_want want = { .role = ROLE_UPLOAD };

	ENSURE(transfer_is_free(transfer));
	transfer->kind = kind;
	transfer->on_end = on_end;
	transfer->since_ms = clock_wall_ms();
	transfer->helper_request = child_next_request_id(worker->child);
	child_send(worker->child, MESSAGE_HELPER_WANT, ROLE_SUPERVISOR, 0, transfer->helper_request, 0, &want,
		   -1);
	return transfer;
}

static char *
copy_lines(const char *lines)
{
	char *copy = strdup(lines);

	ENSURE(copy != NULL);
	return copy;
}

void
transfer_put(struct worker *worker, const struct job_put *put, transfer_end_fn *on_end)
{
	struct transfer *transfer = begin(worker, TRANSFER_PUT, on_end);
	struct msg_file_want want = { 0 };

	str_copy(transfer->job, sizeof transfer->job, put->id);
	str_copy(transfer->sha256, sizeof transfer->sha256, put->sha256);
	str_copy(transfer->path, sizeof transfer->path, put->path);
	transfer->size_bytes = put->size_bytes;
	transfer->lines = copy_lines(put->remove);
	str_copy(want.sha256, sizeof want.sha256, put->sha256);
	transfer->file_request = child_next_request_id(worker->child);
	child_send(worker->child, MESSAGE_FILE_WANT, ROLE_STORED, 0, transfer->file_request, 0, &want, -1);
	say_progress(worker, "connect", 0);
}

void
transfer_list(struct worker *worker, const char *folder, transfer_entry_fn *on_entry, transfer_end_fn *on_end)
{
	struct transfer *transfer = begin(worker, TRANSFER_LIST, on_end);

	str_copy(transfer->path, sizeof transfer->path, folder);
	transfer->on_entry = on_entry;
}

void
transfer_remove(struct worker *worker, const char *paths, transfer_end_fn *on_end)
{
	begin(worker, TRANSFER_REMOVE, on_end)->lines = copy_lines(paths);
}

/* -- the order --------------------------------------------------------------------------------------------- */

/* What every order begins with; the access code in it is to be wiped afterwards. */
#define FILL_ORDER(order, worker)                                                            \
	do {                                                                                 \
		const struct link *link_ = &(worker)->link;                                  \
		str_copy((order)->serial, sizeof(order)->serial, link_->settings.serial);    \
		str_copy((order)->address, sizeof(order)->address, link_->settings.address); \
		str_copy((order)->model, sizeof(order)->model, link_->model->key);           \
		str_copy((order)->certificate_sha256, sizeof(order)->certificate_sha256,     \
			 link_->settings.pin_sha256);                                        \
		(order)->port = (worker)->ftps_port;                                         \
		(order)->access_code = link_->settings.access_code;                          \
	} while (0)

static struct ipc_bytes
text_of(const char *text)
{
	return (struct ipc_bytes){ (const uint8_t *)text, strlen(text) };
}

static void
order_put(struct worker *worker)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_ftp_put order = { .size_bytes = transfer->size_bytes, .remove = text_of(transfer->lines) };

	FILL_ORDER(&order, worker);
	str_copy(order.path, sizeof order.path, transfer->path);
	child_send(worker->child, MESSAGE_FTP_PUT, ROLE_UPLOAD, transfer->slot, transfer->order_request, 0,
		   &order, transfer->fd);
	secret_wipe(&order.access_code);
	close(transfer->fd);
	transfer->has_file = false;
}

static void
order_list(struct worker *worker)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_ftp_list order = { 0 };

	FILL_ORDER(&order, worker);
	str_copy(order.folder, sizeof order.folder, transfer->path);
	child_send(worker->child, MESSAGE_FTP_LIST, ROLE_UPLOAD, transfer->slot, transfer->order_request, 0,
		   &order, -1);
	secret_wipe(&order.access_code);
}

static void
order_remove(struct worker *worker)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_ftp_remove order = { .paths = text_of(transfer->lines) };

	FILL_ORDER(&order, worker);
	child_send(worker->child, MESSAGE_FTP_REMOVE, ROLE_UPLOAD, transfer->slot, transfer->order_request, 0,
		   &order, -1);
	secret_wipe(&order.access_code);
}

static void
finish_without_file(struct worker *worker)
{
	struct msg_refused refused = worker->transfer.file_refusal;
	bool is_gone = refused.reason == REFUSAL_NOT_FOUND;

	finish_badly(worker, job_fault_name(is_gone ? JOB_FAULT_FILE_MISSING : JOB_FAULT_UPLOAD_FAILED),
		     refused.sentence, refused.remedy, !is_gone);
}

/* Once all that was asked for is answered. */
static void
go_on(struct worker *worker)
{
	struct transfer *transfer = &worker->transfer;

	if (transfer->helper_request != 0 || transfer->file_request != 0)
		return;
	if (transfer->is_refused) {
		finish_without_file(worker);
		return;
	}
	if (transfer->is_cancelled) {
		finish_badly(worker, job_fault_name(JOB_FAULT_CANCELLED), "The exchange was cancelled.", "",
			     false);
		return;
	}
	transfer->order_request = child_next_request_id(worker->child);
	transfer->has_helper = false; /* from here on it ends by itself */
	if (transfer->kind == TRANSFER_PUT)
		order_put(worker);
	else if (transfer->kind == TRANSFER_LIST)
		order_list(worker);
	else
		order_remove(worker);
}

void
transfer_cancel(struct worker *worker)
{
	struct transfer *transfer = &worker->transfer;
	struct msg_ftp_cancel cancel = {};

	if (transfer->kind == TRANSFER_NONE || transfer->is_cancelled)
		return;
	transfer->is_cancelled = true; /* what is still asked for is answered first */
	if (transfer->order_request != 0)
		child_send(worker->child, MESSAGE_FTP_CANCEL, ROLE_UPLOAD, transfer->slot, 0, 0, &cancel, -1);
}

/* -- answers -------------------------------------------------------------------------------------------------- */

static void
on_helper(struct worker *worker, const struct msg_helper *helper)
{
	struct transfer *transfer = &worker->transfer;

	transfer->helper_request = 0;
	transfer->has_helper = true;
	transfer->slot = (uint16_t)helper->slot;
	go_on(worker);
}

static void
on_file(struct worker *worker, const struct msg_file_given *given, int fd)
{
	struct transfer *transfer = &worker->transfer;

	transfer->file_request = 0;
	transfer->has_file = true;
	transfer->fd = fd;
	transfer->size_bytes = given->size_bytes;
	go_on(worker);
}

/* Of the helper, of the file, or of the order (its doer has died: then whether it was done is not known). */
static bool
on_refused(struct worker *worker, uint32_t request_id, const struct msg_refused *refused)
{
	struct transfer *transfer = &worker->transfer;

	if (request_id == transfer->helper_request || request_id == transfer->order_request) {
		bool died = request_id == transfer->order_request;
		finish_badly(worker, job_fault_name(JOB_FAULT_UPLOAD_FAILED),
			     died ? "The process that spoke with the printer's storage has died."
				  : refused->sentence,
			     refused->remedy, true);
		return true;
	}
	if (request_id != transfer->file_request)
		return false;
	transfer->file_request = 0;
	transfer->file_refusal = *refused;
	transfer->is_refused = true;
	go_on(worker);
	return true;
}

static bool
on_word_of_helper(struct worker *worker, const struct header *header, const void *message)
{
	struct transfer *transfer = &worker->transfer;

	if (header->request_id != transfer->order_request)
		return false;
	if (header->number == MESSAGE_FTP_PROGRESS) {
		const struct msg_ftp_progress *progress = message;
		say_progress(worker, progress->phase, progress->sent_bytes);
	} else if (header->number == MESSAGE_FTP_ENTRY) {
		if (transfer->on_entry != NULL)
			transfer->on_entry(worker, message);
	} else {
		finish(worker, message);
	}
	return true;
}

bool
transfer_on_message(struct worker *worker, const struct header *header, const void *message, int fd)
{
	struct transfer *transfer = &worker->transfer;

	if (transfer->kind == TRANSFER_NONE || header->request_id == 0)
		return false;
	switch (header->number) {
	case MESSAGE_HELPER:
		if (header->request_id != transfer->helper_request)
			return false;
		on_helper(worker, message);
		return true;
	case MESSAGE_FILE_GIVEN:
		if (header->request_id != transfer->file_request)
			return false;
		on_file(worker, message, fd);
		return true;
	case MESSAGE_REFUSED:
		return on_refused(worker, header->request_id, message);
	case MESSAGE_FTP_PROGRESS:
	case MESSAGE_FTP_ENTRY:
	case MESSAGE_FTP_RESULT:
		return on_word_of_helper(worker, header, message);
	default:
		return false;
	}
}
