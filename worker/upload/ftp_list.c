/*
 * ftp_list: the words of a line. In the style of Unix the date stands between size and name, and by it both are found: some
 * servers leave out the group, or the owner's name has a blank in it.
 */
#include "worker/upload/ftp_list.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/str.h"

#define WORDS_MAX 16

struct word {
	const char *at;
	size_t len;
};

static size_t
split(const char *line, size_t len, struct word words[WORDS_MAX])
{
	size_t count = 0, i = 0;

	while (count < WORDS_MAX) {
		while (i < len && (line[i] == ' ' || line[i] == '\t'))
			i++;
		if (i == len)
			break;
		size_t begin = i;
		while (i < len && line[i] != ' ' && line[i] != '\t')
			i++;
		words[count++] = (struct word){ line + begin, i - begin };
	}
	return count;
}

static bool
read_number(const struct word *word, int64_t *ret_number)
{
	char digits[24];

	if (word->len == 0 || word->len >= sizeof digits || !isdigit((unsigned char)word->at[0]))
		return false;
	memcpy(digits, word->at, word->len);
	digits[word->len] = '\0';
	return str_parse_int(digits, 0, INT64_MAX, ret_number);
}

/* Digits where `shape` has '0', any letter where it has 'a', else itself; the word may be longer by digits, ':' and '.'. */
static bool
has_shape(const struct word *word, const char *shape)
{
	size_t len = strlen(shape);

	if (word->len < len)
		return false;
	for (size_t i = 0; i < word->len; i++) {
		unsigned char c = (unsigned char)word->at[i];
		bool fits = i >= len	      ? isdigit(c) || c == ':' || c == '.'
			    : shape[i] == '0' ? isdigit(c) != 0
			    : shape[i] == 'a' ? isalpha(c) != 0
					      : c == (unsigned char)shape[i];
		if (!fits)
			return false;
	}
	return true;
}

static bool
is_month(const struct word *word)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; word->len == 3 && i < sizeof names - 1; i += 3)
		if (strncasecmp(word->at, names + i, 3) == 0)
			return true;
	return false;
}

static bool
is_day(const struct word *word)
{
	int64_t day;

	return word->len <= 2 && read_number(word, &day) && day >= 1 && day <= 31;
}

static bool
is_time_or_year(const struct word *word)
{
	int64_t year;

	return has_shape(word, "00:00") || has_shape(word, "0:00") || (word->len == 4 && read_number(word, &year));
}

static bool
is_year(const struct word *word)
{
	return word->len == 4 && has_shape(word, "0000");
}

/* How many words from here on are a date; 0 when there is none. */
static size_t
date_words(const struct word *words, size_t count)
{
	/* With seconds, the year stands behind. */
	if (count >= 5 && is_month(&words[0]) && is_day(&words[1]) && has_shape(&words[2], "00:00:00") && is_year(&words[3]))
		return 4;
	if (count >= 3 && is_month(&words[0]) && is_day(&words[1]) && is_time_or_year(&words[2]))
		return 3;
	if (count >= 3 && is_day(&words[0]) && is_month(&words[1]) && is_time_or_year(&words[2]))
		return 3;
	if (count >= 2 && has_shape(&words[0], "0000-00-00") && has_shape(&words[1], "00:00"))
		return 2;
	return 0;
}

/* What stands after `last`, which one blank ends. */
static bool
take_name(const char *line, size_t len, const struct word *last, bool may_be_link, char ret_name[FTP_NAME_BYTES])
{
	const char *name = last->at + last->len + 1;
	ptrdiff_t left = line + len - name;
	const char *arrow = left > 0 && may_be_link ? memmem(name, (size_t)left, " -> ", 4) : NULL;
	size_t size = left <= 0 ? 0 : (size_t)(arrow != NULL ? arrow - name : left);

	if (size == 0 || size >= FTP_NAME_BYTES || memchr(name, '/', size) != NULL)
		return false;
	log_copy_harmless(ret_name, FTP_NAME_BYTES, name, size);
	/* A name with something in it that was not harmless would be another's. */
	return strlen(ret_name) == size && memcmp(ret_name, name, size) == 0 && strcmp(ret_name, ".") != 0 &&
	       strcmp(ret_name, "..") != 0;
}

/* "-rw-r--r--   1 root     root         1234 Nov 27 14:31 name" */
static enum ftp_entry_kind
read_unix(const char *line, size_t len, struct ftp_entry *ret_entry)
{
	struct word words[WORDS_MAX];
	size_t count = split(line, len, words);
	char kind = line[0];

	for (size_t i = 2; i < count; i++) {
		size_t date = date_words(words + i, count - i);
		if (date == 0 || !read_number(&words[i - 1], &ret_entry->size_bytes))
			continue;
		if (!take_name(line, len, &words[i + date - 1], kind == 'l', ret_entry->name))
			return FTP_NO_ENTRY;
		return kind == 'd' ? FTP_FOLDER : FTP_FILE;
	}
	return FTP_STRANGE;
}

/* "AM" or "PM" as a word of its own. */
static bool
is_half_of_day(const struct word *word)
{
	return word->len == 2 && (strncasecmp(word->at, "AM", 2) == 0 || strncasecmp(word->at, "PM", 2) == 0);
}

/* Also "1,234,567". */
static bool
read_dos_size(const struct word *word, int64_t *ret_number)
{
	char digits[24];
	size_t used = 0;

	for (size_t i = 0; i < word->len && used < sizeof digits; i++)
		if (word->at[i] != ',')
			digits[used++] = word->at[i];
	return read_number(&(struct word){ digits, used }, ret_number);
}

/* "11-27-26  02:31PM       <DIR>          name", "… 1234 name": the name begins after the blanks. */
static enum ftp_entry_kind
read_dos(const char *line, size_t len, struct ftp_entry *ret_entry)
{
	struct word words[WORDS_MAX];
	size_t count = split(line, len, words), at = count > 2 && is_half_of_day(&words[2]) ? 3 : 2;

	if (count < at + 2 || !(has_shape(&words[0], "00-00-00") || has_shape(&words[0], "0000-00-00")) ||
	    words[1].len < 5 || !has_shape(&(struct word){ words[1].at, 5 }, "00:00"))
		return FTP_STRANGE;
	bool is_folder = words[at].len == 5 && strncasecmp(words[at].at, "<DIR>", 5) == 0;
	if (!is_folder && !read_dos_size(&words[at], &ret_entry->size_bytes))
		return FTP_STRANGE;
	const struct word before = { words[at + 1].at - 1, 0 };
	if (!take_name(line, len, &before, false, ret_entry->name))
		return FTP_NO_ENTRY;
	return is_folder ? FTP_FOLDER : FTP_FILE;
}

enum ftp_entry_kind
ftp_parse_entry(const char *line, size_t len, struct ftp_entry *ret_entry)
{
	*ret_entry = (struct ftp_entry){ 0 };
	if (len > 10 && strchr("-dl", line[0]) != NULL && line[0] != '\0' && strchr("-rwx", line[1]) != NULL && line[1] != '\0')
		return read_unix(line, len, ret_entry);
	if (len > 10 && isdigit((unsigned char)line[0]))
		return read_dos(line, len, ret_entry);
	/* "total 8", devices and the like */
	bool is_known = len == 0 || (len > 5 && strncasecmp(line, "total", 5) == 0) ||
			(line[0] != '\0' && strchr("bcps", line[0]) != NULL);
	return is_known ? FTP_NO_ENTRY : FTP_STRANGE;
}
