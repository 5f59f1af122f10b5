/*
 * threemf: a 3MF file as Bambu Studio and OrcaSlicer export it: which plates are sliced, and is each as it was written?
 * It is looked into piece by piece, so that whoever asks can do other things between. docs/protocol.md, "Print files".
 */
#ifndef FUSE_STORED_FILECHK_THREEMF_H
#define FUSE_STORED_FILECHK_THREEMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/filechk/contents.h"
#include "stored/filechk/verdict.h"

#define THREEMF_CONFIG_MAX_BYTES (4 << 20)

struct threemf;

/* `fd` and `contents` are borrowed until threemf_free(). NULL: `ret_verdict` is all there is to say. */
struct threemf *threemf_open(int fd, uint64_t bytes, struct contents *contents, struct verdict *ret_verdict);

/* Go on, for some 4 MiB of G-code. True at the end, with the verdict. */
bool threemf_step(struct threemf *threemf, struct verdict *ret_verdict);
void threemf_free(struct threemf *threemf);

/* The picture of a plate (free() it); NULL when there is none. */
uint8_t *threemf_picture(int fd, uint64_t bytes, uint32_t plate, size_t *ret_len);

#endif
