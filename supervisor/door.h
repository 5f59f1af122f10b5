/*
 * door: where fusectl comes in: <state>/fused.sock, mode 0660. The peer's credentials are checked: root,
 * fused's own user, and members of the socket's group. Each visitor is a peer of role ctl; one that breaks
 * the rules is shown out.
 */
#ifndef FUSE_SUPERVISOR_DOOR_H
#define FUSE_SUPERVISOR_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "supervisor/switchboard.h"

#define DOOR_VISITORS_MAX 32

struct door;
struct loop;

/* Open the door in `state_dir`. NULL with a sentence in `ret_fault`. */
struct door *door_new(struct loop *loop, struct switchboard *board, const char *state_dir, char *ret_fault, size_t cap);
void door_free(struct door *door);

/* End a visit (an offence). Takes effect at the end of the loop's turn. */
void door_show_out(struct door *door, struct peer *peer, const char *why);

/* Visitors that follow the log get `line`. A visitor that does not keep up misses lines, and is told how many. */
void door_follow(struct door *door, struct peer *peer, const struct header *request);
void door_tell_followers(struct door *door, const char *line, size_t len);

#endif
