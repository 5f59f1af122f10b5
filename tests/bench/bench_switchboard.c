/*
 * bench_switchboard: how long a message takes from one child through the switchboard to another, and how
 * many pass in a second of one core; beside it a process that does nothing but recv() and send().
 *
 * Three processes: the sender and the receiver share one core, the middle has the other. The middle is
 * either the product's own channel and switchboard (supervisor/) or the bare loop. The message is the
 * largest of its table (tests/bench/wide) that one child may send to another unasked, filled up, at most
 * WANTED_BYTES. Rounds are interleaved, as machines are noisy. While times are taken, all three have
 * real-time priority where that is permitted: what other programs on the machine do does not count.
 *
 * Prints "name value" lines for tests/bench/run.py. Exits 1 when a message was lost.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/str.h"
#include "ipc/channel.h"
#include "ipc/message.h"
#include "supervisor/switchboard.h"

#define WANTED_BYTES 4096
#define ROUNDS 15
#define WARM_UP_MESSAGES 500 /* a fresh process touches its pages for the first time: not counted */
#define LATENCY_MESSAGES 2000
#define LATENCY_GAP_NS 250000
#define THROUGHPUT_MESSAGES 20000
#define IN_FLIGHT_MAX 64
#define MESSAGES_MAX THROUGHPUT_MESSAGES
#define TIME_LIMIT_S 60

/* What the three processes share. */
struct board_of_times {
	atomic_uint received;
	int64_t sent_ns[MESSAGES_MAX], took_ns[MESSAGES_MAX];
	int64_t middle_cpu_ns;
};

static struct board_of_times *times;
static bool first_served; /* real-time priority was permitted */

static int64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
fail(const char *what)
{
	perror(what);
	_exit(1);
}

/* The last core is the middle's, the first the others'; on one core there is nothing to choose. */
static void
take_core(bool middle)
{
	cpu_set_t set;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	CPU_ZERO(&set);
	CPU_SET(middle ? (size_t)(cores - 1) : 0, &set);
	if (cores > 1 && sched_setaffinity(0, sizeof set, &set) != 0)
		fail("sched_setaffinity");
}

/* Before others' work, or not; says whether that was permitted. Inherited by what is forked. */
static bool
take_priority(bool first)
{
	struct sched_param param = { .sched_priority = first ? 10 : 0 };

	return sched_setscheduler(0, first ? SCHED_FIFO : SCHED_OTHER, &param) == 0;
}

/* -- the message ----------------------------------------------------------------------------------- */

struct sample {
	const struct message_spec *spec;
	enum role from, to;
	size_t frame_bytes;
	uint8_t frame[FRAME_MAX_BYTES];
};

static enum role
lowest_child(role_mask mask, role_mask but)
{
	for (unsigned role = 1; role < ROLE_LIMIT; role++)
		if (mask & ROLE_CHILDREN_MASK & ~but & ROLE_BIT(role))
			return (enum role)role;
	return ROLE_NONE;
}

/* Make `sample` a frame of `spec`, as full as WANTED_BYTES lets it be. */
static bool
fill_sample(struct sample *sample, const struct message_spec *spec)
{
	static const uint8_t filler[WANTED_BYTES];
	static union {
		uint8_t bytes[8192];
		long long align;
	} message;
	size_t left = WANTED_BYTES - 64;

	sample->spec = spec;
	sample->from = lowest_child(spec->from, 0);
	sample->to = lowest_child(spec->to, ROLE_BIT(sample->from));
	bool unasked = spec->kind == KIND_EVENT || spec->kind == KIND_RETAINED;
	if (sample->from == ROLE_NONE || sample->to == ROLE_NONE || !unasked || spec->carries_fd ||
	    spec->struct_bytes > sizeof message)
		return false;
	memset(&message, 0, sizeof message);
	for (size_t i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		size_t len = field->max < left ? field->max : left;
		struct ipc_bytes borrowed = { filler, len };
		if (field->kind == FIELD_STR)
			memset(message.bytes + field->offset, 'x', len);
		else if (field->kind == FIELD_BYTES)
			memcpy(message.bytes + field->offset, &borrowed, sizeof borrowed);
		else
			continue;
		left -= len;
	}
	struct header header = { .number = (uint16_t)spec->number, .to_role = (uint8_t)sample->to,
				 .to_slot = SLOT_ALL, .generation = 1 };
	header_encode(&header, sample->frame);
	ssize_t len = message_encode(spec, message.bytes, sample->frame + HEADER_BYTES, BODY_MAX_BYTES);
	if (len < 0)
		return false;
	sample->frame_bytes = HEADER_BYTES + (size_t)len;
	return true;
}

