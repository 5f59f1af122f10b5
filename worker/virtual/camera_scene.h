/*
 * camera_scene: what the camera of a virtual printer has before it: a bed, a nozzle, and what has been printed so far, in
 * squares of one grey each. camera_picture.h and h264_writer.h make pictures of it. Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_CAMERA_SCENE_H
#define FUSE_WORKER_VIRTUAL_CAMERA_SCENE_H

#include <stdbool.h>
#include <stdint.h>

struct camera_scene {
	int64_t at_ms;	  /* the nozzle moves with it while it prints */
	bool prints;	  /* else the nozzle waits at the left */
	bool is_1080p;	  /* for who shows it: not 720p */
	unsigned percent; /* of the print; what stands on the bed grows with it */
};

/* Draw it: `rows` rows of `columns` squares. */
void camera_scene_draw(const struct camera_scene *scene, unsigned columns, unsigned rows, uint8_t *ret_greys);

#endif
