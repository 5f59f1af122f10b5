/*
 * leaves: the text is kept, and a flat array of nodes that point into it, in the text's order: an object's members
 * follow it, up to its `end`. A new text is read beside the old one: as long as members come in the same order, and a
 * leaf's bytes are the same, there is nothing to do but to compare.
 *
 * Vanished members are nodes too, after those of their object that are there; their names stand behind the text.
 */
#include "httpd/leaves.h"

#include <stdlib.h>
#include <string.h>

#include "common/miniobj.h"
#include "httpd/jsonscan.h"

#define LEAVES_MAGIC 0x4c454146
#define NONE UINT32_MAX

enum kind { KIND_LEAF, KIND_OBJECT, KIND_GONE };

struct node {
	uint64_t revision; /* of the newest change in it */
	uint64_t born;	   /* object: since when it is one */
	uint32_t name, value, value_len; /* where in the text; the name without its quotes */
	uint32_t end;	   /* the first node that is not in it */
	uint32_t seen;	   /* number of the update that has found it in the new text */
	uint8_t name_len;
	uint8_t kind;
	bool replaces;	   /* object: it stands where a reader may know an older one */
};

struct leaves {
	unsigned magic;
	uint32_t updates;
	uint64_t horizon;
	char *text; /* and the names of vanished members */
	size_t len, cap;
	struct node *nodes; /* the root first */
	uint32_t count, nodes_cap;
};

/* What an update works with. One at a time. */
struct update {
	struct leaves *old;
	const char *text;
	uint32_t len, at;
	uint64_t revision;
	uint32_t count, gone_count, names_len;
	bool is_changed, has_forgotten;
};
static struct node nodes[LEAVES_NODES_MAX];
static char gone_names[LEAVES_GONE_MAX * LEAVES_NAME_MAX_BYTES];

struct leaves *
leaves_new(void)
{
	struct leaves *leaves = calloc(1, sizeof *leaves);

	ENSURE(leaves != NULL);
	leaves->magic = LEAVES_MAGIC;
	return leaves;
}

void
leaves_free(struct leaves *leaves)
{
	if (leaves == NULL)
		return;
	ENSURE_OBJ(leaves, LEAVES_MAGIC);
	free(leaves->text);
	free(leaves->nodes);
	leaves->magic = 0;
	free(leaves);
}

/* -- names ------------------------------------------------------------------------------------------ */

