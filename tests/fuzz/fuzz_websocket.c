/*
 * Any bytes as what a WebSocket client sends, and as the headers of its handshake: it always comes to an end, what is
 * taken for a message is one, and nothing waits without bound.
 * Covers: websocket_new, websocket_send, handshake_check
 *
 * Input: w, a byte (how many of the rest are early), what the client sends; or h, and four lines: Upgrade, Connection,
 * Sec-WebSocket-Version, Sec-WebSocket-Key. At most 2048 bytes an input.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/str.h"
#include "httpd/handshake.h"
#include "httpd/websocket.h"
#include "tests/fuzz/fuzz_rig.h"

#define ANSWER_MAX_BYTES (WEBSOCKET_FRAMES_MAX * 127 + 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- handshakes -------------------------------------------------------------------------------------- */

static void
check_handshake(char *text)
{
	const char *lines[4] = { NULL };
	char accept[HANDSHAKE_ACCEPT_BYTES];

	for (size_t i = 0; i < 4 && text != NULL; i++)
		lines[i] = strsep(&text, "\n");
	const struct handshake_offer offer = { lines[0], lines[1], lines[2], lines[3] };
	bool fine = handshake_check(&offer, accept) == HANDSHAKE_FINE;
	must(strlen(accept) == (fine ? HANDSHAKE_ACCEPT_BYTES - 1 : 0));
	must(!fine || (strlen(lines[3]) == 24 && strcmp(lines[2], HANDSHAKE_VERSION) == 0));
}

/* -- frames ---------------------------------------------------------------------------------------------- */

static struct loop *loop;
static struct websocket *websocket;
static unsigned sent;

static void
on_text(void *arg, const char *text, size_t len)
{
	(void)arg;
	must(len <= WEBSOCKET_MESSAGE_MAX_BYTES);
	must(len == 0 || memchr(text, '\0', len) != NULL || str_valid_utf8(text, len));
}

static void
on_ready(void *arg)
{
	(void)arg;
	must(websocket_is_ready(websocket));
	if (sent++ > 0)
		return;
	struct payload *payload = payload_new(0);
	payload_put_text(payload, "{\"type\":\"hello\"}");
	websocket_send(websocket, payload);
}

static void
on_end(void *arg, const char *why)
{
	(void)arg;
	must(why != NULL && why[0] != '\0');
	websocket_free(websocket);
	websocket = NULL;
	loop_stop(loop);
}

static void
check_frames(const uint8_t *data, size_t size)
{
	static const struct websocket_events events = { on_text, on_ready, on_end };
	static uint8_t answer[ANSWER_MAX_BYTES + 1];
	size_t early = data[0] < size - 1 ? data[0] : size - 1;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	sent = 0;
	must(write(fds[1], data + 1 + early, size - 1 - early) == (ssize_t)(size - 1 - early));
	shutdown(fds[1], SHUT_WR);
	websocket = websocket_new(loop, fds[0], data + 1, early, &events, NULL);
	must(loop_run(loop) == 0);
	must(websocket == NULL);
	ssize_t n = read(fds[1], answer, sizeof answer);
	must(n <= ANSWER_MAX_BYTES);
	close(fds[0]);
	close(fds[1]);
	must(payloads_bytes() == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (loop == NULL) {
		tls_digest_init();
		loop = loop_new();
		must(loop != NULL);
	}
	if (size < 2)
		return 0;
	if (data[0] == 'w') {
		check_frames(data + 1, size - 1);
	} else if (data[0] == 'h') {
		char *text = malloc(size);
		must(text != NULL);
		memcpy(text, data + 1, size - 1);
		text[size - 1] = '\0';
		check_handshake(text);
		free(text);
	}
	return 0;
}
