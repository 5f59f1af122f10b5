/*
 * exposition: Prometheus' text format (version 0.0.4). Samples may come in any order; written, those of one metric stand
 * together below its HELP and TYPE, as the format wants it. Which metrics there are: metrics.def. Pure.
 */
#ifndef FUSE_HTTPD_EXPOSITION_H
#define FUSE_HTTPD_EXPOSITION_H

#include <stddef.h>

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric {
#define METRIC(NAME, ...) METRIC_##NAME,
#include "httpd/metrics.def"
	METRIC_COUNT
};

struct exposition;

struct exposition *exposition_new(void);
void exposition_free(struct exposition *exposition);

/*
 * Add a sample; then pairs of a label's name and its text (UTF-8, escaped here), and a NULL. A label whose text is ""
 * is left out, and so is a sample whose value is not finite. The caller sees to it that no sample comes twice.
 */
void exposition_add(struct exposition *exposition, enum metric metric, double value, ...) __attribute__((sentinel));

/* All of it, to be freed by the caller. */
char *exposition_write(const struct exposition *exposition, size_t *ret_len);

#endif
