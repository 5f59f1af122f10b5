/*
 * fused's command line, environment and file: what is right is taken, what is wrong is refused in one
 * sentence that says where, what and how it should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/str.h"
#include "supervisor/config.h"

static struct config config;
static struct config_fault fault;
static char file_name[64];

static int
forget(void **state)
{
	static const char *const names[] = { "FUSE_STATE", "FUSE_HTTP", "FUSE_STATS", "FUSE_LOG_LEVEL", "STATE_DIRECTORY",
					     "XDG_STATE_HOME" };

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	/* No test reads this machine's own /etc/fuse/fused.conf. */
	setenv("FUSE_CONFIG", "/dev/null", 1);
	setenv("HOME", "/home/ada", 1);
	config_set_defaults(&config);
	return 0;
}

static bool
parse_bytes(const char *text, size_t len)
{
	config_set_defaults(&config);
	return config_parse_text(text, len, "fused.conf", &config, &fault);
}

static bool
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
expect_fault(const char *text, const char *sentence)
{
	assert_false(parse(text));
	assert_string_equal(fault.sentence, sentence);
}

/* -- the file ------------------------------------------------------------------------------------- */

static void
an_empty_file_leaves_the_defaults(void **state)
{
	(void)state;
	assert_true(parse(""));
	assert_string_equal(config.http, "127.0.0.1:8888");
	assert_string_equal(config.stats, "127.0.0.1:8889");
	assert_int_equal(config.log_level, LOG_LEVEL_INFO);
	assert_false(config.log_level_given);
	assert_string_equal(fault.sentence, "");
}

static void
every_key_is_taken(void **state)
{
	(void)state;
	assert_true(parse("# a farm\n"
			  "state = /srv/my fuse\n"
			  "  http=0.0.0.0:80   # all networks\n"
			  "\n"
			  "stats = off\n"
			  "\tlog-level\t=\tdebug\t\n"));
	assert_string_equal(config.state_dir, "/srv/my fuse");
	assert_string_equal(config.http, "0.0.0.0:80");
	assert_string_equal(config.stats, "off");
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
	assert_true(config.log_level_given);
}

static void
a_number_sign_within_a_word_is_no_comment(void **state)
{
	(void)state;
	assert_true(parse("state = /srv/fuse#2 # the second\n"));
	assert_string_equal(config.state_dir, "/srv/fuse#2");
}

static void
files_of_other_editors_are_read(void **state)
{
	(void)state;
	assert_true(parse("\xef\xbb\xbfhttp = off\r\n\r\nlog-level = warn\r\nstats = off"));
	assert_string_equal(config.http, "off");
	assert_int_equal(config.log_level, LOG_LEVEL_WARN);
	assert_string_equal(config.stats, "off");
	/* The mark is one only at the start. */
	assert_false(parse("http = off\n\xef\xbb\xbfstats = off\n"));
}

static void
a_misspelt_key_is_guessed(void **state)
{
	(void)state;
	expect_fault("\n# x\nhtpp = off\n", "fused.conf:3: unknown key 'htpp'; did you mean 'http'?");
	expect_fault("Http = off\n", "fused.conf:1: unknown key 'Http'; did you mean 'http'?");
	expect_fault("loglevel = info\n", "fused.conf:1: unknown key 'loglevel'; did you mean 'log-level'?");
	/* Printers are added with fusectl, so there is no line for them. */
	expect_fault("worker = A\n", "fused.conf:1: unknown key 'worker'; the keys are state http stats local-access trusted-proxy log-level");
	expect_fault("printer = A\n",
		     "fused.conf:1: unknown key 'printer'; the keys are state http stats local-access trusted-proxy log-level");
	/* What only the command line has is no key. */
	expect_fault("config = x\n",
		     "fused.conf:1: unknown key 'config'; the keys are state http stats local-access trusted-proxy log-level");
	expect_fault("\033[2J\"=x\n",
		     "fused.conf:1: unknown key '\\x1b[2J\"'; the keys are state http stats local-access trusted-proxy log-level");
}

static void
a_line_that_is_no_setting_is_named(void **state)
{
	(void)state;
	expect_fault("http off\n", "fused.conf:1: 'http off' is not a line like key = value");
	expect_fault("= off\n", "fused.conf:1: '= off' is not a line like key = value");
	expect_fault("http =\n", "fused.conf:1: 'http' has no value; write http = ADDR:PORT");
	expect_fault("http = # off\n", "fused.conf:1: 'http' has no value; write http = ADDR:PORT");
	expect_fault("http =# off\n", "fused.conf:1: 'http' has no value; write http = ADDR:PORT");
	expect_fault("state = \"/srv\"\n", "fused.conf:1: write the value of 'state' without quotes");
	expect_fault("state = /srv\033[2J\n",
		     "fused.conf:1: the value of 'state' has a control character in it; write it anew");
	expect_fault("state = /srv\x7f\n",
		     "fused.conf:1: the value of 'state' has a control character in it; write it anew");
}

