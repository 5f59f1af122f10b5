/*
 * paho_calls: Paho's waiting, its sockets and its TLS in our hands.
 *
 * Paho (1.3.12) has a thread that sends and one that receives. The receiving one waits in poll() for what can be read,
 * and whenever nothing could, sleeps 100 ms more: that would be spent once or twice in each connect, and on one report
 * in ten. Here poll() also waits for a connect to finish and for a kick, and the sleep is a wait for the kick.
 */
#include "worker/link/paho_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "worker/link/paho_heap.h"
#include "worker/link/wire.h"

#define POLL_MOST 8	    /* descriptors that Paho may wait for: it has one */
#define IDLE_MS 5000	    /* how long a thread without a connection sleeps, if not kicked */
#define QUIET_MOST_MS 5000  /* how long each of its threads sleeps while a connection is quiet: a sixth of the … */
#define QUIET_LEAST_MS 1000 /* … keep-alive time, within these. Paho would wake each second */
#define CLOGGED_MS 100	    /* how long it waits for room to write */
#define FD_FIRST 40	    /* connections get descriptors from here on, … */
#define FD_TURN 16	    /* … another one each time */

static int kick_fd = -1;
static atomic_int socket_fd = -1;
static atomic_bool connecting, hurry;
static atomic_bool clogged; /* Paho has something to write for which there was no room */
static atomic_int quiet_ms = QUIET_LEAST_MS;
/* Of the receiving thread alone. */
static bool unserved; /* poll() said more than Paho made use of */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct {
	bool open, may_write;
	struct tls_expectation expectation;
	struct paho_watch watch;
	struct wire wire;
	bool more;	 /* OpenSSL holds bytes that poll() does not know of, perhaps not yet a whole record */
	char fault[100];
} session;

static void
kick(void)
{
	const uint64_t one = 1;

	ENSURE(write(kick_fd, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

static void
take_kick(void)
{
	uint64_t count;

	ENSURE(read(kick_fd, &count, sizeof count) == sizeof count || errno == EAGAIN);
}

/* -- for mqtt.c ------------------------------------------------------------------------------------ */

void
paho_calls_init(void)
{
	paho_heap_init();
	if (kick_fd < 0)
		kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ENSURE(kick_fd >= 0);
	hurry = false;
}

void
paho_calls_begin(const struct tls_expectation *expectation, int keepalive_s, const struct paho_watch *watch)
{
	int sixth_ms = keepalive_s * 1000 / 6;

	quiet_ms = sixth_ms < QUIET_LEAST_MS ? QUIET_LEAST_MS : sixth_ms > QUIET_MOST_MS ? QUIET_MOST_MS : sixth_ms;
	pthread_mutex_lock(&lock);
	session.open = true;
	session.may_write = session.more = false;
	session.expectation = *expectation;
	session.watch = *watch;
	session.fault[0] = '\0';
	wire_init(&session.wire);
	pthread_mutex_unlock(&lock);
}

void
paho_calls_end(void)
{
	pthread_mutex_lock(&lock);
	session.open = session.more = false;
	session.expectation = (struct tls_expectation){ 0 };
	session.watch = (struct paho_watch){ 0 };
	pthread_mutex_unlock(&lock);
	kick();
}

void
paho_calls_let_write(void)
{
	pthread_mutex_lock(&lock);
	session.may_write = session.open;
	pthread_mutex_unlock(&lock);
}

int
paho_calls_answer(void)
{
	pthread_mutex_lock(&lock);
	int answer = wire_answer(&session.wire);
	pthread_mutex_unlock(&lock);
	return answer;
}

void
paho_calls_fault(char *ret_text, size_t cap)
{
	pthread_mutex_lock(&lock);
	str_copy(ret_text, cap, session.fault);
	pthread_mutex_unlock(&lock);
}

void
paho_calls_hurry(void)
{
	hurry = true;
	kick();
}

/* -- waiting --------------------------------------------------------------------------------------- */

int paho_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int paho_usleep(useconds_t microseconds);

static bool
has_more(void)
{
	pthread_mutex_lock(&lock);
	bool more = session.more;
	pthread_mutex_unlock(&lock);
	return more;
}

/* A connection stands, and nothing is about to end: what Paho does once a second it may do more seldom (its pings are
 * due after the keep-alive time, of which a broker grants half as much again). */
static bool
is_quiet(void)
{
	return socket_fd >= 0 && !connecting && !clogged && !hurry;
}

int paho_pthread_cond_signal(pthread_cond_t *condition);
int paho_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);

/* Under the mutex of Paho's one condition: something to send was put in its queue. The sending thread looks at the queue
 * before it takes that mutex and would sleep through what comes between. */
static bool signalled;
/* The condition and its mutex, from the sending thread's first wait on. */
static pthread_cond_t *_Atomic send_condition;
static pthread_mutex_t *_Atomic send_mutex;

int
paho_pthread_cond_signal(pthread_cond_t *condition)
{
	signalled = true;
	return pthread_cond_signal(condition);
}

int
paho_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
	struct timespec later = *until;
	int result = 0;

	send_mutex = mutex;
	send_condition = condition;
	if (is_quiet())
		later.tv_sec += quiet_ms / 1000 - 1;
	if (!signalled)
		result = pthread_cond_timedwait(condition, mutex, &later);
	signalled = false;
	return result;
}

/* What has waited for room may go out now. */
static void
wake_sender(void)
{
	pthread_cond_t *condition = send_condition;

	if (condition == NULL)
		return;
	pthread_mutex_lock(send_mutex);
	paho_pthread_cond_signal(condition);
	pthread_mutex_unlock(send_mutex);
}

/* Wait for `fds`, for a kick, while a connect is under way for its end, and while writing is stuck for room. */
static int
wait_for(struct pollfd *fds, nfds_t count, int timeout_ms, bool more)
{
	struct pollfd all[POLL_MOST + 1];

	memcpy(all, fds, count * sizeof *fds);
	for (nfds_t i = 0; i < count && (connecting || clogged); i++)
		all[i].events |= POLLOUT;
	all[count] = (struct pollfd){ .fd = kick_fd, .events = POLLIN };
	if (timeout_ms >= 1000 && is_quiet())
		timeout_ms = quiet_ms;
	int ready = poll(all, count + 1, more || hurry ? 0 : timeout_ms);
	if (ready < 0)
		return errno == EINTR ? 0 : -1;
	if (all[count].revents != 0)
		take_kick();
	ready = 0;
	for (nfds_t i = 0; i < count; i++) {
		/* Room to write Paho finds out by itself on its next round, which follows at once. */
		short revents = (short)(all[i].revents & ~POLLOUT);
		fds[i].revents = more && all[i].fd == socket_fd && revents == 0 ? POLLIN : revents;
		ready += fds[i].revents != 0;
	}
	return ready;
}

/* Nothing waits for room, and no connect for its end: that there is room needs no system call. If there is none after
 * all, the write finds out. */
static bool
has_room(const struct pollfd *fds, nfds_t count)
{
	return count == 1 && fds[0].fd == socket_fd && fds[0].events == POLLOUT && !connecting && !clogged;
}

/* With a timeout of 0 Paho asks what can be written, under a lock of its own; else it waits for what can be read. */
int
paho_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (timeout_ms == 0 && has_room(fds, count)) {
		fds[0].revents = POLLOUT;
		return 1;
	}
	if (timeout_ms == 0 || count > POLL_MOST)
		return poll(fds, count, timeout_ms);
	int ready = wait_for(fds, count, timeout_ms, has_more());
	if (ready > 0 && connecting) {
		/* As above: of the connect's end, too. */
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = 0;
		ready = 0;
	}
	unserved = ready > 0;
	return ready;
}

