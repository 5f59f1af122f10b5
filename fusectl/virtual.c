/*
 * virtual: the commands about virtual printers.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/miniobj.h"
#include "common/str.h"
#include "fusectl/ask.h"
#include "fusectl/joblist.h"
#include "fusectl/players.h"
#include "fusectl/virtualwords.h"
#include "ipc/terms.h"
#include "printer/models.h"

#define MAKE_S 30 /* a small machine takes its time for a key */
#define TEXT_BYTES 400

/* -- add -------------------------------------------------------------------------------------------- */

struct order {
	struct msg_virtual_add add;
	const char *name; /* without its number */
	int64_t quantity;
	char serials[VIRTUAL_PRINTERS_MAX][PRINTER_SERIAL_BYTES];
	int64_t made;
};

static bool
take_text(const char *value, char *to, size_t cap)
{
	return value == NULL || str_copy(to, cap, value);
}

/* What can be known to be wrong without a Fuse. */
static enum outcome
take_order(struct ctl *ctl, struct order *order)
{
	const struct args *args = &ctl->args;
	struct msg_virtual_add *add = &order->add;
	char nozzle[VIRTUAL_NOZZLE_BYTES];
	struct complaint complaint;
	const struct model *model;
	struct virtual_ams ams;

	order->name = args->word_count > 0 ? args->words[0] : "";
	order->quantity = 1;
	if (args->given[OPTION_QUANTITY] &&
	    !str_parse_int(args->values[OPTION_QUANTITY], 1, VIRTUAL_PRINTERS_MAX, &order->quantity))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "--quantity is a number from 1 to %d.", VIRTUAL_PRINTERS_MAX);
	if (strlen(order->name) + sizeof " #20" > sizeof add->name || !take_text(args->values[OPTION_MODEL], add->model, sizeof add->model) ||
	    !take_text(args->values[OPTION_NOZZLE], add->nozzle, sizeof add->nozzle) ||
	    !take_text(args->values[OPTION_AMS], add->ams, sizeof add->ams) ||
	    !take_text(args->values[OPTION_EXPOSE], add->exposed, sizeof add->exposed))
		return failure_say(&ctl->failure, OUTCOME_USAGE, "The printer cannot be made: something is too long.");
	if (virtual_rules_model(add->model, &model, &complaint) && virtual_rules_nozzle(add->nozzle, nozzle, &complaint) &&
	    virtual_rules_ams(add->ams, model, &ams, &complaint))
		return OUTCOME_DONE;
	failure_say(&ctl->failure, OUTCOME_USAGE, "%s", complaint.sentence);
	failure_remedy(&ctl->failure, "%s", complaint.remedy);
	return OUTCOME_USAGE;
}

static void
take_added(void *arg, const void *message)
{
	str_copy(arg, PRINTER_SERIAL_BYTES, ((const struct msg_virtual_added *)message)->serial);
}

static enum outcome
make_next(struct ctl *ctl, struct order *order)
{
	struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_VIRTUAL_ADD, .message = &order->add,
					    .reply_number = MESSAGE_VIRTUAL_ADDED, .on_reply = take_added,
					    .arg = order->serials[order->made], .timeout_ms = ctl_patience_ms(ctl, MAKE_S),
					    .watch_fd = -1 };

	if (order->quantity > 1 && order->name[0] != '\0')
		str_format(order->add.name, sizeof order->add.name, "%s #%lld", order->name, (long long)order->made + 1);
	else
		str_copy(order->add.name, sizeof order->add.name, order->name);
	return client_ask(&ctl->client, &question, NULL, &ctl->failure);
}

/* What was made before something failed is there all the same. */
static void
add_what_was_made(struct ctl *ctl, const struct order *order)
{
	if (order->made == 0)
		return;
	failure_add(&ctl->failure, " %lld of %lld were made:", (long long)order->made, (long long)order->quantity);
	for (int64_t i = 0; i < order->made; i++)
		failure_add(&ctl->failure, " %s", order->serials[i]);
}

static void
say_made(const struct ctl *ctl, const struct order *order)
{
	json_t *serials = json_array();
	char text[TEXT_BYTES];

	for (int64_t i = 0; i < order->made; i++)
		json_array_append_new(serials, ctl_json_text(order->serials[i]));
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:b,s:O}", "done", true, "serials", serials), false);
	else if (order->made == 1)
		str_format(text, sizeof text, "A virtual printer is made: %s. To see it: fusectl virtual show %s", order->serials[0],
			   order->serials[0]);
	else
		str_format(text, sizeof text, "%lld virtual printers are made. To see them: fusectl virtual list",
			   (long long)order->made);
	if (!ctl_wants_json(ctl))
		show_wrapped(&ctl->show, 0, 0, text);
	json_decref(serials);
}

