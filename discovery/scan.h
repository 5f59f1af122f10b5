/*
 * scan: answers SCAN with what a search brings (search.h), row by row.
 */
#ifndef FUSE_DISCOVERY_SCAN_H
#define FUSE_DISCOVERY_SCAN_H

#include "discovery/house.h"

#define SCANS_MAX 4 /* at once; others are refused BUSY */
#define SCAN_PROGRESS_MS 250

/* Take a SCAN; it is answered by SCAN_DONE or REFUSED, later or at once. */
void scan_begin(struct house *house, const struct header *request, const struct msg_scan *message);
/* SCAN_CANCEL: only who has begun a search can end it. */
void scan_cancel(struct house *house, const struct header *request, const struct msg_scan_cancel *message);
void scan_forget_all(void);

#endif
