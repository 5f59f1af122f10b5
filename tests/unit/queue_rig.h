/*
 * queue_rig: what the tests of a printer's print jobs share: a store that keeps what it is told, a printer whose state
 * they set, and a count of everything that is done to either. Include it last.
 *
 *	begin("X1C");
 *	submit("j1");
 *	settle();                       // the store answers all that is open
 *	put_ends(true);
 *	assert_string_equal(trail("j1"), "received checked uploading uploaded armed sent");
 */
#ifndef FUSE_TESTS_QUEUE_RIG_H
#define FUSE_TESTS_QUEUE_RIG_H

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "printer/job.h"
#include "worker/link/queue.h"

#define RIG __attribute__((unused)) static

#define START_MS 1000000
#define WALL_MS 1790000000000
#define SIZE 812345
#define KEPT_MAX 12

/* Ids of jobs. */
#define J1 "j000000000000001"
#define J2 "j000000000000002"
#define J3 "j000000000000003"

static struct queue queue;
static struct queue_world world;
static struct printer_state state;
static struct plates plates;
static uint32_t sequence;

/* -- the store -- */
static struct kept {
	struct msg_job_mine mine;
	char trail[300], fault[33], sentence[241], remedy[401], evidence[241], options[200];
} kept[KEPT_MAX];
static unsigned kept_count, commits;
static struct msg_job_step open_step;
static int64_t wall_ms; /* of the store alone */
static bool step_open, list_open, plates_open, note_open;
static enum refusal plates_refusal; /* with plates_refused */
static bool plates_refused, notes_stay_open;

/* -- the printer -- */
static unsigned uploads, put_cancels, lists, removes, publishes, stops, holds, fulls, notes;
static bool put_open, list_file_open, remove_open, publish_fails;
static char put_path[REMOTE_PATH_BYTES], put_remove[5000], removed[5000], published[COMMAND_PAYLOAD_BYTES];
static uint32_t published_sequence;
static int64_t held_until_ms;
static uint64_t noted; /* the print of the last PLATE_USED */

RIG struct kept *
kept_of(const char *id)
{
	for (unsigned i = 0; i < kept_count; i++)
		if (strcmp(kept[i].mine.id, id) == 0)
			return &kept[i];
	fail_msg("there is no job %s", id);
	return NULL;
}

RIG const char *
trail(const char *id)
{
	return kept_of(id)->trail;
}

RIG enum job_state
state_of(const char *id)
{
	return kept_of(id)->mine.state;
}

RIG const char *
fault_of(const char *id)
{
	return kept_of(id)->fault;
}

static void
on_want_jobs(void *arg)
{
	(void)arg;
	assert_false(list_open);
	list_open = true;
}

static void
on_step(void *arg, const struct msg_job_step *step)
{
	(void)arg;
	assert_false(step_open); /* one at a time */
	step_open = true;
	open_step = *step;
}

static void
on_want_plates(void *arg, const char *sha256)
{
	(void)arg;
	(void)sha256;
	assert_false(plates_open);
	plates_open = true;
}

static void
on_put(void *arg, const struct job_put *put)
{
	(void)arg;
	assert_false(put_open);
	assert_int_equal(put->size_bytes, SIZE);
	uploads++;
	put_open = true;
	str_copy(put_path, sizeof put_path, put->path);
	str_copy(put_remove, sizeof put_remove, put->remove);
}

static void
on_cancel_put(void *arg)
{
	(void)arg;
	assert_true(put_open);
	put_cancels++;
}

static void
on_list(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	lists++;
	list_file_open = true;
}

static void
on_remove(void *arg, const char *paths)
{
	(void)arg;
	removes++;
	remove_open = true;
	str_copy(removed, sizeof removed, paths);
}

static void
on_note_plate(void *arg, uint64_t print)
{
	(void)arg;
	assert_true(print != 0);
	notes++;
	noted = print;
	note_open = true;
}

