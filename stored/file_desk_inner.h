/*
 * file_desk_inner: what the files of the file desk, intake.c and examiner.c share; nobody else includes it.
 */
#ifndef FUSE_STORED_FILE_DESK_INNER_H
#define FUSE_STORED_FILE_DESK_INNER_H

#include "stored/desk_inner.h"

/* The file of a hash that somebody asked for; NULL when it was refused NOT_FOUND. */
struct cache_file *file_desk_find_or_refuse(struct desk *desk, const struct header *request, const char *sha256);

/* Write the record to the database, with nobody to answer. */
void file_desk_note(struct desk *desk, const struct cache_file *file);

/* Evict, examine and tell at the end of this turn. */
void file_desk_work_soon(struct desk *desk);

/* The file is unlinked: it is no more, and its record is deleted, in the batch, which answers `request` (its number 0:
 * nobody). */
struct batch_item *file_desk_forget(struct desk *desk, struct cache_file *file, const struct header *request);

/* -- file_space.c -- */

/* The setting cacheMaxMib. */
uint64_t file_desk_limit_bytes(const struct desk *desk);

/* Evict those that were used least lately, until the whole is within the limit and so many places are free. False when
 * that cannot be. */
bool file_desk_evict_beyond(struct desk *desk, uint64_t limit_bytes, uint32_t spare_places);

/* May a file of `size_bytes` (0 = not known) come, besides those that are coming? Makes room on the disk, if need be.
 * False: refused. */
bool file_desk_may_come(struct desk *desk, const struct header *request, uint64_t size_bytes);

/* A place for one that is here, by evicting whom it takes. False: refused. */
bool file_desk_make_place(struct desk *desk, const struct header *request, uint64_t size_bytes);

/* -- file_telling.c -- */

/* Tell of all files that changed, now or as soon as the channel takes more. */
void file_desk_tell_all(struct desk *desk);
/* The same, and how full the cache is: whoever is answered afterwards finds everybody told. */
void file_desk_tell_before_answer(struct desk *desk);
void file_desk_publish_status(struct desk *desk);
void file_desk_publish_status_soon(struct desk *desk);
void file_desk_on_status_timer(void *arg);

/* -- file_desk.c -- */

/* It is not there any more, though nobody removed it through us: its record goes. */
void file_desk_lose(struct desk *desk, struct cache_file *file, const char *why);

/* Open for reading; -1, refused, when it is not what was kept: then it is lost. */
int file_desk_open_or_refuse(struct desk *desk, const struct header *request, struct cache_file *file);

/* The desk of jobs may wait for this. */
void file_desk_tell_listener(struct desk *desk, const char *sha256);

/* -- file_contents.c -- */

/* How its examination ended. */
void file_desk_note_examined(struct desk *desk, struct cache_file *file, const struct msg_examined *found);
void file_desk_note_unexamined(struct desk *desk, struct cache_file *file, const char *sentence);

void file_desk_give_plates(struct desk *desk, const struct header *request, const struct msg_file_plates_want *message);
void file_desk_give_picture(struct desk *desk, const struct header *request,
			    const struct msg_file_picture_want *message);

#endif
