/*
 * httpd/leaves: what is newer than what a reader has seen, whatever became of the document in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/str.h"
#include "tests/unit/leaves_reader.h"

static struct leaves *leaves;
static uint64_t revision;

static int
set_up(void **state)
{
	(void)state;
	leaves = leaves_new();
	revision = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	leaves_free(leaves);
	return 0;
}

static enum leaves_outcome
update(const char *text)
{
	enum leaves_outcome outcome = leaves_update(leaves, text, strlen(text), revision + 1);

	revision += outcome == LEAVES_CHANGED;
	return outcome;
}

static void
assert_since(uint64_t seen, const char *expected)
{
	struct payload *payload = payload_new(0);

	assert_int_equal(leaves_write_since(leaves, seen, payload), expected[0] != '\0');
	payload_put(payload, "", 1);
	assert_string_equal(payload->text, expected);
	payload_release(payload);
}

static void
only_the_leaves_that_differ_are_told(void **state)
{
	(void)state;
	assert_int_equal(update("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":[1,2],\"e\":{}},\"f\":null}"), LEAVES_CHANGED);
	assert_since(0, "\"a\":1,\"b\":{\"c\":\"x\",\"d\":[1,2],\"e\":{}},\"f\":null");
	assert_since(1, "");
	assert_int_equal(update("{\"a\":1,\"b\":{\"c\":\"x\",\"d\":[1,2],\"e\":{}},\"f\":null}"), LEAVES_SAME);
	assert_int_equal(update("{\"a\":1,\"b\":{\"c\":\"y\",\"d\":[1,2],\"e\":{}},\"f\":null}"), LEAVES_CHANGED);
	assert_since(1, "\"b\":{\"c\":\"y\"}");
	assert_int_equal(update("{\"a\":12,\"b\":{\"c\":\"y\",\"d\":[1,3],\"e\":{}},\"f\":false}"), LEAVES_CHANGED);
	assert_since(2, "\"a\":12,\"b\":{\"d\":[1,3]},\"f\":false");
	assert_since(1, "\"a\":12,\"b\":{\"c\":\"y\",\"d\":[1,3]},\"f\":false");
	assert_since(3, "");
	assert_int_equal(leaves_revision(leaves), 3);
}

static void
a_longer_number_is_another_one(void **state)
{
	(void)state;
	update("{\"a\":1,\"b\":10}");
	assert_int_equal(update("{\"a\":10,\"b\":1}"), LEAVES_CHANGED);
	assert_since(1, "\"a\":10,\"b\":1");
	assert_int_equal(update("{\"a\":1e1,\"b\":1.5}"), LEAVES_CHANGED);
	assert_since(2, "\"a\":1e1,\"b\":1.5");
}

static void
another_order_of_members_is_no_news(void **state)
{
	(void)state;
	update("{\"a\":1,\"b\":{\"x\":1,\"y\":2},\"c\":3}");
	assert_int_equal(update("{\"c\":3,\"b\":{\"y\":2,\"x\":1},\"a\":1}"), LEAVES_SAME);
	assert_int_equal(update("{\"b\":{\"x\":1,\"y\":4},\"a\":1,\"c\":3}"), LEAVES_CHANGED);
	assert_since(1, "\"b\":{\"y\":4}");
}

static void
what_vanished_is_told_until_it_is_back(void **state)
{
	(void)state;
	update("{\"a\":1,\"b\":{\"x\":1,\"y\":2}}");
	update("{\"a\":1,\"b\":{\"y\":2}}");
	assert_since(1, "\"b\":{\"$gone\":[\"x\"]}");
	assert_since(2, "");
	update("{\"a\":2,\"b\":{\"y\":2}}");
	assert_since(1, "\"a\":2,\"b\":{\"$gone\":[\"x\"]}");
	update("{\"a\":2,\"b\":{\"y\":2,\"x\":1}}");
	assert_since(1, "\"a\":2,\"b\":{\"x\":1}");
	assert_since(3, "\"b\":{\"x\":1}");
	update("{}");
	assert_since(4, "\"$gone\":[\"a\",\"b\"]");
	assert_since(0, "");
}

/* Whoever has not seen the moment without it would keep members of the old one. */
static void
an_object_that_is_another_one_replaces_the_old(void **state)
{
	(void)state;
	update("{\"job\":{\"name\":\"a\",\"plate\":1}}");
	update("{\"job\":null}");
	assert_since(1, "\"job\":null");
	update("{\"job\":{\"name\":\"b\"}}");
	assert_since(1, "\"$gone\":[\"job\"],\"job\":{\"name\":\"b\"}");
	update("{\"job\":{\"name\":\"c\"}}");
	assert_since(1, "\"$gone\":[\"job\"],\"job\":{\"name\":\"c\"}");
	assert_since(3, "\"job\":{\"name\":\"c\"}");
	update("{}");
	update("{\"job\":{\"plate\":2}}");
	assert_since(4, "\"$gone\":[\"job\"],\"job\":{\"plate\":2}");
	update("{\"job\":{\"plate\":2},\"new\":{\"x\":1}}");
	assert_since(6, "\"new\":{\"x\":1}");
}

