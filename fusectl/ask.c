/*
 * ask: prompts go to standard error, so that standard output is the answer alone.
 */
#include "fusectl/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"

#define CODE_MAX_CHARACTERS 64
#define CODE_FILE_MAX_BYTES 4096
#define PASSWORD_MIN_BYTES 8 /* as stored will check it */
#define PASSWORD_MAX_BYTES 256

bool
ask_is_person(void)
{
	return isatty(STDIN_FILENO) == 1;
}

/* The question, wrapped, with the cursor behind it. */
static void
put_question(const char *question)
{
	char *text = NULL;
	size_t bytes;
	struct show show;

	show_init(&show, stderr);
	show.out = open_memstream(&text, &bytes);
	ENSURE(show.out != NULL);
	show.width -= show.width > 8 ? 8 : 0; /* of " [y/N] " */
	show_wrapped(&show, 0, 0, question);
	fclose(show.out);
	fprintf(stderr, "%.*s [y/N] ", (int)bytes - 1, text);
	fflush(stderr);
	free(text);
}

bool
ask_whether(const char *question)
{
	char answer[16];

	if (!ask_is_person())
		return false;
	put_question(question);
	if (fgets(answer, sizeof answer, stdin) == NULL)
		return false;
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

enum outcome
ask_yes(struct ctl *ctl, const char *question, const char *no, const char *nobody)
{
	if (ctl->args.given[OPTION_YES])
		return OUTCOME_DONE;
	if (!ask_is_person()) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "%s", nobody);
		failure_remedy(&ctl->failure, "With --yes nobody is asked.");
		return OUTCOME_USAGE;
	}
	return ask_whether(question) ? OUTCOME_DONE : failure_say(&ctl->failure, OUTCOME_FAILED, "%s", no);
}

/* -- files ------------------------------------------------------------------------------------------------ */

void
ask_free(char *bytes, size_t len)
{
	if (bytes != NULL)
		explicit_bzero(bytes, len);
	free(bytes);
}

/* Read to the end of `fd`; -1 with errno, EFBIG when there is more than `cap`. */
static ssize_t
read_all(int fd, char *to, size_t cap)
{
	size_t used = 0;

	for (;;) {
		ssize_t got = read(fd, to + used, cap - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return (ssize_t)used;
		used += (size_t)got;
		if (used == cap) {
			errno = EFBIG;
			return -1;
		}
	}
}

enum outcome
ask_file(const char *path, size_t most_bytes, char **ret_bytes, size_t *ret_len, struct failure *failure)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	/* One byte more than allowed tells that there is more. */
	char *bytes = malloc(most_bytes + 2);

	ENSURE(bytes != NULL);
	*ret_bytes = NULL;
	*ret_len = 0;
	ssize_t len = fd < 0 ? -1 : read_all(fd, bytes, most_bytes + 1);
	int error = errno;
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (len >= 0) {
		bytes[len] = '\0';
		*ret_bytes = bytes;
		*ret_len = (size_t)len;
		return OUTCOME_DONE;
	}
	ask_free(bytes, most_bytes + 2);
	const char *name = is_stdin ? "standard input" : path;
	if (error == EFBIG)
		return failure_say(failure, OUTCOME_USAGE, "%s has more than %zu bytes.", name, most_bytes);
	return failure_say(failure, OUTCOME_USAGE, "Could not read %s: %s.", name, strerror(error));
}

/* -- access codes ------------------------------------------------------------------------------------------ */

enum outcome
ask_check_code(const char *text, size_t len, struct secret *ret_code, struct failure *failure)
{
	secret_wipe(ret_code);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL && text[len - 1] != '\0')
		len--;
	while (len > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	bool fine = len <= CODE_MAX_CHARACTERS;
	for (size_t i = 0; fine && i < len; i++)
		fine = text[i] > ' ' && text[i] <= '~';
	if (fine && secret_set(ret_code, text, len))
		return OUTCOME_DONE;
	failure_say(failure, OUTCOME_USAGE, "That is no access code: it has %s.",
		    len > CODE_MAX_CHARACTERS ? "more than 64 characters" : "a character that no printer shows");
	failure_remedy(failure, "Copy it from the printer's screen, as it stands there; capitals matter.");
	return OUTCOME_USAGE;
}

/* The first line of `bytes`, behind a byte order mark. */
static enum outcome
take_first_line(const char *bytes, size_t len, struct secret *ret_code, struct failure *failure)
{
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	const char *end = memchr(bytes, '\n', len);
	return ask_check_code(bytes, end != NULL ? (size_t)(end - bytes) : len, ret_code, failure);
}