static bool
on_publish(void *arg, const struct command_payload *payload)
{
	(void)arg;
	if (publish_fails)
		return false;
	if (strstr(payload->json, "\"stop\"") != NULL) {
		stops++;
		return true;
	}
	publishes++;
	published_sequence = payload->sequence_id;
	str_copy(published, sizeof published, payload->json);
	return true;
}

static void
on_hold_link(void *arg, int64_t until_ms)
{
	(void)arg;
	holds++;
	held_until_ms = until_ms;
}

static void
on_ask_full(void *arg)
{
	(void)arg;
	fulls++;
}

/* -- time, reports, links ------------------------------------------------------------------------ */

RIG void
look(void)
{
	world.exchange_free = !put_open && !list_file_open && !remove_open;
	queue_look(&queue, &world);
}

RIG void
pass(int64_t ms)
{
	world.now_ms += ms;
	wall_ms += ms;
	look();
}

RIG void
report(enum report_kind kind)
{
	struct report_summary summary = { .kind = kind, .sequence_id = -1 };

	world.exchange_free = !put_open && !list_file_open && !remove_open;
	queue_on_report(&queue, &world, &summary);
}

RIG void
lose_link(void)
{
	world.online = false;
	queue_on_lost(&queue);
	look();
}

RIG void
find_link(void)
{
	world.online = true;
	report(REPORT_FULL);
}

/* The printer shows this job (by its number), or something else. */
RIG void
show(enum gcode_state gcode_state, const char *id)
{
	state.gcode_state = gcode_state;
	if (id != NULL)
		str_format(state.subtask_id, sizeof state.subtask_id, "%u", kept_of(id)->mine.number);
	report(REPORT_DELTA);
}

/* -- what the store does ---------------------------------------------------------------------------- */

RIG void
submit(const char *id)
{
	struct kept *job = &kept[kept_count++];

	assert_true(kept_count <= KEPT_MAX);
	memset(job, 0, sizeof *job);
	str_copy(job->mine.id, sizeof job->mine.id, id);
	str_copy(job->mine.sha256, sizeof job->mine.sha256, "aa");
	str_copy(job->mine.file_name, sizeof job->mine.file_name, "bracket.gcode.3mf");
	str_copy(job->trail, sizeof job->trail, "received");
	job->mine.plate = 1;
	job->mine.size_bytes = SIZE;
	job->mine.number = 1000 + kept_count;
	queue_on_changed(&queue, &world);
}

RIG void
give_list(void)
{
	list_open = false;
	for (unsigned i = 0; i < kept_count; i++) {
		kept[i].mine.options =
			(struct ipc_bytes){ (const uint8_t *)kept[i].options, strlen(kept[i].options) };
		if (!job_state_has_ended(kept[i].mine.state) || kept[i].mine.remote_path[0] != '\0')
			queue_on_mine(&queue, &kept[i].mine);
	}
	queue_on_list_end(&queue, &world, true);
}

/* It is on disk; whether the worker learns of that is another question. */
RIG void
keep_step(void)
{
	struct kept *job = kept_of(open_step.id);

	assert_int_equal(job->mine.state, open_step.from);
	commits++;
	if (job_state_leaves_file(open_step.from)) {
		assert_int_equal(open_step.from, open_step.to);
		assert_string_equal(open_step.remote_path, "");
		job->mine.remote_path[0] = '\0';
		return;
	}
	assert_true(job_may_step(open_step.from, open_step.to));
	if (open_step.from != open_step.to) {
		size_t used = strlen(job->trail);
		str_format(job->trail + used, sizeof job->trail - used, " %s", job_state_name(open_step.to));
	}
	if (open_step.from == JOB_UNKNOWN && open_step.to != JOB_UNKNOWN)
		job->mine.resolved = JOB_RESOLUTION_NONE;
	job->mine.state = open_step.to;
	job->mine.attempts = open_step.attempts;
	str_copy(job->mine.remote_path, sizeof job->mine.remote_path, open_step.remote_path);
	str_copy(job->mine.evidence, sizeof job->mine.evidence, open_step.evidence);
	str_copy(job->fault, sizeof job->fault, open_step.fault);
	str_copy(job->sentence, sizeof job->sentence, open_step.sentence);
	str_copy(job->remedy, sizeof job->remedy, open_step.remedy);
	str_copy(job->evidence, sizeof job->evidence, open_step.evidence);
	if (open_step.to == JOB_STARTED || open_step.to == JOB_RUNNING)
		job->mine.started_ms = wall_ms;
	if (open_step.to == JOB_ARMED) {
		job->mine.before = open_step.before;
		job->mine.armed_ms = wall_ms;
	}
}

