/*
 * gen_processes: print docs/processes.md, the page about every process that Fuse starts, from
 * ipc/procs.def, common/exits.def and the life states of ipc/terms.h. `make docs` writes it.
 */
#include <stdio.h>
#include <string.h>

#include "common/exits.h"
#include "common/str.h"
#include "ipc/terms.h"

struct row {
	const char *role, *binary, *how_many, *doc;
	int stop_rank, start_ms, stop_ms, warn_ms, hang_ms, backoff_max_ms, hold_deaths, data_mib, files, rate_per_s;
};

#define PROC(ROLE, role, number, binary, how_many, stop_rank, start_ms, stop_ms, warn_ms, hang_ms, backoff_max_ms, \
	     hold_deaths, data_mib, files, rate_per_s, doc)                                                       \
	{ #role, binary, #how_many, doc, stop_rank, start_ms, stop_ms, warn_ms, hang_ms, backoff_max_ms,          \
	  hold_deaths, data_mib, files, rate_per_s },
static const struct row rows[] = {
#include "ipc/procs.def"
};
#undef PROC

static void
print_multiplicity(const char *how_many)
{
	char asker[32];
	unsigned most;

	if (sscanf(how_many, "HELPER(%31[^,], %u)", asker, &most) == 2) {
		printf("when one asks, at most %u at a time for each ", most);
		for (const char *at = asker; *at != '\0'; at++)
			if (*at == '|')
				printf("and");
			else
				putchar(*at == ' ' ? ' ' : *at | 0x20);
	} else if (strcmp(how_many, "PER_VIRTUAL") == 0) {
		printf("one for each virtual printer");
	} else {
		printf("%s", how_many[0] == 'O' ? "one" : "one for each printer");
	}
}

static void
print_roles(void)
{
	printf("## Roles\n\n| role | program | how many | what it does |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		printf("| %s | `%s` | ", rows[i].role, rows[i].binary);
		print_multiplicity(rows[i].how_many);
		printf(" | %s |\n", rows[i].doc);
	}
	printf("\n");
}

static void
print_seconds(int ms)
{
	printf(" %g s |", ms / 1000.0);
}

static void
print_time_limits(void)
{
	printf("## Times\n\n"
	       "*start*: from the start of the program until it says that it is ready. *stop*: from the request to\n"
	       "end until SIGKILL (SIGTERM at half of it); a lower *rank* stops first, and the next rank when it is\n"
	       "gone. *silent*: pings unanswered for so long give a warning, then SIGABRT, and SIGKILL 2 s\n"
	       "later. *longest wait*: before a restart after an early death; the first is 250 ms, each the double of\n"
	       "the one before. *held*: after so many deaths within 60 s it is tried only every 5 minutes.\n\n"
	       "| role | start | stop | rank | silent: warning | silent: ended | longest wait | held |\n"
	       "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++) {
		printf("| %s |", rows[i].role);
		print_seconds(rows[i].start_ms);
		print_seconds(rows[i].stop_ms);
		printf(" %d |", rows[i].stop_rank);
		print_seconds(rows[i].warn_ms);
		print_seconds(rows[i].hang_ms);
		print_seconds(rows[i].backoff_max_ms);
		if (rows[i].hold_deaths == 0)
			printf(" never for that |\n");
		else
			printf(" after %d deaths |\n", rows[i].hold_deaths);
	}
	printf("\n");
}

static void
print_bounds(void)
{
	printf("## Bounds\n\n"
	       "| role | memory (RLIMIT_DATA) | open files | messages a second |\n| --- | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < STR_ARRAY_LEN(rows); i++)
		printf("| %s | %d MiB | %d | %d |\n", rows[i].role, rows[i].data_mib, rows[i].files, rows[i].rate_per_s);
	printf("\nA process that sends more messages than that, averaged over 5 s, is ended for flooding.\n"
	       "What each may ask of the system (seccomp, Landlock) is in `common/sandbox.def`.\n\n");
}

static void
print_life(void)
{
	printf("## Life\n\n| state | shown as | what |\n| --- | --- | --- |\n");
#define X(name, text, what) printf("| %s | %s | %s |\n", #name, text, what);
	LIFE_STATES(X)
#undef X
	printf("\nWhat happens in each state at each event is the table in `supervisor/lifecycle.c`.\n\n");
}

static const char *
policy_text(enum exit_policy policy)
{
	switch (policy) {
	case EXIT_POLICY_RESTART:
		return "start it again";
	case EXIT_POLICY_HOLD:
		return "hold it: the cause will not go away by itself";
	case EXIT_POLICY_FATAL:
		return "stop Fuse with the same code";
	}
	return "?";
}

static void
print_exit(const char *name, const struct exit_meaning *meaning)
{
	printf("| %d | %s | %s | %s | %s |\n", meaning->code, name, meaning->sentence, policy_text(meaning->policy),
	       meaning->advice);
}

static void
print_exits(void)
{
	printf("## Exit codes\n\n| code | name | the process … | then Fuse will | what you can do |\n"
	       "| ---: | --- | --- | --- | --- |\n");
#define EXIT(name, number, ...) print_exit(#name, exit_meaning_peek(number));
#include "common/exits.def"
#undef EXIT
}

int
main(void)
{
	printf("# Processes\n\n"
	       "<!-- Made by `make docs` from ipc/procs.def, common/exits.def and ipc/terms.h; do not edit. -->\n\n"
	       "What Fuse starts, by which figures the supervisor watches it, and how it can end.\n\n");
	print_roles();
	print_time_limits();
	print_bounds();
	print_life();
	print_exits();
	return ferror(stdout) || fflush(stdout) != 0;
}
