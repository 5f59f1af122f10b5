/*
 * request_peek: what a request is and carries, for handlers and checks.
 */
#include <microhttpd.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "httpd/request_inner.h"
#include "httpd/server.h"

struct httpd *
request_httpd(struct request *request)
{
	return server_httpd(request->server);
}

const char *
request_path_peek(const struct request *request)
{
	return request->target.path[0] != '\0' ? request->target.path : "/";
}

const char *
request_id_peek(const struct request *request)
{
	return request->names.id;
}

const struct route_names *
request_names_peek(const struct request *request)
{
	return &request->names;
}

const json_t *
request_json_peek(const struct request *request)
{
	return request->json;
}

const void *
request_body_peek(const struct request *request, size_t *ret_len)
{
	*ret_len = request->body_len;
	return request->body;
}

const char *
request_allow_peek(const struct request *request)
{
	return request->tell_allow ? request->allow : NULL;
}

const char *
request_text(const struct request *request, const char *name)
{
	return target_param_peek(&request->target, name);
}

const struct target *
request_target_peek(const struct request *request)
{
	return &request->target;
}

const struct visitor *
request_visitor(const struct request *request)
{
	return &request->visitor;
}

const struct pass *
request_pass(const struct request *request)
{
	return &request->pass;
}

struct server *
request_server(const struct request *request)
{
	return request->server;
}

int
request_socket(const struct request *request)
{
	return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

const struct sockaddr *
request_peer(const struct request *request)
{
	return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
}

bool
request_is_by_tls(const struct request *request)
{
	return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION) != NULL;
}

void
request_set_session_cookie(struct request *request, const char *id)
{
	bool secure = request->visitor.secure;

	ENSURE(str_format(request->cookie, sizeof request->cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
			  SESSION_COOKIE(secure), id, id[0] != '\0' ? (long long)SESSION_LIFE_MS / 1000 : 0LL,
			  secure ? "; Secure" : ""));
}

const char *
request_cookie_peek(const struct request *request)
{
	return request->cookie[0] != '\0' ? request->cookie : NULL;
}

const char *
request_header_peek(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

bool
request_is_get(const struct request *request)
{
	return request->is_get;
}

bool
request_accepts(const struct request *request, const char *type)
{
	const char *accept = request_header_peek(request, MHD_HTTP_HEADER_ACCEPT);

	return accept != NULL && strcasestr(accept, type) != NULL;
}

static bool
refuse_parameter(struct request *request, const char *detail)
{
	answer_problem(request, PROBLEM_BAD_PARAMETER, detail, "");
	return false;
}

bool
request_number(struct request *request, const char *name, int64_t min, int64_t max, int64_t otherwise,
	       int64_t *ret_number)
{
	const char *text = request_text(request, name);
	char detail[120];

	*ret_number = otherwise;
	if (text == NULL || str_parse_int(text, min, max, ret_number))
		return true;
	str_format(detail, sizeof detail, "\"%s\" must be a number from %lld to %lld.", name, (long long)min,
		   (long long)max);
	return refuse_parameter(request, detail);
}

bool
request_truth(struct request *request, const char *name, bool *ret_truth)
{
	const char *text = request_text(request, name);
	char detail[120];

	*ret_truth = text != NULL && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
	if (text == NULL || *ret_truth || strcmp(text, "0") == 0 || strcmp(text, "false") == 0)
		return true;
	str_format(detail, sizeof detail, "\"%s\" must be 0 or 1.", name);
	return refuse_parameter(request, detail);
}
