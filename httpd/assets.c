/*
 * assets: the files, and how they are asked for.
 */
#include "httpd/assets.h"

#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/request.h"
#include "httpd/routes.h"

#define ETAG_BYTES 48
#define INDEX "/index.html"

/* The files are put into the program by the assembler, the table of them is made by etc/embed-www. */
#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
		".global " #name "\n" \
		#name ":\n" \
		".incbin \"" file "\"\n" \
		".global " #name "_end\n" \
		#name "_end:\n" \
		".byte 0\n" \
		".popsection\n"); \
	extern const char name[], name##_end[];
#define ASSET(n, path, file, packed, hash) EMBED(asset_##n, file) EMBED(asset_##n##_packed, packed)
#include "httpd/assets.def"
#undef ASSET

static const struct asset assets[] = {
#define BYTES(name) { name, name##_end }
#define ASSET(n, path, file, packed, hash) { path, hash, BYTES(asset_##n), BYTES(asset_##n##_packed) },
#include "httpd/assets.def"
#undef ASSET
};

const struct asset *
assets_all(size_t *ret_count)
{
	*ret_count = STR_ARRAY_LEN(assets);
	return assets;
}

/* -- finding ------------------------------------------------------------------------------------------ */

bool
assets_is_page(const struct target *target)
{
	static const char *const pages[] = {
#define PAGE(pattern) pattern,
#include "httpd/pages.def"
	};
	struct route_names names;

	for (size_t i = 0; i < STR_ARRAY_LEN(pages); i++)
		if (routes_match(pages[i], target, &names))
			return true;
	return false;
}

const struct asset *
assets_find(const struct target *target)
{
	bool is_page = assets_is_page(target);
	struct route_names names;

	for (size_t i = 0; i < STR_ARRAY_LEN(assets); i++)
		if (is_page ? strcmp(assets[i].path, INDEX) == 0 : routes_match(assets[i].path, target, &names))
			return &assets[i];
	return NULL;
}

/* -- what a browser says and is told ------------------------------------------------------------------------ */

const char *
assets_type(const char *path)
{
	static const struct { const char *ending, *type; } types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".woff2", "font/woff2" },
		{ ".txt", "text/plain; charset=utf-8" },
	};
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending != NULL && i < STR_ARRAY_LEN(types); i++)
		if (strcmp(ending, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* The next element of a comma-separated header without the blanks around it; NULL: no more. */
static const char *
next_element(const char **at, size_t *ret_len)
{
	*at += strspn(*at, ", \t");
	const char *element = *at;
	size_t len = strcspn(element, ",");

	if (len == 0)
		return NULL;
	*at += len;
	while (len > 0 && (element[len - 1] == ' ' || element[len - 1] == '\t'))
		len--;
	*ret_len = len;
	return element;
}

/* "gzip;q=0", in any number of digits, is a refusal. */
static bool
has_weight(const char *element, size_t len)
{
	char text[64];

	if (len >= sizeof text)
		return false;
	memcpy(text, element, len);
	text[len] = '\0';
	const char *weight = strcasestr(text, "q=");
	return weight == NULL || strpbrk(weight + 2, "123456789") != NULL;
}

bool
assets_take_gzip(const char *accept_encoding)
{
	const char *at = accept_encoding != NULL ? accept_encoding : "", *element;
	bool by_star = false;
	size_t len;

	while ((element = next_element(&at, &len)) != NULL) {
		size_t name_len = strcspn(element, "; \t,");
		if (name_len == strlen("gzip") && strncasecmp(element, "gzip", name_len) == 0)
			return has_weight(element, len);
		if (name_len == 1 && element[0] == '*')
			by_star = has_weight(element, len);
	}
	return by_star;
}

/* Weak comparison (RFC 9110, 13.1.2): a W/ before it does not matter. */
bool
assets_match(const char *if_none_match, const char *etag)
{
	const char *at = if_none_match != NULL ? if_none_match : "", *element;
	size_t len;

	while ((element = next_element(&at, &len)) != NULL) {
		if (len == 1 && element[0] == '*')
			return true;
		if (len > 2 && strncmp(element, "W/", 2) == 0) {
			element += 2;
			len -= 2;
		}
		if (len == strlen(etag) && strncmp(element, etag, len) == 0)
			return true;
	}
	return false;
}

static size_t
length(const struct asset_bytes *bytes)
{
	return (size_t)(bytes->end - bytes->begin);
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	ENSURE(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* The file as the browser wants it, or only that it is the same as its copy. */
static void
answer_file(struct request *request, const struct asset *asset, unsigned status)
{
	char etag[ETAG_BYTES];

	bool packs = length(&asset->packed) < length(&asset->plain);
	bool packed = packs && assets_take_gzip(request_header_peek(request, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	/* Other bytes, another tag: 32 digits of the hash are plenty. */
	str_format(etag, sizeof etag, "\"%.32s%s\"", asset->hash, packed ? "-gzip" : "");
	bool same = status == MHD_HTTP_OK &&
		    assets_match(request_header_peek(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag);
	const struct asset_bytes *bytes = packed ? &asset->packed : &asset->plain;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		same ? 0 : length(bytes), (void *)(uintptr_t)bytes->begin, MHD_RESPMEM_PERSISTENT);
	ENSURE(response != NULL);
	if (status == MHD_HTTP_OK)
		add_header(response, MHD_HTTP_HEADER_ETAG, etag);
	if (packs)
		add_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	if (packed && !same)
		add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	answer_page(request, same ? MHD_HTTP_NOT_MODIFIED : status, same ? NULL : assets_type(asset->path), response);
}

void
assets_answer(struct request *request)
{
	const struct asset *asset = assets_find(request_target_peek(request));

	ENSURE(asset != NULL); /* routes.c has asked */
	answer_file(request, asset, MHD_HTTP_OK);
}

void
assets_answer_nothing(struct request *request)
{
	for (size_t i = 0; i < STR_ARRAY_LEN(assets); i++)
		if (strcmp(assets[i].path, INDEX) == 0)
			answer_file(request, &assets[i], MHD_HTTP_NOT_FOUND);
}
