/*
 * nameplate: what a virtual printer tells of itself to anybody, without a login: by announcements and the detect
 * service.
 */
#ifndef FUSE_WORKER_VIRTUAL_NAMEPLATE_H
#define FUSE_WORKER_VIRTUAL_NAMEPLATE_H

#include <stddef.h>

struct nameplate {
	char serial[33];
	char model_code[33]; /* "N2S" */
	char name[97];
	char firmware[25];
};

#endif