static void
what_stands_twice_is_refused(void **state)
{
	(void)state;
	expect_fault("http = off\n\nhttp = off\n",
		     "fused.conf:3: 'http' stands in line 1 already; remove one of the two");
}

static void
an_address_is_numbers(void **state)
{
	static const char *const good[] = { "0.0.0.0:1", "127.0.0.1:0", "[::]:65535", "[fe80::1]:8888", "off",
					    "[0000:0000:0000:0000:0000:ffff:192.168.100.228]:65535" };
	static const struct { const char *value, *reason; } bad[] = {
		{ "localhost:8888", "'localhost' is no IP address; write it in numbers, like 127.0.0.1, 0.0.0.0 or [::1]" },
		{ "256.0.0.1:80", "'256.0.0.1' is no IP address; write it in numbers, like 127.0.0.1, 0.0.0.0 or [::1]" },
		{ "[127.0.0.1]:80", "'127.0.0.1' is no IP address; write it in numbers, like 127.0.0.1, 0.0.0.0 or [::1]" },
		{ "::1:80", "write an IPv6 address in brackets, like [::1]:8888" },
		{ ":8888", "the address is missing; write 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks" },
		{ "8888", "'8888' is not ADDR:PORT, like 127.0.0.1:8888, and not \"off\"" },
		{ "OFF", "'OFF' is not ADDR:PORT, like 127.0.0.1:8888, and not \"off\"" },
		{ "127.0.0.1:", "'' is no port; write a number from 1 to 65535, or 0 and the system chooses one" },
		{ "127.0.0.1:65536", "'65536' is no port; write a number from 1 to 65535, or 0 and the system chooses one" },
		{ "127.0.0.1:-0", "'-0' is no port; write a number from 1 to 65535, or 0 and the system chooses one" },
		{ "127.0.0.1:80x", "'80x' is no port; write a number from 1 to 65535, or 0 and the system chooses one" },
		{ "127.0.0.1:000080", "'000080' is no port; write a number from 1 to 65535, or 0 and the system chooses one" },
	};
	char text[128], sentence[256];

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(good); i++) {
		str_format(text, sizeof text, "http = %s\n", good[i]);
		assert_true(parse(text));
		assert_string_equal(config.http, good[i]);
	}
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		str_format(text, sizeof text, "stats = %s\n", bad[i].value);
		str_format(sentence, sizeof sentence, "fused.conf:1: %s", bad[i].reason);
		expect_fault(text, sentence);
	}
}

static void
what_is_not_text_is_refused_with_its_line(void **state)
{
	const char *words = "the line is not text (UTF-8 without NUL); save the file as UTF-8";
	char sentence[128];

	(void)state;
	str_format(sentence, sizeof sentence, "fused.conf:2: %s", words);
	expect_fault("# fine\n# caf\xe9\n", sentence);
	assert_false(parse_bytes("# fine\nhttp = off\0\n", 19));
	assert_string_equal(fault.sentence, sentence);
	assert_true(parse("# café 水\n"));
}

static void
sizes_are_bounded(void **state)
{
	static char text[CONFIG_FILE_MAX_BYTES + 2];

	(void)state;
	memset(text, '#', sizeof text);
	text[CONFIG_LINE_MAX_BYTES] = '\n';
	assert_true(parse_bytes(text, CONFIG_LINE_MAX_BYTES + 1));
	assert_false(parse_bytes(text, 2 * CONFIG_LINE_MAX_BYTES + 2));
	assert_string_equal(fault.sentence, "fused.conf:2: the line is longer than 1024 bytes; shorten it");
	memset(text, '\n', sizeof text);
	assert_true(parse_bytes(text, CONFIG_FILE_MAX_BYTES));
	assert_false(parse_bytes(text, CONFIG_FILE_MAX_BYTES + 1));
	assert_string_equal(fault.sentence,
			    "fused.conf:1: the file is larger than 256 KiB, so it is hardly Fuse's configuration");
	memset(text, 'a', 400);
	memcpy(text, "state = ", 8);
	assert_false(parse_bytes(text, 400));
	assert_string_equal(fault.sentence,
			    "fused.conf:1: the path of the state folder is longer than 255 bytes; choose a shorter one");
}

