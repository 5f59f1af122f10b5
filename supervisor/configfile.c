/*
 * configfile: the configuration file, line by line. Stops at the first mistake and names its line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "supervisor/config.h"
#include "supervisor/configkey.h"
#include "supervisor/logline.h"

struct parser {
	const char *file_name;
	unsigned line;
	struct config *config;
	struct config_fault *fault;
	unsigned key_lines[CONFIGKEY_COUNT]; /* where a key stood; 0 = not yet */
};

static bool
fail_line(struct parser *p, const char *reason)
{
	char name[CONFIGKEY_SHOWN_BYTES + 64], where[CONFIGKEY_SHOWN_BYTES + 80];

	logline_plain(p->file_name, strlen(p->file_name), name, sizeof name);
	str_format(where, sizeof where, "%s:%u", name, p->line);
	return configkey_fail(p->fault, where, reason);
}

static char *
trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
	return text + strspn(text, " \t");
}

static void
drop_comment(char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
			text[i] = '\0';
			return;
		}
	}
}

static bool
fail_unknown_key(struct parser *p, const char *name)
{
	char text[CONFIGKEY_SHOWN_BYTES], known[120] = "; the keys are", help[128], reason[CONFIGKEY_REASON_BYTES];
	size_t used = strlen(known);

	for (size_t i = 0; i < CONFIGKEY_COUNT; i++) {
		if (configkeys[i].where == NOT_IN_FILE)
			continue;
		str_format(known + used, sizeof known - used, " %s", configkeys[i].name);
		used = strlen(known);
	}
	configkey_hint(name, false, known, help, sizeof help);
	str_format(reason, sizeof reason, "unknown key '%s'%s", configkey_shown(name, text), help);
	return fail_line(p, reason);
}

static bool
take_assignment(struct parser *p, const char *name, const char *value)
{
	char reason[CONFIGKEY_REASON_BYTES];
	size_t k = 0;

	while (k < CONFIGKEY_COUNT && (configkeys[k].where == NOT_IN_FILE || strcmp(configkeys[k].name, name) != 0))
		k++;
	if (k == CONFIGKEY_COUNT)
		return fail_unknown_key(p, name);
	if (p->key_lines[k] != 0) {
		str_format(reason, sizeof reason, "'%s' stands in line %u already; remove one of the two", name,
			   p->key_lines[k]);
		return fail_line(p, reason);
	}
	p->key_lines[k] = p->line;
	return configkey_take(&configkeys[k], p->config, value, reason) || fail_line(p, reason);
}

static bool
take_line(struct parser *p, const char *bytes, size_t len)
{
	char text[CONFIG_LINE_MAX_BYTES + 1], reason[CONFIGKEY_REASON_BYTES], line_shown[CONFIGKEY_SHOWN_BYTES];

	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	if (len > CONFIG_LINE_MAX_BYTES) {
		str_format(reason, sizeof reason, "the line is longer than %d bytes; shorten it", CONFIG_LINE_MAX_BYTES);
		return fail_line(p, reason);
	}
	if (!str_valid_utf8(bytes, len))
		return fail_line(p, "the line is not text (UTF-8 without NUL); save the file as UTF-8");
	memcpy(text, bytes, len);
	text[len] = '\0';
	drop_comment(text);
	char *name = trim(text);
	if (name[0] == '\0')
		return true;
	char *equals = strchr(name, '=');
	if (equals == NULL || equals == name) {
		str_format(reason, sizeof reason, "'%s' is not a line like key = value", configkey_shown(name, line_shown));
		return fail_line(p, reason);
	}
	*equals = '\0';
	char *value = trim(equals + 1);
	/* "http =# off" is a comment as "http = # off" is. */
	if (value[0] == '#')
		value[0] = '\0';
	return take_assignment(p, trim(name), value);
}

bool
config_parse_text(const char *text, size_t len, const char *file_name, struct config *config,
		  struct config_fault *ret_fault)
{
	struct parser p = { .file_name = file_name, .config = config, .fault = ret_fault };
	const char *at = text, *end = text + len;

	ret_fault->sentence[0] = '\0';
	if (len > CONFIG_FILE_MAX_BYTES) {
		p.line = 1;
		return fail_line(&p, "the file is larger than 256 KiB, so it is hardly Fuse's configuration");
	}
	/* Editors on Windows begin UTF-8 files with this mark. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline != NULL ? newline : end;
		p.line++;
		if (!take_line(&p, at, (size_t)(line_end - at)))
			return false;
		at = newline != NULL ? newline + 1 : end;
	}
	return true;
}

/* *ret_missing: it is not there, which matters only for a file that was asked for. */
bool
configfile_load(const char *path, struct config *config, bool *ret_missing, struct config_fault *ret_fault)
{
	struct stat st;
	size_t used = 0;
	ssize_t n = 0;
	char reason[CONFIGKEY_REASON_BYTES], *text = NULL;

	/* O_NONBLOCK: a FIFO or a terminal must not hold up the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	*ret_missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return configkey_fail(ret_fault, path, "this is a folder; name the configuration file in it");
	}
	if (fd >= 0)
		text = malloc(CONFIG_FILE_MAX_BYTES + 1);
	/* One byte more than allowed, so that the parser sees what is too large. */
	while (text != NULL && used <= CONFIG_FILE_MAX_BYTES &&
	       (n = read(fd, text + used, CONFIG_FILE_MAX_BYTES + 1 - used)) > 0)
		used += (size_t)n;
	bool ok = text != NULL && n >= 0;
	if (!ok) {
		str_format(reason, sizeof reason,
			   "the configuration file cannot be read (%s); check its name and who may read it",
			   strerror(errno));
		configkey_fail(ret_fault, path, reason);
	}
	if (fd >= 0)
		close(fd);
	ok = ok && config_parse_text(text, used, path, config, ret_fault);
	free(text);
	return ok;
}
