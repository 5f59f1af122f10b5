/*
 * tls_rig: certificates to order and both ends of a TLS connection in one process, guarded as a library's is; issuers
 * that stand in for Bambu Lab's. Include it last.
 *
 *	STORY(name)                     // a row of a test that finds `root` and `printer` made
 *	SSL_CTX *server = server_context(CHAIN(&printer, &root));
 *	SSL *ssl = connect_guarded(server, &expectation, NULL);
 *	assert_string_equal(watched.events, "start judged done");
 */
#ifndef FUSE_TESTS_TLS_RIG_H
#define FUSE_TESTS_TLS_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/str.h"
#include "common/tls.h"
#include "common/tls_inner.h"

#define RIG __attribute__((unused)) static

#define SERIAL "01P00A123456789"
#define YEAR_S (365L * 24 * 3600)
#define CHAIN_CAP 8

/* -- certificates ----------------------------------------------------------------------------------- */

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
};

struct order {
	const char *name; /* its CN; NULL = none */
	int name_len;	  /* 0 = up to the NUL */
	const char *second_name;
	bool is_ca, version_3;
	int path_length;   /* of a CA; 0 = not bounded, else one more than it */
	long from_s, to_s; /* from now; both 0 = from a year ago, for ten years */
	const EVP_MD *(*digest)(void); /* of the signature; NULL = SHA-256 */
	size_t padding_bytes; /* an extension of so many bytes */
};

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void
add_padding(X509 *certificate, size_t bytes)
{
	char *text = malloc(bytes + 20);

	str_format(text, 20, "DER:0c82%04zx", bytes / 2);
	memset(text + strlen(text), '4', bytes);
	text[12 + bytes] = '\0';
	add_extension(certificate, NID_netscape_comment, text);
	free(text);
}

static void
add_extensions(X509 *certificate, const struct order *order)
{
	char constraints[40];

	if (order->path_length > 0)
		str_format(constraints, sizeof constraints, "critical,CA:TRUE,pathlen:%d", order->path_length - 1);
	else
		str_format(constraints, sizeof constraints, "critical,CA:%s", order->is_ca ? "TRUE" : "FALSE");
	add_extension(certificate, NID_basic_constraints, constraints);
	if (order->padding_bytes > 0)
		add_padding(certificate, order->padding_bytes);
}

static void
set_names(X509 *certificate, const struct order *order)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8, (const unsigned char *)"Printers", -1, -1,
				   0);
	if (order->name != NULL)
		X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
					   (const unsigned char *)order->name,
					   order->name_len != 0 ? order->name_len : -1, -1, 0);
	if (order->second_name != NULL)
		X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
					   (const unsigned char *)order->second_name, -1, -1, 0);
}

/* A certificate with a key of its own, signed by `issuer` (NULL = by itself). Freed by free_identities(). */
static struct identity made[128];
static size_t made_count;

static struct identity
make_identity(const struct order *order, const struct identity *issuer)
{
	static long number = 1000;
	bool usual = order->from_s == 0 && order->to_s == 0;
	time_t wall = time(NULL), build = (time_t)(tls_build_ms() / 1000), now = wall > build ? wall : build;
	struct identity self = { X509_new(), EVP_EC_gen("P-256") };

	assert_true(made_count < STR_ARRAY_LEN(made));
	made[made_count++] = self;
	ASN1_INTEGER_set(X509_get_serialNumber(self.certificate), number++);
	X509_time_adj_ex(X509_getm_notBefore(self.certificate), 0, usual ? -YEAR_S : order->from_s, &now);
	X509_time_adj_ex(X509_getm_notAfter(self.certificate), 0, usual ? 10 * YEAR_S : order->to_s, &now);
	X509_set_pubkey(self.certificate, self.key);
	set_names(self.certificate, order);
	if (issuer == NULL)
		issuer = &self;
	X509_set_issuer_name(self.certificate, X509_get_subject_name(issuer->certificate));
	if (order->is_ca || order->version_3 || order->padding_bytes > 0) {
		X509_set_version(self.certificate, X509_VERSION_3);
		add_extensions(self.certificate, order);
	}
	assert_true(X509_sign(self.certificate, issuer->key,
			      order->digest != NULL ? order->digest() : EVP_sha256()) > 0);
	return self;
}

static void
free_identities(void)
{
	while (made_count > 0) {
		X509_free(made[--made_count].certificate);
		EVP_PKEY_free(made[made_count].key);
	}
}

RIG void
fingerprint_of(const struct identity *identity, char to[TLS_SHA256_BYTES])
{
	unsigned char digest[32];

	X509_digest(identity->certificate, EVP_sha256(), digest, NULL);
	str_hex(digest, sizeof digest, to);
}

RIG void
write_pem(const char *path, const struct identity *identity, const char *mode)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	PEM_write_X509(file, identity->certificate);
	fclose(file);
}

/* -- whom Bambu Lab's table names here (in place of common/tls_issuers.c) ------------------------------ */

static char known[8][TLS_SHA256_BYTES];
static size_t known_count;

