/*
 * virtual_record: what makes a printer a virtual one, as it stands in the database under its serial number: a MessagePack
 * array. Name, model, address, ports and the pinned certificate are in its ordinary record (printer_record.h), its access
 * code and the key of its certificate among the secrets (virtual_keys.h).
 *
 *	[version, nozzle, ams, exposed, certificate, issuer, …]
 *
 * A later Fuse may add fields at the end; what is not known is passed over. Another version is another layout and is
 * not read. Pure; any bytes give a record or a fault.
 */
#ifndef FUSE_STORED_VIRTUAL_RECORD_H
#define FUSE_STORED_VIRTUAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tls_own.h"
#include "printer/virtual_rules.h"

#define VIRTUAL_RECORD_VERSION 1
#define VIRTUAL_RECORD_MAX_BYTES (2 * TLS_OWN_CERTIFICATE_MAX_BYTES + 256)

struct virtual_record {
	char nozzle[VIRTUAL_NOZZLE_BYTES];   /* as virtual_rules gives it; so is the next */
	char ams[VIRTUAL_AMS_BYTES];
	char exposed[PRINTER_ADDRESS_BYTES]; /* address of this machine; "" = only this machine reaches it */
	struct tls_own_blob certificate, issuer; /* its chain */
};

/* Returns the bytes. */
size_t virtual_record_encode(const struct virtual_record *record, uint8_t ret_bytes[VIRTUAL_RECORD_MAX_BYTES]);

/* False, with the reason in `ret_fault` (static storage), when it is no such record. */
bool virtual_record_decode(const uint8_t *bytes, size_t len, struct virtual_record *ret_record, const char **ret_fault);

#endif