/* -- the command line ----------------------------------------------------------------------------- */

static struct config_args args;

static bool
parse_words(const char *first, const char *second, const char *third)
{
	static char words[4][64]; /* `args` borrows from them */
	const char *from[] = { "fused", first, second, third };
	char *argv[5];
	int argc = 0;

	for (; argc < 4 && from[argc] != NULL; argc++) {
		str_copy(words[argc], sizeof words[argc], from[argc]);
		argv[argc] = words[argc];
	}
	argv[argc] = NULL;
	return config_parse_args(argc, argv, &args, &fault);
}

static void
options_are_read_in_both_forms(void **state)
{
	(void)state;
	assert_true(parse_words("--state", "/srv", "--http=0.0.0.0:80"));
	assert_string_equal(args.state_dir, "/srv");
	assert_string_equal(args.http, "0.0.0.0:80");
	assert_null(args.stats);
	assert_true(parse_words("--config=a=b", "--log-level", "debug"));
	assert_string_equal(args.config_file, "a=b");
	assert_string_equal(args.log_level, "debug");
	assert_true(parse_words("--stats=off", NULL, NULL));
	assert_string_equal(args.stats, "off");
	assert_true(parse_words("--help", NULL, NULL) && args.help && !args.version);
	assert_true(parse_words("--version", NULL, NULL) && args.version && !args.help);
}

static void
wrong_words_are_refused(void **state)
{
	static const struct { const char *first, *second, *sentence; } bad[] = {
		{ "--sate", "/x", "unknown option '--sate'; did you mean '--state'?" },
		{ "--sate=/x", NULL, "unknown option '--sate'; did you mean '--state'?" },
		{ "-x", NULL, "unknown option '-x'; fused --help lists them all" },
		{ "--worker", "A", "unknown option '--worker'; fused --help lists them all" },
		{ "--hepl", NULL, "unknown option '--hepl'; did you mean '--help'?" },
		{ "--version=1", NULL, "unknown option '--version=1'; did you mean '--version'?" },
		{ "/srv", NULL, "the word '/srv' has no meaning here; fused --help lists what has" },
		{ "--state", NULL, "--state: the value is missing; write --state DIR" },
		{ "--state=", NULL, "--state: the value is missing; write --state DIR" },
		{ "--http", "--stats", "--http: the value is missing; write --http ADDR:PORT" },
	};

	(void)state;
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		assert_false(parse_words(bad[i].first, bad[i].second, NULL));
		assert_string_equal(fault.sentence, bad[i].sentence);
	}
}

static void
help_names_everything(void **state)
{
	static const char *const words[] = { "--state DIR", "--http ADDR:PORT", "--stats ADDR:PORT", "--config FILE",
					     "--log-level L", "--version", "--help", "FUSE_STATE", "FUSE_HTTP", "FUSE_STATS",
					     "FUSE_CONFIG", "FUSE_LOG_LEVEL", "127.0.0.1:8888", "127.0.0.1:8889",
					     "log-level = L", "/etc/fuse/fused.conf" };

	(void)state;
	const char *text = config_help_text();
	for (size_t i = 0; i < STR_ARRAY_LEN(words); i++)
		assert_non_null(strstr(text, words[i]));
	assert_ptr_equal(text, config_help_text());
	assert_int_equal(text[strlen(text) - 1], '\n');
}

/* -- everything together -------------------------------------------------------------------------- */

static void
write_file(const char *text)
{
	strcpy(file_name, "/tmp/test_config.XXXXXX");
	int fd = mkstemp(file_name);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	if (file_name[0] != '\0')
		unlink(file_name);
	file_name[0] = '\0';
	return 0;
}

static void
the_command_line_wins_over_environment_over_file_over_default(void **state)
{
	struct config_args given = { .log_level = "warn" };

	(void)state;
	write_file("http = 10.0.0.1:1\nstats = 10.0.0.1:2\nlog-level = error\nstate = /from/file\n");
	setenv("FUSE_CONFIG", file_name, 1);
	setenv("FUSE_STATS", "10.0.0.2:2", 1);
	setenv("FUSE_LOG_LEVEL", "debug", 1);
	setenv("FUSE_STATE", "", 1); /* set to nothing = not set */
	assert_true(config_load(&given, &config, &fault));
	assert_string_equal(config.http, "10.0.0.1:1");
	assert_string_equal(config.stats, "10.0.0.2:2");
	assert_string_equal(config.state_dir, "/from/file");
	assert_int_equal(config.log_level, LOG_LEVEL_WARN);
	assert_true(config.log_level_given);
	/* The file named on the command line is the one that is read. */
	given.config_file = "/dev/null";
	assert_true(config_load(&given, &config, &fault));
	assert_string_equal(config.http, "127.0.0.1:8888");
	/* What the command line overrides need not be right. */
	given.http = "127.0.0.1:1";
	setenv("FUSE_HTTP", "nonsense", 1);
	assert_true(config_load(&given, &config, &fault));
	assert_string_equal(config.http, "127.0.0.1:1");
}

