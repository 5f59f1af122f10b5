/*
 * tls_own: certificates that Fuse shows of itself: making one that it signs itself, and looking at one that the owner
 * has put there; and those of virtual printers, with the issuer that vouches for them. Part of OpenSSL's door; the keys
 * are used elsewhere.
 */
#ifndef FUSE_COMMON_TLS_OWN_H
#define FUSE_COMMON_TLS_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_OWN_NAMES_MAX 24
#define TLS_OWN_NAME_BYTES 64	       /* of a name or numeric address, with its NUL; longer ones are left out */
#define TLS_OWN_CERTIFICATE_MAX_BYTES 4096 /* DER */
#define TLS_OWN_KEY_MAX_BYTES 4096     /* DER; RSA of 4096 bits has 2400 */
#define TLS_OWN_CHAIN_MAX_BYTES 65536  /* PEM */
#define TLS_OWN_DAYS 3650

/* Host names and numeric addresses, in any order. */
struct tls_own_names {
	size_t count;
	char names[TLS_OWN_NAMES_MAX][TLS_OWN_NAME_BYTES];
};

/* What others want to know of a certificate. */
struct tls_own_facts {
	char sha256[65];      /* of the DER, hex */
	int64_t not_after_ms; /* wall clock */
};

struct tls_own_blob {
	size_t len;
	uint8_t bytes[TLS_OWN_CERTIFICATE_MAX_BYTES];
};
_Static_assert(TLS_OWN_KEY_MAX_BYTES <= TLS_OWN_CERTIFICATE_MAX_BYTES, "a blob holds a key too");

/* First thing in main, before lock-in: OpenSSL without its configuration file. */
void tls_own_init(void);

/* Add a name unless it is there, too long, or the list is full. */
void tls_own_add_name(struct tls_own_names *names, const char *name);

/* A new P-256 key and a certificate over `names`, valid for TLS_OWN_DAYS from a day before `now_ms`; both DER. False
 * when OpenSSL fails. Wipe the key. */
bool tls_own_make(const struct tls_own_names *names, int64_t now_ms, struct tls_own_blob *ret_certificate,
		  struct tls_own_blob *ret_key);

/* An issuer of certificates: a new RSA key of 2048 bits and a certificate that it signs itself, CN `name`, valid for
 * TLS_OWN_ISSUED_DAYS; both DER. False when OpenSSL fails. Wipe the key. */
#define TLS_OWN_ISSUED_DAYS 7300
bool tls_own_make_issuer(const char *name, int64_t now_ms, struct tls_own_blob *ret_certificate,
			 struct tls_own_blob *ret_key);

/* A new RSA key of 2048 bits and a certificate as printers have one: CN `name` and no other names, signed by `issuer`
 * with its key, valid as long as a new issuer. False when OpenSSL fails, or these two are no issuer. Wipe the key. */
bool tls_own_issue(const struct tls_own_blob *issuer, const struct tls_own_blob *issuer_key, const char *name,
		   int64_t now_ms, struct tls_own_blob *ret_certificate, struct tls_own_blob *ret_key);

/* Look at a certificate (DER). False when it is none. */
bool tls_own_look(const struct tls_own_blob *certificate, struct tls_own_facts *ret_facts);

/* As PEM text. False when it does not fit or is none. */
bool tls_own_to_pem(const struct tls_own_blob *certificate, char *ret_pem, size_t cap);

/*
 * What an owner has put there: a chain (PEM, the leaf first) and its key (PEM, not encrypted). False, with a sentence,
 * when one cannot be read, the key is another's, or the leaf's time is over or has not come at `now_ms`. On success
 * the key as DER: wipe it.
 */
#define TLS_OWN_FAULT_BYTES 160
bool tls_own_check(const char *chain_pem, size_t chain_len, const char *key_pem, size_t key_len, int64_t now_ms,
		   struct tls_own_facts *ret_facts, struct tls_own_blob *ret_key, char ret_fault[TLS_OWN_FAULT_BYTES]);

#endif
