/*
 * players: fetch, find, turn.
 */
#include "fusectl/players.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "common/str.h"
#include "ipc/role.h"
#include "printer/jsonin.h"

#define CONTROLS_DEPTH_MAX 6
#define CONTROL_S 20
#define CONTROL_JSON_MAX_BYTES 2048

static void
take_controls(void *arg, const void *message)
{
	struct players *players = arg;
	const struct msg_virtual_state *state = message;
	struct jsonin_error error;

	for (size_t i = 0; i < players->count; i++) {
		struct player *player = &players->rows[i];
		if (strcmp(player->printer->record.serial, state->serial) != 0 || player->controls != NULL)
			continue;
		player->controls = jsonin_load(state->json.bytes, state->json.len, CONTROLS_DEPTH_MAX, &error);
	}
}

static const struct msg_proc_status *
find_process(const struct players *players, const char *serial)
{
	for (size_t i = 0; i < players->processes.count; i++)
		if (players->processes.rows[i].role == ROLE_VIRTUAL && strcmp(players->processes.rows[i].entry, serial) == 0)
			return &players->processes.rows[i];
	return NULL;
}

static void
gather(struct players *players)
{
	for (size_t i = 0; i < players->farm.count && players->count < PLAYERS_MAX; i++) {
		const struct farm_printer *printer = &players->farm.rows[i];
		if (printer->record.is_virtual)
			players->rows[players->count++] =
				(struct player){ printer, find_process(players, printer->record.serial), NULL };
	}
}

enum outcome
players_fetch(struct ctl *ctl, struct players *ret_players)
{
	*ret_players = (struct players){ .count = 0 };
	enum outcome outcome = farm_fetch(ctl, FARM_LINKS, &ret_players->farm);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = ctl_processes(ctl, &ret_players->processes);
	if (outcome == OUTCOME_DONE) {
		gather(ret_players);
		outcome = ctl_recall(ctl, MESSAGE_VIRTUAL_STATE, take_controls, ret_players);
	}
	if (outcome != OUTCOME_DONE)
		players_free(ret_players);
	return outcome;
}

void
players_free(struct players *players)
{
	for (size_t i = 0; i < players->count; i++)
		json_decref(players->rows[i].controls);
	free(players->processes.rows);
	farm_free(&players->farm);
	*players = (struct players){ .count = 0 };
}

static enum outcome
find(struct ctl *ctl, const char *word, const struct players *players, const struct player **ret_player)
{
	struct farm_printer *printer = NULL;
	enum outcome outcome = farm_find(&players->farm, word, &printer, &ctl->failure);

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < players->count; i++) {
		if (players->rows[i].printer == printer) {
			*ret_player = &players->rows[i];
			return OUTCOME_DONE;
		}
	}
	outcome = failure_say(&ctl->failure, OUTCOME_REFUSED, "%s is a real printer: it has no controls.", printer->record.name);
	failure_remedy(&ctl->failure, "`fusectl virtual list` shows those that are virtual.");
	return outcome;
}

enum outcome
players_fetch_one(struct ctl *ctl, const char *word, struct players *ret_players, const struct player **ret_player)
{
	enum outcome outcome = players_fetch(ctl, ret_players);

	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = find(ctl, word, ret_players, ret_player);
	if (outcome != OUTCOME_DONE)
		players_free(ret_players);
	return outcome;
}

static enum outcome
ask_process(struct ctl *ctl, const struct player *player, const char *json, struct msg_done *ret_done)
{
	struct msg_virtual_control message = { .json = { (const uint8_t *)json, strlen(json) } };
	struct client_question question = { .to = ROLE_VIRTUAL, .number = MESSAGE_VIRTUAL_CONTROL, .message = &message,
					    .timeout_ms = ctl_patience_ms(ctl, CONTROL_S), .watch_fd = -1 };

	if (player->process == NULL) {
		failure_say(&ctl->failure, OUTCOME_UNREACHABLE, "The process that plays %s does not run yet.",
			    player->printer->record.name);
		failure_remedy(&ctl->failure, "`fusectl ps` shows how it is.");
		return OUTCOME_UNREACHABLE;
	}
	if (message.json.len > CONTROL_JSON_MAX_BYTES)
		return failure_say(&ctl->failure, OUTCOME_USAGE, "This is more than fits into one change.");
	str_copy(message.serial, sizeof message.serial, player->printer->record.serial);
	question.to_slot = (uint16_t)player->process->slot;
	return client_ask(&ctl->client, &question, ret_done, &ctl->failure);
}

enum outcome
players_control(struct ctl *ctl, const char *word, json_t *change, struct msg_done *ret_done,
		char ret_serial[PRINTER_SERIAL_BYTES])
{
	const struct player *player = NULL;
	struct players players;

	if (change == NULL)
		return OUTCOME_USAGE;
	char *json = json_dumps(change, JSON_COMPACT);
	ENSURE(json != NULL);
	json_decref(change);
	enum outcome outcome = players_fetch_one(ctl, word, &players, &player);
	if (outcome == OUTCOME_DONE) {
		str_copy(ret_serial, PRINTER_SERIAL_BYTES, player->printer->record.serial);
		outcome = ask_process(ctl, player, json, ret_done);
		players_free(&players);
	}
	free(json);
	return outcome;
}

void
players_connect_again(struct ctl *ctl, const char *word)
{
	const struct failure before = ctl->failure;
	struct msg_reconnect reconnect;
	struct client_question question;
	struct farm_printer *printer;
	struct msg_done done;
	struct farm farm;

	if (farm_fetch_one(ctl, word, FARM_LINKS | FARM_WORKERS, &farm, &printer) != OUTCOME_DONE) {
		ctl->failure = before;
		return;
	}
	str_copy(reconnect.serial, sizeof reconnect.serial, printer->record.serial);
	if (printer->has_link && !printer->link.online &&
	    farm_question(printer, MESSAGE_RECONNECT, &question, &ctl->failure) == OUTCOME_DONE) {
		question.message = &reconnect;
		client_ask(&ctl->client, &question, &done, &ctl->failure);
	}
	farm_free(&farm);
	ctl->failure = before;
}
