/*
 * order: requests to orders. What goes to a printer is composed from these, so nothing passes that could end a command's line.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/upload/exchange.h"

#define FTPS_PORT 990

static bool
is_component_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool
order_path_is_fine(const char *path)
{
	if (strlen(path) > SESSION_PATH_MAX_BYTES || path[0] != '/')
		return false;
	if (path[1] == '\0')
		return true;
	while (*path == '/') {
		size_t len = 0;
		path++;
		while (is_component_char(path[len]))
			len++;
		if (len == 0 || path[0] == '-' || strspn(path, ".") == len)
			return false;
		path += len;
	}
	return *path == '\0';
}

/* A file's, not the root. */
static bool
is_file_path(const char *path)
{
	return order_path_is_fine(path) && path[1] != '\0';
}

static bool
code_is_fine(const struct secret *code)
{
	for (uint32_t i = 0; i < code->len_bytes; i++)
		if (code->bytes[i] < ' ' || code->bytes[i] == 0x7f)
			return false;
	return code->len_bytes > 0;
}

/* What all requests have in common. */
#define TAKE_COMMON(order, message)                                                                             \
	do {                                                                                                     \
		str_copy((order)->serial, sizeof(order)->serial, (message)->serial);                             \
		str_copy((order)->address, sizeof(order)->address, (message)->address);                          \
		(order)->port = (uint16_t)((message)->port != 0 ? (message)->port : FTPS_PORT);                  \
		(order)->model = model_by_key((message)->model);                                                 \
		str_copy((order)->expectation.serial, sizeof(order)->expectation.serial, (message)->serial);     \
		str_copy((order)->expectation.pin_sha256, sizeof(order)->expectation.pin_sha256,                 \
			 (message)->certificate_sha256);                                                         \
		(order)->code = (message)->access_code;                                                          \
	} while (0)

static const char *
fault_of_common(const struct order *order)
{
	struct sockaddr_storage address;

	if (order->serial[0] == '\0')
		return "The request names no printer.";
	if (!line_parse_address(order->address, order->port, &address))
		return "The request's address is none.";
	return code_is_fine(&order->code) ? NULL : "The access code is empty, or has characters that cannot be sent.";
}

/* Copy the lines; false when one is no path or there are too many. */
static bool
take_paths(struct order *order, struct ipc_bytes text)
{
	order->paths = malloc(text.len + 1);
	ENSURE(order->paths != NULL);
	if (text.len > 0)
		memcpy(order->paths, text.bytes, text.len);
	order->paths[text.len] = '\0';
	char *to = order->paths;
	for (char *at = order->paths, *end = order->paths + text.len; at < end;) {
		size_t size = strcspn(at, "\n");
		at[size] = '\0';
		if (size > 0) {
			memmove(to, at, size + 1);
			if (!is_file_path(to) || ++order->path_count > EXCHANGE_PATHS_MAX)
				return false;
			to += size + 1;
		}
		at += size + 1;
	}
	return true;
}

static bool
finish(struct order *order, const char *fault, const char **ret_fault)
{
	*ret_fault = fault;
	if (fault != NULL)
		order_fini(order);
	return fault == NULL;
}

bool
order_of_put(const struct msg_ftp_put *message, int fd, struct order *ret_order, const char **ret_fault)
{
	struct stat file;

	*ret_order = (struct order){ .kind = EXCHANGE_PUT, .fd = fd };
	TAKE_COMMON(ret_order, message);
	str_copy(ret_order->path, sizeof ret_order->path, message->path);
	const char *fault = fault_of_common(ret_order);
	if (fault == NULL && !is_file_path(message->path))
		fault = "The file's path on the printer is none.";
	if (fault == NULL && !take_paths(ret_order, message->remove))
		fault = "A path that is to be deleted is none.";
	if (fault == NULL && (fd < 0 || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)))
		fault = "What came with the request is no file.";
	if (fault == NULL && (message->size_bytes == 0 || message->size_bytes > INT64_MAX))
		fault = "The file is empty.";
	ret_order->size_bytes = (int64_t)message->size_bytes;
	return finish(ret_order, fault, ret_fault);
}

bool
order_of_list(const struct msg_ftp_list *message, struct order *ret_order, const char **ret_fault)
{
	*ret_order = (struct order){ .kind = EXCHANGE_LIST, .fd = -1 };
	TAKE_COMMON(ret_order, message);
	str_copy(ret_order->path, sizeof ret_order->path, message->folder);
	const char *fault = fault_of_common(ret_order);
	if (fault == NULL && !order_path_is_fine(message->folder))
		fault = "The folder's path is none.";
	return finish(ret_order, fault, ret_fault);
}

bool
order_of_remove(const struct msg_ftp_remove *message, struct order *ret_order, const char **ret_fault)
{
	*ret_order = (struct order){ .kind = EXCHANGE_REMOVE, .fd = -1 };
	TAKE_COMMON(ret_order, message);
	const char *fault = fault_of_common(ret_order);
	if (fault == NULL && !take_paths(ret_order, message->paths))
		fault = "A path that is to be deleted is none.";
	return finish(ret_order, fault, ret_fault);
}

void
order_fini(struct order *order)
{
	secret_wipe(&order->code);
	free(order->paths);
	order->paths = NULL;
	if (order->fd >= 0)
		close(order->fd);
	order->fd = -1;
}
