/*
 * tls_own: keys and certificates of our own.
 */
#include "common/tls_own.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/miniobj.h"
#include "common/str.h"

#define DAY_MS ((int64_t)86400 * 1000)
#define SERIAL_BITS 127
#define PRINTER_KEY_BITS 2048 /* printers have RSA, and clients of theirs that offer nothing else */
#define CHAIN_CERTIFICATES_MAX 8

void
tls_own_init(void)
{
	tzset(); /* or timegm() looks for /etc/localtime later, out of reach */
	ENSURE(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
					   OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
}

void
tls_own_add_name(struct tls_own_names *names, const char *name)
{
	if (name[0] == '\0' || strlen(name) >= TLS_OWN_NAME_BYTES || names->count == TLS_OWN_NAMES_MAX)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcasecmp(names->names[i], name) == 0)
			return;
	str_copy(names->names[names->count++], TLS_OWN_NAME_BYTES, name);
}

/* -- making ---------------------------------------------------------------------------------------- */

/* One name of the subjectAltName extension: an address goes as bytes. */
static bool
add_alternative(GENERAL_NAMES *all, const char *name)
{
	unsigned char address[16];
	int len = inet_pton(AF_INET, name, address) == 1 ? 4 : inet_pton(AF_INET6, name, address) == 1 ? 16 : 0;
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_STRING *value = len > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (one != NULL && value != NULL &&
	    ASN1_STRING_set(value, len > 0 ? (const void *)address : name, len > 0 ? len : (int)strlen(name)) == 1) {
		GENERAL_NAME_set0_value(one, len > 0 ? GEN_IPADD : GEN_DNS, value);
		value = NULL;
		if (sk_GENERAL_NAME_push(all, one) > 0)
			return true;
	}
	ASN1_STRING_free(value);
	GENERAL_NAME_free(one);
	return false;
}

static bool
set_alternatives(X509 *certificate, const struct tls_own_names *names)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	bool fine = all != NULL;

	for (size_t i = 0; i < names->count && fine; i++)
		fine = add_alternative(all, names->names[i]);
	if (fine && names->count > 0)
		fine = X509_add1_ext_i2d(certificate, NID_subject_alt_name, all, 0, X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(all);
	return fine;
}

/* `issuer`: the certificate itself, if it is its own. */
static bool
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool fine = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return fine;
}

static bool
set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool fine = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

	BN_free(number);
	return fine;
}

static bool
set_time(ASN1_TIME *to, int64_t wall_ms)
{
	return ASN1_TIME_set(to, (time_t)(wall_ms / 1000)) != NULL;
}

/* `organization` NULL: none. */
static bool
name_it(X509 *certificate, const char *organization, const char *common)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return (organization == NULL || X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
								   (const unsigned char *)organization, -1, -1, 0) == 1) &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) == 1;
}

/* What every certificate has, but for its names and extensions. */
static bool
begin(X509 *certificate, EVP_PKEY *key, int days, int64_t now_ms)
{
	return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	       set_time(X509_getm_notBefore(certificate), now_ms - DAY_MS) &&
	       set_time(X509_getm_notAfter(certificate), now_ms + (days - 1) * DAY_MS) &&
	       X509_set_pubkey(certificate, key) == 1;
}

