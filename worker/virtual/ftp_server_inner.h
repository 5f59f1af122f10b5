/*
 * ftp_server_inner: what the server and its clients (ftp_client.c) share.
 */
#ifndef FUSE_WORKER_VIRTUAL_FTP_SERVER_INNER_H
#define FUSE_WORKER_VIRTUAL_FTP_SERVER_INNER_H

#include <netinet/in.h>

#include "worker/virtual/ftp_data.h"
#include "worker/virtual/ftp_server.h"

union ftp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct ftp_client;

/* A port for data: free, or of one client, who comes there next. */
struct ftp_door {
	struct ftp_server *server;
	struct ftp_port port; /* fd -1: there is none */
	struct loop_io *io; /* waits while it is somebody's */
	struct ftp_client *client;
};

struct ftp_server {
	unsigned magic;
	struct loop *loop;
	struct ftp_server_setup setup;
	struct ftp_printer printer; /* of its sessions */
	struct tls_service *service;
	struct loop_io *io; /* of who arrives; NULL: nobody can */
	struct ftp_door doors[FTP_SERVER_DATA_MAX];
	struct ftp_client *clients[FTP_SERVER_CLIENTS_MAX];
	struct loop_turn *sweeping; /* clients that are over are freed at the end of a turn */
};

/* A client has come: `fd` is taken. */
struct ftp_client *ftp_client_new(struct ftp_server *server, int fd, const union ftp_address *address);
void ftp_client_free(struct ftp_client *client);
/* It is over, and freed by the next ftp_server_sweep(). */
void ftp_client_drop(struct ftp_client *client);
bool ftp_client_is_over(const struct ftp_client *client);
/* Its data connection: taken. */
void ftp_client_take_data(struct ftp_client *client, int fd);

/* A door that nobody has, for this client alone; NULL: there is none. One that it had before is given back. */
struct ftp_door *ftp_server_lend_door(struct ftp_server *server, struct ftp_client *client);
void ftp_server_return_door(struct ftp_server *server, const struct ftp_client *client);
void ftp_server_sweep(struct ftp_server *server);

/* The same machine? (Ports do not count.) */
bool ftp_address_equals(const union ftp_address *a, const union ftp_address *b);
void ftp_client_address(const struct ftp_client *client, union ftp_address *ret_address);

#endif