static void
what_is_malformed_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"", "null", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{\"a\":1}}", "{\"a\":1} ", "{ \"a\":1}",
		"{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":tru}", "{\"a\":\"x}", "{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":[1,]}", "{\"a\":[1 ]}", "{\"a\":[}", "{a:1}", "{\"a\":1,\"a\":1}",
		"{\"b\":1,\"a\":1,\"b\":1}", "{\"$gone\":[]}", "{\"__proto__\":{}}", "{\"\":1}", "{\"\\u0061\":1}", "{\"\xc3\xa4\":1}",
		"{\"a\":{\"b\":nul}}", "{\"a\":1,,\"b\":2}", "{\"c\":2,\"a\":1,\"b\":2,\"c\":2}",
	};

	(void)state;
	update("{\"a\":1,\"b\":2,\"c\":{\"d\":3}}");
	for (size_t i = 0; i < STR_ARRAY_LEN(bad); i++) {
		if (update(bad[i]) != LEAVES_REFUSED)
			fail_msg("taken: %s", bad[i]);
		assert_since(0, "\"a\":1,\"b\":2,\"c\":{\"d\":3}");
	}
	/* Nor does it leave marks. */
	assert_int_equal(update("{\"a\":1,\"b\":2,\"c\":{\"d\":4}}"), LEAVES_CHANGED);
	assert_since(1, "\"c\":{\"d\":4}");
}

static char *
nested(const char *open, const char *close, unsigned depth)
{
	char *text = calloc(1, 20 + depth * (strlen(open) + strlen(close)));

	assert_non_null(text);
	for (unsigned i = 0; i < depth; i++)
		strcat(text, open);
	strcat(text, "1");
	for (unsigned i = 0; i < depth; i++)
		strcat(text, close);
	return text;
}

static char *
with_members(unsigned objects, unsigned members)
{
	size_t cap = 16u * objects * (members + 2) + 16, used = 1;
	char *text = malloc(cap);

	assert_non_null(text);
	strcpy(text, "{");
	for (unsigned o = 0; o < objects; o++) {
		used += (size_t)sprintf(text + used, "%s\"o%u\":{", o > 0 ? "," : "", o);
		for (unsigned m = 0; m < members; m++)
			used += (size_t)sprintf(text + used, "%s\"m%u\":%u", m > 0 ? "," : "", m, o);
		used += (size_t)sprintf(text + used, "}");
	}
	strcpy(text + used, "}");
	return text;
}

static void
assert_outcome(char *text, enum leaves_outcome expected)
{
	assert_int_equal(update(text), expected);
	free(text);
}

static void
all_is_bounded(void **state)
{
	(void)state;
	assert_outcome(nested("{\"a\":", "}", LEAVES_DEPTH_MAX), LEAVES_CHANGED);
	assert_outcome(nested("{\"a\":", "}", LEAVES_DEPTH_MAX + 1), LEAVES_REFUSED);
	assert_outcome(nested("{\"a\":", "}", 10000), LEAVES_REFUSED);
	char *deep = nested("[", "]", 10000);
	char *text = malloc(strlen(deep) + 10);
	assert_non_null(text);
	sprintf(text, "{\"a\":%s}", deep);
	free(deep);
	assert_outcome(text, LEAVES_REFUSED);
	assert_outcome(with_members(1, LEAVES_MEMBERS_MAX), LEAVES_CHANGED);
	assert_outcome(with_members(1, LEAVES_MEMBERS_MAX + 1), LEAVES_REFUSED);
	assert_outcome(with_members(20, 205), LEAVES_REFUSED);
	text = calloc(1, LEAVES_TEXT_MAX_BYTES + 20);
	assert_non_null(text);
	strcpy(text, "{\"a\":\"");
	memset(text + 6, 'x', LEAVES_TEXT_MAX_BYTES);
	strcpy(text + 6 + LEAVES_TEXT_MAX_BYTES, "\"}");
	assert_outcome(text, LEAVES_REFUSED);
}

