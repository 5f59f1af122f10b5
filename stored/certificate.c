/*
 * certificate: the owner's, or our own.
 */
#include "stored/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "stored/owner.h"

#define META_CERTIFICATE "tlsCertificate" /* DER */
#define KEY_NAME OWNER_PREFIX "tls-key"  /* a sealed secret: DER */
#define KEY_PEM_MAX_BYTES 16384
#define DAY_MS ((int64_t)86400 * 1000)

/* -- names ------------------------------------------------------------------------------------------- */

static struct tls_own_names own_addresses;

void
certificate_learn_addresses(void)
{
	struct ifaddrs *all = NULL;
	char text[INET6_ADDRSTRLEN];

	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		const struct sockaddr *address = one->ifa_addr;
		if (address == NULL || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
			continue;
		const void *bytes = address->sa_family == AF_INET
					    ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
					    : (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
		/* What is of one link only needs a scope that no certificate can name. */
		if (address->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)bytes))
			continue;
		if (inet_ntop(address->sa_family, bytes, text, sizeof text) != NULL)
			tls_own_add_name(&own_addresses, text);
	}
	freeifaddrs(all);
}

/* The host of ADDR:PORT or [ADDR6]:PORT. */
static void
host_of(const char *bound, char *ret_host, size_t cap)
{
	const char *colon = strrchr(bound, ':');
	size_t brackets = bound[0] == '[' ? 1 : 0;

	ret_host[0] = '\0';
	if (colon != NULL && colon > bound + 2 * brackets)
		str_format(ret_host, cap, "%.*s", (int)((size_t)(colon - bound) - 2 * brackets), bound + brackets);
}

void
certificate_names(const char *const *bound, size_t count, struct tls_own_names *ret_names)
{
	char host[TLS_OWN_NAME_BYTES], local[TLS_OWN_NAME_BYTES + 8];

	memset(ret_names, 0, sizeof *ret_names);
	if (gethostname(host, sizeof host) == 0) {
		host[sizeof host - 1] = '\0';
		tls_own_add_name(ret_names, host);
		str_format(local, sizeof local, "%s.local", host);
		tls_own_add_name(ret_names, local);
	}
	tls_own_add_name(ret_names, "fuse.local");
	tls_own_add_name(ret_names, "localhost");
	for (size_t i = 0; i < count; i++) {
		host_of(bound[i], host, sizeof host);
		if (strcmp(host, "0.0.0.0") != 0 && strcmp(host, "::") != 0) {
			tls_own_add_name(ret_names, host);
			continue;
		}
		for (size_t k = 0; k < own_addresses.count; k++)
			tls_own_add_name(ret_names, own_addresses.names[k]);
	}
}

/* -- the owner's ------------------------------------------------------------------------------------- */

void
certificate_folder(const char *store_dir, char ret_path[FILES_PATH_BYTES])
{
	const char *slash = strrchr(store_dir, '/');
	int len = slash != NULL ? (int)(slash - store_dir) : 0;

	ENSURE(str_format(ret_path, FILES_PATH_BYTES, "%.*s%stls.d", len, store_dir, slash != NULL ? "/" : ""));
}

/* False when it is not there; else read, or *ret_error. */
static bool
read_file(const char *folder, const char *name, char *ret_bytes, size_t cap, size_t *ret_len, int *ret_error)
{
	char path[FILES_PATH_BYTES];

	files_path(path, folder, name);
	*ret_error = files_read(path, ret_bytes, cap, ret_len);
	return *ret_error != ENOENT && *ret_error != ENOTDIR;
}

static void
say_unreadable(struct certificate *certificate, const char *name, int error)
{
	str_format(certificate->facts.trouble, sizeof certificate->facts.trouble,
		   "tls.d/%s cannot be read (%s). It must be readable for the user of fuse-stored.", name,
		   error == EFBIG ? "it is too long" : strerror(error));
}

/* True when it is to be shown. Otherwise `trouble` says why, unless there is none. */
static bool
take_owners(const char *folder, int64_t now_ms, struct certificate *certificate)
{
	char key[KEY_PEM_MAX_BYTES], fault[TLS_OWN_FAULT_BYTES];
	size_t key_len = 0;
	int chain_error, key_error;
	bool has_chain = read_file(folder, "cert.pem", certificate->chain, sizeof certificate->chain - 1,
				   &certificate->chain_len, &chain_error);
	bool has_key = read_file(folder, "key.pem", key, sizeof key, &key_len, &key_error), fine = false;

	if (!has_chain && !has_key)
		return false;
	if (chain_error != 0) {
		say_unreadable(certificate, "cert.pem", chain_error);
	} else if (key_error != 0) {
		say_unreadable(certificate, "key.pem", key_error);
	} else {
		certificate->chain[certificate->chain_len] = '\0';
		fine = str_valid_utf8(certificate->chain, certificate->chain_len) &&
		       tls_own_check(certificate->chain, certificate->chain_len, key, key_len, now_ms,
				     &certificate->facts.own, &certificate->key, fault);
		if (!fine)
			str_copy(certificate->facts.trouble, sizeof certificate->facts.trouble, fault);
	}
	sodium_memzero(key, sizeof key);
	certificate->facts.is_owners = fine;
	return fine;
}

