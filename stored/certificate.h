/*
 * certificate: what fuse-httpd shows to browsers on other machines: the owner's (tls.d/cert.pem and tls.d/key.pem in
 * the state folder) when it is there and right, else one of Fuse's own making. The own one is made when it is wanted
 * first, kept in the database with its key sealed, and made anew 30 days before its end; nothing else changes it, so
 * that a person who has compared its fingerprint once need not do so again.
 */
#ifndef FUSE_STORED_CERTIFICATE_H
#define FUSE_STORED_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tls_own.h"
#include "stored/files.h"
#include "stored/outcome.h"
#include "stored/store.h"
#include "stored/vault.h"

#define CERTIFICATE_RENEW_DAYS 30

struct certificate_facts {
	struct tls_own_facts own; /* of the one that is shown; sha256 "" = none yet */
	bool is_owners;
	char trouble[240]; /* why the owner's is not the one; "" = it is, or there is none */
};

struct certificate {
	struct certificate_facts facts;
	size_t chain_len;
	char chain[TLS_OWN_CHAIN_MAX_BYTES]; /* PEM */
	struct tls_own_blob key;	     /* wipe it */
};

/* Where the owner's would be: tls.d beside the store's folder. */
void certificate_folder(const char *store_dir, char ret_path[FILES_PATH_BYTES]);

/* Before lock-in: the addresses of this machine, for listeners that are bound to all. */
void certificate_learn_addresses(void);

/* The names of an own certificate: this machine's, and the hosts of what is bound ("0.0.0.0:8888": all addresses). */
void certificate_names(const char *const *bound, size_t count, struct tls_own_names *ret_names);

/* The certificate to be shown at `now_ms` (wall clock). DONE, or why there is none. */
enum outcome certificate_get(struct store *store, struct vault *vault, const char *folder,
			     const struct tls_own_names *names, int64_t now_ms, struct certificate *ret_certificate,
			     struct fault *ret_fault);

#endif
