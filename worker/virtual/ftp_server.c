/*
 * ftp_server: who comes in, and by which door the files go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "worker/virtual/ftp_server_inner.h"

#define SERVER_MAGIC 0x66747073

static int
accept_one(int fd, union ftp_address *ret_address)
{
	socklen_t len = sizeof *ret_address;

	memset(ret_address, 0, sizeof *ret_address);
	return accept4(fd, &ret_address->any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

bool
ftp_address_equals(const union ftp_address *a, const union ftp_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->any.sa_family == AF_INET6 && memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

/* -- doors ------------------------------------------------------------------------------------------------------ */

/* Only who asked for it may come by this door: others are sent away. */
static void
on_door(void *arg, int fd, unsigned ready)
{
	struct ftp_door *door = arg;
	union ftp_address address, expected;
	int data_fd = accept_one(fd, &address);

	(void)ready;
	if (data_fd < 0)
		return;
	ENSURE(door->client != NULL);
	ftp_client_address(door->client, &expected);
	if (!ftp_address_equals(&address, &expected)) {
		log_info("a stranger came for the data of another");
		close(data_fd);
		return;
	}
	struct ftp_client *client = door->client;
	ftp_server_return_door(door->server, client);
	ftp_client_take_data(client, data_fd);
}

/* Who came too late for an earlier transfer. */
static void
send_away(int fd)
{
	union ftp_address address;
	int data_fd;

	while ((data_fd = accept_one(fd, &address)) >= 0)
		close(data_fd);
}

void
ftp_server_return_door(struct ftp_server *server, const struct ftp_client *client)
{
	for (size_t i = 0; i < FTP_SERVER_DATA_MAX; i++) {
		struct ftp_door *door = &server->doors[i];
		if (door->client != client)
			continue;
		loop_io_free(door->io);
		door->io = NULL;
		door->client = NULL;
	}
}

struct ftp_door *
ftp_server_lend_door(struct ftp_server *server, struct ftp_client *client)
{
	ftp_server_return_door(server, client);
	for (size_t i = 0; i < FTP_SERVER_DATA_MAX; i++) {
		struct ftp_door *door = &server->doors[i];
		if (door->port.fd < 0 || door->client != NULL)
			continue;
		send_away(door->port.fd);
		door->client = client;
		door->io = loop_io_new(server->loop, door->port.fd, LOOP_READ, on_door, door);
		return door;
	}
	return NULL;
}

static void
close_door(struct ftp_door *door)
{
	loop_io_free(door->io);
	*door = (struct ftp_door){ .server = door->server, .port = { .fd = -1 } };
}

/* -- clients ----------------------------------------------------------------------------------------------------- */

static size_t
clients_max(const struct ftp_server *server)
{
	return server->setup.model->ftps_takes_one ? 1 : FTP_SERVER_CLIENTS_MAX;
}

static struct ftp_client **
free_seat(struct ftp_server *server)
{
	for (size_t i = 0; i < clients_max(server); i++)
		if (server->clients[i] == NULL)
			return &server->clients[i];
	return NULL;
}

/* Others wait in the kernel's queue. */
static void
let_in_or_wait(struct ftp_server *server)
{
	if (server->io != NULL)
		loop_io_set_interest(server->io, free_seat(server) != NULL && server->service != NULL ? LOOP_READ : 0);
}

static void
on_arrival(void *arg, int fd, unsigned ready)
{
	struct ftp_server *server = arg;
	struct ftp_client **seat = free_seat(server);
	union ftp_address address;

	(void)ready;
	if (seat == NULL || server->service == NULL)
		return;
	int client_fd = accept_one(fd, &address);
	if (client_fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			log_warn("no descriptor for a client of the file service");
		return;
	}
	*seat = ftp_client_new(server, client_fd, &address);
	let_in_or_wait(server);
}

static void
sweep(void *arg)
{
	struct ftp_server *server = arg;

	for (size_t i = 0; i < FTP_SERVER_CLIENTS_MAX; i++) {
		if (server->clients[i] == NULL || !ftp_client_is_over(server->clients[i]))
			continue;
		ftp_server_return_door(server, server->clients[i]);
		ftp_client_free(server->clients[i]);
		server->clients[i] = NULL;
	}
	let_in_or_wait(server);
}

void
ftp_server_sweep(struct ftp_server *server)
{
	loop_turn_ask(server->sweeping);
}

/* -- the whole ---------------------------------------------------------------------------------------------------- */

struct ftp_server *
ftp_server_new(struct loop *loop, const struct ftp_server_setup *setup)
{
	struct ftp_server *server = calloc(1, sizeof *server);

	ENSURE(server != NULL);
	server->magic = SERVER_MAGIC;
	server->loop = loop;
	server->setup = *setup;
	server->printer = (struct ftp_printer){ setup->model, setup->card, setup->is_code, setup->arg };
	for (size_t i = 0; i < FTP_SERVER_DATA_MAX; i++)
		server->doors[i] = (struct ftp_door){ .server = server, .port = { .fd = -1 } };
	server->sweeping = loop_turn_new(loop, sweep, server);
	return server;
}

void
ftp_server_free(struct ftp_server *server)
{
	if (server == NULL)
		return;
	ENSURE_OBJ(server, SERVER_MAGIC);
	ftp_server_hang_up(server);
	sweep(server);
	ftp_server_listen(server, -1, NULL, 0);
	loop_turn_free(server->sweeping);
	server->magic = 0;
	free(server);
}

void
ftp_server_set_service(struct ftp_server *server, struct tls_service *service)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	server->service = service;
	let_in_or_wait(server);
}

void
ftp_server_listen(struct ftp_server *server, int fd, const struct ftp_port *ports, size_t count)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	loop_io_free(server->io);
	server->io = fd >= 0 ? loop_io_new(server->loop, fd, 0, on_arrival, server) : NULL;
	for (size_t i = 0; i < FTP_SERVER_DATA_MAX; i++) {
		close_door(&server->doors[i]);
		if (i < count)
			server->doors[i].port = ports[i];
	}
	let_in_or_wait(server);
}

/* Not at once: it may be somebody's command that leads here. */
void
ftp_server_hang_up(struct ftp_server *server)
{
	ENSURE_OBJ(server, SERVER_MAGIC);
	for (size_t i = 0; i < FTP_SERVER_CLIENTS_MAX; i++)
		if (server->clients[i] != NULL)
			ftp_client_drop(server->clients[i]);
}