static void
a_fault_names_where_the_value_came_from(void **state)
{
	struct config_args given = { .http = "nonsense" };
	char sentence[256];

	(void)state;
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence, "--http: 'nonsense' is not ADDR:PORT, like 127.0.0.1:8888, and not \"off\"");
	given.http = NULL;
	setenv("FUSE_LOG_LEVEL", "loud", 1);
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence,
			    "FUSE_LOG_LEVEL: 'loud' is no log level; it is one of error, warn, info, debug");
	unsetenv("FUSE_LOG_LEVEL");
	write_file("\nstats = off\nhttp = 1\n");
	given.config_file = file_name;
	assert_false(config_load(&given, &config, &fault));
	str_format(sentence, sizeof sentence, "%s:3: '1' is not ADDR:PORT, like 127.0.0.1:8888, and not \"off\"", file_name);
	assert_string_equal(fault.sentence, sentence);
}

static void
a_named_file_must_be_there_and_be_a_file(void **state)
{
	struct config_args given = { .config_file = "/nowhere/fused.conf" };

	(void)state;
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence, "/nowhere/fused.conf: the configuration file cannot be read (No such file or "
					    "directory); check its name and who may read it");
	given.config_file = "/tmp";
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence, "/tmp: this is a folder; name the configuration file in it");
	/* Endless ones are not read to their end. */
	given.config_file = "/dev/zero";
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence,
			    "/dev/zero:1: the file is larger than 256 KiB, so it is hardly Fuse's configuration");
}

static void
both_listeners_on_one_address_are_refused(void **state)
{
	struct config_args given = { .http = "127.0.0.1:80", .stats = "127.0.0.1:80" };

	(void)state;
	assert_false(config_load(&given, &config, &fault));
	assert_string_equal(fault.sentence,
			    "--stats: http and stats have the same address; give each a port of its own");
	given.http = given.stats = "127.0.0.1:0";
	assert_true(config_load(&given, &config, &fault));
	given.http = given.stats = "off";
	assert_true(config_load(&given, &config, &fault));
}

static void
the_state_folder_is_where_the_system_wants_it(void **state)
{
	char path[CONFIG_PATH_BYTES], small[10];

	(void)state;
	setenv("XDG_STATE_HOME", "/xdg", 1);
	config_default_state_dir(path, sizeof path);
	assert_string_equal(path, geteuid() == 0 ? "/var/lib/fuse" : "/xdg/fuse");
	setenv("XDG_STATE_HOME", "relative", 1);
	config_default_state_dir(path, sizeof path);
	assert_string_equal(path, geteuid() == 0 ? "/var/lib/fuse" : "/home/ada/.local/state/fuse");
	setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
	config_default_state_dir(path, sizeof path);
	assert_string_equal(path, "/var/lib/one");
	config_default_state_dir(small, sizeof small);
	assert_string_equal(small, "");
}

#define STORY(story) cmocka_unit_test_setup_teardown(story, forget, remove_file)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_empty_file_leaves_the_defaults),
		STORY(every_key_is_taken),
		STORY(a_number_sign_within_a_word_is_no_comment),
		STORY(files_of_other_editors_are_read),
		STORY(a_misspelt_key_is_guessed),
		STORY(a_line_that_is_no_setting_is_named),
		STORY(what_stands_twice_is_refused),
		STORY(an_address_is_numbers),
		STORY(what_is_not_text_is_refused_with_its_line),
		STORY(sizes_are_bounded),
		STORY(options_are_read_in_both_forms),
		STORY(wrong_words_are_refused),
		STORY(help_names_everything),
		STORY(the_command_line_wins_over_environment_over_file_over_default),
		STORY(a_fault_names_where_the_value_came_from),
		STORY(a_named_file_must_be_there_and_be_a_file),
		STORY(both_listeners_on_one_address_are_refused),
		STORY(the_state_folder_is_where_the_system_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
