/*
 * times: how long a printer is waited for, in milliseconds. Printers are slow, P1 and A1 models most of all, and silent for
 * good when their file service hangs: every wait has an end.
 */
#ifndef FUSE_WORKER_UPLOAD_TIMES_H
#define FUSE_WORKER_UPLOAD_TIMES_H

#ifndef UPLOAD_HURRY
#define UPLOAD_HURRY 1 /* tests are built with more, so that they need not wait as long */
#endif

#define TIME_MS(ms) ((ms) / UPLOAD_HURRY)

#define CONNECT_MS TIME_MS(10000) /* TCP; TLS, too, has so long */
#define LOGIN_MS TIME_MS(15000)	  /* from the handshake to 230 */
#define COMMAND_MS TIME_MS(20000) /* any other command: a card may be slow to delete */
#define STALL_MS TIME_MS(30000)	  /* without a byte that moved */
#define FINAL_MS TIME_MS(60000)	  /* from the last byte to the reply that ends a transfer: H2D models take over 30 s */
#define AFTERWORDS_MS TIME_MS(3000) /* the data connection failed: does the control connection say why? */
#define FAREWELL_MS TIME_MS(1000) /* a transfer was broken off: until its last reply */
#define UNDO_MS TIME_MS(20000)	  /* to delete what did not become a whole file */
#define SETTLE_MS TIME_MS(1000)	  /* until the size is asked again: the printer may still be writing */

#define LOOK_MS 100 /* between looks at how much the printer's side has taken */

#endif
