/*
 * virtual: the machine's time passes here.
 */
#include "worker/virtual/virtual.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/virtual_rules.h"
#include "worker/virtual/kept.h"

#define STATE_FILE "state.json"
#define KEEP_SOON_MS 1000
#define KEEP_EVERY_MS 5000 /* while only time passes: what a crash costs a print */

/* -- remembering --------------------------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t
hash(const char *bytes, size_t len)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		value = (value ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	return value;
}

static void
keep(struct virtual *virtual, bool synced)
{
	static char json[MACHINE_KEPT_MAX_BYTES];
	size_t len = machine_keep(virtual->machine, json);
	uint64_t now = hash(json, len);

	virtual->keep_at_ms = clock_monotonic_ms() + KEEP_EVERY_MS;
	if (now == virtual->kept_hash && !synced)
		return;
	if (kept_write(virtual->dir, STATE_FILE, json, len, synced))
		virtual->kept_hash = now;
	else
		log_warn("cannot remember", log_str("file", STATE_FILE), log_str("error", strerror(errno)));
}

static void
remember(struct virtual *virtual)
{
	static char json[MACHINE_KEPT_MAX_BYTES];
	size_t len;

	if (kept_read(virtual->dir, STATE_FILE, json, sizeof json, &len)) {
		if (machine_remember(virtual->machine, json, len, clock_monotonic_ms()))
			return;
	} else if (errno == ENOENT) {
		return;
	}
	log_warn("what it remembered makes no sense and was set aside: it starts as new", log_str("file", STATE_FILE));
	kept_set_aside(virtual->dir, STATE_FILE);
}

/* -- time ------------------------------------------------------------------------------------------------------------ */

static void
publish_reports(struct virtual *virtual, int64_t now_ms)
{
	static char json[MACHINE_REPORT_MAX_BYTES];
	size_t len;

	while ((len = machine_report(virtual->machine, now_ms, json)) > 0)
		broker_publish(doors_broker_peek(virtual->doors), json, len);
}

static void
follow_power(struct virtual *virtual)
{
	bool on = machine_is_online(virtual->machine);

	if (on == doors_are_open(virtual->doors))
		return;
	log_info(on ? "is on" : "is off");
	if (on)
		doors_open(virtual->doors);
	else
		doors_shut(virtual->doors);
}

static void
rearm(struct virtual *virtual, int64_t now_ms)
{
	int64_t at_ms = machine_deadline_ms(virtual->machine);

	if (virtual->keep_at_ms < at_ms)
		at_ms = virtual->keep_at_ms;
	loop_timer_set(virtual->time, at_ms > now_ms ? at_ms - now_ms : 0);
}

void
virtual_settle(struct virtual *virtual, bool soon)
{
	int64_t now_ms = clock_monotonic_ms();

	child_doing("being a printer");
	if (machine_advance(virtual->machine, now_ms))
		publish_reports(virtual, now_ms);
	follow_power(virtual);
	virtual_tell_state(virtual, soon);
	if (soon && virtual->keep_at_ms > now_ms + KEEP_SOON_MS)
		virtual->keep_at_ms = now_ms + KEEP_SOON_MS;
	if (virtual->keep_at_ms <= now_ms)
		keep(virtual, false);
	rearm(virtual, now_ms);
	child_doing(NULL);
}

static void
on_time(void *arg)
{
	virtual_settle(arg, false);
}

static void
on_request(void *arg, const void *json, size_t len)
{
	struct virtual *virtual = arg;
	char *replies[MACHINE_REPLIES_MAX];

	child_doing("reading a request");
	size_t count = machine_request(virtual->machine, json, len, clock_monotonic_ms(), replies);
	for (size_t i = 0; i < count; i++) {
		if (!machine_is_silent(virtual->machine))
			broker_publish(doors_broker_peek(virtual->doors), replies[i], strlen(replies[i]));
		free(replies[i]);
	}
	virtual_settle(virtual, true);
}