enum outcome
command_virtual_add(struct ctl *ctl)
{
	static struct order order;
	enum outcome outcome = take_order(ctl, &order);

	if (outcome == OUTCOME_DONE)
		outcome = ctl_connect(ctl);
	while (outcome == OUTCOME_DONE && order.made < order.quantity) {
		outcome = make_next(ctl, &order);
		if (outcome == OUTCOME_DONE)
			order.made++;
		else
			add_what_was_made(ctl, &order);
	}
	if (outcome == OUTCOME_DONE)
		say_made(ctl, &order);
	return outcome;
}

/* -- list and show ------------------------------------------------------------------------------------- */

/* "on", "off", or how its process is. */
static const char *
word_of(const struct player *player, enum show_tone *ret_tone)
{
	*ret_tone = TONE_WARN;
	if (player->process == NULL)
		return "no process";
	if (player->process->state != LIFE_UP || player->controls == NULL)
		return life_state_name(player->process->state);
	*ret_tone = stat_true(player->controls, "online") ? TONE_GOOD : TONE_FAINT;
	return *ret_tone == TONE_GOOD ? "on" : "off";
}

/* "wrongCode, cutUploadPercent 50, nozzle-clog": what is not as usual. */
static void
write_troubles(const json_t *controls, char *to, size_t cap)
{
	const char *name;
	json_t *value, *error;
	size_t used = 0, i;

	to[0] = '\0';
	json_object_foreach(json_object_get(controls, "faults"), name, value) {
		if (json_is_true(value))
			str_format(to + used, cap - used, "%s%s", used > 0 ? ", " : "", name);
		else if (json_is_integer(value) && json_integer_value(value) != 0)
			str_format(to + used, cap - used, "%s%s %lld", used > 0 ? ", " : "", name,
				   (long long)json_integer_value(value));
		used = strlen(to);
	}
	json_array_foreach(json_object_get(controls, "errors"), i, error) {
		str_format(to + used, cap - used, "%s%s", used > 0 ? ", " : "", stat_text(error, "error"));
		used = strlen(to);
	}
}

static void
print_row(struct show_table *table, const struct player *player)
{
	const struct msg_printer *record = &player->printer->record;
	char text[TEXT_BYTES];
	enum show_tone tone;

	show_table_cell(table, TONE_STRONG, record->name);
	show_table_cell(table, TONE_FAINT, record->serial);
	show_table_cell(table, TONE_PLAIN, record->model);
	show_table_cell(table, TONE_PLAIN, record->address);
	const char *word = word_of(player, &tone);
	show_table_cell(table, tone, word);
	double factor = stat_number(player->controls, "timeFactor");
	str_format(text, sizeof text, factor >= 1 ? "x%.0f" : "-", factor);
	show_table_cell(table, TONE_PLAIN, text);
	write_troubles(player->controls, text, sizeof text);
	show_table_cell(table, TONE_WARN, text);
}

static json_t *
json_of(const struct player *player)
{
	json_t *json = farm_json_record(&player->printer->record);

	json_object_set_new(json, "process",
			    player->process != NULL ? json_string(life_state_name(player->process->state)) : json_null());
	json_object_set_new(json, "controls", player->controls != NULL ? json_incref(player->controls) : json_null());
	return json;
}

enum outcome
command_virtual_list(struct ctl *ctl)
{
	static const char *const heads[] = { "NAME", "SERIAL", "MODEL", "ADDRESS", "IS", "TIME", "FAULTS" };
	static const size_t spare[] = { 3, 1, 5 };
	struct players players;
	enum outcome outcome = players_fetch(ctl, &players);

	if (outcome != OUTCOME_DONE)
		return outcome;
	struct show_table *table = show_table_new(&ctl->show, heads, STR_ARRAY_LEN(heads));
	json_t *rows = json_array();
	show_table_spare(table, spare, STR_ARRAY_LEN(spare));
	for (size_t i = 0; i < players.count; i++) {
		if (ctl_wants_json(ctl))
			json_array_append_new(rows, json_of(&players.rows[i]));
		else
			print_row(table, &players.rows[i]);
	}
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_pack("{s:O}", "printers", rows), false);
	else if (players.count > 0)
		show_table_print(table);
	else
		show_wrapped(&ctl->show, 0, 0, "There are no virtual printers. To make one: fusectl virtual add Vera");
	json_decref(rows);
	show_table_free(table);
	players_free(&players);
	return OUTCOME_DONE;
}

static void
print_control(const struct ctl *ctl, const char *name, const json_t *value, const char *doc)
{
	char text[TEXT_BYTES];
	bool is_usual = json_is_false(value) || (json_is_integer(value) && json_integer_value(value) == 0);

	if (json_is_integer(value))
		str_format(text, sizeof text, "%lld", (long long)json_integer_value(value));
	else
		str_copy(text, sizeof text, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "-");
	fprintf(ctl->show.out, "  %-20s", name);
	show_text(&ctl->show, is_usual ? TONE_FAINT : TONE_PLAIN, text);
	fprintf(ctl->show.out, "%*s", strlen(text) < 7 ? (int)(7 - strlen(text)) : 1, "");
	show_wrapped(&ctl->show, 29, 29, doc);
}

