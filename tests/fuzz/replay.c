/*
 * replay: the main() of a fuzz target where there is no libFuzzer (release and asan builds).
 * It gives the target the empty input and every file that is named or lies in a named folder, each
 * in a process of its own, so that a crash or a hang costs one input and is reported by name.
 *
 * Ends with "N passed, N failed"; exits 0 only when nothing failed, 64 when a path cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT_MAX_BYTES (1024 * 1024)
#define HANG_S 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target may have one; libFuzzer calls it once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static unsigned passed, failed;

static void
run_one(const char *name, const uint8_t *data, size_t size)
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(71);
	}
	if (pid == 0) {
		alarm(HANG_S);
		/* A buffer of exactly this size: a sanitizer then sees a read beyond it. */
		uint8_t *copy = malloc(size > 0 ? size : 1);
		if (copy == NULL)
			_exit(71);
		if (size > 0)
			memcpy(copy, data, size);
		LLVMFuzzerTestOneInput(copy, size);
		free(copy);
		_exit(0);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		passed++;
		return;
	}
	failed++;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		printf("FAILED %s: did not end within %d s\n", name, HANG_S);
	else if (WIFSIGNALED(status))
		printf("FAILED %s: %s\n", name, strsignal(WTERMSIG(status)));
	else
		printf("FAILED %s: exit code %d\n", name, WEXITSTATUS(status));
}

static void
run_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data = malloc(INPUT_MAX_BYTES);
	size_t size = 0;
	ssize_t n = -1;

	if (fd < 0 || data == NULL) {
		perror(path);
		exit(64);
	}
	while (size < INPUT_MAX_BYTES && (n = read(fd, data + size, INPUT_MAX_BYTES - size)) > 0)
		size += (size_t)n;
	if (n != 0) {
		fprintf(stderr, "%s: cannot be read, or is larger than %d bytes\n", path, INPUT_MAX_BYTES);
		exit(64);
	}
	close(fd);
	run_one(path, data, size);
	free(data);
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_F && S_ISREG(st->st_mode))
		run_file(path);
	return type == FTW_NS || type == FTW_DNR ? -1 : 0;
}

int
main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	run_one("the empty input", NULL, 0);
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			perror(argv[i]);
			return 64;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
