/*
 * gate: where every request passes before anything is done for it: is it asked for under a name of ours, by nobody
 * else's page, by whom, and may that be (httpd/access.h)? Each check gives the answer when it says no.
 */
#ifndef FUSE_HTTPD_GATE_H
#define FUSE_HTTPD_GATE_H

#include <stdbool.h>

#include "httpd/access.h"
#include "httpd/hosts.h"
#include "httpd/request.h"
#include "httpd/routes.h"

#define GATE_ADDRESS_BYTES 46 /* INET6_ADDRSTRLEN */

/* What the Host of a request on this connection is held against. `ret_local` keeps a text that `ret_place` borrows. */
void gate_describe_place(const struct httpd *httpd, const struct server *server, int fd, struct host_place *ret_place,
			 char ret_local[GATE_ADDRESS_BYTES]);

/* Host, Origin and Sec-Fetch-Site; `hosts` is how many Host headers there are. `ret_visitor` is filled in. */
bool gate_check_where_from(struct request *request, unsigned hosts, struct visitor *ret_visitor);

/* Who is it, and may it? `route` NULL: there is no such route; below /api that is not told to strangers. */
bool gate_check_access(struct request *request, const struct route *route, const char *method,
		       const struct visitor *visitor, struct pass *ret_pass);

/* For handlers of which only a part is marked: false, and answered, unless the password was entered a moment ago. */
bool gate_check_raised(struct request *request);

#endif
