/*
 * tls_judge: the verdict on a certificate, from what was learnt of it. No OpenSSL here.
 */
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "common/tls.h"

#ifndef FUSE_BUILD_EPOCH
#error "FUSE_BUILD_EPOCH (seconds since 1970) comes from the Makefile"
#endif

int64_t
tls_build_ms(void)
{
	return (int64_t)FUSE_BUILD_EPOCH * 1000;
}

enum tls_verdict
tls_judge(const struct tls_expectation *expectation, const struct tls_certificate *certificate, int64_t now_ms)
{
	/* A machine without a battery for its clock starts in 1970: it is never earlier than this build. */
	int64_t build_ms = tls_build_ms(), at_ms = now_ms > build_ms ? now_ms : build_ms;
	bool anyone = expectation->serial[0] == '\0';

	if (certificate->serial[0] == '\0')
		return TLS_NO_SERIAL;
	if (!anyone && strcmp(certificate->serial, expectation->serial) != 0)
		return strcasecmp(certificate->serial, expectation->serial) == 0 ? TLS_SERIAL_CASE : TLS_OTHER_SERIAL;
	if (!anyone && strlen(expectation->pin_sha256) == TLS_SHA256_BYTES - 1 &&
	    strcasecmp(certificate->sha256, expectation->pin_sha256) == 0)
		return TLS_TRUSTED_PIN;
	if (certificate->vouch == TLS_VOUCH_NOBODY)
		return !anyone && expectation->pin_sha256[0] != '\0' ? TLS_PIN_CHANGED : TLS_UNTRUSTED;
	if (at_ms < certificate->not_before_ms)
		return TLS_NOT_YET_VALID;
	if (at_ms > certificate->not_after_ms)
		return TLS_EXPIRED;
	/* Also in place of a pinned one: it was renewed, and an issuer says so. */
	return anyone ? TLS_UNTRUSTED : TLS_TRUSTED_CHAIN;
}

const char *
tls_verdict_name(enum tls_verdict verdict)
{
	static const char *const names[] = {
		[TLS_TRUSTED_CHAIN] = "trusted-chain", [TLS_TRUSTED_PIN] = "trusted-pin",
		[TLS_UNTRUSTED] = "untrusted",	       [TLS_PIN_CHANGED] = "pin-changed",
		[TLS_OTHER_SERIAL] = "other-serial",   [TLS_SERIAL_CASE] = "serial-case",
		[TLS_NO_SERIAL] = "no-serial",	       [TLS_EXPIRED] = "expired",
		[TLS_NOT_YET_VALID] = "not-yet-valid",
	};

	return (size_t)verdict < STR_ARRAY_LEN(names) ? names[verdict] : "?";
}

const char *
tls_vouch_name(enum tls_vouch vouch)
{
	static const char *const names[] = {
		[TLS_VOUCH_NOBODY] = "unknown", [TLS_VOUCH_BAMBU] = "bambu-ca", [TLS_VOUCH_OWNER] = "owner-ca"
	};

	return (size_t)vouch < STR_ARRAY_LEN(names) ? names[vouch] : "?";
}
