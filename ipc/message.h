/*
 * message: the structs of messages.def, their codec and their permissions.
 *
 * For each row MSG(NAME, name, …) there is MESSAGE_NAME, struct msg_name,
 * msg_name_encode() and msg_name_decode(). Bodies are MessagePack arrays, one element a
 * field, in the table's order.
 */
#ifndef FUSE_IPC_MESSAGE_H
#define FUSE_IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/secret.h"
#include "ipc/role.h"

enum message {
#define MSG(NAME, name, number, ...) MESSAGE_##NAME = (number),
#include "ipc/messages.def"
#undef MSG
};

enum message_kind { KIND_EVENT, KIND_REQUEST, KIND_REPLY, KIND_PART, KIND_RETAINED };

/* Bytes that belong to the frame they were decoded from (or, to encode, to the caller). */
struct ipc_bytes {
	const uint8_t *bytes;
	size_t len;
};

#define F_BOOL(name, doc) bool name;
#define F_U32(name, max, doc) uint32_t name;
#define F_U64(name, doc) uint64_t name;
#define F_I64(name, doc) int64_t name;
#define F_STR(name, max_bytes, doc) char name[(max_bytes) + 1];
#define F_TEXT(name, max_bytes, doc) struct ipc_bytes name;
#define F_BYTES(name, max_bytes, doc) struct ipc_bytes name;
#define F_SECRET(name, doc) struct secret name;
#define MSG(NAME, name, number, kind, from, to, carries_fd, doc, fields) \
	struct msg_##name {                                              \
		fields                                                   \
	};
#include "ipc/messages.def"
#undef MSG
#undef F_BOOL
#undef F_U32
#undef F_U64
#undef F_I64
#undef F_STR
#undef F_TEXT
#undef F_BYTES
#undef F_SECRET

enum field_kind { FIELD_BOOL, FIELD_U32, FIELD_U64, FIELD_I64, FIELD_STR, FIELD_TEXT, FIELD_BYTES, FIELD_SECRET };

struct field_spec {
	enum field_kind kind;
	const char *name;
	size_t offset;
	uint32_t max; /* greatest number, or most bytes */
	const char *doc;
};

struct message_spec {
	enum message number;
	const char *name; /* "PROC_STATUS" */
	enum message_kind kind;
	role_mask from, to;
	bool carries_fd;
	const char *doc;
	const struct field_spec *fields;
	size_t field_count;
	size_t struct_bytes;
};

/* All rows, in the table's order. */
const struct message_spec *message_specs(size_t *ret_count);

/* The row of `number`, or NULL. */
const struct message_spec *message_spec_peek(unsigned number);

const char *message_kind_name(enum message_kind kind);

/* The most bytes that a body of this row can have. */
size_t message_max_bytes(const struct message_spec *spec);

/* A hash over every row and role: two builds that agree on it understand each other. */
uint64_t message_schema_hash(void);

/* Sender and receiver as the table permits them (to_role 0 = to all who may receive: permitted). */
bool message_permitted(const struct message_spec *spec, enum role from, unsigned to_role);

/*
 * Encode the struct of `spec` into `to`; returns the bytes written, or -1 when a value is
 * out of its row's bounds or `cap` is too small (cap = message_max_bytes() never is).
 */
ssize_t message_encode(const struct message_spec *spec, const void *message, uint8_t *to, size_t cap);

/*
 * Decode `len` bytes into the struct of `spec`, which is zeroed first. False, with the reason in
 * `ret_fault` (static storage; may be NULL), at any byte that is not as the row says: wrong type,
 * out of bounds, bad UTF-8, too few or too many elements, bytes left over. Borrowed fields point
 * into `body`.
 */
bool message_decode(const struct message_spec *spec, const uint8_t *body, size_t len, void *ret_message,
		    const char **ret_fault);

/* The typed forms of both. */
#define MSG(NAME, name, number, kind, from, to, carries_fd, doc, fields)                                         \
	static inline ssize_t msg_##name##_encode(const struct msg_##name *message, uint8_t *into, size_t cap)   \
	{                                                                                                        \
		return message_encode(message_spec_peek(number), message, into, cap);                            \
	}                                                                                                        \
	static inline bool msg_##name##_decode(const uint8_t *body, size_t len, struct msg_##name *ret_message)  \
	{                                                                                                        \
		return message_decode(message_spec_peek(number), body, len, ret_message, NULL);                  \
	}
#include "ipc/messages.def"
#undef MSG

#endif
