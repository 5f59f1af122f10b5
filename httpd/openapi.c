/*
 * openapi: the description as part of the program.
 */
#include "httpd/openapi.h"

/* The file itself, put into the program by the assembler: one description, one truth. */
__asm__(".pushsection .rodata\n"
	".global openapi_begin\n"
	"openapi_begin:\n"
	".incbin \"docs/openapi.json\"\n"
	".global openapi_end\n"
	"openapi_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char openapi_begin[], openapi_end[];

const char *
openapi_text(size_t *ret_len)
{
	*ret_len = (size_t)(openapi_end - openapi_begin);
	return openapi_begin;
}