RIG void
take_step(void)
{
	assert_true(step_open);
	keep_step();
	step_open = false;
	world.exchange_free = !put_open && !list_file_open && !remove_open;
	queue_on_step_done(&queue, &world);
}

RIG void
refuse_step(enum refusal reason)
{
	struct msg_refused refused = { .reason = reason, .sentence = "No." };

	assert_true(step_open);
	step_open = false;
	queue_on_step_refused(&queue, &world, &refused);
}

RIG void
give_plates(void)
{
	struct msg_refused refused = { .reason = plates_refusal,
				       .sentence = "The file says no.",
				       .remedy = "Slice it." };

	plates_open = false;
	queue_on_plates(&queue, &world, plates_refused ? NULL : &plates, plates_refused ? &refused : NULL);
}

/* The store answers whatever is open; the printer does not. */
RIG void
settle(void)
{
	unsigned turns = 0;

	while (step_open || list_open || plates_open || (note_open && !notes_stay_open)) {
		assert_true(turns++ < 200);
		if (step_open) {
			take_step();
		} else if (list_open) {
			give_list();
		} else if (plates_open) {
			give_plates();
		} else {
			note_open = false;
			world.plate_used = true;
			world.plate_print = noted;
			queue_on_plate_noted(&queue, &world, true);
		}
	}
}

RIG void
cancel(const char *id)
{
	kept_of(id)->mine.cancel_wanted = true;
	queue_on_changed(&queue, &world);
	settle();
}

RIG void
resolve(const char *id, enum job_resolution resolution)
{
	kept_of(id)->mine.resolved = resolution;
	queue_on_changed(&queue, &world);
	settle();
}

/* -- what the printer's storage does ------------------------------------------------------------------ */

RIG void
put_ends_with(const struct msg_ftp_result *result)
{
	assert_true(put_open);
	put_open = false;
	world.exchange_free = true;
	queue_on_put_end(&queue, &world, result);
	settle();
}

RIG void
put_ends(bool good)
{
	struct msg_ftp_result result = {
		.good = good, .sent_bytes = SIZE, .remote_bytes = good ? SIZE : -1, .try_again = !good
	};

	if (!good) {
		str_copy(result.fault, sizeof result.fault, "lost");
		str_copy(result.sentence, sizeof result.sentence, "The printer closed the connection.");
	}
	put_ends_with(&result);
}

RIG void
list_file_ends(bool good, int64_t size_bytes)
{
	assert_true(list_file_open);
	list_file_open = false;
	world.exchange_free = true;
	queue_on_listed(&queue, &world, good, size_bytes);
	settle();
}

RIG void
remove_ends(bool good)
{
	assert_true(remove_open);
	remove_open = false;
	world.exchange_free = true;
	queue_on_removed(&queue, &world, good);
	settle();
}

/* -- beginnings ----------------------------------------------------------------------------------------- */