static void
print_errors(const struct ctl *ctl, const json_t *errors)
{
	const json_t *error;
	size_t i;

	if (json_array_size(errors) > 0)
		fputs("Errors that it shows:\n", ctl->show.out);
	json_array_foreach(errors, i, error) {
		char text[TEXT_BYTES];
		str_format(text, sizeof text, "%s (%s) %s", stat_text(error, "error"), stat_text(error, "code"),
			   stat_text(error, "message"));
		fputs("  ", ctl->show.out);
		show_wrapped(&ctl->show, 4, 2, text);
	}
}

static void
print_player(const struct ctl *ctl, const struct player *player)
{
	const struct msg_printer *record = &player->printer->record;
	size_t count;
	const struct virtual_key *keys = virtualwords_keys(&count);
	char text[TEXT_BYTES];
	enum show_tone tone;

	show_text(&ctl->show, TONE_STRONG, record->name);
	str_format(text, sizeof text, " (%s, %s), a virtual printer at %s: %s.", record->model, record->serial, record->address,
		   word_of(player, &tone));
	show_wrapped(&ctl->show, 0, strlen(record->name), text);
	if (player->controls == NULL) {
		show_wrapped(&ctl->show, 0, 0, "Its process has told nothing of its controls yet.");
		return;
	}
	const json_t *faults = json_object_get(player->controls, "faults");
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(player->controls, keys[i].name);
		value = value != NULL ? value : json_object_get(faults, keys[i].name);
		print_control(ctl, keys[i].name, value, keys[i].doc);
	}
	print_errors(ctl, json_object_get(player->controls, "errors"));
}

enum outcome
command_virtual_show(struct ctl *ctl)
{
	const struct player *player = NULL;
	struct players players;
	enum outcome outcome = players_fetch_one(ctl, ctl->args.words[0], &players, &player);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (ctl_wants_json(ctl))
		ctl_print_json(stdout, json_of(player), false);
	else
		print_player(ctl, player);
	players_free(&players);
	return OUTCOME_DONE;
}

/* -- turning --------------------------------------------------------------------------------------------- */

/* `change` is stolen, and NULL when there is a failure already. */
static enum outcome
turn(struct ctl *ctl, json_t *change, const char *fallback)
{
	char serial[PRINTER_SERIAL_BYTES];
	struct msg_done done;
	enum outcome outcome = players_control(ctl, ctl->args.words[0], change, &done, serial);

	if (outcome == OUTCOME_DONE)
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : fallback);
	return outcome;
}

static json_t *
change_that_does(const char *what)
{
	json_t *change = json_pack("{s:s}", "do", what);

	ENSURE(change != NULL);
	return change;
}

enum outcome
command_virtual_set(struct ctl *ctl)
{
	enum outcome outcome =
		turn(ctl, virtualwords_set(ctl->args.words + 1, ctl->args.word_count - 1, &ctl->failure), "It is set.");

	if (outcome == OUTCOME_DONE)
		players_connect_again(ctl, ctl->args.words[0]);
	return outcome;
}

enum outcome
command_virtual_error(struct ctl *ctl)
{
	return turn(ctl, virtualwords_trigger(ctl->args.words[1], ctl->args.values[OPTION_MESSAGE], &ctl->failure),
		    "The printer shows this error now.");
}

enum outcome
command_virtual_clear(struct ctl *ctl)
{
	return turn(ctl, change_that_does("clear-errors"), "The printer shows no error any more.");
}

enum outcome
command_virtual_reboot(struct ctl *ctl)
{
	return turn(ctl, change_that_does("reboot"), "It starts anew.");
}

enum outcome
command_virtual_reset(struct ctl *ctl)
{
	enum outcome outcome = ask_yes(ctl, "Its files, its print and its faults will be gone. Reset it?", "Nothing was reset.",
				       "A reset takes its files and its print, and nobody is there to say yes.");

	return outcome == OUTCOME_DONE ? turn(ctl, change_that_does("reset"), "It is as new.") : outcome;
}

/* -- test print --------------------------------------------------------------------------------------------- */

/* The newest job of the printer that was ordered since; "" when there is none. */
static enum outcome
find_job(struct ctl *ctl, const char *serial, int64_t since_ms, char ret_id[17])
{
	struct joblist list;
	enum outcome outcome = joblist_fetch(ctl, &list);

	ret_id[0] = '\0';
	if (outcome != OUTCOME_DONE)
		return outcome;
	for (size_t i = 0; i < list.count && ret_id[0] == '\0'; i++)
		if (strcmp(list.rows[i].serial, serial) == 0 && list.rows[i].created_ms >= since_ms)
			str_copy(ret_id, 17, list.rows[i].id);
	joblist_free(&list);
	return OUTCOME_DONE;
}

