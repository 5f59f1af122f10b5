/*
 * md5: the digest that slicers put beside the G-code in a 3MF, which printers check. It protects against nobody.
 */
#ifndef FUSE_STORED_FILECHK_MD5_H
#define FUSE_STORED_FILECHK_MD5_H

#include <stdbool.h>
#include <stddef.h>

#define MD5_HEX_BYTES 33 /* upper case, with its NUL */

/* Before lock-in: looking for it later could open files. */
void md5_init(void);

struct md5;

struct md5 *md5_new(void);
void md5_add(struct md5 *md5, const void *bytes, size_t len);
/* Ends it. */
void md5_free(struct md5 *md5, char ret_hex[MD5_HEX_BYTES]);

#endif
