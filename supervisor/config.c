/*
 * config: the command line, the environment and the file, in their order of precedence; and --help.
 *
 * A fault is "WHERE: what is wrong; what is right", WHERE being file:line, the option or the variable.
 */
#include "supervisor/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "supervisor/configkey.h"

#define DEFAULT_FILE "/etc/fuse/fused.conf"

static const char **
slot_of(struct config_args *args, size_t key)
{
	switch ((enum configkey)key) {
	case CONFIGKEY_STATE:
		return &args->state_dir;
	case CONFIGKEY_HTTP:
		return &args->http;
	case CONFIGKEY_STATS:
		return &args->stats;
	case CONFIGKEY_CONFIG:
		return &args->config_file;
	case CONFIGKEY_LOG_LEVEL:
		return &args->log_level;
	case CONFIGKEY_LOCAL_ACCESS: /* not of the command line */
	case CONFIGKEY_TRUSTED_PROXY:
	case CONFIGKEY_COUNT:
		break;
	}
	return NULL;
}

static bool
fail_sentence(struct config_fault *fault, const char *sentence)
{
	str_copy(fault->sentence, sizeof fault->sentence, sentence);
	return false;
}

static bool
fail_word(struct config_fault *fault, const char *word)
{
	char text[CONFIGKEY_SHOWN_BYTES], help[128], reason[CONFIGKEY_REASON_BYTES];

	if (word[0] != '-') {
		str_format(reason, sizeof reason, "the word '%s' has no meaning here; fused --help lists what has",
			   configkey_shown(word, text));
		return fail_sentence(fault, reason);
	}
	configkey_hint(word, true, "; fused --help lists them all", help, sizeof help);
	str_format(reason, sizeof reason, "unknown option '%s'%s", configkey_shown(word, text), help);
	return fail_sentence(fault, reason);
}

/* --opt VALUE or --opt=VALUE; *at is left on the last word used. */
static bool
parse_option(int argc, char **argv, int *at, struct config_args *args, struct config_fault *fault)
{
	char name[CONFIGKEY_SHOWN_BYTES], reason[CONFIGKEY_REASON_BYTES];
	const char *word = argv[*at], *equals = strchr(word, '=');
	size_t k = 0;

	str_copy(name, sizeof name, word);
	if (equals != NULL && (size_t)(equals - word) < sizeof name)
		name[equals - word] = '\0';
	while (k < CONFIGKEY_COUNT && (configkeys[k].option[0] == '\0' || strcmp(configkeys[k].option, name) != 0))
		k++;
	/* --version=1 is not --version. */
	if (k == CONFIGKEY_COUNT)
		return fail_word(fault, strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0 ? word : name);
	const char *value = equals != NULL ? equals + 1 : *at + 1 < argc ? argv[++*at] : "";
	if (value[0] == '\0' || (equals == NULL && strncmp(value, "--", 2) == 0)) {
		str_format(reason, sizeof reason, "the value is missing; write %s %s", name, configkeys[k].word);
		return configkey_fail(fault, name, reason);
	}
	*slot_of(args, k) = value;
	return true;
}

bool
config_parse_args(int argc, char **argv, struct config_args *ret_args, struct config_fault *ret_fault)
{
	*ret_args = (struct config_args){ 0 };
	ret_fault->sentence[0] = '\0';
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			ret_args->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			ret_args->version = true;
		else if (!parse_option(argc, argv, &i, ret_args, ret_fault))
			return false;
	}
	return true;
}

void
config_set_defaults(struct config *ret_config)
{
	char reason[CONFIGKEY_REASON_BYTES];

	memset(ret_config, 0, sizeof *ret_config);
	ret_config->log_level = LOG_LEVEL_INFO;
	for (size_t k = 0; k < CONFIGKEY_COUNT; k++)
		if (configkeys[k].default_text[0] != '\0')
			configkeys[k].check(ret_config, configkeys[k].default_text, reason);
}

void
config_default_state_dir(char *ret_path, size_t cap)
{
	const char *by_systemd = getenv("STATE_DIRECTORY"), *home = getenv("HOME"), *xdg = getenv("XDG_STATE_HOME");
	bool fits = true;

	ret_path[0] = '\0';
	/* systemd may name several, separated by colons: ours is the first. */
	if (by_systemd != NULL && by_systemd[0] == '/')
		fits = str_format(ret_path, cap, "%.*s", (int)strcspn(by_systemd, ":"), by_systemd);
	else if (geteuid() == 0)
		fits = str_copy(ret_path, cap, "/var/lib/fuse");
	else if (xdg != NULL && xdg[0] == '/')
		fits = str_format(ret_path, cap, "%s/fuse", xdg);
	else if (home != NULL && home[0] == '/')
		fits = str_format(ret_path, cap, "%s/.local/state/fuse", home);
	if (!fits)
		ret_path[0] = '\0';
}