/* Two names mean something to those who merge: a document must not say them. */
static bool
is_fit_name(const char *name, size_t len)
{
	if (len == 0 || len > LEAVES_NAME_MAX_BYTES || (len == 5 && memcmp(name, "$gone", 5) == 0) ||
	    (len == 9 && memcmp(name, "__proto__", 9) == 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x20 || name[i] > 0x7e || name[i] == '"' || name[i] == '\\')
			return false;
	return true;
}

/* Among the members of an object, in a list of nodes over `text`. */
static uint32_t
find_member(const struct node *list, const char *text, uint32_t object, uint32_t end, const char *name, size_t len)
{
	for (uint32_t i = object + 1; i < end; i = list[i].end)
		if (list[i].name_len == len && memcmp(text + list[i].name, name, len) == 0)
			return i;
	return NONE;
}

/* -- vanished members ----------------------------------------------------------------------------------- */

/* When there are too many, who has not heard of all of them yet needs the whole. */
static bool
keep_gone(struct update *update, const struct node *was, uint64_t revision)
{
	if (update->gone_count == LEAVES_GONE_MAX || update->has_forgotten) {
		update->has_forgotten = true;
		return true;
	}
	if (update->count == LEAVES_NODES_MAX)
		return false;
	struct node *node = &nodes[update->count++];
	*node = (struct node){ .kind = KIND_GONE, .revision = revision, .name = update->len + update->names_len,
			       .name_len = was->name_len, .end = update->count };
	memcpy(gone_names + update->names_len, update->old->text + was->name, was->name_len);
	update->names_len += was->name_len;
	update->gone_count++;
	return true;
}

/* What of the old object was not found in the new one. */
static bool
carry_gone(struct update *update, uint32_t old)
{
	const struct node *olds = update->old->nodes;

	for (uint32_t i = old + 1; i < olds[old].end; i = olds[i].end) {
		if (olds[i].seen == update->old->updates)
			continue;
		bool is_news = olds[i].kind != KIND_GONE;
		if (!is_news && olds[i].revision <= update->old->horizon)
			continue; /* everybody knows */
		update->is_changed |= is_news;
		if (!keep_gone(update, &olds[i], is_news ? update->revision : olds[i].revision))
			return false;
	}
	return true;
}

/* -- reading a new text ----------------------------------------------------------------------------------- */

static bool
take(struct update *update, char c)
{
	if (update->at >= update->len || update->text[update->at] != c)
		return false;
	update->at++;
	return true;
}

/* The usual case: the next member is the one that came next the last time. */
static bool
is_next_name(const struct update *update, uint32_t old)
{
	const struct node *was = &update->old->nodes[old];
	const char *at = update->text + update->at;

	return was->kind != KIND_GONE && was->seen != update->old->updates && update->len - update->at >= was->name_len + 3u && at[0] == '"' &&
	       memcmp(at + 1, update->old->text + was->name, was->name_len) == 0 && at[was->name_len + 1] == '"';
}

/* Read a name into a new node. `*next`: the old member that is expected here (NONE when there is none), then the one
 * after it. Returns false when it is malformed or there already; else `*ret_old` is the old member of this name. */
static bool
read_name(struct update *update, uint32_t self, uint32_t old, uint32_t *next, uint32_t *ret_old)
{
	const struct leaves *leaves = update->old;

	if (update->count == LEAVES_NODES_MAX)
		return false;
	struct node *node = &nodes[update->count];
	*node = (struct node){ .name = update->at + 1 };
	if (*next != NONE && *next < leaves->nodes[old].end && is_next_name(update, *next)) {
		*ret_old = *next;
		*next = leaves->nodes[*next].end;
		node->name_len = leaves->nodes[*ret_old].name_len;
	} else {
		size_t end = jsonscan_text(update->text, update->len, update->at);
		if (end == 0 || !is_fit_name(update->text + node->name, end - 1 - node->name))
			return false;
		node->name_len = (uint8_t)(end - 1 - node->name);
		if (find_member(nodes, update->text, self, update->count, update->text + node->name, node->name_len) != NONE)
			return false;
		*ret_old = old == NONE ? NONE : find_member(leaves->nodes, leaves->text, old, leaves->nodes[old].end,
							    update->text + node->name, node->name_len);
		if (*ret_old != NONE && leaves->nodes[*ret_old].kind != KIND_GONE)
			*next = leaves->nodes[*ret_old].end;
	}
	if (*ret_old != NONE)
		leaves->nodes[*ret_old].seen = leaves->updates;
	update->count++;
	update->at += node->name_len + 2u;
	return take(update, ':');
}

/* It ends where the value ended that it is compared with, and is no longer. */
static bool
is_same_leaf(const struct update *update, const struct node *was)
{
	size_t left = update->len - update->at;

	return was->kind == KIND_LEAF && left > was->value_len &&
	       memcmp(update->text + update->at, update->old->text + was->value, was->value_len) == 0 &&
	       memchr(",}", update->text[update->at + was->value_len], 2) != NULL;
}

static bool
read_leaf(struct update *update, uint32_t self, uint32_t old)
{
	struct node *node = &nodes[self];

	node->kind = KIND_LEAF;
	node->end = self + 1;
	if (old != NONE && is_same_leaf(update, &update->old->nodes[old])) {
		node->value_len = update->old->nodes[old].value_len;
		node->revision = update->old->nodes[old].revision;
	} else {
		size_t end = jsonscan_value(update->text, update->len, update->at, LEAVES_DEPTH_MAX);
		if (end == 0)
			return false;
		node->value_len = (uint32_t)end - update->at;
		node->revision = update->revision;
		update->is_changed = true;
	}
	update->at += node->value_len;
	return true;
}

static bool read_members(struct update *update, uint32_t self, uint32_t old, unsigned depth);

static bool
read_object(struct update *update, uint32_t self, uint32_t old, unsigned depth)
{
	const struct node *was = old != NONE ? &update->old->nodes[old] : NULL;
	struct node *node = &nodes[self];

	node->kind = KIND_OBJECT;
	node->replaces = was != NULL && (was->kind != KIND_OBJECT || was->replaces);
	node->born = was != NULL && was->kind == KIND_OBJECT ? was->born : update->revision;
	update->is_changed |= node->born == update->revision;
	if (was == NULL || was->kind != KIND_OBJECT)
		old = NONE;
	uint32_t start = update->at;
	if (depth == 0 || !take(update, '{') || !read_members(update, self, old, depth))
		return false;
	if (old != NONE && !carry_gone(update, old))
		return false;
	node->value_len = update->at - start;
	node->end = update->count;
	node->revision = node->born;
	for (uint32_t i = self + 1; i < node->end; i = nodes[i].end)
		if (nodes[i].revision > node->revision)
			node->revision = nodes[i].revision;
	return true;
}

static bool
read_members(struct update *update, uint32_t self, uint32_t old, unsigned depth)
{
	uint32_t next = old != NONE ? old + 1 : NONE, was;
	unsigned members = 0;

	if (take(update, '}'))
		return true;
	do {
		uint32_t member = update->count;
		if (++members > LEAVES_MEMBERS_MAX || !read_name(update, self, old, &next, &was))
			return false;
		nodes[member].value = update->at;
		bool is_object = update->at < update->len && update->text[update->at] == '{';
		if (!(is_object ? read_object(update, member, was, depth - 1) : read_leaf(update, member, was)))
			return false;
	} while (take(update, ','));
	return take(update, '}');
}

/* -- the new becomes the old ------------------------------------------------------------------------------- */

static void
adopt(struct leaves *leaves, const struct update *update)
{
	size_t len = update->len + update->names_len;

	if (len > leaves->cap) {
		free(leaves->text);
		leaves->cap = len + len / 8;
		leaves->text = malloc(leaves->cap);
	}
	if (update->count > leaves->nodes_cap) {
		free(leaves->nodes);
		leaves->nodes_cap = update->count + update->count / 8;
		leaves->nodes = malloc(leaves->nodes_cap * sizeof leaves->nodes[0]);
	}
	ENSURE(leaves->text != NULL && leaves->nodes != NULL);
	memcpy(leaves->text, update->text, update->len);
	memcpy(leaves->text + update->len, gone_names, update->names_len);
	memcpy(leaves->nodes, nodes, update->count * sizeof nodes[0]);
	leaves->len = update->len;
	leaves->count = update->count;
}

enum leaves_outcome
leaves_update(struct leaves *leaves, const char *text, size_t len, uint64_t revision)
{
	ENSURE_OBJ(leaves, LEAVES_MAGIC);
	ENSURE(revision > leaves_revision(leaves));
	if (leaves->count > 0 && len == leaves->len && memcmp(text, leaves->text, len) == 0)
		return LEAVES_SAME;
	if (len > LEAVES_TEXT_MAX_BYTES)
		return LEAVES_REFUSED;
	struct update update = { .old = leaves, .text = text, .len = (uint32_t)len, .revision = revision, .count = 1 };
	leaves->updates++;
	nodes[0] = (struct node){ 0 };
	if (!read_object(&update, 0, leaves->count > 0 ? 0 : NONE, LEAVES_DEPTH_MAX) || update.at != len)
		return LEAVES_REFUSED;
	adopt(leaves, &update);
	if (update.has_forgotten)
		leaves->horizon = revision;
	/* Only the order of members may have changed. */
	return update.is_changed ? LEAVES_CHANGED : LEAVES_SAME;
}

const char *
leaves_text_peek(const struct leaves *leaves, size_t *ret_len)
{
	*ret_len = leaves->len;
	return leaves->text;
}

uint64_t
leaves_revision(const struct leaves *leaves)
{
	return leaves->count > 0 ? leaves->nodes[0].revision : 0;
}

uint64_t
leaves_horizon(const struct leaves *leaves)
{
	return leaves->horizon;
}

/* -- what is newer --------------------------------------------------------------------------------------------- */

static bool
must_be_forgotten(const struct node *node, uint64_t seen)
{
	if (node->kind == KIND_GONE)
		return node->revision > seen;
	return node->kind == KIND_OBJECT && node->replaces && node->born > seen;
}

static void
put_name(const struct leaves *leaves, const struct node *node, struct payload *payload)
{
	payload_put(payload, "\"", 1);
	payload_put(payload, leaves->text + node->name, node->name_len);
	payload_put(payload, "\"", 1);
}

static bool
write_gone(const struct leaves *leaves, const struct node *object, uint64_t seen, struct payload *payload)
{
	bool any = false;

	for (uint32_t i = (uint32_t)(object - leaves->nodes) + 1; i < object->end; i = leaves->nodes[i].end) {
		if (!must_be_forgotten(&leaves->nodes[i], seen))
			continue;
		payload_put_text(payload, any ? "," : "\"$gone\":[");
		put_name(leaves, &leaves->nodes[i], payload);
		any = true;
	}
	if (any)
		payload_put(payload, "]", 1);
	return any;
}

static bool
write_members(const struct leaves *leaves, const struct node *object, uint64_t seen, struct payload *payload)
{
	bool any = write_gone(leaves, object, seen, payload);

	for (uint32_t i = (uint32_t)(object - leaves->nodes) + 1; i < object->end; i = leaves->nodes[i].end) {
		const struct node *node = &leaves->nodes[i];
		if (node->revision <= seen || node->kind == KIND_GONE)
			continue;
		if (any)
			payload_put(payload, ",", 1);
		any = true;
		put_name(leaves, node, payload);
		payload_put(payload, ":", 1);
		if (node->kind == KIND_LEAF || node->born > seen) {
			payload_put(payload, leaves->text + node->value, node->value_len);
		} else {
			payload_put(payload, "{", 1);
			write_members(leaves, node, seen, payload);
			payload_put(payload, "}", 1);
		}
	}
	return any;
}

bool
leaves_write_since(const struct leaves *leaves, uint64_t seen, struct payload *payload)
{
	ENSURE_OBJ(leaves, LEAVES_MAGIC);
	ENSURE(seen == 0 || seen >= leaves->horizon);
	if (leaves->count == 0)
		return false;
	const struct node *root = &leaves->nodes[0];
	if (root->born > seen) {
		payload_put(payload, leaves->text + 1, leaves->len - 2);
		return leaves->len > 2;
	}
	return root->revision > seen && write_members(leaves, root, seen, payload);
}
