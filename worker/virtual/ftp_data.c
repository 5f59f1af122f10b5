/*
 * ftp_data: see ftp_data.h.
 */
#include "worker/virtual/ftp_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"

#define DATA_MAGIC 0x66747064
#define PIECE_BYTES (128 * 1024)
#define GIVE_BYTES (64 * 1024)
#define SLOW_TICK_MS 100
#define SLOW_BUFFER_BYTES (64 * 1024) /* of the kernel's: what a slow printer has not taken stays with the client */
#define LINGER_MS 5000		      /* until a client has closed, too */
#define LINGER_DEAF_MS 60000	      /* … which waits for closing words that never come */

enum state { HANDSHAKE, MOVING, CLOSING, LINGERING, OVER };

struct ftp_data {
	unsigned magic;
	struct ftp_data_setup setup;
	enum state state;
	int fd;
	struct tls_server *tls; /* NULL: in clear */
	struct loop_io *io;
	struct loop_timer *timer; /* the deadline, or when a slow one goes on */
	struct loop_timer *again; /* there is more to do than one turn may take: after the others */
	struct ftp_transfer transfer;
	uint64_t cut_at; /* bytes; 0 = it is not cut */
	uint32_t cut_percent;
	bool is_paused;
	/* Of what goes out: */
	char *out;
	size_t out_at, out_len;
};

/* Shared by all: nothing stays in it from one turn to the next. */
static uint8_t piece[PIECE_BYTES];

/* -- the end -------------------------------------------------------------------------------------------------- */

static void
wait_for(struct ftp_data *data, unsigned interest)
{
	loop_io_set_interest(data->io, interest);
}

static void
close_all(struct ftp_data *data)
{
	data->state = OVER;
	loop_io_free(data->io);
	data->io = NULL;
	loop_timer_cancel(data->timer);
	loop_timer_cancel(data->again);
	tls_server_free(data->tls);
	data->tls = NULL;
	if (data->fd >= 0)
		close(data->fd);
	data->fd = -1;
}

/* What came of a file before it broke off stays, as on a printer. */
static void
keep_part(struct ftp_data *data)
{
	if (data->transfer.upload != NULL)
		card_upload_end(data->transfer.upload, UINT64_MAX);
	data->transfer.upload = NULL;
}

static void
end_badly(struct ftp_data *data, enum ftp_end end)
{
	keep_part(data);
	close_all(data);
	data->setup.on_end(data->setup.arg, end);
}

/* The fault: what came before stays, and nobody is told. */
static void
cut(struct ftp_data *data, uint64_t keep_bytes)
{
	log_info("an upload is cut, as was wanted", log_int("bytes", (int64_t)keep_bytes));
	card_upload_end(data->transfer.upload, keep_bytes);
	data->transfer.upload = NULL;
	close_all(data);
	data->setup.on_cut(data->setup.arg);
}

static void
linger(struct ftp_data *data, int64_t for_ms)
{
	data->state = LINGERING;
	wait_for(data, LOOP_READ);
	loop_timer_set(data->timer, for_ms);
}

static void
end_well(struct ftp_data *data)
{
	bool is_deaf = !data->setup.model->ftps_is_vsftpd && data->transfer.kind == FTP_STORES && data->tls != NULL;

	if (!is_deaf)
		shutdown(data->fd, SHUT_WR);
	linger(data, is_deaf ? LINGER_DEAF_MS : LINGER_MS);
	data->setup.on_end(data->setup.arg, FTP_END_GOOD);
}

/* Our own closing words. */
static void
say_closing_words(struct ftp_data *data)
{
	enum tls_step step = data->tls != NULL ? tls_server_end(data->tls) : TLS_STEP_DONE;

	data->state = CLOSING;
	if (step == TLS_STEP_WANT_WRITE)
		wait_for(data, LOOP_WRITE);
	else
		end_well(data); /* all of the file went; who has closed already needs no more */
}

/* -- a file comes ------------------------------------------------------------------------------------------------ */

static void
end_store(struct ftp_data *data)
{
	struct card_upload *upload = data->transfer.upload;
	uint64_t bytes = card_upload_bytes(upload);

	if (data->cut_percent > 0) {
		cut(data, bytes * data->cut_percent / 100);
		return;
	}
	data->transfer.upload = NULL;
	bool is_empty = data->setup.controls->faults[CONTROL_FAULT_EMPTY_UPLOAD];
	if (card_upload_end(upload, is_empty ? 0 : UINT64_MAX) != CARD_FINE)
		end_badly(data, FTP_END_BROKEN);
	else if (data->setup.model->ftps_is_vsftpd)
		say_closing_words(data);
	else
		end_well(data);
}

