/*
 * probed: what was found at an address is told in two messages with the same fields: PROBED, and SCAN_FOUND, which says
 * where as well. From the one to the other.
 */
#ifndef FUSE_IPC_PROBED_H
#define FUSE_IPC_PROBED_H

#include "ipc/message.h"

/* The fields that both have (PROBED_FIELDS of messages.def); what else SCAN_FOUND has is left as it is. */
void probed_to_found(const struct msg_probed *probed, struct msg_scan_found *found);
void probed_of_found(const struct msg_scan_found *found, struct msg_probed *ret_probed);

#endif