/* -- our own ------------------------------------------------------------------------------------------ */

/* ABSENT when there is none that can be used. */
static enum outcome
read_own(struct store *store, struct vault *vault, struct tls_own_blob *ret_certificate, struct tls_own_blob *ret_key,
	 struct fault *ret_fault)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	struct secret key = { 0 };
	size_t len;

	if (store_get(store, TABLE_META, META_CERTIFICATE, strlen(META_CERTIFICATE), ret_certificate->bytes,
		      sizeof ret_certificate->bytes, &ret_certificate->len, ret_fault) != OUTCOME_DONE ||
	    store_get(store, TABLE_SECRETS, KEY_NAME, strlen(KEY_NAME), sealed, sizeof sealed, &len, ret_fault) !=
		    OUTCOME_DONE)
		return ret_fault->outcome;
	if (!vault_unseal(vault, KEY_NAME, sealed, len, &key))
		return fault_say(ret_fault, OUTCOME_ABSENT, "The key of the certificate cannot be opened.");
	ret_key->len = key.len_bytes;
	memcpy(ret_key->bytes, secret_bytes_peek(&key), key.len_bytes);
	secret_wipe(&key);
	return OUTCOME_DONE;
}

static enum outcome
keep_own(struct store *store, struct vault *vault, const struct tls_own_blob *certificate, const struct tls_own_blob *key,
	 struct fault *ret_fault)
{
	uint8_t sealed[VAULT_SEALED_MAX_BYTES];
	struct secret secret = { 0 };

	if (vault_prepare(vault, store, ret_fault) != OUTCOME_DONE)
		return ret_fault->outcome;
	ENSURE(secret_set(&secret, key->bytes, key->len)); /* P-256 has 121 bytes */
	size_t len = vault_seal(vault, KEY_NAME, &secret, sealed);
	secret_wipe(&secret);
	const struct store_op ops[] = {
		{ TABLE_META, META_CERTIFICATE, strlen(META_CERTIFICATE), certificate->bytes, certificate->len },
		{ TABLE_SECRETS, KEY_NAME, strlen(KEY_NAME), sealed, len },
	};
	return store_commit(store, ops, STR_ARRAY_LEN(ops), ret_fault);
}

static enum outcome
take_own(struct store *store, struct vault *vault, const struct tls_own_names *names, int64_t now_ms,
	 struct certificate *certificate, struct fault *ret_fault)
{
	static struct tls_own_blob der;
	struct tls_own_facts *facts = &certificate->facts.own;
	enum outcome outcome = read_own(store, vault, &der, &certificate->key, ret_fault);

	if (outcome != OUTCOME_DONE && outcome != OUTCOME_ABSENT)
		return outcome;
	if (outcome == OUTCOME_ABSENT || !tls_own_look(&der, facts) ||
	    facts->not_after_ms - now_ms < CERTIFICATE_RENEW_DAYS * DAY_MS) {
		if (!tls_own_make(names, now_ms, &der, &certificate->key) || !tls_own_look(&der, facts))
			return fault_say(ret_fault, OUTCOME_FAILED, "A certificate could not be made.");
		if (keep_own(store, vault, &der, &certificate->key, ret_fault) != OUTCOME_DONE)
			return ret_fault->outcome;
		log_info("made a certificate for browsers on other machines", log_str("sha256", facts->sha256));
	}
	if (!tls_own_to_pem(&der, certificate->chain, sizeof certificate->chain))
		return fault_say(ret_fault, OUTCOME_FAILED, "The kept certificate cannot be read.");
	certificate->chain_len = strlen(certificate->chain);
	return fault_none(ret_fault);
}

enum outcome
certificate_get(struct store *store, struct vault *vault, const char *folder, const struct tls_own_names *names,
		int64_t now_ms, struct certificate *ret_certificate, struct fault *ret_fault)
{
	memset(&ret_certificate->facts, 0, sizeof ret_certificate->facts);
	if (take_owners(folder, now_ms, ret_certificate))
		return fault_none(ret_fault);
	if (ret_certificate->facts.trouble[0] != '\0')
		log_warn("the owner's certificate is not used", log_str("because", ret_certificate->facts.trouble));
	return take_own(store, vault, names, now_ms, ret_certificate, ret_fault);
}
