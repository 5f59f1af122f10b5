/*
 * tls_owner: the owner's issuers, read once at the start from a folder of PEM or DER files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "common/tls_inner.h"

#define FILES_MAX 64
#define FILE_MAX_BYTES (256 * 1024)
#define CERTIFICATES_MAX 256

static STACK_OF(X509) *owners;

STACK_OF(X509) *
tls_owner_issuers_peek(void)
{
	return owners;
}

static bool
has_a_fitting_name(const char *name)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".cert" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; name[0] != '.' && dot != NULL && i < STR_ARRAY_LEN(endings); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return true;
	return false;
}

/* The whole file, to be freed, or NULL and why. */
static unsigned char *
read_file(int folder, const char *name, size_t *ret_len, const char **ret_why)
{
	struct stat status;
	unsigned char *bytes = NULL;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* it may be a FIFO */

	*ret_len = 0;
	if (fd < 0 || fstat(fd, &status) != 0) {
		*ret_why = strerror(errno);
	} else if (!S_ISREG(status.st_mode)) {
		*ret_why = "it is no file";
	} else if (status.st_mode & S_IWOTH) {
		*ret_why = "anyone may write to it";
	} else if (status.st_size > FILE_MAX_BYTES) {
		*ret_why = "it is too large";
	} else {
		bytes = malloc(FILE_MAX_BYTES);
		ENSURE(bytes != NULL);
		ssize_t n;
		while (*ret_len < FILE_MAX_BYTES && (n = read(fd, bytes + *ret_len, FILE_MAX_BYTES - *ret_len)) > 0)
			*ret_len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* An encrypted PEM must not ask anybody for a password. */
static int
no_password(char *to, int cap, int for_writing, void *arg)
{
	(void)to, (void)cap, (void)for_writing, (void)arg;
	return -1;
}

static unsigned
take_certificate(X509 *certificate)
{
	if (certificate == NULL)
		return 0;
	if (sk_X509_num(owners) < CERTIFICATES_MAX && i2d_X509(certificate, NULL) <= TLS_CERTIFICATE_MAX_BYTES &&
	    sk_X509_push(owners, certificate) > 0)
		return 1;
	X509_free(certificate);
	return 0;
}

static unsigned
take_all(const unsigned char *bytes, size_t len)
{
	unsigned taken = 0;

	if (memmem(bytes, len, "-----BEGIN", 10) == NULL) {
		taken = take_certificate(d2i_X509(NULL, &bytes, (long)len));
	} else {
		BIO *bio = BIO_new_mem_buf(bytes, (int)len);
		X509 *certificate;
		ENSURE(bio != NULL);
		while ((certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL)
			taken += take_certificate(certificate);
		BIO_free(bio);
	}
	ERR_clear_error();
	return taken;
}

static unsigned
load_file(int folder, const char *name)
{
	const char *why = "no certificate is in it";
	size_t len;
	unsigned char *bytes = read_file(folder, name, &len, &why);
	unsigned taken = bytes != NULL ? take_all(bytes, len) : 0;

	free(bytes);
	if (taken == 0)
		log_warn("an issuer's certificate was passed over", log_str("file", name), log_str("why", why));
	return taken;
}

unsigned
tls_load_owner_issuers(const char *dir)
{
	unsigned files = 0, taken = 0;
	DIR *folder = opendir(dir);
	struct dirent *entry;

	sk_X509_pop_free(owners, X509_free);
	owners = NULL;
	if (folder == NULL) {
		if (errno != ENOENT)
			log_warn("the folder of issuers cannot be read", log_str("folder", dir),
				 log_str("error", strerror(errno)));
		return 0;
	}
	owners = sk_X509_new_null();
	ENSURE(owners != NULL);
	while ((entry = readdir(folder)) != NULL) {
		if (!has_a_fitting_name(entry->d_name))
			continue;
		if (++files > FILES_MAX) {
			log_warn("more files of issuers than are "
				 "read", log_str("folder", dir), log_int("read", FILES_MAX));
			break;
		}
		taken += load_file(dirfd(folder), entry->d_name);
	}
	closedir(folder);
	return taken;
}
