/*
 * paho_heap: Paho (1.3.12) keeps a tree of all its blocks with where each was taken, and a list of the functions that it
 * is in, both under locks, for a trace that it formats line by line whether or not anybody reads it. That is a tenth of
 * what it spends on a report. The Makefile makes its functions give way to these of the same names.
 */
#include "worker/link/paho_heap.h"

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void *mymalloc(char *file, int line, size_t size);
void *myrealloc(char *file, int line, void *block, size_t size);
void myfree(char *file, int line, void *block);
void paho_free(void *block);
void Log(int level, int number, const char *format, ...);
void StackTrace_entry(const char *name, int line, int level);
void StackTrace_exit(const char *name, int line, void *value, int level);

void
paho_heap_init(void)
{
	mallopt(M_ARENA_MAX, 1); /* its threads need no heap of their own each */
}

void *
mymalloc(char *file, int line, size_t size)
{
	(void)file, (void)line;
	return malloc(size);
}

void *
myrealloc(char *file, int line, void *block, size_t size)
{
	(void)file, (void)line;
	return realloc(block, size);
}

/* What Paho held may have been an access code. */
void
paho_free(void *block)
{
	if (block != NULL)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

void
myfree(char *file, int line, void *block)
{
	(void)file, (void)line;
	paho_free(block);
}

void
Log(int level, int number, const char *format, ...)
{
	(void)level, (void)number, (void)format;
}

void
StackTrace_entry(const char *name, int line, int level)
{
	(void)name, (void)line, (void)level;
}

void
StackTrace_exit(const char *name, int line, void *value, int level)
{
	(void)name, (void)line, (void)value, (void)level;
}