enum outcome
command_virtual_test_print(struct ctl *ctl)
{
	char serial[PRINTER_SERIAL_BYTES], id[17];
	struct msg_done done;
	int64_t since_ms = clock_wall_ms();
	enum outcome outcome = players_control(ctl, ctl->args.words[0], change_that_does("test-print"), &done, serial);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!ctl->args.given[OPTION_FOLLOW]) {
		ctl_say_done(ctl, done.sentence[0] != '\0' ? done.sentence : "A test print is ordered. To see it: fusectl jobs");
		return OUTCOME_DONE;
	}
	outcome = find_job(ctl, serial, since_ms, id);
	if (outcome == OUTCOME_DONE && id[0] == '\0')
		return failure_say(&ctl->failure, OUTCOME_FAILED, "The test print is ordered, but no job of it is to be found.");
	return outcome == OUTCOME_DONE ? joblist_follow(ctl, id) : outcome;
}

/* -- other programs ---------------------------------------------------------------------------------------- */

struct access {
	struct secret code;
	char issuer[8193];
};

static void
take_access(void *arg, const void *message)
{
	const struct msg_virtual_access *told = message;
	struct access *access = arg;

	access->code = told->access_code;
	str_format(access->issuer, sizeof access->issuer, "%.*s", (int)told->issuer.len, (const char *)told->issuer.bytes);
}

static unsigned
port_of(uint32_t kept, unsigned standard)
{
	return kept != 0 ? kept : standard;
}

static void
print_camera(const struct msg_printer *record, const struct model *model, unsigned port)
{
	const char *address = record->address;
	bool is_v6 = strchr(address, ':') != NULL;

	if (model->camera == CAMERA_RTSPS)
		printf("Camera         rtsps://%s%s%s:%u/streaming/live/1\n", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
	else if (model->camera == CAMERA_JPEG)
		printf("Camera         port %u, JPEG over TLS\n", port);
}

static void
print_access(struct ctl *ctl, const struct msg_printer *record, const char *code, const char *issuer)
{
	const struct model *model = model_by_key(record->model);
	unsigned camera = port_of(record->camera_port, model->camera_port);

	if (ctl_wants_json(ctl)) {
		ctl_print_json(stdout, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:o, s:o}", "serial", record->serial, "address",
						 record->address, "mqttPort", (int)port_of(record->mqtt_port, 8883), "ftpsPort",
						 (int)port_of(record->ftps_port, 990), "cameraPort", (int)camera, "detectPort",
						 (int)port_of(record->detect_port, 3000), "user", "bblp", "accessCode",
						 ctl_json_text(code), "issuerPem", ctl_json_text(issuer)), false);
		return;
	}
	printf("Address        %s\nMQTT           port %u, TLS\nFiles          port %u, FTPS (implicit)\nDetect         port %u\n",
	       record->address, port_of(record->mqtt_port, 8883), port_of(record->ftps_port, 990),
	       port_of(record->detect_port, 3000));
	print_camera(record, model, camera);
	printf("Serial number  %s\nUser           bblp\nAccess code    %s\n", record->serial, code);
}

enum outcome
command_virtual_access(struct ctl *ctl)
{
	static struct access access;
	struct msg_virtual_access_want want;
	const struct client_question question = { .to = ROLE_STORED, .number = MESSAGE_VIRTUAL_ACCESS_WANT, .message = &want,
						  .fd = -1, .reply_number = MESSAGE_VIRTUAL_ACCESS, .on_reply = take_access,
						  .arg = &access, .watch_fd = -1 };
	const struct player *player = NULL;
	struct players players;
	char code[SECRET_MAX_BYTES + 1];
	enum outcome outcome = players_fetch_one(ctl, ctl->args.words[0], &players, &player);

	if (outcome != OUTCOME_DONE)
		return outcome;
	str_copy(want.serial, sizeof want.serial, player->printer->record.serial);
	outcome = client_ask(&ctl->client, &question, NULL, &ctl->failure);
	if (outcome == OUTCOME_DONE && ctl->args.given[OPTION_CA]) {
		fputs(access.issuer, stdout); /* PEM, made by Fuse */
	} else if (outcome == OUTCOME_DONE) {
		str_format(code, sizeof code, "%.*s", (int)access.code.len_bytes, (const char *)secret_bytes_peek(&access.code));
		print_access(ctl, &player->printer->record, code, access.issuer);
		explicit_bzero(code, sizeof code);
	}
	secret_wipe(&access.code);
	players_free(&players);
	return outcome;
}
