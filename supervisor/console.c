/*
 * console: a terminal, or the journal.
 */
#include "supervisor/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/str.h"

/* systemd names the device and inode of the stream to the journal: ours may have been redirected since. */
static bool
is_journal(int fd)
{
	const char *named = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (named == NULL || fstat(fd, &st) != 0)
		return false;
	str_format(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(named, own) == 0;
}

bool
console_show_setup_code(const struct secret *code, const char *pages)
{
	char text[256];

	if (!isatty(STDERR_FILENO) && !is_journal(STDERR_FILENO)) {
		log_info("no password is set yet; `fusectl setup-code` shows the code that sets it");
		return false;
	}
	str_format(text, sizeof text,
		   "No password is set yet. Open https://%s/ and set one with this setup code: %.*s\n", pages,
		   (int)code->len_bytes, (const char *)secret_bytes_peek(code));
	/* A console that takes nothing must not hold up the supervisor's loop for ever; it is a line. */
	ssize_t written = write(STDERR_FILENO, text, strlen(text));
	explicit_bzero(text, sizeof text);
	return written > 0;
}
