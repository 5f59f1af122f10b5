/*
 * message: messages.def as data, and the one codec that walks it.
 */
#include "ipc/message.h"

#include <string.h>

#include "common/str.h"
#include "ipc/mpack.h"

#define SUPERVISOR ROLE_BIT(ROLE_SUPERVISOR)
#define CTL ROLE_BIT(ROLE_CTL)
#define STORED ROLE_BIT(ROLE_STORED)
#define GATEWAYD ROLE_BIT(ROLE_GATEWAYD)
#define HTTPD ROLE_BIT(ROLE_HTTPD)
#define DISCOVERY ROLE_BIT(ROLE_DISCOVERY)
#define WORKER ROLE_BIT(ROLE_WORKER)
#define UPLOAD ROLE_BIT(ROLE_UPLOAD)
#define FILECHK ROLE_BIT(ROLE_FILECHK)
#define VIRTUAL ROLE_BIT(ROLE_VIRTUAL)
#define PROC(ROLE, role, number, ...) | ROLE_BIT(number)
enum {
	CHILDREN = 0
#include "ipc/procs.def"
};
#undef PROC

/* The fields of each row; `owner` is the struct that they stand in. */
#define F_BOOL(name, doc) { FIELD_BOOL, #name, offsetof(owner, name), 1, doc },
#define F_U32(name, max, doc) { FIELD_U32, #name, offsetof(owner, name), max, doc },
#define F_U64(name, doc) { FIELD_U64, #name, offsetof(owner, name), 0, doc },
#define F_I64(name, doc) { FIELD_I64, #name, offsetof(owner, name), 0, doc },
#define F_STR(name, max_bytes, doc) { FIELD_STR, #name, offsetof(owner, name), max_bytes, doc },
#define F_TEXT(name, max_bytes, doc) { FIELD_TEXT, #name, offsetof(owner, name), max_bytes, doc },
#define F_BYTES(name, max_bytes, doc) { FIELD_BYTES, #name, offsetof(owner, name), max_bytes, doc },
#define F_SECRET(name, doc) { FIELD_SECRET, #name, offsetof(owner, name), SECRET_MAX_BYTES, doc },

/* One function a row, so that `owner` can name the row's struct inside it. */
#define MSG(NAME, name, number, kind, from, to, carries_fd, doc, fields)                                       \
	static const struct message_spec *spec_of_##name(void)                                                 \
	{                                                                                                      \
		typedef struct msg_##name owner;                                                               \
		static const struct field_spec specs[] = { fields { FIELD_BOOL, NULL, 0, 0, NULL } };          \
		static const struct message_spec spec = { (number), #NAME, KIND_##kind, (role_mask)(from),     \
							  (role_mask)(to), carries_fd, doc, specs,             \
							  STR_ARRAY_LEN(specs) - 1, sizeof(owner) };           \
		return &spec;                                                                                  \
	}
#include "ipc/messages.def"
#undef MSG

const struct message_spec *
message_specs(size_t *ret_count)
{
	static struct message_spec all[] = {
#define MSG(...) { 0 },
#include "ipc/messages.def"
#undef MSG
	};
	size_t n = 0;

#define MSG(NAME, name, ...) all[n++] = *spec_of_##name();
#include "ipc/messages.def"
#undef MSG
	*ret_count = n;
	return all;
}

const struct message_spec *
message_spec_peek(unsigned number)
{
	switch (number) {
#define MSG(NAME, name, number, ...) \
	case (number):               \
		return spec_of_##name();
#include "ipc/messages.def"
#undef MSG
	default:
		return NULL;
	}
}

const char *
message_kind_name(enum message_kind kind)
{
	static const char *const names[] = { "event", "request", "reply", "part", "retained" };

	return kind < STR_ARRAY_LEN(names) ? names[kind] : "?";
}

size_t
message_max_bytes(const struct message_spec *spec)
{
	size_t total = 3;

	for (size_t i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		bool sized = field->kind >= FIELD_STR;
		total += sized ? 5 + field->max : 9;
	}
	return total;
}

static uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	/* FNV-1a, 64 bits: we only compare builds, nobody attacks this. */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t
hash_row(uint64_t hash, const struct message_spec *spec)
{
	uint32_t figures[] = { (uint32_t)spec->number, (uint32_t)spec->kind, spec->from, spec->to, spec->carries_fd };

	hash = hash_bytes(hash, spec->name, strlen(spec->name) + 1);
	hash = hash_bytes(hash, figures, sizeof figures);
	for (size_t i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		uint32_t kind_and_max[] = { (uint32_t)field->kind, field->max };
		hash = hash_bytes(hash, field->name, strlen(field->name) + 1);
		hash = hash_bytes(hash, kind_and_max, sizeof kind_and_max);
	}
	return hash;
}

uint64_t
message_schema_hash(void)
{
	static uint64_t kept;

	if (kept != 0)
		return kept;
	size_t count;
	const struct message_spec *specs = message_specs(&count);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < count; i++)
		hash = hash_row(hash, &specs[i]);
	static const char roles[] =
