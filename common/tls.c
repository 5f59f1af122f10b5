/*
 * tls: OpenSSL's start, and its failures in words.
 */
#include "common/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <string.h>
#include <time.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_inner.h"

void
tls_init(void)
{
	const uint64_t lean = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
			      OPENSSL_INIT_NO_LOAD_SSL_STRINGS | OPENSSL_INIT_NO_ATEXIT;

	tzset(); /* or timegm() looks for /etc/localtime later, out of reach */
	ENSURE(OPENSSL_init_crypto(lean, NULL) == 1 && OPENSSL_init_ssl(lean, NULL) == 1);
	tls_guard_init();
}

/* OpenSSL's own texts are not loaded; these say more to a person. */
static const char *
words_of(int reason)
{
	static const struct { int reason; const char *words; } table[] = {
		{ SSL_R_CERTIFICATE_VERIFY_FAILED, "its certificate was refused" },
		{ SSL_R_WRONG_VERSION_NUMBER, "what it says is not TLS" },
		{ SSL_R_UNSUPPORTED_PROTOCOL, "it does not speak TLS 1.2" },
		{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "it does not speak TLS 1.2" },
		{ SSL_R_UNEXPECTED_EOF_WHILE_READING, "it closed the connection without a word" },
		{ SSL_R_UNEXPECTED_MESSAGE, "its messages come out of order" },
		{ SSL_R_BAD_LENGTH, "a message of its is damaged" },
		{ SSL_R_LENGTH_MISMATCH, "a message of its is damaged" },
		{ SSL_R_EXCESSIVE_MESSAGE_SIZE, "a message of its is too long" },
		{ SSL_R_PACKET_LENGTH_TOO_LONG, "a message of its is too long" },
		{ SSL_R_WRONG_CIPHER_RETURNED, "it chose a cipher that was not offered" },
		{ SSL_R_WRONG_SIGNATURE_TYPE, "it signs in a way that was not offered" },
		{ SSL_R_BAD_SIGNATURE, "it has not the key of its certificate" },
		{ SSL_R_DH_KEY_TOO_SMALL, "its keys are too weak" },
		{ SSL_R_EE_KEY_TOO_SMALL, "its keys are too weak" },
	};

	for (size_t i = 0; i < STR_ARRAY_LEN(table); i++)
		if (table[i].reason == reason)
			return table[i].words;
	return NULL;
}

void
tls_reason(char *ret_reason, size_t cap)
{
	int kept_errno = errno;
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	if (code == 0 || ERR_SYSTEM_ERROR(code)) {
		int error = code == 0 ? kept_errno : reason;
		str_copy(ret_reason, cap,
			 error == 0 ? "it closed the connection without a word" : strerror(error));
	} else if (ERR_GET_LIB(code) == ERR_LIB_SSL && words_of(reason) != NULL) {
		str_copy(ret_reason, cap, words_of(reason));
	} else if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
		str_format(ret_reason, cap, "it refused: %s",
			   SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	} else {
		str_format(ret_reason, cap, "OpenSSL's error %d:%d", ERR_GET_LIB(code), reason);
	}
}

void
tls_step_prepare(char ret_fault[TLS_REASON_BYTES])
{
	ret_fault[0] = '\0';
	ERR_clear_error();
	errno = 0;
}

enum tls_step
tls_step_of(const SSL *ssl, int result, bool reset_is_end, char ret_fault[TLS_REASON_BYTES])
{
	bool reset;

	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_NONE:
		return TLS_STEP_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_STEP_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_STEP_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		str_copy(ret_fault, TLS_REASON_BYTES, "it closed the connection");
		return TLS_STEP_CLOSED;
	default:
		reset = ERR_peek_error() == 0 && (errno == ECONNRESET || errno == EPIPE);
		tls_reason(ret_fault, TLS_REASON_BYTES);
		ERR_clear_error();
		return reset && reset_is_end ? TLS_STEP_CLOSED : TLS_STEP_FAILED;
	}
}