bool
tls_issuer_is_known(const char *sha256)
{
	for (size_t i = 0; i < known_count; i++)
		if (strcmp(known[i], sha256) == 0)
			return true;
	return false;
}

static void
make_known(const struct identity *issuer)
{
	fingerprint_of(issuer, known[known_count++]);
}

/* -- both ends ---------------------------------------------------------------------------------------- */

/* What the server was told and what it got. */
struct served {
	bool complete;
	char server_name[64];
	int alert; /* that the client sent; -1 = none */
	char got[64];
	size_t got_len;
	SSL *ssl;
};

static struct served served;
static int ends[2]; /* the client's, the server's */

static void
note_alert(const SSL *ssl, int where, int value)
{
	(void)ssl;
	if ((where & SSL_CB_ALERT) && (where & SSL_CB_READ))
		served.alert = value & 0xff;
}

RIG SSL_CTX *
server_context(const struct identity *const *chain)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_info_callback(ctx, note_alert);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"fuse", 4);
	assert_int_equal(SSL_CTX_use_certificate(ctx, chain[0]->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, chain[0]->key), 1);
	for (size_t i = 1; i < CHAIN_CAP && chain[i] != NULL; i++)
		assert_int_equal(SSL_CTX_add1_chain_cert(ctx, chain[i]->certificate), 1);
	return ctx;
}

RIG void
open_ends(SSL_CTX *server)
{
	memset(&served, 0, sizeof served);
	served.alert = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	served.ssl = SSL_new(server);
	SSL_set_fd(served.ssl, ends[1]);
	SSL_set_accept_state(served.ssl);
}

RIG void
close_ends(void)
{
	SSL_free(served.ssl);
	close(ends[0]);
	close(ends[1]);
	ERR_clear_error();
}

/* The server does what it can just now. */
RIG void
serve(void)
{
	size_t n;

	if (!served.complete && SSL_do_handshake(served.ssl) == 1) {
		const char *name = SSL_get_servername(served.ssl, TLSEXT_NAMETYPE_host_name);
		served.complete = true;
		str_copy(served.server_name, sizeof served.server_name, name != NULL ? name : "");
	}
	while (served.complete && served.got_len < sizeof served.got &&
	       SSL_read_ex(served.ssl, served.got + served.got_len, sizeof served.got - served.got_len, &n) == 1)
		served.got_len += n;
	ERR_clear_error();
}

#define CHAIN(...) (const struct identity *const[CHAIN_CAP]){ __VA_ARGS__ }

/* -- the usual story ------------------------------------------------------------------------------------ */

RIG int
forget_all(void **state)
{
	(void)state;
	free_identities();
	known_count = 0;
	tls_load_owner_issuers("/nowhere/at/all");
	return 0;
}

static struct identity root, printer; /* of the usual story: root, made known, signs an old printer */

RIG int
make_usual(void **state)
{
	(void)state;
	root = make_identity(&(struct order){ .name = "BBL CA", .is_ca = true }, NULL);
	make_known(&root);
	printer = make_identity(&(struct order){ .name = SERIAL }, &root);
	return 0;
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, make_usual, forget_all)

/* -- a library's connection, guarded ---------------------------------------------------------------------- */

static struct {
	char events[80];
	enum tls_verdict verdict;
	struct tls_certificate certificate;
	char reason[120];
} watched;

static void
note(const char *event)
{
	size_t used = strlen(watched.events);

	str_format(watched.events + used, sizeof watched.events - used, "%s%s", used > 0 ? " " : "", event);
}

static void
on_start(void *arg)
{
	assert_ptr_equal(arg, &watched);
	note("start");
}

static void
on_judged(void *arg, enum tls_verdict verdict, const struct tls_certificate *certificate)
{
	(void)arg;
	note("judged");
	watched.verdict = verdict;
	watched.certificate = *certificate;
}

static void
on_done(void *arg)
{
	(void)arg;
	note("done");
}

static void
on_alert(void *arg, const char *reason)
{
	(void)arg;
	note("alert");
	str_copy(watched.reason, sizeof watched.reason, reason);
}

static const struct tls_watch watch = { on_start, on_judged, on_done, on_alert, &watched };

/* What the library does with a new connection before it begins. */
typedef void turn_fn(SSL *ssl);

/* One connection to a printer with this chain; the client writes as soon as it may. Returns its SSL. */
RIG SSL *
connect_guarded(SSL_CTX *server, const struct tls_expectation *expectation, turn_fn *turn)
{
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	bool wrote = false;

	memset(&watched, 0, sizeof watched);
	tls_guard(client, expectation, &watch);
	open_ends(server);
	SSL *ssl = SSL_new(client);
	SSL_CTX_free(client);
	SSL_set_fd(ssl, ends[0]);
	SSL_set_connect_state(ssl);
	if (turn != NULL)
		turn(ssl);
	for (int i = 0; i < 20; i++) {
		if (!wrote && SSL_do_handshake(ssl) == 1)
			wrote = SSL_write(ssl, "code", 4) == 4;
		serve();
	}
	return ssl;
}

#endif