#define PROC(ROLE, role, number, ...) #role " " #number "\n"
#include "ipc/procs.def"
#undef PROC
		;
	kept = hash_bytes(hash, roles, sizeof roles);
	return kept;
}

bool
message_permitted(const struct message_spec *spec, enum role from, unsigned to_role)
{
	if (from >= ROLE_LIMIT || to_role >= ROLE_LIMIT || !(spec->from & ROLE_BIT(from)))
		return false;
	if (to_role == ROLE_NONE)
		return spec->kind == KIND_EVENT || spec->kind == KIND_RETAINED;
	return (spec->to & ROLE_BIT(to_role)) != 0;
}

static void
encode_text(struct mpack_writer *writer, const struct field_spec *field, const void *bytes, size_t len)
{
	if (len > field->max || !str_valid_utf8(bytes, len)) {
		writer->failed = true;
		return;
	}
	mpack_put_str(writer, bytes, (uint32_t)len);
}

static void
encode_field(struct mpack_writer *writer, const struct field_spec *field, const void *at)
{
	const struct ipc_bytes *borrowed = at;
	const struct secret *secret = at;

	switch (field->kind) {
	case FIELD_BOOL:
		mpack_put_bool(writer, *(const bool *)at);
		break;
	case FIELD_U32:
		writer->failed |= *(const uint32_t *)at > field->max;
		mpack_put_u64(writer, *(const uint32_t *)at);
		break;
	case FIELD_U64:
		mpack_put_u64(writer, *(const uint64_t *)at);
		break;
	case FIELD_I64:
		mpack_put_i64(writer, *(const int64_t *)at);
		break;
	case FIELD_STR:
		encode_text(writer, field, at, strnlen(at, field->max + 1));
		break;
	case FIELD_TEXT:
		encode_text(writer, field, borrowed->bytes, borrowed->len);
		break;
	case FIELD_BYTES:
		writer->failed |= borrowed->len > field->max;
		mpack_put_bin(writer, borrowed->bytes, (uint32_t)borrowed->len);
		break;
	case FIELD_SECRET:
		writer->failed |= secret->len_bytes > field->max;
		mpack_put_bin(writer, secret_bytes_peek(secret), secret->len_bytes);
		break;
	}
}

ssize_t
message_encode(const struct message_spec *spec, const void *message, uint8_t *to, size_t cap)
{
	struct mpack_writer writer;

	mpack_writer_init(&writer, to, cap);
	mpack_put_array(&writer, (uint32_t)spec->field_count);
	for (size_t i = 0; i < spec->field_count && !writer.failed; i++)
		encode_field(&writer, &spec->fields[i], (const uint8_t *)message + spec->fields[i].offset);
	return writer.failed ? -1 : writer.at - to;
}

static void
decode_field(struct mpack_reader *reader, const struct field_spec *field, void *at)
{
	struct ipc_bytes *borrowed = at;
	const uint8_t *bytes;
	uint32_t len;

	switch (field->kind) {
	case FIELD_BOOL:
		*(bool *)at = mpack_get_bool(reader);
		break;
	case FIELD_U32:
		*(uint32_t *)at = (uint32_t)mpack_get_u64(reader, field->max);
		break;
	case FIELD_U64:
		*(uint64_t *)at = mpack_get_u64(reader, UINT64_MAX);
		break;
	case FIELD_I64:
		*(int64_t *)at = mpack_get_i64(reader);
		break;
	case FIELD_STR:
		bytes = mpack_get_str(reader, field->max, &len);
		memcpy(at, bytes, len); /* the struct was zeroed: terminated */
		break;
	case FIELD_TEXT:
		borrowed->bytes = mpack_get_str(reader, field->max, &len);
		borrowed->len = len;
		break;
	case FIELD_BYTES:
		borrowed->bytes = mpack_get_bin(reader, field->max, &len);
		borrowed->len = len;
		break;
	case FIELD_SECRET:
		bytes = mpack_get_bin(reader, field->max, &len);
		secret_set(at, bytes, len);
		break;
	}
}

bool
message_decode(const struct message_spec *spec, const uint8_t *body, size_t len, void *ret_message,
	       const char **ret_fault)
{
	struct mpack_reader reader;

	memset(ret_message, 0, spec->struct_bytes);
	mpack_reader_init(&reader, body, len);
	if (mpack_get_array(&reader) != spec->field_count)
		mpack_fault(&reader, "has too many or too few fields");
	for (size_t i = 0; i < spec->field_count && reader.fault == NULL; i++)
		decode_field(&reader, &spec->fields[i], (uint8_t *)ret_message + spec->fields[i].offset);
	bool fine = mpack_reader_finish(&reader);
	if (!fine)
		memset(ret_message, 0, spec->struct_bytes);
	if (ret_fault != NULL)
		*ret_fault = reader.fault;
	return fine;
}