/*
 * Paho sleeps when poll() gave it nothing to do. With a connection poll() is wait enough, unless there is something to
 * read that Paho does not take because it must write first; without one there is nothing to do until a kick.
 */
int
paho_usleep(useconds_t microseconds)
{
	int fd = socket_fd;
	struct pollfd fds[] = { { .fd = kick_fd, .events = POLLIN }, { .fd = fd, .events = POLLOUT } };

	if (hurry)
		return usleep(microseconds);
	if (fd >= 0 && !unserved)
		return 0;
	unserved = false;
	if (poll(fds, fd >= 0 ? 2 : 1, fd >= 0 ? CLOGGED_MS : IDLE_MS) > 0 && fds[0].revents != 0)
		take_kick();
	return 0;
}

/* -- sockets --------------------------------------------------------------------------------------- */

int paho_socket(int family, int type, int protocol);
int paho_connect(int fd, const struct sockaddr *address, socklen_t len);
int paho_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int paho_close(int fd);

/*
 * A descriptor that the connection before did not have: Paho tells its clients apart by it, and what its receiving
 * thread has just heard of the old one would count for the new one.
 */
int
paho_socket(int family, int type, int protocol)
{
	static atomic_uint turn;
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST + (int)(turn++ % FD_TURN));
	if (moved >= 0) {
		close(fd);
		fd = moved;
	}
	socket_fd = fd;
	return fd;
}

static void
tell_tcp_failed(int error)
{
	pthread_mutex_lock(&lock);
	if (session.open)
		session.watch.on_tcp_failed(session.watch.arg, error);
	pthread_mutex_unlock(&lock);
}

int
paho_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	int result = connect(fd, address, len);
	int error = errno;
	connecting = result != 0 && error == EINPROGRESS;
	if (result != 0 && !connecting)
		tell_tcp_failed(error);
	kick();
	errno = error;
	return result;
}

