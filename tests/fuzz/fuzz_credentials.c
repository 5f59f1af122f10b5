/*
 * Any bytes as the headers Cookie and Authorization, as a Host among the names of a machine, and as what comes in plain
 * HTTP where TLS is spoken. What is found lies in
 * the header, within its bound, and is nothing but the characters of a token.
 * Covers: credential_of_cookie, credential_of_bearer, host_judge, doorstep_answer
 *
 * Input: the text; for the Host, "allowed\nhost".
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd/credentials.h"
#include "httpd/doorstep.h"
#include "httpd/hosts.h"
#include "tests/fuzz/fuzz_rig.h"

#define TEXT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_found(const char *header, struct credential found)
{
	if (found.text == NULL)
		return;
	must(found.text >= header && found.text + found.len <= header + strlen(header));
	must(found.len >= 1 && found.len <= CREDENTIAL_MAX_BYTES);
	for (size_t i = 0; i < found.len; i++)
		must(found.text[i] > ' ' && found.text[i] < 0x7f && strchr(";,\"\\", found.text[i]) == NULL);
}

static void
check_host(char *text)
{
	char *host = strchr(text, '\n');

	if (host == NULL)
		return;
	*host++ = '\0';
	const struct host_place place = { true, "0.0.0.0:8888", "192.0.2.5", "shed", text };
	if (host_judge(host, &place) == HOST_FOREIGN)
		return;
	/* Each that is ours stands there word by word. */
	size_t len = strcspn(host, ":");
	must(len > 0);
	host[len] = '\0';
	must(strcmp(host, "192.0.2.5") == 0 || strcasecmp(host, "shed") == 0 || strcasecmp(host, "shed.local") == 0 ||
	     strcasecmp(host, "fuse.local") == 0 || strcasestr(text, host) != NULL || host[0] == '[');
}

/* One answer, whose headers hold no line that did not come from us. */
static void
check_doorstep(const uint8_t *data, size_t size)
{
	static const struct host_place place = { true, "0.0.0.0:8888", "192.0.2.5", "shed", "" };
	char answer[DOORSTEP_ANSWER_BYTES];
	size_t len = doorstep_answer((const char *)data, size, &place, answer), lines = 0;
	const char *end = strstr(answer, "\r\n\r\n"), *location = strstr(answer, "\r\nLocation: ");

	must(len == strlen(answer) && len < sizeof answer && end != NULL);
	for (const char *at = answer; at < end; at++)
		lines += *at == '\n';
	must(lines == (location != NULL && location < end ? 7u : 6u));
	if (location != NULL)
		must(strncmp(location + 12, "https://192.0.2.5", 17) == 0 || strncasecmp(location + 12, "https://shed", 12) == 0 ||
		     strncasecmp(location + 12, "https://fuse.local", 18) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_doorstep(data, size < TEXT_MAX ? size : TEXT_MAX);
	char *text = malloc(TEXT_MAX + 1);

	must(text != NULL);
	size_t len = size < TEXT_MAX ? size : TEXT_MAX;
	memcpy(text, data, len);
	text[len] = '\0';
	check_found(text, credential_of_cookie(text, "fuse_session"));
	check_found(text, credential_of_cookie(text, "__Host-fuse_session"));
	check_found(text, credential_of_bearer(text));
	check_host(text);
	free(text);
	return 0;
}
