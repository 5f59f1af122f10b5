/*
 * exchange: around each of the three kinds: what is set up, said in the log, and answered.
 */
#include "worker/upload/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

static void
on_phase(void *arg, enum upload_phase phase)
{
	struct exchange *exchange = arg;

	atomic_store(&exchange->phase, phase);
	exchange->on_change(exchange->arg);
}

void
exchange_moved(struct exchange *exchange, int64_t sent_bytes)
{
	atomic_store(&exchange->sent_bytes, sent_bytes);
	exchange->on_change(exchange->arg);
}

static void
set_up(struct exchange *exchange)
{
	const struct order *order = &exchange->order;
	struct session *session = &exchange->session;
	struct upload_facts *facts = &exchange->facts;

	facts->model = order->model;
	facts->port = order->port;
	facts->size_bytes = order->size_bytes;
	facts->remote_bytes = -1;
	facts->clock_ms = clock_wall_ms();
	str_copy(facts->address, sizeof facts->address, order->address);
	str_copy(facts->serial, sizeof facts->serial, order->serial);
	str_copy(facts->path, sizeof facts->path, order->path);
	ENSURE(line_parse_address(order->address, order->port, &session->address)); /* order.c has seen to it */
	session->expectation = &order->expectation;
	session->code = &order->code;
	session->facts = facts;
	session->on_phase = on_phase;
	session->arg = exchange;
	session_init(session, &exchange->breaker);
}

/* -- log ------------------------------------------------------------------------------------------------- */

static void
log_begin(const struct exchange *exchange)
{
	const struct order *order = &exchange->order;

	switch (order->kind) {
	case EXCHANGE_PUT:
		log_info("sends a file", log_str("path", order->path), log_int("bytes", order->size_bytes),
			 log_str("address", order->address), log_int("port", order->port),
			 log_int("deletes", (int64_t)order->path_count));
		break;
	case EXCHANGE_LIST:
		log_info("lists files", log_str("folder", order->path), log_str("address", order->address));
		break;
	case EXCHANGE_REMOVE:
		log_info("deletes files", log_int("files", (int64_t)order->path_count), log_str("address", order->address));
		break;
	}
}

static int64_t
per_second(int64_t bytes, int64_t ms)
{
	return bytes * 1000 / (ms > 0 ? ms : 1);
}

static void
log_end(const struct exchange *exchange, enum upload_fault fault)
{
	const struct order *order = &exchange->order;
	const struct msg_ftp_result *result = &exchange->result;

	if (fault != UPLOAD_NONE)
		log_warn("did not succeed", log_str("fault", result->fault), log_str("why", result->sentence),
			 log_int("sent_bytes", (int64_t)result->sent_bytes), log_int("remote_bytes", result->remote_bytes),
			 log_int("code", result->code), log_str("reply", result->reply), log_int("took_ms", result->took_ms));
	else if (order->kind == EXCHANGE_PUT)
		log_info("the printer has the file", log_str("path", order->path), log_int("bytes", order->size_bytes),
			 log_int("took_ms", result->took_ms), log_int("first_byte_ms", result->first_byte_ms),
			 log_int("bytes_per_s", per_second(order->size_bytes, result->took_ms)));
	else
		log_info("done", log_int("took_ms", result->took_ms));
}

/* -- answer --------------------------------------------------------------------------------------------------- */

static void
write_success(const struct exchange *exchange, char *ret, size_t cap)
{
	char bytes[UPLOAD_BYTES_BYTES];

	switch (exchange->order.kind) {
	case EXCHANGE_PUT:
		upload_write_bytes(exchange->order.size_bytes, bytes);
		str_format(ret, cap, "The printer has the whole file: %s.", bytes);
		break;
	case EXCHANGE_LIST:
		str_format(ret, cap, "%zu files.", exchange->entry_count);
		break;
	case EXCHANGE_REMOVE:
		str_copy(ret, cap, "The files are not at the printer any more.");
		break;
	}
}

static uint32_t
since(int64_t start_ms, int64_t end_ms)
{
	return end_ms > start_ms ? (uint32_t)(end_ms - start_ms) : 0;
}

static void
write_result(struct exchange *exchange, enum upload_fault fault)
{
	struct msg_ftp_result *result = &exchange->result;
	const struct upload_facts *facts = &exchange->facts;

	*result = (struct msg_ftp_result){ .good = fault == UPLOAD_NONE, .try_again = upload_fault_may_pass(fault),
					   .remote_bytes = facts->remote_bytes, .code = facts->code };
	if (exchange->order.kind == EXCHANGE_PUT)
		result->sent_bytes = (uint64_t)facts->sent_bytes;
	str_copy(result->fault, sizeof result->fault, upload_fault_id(fault));
	str_copy(result->reply, sizeof result->reply, facts->reply);
	if (fault == UPLOAD_NONE) {
		write_success(exchange, result->sentence, sizeof result->sentence);
	} else {
		upload_fault_sentence(fault, facts, result->sentence);
		upload_fault_remedy(fault, facts, result->remedy);
	}
	result->took_ms = since(exchange->start_ms, clock_monotonic_ms());
	result->first_byte_ms = since(exchange->start_ms, exchange->first_byte_ms);
}

/* -- doing it --------------------------------------------------------------------------------------------------- */

static enum upload_fault
perform(struct exchange *exchange)
{
	if (exchange->order.kind == EXCHANGE_PUT)
		return put_run(exchange);
	enum upload_fault fault = session_begin(&exchange->session);
	if (fault != UPLOAD_NONE)
		return fault;
	return exchange->order.kind == EXCHANGE_LIST ? folder_list(exchange, exchange->order.path)
						     : folder_delete_ordered(exchange);
}

void
exchange_run(struct exchange *exchange)
{
	set_up(exchange);
	log_begin(exchange);
	enum upload_fault fault = perform(exchange);
	session_end(&exchange->session);
	write_result(exchange, fault);
	log_end(exchange, fault);
}

void
exchange_fini(struct exchange *exchange)
{
	free(exchange->entries);
	exchange->entries = NULL;
	order_fini(&exchange->order);
}
