/*
 * Whom a printer's certificate proves: the judgement by itself, and every verdict on real handshakes, with issuers that
 * stand in for Bambu Lab's. What a library may do to such a handshake: test_tls_guard.c.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>


#include <cmocka.h>

#include "tests/unit/tls_rig.h"

/* -- the judgement alone --------------------------------------------------------------------------------- */

#define PIN_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PIN_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define BUILD_MS tls_build_ms()
#define NOW_MS (BUILD_MS + 1000000)

static void
the_verdict_follows_from_name_pin_voucher_and_dates(void **state)
{
	const struct {
		const char *serial, *pin, *cn, *sha256;
		enum tls_vouch vouch;
		int64_t from_ms, to_ms, now_ms;
		enum tls_verdict expected;
	} cases[] = {
#define VALID 0, NOW_MS + 1, NOW_MS
#define OVER 0, NOW_MS - 1, NOW_MS
#define BEFORE NOW_MS + 1, NOW_MS + 2, NOW_MS
#define ODD 0, 0, NOW_MS
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_TRUSTED_CHAIN },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_OWNER, VALID, TLS_TRUSTED_CHAIN },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_NOBODY, VALID, TLS_UNTRUSTED },
		{ SERIAL, PIN_A, SERIAL, PIN_A, TLS_VOUCH_NOBODY, VALID, TLS_TRUSTED_PIN },
		{ SERIAL, PIN_B, SERIAL, PIN_A, TLS_VOUCH_NOBODY, VALID, TLS_PIN_CHANGED },
		/* renewed: an issuer vouches for the new one */
		{ SERIAL, PIN_B, SERIAL, PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_TRUSTED_CHAIN },
		/* dates count for a chain, and never for a pin */
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, OVER, TLS_EXPIRED },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_OWNER, BEFORE, TLS_NOT_YET_VALID },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, ODD, TLS_EXPIRED },
		{ SERIAL, PIN_B, SERIAL, PIN_A, TLS_VOUCH_BAMBU, OVER, TLS_EXPIRED },
		{ SERIAL, PIN_A, SERIAL, PIN_A, TLS_VOUCH_BAMBU, OVER, TLS_TRUSTED_PIN },
		{ SERIAL, PIN_A, SERIAL, PIN_A, TLS_VOUCH_NOBODY, BEFORE, TLS_TRUSTED_PIN },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_NOBODY, OVER, TLS_UNTRUSTED },
		/* the last millisecond */
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, NOW_MS, NOW_MS, NOW_MS, TLS_TRUSTED_CHAIN },
		/* a clock in 1970 is taken for the build's date, one in the future for what it is */
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, BUILD_MS, BUILD_MS, 0, TLS_TRUSTED_CHAIN },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, 0, BUILD_MS - 1, 0, TLS_EXPIRED },
		{ SERIAL, "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, BUILD_MS + 1, NOW_MS, 0, TLS_NOT_YET_VALID },
		/* the name first: neither pin nor issuer helps another printer */
		{ SERIAL, PIN_A, "01P00A123456780", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_OTHER_SERIAL },
		{ SERIAL, "", SERIAL "0", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_OTHER_SERIAL },
		{ SERIAL, "", "01P00A12345678", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_OTHER_SERIAL },
		{ SERIAL, "", " " SERIAL, PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_OTHER_SERIAL },
		{ SERIAL, PIN_A, "01p00a123456789", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_SERIAL_CASE },
		{ "01p00a123456789", PIN_A, SERIAL, PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_SERIAL_CASE },
		{ SERIAL, PIN_A, "", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_NO_SERIAL },
		/* pins that are none */
		{ SERIAL, "a", SERIAL, "a", TLS_VOUCH_NOBODY, VALID, TLS_PIN_CHANGED },
		{ SERIAL, "", SERIAL, "", TLS_VOUCH_NOBODY, VALID, TLS_UNTRUSTED },
		/* whom nobody is expected to be, nobody is trusted as */
		{ "", "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_UNTRUSTED },
		{ "", PIN_A, SERIAL, PIN_A, TLS_VOUCH_NOBODY, VALID, TLS_UNTRUSTED },
		{ "", "", "", PIN_A, TLS_VOUCH_BAMBU, VALID, TLS_NO_SERIAL },
		{ "", "", SERIAL, PIN_A, TLS_VOUCH_BAMBU, OVER, TLS_EXPIRED },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct tls_expectation expectation = { 0 };
		struct tls_certificate certificate = { .not_before_ms = cases[i].from_ms,
						       .not_after_ms = cases[i].to_ms, .vouch = cases[i].vouch };
		str_copy(expectation.serial, sizeof expectation.serial, cases[i].serial);
		str_copy(expectation.pin_sha256, sizeof expectation.pin_sha256, cases[i].pin);
		str_copy(certificate.serial, sizeof certificate.serial, cases[i].cn);
		str_copy(certificate.sha256, sizeof certificate.sha256, cases[i].sha256);
		enum tls_verdict verdict = tls_judge(&expectation, &certificate, cases[i].now_ms);
		if (verdict != cases[i].expected)
			fail_msg("case %zu: %s in place of %s", i, tls_verdict_name(verdict),
				 tls_verdict_name(cases[i].expected));
	}
}

