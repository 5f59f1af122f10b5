/*
 * camera_picture: what the camera of a virtual printer sees: a grey picture of a bed and a nozzle, as a baseline JPEG of
 * 1280 × 720. Each square of 8 × 8 is of one grey, so a picture needs no transform and a few KiB. Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_CAMERA_PICTURE_H
#define FUSE_WORKER_VIRTUAL_CAMERA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAMERA_PICTURE_MAX_BYTES 65536

/* The picture of this moment; the nozzle moves while it prints. Returns its length. */
size_t camera_picture(uint32_t tick, bool prints, uint8_t ret_jpeg[CAMERA_PICTURE_MAX_BYTES]);

#endif
