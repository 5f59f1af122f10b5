/*
 * ftp_server: the file service of a virtual printer: implicit FTPS at the port that fused has bound for it, and up to
 * FTP_SERVER_DATA_MAX ports for data, one for each client that has asked for one.
 *
 *	struct ftp_server *server = ftp_server_new(loop, &setup);
 *	ftp_server_set_service(server, service);            // a tls_service that remembers sessions
 *	ftp_server_listen(server, fd, ports, count);
 *
 * A model that takes one session at a time (printer/models.h) lets others wait at the door; so do all when
 * FTP_SERVER_CLIENTS_MAX are in. Who does not log in in a minute, or says nothing for five, is dropped without a word.
 */
#ifndef FUSE_WORKER_VIRTUAL_FTP_SERVER_H
#define FUSE_WORKER_VIRTUAL_FTP_SERVER_H

#include "common/loop.h"
#include "common/tls_server.h"
#include "worker/virtual/card.h"
#include "worker/virtual/controls.h"

#define FTP_SERVER_CLIENTS_MAX 8
#define FTP_SERVER_DATA_MAX 4
#define FTP_SERVER_LOGIN_MS 30000 /* in all, whatever it says meanwhile: it may be the only seat */
#define FTP_SERVER_IDLE_MS 300000
#define FTP_SERVER_ACCEPT_MS 60000 /* for a data connection */

struct ftp_server_setup {
	const struct model *model;
	struct card *card;		 /* borrowed */
	const struct controls *controls; /* live; borrowed: machine_controls() */
	/* Is this the access code? (The fault wrongCode is whose this is.) */
	bool (*is_code)(void *arg, const char *code, size_t len);
	/* An upload was cut as cutUploadPercent wanted: that was the one. */
	void (*on_cut)(void *arg);
	/* Something was changed on the card, or may have been. */
	void (*on_changed)(void *arg);
	void *arg;
};

struct ftp_server;

struct ftp_server *ftp_server_new(struct loop *loop, const struct ftp_server_setup *setup);
void ftp_server_free(struct ftp_server *server);

/* Who it is from the next connection on; borrowed until another one is set. NULL: nobody is let in. */
void ftp_server_set_service(struct ftp_server *server, struct tls_service *service);

/* Sockets that listen, all borrowed until the next call: for clients (-1: none), and for the data of those who come from
 * now on. Clients that are there go on. */
struct ftp_port { int fd; uint16_t port; };
void ftp_server_listen(struct ftp_server *server, int fd, const struct ftp_port *ports, size_t count);

/* Drop all clients without a word, at the end of this turn of the loop. */
void ftp_server_hang_up(struct ftp_server *server);

#endif
