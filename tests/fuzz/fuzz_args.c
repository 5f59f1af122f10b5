/*
 * Any words as the command line of fusectl and of fused: an outcome, never a crash, and a failure always has
 * its sentence.
 * Covers: args_parse, config_parse_args
 *
 * Input: the words, each ended by a NUL byte.
 */
#include <stdint.h>
#include <string.h>

#include "fusectl/args.h"
#include "supervisor/config.h"
#include "tests/fuzz/fuzz_rig.h"

#define WORDS_MAX 80
#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_fusectl(int argc, char **argv)
{
	struct args args;
	struct failure failure;

	memset(&args, 0xaa, sizeof args);
	memset(&failure, 0, sizeof failure);
	enum outcome outcome = args_parse(argc, argv, &args, &failure);
	must(outcome == OUTCOME_DONE || outcome == OUTCOME_USAGE);
	must((outcome == OUTCOME_DONE) == (failure.sentence[0] == '\0'));
	if (outcome != OUTCOME_DONE)
		return;
	must(args.word_count <= ARGS_WORDS_MAX);
	for (size_t i = 0; i < args.word_count; i++)
		must(args.words[i] != NULL);
	if (args.command != NULL && !args.given[OPTION_HELP])
		must(args.word_count >= args.command->least && args.word_count <= args.command->most);
}

static void
check_fused(int argc, char **argv)
{
	struct config_args args;
	struct config_fault fault;

	memset(&fault, 0, sizeof fault);
	if (!config_parse_args(argc, argv, &args, &fault))
		must(fault.sentence[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "program";
	char text[TEXT_MAX + 1], *argv[WORDS_MAX + 2] = { name };
	int argc = 1;

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc <= WORDS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	check_fusectl(argc, argv);
	check_fused(argc, argv);
	return 0;
}
