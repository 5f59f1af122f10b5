/*
 * doors: everything of a virtual printer that can be reached: the sockets that fused has bound for it
 * (VIRTUAL_SOCKET), the services behind them, and the announcements. There may be two places, each an address with
 * all sockets: its home, and the one to which it has gone (VIRTUAL_MOVE); one is in use.
 *
 * When they are shut, whoever knocks is refused, as by a machine without a printer's services: the sockets stay
 * bound, but do not listen.
 */
#ifndef FUSE_WORKER_VIRTUAL_DOORS_H
#define FUSE_WORKER_VIRTUAL_DOORS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"
#include "ipc/message.h"
#include "printer/jsonout.h"
#include "worker/virtual/camera_server.h"
#include "worker/virtual/ftp_server.h"
#include "worker/virtual/identity.h"
#include "worker/virtual/mqtt_broker.h"
#include "worker/virtual/nameplate.h"
#include "worker/virtual/rtsp_server.h"

struct doors;

struct doors_setup {
	const struct broker_setup *broker;  /* read now */
	broker_request_fn *on_request;
	void *arg; /* of on_request */
	const struct ftp_server_setup *files; /* read now */
	const struct nameplate *nameplate; /* borrowed */
	const struct camera_setup *camera; /* of pictures, or */
	const struct rtsp_setup *video;	   /* of video. Read now; NULL: it has none such */
};

/* Sockets can come from now on. */
struct doors *doors_new(struct loop *loop);
void doors_free(struct doors *doors);

/* A socket of ours; takes `fd`. The first address is home; sockets of another one are where it can go, in place of
 * those of an earlier other one. */
void doors_take_socket(struct doors *doors, const struct msg_virtual_socket *socket, int fd);

/* The services behind them; shut until doors_open(). */
void doors_furnish(struct doors *doors, const struct doors_setup *setup);

/* What is shown to those who come from now on; those who are here go. Borrowed until the next one. */
void doors_show(struct doors *doors, const struct identity *identity);

/* Whether whoever comes to its video finds it, as from the beginning, or is refused; then who watches goes, too. */
void doors_show_video(struct doors *doors, bool shown);

void doors_open(struct doors *doors);
void doors_shut(struct doors *doors); /* all visitors go */
bool doors_are_open(const struct doors *doors);

/* Go to the other place, or home; all visitors go. False: there is no such place. */
bool doors_go(struct doors *doors, bool home);
bool doors_are_home(const struct doors *doors);

struct broker *doors_broker_peek(struct doors *doors);

/* Where its home is reached. */
void doors_where(const struct doors *doors, struct msg_virtual_at *ret_at);
/* The address where it is now, numeric; "" before a socket has come. */
const char *doors_address_peek(const struct doors *doors);
/* The port of its video where it is now; 0: none. */
uint16_t doors_video_port(const struct doors *doors);
/* "address" and "ports" of where it is now, into an object that is open (controls.h). */
void doors_write(const struct doors *doors, struct jsonout *out);

#endif
