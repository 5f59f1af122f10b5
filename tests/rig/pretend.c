/*
 * pretend: stands in the place of a fuse-* program in a test and hands over to a script, which then is the child:
 * /usr/bin/python3 <folder of this>/pretend/tests/integration/rig/pretend.py ROLE ARGUMENTS (tests/integration/rig).
 * The supervisor executes by descriptor, which a script cannot be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT "/pretend/tests/integration/rig/pretend.py"
#define ARGUMENTS_MAX 16

int
main(int argc, char **argv)
{
	char path[4096 + sizeof SCRIPT];
	char python[] = "/usr/bin/python3";
	char *words[ARGUMENTS_MAX + 4] = { python, path };
	ssize_t n = readlink("/proc/self/exe", path, 4096);

	if (n <= 0 || n >= 4096 || argc > ARGUMENTS_MAX)
		return 100;
	path[n] = '\0';
	strcpy(strrchr(path, '/'), SCRIPT);
	for (int i = 0; i < argc; i++)
		words[i + 2] = argv[i];
	execv(words[0], words);
	perror(words[0]);
	return 111;
}
