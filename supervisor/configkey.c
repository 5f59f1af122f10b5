/*
 * configkey: the checks behind config.def, and the words for what they refuse.
 */
#include "supervisor/configkey.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "supervisor/logline.h"

#define KEY(ID, ...) \
	static bool check_##ID(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES]);
#include "supervisor/config.def"
#undef KEY

const struct configkey_spec configkeys[] = {
#define KEY(ID, key, where, option, variable, word, default_text, doc) \
	{ key, where, option, variable, word, default_text, doc, check_##ID },
#include "supervisor/config.def"
#undef KEY
};

const char *
configkey_shown(const char *text, char ret_text[CONFIGKEY_SHOWN_BYTES])
{
	return logline_plain(text, strlen(text), ret_text, CONFIGKEY_SHOWN_BYTES);
}

bool
configkey_fail(struct config_fault *fault, const char *where, const char *reason)
{
	str_format(fault->sentence, sizeof fault->sentence, "%s: %s", where, reason);
	return false;
}

/* Returns false, so that a check can refuse in one line. */
static bool __attribute__((format(printf, 2, 3)))
refuse(char ret_reason[CONFIGKEY_REASON_BYTES], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_reason, CONFIGKEY_REASON_BYTES, format, args);
	va_end(args);
	return false;
}

static bool
check_STATE(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	if (str_copy(config->state_dir, sizeof config->state_dir, value))
		return true;
	return refuse(ret_reason, "the path of the state folder is longer than %d bytes; choose a shorter one",
		      CONFIG_PATH_BYTES - 1);
}

static bool
check_host(const char *host, bool bracketed, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	unsigned char address[16];
	char text[CONFIGKEY_SHOWN_BYTES];

	if (inet_pton(bracketed ? AF_INET6 : AF_INET, host, address) == 1)
		return true;
	if (!bracketed && inet_pton(AF_INET6, host, address) == 1)
		return refuse(ret_reason, "write an IPv6 address in brackets, like [::1]:8888");
	if (host[0] == '\0')
		return refuse(ret_reason, "the address is missing; write 127.0.0.1 for this machine only, or 0.0.0.0 "
					  "for all its networks");
	return refuse(ret_reason, "'%s' is no IP address; write it in numbers, like 127.0.0.1, 0.0.0.0 or [::1]",
		      configkey_shown(host, text));
}

/* ADDR:PORT in numbers, or "off". */
static bool
take_address(char to[CONFIG_ADDRESS_BYTES], const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	char host[CONFIG_ADDRESS_BYTES], text[CONFIGKEY_SHOWN_BYTES];
	const char *colon = strrchr(value, ':');
	int64_t port;

	if (strcmp(value, CONFIG_ADDRESS_OFF) == 0)
		return str_copy(to, CONFIG_ADDRESS_BYTES, value);
	if (colon == NULL || strlen(value) >= CONFIG_ADDRESS_BYTES)
		return refuse(ret_reason, "'%s' is not ADDR:PORT, like 127.0.0.1:8888, and not \"off\"",
			      configkey_shown(value, text));
	bool bracketed = value[0] == '[' && colon > value + 1 && colon[-1] == ']';
	size_t len = (size_t)(colon - value) - (bracketed ? 2 : 0);
	memcpy(host, value + (bracketed ? 1 : 0), len);
	host[len] = '\0';
	if (!check_host(host, bracketed, ret_reason))
		return false;
	if (colon[1] == '-' || strlen(colon + 1) > 5 || !str_parse_int(colon + 1, 0, 65535, &port))
		return refuse(ret_reason,
			      "'%s' is no port; write a number from 1 to 65535, or 0 and the system chooses one",
			      configkey_shown(colon + 1, text));
	return str_copy(to, CONFIG_ADDRESS_BYTES, value);
}

static bool
check_HTTP(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	return take_address(config->http, value, ret_reason);
}

static bool
check_STATS(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	return take_address(config->stats, value, ret_reason);
}

static bool
check_LOCAL_ACCESS(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	char text[CONFIGKEY_SHOWN_BYTES];

	static const char *const words[] = { [LOCAL_OPEN] = "open", [LOCAL_LOOPBACK] = "loopback", [LOCAL_PASSWORD] = "password" };

	for (size_t i = 0; i < STR_ARRAY_LEN(words); i++)
		if (strcmp(value, words[i]) == 0) {
			config->local_access = (enum local_access)i;
			return true;
		}
	return refuse(ret_reason, "'%s' is none of open, loopback and password", configkey_shown(value, text));
}

static bool
check_TRUSTED_PROXY(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	unsigned char address[16];
	char text[CONFIGKEY_SHOWN_BYTES];

	if ((inet_pton(AF_INET, value, address) == 1 || inet_pton(AF_INET6, value, address) == 1) &&
	    str_copy(config->trusted_proxy, sizeof config->trusted_proxy, value))
		return true;
	return refuse(ret_reason, "'%s' is no IP address; write that of the proxy in numbers, like 192.168.1.5",
		      configkey_shown(value, text));
}

/* Which file to read is known before anything else: config_load(). */
static bool
check_CONFIG(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	(void)config;
	(void)value;
	(void)ret_reason;
	return true;
}

static bool
check_LOG_LEVEL(struct config *config, const char *value, char ret_reason[CONFIGKEY_REASON_BYTES])
{
	char text[CONFIGKEY_SHOWN_BYTES];

	config->log_level_given = true;
	if (log_level_parse(value, &config->log_level))
		return true;
	return refuse(ret_reason, "'%s' is no log level; it is one of error, warn, info, debug",
		      configkey_shown(value, text));
}

/* What people put there by habit is named before the key's own check. */
bool
configkey_take(const struct configkey_spec *key, struct config *config, const char *value,
	       char ret_reason[CONFIGKEY_REASON_BYTES])
{
	if (value[0] == '\0')
		return refuse(ret_reason, "'%s' has no value; write %s = %s", key->name, key->name, key->word);
	if (value[0] == '"' || value[0] == '\'')
		return refuse(ret_reason, "write the value of '%s' without quotes", key->name);
	for (const char *at = value; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return refuse(ret_reason, "the value of '%s' has a control character in it; write it anew",
				      key->name);
	return key->check(config, value, ret_reason);
}

/* Keeps the nearest name so far. More edits than two are another word. */
static void
consider(const char *word, const char *name, const char **nearest, size_t *least)
{
	size_t distance = str_distance(word, name);

	if (name[0] == '\0' || distance > 2 || (*nearest != NULL && distance >= *least))
		return;
	*nearest = name;
	*least = distance;
}

void
configkey_hint(const char *word, bool options, const char *otherwise, char *ret_hint, size_t cap)
{
	const char *nearest = NULL;
	size_t least = 0;

	for (size_t k = 0; k < CONFIGKEY_COUNT; k++) {
		const struct configkey_spec *key = &configkeys[k];
		consider(word, options ? key->option : key->where == IN_FILE ? key->name : "", &nearest, &least);
	}
	if (options) {
		consider(word, "--help", &nearest, &least);
		consider(word, "--version", &nearest, &least);
	}
	if (nearest != NULL)
		str_format(ret_hint, cap, "; did you mean '%s'?", nearest);
	else
		str_copy(ret_hint, cap, otherwise);
}
