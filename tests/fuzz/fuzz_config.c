/*
 * Any bytes as fused's configuration file, and as words on its command line: a configuration within its
 * bounds, which written down again reads the same, or one sentence that names the line.
 * Covers: config_parse_text, config_parse_args, config_set_defaults
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "supervisor/config.h"
#include "tests/fuzz/fuzz_rig.h"

#define WORDS_MAX 8
#define WORD_BYTES 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sentence of harmless text. */
static void
ensure_sentence(const struct config_fault *fault)
{
	ENSURE(fault->sentence[0] != '\0');
	must_be_harmless(fault->sentence, sizeof fault->sentence);
}

static void
ensure_address(const char *address)
{
	char host[CONFIG_ADDRESS_BYTES];
	unsigned char numbers[16];

	ENSURE(strlen(address) < CONFIG_ADDRESS_BYTES);
	if (strcmp(address, CONFIG_ADDRESS_OFF) == 0)
		return;
	const char *colon = strrchr(address, ':');
	ENSURE(colon != NULL);
	int64_t port;
	ENSURE(str_parse_int(colon + 1, 0, 65535, &port));
	bool six = address[0] == '[';
	str_format(host, sizeof host, "%.*s", (int)(colon - address) - (six ? 2 : 0), address + (six ? 1 : 0));
	ENSURE(inet_pton(six ? AF_INET6 : AF_INET, host, numbers) == 1);
}

static void
ensure_bounds(const struct config *config)
{
	ensure_address(config->http);
	ensure_address(config->stats);
	ENSURE(strlen(config->state_dir) < CONFIG_PATH_BYTES);
	ENSURE(str_valid_utf8(config->state_dir, strlen(config->state_dir)));
	ENSURE(config->log_level < LOG_LEVEL_COUNT);
}

/* Written down as a person would, it reads the same. */
static void
ensure_reads_the_same(const struct config *config)
{
	static char text[1024];
	static struct config again;
	struct config_fault fault;
	size_t used;

	str_format(text, sizeof text, "http = %s\nstats = %s\n", config->http, config->stats);
	used = strlen(text);
	if (config->state_dir[0] != '\0')
		str_format(text + used, sizeof text - used, "state = %s\n", config->state_dir);
	used = strlen(text);
	if (config->log_level_given)
		str_format(text + used, sizeof text - used, "log-level = %s\n", log_level_name(config->log_level));
	config_set_defaults(&again);
	ENSURE(config_parse_text(text, strlen(text), "again.conf", &again, &fault));
	ENSURE(memcmp(config, &again, sizeof again) == 0);
}

static void
as_a_file(const char *text, size_t len)
{
	static struct config config; /* large */
	struct config_fault fault;

	config_set_defaults(&config);
	if (config_parse_text(text, len, "fused.conf", &config, &fault)) {
		ENSURE(fault.sentence[0] == '\0');
		ensure_bounds(&config);
		ensure_reads_the_same(&config);
		return;
	}
	ensure_sentence(&fault);
	ENSURE(strncmp(fault.sentence, "fused.conf:", 11) == 0);
	/* The line that it names is one of the text. */
	unsigned long named = strtoul(fault.sentence + 11, NULL, 10), lines = 1;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	ENSURE(named >= 1 && named <= lines);
}

/* Each line a word. */
static void
as_a_command(const char *text, size_t len)
{
	char words[WORDS_MAX][WORD_BYTES], *argv[WORDS_MAX + 2];
	char name[] = "fused";
	struct config_args args;
	struct config_fault fault;
	int argc = 1;

	argv[0] = name;
	while (len > 0 && argc <= WORDS_MAX) {
		const char *newline = memchr(text, '\n', len);
		size_t word = newline != NULL ? (size_t)(newline - text) : len;
		size_t kept = word < WORD_BYTES - 1 ? word : WORD_BYTES - 1;
		memcpy(words[argc - 1], text, kept);
		words[argc - 1][kept] = '\0';
		argv[argc] = words[argc - 1];
		argc++;
		word += newline != NULL ? 1 : 0;
		text += word;
		len -= word;
	}
	argv[argc] = NULL;
	if (!config_parse_args(argc, argv, &args, &fault)) {
		ensure_sentence(&fault);
		return;
	}
	const char *values[] = { args.state_dir, args.http, args.stats, args.config_file, args.log_level };
	for (size_t i = 0; i < STR_ARRAY_LEN(values); i++)
		ENSURE(values[i] == NULL || values[i][0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_a_file((const char *)data, size);
	as_a_command((const char *)data, size);
	return 0;
}
