/*
 * peers: a small table of workers.
 */
#include "stored/peers.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "stored/owner.h"
#include "stored/virtual_keys.h"

#define PRINTER_PREFIX "printer/"
#define GATEWAY_PREFIX "gateway/"

static struct peer *
find_key(struct peers *peers, uint32_t key)
{
	for (unsigned i = 0; i < peers->count; i++)
		if (peers->all[i].key == key)
			return &peers->all[i];
	return NULL;
}

void
peers_note(struct peers *peers, const struct header *header, const struct msg_proc_status *status)
{
	struct peer *peer = find_key(peers, header->retain_key);
	bool gone = (header->flags & HEADER_FLAG_CLEAR) != 0;

	if (gone) {
		if (peer != NULL)
			*peer = peers->all[--peers->count];
		return;
	}
	if (status->role != ROLE_WORKER && status->role != ROLE_VIRTUAL)
		return;
	if (peer == NULL && peers->count == PEERS_MOST) {
		log_warn("too many workers: this one gets no secrets", log_int("slot", status->slot));
		return;
	}
	if (peer == NULL)
		peer = &peers->all[peers->count++];
	peer->key = header->retain_key;
	peer->role = status->role;
	peer->slot = (uint16_t)status->slot;
	peer->generation = status->generation;
	str_copy(peer->entry, sizeof peer->entry, status->entry);
}

const char *
peers_entry_peek(const struct peers *peers, const struct header *header)
{
	for (unsigned i = 0; i < peers->count; i++) {
		const struct peer *peer = &peers->all[i];
		if (peer->role == header->from_role && peer->slot == header->from_slot && peer->generation == header->generation &&
		    peer->entry[0] != '\0')
			return peer->entry;
	}
	return NULL;
}

static bool
find(const struct peers *peers, enum role role, const char *entry, uint16_t *ret_slot)
{
	for (unsigned i = 0; i < peers->count; i++) {
		*ret_slot = peers->all[i].slot;
		if (peers->all[i].role == role && entry[0] != '\0' && strcmp(peers->all[i].entry, entry) == 0)
			return true;
	}
	return false;
}

bool
peers_find_worker(const struct peers *peers, const char *entry, uint16_t *ret_slot)
{
	return find(peers, ROLE_WORKER, entry, ret_slot);
}

bool
peers_find_player(const struct peers *peers, const char *entry, uint16_t *ret_slot)
{
	return find(peers, ROLE_VIRTUAL, entry, ret_slot);
}

static bool
is_own_printer(const struct peers *peers, const struct header *header, const char *name)
{
	const char *entry = peers_entry_peek(peers, header);

	return entry != NULL && strncmp(name, PRINTER_PREFIX, strlen(PRINTER_PREFIX)) == 0 &&
	       strcmp(entry, name + strlen(PRINTER_PREFIX)) == 0;
}

bool
peers_may_read(const struct peers *peers, const struct header *header, const char *name)
{
	if (header->from_role == ROLE_WORKER)
		return is_own_printer(peers, header, name);
	return header->from_role == ROLE_GATEWAYD &&
	       strncmp(name, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX)) == 0;
}

bool
peers_may_write(const struct header *header, const char *name)
{
	if (header->from_role == ROLE_GATEWAYD)
		return strncmp(name, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX)) == 0;
	if (owner_is_own_name(name) || virtual_keys_is_own_name(name))
		return false;
	return header->from_role == ROLE_HTTPD || header->from_role == ROLE_CTL;
}