static enum outcome
code_from_file(const char *path, struct secret *ret_code, struct failure *failure)
{
	char *bytes;
	size_t len;
	struct stat st;

	/* A slip: the code itself in place of the file's name. It is not repeated. */
	if (strcmp(path, "-") != 0 && stat(path, &st) != 0 && errno == ENOENT && strchr(path, '/') == NULL) {
		failure_say(failure, OUTCOME_USAGE, "--code-file names a file that is not there.");
		failure_remedy(failure, "It takes the name of a file that holds the access code, never the code itself: "
					"arguments can be read by everybody on this machine.");
		return OUTCOME_USAGE;
	}
	enum outcome outcome = ask_file(path, CODE_FILE_MAX_BYTES, &bytes, &len, failure);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = take_first_line(bytes, len, ret_code, failure);
	ask_free(bytes, len);
	return outcome;
}

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

/* A line from the terminal, which shows nothing meanwhile and is as before afterwards, also when Ctrl-C ends it. */
static ssize_t
read_hidden(char *to, size_t cap)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction note = { .sa_handler = on_signal }, before[STR_ARRAY_LEN(numbers)];
	struct termios was, quiet;

	if (tcgetattr(STDIN_FILENO, &was) != 0)
		return -1;
	interrupted = 0;
	for (size_t i = 0; i < STR_ARRAY_LEN(numbers); i++)
		sigaction(numbers[i], &note, &before[i]);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	quiet.c_lflag |= ECHONL | ICANON;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	ssize_t got = interrupted ? -1 : read(STDIN_FILENO, to, cap);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	for (size_t i = 0; i < STR_ARRAY_LEN(numbers); i++)
		sigaction(numbers[i], &before[i], NULL);
	if (interrupted) {
		fputc('\n', stderr);
		raise(interrupted == SIGTSTP ? SIGINT : interrupted);
	}
	return got;
}

static enum outcome
code_from_terminal(const char *prompt, struct secret *ret_code, struct failure *failure)
{
	char line[1024];
	struct show on_stderr;

	show_init(&on_stderr, stderr);
	show_text(&on_stderr, TONE_PLAIN, prompt);
	fflush(stderr);
	ssize_t got = read_hidden(line, sizeof line);
	if (got < 0)
		return failure_say(failure, OUTCOME_FAILED, "No access code was typed; nothing was changed.");
	enum outcome outcome = ask_check_code(line, (size_t)got, ret_code, failure);
	explicit_bzero(line, sizeof line);
	return outcome;
}

enum outcome
ask_code(struct ctl *ctl, const char *prompt, struct secret *ret_code)
{
	const char *path = ctl->args.values[OPTION_CODE_FILE];

	if (path == NULL && ask_is_person())
		return code_from_terminal(prompt, ret_code, &ctl->failure);
	return code_from_file(path != NULL ? path : "-", ret_code, &ctl->failure);
}

/* -- passwords ---------------------------------------------------------------------------------------------- */

static enum outcome
take_password(const char *bytes, size_t len, struct secret *ret_password, struct failure *failure)
{
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	if (len >= PASSWORD_MIN_BYTES && len <= PASSWORD_MAX_BYTES && secret_set(ret_password, bytes, len))
		return OUTCOME_DONE;
	failure_say(failure, OUTCOME_USAGE, "That is no password: it needs %d to %d characters.", PASSWORD_MIN_BYTES,
		    PASSWORD_MAX_BYTES);
	failure_remedy(failure, "Choose one that you use nowhere else; a few words are fine.");
	return OUTCOME_USAGE;
}

static enum outcome
password_from_terminal(const char *prompt, struct secret *ret_password, struct failure *failure)
{
	char line[1024];

	fputs(prompt, stderr);
	fflush(stderr);
	ssize_t got = read_hidden(line, sizeof line);
	if (got < 0)
		return failure_say(failure, OUTCOME_FAILED, "No password was typed; nothing was changed.");
	enum outcome outcome = take_password(line, (size_t)got, ret_password, failure);
	explicit_bzero(line, sizeof line);
	return outcome;
}

static enum outcome
password_from_input(struct secret *ret_password, struct failure *failure)
{
	char *bytes;
	size_t len;
	enum outcome outcome = ask_file("-", CODE_FILE_MAX_BYTES, &bytes, &len, failure);

	if (outcome != OUTCOME_DONE)
		return outcome;
	const char *end = memchr(bytes, '\n', len);
	outcome = take_password(bytes, end != NULL ? (size_t)(end - bytes) : len, ret_password, failure);
	ask_free(bytes, len);
	return outcome;
}

enum outcome
ask_new_password(struct ctl *ctl, struct secret *ret_password)
{
	struct secret again = { 0 };

	secret_wipe(ret_password);
	if (!ask_is_person())
		return password_from_input(ret_password, &ctl->failure);
	enum outcome outcome = password_from_terminal("New password (not shown): ", ret_password, &ctl->failure);
	if (outcome == OUTCOME_DONE)
		outcome = password_from_terminal("Once more (not shown): ", &again, &ctl->failure);
	if (outcome == OUTCOME_DONE && !secret_equal(ret_password, &again))
		outcome = failure_say(&ctl->failure, OUTCOME_USAGE, "The two are not the same; nothing was changed.");
	if (outcome != OUTCOME_DONE)
		secret_wipe(ret_password);
	secret_wipe(&again);
	return outcome;
}
