/*
 * virtual_begin: from what the store says to a printer that can be reached.
 */
#include "worker/virtual/virtual.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "printer/virtual_rules.h"

#define VIDEO_VIEWERS 2 /* a second one is borne */

/* -- what the machine asks of its card -------------------------------------------------------------------------- */

static enum machine_file
look(void *arg, const char *path, const struct plates **ret_plates)
{
	const struct virtual *virtual = arg;

	return sliced_look(virtual->sliced, path, ret_plates);
}

static void
forget(void *arg, const char *path)
{
	const struct virtual *virtual = arg;
	char own[CARD_PATH_BYTES];

	if (strcmp(path, "/") == 0)
		card_clear(virtual->card);
	else if (card_path("/", path, own))
		card_remove(virtual->card, own);
}

static void
on_known(void *arg, const char *path, const struct plates *plates)
{
	struct virtual *virtual = arg;

	machine_file_read(virtual->machine, path, plates, clock_monotonic_ms());
	virtual_settle(virtual, true);
}

/* -- what the file service asks of the machine ------------------------------------------------------------------ */

static bool
is_code(void *arg, const char *code, size_t len)
{
	const struct virtual *virtual = arg;
	struct secret given;

	if (virtual->refuses_code || !secret_set(&given, code, len))
		return false;
	bool right = secret_equal(&given, &virtual->code);
	secret_wipe(&given);
	return right;
}

static void
on_cut(void *arg)
{
	struct virtual *virtual = arg;
	struct control_change change = { .after = *machine_controls(virtual->machine) };

	change.after.cut_upload_percent = 0;
	machine_control(virtual->machine, &change, clock_monotonic_ms());
	virtual_settle(virtual, true);
}

static void
on_changed(void *arg)
{
	struct virtual *virtual = arg;

	machine_set_storage(virtual->machine, card_state(virtual->card));
	virtual_settle(virtual, true);
}

/* Before it knows who it plays, VIRTUAL_MINE will have it. */
void
virtual_on_named(struct virtual *virtual, const char *name)
{
	if (virtual->machine != NULL)
		str_copy(virtual->nameplate.name, sizeof virtual->nameplate.name, name);
}

/* -- what its camera asks ---------------------------------------------------------------------------------------- */

static void
see(void *arg, struct camera_scene *scene)
{
	const struct machine_view view = machine_view(((struct virtual *)arg)->machine);

	scene->prints = view.prints;
	scene->percent = view.percent;
	scene->is_1080p = view.is_1080p;
}

static const struct secret *
code_peek(void *arg)
{
	const struct virtual *virtual = arg;

	return virtual->refuses_code ? NULL : &virtual->code;
}

static const char *
address_peek(void *arg)
{
	return doors_address_peek(((struct virtual *)arg)->doors);
}

/* -- birth ------------------------------------------------------------------------------------------------------ */

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
	uint64_t random = 0;

	str_copy(setup.serial, sizeof setup.serial, mine->serial);
	str_copy(setup.name, sizeof setup.name, mine->name);
	str_copy(setup.nozzle, sizeof setup.nozzle, mine->nozzle);
	read_ams(mine, &setup);
	setup.address = virtual_address(virtual);
	setup.video_port = doors_video_port(virtual->doors);
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

static void
furnish(struct virtual *virtual, const struct msg_virtual_mine *mine)
{
	const struct model *model = model_by_key(mine->model);
	const struct broker_setup broker = { mine->serial, &virtual->code, !model->sends_rich_deltas };
	const struct ftp_server_setup files = { .model = model, .card = virtual->card,
						.controls = machine_controls(virtual->machine), .is_code = is_code,
						.on_cut = on_cut, .on_changed = on_changed, .arg = virtual };
	const struct camera_setup camera = { is_code, see, virtual };
	const struct rtsp_setup video = { model->video_takes_one ? 1 : VIDEO_VIEWERS, code_peek, see, address_peek, virtual };
	const struct doors_setup setup = { &broker, virtual_on_request, virtual, &files, &virtual->nameplate,
					   model->camera == CAMERA_JPEG ? &camera : NULL,
					   model->camera == CAMERA_RTSPS ? &video : NULL };

	doors_furnish(virtual->doors, &setup);
	doors_show(virtual->doors, &virtual->own);
}

bool
virtual_begin(struct virtual *virtual, struct msg_virtual_mine *mine)
{
	char fault[TLS_SERVER_FAULT_BYTES];

	if (!identity_own(&virtual->own, mine, fault)) {
		log_error("cannot be a printer", log_str("why", fault));
		return false;
	}
	virtual->card = card_open(virtual->dir, model_by_key(mine->model));
	if (virtual->card == NULL) {
		log_error("cannot be a printer: it has no place for a card", log_str("error", strerror(errno)));
		return false;
	}
	virtual->code = mine->access_code;
	secret_wipe(&mine->access_code);
	str_copy(virtual->exposed, sizeof virtual->exposed, mine->exposed);
	virtual->sliced = sliced_new(virtual->child, virtual->card, on_known, virtual);
	virtual->testprint = testprint_new(virtual->child,
					   &(struct testprint_setup){ mine->serial, mine->nozzle,
								      model_by_key(mine->model),
								      virtual_on_testprint_end, virtual });
	virtual->machine = make_machine(virtual, mine);
	ENSURE(virtual->machine != NULL);
	virtual_remember(virtual);
	fill_nameplate(virtual, mine);
	furnish(virtual, mine);
	virtual_forget_move(virtual);
	virtual_follow_controls(virtual);
	virtual->time = loop_timer_new(virtual->loop, virtual_on_time, virtual);
	virtual_settle(virtual, true);
	return true;
}

void
virtual_end(struct virtual *virtual)
{
	if (virtual->machine != NULL)
		virtual_keep(virtual, true);
	loop_timer_free(virtual->time);
	doors_free(virtual->doors);
	identity_free(&virtual->own);
	identity_free(&virtual->other);
	testprint_free(virtual->testprint);
	sliced_free(virtual->sliced);
	machine_free(virtual->machine);
	card_close(virtual->card);
	secret_wipe(&virtual->code);
}