static void
verdicts_and_vouchers_have_names(void **state)
{
	(void)state;
	assert_string_equal(tls_verdict_name(TLS_TRUSTED_CHAIN), "trusted-chain");
	assert_string_equal(tls_verdict_name(TLS_NOT_YET_VALID), "not-yet-valid");
	assert_string_equal(tls_verdict_name((enum tls_verdict)99), "?");
	assert_string_equal(tls_vouch_name(TLS_VOUCH_NOBODY), "unknown");
	assert_string_equal(tls_vouch_name(TLS_VOUCH_BAMBU), "bambu-ca");
	assert_string_equal(tls_vouch_name(TLS_VOUCH_OWNER), "owner-ca");
	assert_string_equal(tls_vouch_name((enum tls_vouch)99), "?");
}

/* -- whom a chain proves ---------------------------------------------------------------------------------- */

static enum tls_verdict
verdict_on(const struct identity *const *chain, const char *serial, const char *pin)
{
	struct tls_expectation expectation = { 0 };
	SSL_CTX *server = server_context(chain);

	str_copy(expectation.serial, sizeof expectation.serial, serial);
	str_copy(expectation.pin_sha256, sizeof expectation.pin_sha256, pin);
	SSL *ssl = connect_guarded(server, &expectation, NULL);
	/* Whatever the verdict, the connection went as it says. */
	bool trusted = TLS_IS_TRUSTED(watched.verdict);
	assert_string_equal(watched.events, trusted ? "start judged done" : "start judged alert");
	assert_int_equal(served.complete, trusted);
	assert_int_equal(served.got_len, trusted ? 4 : 0);
	assert_true(trusted == (served.alert < 0));
	assert_string_equal(watched.reason, trusted ? "" : "its certificate was refused");
	SSL_free(ssl);
	close_ends();
	SSL_CTX_free(server);
	return watched.verdict;
}

