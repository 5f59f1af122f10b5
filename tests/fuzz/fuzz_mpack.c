/*
 * The MessagePack reader, asked for values in an order that the input chooses.
 * Covers: mpack_get_array, mpack_get_bool, mpack_get_u64, mpack_get_i64, mpack_get_str, mpack_get_bin, mpack_get_text
 *
 * Input: a byte n, n bytes that each choose a question, and the MessagePack text. Every answer is
 * written again; the reader must find the same in what the writer wrote, which is never longer.
 */
#include <string.h>

#include "common/str.h"
#include "ipc/mpack.h"
#include "tests/fuzz/fuzz_rig.h"

#define QUESTIONS_MAX 64
#define BOUND_BYTES 300
#define BOUND_NUMBER UINT64_C(0xffffffffff)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answer {
	uint64_t number;
	const uint8_t *bytes;
	uint32_t len;
};

/* The same as a C string. */
static void
check_text(struct mpack_reader *reader, const struct answer *answer)
{
	char text[BOUND_BYTES + 1];

	mpack_get_text(reader, text, sizeof text);
	must(strlen(text) == answer->len && memcmp(text, answer->bytes, answer->len) == 0);
}

static struct answer
ask(struct mpack_reader *reader, uint8_t question)
{
	struct mpack_reader before = *reader;
	struct answer answer = { 0 };

	switch (question % 6) {
	case 0:
		answer.number = mpack_get_array(reader);
		break;
	case 1:
		answer.number = mpack_get_bool(reader);
		break;
	case 2:
		answer.number = mpack_get_u64(reader, BOUND_NUMBER);
		break;
	case 3:
		answer.number = (uint64_t)mpack_get_i64(reader);
		break;
	case 4:
		answer.bytes = mpack_get_str(reader, BOUND_BYTES, &answer.len);
		check_text(&before, &answer);
		break;
	default:
		answer.bytes = mpack_get_bin(reader, BOUND_BYTES, &answer.len);
		break;
	}
	return answer;
}

static void
put(struct mpack_writer *writer, uint8_t question, const struct answer *answer)
{
	switch (question % 6) {
	case 0:
		mpack_put_array(writer, (uint32_t)answer->number);
		break;
	case 1:
		mpack_put_bool(writer, answer->number != 0);
		break;
	case 2:
		mpack_put_u64(writer, answer->number);
		break;
	case 3:
		mpack_put_i64(writer, (int64_t)answer->number);
		break;
	case 4:
		mpack_put_str(writer, answer->bytes, answer->len);
		break;
	default:
		mpack_put_bin(writer, answer->bytes, answer->len);
		break;
	}
}

/* After a fault every answer is nothing; before one, every answer is within what was allowed. */
static void
check_bounds(const struct mpack_reader *reader, uint8_t question, const struct answer *answer)
{
	must(reader->at <= reader->end);
	if (reader->fault != NULL)
		must(answer->number == 0 && answer->len == 0);
	if (question % 6 == 2)
		must(answer->number <= BOUND_NUMBER);
	must(answer->len <= BOUND_BYTES);
	if (question % 6 == 4)
		must(str_valid_utf8(answer->bytes, answer->len));
}

static void
check_same(const uint8_t *written, size_t len, const uint8_t *questions, size_t count, const struct answer *first)
{
	struct mpack_reader reader;

	mpack_reader_init(&reader, written, len);
	for (size_t i = 0; i < count; i++) {
		struct answer answer = ask(&reader, questions[i]);
		must(answer.number == first[i].number && answer.len == first[i].len);
		must(answer.len == 0 || memcmp(answer.bytes, first[i].bytes, answer.len) == 0);
	}
	must(mpack_reader_finish(&reader));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t written[QUESTIONS_MAX * (BOUND_BYTES + 9)];
	struct answer answers[QUESTIONS_MAX];
	struct mpack_reader reader;
	struct mpack_writer writer;

	if (size < 1)
		return 0;
	size_t count = data[0] % (QUESTIONS_MAX + 1);
	if (size < 1 + count)
		return 0;
	const uint8_t *questions = data + 1, *text = questions + count;
	size_t text_bytes = size - 1 - count;
	mpack_reader_init(&reader, text, text_bytes);
	mpack_writer_init(&writer, written, sizeof written);
	for (size_t i = 0; i < count; i++) {
		answers[i] = ask(&reader, questions[i]);
		check_bounds(&reader, questions[i], &answers[i]);
		put(&writer, questions[i], &answers[i]);
	}
	if (!mpack_reader_finish(&reader))
		return 0;
	must(!writer.failed);
	must((size_t)(writer.at - written) <= text_bytes);
	check_same(written, (size_t)(writer.at - written), questions, count, answers);
	return 0;
}
