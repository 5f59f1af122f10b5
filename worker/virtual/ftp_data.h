/*
 * ftp_data: one data connection, from the 150 to its end: TLS, the bytes, and how it is closed. A vsftpd answers TLS's
 * closing words and wants them; the small servers of P1 and A1 models leave a client that waits for them without an answer.
 *
 * It never takes the loop for more than FTP_DATA_TURN_BYTES at a time. The faults slowUpload, cutUploadPercent and
 * emptyUpload (controls.h) are played here.
 */
#ifndef FUSE_WORKER_VIRTUAL_FTP_DATA_H
#define FUSE_WORKER_VIRTUAL_FTP_DATA_H

#include "common/loop.h"
#include "common/tls_server.h"
#include "worker/virtual/controls.h"
#include "worker/virtual/ftp_session.h"

#define FTP_DATA_TURN_BYTES (1024 * 1024)
#define FTP_DATA_SLOW_BYTES_PER_S 157000
#define FTP_DATA_TYPICAL_BYTES 10000000 /* of a file whose size was not announced: a share of it is where it is cut */
#define FTP_DATA_HANDSHAKE_MS 30000
#define FTP_DATA_IDLE_MS 120000

struct ftp_data_setup {
	struct loop *loop;
	const struct model *model;
	const struct controls *controls; /* as they are when it begins, and live for slowUpload; borrowed */
	struct tls_service *service;	 /* NULL: in clear */
	const struct tls_server *control; /* whose session is to be resumed */
	/* Once, and never from within ftp_data_new(). After FTP_END_GOOD it may still be closing: free it later. */
	void (*on_end)(void *arg, enum ftp_end end);
	/* Instead of that: the connection is cut, and what belongs to it. */
	void (*on_cut)(void *arg);
	void *arg;
};

struct ftp_data;

/* `fd`: connected, non-blocking, taken. `transfer` is taken too. */
struct ftp_data *ftp_data_new(const struct ftp_data_setup *setup, int fd, struct ftp_transfer *transfer);
/* A transfer that had not ended: what had come of a file is kept. NULL is fine. */
void ftp_data_free(struct ftp_data *data);

#endif