static enum tls_step
receive(struct ftp_data *data, void *to, size_t cap, size_t *ret_len)
{
	if (data->tls != NULL)
		return tls_server_read(data->tls, to, cap, ret_len);
	ssize_t n = recv(data->fd, to, cap, 0);
	*ret_len = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return TLS_STEP_DONE;
	if (n == 0)
		return TLS_STEP_CLOSED;
	return errno == EAGAIN || errno == EINTR ? TLS_STEP_WANT_READ : TLS_STEP_FAILED;
}

/* As much as is there and fits, so that the disk gets large pieces. */
static enum tls_step
gather(struct ftp_data *data, size_t cap, size_t *ret_len)
{
	enum tls_step step = TLS_STEP_DONE;
	size_t n;

	for (*ret_len = 0; *ret_len < cap; *ret_len += n) {
		step = receive(data, piece + *ret_len, cap - *ret_len, &n);
		if (step != TLS_STEP_DONE)
			break;
	}
	return step;
}

/* False: that was its end. */
static bool
keep(struct ftp_data *data, size_t len)
{
	enum card_fault fault = card_upload_write(data->transfer.upload, piece, len);

	if (fault == CARD_FINE && data->cut_at > 0 && card_upload_bytes(data->transfer.upload) >= data->cut_at) {
		cut(data, data->cut_at);
		return false;
	}
	if (fault != CARD_FINE)
		end_badly(data, fault == CARD_FULL ? FTP_END_FULL : FTP_END_BROKEN);
	return fault == CARD_FINE;
}

/* How much it takes before others have their turn. */
static size_t
turn_bytes(const struct ftp_data *data)
{
	return data->setup.controls->faults[CONTROL_FAULT_SLOW_UPLOAD] ? FTP_DATA_SLOW_BYTES_PER_S * SLOW_TICK_MS / 1000
								       : FTP_DATA_TURN_BYTES;
}

static void
go_on_later(struct ftp_data *data)
{
	if (data->transfer.kind != FTP_STORES || !data->setup.controls->faults[CONTROL_FAULT_SLOW_UPLOAD]) {
		loop_timer_set(data->again, 0);
		return;
	}
	data->is_paused = true;
	wait_for(data, 0);
	loop_timer_set(data->timer, SLOW_TICK_MS);
}

static void
store(struct ftp_data *data)
{
	size_t left = turn_bytes(data), len;

	while (left > 0) {
		enum tls_step step = gather(data, left < sizeof piece ? left : sizeof piece, &len);
		if (len > 0 && !keep(data, len))
			return;
		left -= len;
		if (step == TLS_STEP_DONE)
			continue;
		if (step == TLS_STEP_CLOSED)
			end_store(data);
		else if (step == TLS_STEP_FAILED)
			end_badly(data, FTP_END_CUT_OFF);
		else
			wait_for(data, step == TLS_STEP_WANT_WRITE ? LOOP_WRITE : LOOP_READ);
		return;
	}
	go_on_later(data);
}

/* -- a file or list goes -------------------------------------------------------------------------------------------- */

static enum tls_step
transmit(struct ftp_data *data, const void *bytes, size_t len, size_t *ret_len)
{
	if (data->tls != NULL)
		return tls_server_write(data->tls, bytes, len, ret_len);
	ssize_t n = send(data->fd, bytes, len, MSG_NOSIGNAL);
	*ret_len = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return TLS_STEP_DONE;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? TLS_STEP_WANT_WRITE : TLS_STEP_FAILED;
}

