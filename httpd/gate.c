/*
 * gate: a request's headers and connection made into a visitor, and the verdict into words.
 */
#include "httpd/gate.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "httpd/answer.h"
#include "httpd/assets.h"
#include "httpd/hosts.h"
#include "httpd/known.h"
#include "httpd/server.h"
#include "httpd/target.h"
#include "ipc/settings.h"

/* -- where it comes from -------------------------------------------------------------------------------- */

static bool
refuse(struct request *request, enum problem problem, const char *detail, const char *remedy)
{
	answer_problem(request, problem, detail, remedy);
	return false;
}

static void
write_address(const struct sockaddr *address, char ret_text[INET6_ADDRSTRLEN])
{
	const void *bytes = address->sa_family == AF_INET6
				    ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
				    : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;

	ret_text[0] = '\0';
	if (address->sa_family == AF_INET || address->sa_family == AF_INET6)
		inet_ntop(address->sa_family, bytes, ret_text, INET6_ADDRSTRLEN);
}

static struct in6_addr
read_address(const char *text)
{
	struct in6_addr address = { 0 };

	if (inet_pton(AF_INET, text, &address.s6_addr[12]) != 1 && inet_pton(AF_INET6, text, &address) != 1)
		memset(&address, 0, sizeof address);
	return address;
}

static const char *
setting_text(const struct httpd *httpd, const char *name)
{
	const struct msg_setting *setting = known_setting_peek(httpd->known, name);

	return setting != NULL ? setting->value : "";
}

_Static_assert(GATE_ADDRESS_BYTES == INET6_ADDRSTRLEN, "gate.h says what arpa/inet.h does");