static void
too_much_that_vanished_needs_the_whole(void **state)
{
	(void)state;
	assert_outcome(with_members(2, 30), LEAVES_CHANGED);
	assert_int_equal(leaves_horizon(leaves), 0);
	update("{\"o0\":{},\"o1\":{\"m0\":1}}");
	assert_int_equal(leaves_horizon(leaves), 2);
	assert_since(2, "");
	assert_since(0, "\"o0\":{},\"o1\":{\"m0\":1}");
	update("{\"o0\":{}}");
	assert_int_equal(leaves_horizon(leaves), 2);
	assert_since(2, "\"$gone\":[\"o1\"]");
}

/* -- many documents, many readers ---------------------------------------------------------------------- */

#define STEPS 6000
#define READERS 12

static json_t *
random_value(unsigned depth)
{
	static const char *const names[] = { "a", "b", "c", "dd", "$e", "x_" };
	int kind = rand() % (depth > 0 ? 6 : 4);

	if (kind == 0)
		return json_integer(rand() % 3);
	if (kind == 1)
		return json_null();
	if (kind == 2)
		return json_sprintf("%d\"\\", rand() % 2);
	if (kind == 3)
		return json_pack("[i, {s:i}]", rand() % 2, "k", rand() % 2);
	json_t *object = json_object();
	for (int i = rand() % 5; i > 0; i--)
		json_object_set_new(object, names[rand() % 6], random_value(depth - 1));
	return object;
}

/* Change something, somewhere: a member comes, goes, changes, or changes its place. */
static void
change(json_t *object)
{
	const char *name = NULL;
	json_t *value;
	int pick = json_object_size(object) > 0 ? rand() % (int)json_object_size(object) : 0;

	json_object_foreach(object, name, value)
		if (pick-- == 0)
			break;
	if (name != NULL && json_is_object(value) && rand() % 3 > 0) {
		change(value);
	} else if (name != NULL && rand() % 2 == 0) {
		char kept[8];
		str_copy(kept, sizeof kept, name);
		json_t *again = json_incref(value);
		json_object_del(object, kept);
		if (rand() % 2 == 0)
			json_object_set(object, kept, again);
		json_decref(again);
	} else {
		json_t *fresh = json_object(), *more = random_value(2);
		json_object_set_new(fresh, "abcde" + rand() % 5, more);
		json_object_update(object, fresh);
		json_decref(fresh);
	}
}

static void
whatever_happens_every_reader_gets_there(void **state)
{
	json_t *now = json_object(), *had[READERS] = { NULL };
	uint64_t seen[READERS] = { 0 };

	(void)state;
	srand(8);
	for (unsigned step = 0; step < STEPS; step++) {
		change(now);
		char *text = json_dumps(now, JSON_COMPACT);
		assert_int_not_equal(update(text), LEAVES_REFUSED);
		json_t *newest = reader_load(text, strlen(text));
		for (unsigned i = 0; i < READERS; i++) {
			if (!reader_gets_there(leaves, seen[i], had[i], newest))
				fail_msg("a reader of %llu does not get to %s", (unsigned long long)seen[i], text);
			if (rand() % (int)(2 + i) != 0)
				continue;
			json_decref(had[i]);
			had[i] = json_incref(newest);
			seen[i] = revision;
		}
		json_decref(newest);
		free(text);
	}
	for (unsigned i = 0; i < READERS; i++)
		json_decref(had[i]);
	json_decref(now);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(only_the_leaves_that_differ_are_told),
		T(a_longer_number_is_another_one),
		T(another_order_of_members_is_no_news),
		T(what_vanished_is_told_until_it_is_back),
		T(an_object_that_is_another_one_replaces_the_old),
		T(what_is_malformed_changes_nothing),
		T(all_is_bounded),
		T(too_much_that_vanished_needs_the_whole),
		T(whatever_happens_every_reader_gets_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
