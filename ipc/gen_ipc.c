/*
 * gen_ipc: print docs/ipc.md, the page about every message, from ipc/messages.def.
 * `make docs` writes it; a test says when it is out of date.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "ipc/header.h"
#include "ipc/message.h"
#include "ipc/terms.h"

static void
print_opening(void)
{
	printf("# Messages\n\n"
	       "<!-- Made by `make docs` from ipc/messages.def; do not edit. -->\n\n"
	       "What the processes of Fuse say to each other. Every child has one `SOCK_SEQPACKET` socket to the\n"
	       "supervisor, which checks each message against the table below and forwards it unopened.\n"
	       "`fusectl` comes in through the socket `fused.sock` in the state folder and is bound by the same table.\n\n"
	       "One packet is one message: a header of %d bytes and a body; together at most %d bytes, with at\n"
	       "most one descriptor. A child that sends anything else is ended, and its obituary says why.\n\n",
	       HEADER_BYTES, FRAME_MAX_BYTES);
}

static void
print_header_layout(void)
{
	printf("## Header\n\nLittle-endian.\n\n"
	       "| offset | type | field | what |\n| ---: | --- | --- | --- |\n"
	       "| 0 | u16 | magic | says that this is ours |\n"
	       "| 2 | u8 | version | of this layout |\n"
	       "| 3 | u8 | flags | 1 = CLEAR: forget the retained message of this key (its body is empty) |\n"
	       "| 4 | u8 | from_role | stamped by the supervisor; a sender leaves it 0 |\n"
	       "| 5 | u8 | to_role | 0 = every role that the table lets receive it |\n"
	       "| 6 | u16 | number | of the message |\n"
	       "| 8 | u16 | from_slot | stamped by the supervisor; a sender leaves it 0 |\n"
	       "| 10 | u16 | to_slot | %u = every slot of the role |\n"
	       "| 12 | u32 | generation | the sender's incarnation; what a dead one said late is dropped |\n"
	       "| 16 | u32 | to_generation | only for this incarnation of the receiver; 0 = any |\n"
	       "| 20 | u32 | request_id | chosen by who asks, repeated by who answers; 0 = no request |\n"
	       "| 24 | u32 | retain_key | which of the sender's retained messages of this number |\n"
	       "| 28 | u32 | zero | |\n"
	       "| 32 | u64 | schema | hash over this page's tables; builds that differ in it refuse each other |\n\n",
	       SLOT_ALL);
}

static void
print_kinds(void)
{
	printf("The body is one MessagePack array with one element a field, in the order given below: truth values,\n"
	       "integers, `str` (UTF-8 without NUL) and `bin`. Any MessagePack tool reads it. Nothing may follow it.\n\n"
	       "## Kinds\n\n"
	       "| kind | what |\n| --- | --- |\n"
	       "| event | said once, no answer |\n"
	       "| request | has a request_id; answered by exactly one DONE, REFUSED or other reply |\n"
	       "| reply | answers a request of its receiver that is still open |\n"
	       "| part | one of several before the reply that ends them |\n"
	       "| retained | the latest of each sender and retain_key is kept, replayed to receivers that start, "
	       "coalesced in queues |\n\n");
}

static void
print_permissions(const struct message_spec *specs, size_t count)
{
	printf("## Who may say what to whom\n\nS sends, R receives.\n\n| message | kind |");
	for (unsigned role = 1; role < ROLE_LIMIT; role++)
		if (role_is_known(role))
			printf(" %s |", role_name((enum role)role));
	printf("\n| --- | --- |");
	for (unsigned role = 1; role < ROLE_LIMIT; role++)
		if (role_is_known(role))
			printf(" :-: |");
	printf("\n");
	for (size_t i = 0; i < count; i++) {
		printf("| %s | %s |", specs[i].name, message_kind_name(specs[i].kind));
		for (unsigned role = 1; role < ROLE_LIMIT; role++)
			if (role_is_known(role))
				printf(" %s%s |", specs[i].from & ROLE_BIT(role) ? "S" : "",
				       specs[i].to & ROLE_BIT(role) ? "R" : "");
		printf("\n");
	}
	printf("\n");
}

static void
print_field(const struct field_spec *field)
{
	printf("| %s | ", field->name);
	switch (field->kind) {
	case FIELD_BOOL:
		printf("true or false");
		break;
	case FIELD_U32:
		printf("number, 0 to %u", field->max);
		break;
	case FIELD_U64:
		printf("number, 0 to 2^64 - 1");
		break;
	case FIELD_I64:
		printf("number, -2^63 to 2^63 - 1");
		break;
	case FIELD_STR:
	case FIELD_TEXT:
		printf("text, at most %u bytes", field->max);
		break;
	case FIELD_BYTES:
		printf("bytes, at most %u", field->max);
		break;
	case FIELD_SECRET:
		printf("secret, at most %u bytes", field->max);
		break;
	}
	printf(" | %s |\n", field->doc);
}

static void
print_roles(role_mask mask)
{
	bool all = (mask & ROLE_CHILDREN_MASK) == ROLE_CHILDREN_MASK;
	const char *between = "";

	for (unsigned role = 1; role < ROLE_LIMIT; role++) {
		if (!(mask & ROLE_BIT(role)) || (all && (ROLE_CHILDREN_MASK & ROLE_BIT(role))))
			continue;
		printf("%s%s", between, role_name((enum role)role));
		between = ", ";
	}
	if (all)
		printf("%severy child", between);
}

static void
print_message(const struct message_spec *spec)
{
	printf("### %d %s\n\n%c%s.\n\n", (int)spec->number, spec->name,
	       spec->doc[0] >= 'a' && spec->doc[0] <= 'z' ? spec->doc[0] - 'a' + 'A' : spec->doc[0], spec->doc + 1);
	printf("%s, from ", message_kind_name(spec->kind));
	print_roles(spec->from);
	printf(" to ");
	print_roles(spec->to);
	printf("; body at most %zu bytes%s.\n\n", message_max_bytes(spec),
	       spec->carries_fd ? ", with a descriptor" : "");
	if (spec->field_count == 0)
		return;
	printf("| field | type | what |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < spec->field_count; i++)
		print_field(&spec->fields[i]);
	printf("\n");
}

static void
print_term(const char *name, const char *(*name_of)(unsigned), unsigned count)
{
	printf("| %s |", name);
	for (unsigned i = 0; i < count; i++)
		printf(" %u %s%s", i, name_of(i), i + 1 < count ? "," : " |\n");
}

int
main(void)
{
	size_t count;
	const struct message_spec *specs = message_specs(&count);

	print_opening();
	print_header_layout();
	print_kinds();
	print_permissions(specs, count);
	printf("## Every message\n\n");
	for (size_t i = 0; i < count; i++)
		print_message(&specs[i]);
	printf("## Enumerations\n\n| enum | values |\n| --- | --- |\n");
	print_term("refusal", refusal_name, REFUSAL_COUNT);
	print_term("life_state", life_state_name, LIFE_STATE_COUNT);
	print_term("store_health", store_health_name, STORE_HEALTH_COUNT);
	print_term("listener_purpose", listener_purpose_name, LISTENER_PURPOSE_COUNT);
	return ferror(stdout) || fflush(stdout) != 0;
}