static void
choose_sample(struct sample *ret_sample)
{
	static struct sample candidate;
	size_t count;
	const struct message_spec *specs = message_specs(&count);

	ret_sample->frame_bytes = 0;
	for (size_t i = 0; i < count; i++)
		if (fill_sample(&candidate, &specs[i]) && candidate.frame_bytes > ret_sample->frame_bytes)
			*ret_sample = candidate;
}

/* -- the three processes ------------------------------------------------------------------------------ */

static void
send_all(const struct sample *sample, int fd, unsigned count, int64_t gap_ns)
{
	int64_t due_ns = now_ns(CLOCK_MONOTONIC);

	for (unsigned i = 0; i < count; i++) {
		if (gap_ns > 0) {
			due_ns += gap_ns;
			struct timespec due = { due_ns / 1000000000, due_ns % 1000000000 };
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		}
		while (i - atomic_load(&times->received) >= IN_FLIGHT_MAX)
			sched_yield();
		times->sent_ns[i] = now_ns(CLOCK_MONOTONIC);
		if (send(fd, sample->frame, sample->frame_bytes, MSG_NOSIGNAL) != (ssize_t)sample->frame_bytes)
			fail("send");
	}
	while (atomic_load(&times->received) < count)
		sched_yield();
}

static void
receive_all(const struct sample *sample, int fd, unsigned count)
{
	static uint8_t frame[FRAME_MAX_BYTES];

	for (unsigned i = 0; i < count; i++) {
		if (recv(fd, frame, sizeof frame, 0) != (ssize_t)sample->frame_bytes)
			fail("recv");
		times->took_ns[i] = now_ns(CLOCK_MONOTONIC) - times->sent_ns[i];
		atomic_store(&times->received, i + 1);
	}
}

static void
bare_middle(int from_fd, int to_fd)
{
	static uint8_t frame[FRAME_MAX_BYTES];
	ssize_t n;

	while ((n = recv(from_fd, frame, sizeof frame, 0)) > 0)
		if (send(to_fd, frame, (size_t)n, MSG_NOSIGNAL) != n)
			fail("send");
}

static struct switchboard *board;
static struct loop *loop;

static void
on_frame(void *arg, const struct header *header, const uint8_t *body, size_t body_len, int fd)
{
	switchboard_on_frame(board, arg, header, body, body_len, fd);
}

static void
on_closed(void *arg, const char *fault)
{
	(void)arg;
	if (fault != NULL)
		fprintf(stderr, "a channel closed: %s\n", fault);
	loop_stop(loop);
}

static void
on_message(void *arg, struct peer *peer, const struct header *header, const void *message, int fd)
{
	(void)arg;
	(void)peer;
	(void)header;
	(void)message;
	(void)fd;
}

static void
on_offence(void *arg, struct peer *peer, const char *what)
{
	(void)arg;
	(void)peer;
	fprintf(stderr, "offence: %s\n", what);
	_exit(1);
}

/* As proc.c seats a child, with a bound on its rate that is counted but never reached. */
static void
seat(struct peer *peer, enum role role, int fd)
{
	static const struct channel_limits limits = { .queue_frames = 1024, .queue_bytes = 2 << 20,
						      .frames_per_turn = 32 };
	static const struct channel_events events = { on_frame, on_closed };

	switchboard_add_place(board, role, 0);
	peer_init(peer, role, 0, 1, NULL);
	peer->rate_per_s = 100000000;
	peer->greeted = true;
	peer->channel = channel_new(loop, fd, &limits, &events, peer);
	if (peer->channel == NULL)
		fail("channel");
	switchboard_attach(board, peer);
}

static void
product_middle(const struct sample *sample, int from_fd, int to_fd)
{
	static const struct switchboard_events events = { on_message, on_offence };
	static struct peer sender, receiver;

	loop = loop_new();
	board = switchboard_new(&events, NULL);
	seat(&sender, sample->from, from_fd);
	seat(&receiver, sample->to, to_fd);
	loop_run(loop);
}

/* -- one round ----------------------------------------------------------------------------------------- */

