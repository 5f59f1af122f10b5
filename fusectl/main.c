/*
 * fusectl: the command line of Fuse. Asks the running fused through its socket; see commands.def for
 * what it can be told, options.def and outcome.def for the rest.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "fusectl/ctl.h"
#include "fusectl/help.h"
#include "printer/jsonin.h"

static enum outcome
say_version(const struct ctl *ctl)
{
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:s}", "version", FUSE_VERSION), false);
	else
		puts("fusectl " FUSE_VERSION);
	return OUTCOME_DONE;
}

static enum outcome
run(struct ctl *ctl, int argc, char **argv)
{
	enum outcome outcome = args_parse(argc, argv, &ctl->args, &ctl->failure);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl->args.given[OPTION_VERSION])
		return say_version(ctl);
	if (ctl->args.given[OPTION_HELP])
		return help_print(ctl, ctl->args.command, ctl->args.group);
	if (ctl->args.command == NULL) {
		failure_say(&ctl->failure, OUTCOME_USAGE, "fusectl needs a command, such as `fusectl status`.");
		failure_remedy(&ctl->failure, "`fusectl help` lists them.");
		return OUTCOME_USAGE;
	}
	return ctl->args.command->run(ctl);
}

static void
report(const struct ctl *ctl)
{
	const struct failure *failure = &ctl->failure;
	struct show on_stderr;

	/* What was shown already says it. */
	if (failure->sentence[0] == '\0')
		return;
	if (ctl_wants_json(ctl)) {
		json_t *error = json_pack("{s:s,s:o,s:o}", "reason", failure->reason, "sentence",
					  ctl_json_text(failure->sentence), "remedy", ctl_json_text(failure->remedy));
		ctl_print_json(stdout, json_pack("{s:o}", "error", error), false);
		return;
	}
	show_init(&on_stderr, stderr);
	show_wrapped(&on_stderr, 0, 0, failure->sentence);
	if (failure->remedy[0] != '\0')
		show_wrapped(&on_stderr, 0, 0, failure->remedy);
}

/* What was written must have arrived; a reader that had enough and left is no failure worth a word. */
static enum outcome
finish_output(enum outcome outcome)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return outcome;
	if (errno != EPIPE && errno != 0)
		fprintf(stderr, "fusectl could not write its output: %s.\n", strerror(errno));
	return outcome == OUTCOME_DONE ? OUTCOME_FAILED : outcome;
}

int
main(int argc, char **argv)
{
	static struct ctl ctl;

	setlocale(LC_CTYPE, "");
	if (argc >= 2 && strcmp(argv[1], "completion-words") == 0) {
		ctl_completion_words(argc - 2, argv + 2);
		return OUTCOME_DONE;
	}
	jsonin_init();
	ctl.client.fd = -1;
	ctl.now_ms = clock_wall_ms();
	show_init(&ctl.show, stdout);
	enum outcome outcome = run(&ctl, argc, argv);
	client_close(&ctl.client);
	if (outcome != OUTCOME_DONE)
		report(&ctl);
	return (int)finish_output(outcome);
}