/* Paho asks for SO_ERROR when a connect has ended, and for nothing else. */
int
paho_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	int result = getsockopt(fd, level, option, value, len);

	if (level != SOL_SOCKET || option != SO_ERROR)
		return result;
	connecting = false;
	if (result != 0)
		tell_tcp_failed(errno);
	else if (*(const int *)value != 0)
		tell_tcp_failed(*(const int *)value);
	return result;
}

int
paho_close(int fd)
{
	int ours = fd;

	if (atomic_compare_exchange_strong(&socket_fd, &ours, -1))
		connecting = clogged = false;
	return close(fd);
}

/* -- TLS ------------------------------------------------------------------------------------------- */

SSL_CTX *paho_SSL_CTX_new(const SSL_METHOD *method);
void paho_SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback);
void paho_SSL_CTX_set_info_callback(SSL_CTX *ctx, void (*callback)(const SSL *ssl, int type, int val));
void paho_SSL_CTX_set_msg_callback(SSL_CTX *ctx, void (*callback)(int, int, int, const void *, size_t, SSL *, void *));
int paho_SSL_read(SSL *ssl, void *to, int want);
int paho_SSL_write(SSL *ssl, const void *bytes, int len);

SSL_CTX *
paho_SSL_CTX_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	pthread_mutex_lock(&lock);
	tls_guard(ctx, &session.expectation, &session.watch.tls);
	pthread_mutex_unlock(&lock);
	SSL_CTX_set_read_ahead(ctx, 1); /* a record with its head in one system call */
	return ctx;
}

/* tls_guard() has its own of these. */
void
paho_SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback)
{
	(void)ctx, (void)mode, (void)callback;
}

void
paho_SSL_CTX_set_info_callback(SSL_CTX *ctx, void (*callback)(const SSL *ssl, int type, int val))
{
	(void)ctx, (void)callback;
}

void
paho_SSL_CTX_set_msg_callback(SSL_CTX *ctx, void (*callback)(int, int, int, const void *, size_t, SSL *, void *))
{
	(void)ctx, (void)callback;
}

static void
note_end(const SSL *ssl, int result, int error)
{
	int kind = SSL_get_error(ssl, result);

	if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE || session.fault[0] != '\0')
		return;
	bool closed = kind == SSL_ERROR_ZERO_RETURN || ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
	if (closed || (kind == SSL_ERROR_SYSCALL && error == 0))
		str_copy(session.fault, sizeof session.fault, "it closed the connection");
	else if (kind == SSL_ERROR_SYSCALL)
		str_copy(session.fault, sizeof session.fault, strerror(error));
	else
		str_copy(session.fault, sizeof session.fault, "the TLS stream is damaged");
}

static int
read_ssl(void *arg, void *to, int want)
{
	SSL *ssl = arg;

	errno = 0;
	int got = SSL_read(ssl, to, want);
	int error = errno;
	if (got <= 0)
		note_end(ssl, got, error);
	session.more = got > 0 && SSL_has_pending(ssl) != 0;
	errno = error;
	return got;
}

int
paho_SSL_read(SSL *ssl, void *to, int want)
{
	pthread_mutex_lock(&lock);
	int got = session.open ? wire_read(&session.wire, read_ssl, ssl, to, want) : 0;
	uint32_t too_big = wire_take_too_big(&session.wire);
	if (session.open && too_big != 0)
		session.watch.on_too_big(session.watch.arg, too_big);
	if (session.wire.fault != NULL)
		str_copy(session.fault, sizeof session.fault, session.wire.fault);
	pthread_mutex_unlock(&lock);
	return got;
}

/* The second line behind tls_guard(): Paho has nothing to say before the handshake is complete. */
int
paho_SSL_write(SSL *ssl, const void *bytes, int len)
{
	pthread_mutex_lock(&lock);
	bool may_write = session.may_write;
	pthread_mutex_unlock(&lock);
	int wrote = may_write ? SSL_write(ssl, bytes, len) : 0;
	bool was_clogged = atomic_exchange(&clogged, wrote < 0);
	if (wrote < 0 && !was_clogged)
		kick(); /* the receiving thread, which writes the rest, waits for room from now on */
	else if (wrote >= 0 && was_clogged)
		wake_sender();
	return wrote;
}

/* -- and besides ------------------------------------------------------------------------------------- */

char *paho_getenv(const char *name);
int paho_stat(const char *path, struct stat *ret_status);
FILE *paho_fopen(const char *path, const char *mode);

/* It looks for the kernel's version, to log it. There are no files. */
int
paho_stat(const char *path, struct stat *ret_status)
{
	(void)path, (void)ret_status;
	errno = ENOENT;
	return -1;
}

FILE *
paho_fopen(const char *path, const char *mode)
{
	(void)path, (void)mode;
	errno = ENOENT;
	return NULL;
}

/* No proxy and no trace file by the environment. */
char *
paho_getenv(const char *name)
{
	(void)name;
	return NULL;
}