void
gate_describe_place(const struct httpd *httpd, const struct server *server, int fd, struct host_place *ret_place,
		    char ret_local[GATE_ADDRESS_BYTES])
{
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof local;

	ret_local[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
		write_address((struct sockaddr *)&local, ret_local);
	*ret_place = (struct host_place){ .guarded = server_is_guarded(server), .bound = server_address_peek(server),
					  .local = ret_local, .hostname = httpd->hostname,
					  .allowed = setting_text(httpd, "allowedHosts") };
}

/* A proxy adds whom it speaks for at the end; what stands before that anybody can have written. */
static void
take_forwarded(struct request *request, struct visitor *visitor)
{
	const char *chain = request_header_peek(request, "X-Forwarded-For"), *proto = request_header_peek(request, "X-Forwarded-Proto");
	char text[INET6_ADDRSTRLEN] = "";

	if (chain != NULL) {
		const char *comma = strrchr(chain, ',');
		const char *last = comma != NULL ? comma + 1 : chain;
		last += strspn(last, " \t");
		str_format(text, sizeof text, "%.*s", (int)strcspn(last, " \t"), last);
		visitor->address = read_address(text);
	}
	visitor->secure = visitor->secure || (proto != NULL && strcasecmp(proto, "https") == 0);
}

static bool
came_through_a_proxy(struct request *request)
{
	return request_header_peek(request, "X-Forwarded-For") != NULL || request_header_peek(request, "Forwarded") != NULL ||
	       request_header_peek(request, "X-Real-IP") != NULL || request_header_peek(request, "Via") != NULL;
}

/* Connections to 127.0.0.1 come from there, unless somebody plays another machine. */
static bool
is_from_here(const struct server *server, const char *peer)
{
	return server_takes_any_loopback(server) || strcmp(peer, "127.0.0.1") == 0 || strcmp(peer, "::1") == 0 ||
	       strcmp(peer, "::ffff:127.0.0.1") == 0;
}

static void
meet(struct request *request, enum host_kind host, struct visitor *ret_visitor)
{
	const struct server *server = request_server(request);
	const char *cookies, *authorization = request_header_peek(request, MHD_HTTP_HEADER_AUTHORIZATION);
	char peer[INET6_ADDRSTRLEN];

	*ret_visitor = (struct visitor){ .by_tls = request_is_by_tls(request), .secure = request_is_by_tls(request) };
	write_address(request_peer(request), peer);
	ret_visitor->address = read_address(peer);
	if (server_proxy_peek(server)[0] != '\0' && strcmp(peer, server_proxy_peek(server)) == 0)
		take_forwarded(request, ret_visitor);
	/* Whoever has put a proxy before Fuse has put the network before it. */
	ret_visitor->this_machine = host == HOST_THIS_MACHINE && is_from_here(server, peer) && !came_through_a_proxy(request);
	cookies = request_header_peek(request, MHD_HTTP_HEADER_COOKIE);
	if (cookies != NULL)
		ret_visitor->session = credential_of_cookie(cookies, SESSION_COOKIE(ret_visitor->secure));
	if (authorization != NULL)
		ret_visitor->bearer = credential_of_bearer(authorization);
}

/* A link on another site, or in a mail, may lead to a page of ours: that is the same for everybody. */
static bool
goes_to_page(const struct request *request)
{
	const char *mode = request_header_peek(request, "Sec-Fetch-Mode");

	return mode != NULL && strcasecmp(mode, "navigate") == 0 && assets_is_page(request_target_peek(request));
}

/* Another site's page in a browser of the owner's must not drive Fuse: it would have to come by a foreign name
 * (DNS rebinding), or say where it comes from (CSRF). Browsers say so with Origin on every unsafe method, and with
 * Sec-Fetch-Site on all; other programs say neither. */
bool
gate_check_where_from(struct request *request, unsigned hosts, struct visitor *ret_visitor)
{
	const char *host = request_header_peek(request, MHD_HTTP_HEADER_HOST);
	const char *origin = request_header_peek(request, MHD_HTTP_HEADER_ORIGIN), *site = request_header_peek(request, "Sec-Fetch-Site");
	char local[GATE_ADDRESS_BYTES];
	struct host_place place;

	if (hosts != 1 || host == NULL)
		return refuse(request, PROBLEM_BAD_REQUEST, "A request must have exactly one Host header.", "");
	const char *authority = request_target_peek(request)->authority;
	if (authority[0] != '\0' && strcasecmp(authority, host) != 0)
		return refuse(request, PROBLEM_BAD_REQUEST, "The Host header names another host than the target.", "");
	gate_describe_place(request_httpd(request), request_server(request), request_socket(request), &place, local);
	enum host_kind kind = host_judge(host, &place);
	if (kind == HOST_FOREIGN)
		return refuse(request, PROBLEM_FOREIGN_HOST, "Fuse is not served under the name in the Host header.",
			      "Use the address that Fuse is bound to, or add the name to the setting allowedHosts.");
	meet(request, kind, ret_visitor);
	/* Browsers do not agree on what site a WebSocket is of, but name its origin. */
	bool site_counts = site != NULL && (origin == NULL || request_header_peek(request, MHD_HTTP_HEADER_UPGRADE) == NULL);
	if ((origin != NULL && !target_origin_is_host(origin, host, ret_visitor->secure)) ||
	    (site_counts && strcasecmp(site, "same-origin") != 0 && strcasecmp(site, "none") != 0 &&
	     !goes_to_page(request)))
		return refuse(request, PROBLEM_FOREIGN_ORIGIN, "A page of another site asks for this: it may not.",
			      "Open Fuse's own pages, or use fusectl.");
	return true;
}

/* -- whether it may --------------------------------------------------------------------------------------- */

static bool
say_no(struct request *request, enum access_verdict verdict, int64_t wait_ms)
{
	switch (verdict) {
	case ACCESS_GRANTED:
		return true;
	case ACCESS_LOGIN_NEEDED:
		return refuse(request, PROBLEM_LOGIN_NEEDED, "Fuse does not know who asks.",
			      "Log in on Fuse's page; a program sends Authorization: Bearer with its token.");
	case ACCESS_SETUP_NEEDED:
		return refuse(request, PROBLEM_SETUP_NEEDED, "No password is set yet, so nobody can log in.",
			      "Open Fuse's page and set one with the setup code: the console shows it, and `fusectl setup-code`.");
	case ACCESS_PASSWORD_NEEDED:
		return refuse(request, PROBLEM_PASSWORD_NEEDED, "This needs the password, entered within the last 5 minutes.",
			      "POST it to /api/v1/session, then try again.");
	case ACCESS_READ_ONLY:
		return refuse(request, PROBLEM_FORBIDDEN, "This token may only read.", "Make a full one for what changes things.");
	case ACCESS_NOT_BY_TOKEN:
		return refuse(request, PROBLEM_FORBIDDEN, "No token may do this.", "Log in on Fuse's page.");
	case ACCESS_TOO_MANY_TRIES:
		answer_too_many_tries(request, wait_ms);
		return false;
	}
	return false;
}

static bool
stats_are_off(struct request *request)
{
	const struct server *server = request_server(request);

	return server_purpose(server) == LISTENER_STATS && server_is_guarded(server) &&
	       !setting_truth(setting_text(request_httpd(request), "statsOnNetwork"));
}

static void
tell_of_token(struct request *request, const struct pass *pass)
{
	struct httpd *httpd = request_httpd(request);
	struct msg_token_used used = { 0 };

	if (!access_is_news(httpd->access, pass, clock_wall_ms()))
		return;
	str_copy(used.id, sizeof used.id, pass->token_id);
	child_send(httpd->child, MESSAGE_TOKEN_USED, ROLE_STORED, 0, 0, 0, &used, -1);
}

bool
gate_check_access(struct request *request, const struct route *route, const char *method, const struct visitor *visitor,
		  struct pass *ret_pass)
{
	bool api = target_is_api(request_target_peek(request));
	enum route_access wanted = route != NULL ? route->access : api ? ROUTE_LOGIN : ROUTE_OPEN;
	bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	int64_t wait_ms;

	if (server_purpose(request_server(request)) == LISTENER_STATS)
		wanted = ROUTE_LOGIN; /* there are no pages */
	enum access_verdict verdict = access_judge(request_httpd(request)->access, visitor, wanted, reads,
						   clock_monotonic_ms(), ret_pass, &wait_ms);
	if (!say_no(request, verdict, wait_ms))
		return false;
	tell_of_token(request, ret_pass);
	return !stats_are_off(request) ||
	       refuse(request, PROBLEM_STATISTICS_OFF, "The statistics are off for other machines.",
		      "Set statsOnNetwork to true: `fusectl settings statsOnNetwork=true`.");
}

bool
gate_check_raised(struct request *request)
{
	return access_is_raised(request_httpd(request)->access, request_pass(request), clock_monotonic_ms()) ||
	       say_no(request, request_pass(request)->kind == PASS_SESSION ? ACCESS_PASSWORD_NEEDED : ACCESS_NOT_BY_TOKEN, 0);
}
