/*
 * tls_learn: what a certificate says, and whether its signatures lead to an issuer that we believe.
 *
 * Printers' certificates are not what RFC 5280 wants: X.509 version 1 or without subjectAltName and keyUsage, their
 * root without keyUsage. So OpenSSL's strict checks are off; that what stands between leaf and issuer is a CA
 * is checked all the same: a printer's own key, which its owner can take out of it, vouches for nobody.
 */
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_inner.h"

/* OpenSSL's level 1: keys of at least 1024 bits, no MD5 and no SHA-1 in signatures. */
#define SIGNATURE_LEVEL 1

void
tls_fingerprint(const X509 *certificate, char ret_sha256[TLS_SHA256_BYTES])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ENSURE(X509_digest(certificate, EVP_sha256(), digest, &len) == 1 && 2 * len + 1 == TLS_SHA256_BYTES);
	str_hex(digest, len, ret_sha256);
}

/* The one CN of a name as harmless text; "" when there is none, there are two, or it hides something behind a NUL. */
static void
copy_common_name(const X509_NAME *name, char *to, size_t cap)
{
	unsigned char *text = NULL;
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	to[0] = '\0';
	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return;
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len > 0 && memchr(text, '\0', (size_t)len) == NULL)
		log_copy_harmless(to, cap, text, (size_t)len);
	OPENSSL_free(text);
}

static bool
read_time(const ASN1_TIME *time, int64_t *ret_ms)
{
	struct tm parts;

	if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*ret_ms = (int64_t)timegm(&parts) * 1000;
	return true;
}

/* When `x509` is valid, within what `certificate` is already narrowed to. */
static void
narrow_dates(struct tls_certificate *certificate, const X509 *x509)
{
	int64_t from_ms, to_ms;

	if (!read_time(X509_get0_notBefore(x509), &from_ms) || !read_time(X509_get0_notAfter(x509), &to_ms))
		from_ms = to_ms = 0; /* over since long */
	if (from_ms > certificate->not_before_ms)
		certificate->not_before_ms = from_ms;
	if (to_ms < certificate->not_after_ms)
		certificate->not_after_ms = to_ms;
}

static bool
is_of_bearable_size(STACK_OF(X509) *sent)
{
	if (sk_X509_num(sent) > TLS_CHAIN_MAX)
		return false;
	for (int i = 0; i < sk_X509_num(sent); i++)
		if (i2d_X509(sk_X509_value(sent, i), NULL) > TLS_CERTIFICATE_MAX_BYTES)
			return false;
	return true;
}

/* The certificates that may end a chain: those sent that are known, and the owner's. The stack is to be freed, its
 * certificates are borrowed. */
static STACK_OF(X509) *
gather_anchors(STACK_OF(X509) *sent)
{
	STACK_OF(X509) *anchors = sk_X509_new_null(), *owners = tls_owner_issuers_peek();
	char sha256[TLS_SHA256_BYTES];

	ENSURE(anchors != NULL);
	for (int i = 0; i < sk_X509_num(sent); i++) {
		tls_fingerprint(sk_X509_value(sent, i), sha256);
		if (tls_issuer_is_known(sha256))
			ENSURE(sk_X509_push(anchors, sk_X509_value(sent, i)) > 0);
	}
	for (int i = 0; i < sk_X509_num(owners); i++) /* of NULL: -1 */
		ENSURE(sk_X509_push(anchors, sk_X509_value(owners, i)) > 0);
	return anchors;
}

/* A chain that holds: who is at its end, and from when to when all below it is valid. The end itself counts by its
 * key; its dates are its owner's affair (RFC 5280, 6.1.1: a trust anchor is no part of the path). */
static void
note_chain(STACK_OF(X509) *chain, struct tls_certificate *certificate)
{
	int last = sk_X509_num(chain) - 1;
	char sha256[TLS_SHA256_BYTES];

	for (int i = 1; i < last; i++)
		narrow_dates(certificate, sk_X509_value(chain, i));
	tls_fingerprint(sk_X509_value(chain, last), sha256);
	certificate->vouch = tls_issuer_is_known(sha256) ? TLS_VOUCH_BAMBU : TLS_VOUCH_OWNER;
}

static void
find_voucher(X509 *leaf, STACK_OF(X509) *sent, STACK_OF(X509) *anchors, struct tls_certificate *certificate)
{
	X509_STORE_CTX *verification = X509_STORE_CTX_new();

	ENSURE(verification != NULL && X509_STORE_CTX_init(verification, NULL, leaf, sent) == 1);
	X509_STORE_CTX_set0_trusted_stack(verification, anchors);
	X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(verification);
	/* The dates are judged apart: a pinned certificate has none. */
	X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
	X509_VERIFY_PARAM_set_depth(rules, TLS_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(rules, SIGNATURE_LEVEL);
	if (X509_verify_cert(verification) == 1)
		note_chain(X509_STORE_CTX_get0_chain(verification), certificate);
	X509_STORE_CTX_free(verification);
}

void
tls_learn(X509 *leaf, STACK_OF(X509) *sent, struct tls_certificate *ret_certificate)
{
	memset(ret_certificate, 0, sizeof *ret_certificate);
	copy_common_name(X509_get_subject_name(leaf), ret_certificate->serial, sizeof ret_certificate->serial);
	copy_common_name(X509_get_issuer_name(leaf), ret_certificate->issuer, sizeof ret_certificate->issuer);
	tls_fingerprint(leaf, ret_certificate->sha256);
	if (read_time(X509_get0_notBefore(leaf), &ret_certificate->not_before_ms) &&
	    !read_time(X509_get0_notAfter(leaf), &ret_certificate->not_after_ms))
		ret_certificate->not_before_ms = 0;
	if (!is_of_bearable_size(sent))
		return;
	STACK_OF(X509) *anchors = gather_anchors(sent);
	if (sk_X509_num(anchors) > 0)
		find_voucher(leaf, sent, anchors, ret_certificate);
	sk_X509_free(anchors);
}
