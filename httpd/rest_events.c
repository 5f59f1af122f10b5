/*
 * rest_events: the two WebSockets as resources: a request becomes one, or is told what is wrong with it. It is past
 * all checks that every request has to pass (request.c).
 */
#include <microhttpd.h>
#include <stdlib.h>

#include "common/miniobj.h"
#include "httpd/answer.h"
#include "httpd/handshake.h"
#include "httpd/live.h"
#include "httpd/rest.h"
#include "httpd/routes.h"
#include "httpd/server.h"
#include "httpd/tls.h"
#include "httpd/websocket.h"

/* -- from here on it is a socket --------------------------------------------------------------------- */

struct upgraded {
	struct MHD_UpgradeResponseHandle *handle;
	struct server *server;
};

/* The library closes it when it looks the next time. */
static void
close_socket(void *arg)
{
	struct upgraded *upgraded = arg;

	ENSURE(MHD_upgrade_action(upgraded->handle, MHD_UPGRADE_ACTION_CLOSE) == MHD_YES);
	server_wake(upgraded->server);
	free(upgraded);
}

/* Over TLS `fd` is only the library's end of a pair: what is sent goes past it. False: it is the connection itself. */
static bool
find_outlet(struct MHD_Connection *connection, struct websocket_outlet *ret_outlet)
{
	const union MHD_ConnectionInfo *session = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	if (session == NULL || session->tls_session == NULL)
		return false;
	void *tls = session->tls_session;
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	*ret_outlet = (struct websocket_outlet){ .fd = fd->connect_fd, .arg = tls, .put = tls_put, .flush = tls_flush };
	return true;
}

/* Called by the library when the answer is out. */
static void
on_upgraded(void *arg, struct MHD_Connection *connection, void *request, const char *early, size_t early_len, MHD_socket fd,
	    struct MHD_UpgradeResponseHandle *handle)
{
	struct live_client *client = arg;
	struct upgraded *upgraded = malloc(sizeof *upgraded);
	struct websocket_outlet outlet;

	(void)request;
	ENSURE(upgraded != NULL);
	*upgraded = (struct upgraded){ handle, server_on_upgraded(connection) };
	if (!live_open(client, fd, early, early_len, find_outlet(connection, &outlet) ? &outlet : NULL, close_socket, upgraded))
		close_socket(upgraded);
}

static void
give_place(void *work)
{
	live_give_place(work);
}

/* -- the handshake ---------------------------------------------------------------------------------------- */

static void
switch_protocols(struct request *request, struct live_client *client, const char *accept)
{
	struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, client);

	ENSURE(response != NULL);
	request_set_work(request, client, give_place);
	ENSURE(MHD_add_response_header(response, MHD_HTTP_HEADER_UPGRADE, "websocket") == MHD_YES);
	ENSURE(MHD_add_response_header(response, MHD_HTTP_HEADER_SEC_WEBSOCKET_ACCEPT, accept) == MHD_YES);
	request_answer(request, MHD_HTTP_SWITCHING_PROTOCOLS, response);
}

static void
answer(struct request *request, enum live_kind kind)
{
	struct handshake_offer offer = {
		.upgrade = request_header_peek(request, MHD_HTTP_HEADER_UPGRADE),
		.connection = request_header_peek(request, MHD_HTTP_HEADER_CONNECTION),
		.version = request_header_peek(request, MHD_HTTP_HEADER_SEC_WEBSOCKET_VERSION),
		.key = request_header_peek(request, MHD_HTTP_HEADER_SEC_WEBSOCKET_KEY),
	};
	char accept[HANDSHAKE_ACCEPT_BYTES];
	struct live_client *client;

	if (!request_is_get(request))
		offer.upgrade = NULL;
	switch (handshake_check(&offer, accept)) {
	case HANDSHAKE_NOT_ASKED:
		answer_problem(request, PROBLEM_UPGRADE_NEEDED, "A WebSocket is served here, and nothing else.",
			       kind == LIVE_EVENTS ? "Open it with ws:// and a WebSocket client; the same is told by GET "
						     "/api/v1/status and GET /api/v1/printers." :
						     "Open it with ws:// and a WebSocket client; one printer's state is also "
						     "at GET /api/v1/printers/{id}/stat at Fuse's other port.");
		return;
	case HANDSHAKE_OTHER_VERSION:
		answer_problem(request, PROBLEM_UPGRADE_NEEDED, "Only version 13 of the WebSocket protocol is served.", "");
		return;
	case HANDSHAKE_MALFORMED:
		answer_problem(request, PROBLEM_BAD_REQUEST, "The WebSocket handshake is malformed (RFC 6455, 4.2.1).", "");
		return;
	case HANDSHAKE_FINE:
		break;
	}
	client = live_take_place(request_httpd(request)->live, kind, request_pass(request));
	if (client == NULL)
		answer_problem(request, PROBLEM_BUSY, "As many WebSockets are open as Fuse serves at once.",
			       "Close some of them, then try again.");
	else
		switch_protocols(request, client, accept);
}

void
rest_events(struct request *request)
{
	answer(request, LIVE_EVENTS);
}

void
rest_statistics(struct request *request)
{
	answer(request, LIVE_STATISTICS);
}