static bool
fill(X509 *certificate, EVP_PKEY *key, const struct tls_own_names *names, int64_t now_ms)
{
	return begin(certificate, key, TLS_OWN_DAYS, now_ms) &&
	       name_it(certificate, "Fuse", names->count > 0 ? names->names[0] : "Fuse") &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
	       add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, certificate, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(certificate, certificate, NID_ext_key_usage, "serverAuth") &&
	       set_alternatives(certificate, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool
key_to_der(EVP_PKEY *key, struct tls_own_blob *ret_key)
{
	unsigned char *at = ret_key->bytes;
	int len = i2d_PrivateKey(key, NULL);

	if (len <= 0 || len > TLS_OWN_KEY_MAX_BYTES)
		return false;
	ret_key->len = (size_t)len;
	return i2d_PrivateKey(key, &at) == len;
}

static bool
certificate_to_der(X509 *certificate, struct tls_own_blob *ret_certificate)
{
	unsigned char *at = ret_certificate->bytes;
	int len = i2d_X509(certificate, NULL);

	if (len <= 0 || len > TLS_OWN_CERTIFICATE_MAX_BYTES)
		return false;
	ret_certificate->len = (size_t)len;
	return i2d_X509(certificate, &at) == len;
}

static X509 *
from_der(const struct tls_own_blob *certificate)
{
	const unsigned char *at = certificate->bytes;
	X509 *parsed = d2i_X509(NULL, &at, (long)certificate->len);

	ERR_clear_error();
	return parsed;
}

bool
tls_own_make(const struct tls_own_names *names, int64_t now_ms, struct tls_own_blob *ret_certificate,
	     struct tls_own_blob *ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	bool fine = key != NULL && certificate != NULL && fill(certificate, key, names, now_ms) &&
		    certificate_to_der(certificate, ret_certificate) && key_to_der(key, ret_key);

	X509_free(certificate);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return fine;
}

/* -- issuing ---------------------------------------------------------------------------------------- */

static bool
fill_issuer(X509 *certificate, EVP_PKEY *key, const char *name, int64_t now_ms)
{
	return begin(certificate, key, TLS_OWN_ISSUED_DAYS, now_ms) && name_it(certificate, "Fuse", name) &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
	       add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	       add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

/* A printer's has its serial number as CN, and no alternative name: who looks for one finds what a printer would show. */
static bool
fill_issued(X509 *certificate, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *name, int64_t now_ms)
{
	return begin(certificate, key, TLS_OWN_ISSUED_DAYS, now_ms) && name_it(certificate, NULL, name) &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
	       add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
	       add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
	       add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
	       X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
}

bool
tls_own_make_issuer(const char *name, int64_t now_ms, struct tls_own_blob *ret_certificate, struct tls_own_blob *ret_key)
{
	EVP_PKEY *key = EVP_RSA_gen(PRINTER_KEY_BITS);
	X509 *certificate = X509_new();
	bool fine = key != NULL && certificate != NULL && fill_issuer(certificate, key, name, now_ms) &&
		    certificate_to_der(certificate, ret_certificate) && key_to_der(key, ret_key);

	X509_free(certificate);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return fine;
}

bool
tls_own_issue(const struct tls_own_blob *issuer, const struct tls_own_blob *issuer_key, const char *name, int64_t now_ms,
	      struct tls_own_blob *ret_certificate, struct tls_own_blob *ret_key)
{
	const unsigned char *at = issuer_key->bytes;
	X509 *issuer_certificate = from_der(issuer), *certificate = X509_new();
	EVP_PKEY *signer = d2i_AutoPrivateKey(NULL, &at, (long)issuer_key->len), *key = NULL;
	bool fine = issuer_certificate != NULL && signer != NULL && certificate != NULL &&
		    X509_check_private_key(issuer_certificate, signer) == 1 &&
		    (key = EVP_RSA_gen(PRINTER_KEY_BITS)) != NULL &&
		    fill_issued(certificate, key, issuer_certificate, signer, name, now_ms) &&
		    certificate_to_der(certificate, ret_certificate) && key_to_der(key, ret_key);

	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
	X509_free(certificate);
	X509_free(issuer_certificate);
	ERR_clear_error();
	return fine;
}

/* -- looking ---------------------------------------------------------------------------------------- */

static int64_t
time_ms(const ASN1_TIME *asn1)
{
	struct tm parts;

	return ASN1_TIME_to_tm(asn1, &parts) == 1 ? (int64_t)timegm(&parts) * 1000 : 0;
}

static void
learn(const X509 *certificate, struct tls_own_facts *ret_facts)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ENSURE(X509_digest(certificate, EVP_sha256(), digest, &len) == 1 && len == 32);
	str_hex(digest, len, ret_facts->sha256);
	ret_facts->not_after_ms = time_ms(X509_get0_notAfter(certificate));
}

bool
tls_own_look(const struct tls_own_blob *certificate, struct tls_own_facts *ret_facts)
{
	X509 *parsed = from_der(certificate);

	memset(ret_facts, 0, sizeof *ret_facts);
	if (parsed == NULL)
		return false;
	learn(parsed, ret_facts);
	X509_free(parsed);
	return true;
}

bool
tls_own_to_pem(const struct tls_own_blob *certificate, char *ret_pem, size_t cap)
{
	X509 *parsed = from_der(certificate);
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len = parsed != NULL && out != NULL && PEM_write_bio_X509(out, parsed) == 1 ? BIO_get_mem_data(out, &text) : 0;
	bool fine = len > 0 && (size_t)len < cap;

	if (fine) {
		memcpy(ret_pem, text, (size_t)len);
		ret_pem[len] = '\0';
	}
	BIO_free(out);
	X509_free(parsed);
	return fine;
}

/* No key of the owner's is asked for on a terminal. */
static int
no_passphrase(char *to, int cap, int writing, void *arg)
{
	(void)to, (void)cap, (void)writing, (void)arg;
	return -1;
}

static bool
fail(char ret_fault[TLS_OWN_FAULT_BYTES], const char *sentence)
{
	str_copy(ret_fault, TLS_OWN_FAULT_BYTES, sentence);
	return false;
}

/* The leaf; what follows it must be certificates too. */
static X509 *
read_chain(const char *pem, size_t len)
{
	BIO *in = BIO_new_mem_buf(pem, (int)len);
	X509 *leaf = in != NULL ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL, *next;

	for (unsigned i = 1; leaf != NULL && i < CHAIN_CERTIFICATES_MAX; i++) {
		next = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
		if (next == NULL)
			break;
		X509_free(next);
	}
	BIO_free(in);
	return leaf;
}

static EVP_PKEY *
read_key(const char *pem, size_t len)
{
	BIO *in = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

	BIO_free(in);
	return key;
}

static bool
judge(const X509 *leaf, EVP_PKEY *key, int64_t now_ms, struct tls_own_facts *ret_facts, struct tls_own_blob *ret_key,
      char ret_fault[TLS_OWN_FAULT_BYTES])
{
	if (leaf == NULL)
		return fail(ret_fault, "cert.pem holds no certificate (PEM, -----BEGIN CERTIFICATE-----).");
	if (key == NULL)
		return fail(ret_fault, "key.pem holds no key that can be read (PEM, without a passphrase).");
	if (X509_check_private_key(leaf, key) != 1)
		return fail(ret_fault, "key.pem is not the key of the first certificate in cert.pem.");
	learn(leaf, ret_facts);
	if (now_ms > ret_facts->not_after_ms)
		return fail(ret_fault, "The certificate in cert.pem has expired.");
	if (now_ms < time_ms(X509_get0_notBefore(leaf)))
		return fail(ret_fault, "The certificate in cert.pem is not valid yet; is the clock right?");
	return key_to_der(key, ret_key) || fail(ret_fault, "The key in key.pem is too large.");
}

bool
tls_own_check(const char *chain_pem, size_t chain_len, const char *key_pem, size_t key_len, int64_t now_ms,
	      struct tls_own_facts *ret_facts, struct tls_own_blob *ret_key, char ret_fault[TLS_OWN_FAULT_BYTES])
{
	memset(ret_facts, 0, sizeof *ret_facts);
	ret_key->len = 0;
	if (chain_len >= TLS_OWN_CHAIN_MAX_BYTES)
		return fail(ret_fault, "cert.pem is longer than 64 KiB.");
	X509 *leaf = read_chain(chain_pem, chain_len);
	EVP_PKEY *key = read_key(key_pem, key_len);
	bool fine = judge(leaf, key, now_ms, ret_facts, ret_key, ret_fault);
	EVP_PKEY_free(key);
	X509_free(leaf);
	ERR_clear_error();
	return fine;
}