static void
make_pair(int ret_fds[2])
{
	int bytes = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) != 0)
		fail("socketpair");
	for (int i = 0; i < 2; i++)
		setsockopt(ret_fds[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void
run_middle(const struct sample *sample, bool product, int from_fd, int to_fd)
{
	take_core(true);
	int64_t before_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (product)
		product_middle(sample, from_fd, to_fd);
	else
		bare_middle(from_fd, to_fd);
	times->middle_cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns;
}

/* Returns the nanoseconds from the first to the last message. */
static int64_t
run_round(const struct sample *sample, bool product, unsigned count, int64_t gap_ns)
{
	int in[2], out[2], status;
	pid_t pids[2];

	make_pair(in);
	make_pair(out);
	atomic_store(&times->received, 0);
	for (int which = 0; which < 2; which++) {
		pids[which] = fork();
		if (pids[which] < 0)
			fail("fork");
		if (pids[which] > 0)
			continue;
		alarm(TIME_LIMIT_S);
		if (which == 0) {
			close(in[0]);
			close(out[1]);
			run_middle(sample, product, in[1], out[0]);
		} else {
			close(in[0]);
			close(in[1]);
			close(out[0]);
			take_core(false);
			receive_all(sample, out[1], count);
		}
		_exit(0);
	}
	close(in[1]);
	close(out[0]);
	close(out[1]);
	take_core(false);
	send_all(sample, in[0], count, gap_ns);
	int64_t took_ns = times->sent_ns[count - 1] + times->took_ns[count - 1] - times->sent_ns[0];
	close(in[0]);
	for (int which = 0; which < 2; which++)
		if (waitpid(pids[which], &status, 0) < 0 || status != 0)
			exit(1);
	return took_ns;
}

/* -- figures --------------------------------------------------------------------------------------------- */

struct figures {
	double p50_us[ROUNDS], p99_us[ROUNDS], per_s[ROUNDS], cpu_us[ROUNDS];
};

static int
compare_ns(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
compare_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, compare_double);
	return values[ROUNDS / 2];
}

static void
measure(const struct sample *sample, bool product, unsigned round, struct figures *figures)
{
	first_served = take_priority(true);
	run_round(sample, product, WARM_UP_MESSAGES + LATENCY_MESSAGES, LATENCY_GAP_NS);
	take_priority(false);
	int64_t *took_ns = times->took_ns + WARM_UP_MESSAGES;
	qsort(took_ns, LATENCY_MESSAGES, sizeof *took_ns, compare_ns);
	figures->p50_us[round] = (double)took_ns[LATENCY_MESSAGES / 2] / 1000;
	figures->p99_us[round] = (double)took_ns[LATENCY_MESSAGES * 99 / 100] / 1000;
	int64_t all_ns = run_round(sample, product, THROUGHPUT_MESSAGES, 0);
	figures->per_s[round] = THROUGHPUT_MESSAGES * 1e9 / (double)all_ns;
	figures->cpu_us[round] = (double)times->middle_cpu_ns / 1000 / THROUGHPUT_MESSAGES;
}

static void
print_figures(const char *name, struct figures *figures)
{
	printf("%s_p50_us %.1f\n", name, median(figures->p50_us));
	printf("%s_p99_us %.1f\n", name, median(figures->p99_us));
	printf("%s_p99_quietest_us %.1f\n", name, figures->p99_us[0]); /* sorted by median() */
	printf("%s_per_s %.0f\n", name, median(figures->per_s));
	printf("%s_cpu_us %.2f\n", name, median(figures->cpu_us));
}

int
main(void)
{
	static struct sample sample, wanted;
	static struct figures product, bare, bare_wanted;

	times = mmap(NULL, sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (times == MAP_FAILED)
		fail("mmap");
	alarm(ROUNDS * 3 * TIME_LIMIT_S);
	choose_sample(&sample);
	if (sample.frame_bytes == 0) {
		fprintf(stderr, "no message goes from a child to a child\n");
		return 1;
	}
	wanted = sample;
	wanted.frame_bytes = WANTED_BYTES;
	for (unsigned round = 0; round < ROUNDS; round++) {
		measure(&sample, true, round, &product);
		measure(&sample, false, round, &bare);
		measure(&wanted, false, round, &bare_wanted);
	}
	printf("message %s\nfrom %s\nto %s\nbytes %zu\nwanted_bytes %d\nrealtime %d\n", sample.spec->name,
	       role_name(sample.from), role_name(sample.to), sample.frame_bytes, WANTED_BYTES, first_served);
	print_figures("product", &product);
	print_figures("bare", &bare);
	print_figures("bare_wanted", &bare_wanted);
	return 0;
}
