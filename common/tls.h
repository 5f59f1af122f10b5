/*
 * tls: the only door to OpenSSL: who a printer is, proved by its certificate before anything is said to it.
 *
 * The rule (docs/protocol.md, "Identity"): the certificate's CN is the printer's serial, exactly, and either
 * the chain ends at a known issuer of Bambu Lab's (by fingerprint, where the printer sends it along) or at a
 * PEM of the owner's `ca.d`, or the leaf's fingerprint is the one that the owner has approved. A pinned
 * certificate's dates are ignored; for a chain the time is at least this build's date.
 *
 * Two ways to use it: tls_guard() on a context that a library made (Paho), or struct tls_client, a client
 * of our own on a non-blocking socket.
 */
#ifndef FUSE_COMMON_TLS_H
#define FUSE_COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_SERIAL_BYTES 33 /* of a serial number with its NUL */
#define TLS_SHA256_BYTES 65 /* hex, lower case, with its NUL */

/* Who vouches for a certificate. */
enum tls_vouch { TLS_VOUCH_NOBODY, TLS_VOUCH_BAMBU, TLS_VOUCH_OWNER };

struct tls_certificate {
	char serial[64];	       /* CN of the subject, cleaned for showing; "" = none, two, or with a NUL */
	char issuer[96];	       /* CN of the issuer, cleaned */
	char sha256[TLS_SHA256_BYTES]; /* of the leaf's DER */
	/* Wall clock: when it is valid, narrowed by what stands between it and its voucher. 0: unreadable. */
	int64_t not_before_ms, not_after_ms;
	enum tls_vouch vouch;	       /* the signatures lead there, whatever the dates and the name are */
};

enum tls_verdict {
	TLS_TRUSTED_CHAIN,
	TLS_TRUSTED_PIN,
	TLS_UNTRUSTED,	   /* right serial, nobody vouches, no pin: the owner must approve the fingerprint */
	TLS_PIN_CHANGED,   /* right serial, nobody vouches, another certificate than the approved one */
	TLS_OTHER_SERIAL,  /* another printer */
	TLS_SERIAL_CASE,   /* the same serial but for upper and lower case */
	TLS_NO_SERIAL,	   /* no readable CN: no printer, or not a Bambu Lab one */
	TLS_EXPIRED,	   /* vouched for, but its dates are over … */
	TLS_NOT_YET_VALID, /* … or have not begun: a clock is wrong */
};
#define TLS_IS_TRUSTED(verdict) ((verdict) == TLS_TRUSTED_CHAIN || (verdict) == TLS_TRUSTED_PIN)

/* Whom we expect. */
struct tls_expectation {
	char serial[TLS_SERIAL_BYTES];	   /* "" = anyone, for a probe: nobody is trusted then */
	char pin_sha256[TLS_SHA256_BYTES]; /* "" = none */
};

/* First thing in main, before lock-in: OpenSSL without its configuration file and texts (66 KiB less a process). It
 * opens no file afterwards. */
void tls_init(void);

/* Before lock-in: the owner's issuers, all *.pem, *.crt, *.cer and *.cert in `dir` (at most 64 files, PEM or DER). What
 * cannot be read or may be written by anyone is logged and passed over; a folder that is not there is fine. Replaces
 * those of an earlier call. Returns how many certificates were taken. */
unsigned tls_load_owner_issuers(const char *dir);

/* Judge a certificate by what was learnt from it. Pure, so that it can be tested alone. `now_ms` wall clock. */
enum tls_verdict tls_judge(const struct tls_expectation *expectation, const struct tls_certificate *certificate,
			   int64_t now_ms);
/* This build's date (wall clock): no chain is judged as of an earlier time. */
int64_t tls_build_ms(void);
const char *tls_verdict_name(enum tls_verdict verdict);
const char *tls_vouch_name(enum tls_vouch vouch); /* "unknown", "bambu-ca", "owner-ca" */

/* What a guarded handshake says, possibly on a thread of the library's: copy and return. Each may be NULL. */
struct tls_watch {
	void (*on_start)(void *arg); /* TCP stands, the ClientHello goes out */
	/* Not yet proved: anybody can show a certificate. Its key is proved by on_done. */
	void (*on_judged)(void *arg, enum tls_verdict verdict, const struct tls_certificate *certificate);
	void (*on_done)(void *arg);  /* handshake complete; only after a trusted verdict */
	void (*on_alert)(void *arg, const char *reason); /* it failed, also by an untrusted verdict: for the log */
	void *arg;
};

/* Make a context (an SSL_CTX of OpenSSL's) enforce the rule: TLS 1.2 exactly, our verdict in place of every other
 * verification, SNI = serial, no resumed session, small buffers. `expectation` and `watch` are copied. An untrusted
 * peer ends the handshake before application data, whatever verify mode, session or host name the library sets on
 * its connections. What the library must not overwrite afterwards is the context's info callback: call this again
 * then (the last call counts), before a connection is made. */
struct ssl_ctx_st;
void tls_guard(struct ssl_ctx_st *ctx, const struct tls_expectation *expectation, const struct tls_watch *watch);

/* -- a client of our own ---------------------------------------------------------------------- */

/* On a connected non-blocking socket (which stays the caller's). */
struct tls_client;
enum tls_step { TLS_STEP_DONE, TLS_STEP_WANT_READ, TLS_STEP_WANT_WRITE, TLS_STEP_FAILED, TLS_STEP_CLOSED };

/* `probe`: complete the handshake with whoever answers, for its certificate. Nothing secret may be written then. */
struct tls_client *tls_client_new(int fd, const struct tls_expectation *expectation, bool probe);
void tls_client_free(struct tls_client *client);
/* Before the handshake: further connections will want to resume this one's session, by a ticket, too. */
void tls_client_expect_others(struct tls_client *client);
/* Another connection to the peer of `first`, whose handshake is done and trusted: it offers that session, as FTPS wants it
 * for data channels. A peer that resumes it has proved again that it is the same; any other is judged by its certificate. */
struct tls_client *tls_client_new_beside(int fd, const struct tls_client *first);
/* After the handshake: the session was resumed. */
bool tls_client_resumed(const struct tls_client *client);
enum tls_step tls_client_handshake(struct tls_client *client);
enum tls_verdict tls_client_verdict(const struct tls_client *client);
/* The peer's certificate once it was judged; NULL before. Borrowed. */
const struct tls_certificate *tls_client_certificate_peek(const struct tls_client *client);
enum tls_step tls_client_read(struct tls_client *client, void *to, size_t cap, size_t *ret_len);
enum tls_step tls_client_write(struct tls_client *client, const void *bytes, size_t len, size_t *ret_written);
/* Say that nothing more comes (close_notify); again when it had to wait, or the peer takes what it got for a part. What the
 * peer says to that is not waited for. */
enum tls_step tls_client_end(struct tls_client *client);
/* Why the last step failed or closed, in words; "" when it did not. Borrowed. */
const char *tls_client_fault_peek(const struct tls_client *client);

#endif
