/*
 * camera_picture: what the camera of a virtual printer sees (camera_scene.h) as a grey baseline JPEG of 1280 × 720. Each
 * square of 8 × 8 is of one grey, so a picture needs no transform and a few KiB. Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_CAMERA_PICTURE_H
#define FUSE_WORKER_VIRTUAL_CAMERA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "worker/virtual/camera_scene.h"

#define CAMERA_PICTURE_MAX_BYTES 65536

/* Returns its length. */
size_t camera_picture(const struct camera_scene *scene, uint8_t ret_jpeg[CAMERA_PICTURE_MAX_BYTES]);

#endif