static void
start_worker(void)
{
	static const struct queue_duties duties = { on_want_jobs, on_step,	 on_want_plates,
						    on_put,	  on_cancel_put, on_list,
						    on_remove,	  on_note_plate, on_publish,
						    on_hold_link, on_ask_full,	 NULL };

	step_open = list_open = plates_open = note_open = put_open = list_file_open = remove_open = false;
	queue_init(&queue, &duties);
	queue_on_changed(&queue, &world);
}

/* The worker dies, and another takes its place; the link of that one is not up yet. */
RIG void
restart_worker(void)
{
	queue_fini(&queue);
	world.online = false;
	world.now_ms += 50;
	start_worker();
	settle();
}

/* What is in the file: one plate of one PLA, for this model. */
static void
fill_plates(const struct model *model)
{
	memset(&plates, 0, sizeof plates);
	plates.kind = FILE_KIND_THREE_MF;
	str_copy(plates.model, sizeof plates.model, model->key);
	plates.filament_count = 1;
	str_copy(plates.filaments[0].material, sizeof plates.filaments[0].material, "PLA");
	str_copy(plates.filaments[0].color, sizeof plates.filaments[0].color, "FF8000FF");
	plates.plate_count = 1;
	plates.plates[0] = (struct plate){ .number = 1,
					   .seconds = 5025,
					   .grams = 31.7,
					   .layers = 212,
					   .nozzle_count = 1,
					   .nozzles_mm = { 0.4 },
					   .filament_count = 1 };
	str_copy(plates.plates[0].gcode, sizeof plates.plates[0].gcode, "Metadata/plate_1.gcode");
	plates.plates[0].filaments[0] =
		(struct plate_filament){ .index = 0, .grams = 31.7, .meters = 10.6, .nozzle = -1 };
}

static void
fill_state(void)
{
	struct tray *tray = &state.ams[0].trays[0];

	printer_state_init(&state);
	state.gcode_state = GCODE_STATE_IDLE;
	state.storage = state.sdcard = STORAGE_NORMAL;
	state.door_open = TRI_NO;
	str_copy(state.nozzle_diameter, sizeof state.nozzle_diameter, "0.4");
	state.ams_count = 1;
	state.ams[0] = (struct ams_unit){
		.id = 0, .kind = AMS_KIND_AMS, .extruder = STATE_UNKNOWN, .tray_count = 1
	};
	*tray = (struct tray){ .id = 0, .fill = TRAY_LOADED, .remain_percent = 90, .weight_g = 1000 };
	str_copy(tray->material, sizeof tray->material, "PLA");
	str_copy(tray->color, sizeof tray->color, "FF8000FF");
	state.ams_exist_bits = state.tray_exist_bits = 1;
	state.ams_bits_told = true;
}

/* A printer of this model, linked, idle, with the right filament, a clear plate, and no jobs. */
RIG void
begin(const char *model)
{
	queue_fini(&queue);
	kept_count = commits = 0;
	uploads = put_cancels = lists = removes = publishes = stops = holds = fulls = notes = 0;
	publish_fails = plates_refused = notes_stay_open = false;
	noted = 0;
	put_remove[0] = removed[0] = published[0] = '\0';
	fill_state();
	sequence = 20001;
	world = (struct queue_world){ .model = model_by_key(model),
				      .state = &state,
				      .developer_mode = TRI_YES,
				      .exchange_free = true,
				      .sequence_id = &sequence,
				      .now_ms = START_MS };
	wall_ms = WALL_MS;
	fill_plates(world.model);
	start_worker();
	settle();
	find_link();
}

/* A job whose start was sent. */
RIG void
send_job(const char *id)
{
	submit(id);
	settle();
	put_ends(true);
	assert_int_equal(state_of(id), JOB_SENT);
}

/* A job that prints. */
RIG void
run_job(const char *id)
{
	send_job(id);
	show(GCODE_STATE_PREPARE, id);
	settle();
	state.remaining_minutes = 80;
	show(GCODE_STATE_RUNNING, id);
	settle();
	assert_int_equal(state_of(id), JOB_RUNNING);
}

#endif
