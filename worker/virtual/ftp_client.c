/*
 * ftp_client: one client's control connection, and the data connection that belongs to it.
 *
 * One command at a time: while a transfer goes on, what else was sent waits in the socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "worker/virtual/ftp_server_inner.h"

#define CLIENT_MAGIC 0x66747063
#define LINES_A_TURN 32

enum stage {
	GREETING, /* TLS begins */
	LISTENING,
	AWAITING,     /* a transfer is to begin; its data connection has not come */
	TRANSFERRING,
	LEAVING, /* the last replies go out */
	OVER,
};

struct ftp_client {
	unsigned magic;
	struct ftp_server *server;
	union ftp_address address, own;
	int fd;
	struct tls_server *tls;
	struct loop_io *io;
	struct loop_timer *timer;
	struct loop_timer *again; /* there is more to do: after the others */
	enum stage stage;
	bool is_gone; /* it has closed while a transfer goes on */
	struct ftp_session session;
	struct ftp_inbox inbox;
	struct ftp_outbox outbox;
	int data_fd;		/* has come before its command; -1 none */
	struct ftp_data *data;	/* the transfer, or what is left of the last one */
	enum ftp_transfer_kind kind;
};

static void go(struct ftp_client *client);

static void
end(struct ftp_client *client)
{
	client->stage = OVER;
	loop_io_set_interest(client->io, 0);
	loop_timer_cancel(client->timer);
	ftp_server_sweep(client->server);
}

void
ftp_client_drop(struct ftp_client *client)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	end(client);
}

bool
ftp_client_is_over(const struct ftp_client *client)
{
	return client->stage == OVER;
}

void
ftp_client_address(const struct ftp_client *client, union ftp_address *ret_address)
{
	*ret_address = client->address;
}

/* -- replies ------------------------------------------------------------------------------------------------------ */