static void
an_old_printer_sends_its_issuer_along_and_is_vouched_for(void **state)
{
	char sha256[TLS_SHA256_BYTES];

	(void)state;
	assert_int_equal(X509_get_version(printer.certificate), X509_VERSION_1);
	assert_int_equal(verdict_on(CHAIN(&printer, &root), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(watched.certificate.vouch, TLS_VOUCH_BAMBU);
	fingerprint_of(&printer, sha256);
	assert_string_equal(watched.certificate.sha256, sha256);
	assert_string_equal(watched.certificate.serial, SERIAL);
	assert_string_equal(watched.certificate.issuer, "BBL CA");
	int64_t year_ms = YEAR_S * 1000, from_ms = watched.certificate.not_before_ms;
	assert_int_equal(watched.certificate.not_after_ms - from_ms, 11 * year_ms);
	assert_string_equal(served.server_name, SERIAL);
}

static void
a_printer_that_sends_its_leaf_alone_needs_the_owner(void **state)
{
	char folder[] = "/tmp/fuse-test-tls-XXXXXX", path[64], sha256[TLS_SHA256_BYTES];
	struct identity farm = make_identity(&(struct order){ .name = "Farm CA", .is_ca = true }, NULL);
	struct identity ours = make_identity(&(struct order){ .name = SERIAL, .version_3 = true }, &farm);

	(void)state;
	assert_int_equal(verdict_on(CHAIN(&printer), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(watched.certificate.vouch, TLS_VOUCH_NOBODY);
	fingerprint_of(&printer, sha256);
	assert_int_equal(verdict_on(CHAIN(&printer), SERIAL, sha256), TLS_TRUSTED_PIN);
	assert_int_equal(verdict_on(CHAIN(&ours), SERIAL, sha256), TLS_PIN_CHANGED);

	assert_non_null(mkdtemp(folder));
	str_format(path, sizeof path, "%s/all.pem", folder);
	write_pem(path, &farm, "w");
	write_pem(path, &root, "a");
	assert_int_equal(tls_load_owner_issuers(folder), 2);
	assert_int_equal(verdict_on(CHAIN(&ours), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(watched.certificate.vouch, TLS_VOUCH_OWNER);
	/* One of Bambu Lab's issuers stays theirs, wherever it was found. */
	assert_int_equal(verdict_on(CHAIN(&printer), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(watched.certificate.vouch, TLS_VOUCH_BAMBU);
	unlink(path);
	rmdir(folder);
}

static void
a_new_printer_sends_the_issuer_of_its_model(void **state)
{
	struct order device_order = { .name = "BBL Device CA N7-V2", .is_ca = true, .path_length = 1 };
	struct identity device = make_identity(&device_order, &root);
	struct identity leaf = make_identity(&(struct order){ .name = SERIAL, .version_3 = true }, &device);

	(void)state;
	/* Up to the root that is known; without it; and with the issuer itself known. */
	assert_int_equal(verdict_on(CHAIN(&leaf, &device, &root), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(verdict_on(CHAIN(&leaf, &root, &device), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(verdict_on(CHAIN(&leaf, &device), SERIAL, ""), TLS_UNTRUSTED);
	make_known(&device);
	assert_int_equal(verdict_on(CHAIN(&leaf, &device), SERIAL, ""), TLS_TRUSTED_CHAIN);
	assert_int_equal(watched.certificate.vouch, TLS_VOUCH_BAMBU);
}

static void
a_name_must_be_the_serial_number_and_nothing_else(void **state)
{
	static const struct { struct order order; enum tls_verdict expected; const char *shown; } cases[] = {
		{ { .name = "01P00A123456780" }, TLS_OTHER_SERIAL, "01P00A123456780" },
		{ { .name = SERIAL ".example" }, TLS_OTHER_SERIAL, SERIAL ".example" },
		{ { .name = "01p00a123456789" }, TLS_SERIAL_CASE, "01p00a123456789" },
		{ { .name = SERIAL "\0.example", .name_len = 24 }, TLS_NO_SERIAL, "" },
		{ { .name = SERIAL "\0", .name_len = 16 }, TLS_NO_SERIAL, "" },
		{ { .name = SERIAL, .second_name = "01P00A123456780" }, TLS_NO_SERIAL, "" },
		{ { .name = "01P00A123456780", .second_name = SERIAL }, TLS_NO_SERIAL, "" },
		{ { .name = NULL }, TLS_NO_SERIAL, "" },
		{ { .name = SERIAL "\n" }, TLS_OTHER_SERIAL, SERIAL "?" },
		{ { .name = "\x1b[2Jprinter" }, TLS_OTHER_SERIAL, "?[2Jprinter" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(cases); i++) {
		struct identity other = make_identity(&cases[i].order, &root);
		enum tls_verdict verdict = verdict_on(CHAIN(&other, &root), SERIAL, "");
		if (verdict != cases[i].expected)
			fail_msg("case %zu: %s", i, tls_verdict_name(verdict));
		assert_string_equal(watched.certificate.serial, cases[i].shown);
		/* Nor does a pin on it help. */
		assert_int_equal(verdict_on(CHAIN(&other, &root), SERIAL, watched.certificate.sha256),
				 cases[i].expected);
	}
}

static void
dates_count_for_what_stands_below_the_issuer_and_not_for_a_pin(void **state)
{
	struct order past_order = { .name = SERIAL, .from_s = -YEAR_S, .to_s = -60 };
	struct order future_order = { .name = SERIAL, .from_s = 3600, .to_s = YEAR_S };
	struct identity past = make_identity(&past_order, &root), future = make_identity(&future_order, &root);
	struct order old_order = { .name = "Old CA", .is_ca = true, .from_s = -2 * YEAR_S, .to_s = -60 };
	struct identity old_root = make_identity(&old_order, NULL), old_device = make_identity(&old_order, &root);
	struct identity of_old_root = make_identity(&(struct order){ .name = SERIAL }, &old_root);
	struct identity of_old_device = make_identity(&(struct order){ .name = SERIAL }, &old_device);

	(void)state;
	make_known(&old_root);
	assert_int_equal(verdict_on(CHAIN(&past, &root), SERIAL, ""), TLS_EXPIRED);
	assert_int_equal(served.alert, SSL_AD_CERTIFICATE_EXPIRED);
	assert_int_equal(verdict_on(CHAIN(&past, &root), SERIAL, watched.certificate.sha256), TLS_TRUSTED_PIN);
	assert_int_equal(verdict_on(CHAIN(&future, &root), SERIAL, ""), TLS_NOT_YET_VALID);
	assert_int_equal(verdict_on(CHAIN(&future, &root), SERIAL, watched.certificate.sha256), TLS_TRUSTED_PIN);
	assert_int_equal(verdict_on(CHAIN(&of_old_device, &old_device, &root), SERIAL, ""), TLS_EXPIRED);
	assert_int_equal(verdict_on(CHAIN(&of_old_root, &old_root), SERIAL, ""), TLS_TRUSTED_CHAIN);
}

/* What somebody can make who owns one printer, or who can read what is public. */
static void
a_forged_chain_vouches_for_nobody(void **state)
{
	struct identity own_v1 = make_identity(&(struct order){ .name = "01P00A111111111" }, &root);
	struct identity own_v3 = make_identity(&(struct order){ .name = "01P00A222222222", .version_3 = true }, &root);
	struct identity by_v1 = make_identity(&(struct order){ .name = SERIAL }, &own_v1);
	struct identity by_v3 = make_identity(&(struct order){ .name = SERIAL }, &own_v3);
	struct identity namesake = make_identity(&(struct order){ .name = "BBL CA", .is_ca = true }, NULL);
	struct identity by_namesake = make_identity(&(struct order){ .name = SERIAL }, &namesake);
	struct identity by_itself = make_identity(&(struct order){ .name = SERIAL }, NULL);
	struct order short_order = { .name = "CA 0", .is_ca = true, .path_length = 1 };
	struct identity short_ca = make_identity(&short_order, &root);
	struct identity below = make_identity(&(struct order){ .name = "CA 1", .is_ca = true }, &short_ca);
	struct identity by_below = make_identity(&(struct order){ .name = SERIAL }, &below);

	(void)state;
	assert_int_equal(verdict_on(CHAIN(&by_v1, &own_v1, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&by_v3, &own_v3, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&by_namesake, &namesake), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(served.alert, SSL_AD_UNKNOWN_CA);
	assert_int_equal(verdict_on(CHAIN(&by_namesake, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&by_namesake, &namesake, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&by_itself, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&by_below, &below, &short_ca, &root), SERIAL, ""), TLS_UNTRUSTED);
}

static void
weak_signatures_and_chains_beyond_the_bounds_vouch_for_nobody(void **state)
{
	struct identity sha1 = make_identity(&(struct order){ .name = SERIAL, .digest = EVP_sha1 }, &root);
	struct identity large = make_identity(&(struct order){ .name = SERIAL, .padding_bytes = 16300 }, &root);
	struct identity fits = make_identity(&(struct order){ .name = SERIAL, .padding_bytes = 14000 }, &root);
	struct identity others[4];

	(void)state;
	assert_int_equal(verdict_on(CHAIN(&sha1, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&large, &root), SERIAL, ""), TLS_UNTRUSTED);
	assert_int_equal(verdict_on(CHAIN(&fits, &root), SERIAL, ""), TLS_TRUSTED_CHAIN);
	for (size_t i = 0; i < STR_ARRAY_LEN(others); i++)
		others[i] = make_identity(&(struct order){ .name = "Bystander", .is_ca = true }, NULL);
	assert_int_equal(verdict_on(CHAIN(&printer, &others[0], &others[1], &others[2], &root), SERIAL, ""),
			 TLS_TRUSTED_CHAIN);
	assert_int_equal(verdict_on(CHAIN(&printer, &others[0], &others[1], &others[2], &others[3], &root), SERIAL, ""),
			 TLS_UNTRUSTED);
}

/* -- the owner's folder -------------------------------------------------------------------------------------------- */

static char ca_dir[] = "/tmp/fuse-test-ca-XXXXXX";

static const char *
in_ca_dir(const char *name)
{
	static char path[96];

	str_format(path, sizeof path, "%s/%s", ca_dir, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(in_ca_dir(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
only_certificates_in_files_that_are_the_owners_are_taken(void **state)
{
	static const char *const names[] = { "one.pem", "two.CRT", "der.cer", "many.cert", "text.pem", "empty.pem",
					     "key.pem", "notes.txt", ".hidden.pem", "open.pem", "huge.pem",
					     "fifo.pem" };
	static const char locked[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
				     "DEK-Info: DES-EDE3-CBC,0123456789ABCDEF\n\nAAAA\n-----END CERTIFICATE-----\n";

	(void)state;
	assert_int_equal(tls_load_owner_issuers("/nowhere/at/all"), 0);
	assert_non_null(mkdtemp(ca_dir));
	assert_int_equal(tls_load_owner_issuers(ca_dir), 0);
	write_pem(in_ca_dir("one.pem"), &root, "w");
	write_pem(in_ca_dir("two.CRT"), &root, "w");
	FILE *file = fopen(in_ca_dir("der.cer"), "w");
	i2d_X509_fp(file, root.certificate);
	fclose(file);
	put("many.cert", "Some words before.\n");
	for (int i = 0; i < 5; i++)
		write_pem(in_ca_dir("many.cert"), &root, "a");
	assert_int_equal(tls_load_owner_issuers(ca_dir), 8);
	/* None of these counts, and none stops the others. */
	put("text.pem", "no certificate");
	put("empty.pem", "");
	put("key.pem", locked);
	write_pem(in_ca_dir("notes.txt"), &root, "w");
	write_pem(in_ca_dir(".hidden.pem"), &root, "w");
	write_pem(in_ca_dir("open.pem"), &root, "w");
	assert_int_equal(chmod(in_ca_dir("open.pem"), 0666), 0);
	write_pem(in_ca_dir("huge.pem"), &root, "w");
	assert_int_equal(truncate(in_ca_dir("huge.pem"), 1 << 20), 0);
	assert_int_equal(mkfifo(in_ca_dir("fifo.pem"), 0600), 0);
	assert_int_equal(tls_load_owner_issuers(ca_dir), 8);
	assert_int_equal(tls_load_owner_issuers(ca_dir), 8); /* again: in place of the first */
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		unlink(in_ca_dir(names[i]));
	rmdir(ca_dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verdict_follows_from_name_pin_voucher_and_dates),
		cmocka_unit_test(verdicts_and_vouchers_have_names),
		STORY(an_old_printer_sends_its_issuer_along_and_is_vouched_for),
		STORY(a_printer_that_sends_its_leaf_alone_needs_the_owner),
		STORY(a_new_printer_sends_the_issuer_of_its_model),
		STORY(a_name_must_be_the_serial_number_and_nothing_else),
		STORY(dates_count_for_what_stands_below_the_issuer_and_not_for_a_pin),
		STORY(a_forged_chain_vouches_for_nobody),
		STORY(weak_signatures_and_chains_beyond_the_bounds_vouch_for_nobody),
		STORY(only_certificates_in_files_that_are_the_owners_are_taken),
	};

	signal(SIGPIPE, SIG_IGN);
	tls_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