/* -- files: hooks of the card and what is in its files --------------------------------------------------------------- */

static enum machine_file
look(void *arg, const char *path, const struct plates **ret_plates)
{
	(void)arg, (void)path, (void)ret_plates;
	return MACHINE_FILE_MISSING;
}

static void
forget(void *arg, const char *path)
{
	(void)arg, (void)path;
}

/* -- birth ------------------------------------------------------------------------------------------------------------- */

static void
read_ams(const struct msg_virtual_mine *mine, struct machine_setup *setup)
{
	struct virtual_ams ams;
	struct complaint complaint;

	if (!virtual_rules_ams(mine->ams, setup->model, &ams, &complaint))
		log_warn("its AMS units cannot be: it has none", log_str("why", complaint.sentence));
	setup->ams_count = ams.count;
	memcpy(setup->ams, ams.kinds, sizeof setup->ams);
}

static struct machine *
make_machine(struct virtual *virtual, const struct msg_virtual_mine *mine)
{
	const struct machine_duties duties = { look, forget, virtual };
	struct machine_setup setup = { .model = model_by_key(mine->model) };
	struct in_addr address = { 0 };
	uint64_t random = 0;

	str_copy(setup.serial, sizeof setup.serial, mine->serial);
	str_copy(setup.name, sizeof setup.name, mine->name);
	str_copy(setup.nozzle, sizeof setup.nozzle, mine->nozzle);
	read_ams(mine, &setup);
	inet_pton(AF_INET, doors_home_peek(virtual->doors), &address);
	setup.address = address.s_addr; /* first octet in the low byte */
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint64_t)clock_monotonic_us();
	return machine_new(&setup, &duties, random, clock_monotonic_ms());
}

/* "N2S" of "N2S,…". */
static void
fill_nameplate(struct virtual *virtual, const struct msg_virtual_mine *mine)
{
	struct nameplate *nameplate = &virtual->nameplate;
	const char *codes = model_by_key(mine->model)->codes;

	str_copy(nameplate->serial, sizeof nameplate->serial, mine->serial);
	str_copy(nameplate->name, sizeof nameplate->name, mine->name);
	str_format(nameplate->model_code, sizeof nameplate->model_code, "%.*s", (int)strcspn(codes, ","), codes);
	str_copy(nameplate->firmware, sizeof nameplate->firmware, machine_firmware(virtual->machine));
}

bool
virtual_begin(struct virtual *virtual, struct msg_virtual_mine *mine)
{
	char fault[TLS_SERVER_FAULT_BYTES];
	struct broker_setup broker = { mine->serial, &virtual->code, !model_by_key(mine->model)->sends_rich_deltas };

	if (!identity_own(&virtual->own, mine, fault)) {
		log_error("cannot be a printer", log_str("why", fault));
		return false;
	}
	virtual->code = mine->access_code;
	secret_wipe(&mine->access_code);
	str_copy(virtual->exposed, sizeof virtual->exposed, mine->exposed);
	virtual->machine = make_machine(virtual, mine);
	ENSURE(virtual->machine != NULL);
	remember(virtual);
	fill_nameplate(virtual, mine);
	doors_furnish(virtual->doors, &(struct doors_setup){ &broker, &virtual->nameplate, on_request, virtual });
	doors_show(virtual->doors, &virtual->own);
	virtual_forget_move(virtual);
	virtual_follow_controls(virtual);
	virtual->time = loop_timer_new(virtual->loop, on_time, virtual);
	virtual_settle(virtual, true);
	return true;
}

void
virtual_end(struct virtual *virtual)
{
	if (virtual->machine != NULL)
		keep(virtual, true);
	loop_timer_free(virtual->time);
	doors_free(virtual->doors);
	identity_free(&virtual->own);
	identity_free(&virtual->other);
	machine_free(virtual->machine);
	secret_wipe(&virtual->code);
}
