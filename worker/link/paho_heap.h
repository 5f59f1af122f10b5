/*
 * paho_heap: Paho's memory, and what it would write down of its own calls. Its blocks are malloc's: what it gives us may
 * be kept and freed as our own.
 */
#ifndef FUSE_WORKER_LINK_PAHO_HEAP_H
#define FUSE_WORKER_LINK_PAHO_HEAP_H

/* Before the first call to Paho. */
void paho_heap_init(void);

#endif