/* A variable that is set to nothing counts as not set. */
static const char *
variable_of(size_t key)
{
	const char *value = configkeys[key].variable[0] != '\0' ? getenv(configkeys[key].variable) : NULL;

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
load_values(const struct config_args *args, struct config *config, struct config_fault *fault)
{
	struct config_args given = *args;
	char reason[CONFIGKEY_REASON_BYTES];

	for (size_t k = 0; k < CONFIGKEY_COUNT; k++) {
		const char **slot = slot_of(&given, k);
		const char *by_option = slot != NULL ? *slot : NULL, *by_variable = variable_of(k);
		/* What the command line overrides need not be right. */
		const char *value = by_option != NULL ? by_option : by_variable;
		if (k == CONFIGKEY_CONFIG || value == NULL)
			continue;
		if (!configkey_take(&configkeys[k], config, value, reason))
			return configkey_fail(fault, by_option != NULL ? configkeys[k].option : configkeys[k].variable, reason);
	}
	return true;
}

static bool
load_file_if_any(const struct config_args *args, struct config *config, struct config_fault *fault)
{
	const char *named = args->config_file != NULL ? args->config_file : variable_of(CONFIGKEY_CONFIG);
	bool missing;

	if (configfile_load(named != NULL ? named : DEFAULT_FILE, config, &missing, fault))
		return true;
	if (named != NULL || !missing)
		return false;
	fault->sentence[0] = '\0';
	return true;
}

bool
config_load(const struct config_args *args, struct config *ret_config, struct config_fault *ret_fault)
{
	ret_fault->sentence[0] = '\0';
	config_set_defaults(ret_config);
	config_default_state_dir(ret_config->state_dir, sizeof ret_config->state_dir);
	if (!load_file_if_any(args, ret_config, ret_fault) || !load_values(args, ret_config, ret_fault))
		return false;
	if (ret_config->state_dir[0] == '\0')
		return configkey_fail(ret_fault, "--state", "no state folder is known (HOME is not set); name one");
	const char *port = strrchr(ret_config->http, ':');
	if (strcmp(ret_config->http, ret_config->stats) == 0 && port != NULL && strcmp(port, ":0") != 0)
		return configkey_fail(ret_fault, "--stats",
				      "http and stats have the same address; give each a port of its own");
	return true;
}

static void __attribute__((format(printf, 3, 4)))
append(char *text, size_t cap, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, cap - used, format, args);
	va_end(args);
}

/* "  --http ADDR:PORT     Where …" */
static void
append_entry(char *text, size_t cap, const char *name, const char *between, const struct configkey_spec *key)
{
	char left[64];

	str_format(left, sizeof left, "%s%s%s", name, between, key->word);
	append(text, cap, "  %-19s  %s\n", left, key->doc);
	if (key->default_text[0] != '\0')
		append(text, cap, "  %-19s  Default: %s\n", "", key->default_text);
}

const char *
config_help_text(void)
{
	static char text[4096];

	if (text[0] != '\0')
		return text;
	append(text, sizeof text,
	       "fused starts and watches all processes of Fuse.\n\nUsage: fused [OPTION]...\n\nOptions:\n");
	for (size_t k = 0; k < CONFIGKEY_COUNT; k++)
		if (configkeys[k].option[0] != '\0')
			append_entry(text, sizeof text, configkeys[k].option, " ", &configkeys[k]);
	append(text, sizeof text, "  %-19s  Say the version and end.\n  %-19s  Say this and end.\n", "--version",
	       "--help");
	append(text, sizeof text, "\nVariables of the environment that say the same:\n");
	for (size_t k = 0; k < CONFIGKEY_COUNT; k++)
		if (configkeys[k].option[0] != '\0')
			append(text, sizeof text, "  %-19s  %s\n", configkeys[k].variable, configkeys[k].option);
	append(text, sizeof text, "\nKeys of the configuration file, as lines `key = value` (# begins a comment):\n");
	for (size_t k = 0; k < CONFIGKEY_COUNT; k++)
		if (configkeys[k].where == IN_FILE)
			append_entry(text, sizeof text, configkeys[k].name, " = ", &configkeys[k]);
	append(text, sizeof text,
	       "\nThe command line wins over the environment, that over the file, that over the defaults.\n");
	return text;
}
