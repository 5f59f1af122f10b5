/*
 * For the tests of preflight: a printer whose state the report reader has made of what real ones have said
 * (tests/samples), a file written in its JSON form, options in theirs, and what is found.
 */
#ifndef FUSE_TESTS_UNIT_PREFLIGHT_RIG_H
#define FUSE_TESTS_UNIT_PREFLIGHT_RIG_H

#include "printer/preflight.h"
#include "tests/unit/report_rig.h"

static struct plates plates;
static struct print_options options;
static struct preflight_input input;
static struct preflight found;

/* JSON with ' for ", in `room`. */
static inline size_t
unquote(const char *json, char room[4096])
{
	assert_true(str_copy(room, 4096, json));
	for (char *c = room; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	return strlen(room);
}

/* The file: its members as JSON. */
static inline void
a_file(const char *members)
{
	char json[4096], room[4096];
	const char *fault;

	assert_true(str_format(json, sizeof json, "{%s}", members));
	size_t len = unquote(json, room);
	if (!plates_read(room, len, &plates, &fault))
		fail_msg("%s: %s", json, fault);
}

/* A file for this model of filaments "'material':'PLA','color':'FF8000FF'", all used by plate 1, 10 g of each. */
static inline void
a_file_of(const char *model, const char *const filaments[], size_t count)
{
	char list[2048] = "", uses[1024] = "", members[4096];

	for (size_t i = 0; i < count; i++) {
		str_format(list + strlen(list), sizeof list - strlen(list), "%s{'index':%zu,%s}", i > 0 ? "," : "", i,
			   filaments[i]);
		str_format(uses + strlen(uses), sizeof uses - strlen(uses), "%s{'index':%zu,'grams':10}",
			   i > 0 ? "," : "", i);
	}
	assert_true(str_format(members, sizeof members,
			       "'kind':'3mf','model':'%s','filaments':[%s],"
			       "'plates':[{'plate':1,'nozzlesMm':[0.4],'filaments':[%s]}]",
			       model, list, uses));
	a_file(members);
}

#define A_FILE_OF(model, ...)                                                                                        \
	a_file_of(model, (const char *const[]){ __VA_ARGS__ },                                                       \
		  sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static inline void
with_options(const char *json)
{
	char room[4096], sentence[240];
	size_t len = unquote(json, room);

	if (!print_options_read(room, len, &options, sentence, sizeof sentence))
		fail_msg("%s", sentence);
}

/* A printer as the sample shows it. */
static inline void
a_printer(const char *model, const char *sample, const char *key)
{
	printer_state_init(&printer);
	said_sample(sample, key);
	input.model = model_by_key(model);
}

static inline const struct preflight_entry *
entry_of(enum preflight_finding finding)
{
	for (uint32_t i = 0; i < found.count; i++)
		if (found.entries[i].finding == finding)
			return &found.entries[i];
	return NULL;
}

/* What holds of every result. */
static inline void
look(void)
{
	bool possible = true, ready = true;

	memset(&found, 0x55, sizeof found);
	preflight_look(&input, &found);
	assert_true(found.count <= PREFLIGHT_FINDINGS_MAX);
	for (uint32_t i = 0; i < found.count; i++) {
		const struct preflight_entry *entry = &found.entries[i];
		assert_true(i == 0 || entry->kind <= found.entries[i - 1].kind);
		assert_true(entry->sentence[0] != '\0' && strchr(".)", entry->sentence[strlen(entry->sentence) - 1]));
		assert_true(!entry->accepted || entry->kind == PREFLIGHT_WARNING);
		possible = possible && entry->kind != PREFLIGHT_IMPOSSIBLE;
		ready = ready && (entry->kind == PREFLIGHT_NOTE || entry->accepted);
	}
	assert_true(found.possible == possible && found.ready == ready);
	assert_int_equal(found.mapping_count, plates.filament_count);
}

static inline void
is_found(enum preflight_finding finding, enum preflight_kind kind, const char *sentence, const char *remedy)
{
	const struct preflight_entry *entry = entry_of(finding);

	if (entry == NULL)
		fail_msg("%s was not found", preflight_finding_name(finding));
	assert_int_equal(entry->kind, kind);
	if (strstr(entry->sentence, sentence) == NULL)
		fail_msg("not '%s': %s", sentence, entry->sentence);
	if (strstr(entry->remedy, remedy) == NULL)
		fail_msg("not '%s': %s", remedy, entry->remedy);
}

static inline void
nothing_is_found(void)
{
	if (found.count > 0)
		fail_msg("%s: %s", preflight_finding_name(found.entries[0].finding), found.entries[0].sentence);
	assert_true(found.ready);
}

static inline void
only_is_found(enum preflight_finding finding, enum preflight_kind kind, const char *sentence, const char *remedy)
{
	is_found(finding, kind, sentence, remedy);
	if (found.count > 1)
		fail_msg("also %s: %s", preflight_finding_name(found.entries[1].finding), found.entries[1].sentence);
}

static inline void
is_mapped(uint32_t index, int32_t ams, int32_t slot)
{
	if (found.mapping[index].ams_id != ams || found.mapping[index].slot_id != slot)
		fail_msg("filament %u comes from %d, %d", index, found.mapping[index].ams_id,
			 found.mapping[index].slot_id);
}

/* A setup: an idle X1 Carbon with three AMS and an AMS HT, a file of black PLA for it, no options. */
static inline int
fresh_preflight(void **state)
{
	fresh(state);
	print_options_init(&options);
	memset(&input, 0, sizeof input);
	a_printer("X1C", "x1c-1", "pushall");
	A_FILE_OF("X1C", "'material':'PLA','color':'000000FF','profile':'GFA01'");
	input.plates = &plates;
	input.plate = 1;
	input.state = &printer;
	input.developer_mode = TRI_YES;
	input.options = &options;
	return 0;
}

#undef STORY
#define STORY(name) cmocka_unit_test_setup(name, fresh_preflight)

#endif