/* False: it is over, or not all went. */
static bool
flush(struct ftp_client *client)
{
	size_t written;

	while (client->outbox.len > client->outbox.sent) {
		enum tls_step step = tls_server_write(client->tls, client->outbox.bytes + client->outbox.sent,
						      client->outbox.len - client->outbox.sent, &written);
		if (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE) {
			loop_io_set_interest(client->io, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
			return false;
		}
		if (step != TLS_STEP_DONE) {
			end(client);
			return false;
		}
		ftp_outbox_went(&client->outbox, written);
	}
	return true;
}

/* -- transfers ---------------------------------------------------------------------------------------------------- */

static void
finish(struct ftp_client *client, enum ftp_end how)
{
	const struct ftp_server_setup *setup = &client->server->setup;

	if (client->is_gone) {
		end(client);
	} else {
		client->stage = LISTENING;
		ftp_session_says_end(&client->session, client->kind, how, &client->outbox);
		loop_timer_set(client->timer, FTP_SERVER_IDLE_MS);
		loop_timer_set(client->again, 0);
	}
	setup->on_changed(setup->arg); /* this may be the end of it */
}

static void
on_data_end(void *arg, enum ftp_end how)
{
	struct ftp_client *client = arg;

	ENSURE_OBJ(client, CLIENT_MAGIC);
	if (client->stage == TRANSFERRING)
		finish(client, how);
}

static void
on_data_cut(void *arg)
{
	struct ftp_client *client = arg;
	const struct ftp_server_setup *setup = &client->server->setup;

	ENSURE_OBJ(client, CLIENT_MAGIC);
	end(client);
	setup->on_cut(setup->arg);
	setup->on_changed(setup->arg);
}

/* 150 first, then TLS on the data connection. */
static void
begin_transfer(struct ftp_client *client)
{
	struct ftp_server *server = client->server;
	const struct ftp_data_setup setup = {
		.loop = server->loop,	   .model = server->setup.model, .controls = server->setup.controls,
		.service = client->session.is_private ? server->service : NULL,
		.control = client->tls,	   .on_end = on_data_end,	 .on_cut = on_data_cut,
		.arg = client,
	};

	client->stage = TRANSFERRING;
	loop_timer_cancel(client->timer); /* the data connection has its own */
	ftp_session_says_begin(&client->session, client->kind, &client->outbox);
	flush(client);
	if (client->stage == OVER)
		return;
	ftp_data_free(client->data);
	client->data = ftp_data_new(&setup, client->data_fd, &client->session.transfer);
	client->data_fd = -1;
}

void
ftp_client_take_data(struct ftp_client *client, int fd)
{
	ENSURE_OBJ(client, CLIENT_MAGIC);
	if (client->data_fd >= 0)
		close(client->data_fd);
	client->data_fd = fd;
	if (client->stage == AWAITING)
		begin_transfer(client);
}

static void
want_transfer(struct ftp_client *client)
{
	client->kind = client->session.transfer.kind;
	if (client->data_fd >= 0) {
		begin_transfer(client);
		return;
	}
	client->stage = AWAITING;
	loop_timer_set(client->timer, FTP_SERVER_ACCEPT_MS);
}

/* What was left of an earlier one is closed. */
static void
open_door(struct ftp_client *client)
{
	const struct ftp_door *door = ftp_server_lend_door(client->server, client);
	bool is_v4 = client->own.any.sa_family == AF_INET;

	if (client->data_fd >= 0)
		close(client->data_fd);
	client->data_fd = -1;
	ftp_session_is_passive(&client->session, is_v4 ? client->own.v4.sin_addr.s_addr : 0,
			       door != NULL ? door->port.port : 0, &client->outbox);
}

/* -- commands ------------------------------------------------------------------------------------------------------ */

/* Of these the card may be another afterwards. */
static bool
may_change(enum ftp_command command)
{
	return command == FTP_DELE || command == FTP_MKD || command == FTP_RMD || command == FTP_RNTO;
}

static void
take(struct ftp_client *client, const struct ftp_line *line)
{
	switch (ftp_session_take(&client->session, line, clock_wall_ms() / 1000, &client->outbox)) {
	case FTP_DO_REPLY:
		break;
	case FTP_DO_PASSIVE:
		open_door(client);
		break;
	case FTP_DO_TRANSFER:
		want_transfer(client);
		break;
	case FTP_DO_ABORT: /* while one goes on, no command is taken */
		ftp_reply(&client->outbox, 225, "No transfer to ABOR.");
		break;
	case FTP_DO_HANG_UP:
		client->stage = LEAVING;
		break;
	}
	if (may_change(line->command))
		client->server->setup.on_changed(client->server->setup.arg);
	if (client->stage == LISTENING && client->session.is_in)
		loop_timer_set(client->timer, FTP_SERVER_IDLE_MS);
}

/* Takes what came until there is nothing more, or something else to do. */
static void
listen_to(struct ftp_client *client)
{
	static struct ftp_line line;
	char *to;
	size_t len;

	for (unsigned i = 0; client->stage == LISTENING && i < LINES_A_TURN;) {
		if (!ftp_outbox_has_room(&client->outbox) && !flush(client))
			return;
		if (ftp_inbox_take(&client->inbox, &line)) {
			take(client, &line);
			i++;
			continue;
		}
		size_t room = ftp_inbox_room(&client->inbox, &to);
		enum tls_step step = tls_server_read(client->tls, to, room, &len);
		if (step == TLS_STEP_DONE) {
			ftp_inbox_came(&client->inbox, len);
			continue;
		}
		if (step != TLS_STEP_WANT_READ && step != TLS_STEP_WANT_WRITE)
			end(client);
		else if (flush(client))
			loop_io_set_interest(client->io, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
		return;
	}
	if (client->stage == LISTENING)
		loop_timer_set(client->again, 0); /* it says much: others first */
}

/* While a transfer is on: what is said waits; but whether somebody is still there is to be known. */
static void
overhear(struct ftp_client *client)
{
	enum tls_step step = TLS_STEP_DONE;
	size_t room, len;
	char *to;

	while (step == TLS_STEP_DONE && (room = ftp_inbox_room(&client->inbox, &to)) > 0) {
		step = tls_server_read(client->tls, to, room, &len);
		ftp_inbox_came(&client->inbox, len);
	}
	loop_io_set_interest(client->io, step == TLS_STEP_WANT_READ ? LOOP_READ : 0);
	client->is_gone = step == TLS_STEP_CLOSED || step == TLS_STEP_FAILED;
	if (client->is_gone && client->stage == AWAITING)
		end(client);
}

static void
shake_hands(struct ftp_client *client)
{
	enum tls_step step = tls_server_handshake(client->tls);

	if (step == TLS_STEP_WANT_READ || step == TLS_STEP_WANT_WRITE) {
		loop_io_set_interest(client->io, step == TLS_STEP_WANT_READ ? LOOP_READ : LOOP_WRITE);
	} else if (step != TLS_STEP_DONE) {
		end(client);
	} else {
		client->stage = LISTENING;
		ftp_session_begin(&client->session, &client->server->printer, &client->outbox);
	}
}

static void
leave(struct ftp_client *client)
{
	if (!flush(client))
		return;
	tls_server_end(client->tls);
	end(client);
}

static void
go(struct ftp_client *client)
{
	if (client->stage == GREETING)
		shake_hands(client);
	if (client->stage == LISTENING)
		listen_to(client);
	if (client->stage == AWAITING || client->stage == TRANSFERRING) {
		if (flush(client) && !client->is_gone)
			overhear(client);
	} else if (client->stage == LEAVING) {
		leave(client);
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
	struct ftp_client *client = arg;

	if (client->stage != OVER)
		go(client);
}

static void
on_timer(void *arg)
{
	struct ftp_client *client = arg;

	ENSURE_OBJ(client, CLIENT_MAGIC);
	if (client->stage != AWAITING) {
		end(client);
		return;
	}
	ftp_server_return_door(client->server, client);
	ftp_transfer_fini(&client->session.transfer);
	finish(client, FTP_END_NO_CONNECTION);
}

/* -- life --------------------------------------------------------------------------------------------------------- */

struct ftp_client *
ftp_client_new(struct ftp_server *server, int fd, const union ftp_address *address)
{
	struct ftp_client *client = calloc(1, sizeof *client);
	socklen_t len = sizeof client->own;

	ENSURE(client != NULL);
	client->magic = CLIENT_MAGIC;
	client->server = server;
	client->address = *address;
	client->fd = fd;
	client->data_fd = -1;
	client->session.transfer.fd = -1;
	if (getsockname(fd, &client->own.any, &len) != 0)
		memset(&client->own, 0, sizeof client->own);
	client->tls = tls_server_new(server->service, fd);
	client->io = loop_io_new(server->loop, fd, LOOP_READ, on_ready, client);
	client->timer = loop_timer_new(server->loop, on_timer, client);
	client->again = loop_timer_new(server->loop, on_again, client);
	loop_timer_set(client->timer, FTP_SERVER_LOGIN_MS);
	return client;
}

void
ftp_client_free(struct ftp_client *client)
{
	if (client == NULL)
		return;
	ENSURE_OBJ(client, CLIENT_MAGIC);
	ftp_data_free(client->data);
	ftp_transfer_fini(&client->session.transfer);
	if (client->data_fd >= 0)
		close(client->data_fd);
	loop_io_free(client->io);
	loop_timer_free(client->timer);
	loop_timer_free(client->again);
	tls_server_free(client->tls);
	close(client->fd);
	client->magic = 0;
	free(client);
}