/* The next bytes of the file; false at its end. */
static bool
refill(struct ftp_data *data)
{
	if (data->transfer.kind != FTP_RETRIEVES)
		return false;
	ssize_t n = read(data->transfer.fd, data->out, GIVE_BYTES);
	data->out_at = 0;
	data->out_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void
give(struct ftp_data *data)
{
	size_t left = FTP_DATA_TURN_BYTES, len;

	while (left > 0) {
		if (data->out_at == data->out_len && !refill(data)) {
			say_closing_words(data);
			return;
		}
		size_t some = data->out_len - data->out_at;
		enum tls_step step = transmit(data, data->out + data->out_at, some < left ? some : left, &len);
		data->out_at += len;
		left -= len;
		if (step == TLS_STEP_DONE)
			continue;
		if (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE)
			wait_for(data, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
		else
			end_badly(data, FTP_END_CUT_OFF);
		return;
	}
	go_on_later(data);
}

/* -- the machine ------------------------------------------------------------------------------------------------- */

static void
move(struct ftp_data *data)
{
	loop_timer_set(data->timer, FTP_DATA_IDLE_MS);
	if (data->transfer.kind == FTP_STORES)
		store(data);
	else
		give(data);
}

static void
shake_hands(struct ftp_data *data)
{
	enum tls_step step = tls_server_handshake(data->tls);

	if (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE) {
		wait_for(data, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
	} else if (step != TLS_STEP_DONE) {
		end_badly(data, FTP_END_NO_TLS);
	} else if (data->setup.model->ftps_is_vsftpd && !tls_server_resumes(data->tls, data->setup.control)) {
		end_badly(data, FTP_END_NO_SESSION);
	} else {
		data->state = MOVING;
		move(data);
	}
}

/* Until the client has closed, too. */
static void
listen_to_the_end(struct ftp_data *data)
{
	ssize_t n = recv(data->fd, piece, sizeof piece, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_all(data);
}

static void
go(struct ftp_data *data)
{
	switch (data->state) {
	case HANDSHAKE:
		shake_hands(data);
		break;
	case MOVING:
		move(data);
		break;
	case CLOSING:
		say_closing_words(data);
		break;
	case LINGERING:
		listen_to_the_end(data);
		break;
	case OVER:
		break;
	}
}

static void
on_ready(void *arg, int fd, unsigned ready)
{
	(void)fd, (void)ready;
	go(arg);
}

static void
on_again(void *arg)
{
	struct ftp_data *data = arg;

	if (data->state != LINGERING && !data->is_paused)
		go(data);
}

static void
on_timer(void *arg)
{
	struct ftp_data *data = arg;

	ENSURE_OBJ(data, DATA_MAGIC);
	if (data->is_paused) {
		data->is_paused = false;
		go(data);
	} else if (data->state == LINGERING) {
		close_all(data);
	} else if (data->state == CLOSING) {
		end_well(data);
	} else {
		end_badly(data, data->state == HANDSHAKE ? FTP_END_NO_TLS : FTP_END_CUT_OFF);
	}
}

static void
prepare_out(struct ftp_data *data)
{
	data->out = data->transfer.text;
	data->out_len = data->transfer.text_len;
	data->transfer.text = NULL;
	if (data->transfer.kind == FTP_RETRIEVES)
		data->out = malloc(GIVE_BYTES);
	ENSURE(data->out != NULL || data->transfer.kind == FTP_STORES);
}

static void
prepare_cut(struct ftp_data *data)
{
	uint64_t total = data->transfer.announced_bytes > 0 ? data->transfer.announced_bytes : FTP_DATA_TYPICAL_BYTES;

	data->cut_percent = data->transfer.kind == FTP_STORES ? data->setup.controls->cut_upload_percent : 0;
	data->cut_at = total / 100 * data->cut_percent;
}

struct ftp_data *
ftp_data_new(const struct ftp_data_setup *setup, int fd, struct ftp_transfer *transfer)
{
	struct ftp_data *data = calloc(1, sizeof *data);
	int slow = SLOW_BUFFER_BYTES;

	ENSURE(data != NULL && fd >= 0);
	data->magic = DATA_MAGIC;
	data->setup = *setup;
	data->fd = fd;
	data->transfer = *transfer;
	*transfer = (struct ftp_transfer){ .fd = -1 };
	prepare_out(data);
	prepare_cut(data);
	if (setup->controls->faults[CONTROL_FAULT_SLOW_UPLOAD])
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &slow, sizeof slow);
	if (setup->service != NULL) {
		data->tls = tls_server_new(setup->service, fd);
		tls_server_expect_file(data->tls, setup->model->ftps_is_vsftpd);
	}
	data->state = setup->service != NULL ? HANDSHAKE : MOVING;
	data->io = loop_io_new(setup->loop, fd, LOOP_READ, on_ready, data);
	data->timer = loop_timer_new(setup->loop, on_timer, data);
	data->again = loop_timer_new(setup->loop, on_again, data);
	loop_timer_set(data->timer, FTP_DATA_HANDSHAKE_MS);
	loop_timer_set(data->again, 0);
	return data;
}

void
ftp_data_free(struct ftp_data *data)
{
	if (data == NULL)
		return;
	ENSURE_OBJ(data, DATA_MAGIC);
	keep_part(data);
	close_all(data);
	ftp_transfer_fini(&data->transfer);
	loop_timer_free(data->timer);
	loop_timer_free(data->again);
	free(data->out);
	data->magic = 0;
	free(data);
}
